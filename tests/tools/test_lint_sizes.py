"""The size lint refuses what has grown too long."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

Tool = Callable[[str], ModuleType]


def write(root: Path, name: str, text: str) -> None:
    """One file below a folder, its folders made."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_python_file_of_401_lines_is_refused(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, "src/micrarium/long.py", "x = 1\n" * 401)
    write(tmp_path, "src/micrarium/fits.py", "x = 1\n" * 400)
    assert tool("lint_sizes").lint_tree(tmp_path) == ["src/micrarium/long.py: 401 lines, at most 400; split it by subject"]


def test_a_function_of_41_lines_is_refused_in_tests_and_classes_too(tool: Tool, tmp_path: Path) -> None:
    body = "class A:\n    def far(self):\n" + "        x = 1\n" * 40
    write(tmp_path, "tests/test_a.py", body)
    write(tmp_path, "tests/test_b.py", body.removesuffix("        x = 1\n"))
    assert tool("lint_sizes").lint_tree(tmp_path) == ["tests/test_a.py:2: far has 41 lines, at most 40"]


def test_a_typescript_file_of_251_lines_is_refused(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, "web/src/a.tsx", "let a = 1\n" * 251)
    write(tmp_path, "web/src/b.ts", "let a = 1\n" * 250)
    assert tool("lint_sizes").lint_tree(tmp_path) == ["web/src/a.tsx: 251 lines, at most 250; split it by subject"]


def test_migrations_and_generated_types_are_excepted(tool: Tool, tmp_path: Path) -> None:
    write(tmp_path, "src/micrarium/model/migrations/0001.py", "x = 1\n" * 900)
    write(tmp_path, "web/src/api/schema.d.ts", "let a = 1\n" * 900)
    assert tool("lint_sizes").lint_tree(tmp_path) == []


def test_our_own_files_pass(tool: Tool) -> None:
    assert tool("lint_sizes").main() == 0
