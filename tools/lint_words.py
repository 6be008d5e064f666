"""Refuse words that tie the repository to one machine or one index, and modules named after nothing.

Package registries are the business of the machine's own settings: files here name packages and versions only. Absolute
paths of somebody's machine mean nothing to anybody else.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Written with [.] for the dots, so that this file does not name them itself.
REGISTRIES = re.compile(
    r"npmjs[.](?:org|com)|npmmirror[.]|yarnpkg[.]|pypi[.](?:org|python)|pythonhosted[.]|deb[.]debian[.]|crates[.]io|proxy[.]golang",
    re.IGNORECASE,
)
MACHINE_PATHS = re.compile(r"(?<![\w./~$}-])/(?:work|tmp|root|opt|home/[a-z]+|Users/[A-Za-z]+)/")
EMPTY_NAMES = frozenset({"core", "common", "utils", "util", "services", "managers", "helpers", "misc"})
TEXT_SUFFIXES = frozenset(
    {
        ".py",
        ".md",
        ".toml",
        ".txt",
        ".sh",
        ".json",
        ".yml",
        ".yaml",
        ".ts",
        ".tsx",
        ".js",
        ".css",
        ".html",
        ".cff",
        ".cfg",
        ".ini",
        ".npmrc",
        ".mako",
        "",
    }
)


def list_files(root: Path) -> list[Path]:
    """Files under version control or about to be."""
    answer = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
    )
    return [root / name for name in sorted(filter(None, answer.stdout.split("\0"))) if (root / name).is_file()]


def find_words(name: str, text: str) -> Iterator[str]:
    """What a file says that it should not."""
    for number, line in enumerate(text.splitlines(), 1):
        if REGISTRIES.search(line):
            yield f"{name}:{number}: names a package registry"
        if MACHINE_PATHS.search(line):
            yield f"{name}:{number}: names a path of one machine"


def lint_files(root: Path, paths: list[Path]) -> list[str]:
    """One sentence for each refused word or name."""
    problems: list[str] = []
    for path in paths:
        name = path.relative_to(root).as_posix()
        if name.startswith("src/") and EMPTY_NAMES & {Path(part).stem for part in path.relative_to(root).parts}:
            problems.append(f"{name}: is named after nothing in particular; say what is in it")
        if path.suffix in TEXT_SUFFIXES:
            problems += find_words(name, path.read_text(encoding="utf-8", errors="replace"))
    return problems


def main() -> int:
    """Print what is refused; 1 when there is any."""
    problems = lint_files(ROOT, list_files(ROOT))
    print("\n".join(problems) or "lint_words: no registry, no machine's path, no empty name")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
