"""Files and folders as one zip that is made while it is sent: in bounded memory, with zip64 where it is needed.

Files are stored as they are (microscope files hardly shrink), so that the length of the zip is known before it is made, and
a download that broke off can go on where it stopped. The format is that of PKWARE's APPNOTE 6.3.10.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from micrarium.errors import InvalidInput, UnreadableFile

#: Files are read in pieces of this size; a piece of the zip is about as large.
_PIECE_BYTES = 1 << 20
#: What four bytes, and two, say where the number itself stands in a longer field.
_LONG, _SHORT = 0xFFFFFFFF, 0xFFFF
#: Files from this size on have lengths of eight bytes, those at greater offsets offsets of eight.
_LIMIT = (1 << 31) - 1
#: The checksum follows the file, and names are UTF-8.
_FLAGS = 0x0808


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A file to put into a zip, and its path there (with slashes)."""

    path: Path
    name: str


def list_folder(folder: Path, *, name: str | None = None) -> Iterator[ZipMember]:
    """All files below a folder, in order, below ``name`` (the folder's own name where it is None)."""
    top = folder.name if name is None else name
    for directory, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = Path(directory) / file
            yield ZipMember(path, str(PurePosixPath(top, *path.relative_to(folder).parts)))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of a zip whose place there is fixed: its name there, its size and time as they were when it was planned."""

    path: Path
    name: bytes
    size: int
    time: int
    date: int
    offset: int

    @property
    def is_long(self) -> bool:
        """Whether its lengths take eight bytes."""
        return self.size >= _LIMIT

    def head(self) -> bytes:
        """What stands before the file; its checksum and lengths come after it."""
        extra = struct.pack("<HHQQ", 1, 16, 0, 0) if self.is_long else b""
        length = _LONG if self.is_long else 0
        told = (b"PK\3\4", 45 if self.is_long else 20, _FLAGS, 0, self.time, self.date, 0, length, length)
        return struct.pack("<4s5H3L2H", *told, len(self.name), len(extra)) + self.name + extra

    def tail(self, checksum: int) -> bytes:
        """What stands after the file."""
        return struct.pack("<4sLQQ" if self.is_long else "<4sLLL", b"PK\7\10", checksum, self.size, self.size)

    def entry(self, checksum: int) -> bytes:
        """What the list at the end says of the file."""
        longer = [self.size, self.size] if self.is_long else []
        longer += [self.offset] if self.offset > _LIMIT else []
        extra = struct.pack(f"<HH{len(longer)}Q", 1, 8 * len(longer), *longer) if longer else b""
        version, length = 45 if longer else 20, _LONG if self.is_long else self.size
        told = (b"PK\1\2", 3 << 8 | version, version, _FLAGS, 0, self.time, self.date, checksum, length, length)
        places = (len(self.name), len(extra), 0, 0, 0, (stat.S_IFREG | 0o644) << 16, _LONG if self.offset > _LIMIT else self.offset)
        return struct.pack("<4s6H3L5H2L", *told, *places) + self.name + extra

    @property
    def length(self) -> int:
        """How many bytes of the zip are the file and what stands around it."""
        return len(self.head()) + self.size + len(self.tail(0))


@dataclass(frozen=True, slots=True)
class ZipPlan:
    """A zip that is not made yet: how long it is, what tells it from others, and its bytes."""

    entries: tuple[_Entry, ...]
    size: int
    tag: str

    def stream(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Its bytes from ``start`` to before ``end``, piece by piece; what comes before is read for its checksums only.

        Raises ``UnreadableFile`` for a file that cannot be read any more or became shorter.
        """
        place, end = 0, self.size if end is None else end
        for piece in _gathered(self._pieces()):
            if place + len(piece) > start:
                yield piece[max(0, start - place) : end - place]
            place += len(piece)
            if place >= end:
                return

    def _pieces(self) -> Iterator[bytes]:
        checksums = []
        for entry in self.entries:
            yield entry.head()
            checksum = 0
            for piece in _read(entry):
                checksum = zlib.crc32(piece, checksum)
                yield piece
            checksums.append(checksum)
            yield entry.tail(checksum)
        listed = b"".join(entry.entry(checksum) for entry, checksum in zip(self.entries, checksums, strict=True))
        yield listed
        yield _end(len(self.entries), self.entries[-1].offset + self.entries[-1].length if self.entries else 0, len(listed))


def plan_zip(members: Iterable[ZipMember]) -> ZipPlan:
    """The zip of these files. The same files give the same bytes, as long as nobody changes them.

    Raises ``UnreadableFile`` for a file that is not there; ``InvalidInput`` for two files of one name, or a name that leads
    out of the zip.
    """
    seen: set[str] = set()
    entries: list[_Entry] = []
    offset, listed, tag = 0, 0, hashlib.blake2b(digest_size=16)
    for member in members:
        _check_name(member.name, seen)
        try:
            state = member.path.stat()
        except OSError as error:
            raise UnreadableFile(f"{member.path.name} cannot be read: {error.strerror}") from error
        time, date = _zip_time(state.st_mtime)
        entry = _Entry(member.path, member.name.encode("utf-8", "replace"), state.st_size, time, date, offset)
        entries.append(entry)
        offset += entry.length
        listed += len(entry.entry(0))
        tag.update(f"{member.name!r} {state.st_size} {state.st_mtime_ns}\n".encode())
    return ZipPlan(tuple(entries), offset + listed + len(_end(len(entries), offset, listed)), tag.hexdigest())


def stream_zip(members: Iterable[ZipMember]) -> Iterator[bytes]:
    """The bytes of a zip of these files, piece by piece. Raises like ``plan_zip`` and ``ZipPlan.stream``."""
    yield from plan_zip(members).stream()


def _check_name(name: str, seen: set[str]) -> None:
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or name.startswith("/"):
        raise InvalidInput(f"{name!r} cannot be the name of a file in a zip", field="name")
    if name in seen:
        raise InvalidInput(f"Two files would be {name!r} in the zip", field="name")
    seen.add(name)


def _read(entry: _Entry) -> Iterator[bytes]:
    left = entry.size
    try:
        with entry.path.open("rb") as source:
            while left and (piece := source.read(min(left, _PIECE_BYTES))):
                left -= len(piece)
                yield piece
    except OSError as error:
        raise UnreadableFile(f"{entry.path.name} cannot be read: {error.strerror}") from error
    if left:
        raise UnreadableFile(f"{entry.path.name} became shorter while it was read")


def _end(count: int, offset: int, length: int) -> bytes:
    """What ends a zip: how many files its list has, where the list starts, and how long it is."""
    longer = b""
    if count >= _SHORT or offset > _LIMIT or length > _LIMIT:
        longer = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 3 << 8 | 45, 45, 0, 0, count, count, length, offset)
        longer += struct.pack("<4sLQL", b"PK\6\7", 0, offset + length, 1)
        count, offset, length = min(count, _SHORT), _LONG, _LONG
    return longer + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, length, offset, 0)


def _zip_time(seconds: float) -> tuple[int, int]:
    """The time and the date of a file as a zip has them: local, to two seconds, from 1980 on."""
    time = datetime.fromtimestamp(min(max(seconds, 315_576_000), 4_354_732_800))  # noqa: DTZ006  # a zip holds local times
    return time.hour << 11 | time.minute << 5 | time.second // 2, (max(time.year, 1980) - 1980) << 9 | time.month << 5 | time.day


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of some size, so that many small files are not sent in many more small pieces."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
