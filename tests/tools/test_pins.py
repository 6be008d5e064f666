"""The pinned versions are those that pyproject.toml allows, and nothing but names and versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


def read_pins(name: str) -> dict[str, str]:
    """Versions by name of one requirements file."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def test_every_dependency_is_pinned_within_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = read_pins("requirements.txt")
    with_dev = pins | read_pins("requirements-dev.txt")
    for text, known in [(t, pins) for t in project["project"]["dependencies"]] + [
        (t, with_dev) for t in project["dependency-groups"]["dev"]
    ]:
        wanted = Requirement(text)
        assert canonicalize_name(wanted.name) in known, f"{text} is not pinned; install it and run `make pins`"
        assert wanted.specifier.contains(known[canonicalize_name(wanted.name)]), text


def test_pins_are_names_and_versions_only() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"#.*|-r requirements\.txt|[a-z0-9-]+==[0-9A-Za-z.+!]+", line), line
