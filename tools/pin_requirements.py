"""Write requirements.txt and requirements-dev.txt: the versions of this environment that pyproject.toml needs.

Run it in an environment whose tests pass. Only names and versions are written, so the files hold on any index.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Written by tools/pin_requirements.py from a tested environment; change pyproject.toml, then run `make pins`.\n"


def is_wanted(requirement: Requirement, extras: Iterable[str]) -> bool:
    """Whether a requirement applies to this Python and platform under any of the extras."""
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in ["", *extras])


def find_closure(requirements: Iterable[str]) -> dict[str, str]:
    """Versions by canonical name of everything the requirements need, themselves included."""
    pins: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [requirement for requirement in map(Requirement, requirements) if is_wanted(requirement, ())]
    while waiting:
        wanted = waiting.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            found = distribution(wanted.name)
        except PackageNotFoundError:
            raise SystemExit(f"{wanted.name} is not installed here; install it, run the tests, then pin again.") from None
        if not wanted.specifier.contains(found.version, prereleases=True):
            raise SystemExit(f"{wanted.name} {found.version} is installed, but {wanted} is needed.")
        pins[key[0]] = found.version
        waiting += [part for part in map(Requirement, found.requires or ()) if is_wanted(part, wanted.extras)]
    return pins


def write_pins(path: Path, pins: dict[str, str], *, include: str | None = None) -> None:
    """Write one pin a line, by name."""
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    path.write_text(HEADER + (f"-r {include}\n" if include else "") + "".join(lines), encoding="utf-8")


def main() -> int:
    """Write both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = find_closure([*project["project"]["dependencies"], *project["build-system"]["requires"], "editables"])
    dev = find_closure(project["dependency-groups"]["dev"])
    write_pins(ROOT / "requirements.txt", runtime)
    write_pins(ROOT / "requirements-dev.txt", {n: v for n, v in dev.items() if n not in runtime}, include="requirements.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
