"""Checksums: SHA-256 of files, computed as they are read or copied, and digests of pieces as clients send them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Protocol

from micrarium.errors import InvalidInput

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


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Digest:
    """A checksum that bytes should have, compared with what comes."""

    def __init__(self, algorithm: _Hash, wanted: bytes) -> None:
        self._algorithm, self._wanted = algorithm, wanted

    def update(self, data: bytes) -> None:
        """Take in what came."""
        self._algorithm.update(data)

    @property
    def is_right(self) -> bool:
        """Whether all that came has the checksum."""
        return self._algorithm.digest() == self._wanted


def parse_digest(text: str) -> Digest:
    """The first digest we know in a ``Content-Digest`` (RFC 9530): ``sha-256``, ``sha-512`` or ``crc32c``.

    The last is for browsers, which compute no other where the connection is not encrypted. Raises ``InvalidInput``.
    """
    sizes = {"sha-256": 32, "sha-512": 64, "crc32c": 4}
    for name, encoded in re.findall(r"([a-z0-9-]+)=:([A-Za-z0-9+/=]*):", text):
        if name not in sizes:
            continue
        try:
            wanted = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            wanted = b""
        if len(wanted) == sizes[name]:
            return Digest(_Crc32c() if name == "crc32c" else hashlib.new(name.replace("-", "")), wanted)
    raise InvalidInput(f"{text[:100]!r} is no digest; it looks like sha-256=:BASE64:", field="Content-Digest")


class _Crc32c:
    """CRC-32C, its digest big-endian."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        import google_crc32c

        self._value = google_crc32c.extend(self._value, data)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")
