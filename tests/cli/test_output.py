"""What commands print for people."""

from __future__ import annotations

import pytest

from micrarium.cli.output import print_table


def test_each_row_of_a_table_is_one_line_however_long_its_texts(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["id", "description", "name"], [[1, "Camera: \n  Orca\r\n\x1b[31mred", "a"], [2, "x" * 5000, "b"]])
    head, _rule, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "description", "name"]
    assert first.split() == ["1", "Camera:", "Orca", "[31mred", "a"]
    assert len(second) < 200
    assert second.endswith("b")
    assert "…" in second
