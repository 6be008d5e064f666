"""Names of wells, A01 to AF48."""

from __future__ import annotations

import re

_WELL = re.compile(r"([A-Za-z]{1,2})[ _-]?0*([0-9]{1,3})")
#: Rows and columns of the plates that are imaged by robots: nothing smaller is guessed.
_PLATES = ((8, 12), (16, 24), (32, 48))


def parse_well(name: str) -> tuple[int, int] | None:
    """The zero-based row and column of a well such as ``B02``; None for what is none."""
    found = _WELL.fullmatch(name.strip())
    if found is None or not 1 <= int(found[2]) <= 99:
        return None
    row = 0
    for letter in found[1].upper():
        row = row * 26 + ord(letter) - ord("A") + 1
    return (row - 1, int(found[2]) - 1) if row <= 99 else None


def well_name(row: int, column: int) -> str:
    """The name of a well, such as ``B02``."""
    letters = chr(ord("A") + row % 26)
    return f"{chr(ord('A') + row // 26 - 1) if row >= 26 else ''}{letters}{column + 1:02d}"


def plate_size(rows: int, columns: int) -> tuple[int, int]:
    """Rows and columns of the smallest of the usual plates (96, 384, 1536 wells) that has this many of both."""
    return next((size for size in _PLATES if size[0] >= rows and size[1] >= columns), (rows, columns))
