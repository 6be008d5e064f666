"""Compound files, a file system in a file that Microsoft made and microscopes use: streams by their names.

Layout: [MS-CFB] "Compound File Binary File Format". Chains of sectors are followed no further than a stream is long, so
that a damaged table cannot lead in circles.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA
_FOLDER, _STREAM, _ROOT = 1, 2, 5
_LARGEST_STREAM_BYTES = 2 << 30


class _Entry(NamedTuple):
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class CompoundFile:
    """The streams of a compound file, read by ``Descriptors`` and so from any number of threads."""

    def __init__(self, path: Path, descriptors: Descriptors) -> None:
        self._path = path
        self._descriptors = descriptors
        self._size = path.stat().st_size
        header = descriptors.read(path, 0, 512)
        (self._version, shift, small_shift) = struct.unpack_from("<H2xHH", header, 26)
        tables, folders, self._cutoff, small_start, small_count, far_start, far_count = struct.unpack_from("<II4xIIIII", header, 44)
        if not header.startswith(MAGIC) or shift not in (9, 12) or small_shift != 6:
            raise self._damage("its header is none of a compound file")
        self._sector_bytes = 1 << shift
        if max(tables, far_count, small_count) > self._size // self._sector_bytes:
            raise self._damage("its tables claim to be larger than it is")
        places = list(struct.unpack_from("<109I", header, 76))
        for _ in range(far_count):
            words = struct.unpack(f"<{self._sector_bytes // 4}I", self._sector(far_start))
            places += words[:-1]
            far_start = words[-1]
        self._next = np.frombuffer(b"".join(self._sector(place) for place in places[:tables]), "<u4")
        self._entries = self._read_entries(folders)
        small = self._chain(small_start, small_count, self._next)
        self._small_next = np.frombuffer(b"".join(self._sector(sector) for sector in small), "<u4")
        root = self._entries[0]
        self._small_sectors = self._chain(root.start, -(-root.size // self._sector_bytes), self._next) if root.size else []
        self.streams: dict[str, _Entry] = {}
        self._list_streams()

    def _damage(self, reason: str) -> UnreadableFile:
        return UnreadableFile(f"{self._path.name} is damaged or cut short: {reason}")

    def _sector(self, number: int) -> bytes:
        return self._descriptors.read(self._path, (number + 1) * self._sector_bytes, self._sector_bytes)

    def _chain(self, start: int, count: int, following: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> list[int]:
        """The numbers of so many sectors from one on. A chain may end early only where as many are not asked for."""
        found: list[int] = []
        while len(found) < count:
            if start > _LAST_SECTOR or start >= len(following):
                raise self._damage(f"a chain of {count} sectors ends after {len(found)}")
            found.append(start)
            start = int(following[start])
        return found

    def _read_entries(self, start: int) -> list[_Entry]:
        found: list[_Entry] = []
        most = self._size // 128  # an entry is that long, so a chain with more goes in circles
        while start <= _LAST_SECTOR and start < len(self._next) and len(found) < most:
            data = self._sector(start)
            for place in range(0, self._sector_bytes, 128):
                length, kind, left, right, child = struct.unpack_from("<HBxIII", data, place + 64)
                first, size = struct.unpack_from("<IQ", data, place + 116)
                name = data[place : place + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
                found.append(_Entry(name, kind, left, right, child, first, size & 0xFFFFFFFF if self._version == 3 else size))
            start = int(self._next[start])
        if not found or found[0].kind != _ROOT:
            raise self._damage("it has no root folder")
        return found

    def _list_streams(self) -> None:
        """Put every stream into ``streams`` by its path; each entry is visited once, whatever the entries say."""
        waiting, seen = [(self._entries[0].child, "")], set()
        while waiting:
            number, folder = waiting.pop()
            if number >= len(self._entries) or number in seen:
                continue
            seen.add(number)
            entry = self._entries[number]
            if entry.kind == _STREAM:
                self.streams[folder + entry.name] = entry
            waiting += [(entry.left, folder), (entry.right, folder)]
            if entry.kind == _FOLDER:
                waiting.append((entry.child, f"{folder}{entry.name}/"))

    def read(self, name: str) -> bytes:
        """All bytes of a stream. Raises ``UnreadableFile`` where the file does not hold them."""
        entry = self.streams[name]
        if entry.size > min(self._size, _LARGEST_STREAM_BYTES):
            raise self._damage(f"its part {name} claims {entry.size} bytes")
        if entry.size < self._cutoff:
            sectors = self._chain(entry.start, -(-entry.size // 64), self._small_next)
            return b"".join(self._small_sector(sector) for sector in sectors)[: entry.size]
        parts = [self._run(*run) for run in _runs(self._chain(entry.start, -(-entry.size // self._sector_bytes), self._next))]
        return b"".join(parts)[: entry.size]

    def _small_sector(self, number: int) -> bytes:
        per_sector = self._sector_bytes // 64
        if number // per_sector >= len(self._small_sectors):
            raise self._damage("a small sector lies behind all others")
        place = (self._small_sectors[number // per_sector] + 1) * self._sector_bytes + number % per_sector * 64
        return self._descriptors.read(self._path, place, 64)

    def _run(self, first: int, count: int) -> bytes:
        place = (first + 1) * self._sector_bytes
        # The last sector of a file may lack what its stream does not fill.
        return self._descriptors.read(self._path, place, max(0, min(count * self._sector_bytes, self._size - place)))


def _runs(sectors: list[int]) -> list[tuple[int, int]]:
    """Sectors that follow each other together: the first and how many."""
    found: list[tuple[int, int]] = []
    for sector in sectors:
        if found and sector == sum(found[-1]):
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((sector, 1))
    return found
