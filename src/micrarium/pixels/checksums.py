"""SHA-256 of files, computed as they are read or copied."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from io import FileIO
from pathlib import Path

_PIECE_BYTES = 4 * 2**20


#: Called with the number of bytes of each piece; what it raises stops the work.
Advance = Callable[[int], None]


def sha256_of(path: Path, *, advance: Advance | None = None) -> str:
    """The SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb", buffering=0) as file:
        return _digest(file, lambda _: None, advance)[0]


def copy_with_checksum(src: Path, dst: Path, *, advance: Advance | None = None) -> tuple[str, int]:
    """Copies a file and gives back the SHA-256 and the number of its bytes.

    ``dst`` appears when all of it is written and safe on the disk, or not at all; a file that was there is replaced.
    """
    work = dst.with_name(f".{dst.name}.{secrets.token_hex(4)}.partial")
    try:
        with src.open("rb", buffering=0) as source, work.open("xb") as target:
            checksum, size_bytes = _digest(source, target.write, advance)
            target.flush()
            os.fsync(target.fileno())
        work.replace(dst)
    except BaseException:
        work.unlink(missing_ok=True)
        raise
    return checksum, size_bytes


def _digest(file: FileIO, use: Callable[[memoryview], object], advance: Advance | None) -> tuple[str, int]:
    digest, size_bytes = hashlib.sha256(), 0
    buffer = bytearray(_PIECE_BYTES)
    view = memoryview(buffer)
    while count := file.readinto(buffer):
        digest.update(view[:count])
        use(view[:count])
        size_bytes += count
        if advance is not None:
            advance(count)
    return digest.hexdigest(), size_bytes
