"""Checksums, and copies that are complete or not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from micrarium.pixels.checksums import copy_with_checksum, sha256_of


@pytest.mark.parametrize("size_bytes", [0, 1, 4 * 2**20, 9 * 2**20 + 17])
def test_a_copy_is_byte_identical_and_its_checksum_right(size_bytes: int, tmp_path: Path) -> None:
    data = bytes(i * 7 % 251 for i in range(1009)) * (size_bytes // 1009 + 1)
    data = data[:size_bytes]
    (tmp_path / "a").write_bytes(data)
    expected = hashlib.sha256(data).hexdigest()
    assert sha256_of(tmp_path / "a") == expected
    assert copy_with_checksum(tmp_path / "a", tmp_path / "b") == (expected, size_bytes)
    assert (tmp_path / "b").read_bytes() == data
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_a_copy_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("before")
    with pytest.raises(IsADirectoryError):
        copy_with_checksum(tmp_path, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["b"]
