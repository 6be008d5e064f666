"""Files that were compressed whole, by gzip or bzip2: decompressed as a stream, once, into a file without a name.

Such a file can only be read from its beginning, and pixels are read from anywhere. The decompressed bytes go to the disk of
the temporary folder (``TMPDIR``), never to memory; the system takes them back when the process ends, however it ends.
"""

from __future__ import annotations

import bz2
import gzip
import tempfile
import weakref
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BufferedIOBase
from pathlib import Path
from threading import Lock
from typing import IO, Protocol

from micrarium.errors import UnreadableFile
from micrarium.formats.reader import check_claim

_STEP_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b\x08"
BZIP2_MAGIC = b"BZh"


def is_compressed(head: bytes) -> bool:
    """Whether these are the first bytes of a gzip or bzip2 file."""
    return head.startswith((GZIP_MAGIC, BZIP2_MAGIC))


def open_stream(path: Path) -> BufferedIOBase:
    """The bytes of a file from its beginning, decompressed where it is compressed."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(GZIP_MAGIC):
        return gzip.open(path, "rb")
    return bz2.open(path, "rb") if head.startswith(BZIP2_MAGIC) else path.open("rb")


def first_bytes(path: Path, count: int) -> bytes:
    """The first decompressed bytes of a file, fewer where it has fewer or is damaged there."""
    try:
        with open_stream(path) as stream:
            return stream.read(count)
    except (OSError, EOFError, ValueError, zlib.error):
        return b""


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at the end."""


class Spool:
    """The first ``size`` decompressed bytes of a file, read at given places by many threads; decompressed at the first read.

    ``opening`` gives the stream to decompress where it is not the file itself.
    """

    def __init__(self, path: Path, size: int, opening: Callable[[], AbstractContextManager[Readable]] | None = None) -> None:
        check_claim(path, decoded_bytes=size, stored_bytes=path.stat().st_size)
        self._path = path
        self._opening = opening or (lambda: open_stream(path))
        self._size = size
        self._file: IO[bytes] | None = None
        self._closed = False
        self._lock = Lock()

    def read(self, path: Path, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` on. Raises ``UnreadableFile`` when the file ends before, or is damaged."""
        with self._lock:
            if self._closed:
                raise UnreadableFile(f"{path.name} was closed")
            if self._file is None:
                self._file = self._decompressed()
            if offset + size > self._size:
                raise UnreadableFile(f"{path.name} is cut short: it holds {self._size} bytes and {offset + size} are asked for")
            self._file.seek(offset)
            return self._file.read(size)

    def _decompressed(self) -> IO[bytes]:
        spool = tempfile.TemporaryFile(prefix="micrarium-")  # noqa: SIM115 (closed by close, or with the last source)
        weakref.finalize(self, spool.close)
        left = self._size
        try:
            with self._opening() as stream:
                while left:
                    part = stream.read(min(left, _STEP_BYTES))
                    if not part:
                        raise UnreadableFile(f"{self._path.name} is cut short: {left} decompressed bytes are missing")
                    spool.write(part)
                    left -= len(part)
        except BaseException:
            spool.close()
            raise
        spool.flush()
        return spool

    def close(self) -> None:
        """Give the disk back."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()
