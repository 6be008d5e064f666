"""Refuse files and functions that have grown too long to read in one go.

400 lines a Python file, 250 a TypeScript file, 40 a Python function. Migrations and generated files are excepted.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON_FILE_LINES = 400
TYPESCRIPT_FILE_LINES = 250
FUNCTION_LINES = 40
PYTHON_ROOMS = ("src", "tests", "tools", "benchmarks")
#: Parts of paths that are written by machines, or read once, in order, as migrations are.
EXCEPTED = ("/migrations/", "/node_modules/", "src/micrarium/web/", "schema.d.ts")


def find_python_problems(name: str, source: str) -> Iterator[str]:
    """What is too long in one Python file."""
    count = len(source.splitlines())
    if count > PYTHON_FILE_LINES:
        yield f"{name}: {count} lines, at most {PYTHON_FILE_LINES}; split it by subject"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{name}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES}"


def find_typescript_problems(name: str, source: str) -> Iterator[str]:
    """What is too long in one TypeScript file."""
    count = len(source.splitlines())
    if count > TYPESCRIPT_FILE_LINES:
        yield f"{name}: {count} lines, at most {TYPESCRIPT_FILE_LINES}; split it by subject"


def find_files(root: Path) -> Iterator[Path]:
    """Every file that people write and the limits hold for."""
    for room in PYTHON_ROOMS:
        yield from (root / room).rglob("*.py")
    yield from root.glob("*.py")
    for suffix in ("ts", "tsx"):
        yield from (root / "web" / "src").rglob(f"*.{suffix}")


def lint_tree(root: Path) -> list[str]:
    """One sentence for each file or function that is too long."""
    problems: list[str] = []
    for path in sorted(find_files(root)):
        name = path.relative_to(root).as_posix()
        if any(part in f"/{name}" for part in EXCEPTED):
            continue
        find = find_python_problems if path.suffix == ".py" else find_typescript_problems
        problems += find(name, path.read_text(encoding="utf-8"))
    return problems


def main() -> int:
    """Print what is too long; 1 when there is any."""
    problems = lint_tree(ROOT)
    print("\n".join(problems) or "lint_sizes: every file and function is short enough")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
