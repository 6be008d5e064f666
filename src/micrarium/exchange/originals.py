"""Files and folders as one zip that is made while it is sent: in bounded memory, with zip64 where it is needed."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from micrarium.errors import InvalidInput, UnreadableFile

#: Files are read in pieces of this size; a piece of the zip is about as large.
_PIECE_BYTES = 1 << 20


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


def stream_zip(members: Iterable[ZipMember]) -> Iterator[bytes]:
    """The bytes of a zip of these files, uncompressed (microscope files hardly shrink), piece by piece.

    The same files give the same bytes. Raises ``UnreadableFile`` for a file that cannot be read; ``InvalidInput`` for
    two files of one name, or a name that leads out of the zip.
    """
    sink = _Sink()
    seen: set[str] = set()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for member in members:
            _check_name(member.name, seen)
            for _ in _add(archive, member):
                if sink.size >= _PIECE_BYTES:
                    yield sink.take()
    yield sink.take()


def _check_name(name: str, seen: set[str]) -> None:
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or name.startswith("/"):
        raise InvalidInput(f"{name!r} cannot be the name of a file in a zip", field="name")
    if name in seen:
        raise InvalidInput(f"Two files would be {name!r} in the zip", field="name")
    seen.add(name)


def _add(archive: zipfile.ZipFile, member: ZipMember) -> Iterator[None]:
    try:
        state = member.path.stat()
        source = member.path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{member.path.name} cannot be read: {error.strerror}") from error
    with source:
        entry = zipfile.ZipInfo(member.name, _zip_time(state.st_mtime))
        entry.external_attr = (stat.S_IFREG | 0o644) << 16
        entry.file_size = state.st_size
        with archive.open(entry, "w", force_zip64=state.st_size >= zipfile.ZIP64_LIMIT // 2) as target:
            while piece := source.read(_PIECE_BYTES):
                target.write(piece)
                yield


def _zip_time(seconds: float) -> tuple[int, int, int, int, int, int]:
    time = datetime.fromtimestamp(max(seconds, 315_576_000))  # noqa: DTZ006  # a zip holds local times
    return (max(time.year, 1980), time.month, time.day, time.hour, time.minute, time.second // 2 * 2)


class _Sink(io.RawIOBase):
    """What a zip is written to: keeps the bytes until they are taken, and cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # any buffer
        self._pieces.append(piece)
        self.size += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self.size = 0
        return taken
