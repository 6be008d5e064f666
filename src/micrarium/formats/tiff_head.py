"""The first bytes of a TIFF file, looked at without any library, so that telling formats apart stays cheap."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

_MAGIC = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
_IMAGE_DESCRIPTION = 270
_MOST_TAGS = 4096
_MOST_NUMBERS = 1 << 16
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 16: 8}
_FLOAT = 3
_SUB_IFDS = 330
_DAMAGE = (OSError, KeyError, IndexError, struct.error, ValueError, OverflowError)


def is_tiff(head: bytes) -> bool:
    """Whether these are the first bytes of a TIFF or BigTIFF file."""
    return head[:4] in _MAGIC


class PageHead(NamedTuple):
    """What the first page of a TIFF says of itself: its size, the bits of a sample, and whether more pages follow or lie below.

    ``end`` is the byte behind its last strip or tile, as far as it was asked for.
    """

    height: int
    width: int
    bits: int
    samples: int
    is_float: bool
    has_more: bool
    end: int = 0


def first_description(path: Path, limit_bytes: int = 4096) -> bytes:
    """The beginning of the first page's ImageDescription; empty when there is none or the file is damaged."""
    with suppress(*_DAMAGE), path.open("rb") as file:
        directory = _read_directory(file)
        if _IMAGE_DESCRIPTION in directory.tags:
            return directory.read(file, _IMAGE_DESCRIPTION, limit_bytes)
    return b""


def read_page_head(path: Path, *, with_end: bool = True) -> PageHead | None:
    """What the first page of a TIFF says of itself; None when it is damaged or none."""
    with suppress(*_DAMAGE), path.open("rb") as file:
        directory = _read_directory(file)
        height, width = directory.numbers(file, 257)[0], directory.numbers(file, 256)[0]
        bits, samples = directory.numbers(file, 258) or (1,), (directory.numbers(file, 277) or (1,))[0]
        is_float = (directory.numbers(file, 339) or (1,))[0] == _FLOAT
        end = 0
        if with_end:
            offsets, counts = (directory.numbers(file, a) or directory.numbers(file, b) for a, b in ((273, 324), (279, 325)))
            end = max((offset + count for offset, count in zip(offsets, counts, strict=False)), default=0)
        return PageHead(height, width, bits[0], samples, is_float, directory.has_more or _SUB_IFDS in directory.tags, end)
    return None


class _Directory(NamedTuple):
    """The tags of a page by their codes: type, count, and the value or its place."""

    order: str
    is_big: bool
    tags: dict[int, tuple[int, int, bytes]]
    has_more: bool

    def read(self, file: BinaryIO, code: int, limit_bytes: int) -> bytes:
        """The bytes of a tag's value, no more than so many."""
        kind, count, value = self.tags[code]
        size = min(count * _TYPE_BYTES.get(kind, 1), limit_bytes)
        if count * _TYPE_BYTES.get(kind, 1) <= len(value):
            return value[:size]
        file.seek(_unpack(self.order, "Q" if self.is_big else "I", value))
        return file.read(size)

    def numbers(self, file: BinaryIO, code: int) -> tuple[int, ...]:
        """The whole numbers of a tag, none where it is not there."""
        if code not in self.tags:
            return ()
        letter = {1: "B", 3: "H", 4: "I", 16: "Q"}[self.tags[code][0]]
        size = struct.calcsize("=" + letter)
        data = _whole(self.read(file, code, _MOST_NUMBERS * size), size)
        return struct.unpack(f"{self.order}{len(data) // size}{letter}", data)


def _read_directory(file: BinaryIO) -> _Directory:
    """The directory of the first page."""
    order, is_big = _MAGIC[file.read(4)]
    if is_big:
        file.seek(8)
    file.seek(_unpack(order, "Q" if is_big else "I", file.read(8 if is_big else 4)))
    count = min(_unpack(order, "Q" if is_big else "H", file.read(8 if is_big else 2)), _MOST_TAGS)
    size = 20 if is_big else 12
    data = file.read(size * count + (8 if is_big else 4))
    entries = struct.iter_unpack(order + ("HHQ8s" if is_big else "HHI4s"), _whole(data[: size * count], size))
    tags = {code: (kind, number, value) for code, kind, number, value in reversed(list(entries))}
    return _Directory(order, is_big, tags, any(data[size * count :]))


def _unpack(order: str, code: str, data: bytes) -> int:
    return int(struct.unpack(order + code, data)[0])


def _whole(data: bytes, size: int) -> bytes:
    return data[: len(data) // size * size]
