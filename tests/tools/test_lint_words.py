"""The word lint refuses what ties the repository to one machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Tool = Callable[[str], ModuleType]


# The words are put together here, so that this file passes the lint itself.
@pytest.mark.parametrize(
    "line", ["https://registry.np" + "mjs.org/x", "https://py" + "pi.org/simple", "open('/" + "tmp/a')", '"/' + 'work/x"']
)
def test_registries_and_machine_paths_are_refused(tool: Tool, line: str) -> None:
    assert list(tool("lint_words").find_words("a.py", line))


@pytest.mark.parametrize(
    "line", ["./work/x", "http://localhost:4080/work", "a/tmp/b", "pip install micrarium", "/usr/lib/postgresql"]
)
def test_ordinary_words_pass(tool: Tool, line: str) -> None:
    assert not list(tool("lint_words").find_words("a.py", line))


def test_a_module_named_after_nothing_is_refused(tool: Tool, tmp_path: Path) -> None:
    path = tmp_path / "src" / "micrarium" / "utils" / "a.py"
    path.parent.mkdir(parents=True)
    path.write_text("x = 1\n")
    assert tool("lint_words").lint_files(tmp_path, [path])


def test_our_own_files_pass(tool: Tool) -> None:
    assert tool("lint_words").main() == 0
