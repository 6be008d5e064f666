"""Files read at given places by many threads: a bounded number of descriptors, none left open after ``close``."""

from __future__ import annotations

import os
import weakref
from collections import OrderedDict
from pathlib import Path
from threading import Lock

from micrarium.errors import UnreadableFile

_MOST_OPEN = 16


class _Descriptor:
    """One open file that closes itself when nobody holds it any more."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        self.lock = Lock()
        weakref.finalize(self, os.close, self.number)

    def read(self, offset: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self.number, size, offset)
        with self.lock:
            os.lseek(self.number, offset, os.SEEK_SET)
            return os.read(self.number, size)


class Descriptors:
    """The files of one fileset, opened as they are read and at most a few at a time."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, _Descriptor] = OrderedDict()
        self._lock = Lock()
        self._closed = False

    def _descriptor(self, path: Path) -> _Descriptor:
        with self._lock:
            if self._closed:
                raise UnreadableFile(f"{path.name} was closed")
            found = self._open.get(path)
            if found is None:
                try:
                    found = self._open[path] = _Descriptor(path)
                except OSError as error:
                    raise UnreadableFile(f"{path.name} cannot be opened: {error.strerror}") from error
                while len(self._open) > _MOST_OPEN:
                    self._open.popitem(last=False)
            self._open.move_to_end(path)
            return found

    def read(self, path: Path, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` on. Raises ``UnreadableFile`` when the file ends before."""
        descriptor = self._descriptor(path)
        parts: list[bytes] = []
        missing = size
        while missing > 0:
            # Asked for in steps, so that a damaged size cannot claim memory that the file never fills.
            part = descriptor.read(offset + size - missing, min(missing, 64 << 20))
            if not part:
                raise UnreadableFile(f"{path.name} is cut short: {missing} bytes are missing at {offset + size - missing}")
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close all files; a thread that is reading one finishes first."""
        with self._lock:
            self._closed = True
            self._open.clear()
