"""The first bytes of a TIFF file, looked at without any library, so that telling formats apart stays cheap."""

from __future__ import annotations

import struct
from pathlib import Path

_MAGIC = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
_IMAGE_DESCRIPTION = 270
_MOST_TAGS = 4096


def is_tiff(head: bytes) -> bool:
    """Whether these are the first bytes of a TIFF or BigTIFF file."""
    return head[:4] in _MAGIC


def first_description(path: Path, limit_bytes: int = 4096) -> bytes:
    """The beginning of the first page's ImageDescription; empty when there is none or the file is damaged."""
    try:
        with path.open("rb") as file:
            order, is_big = _MAGIC[file.read(4)]
            if is_big:
                file.seek(8)
            file.seek(_unpack(order, "Q" if is_big else "I", file.read(8 if is_big else 4)))
            count = _unpack(order, "Q" if is_big else "H", file.read(8 if is_big else 2))
            size = 20 if is_big else 12
            for tag in struct.iter_unpack(
                order + ("HHQ8s" if is_big else "HHI4s"), _whole(file.read(size * min(count, _MOST_TAGS)), size)
            ):
                if tag[0] == _IMAGE_DESCRIPTION:
                    if tag[2] <= len(tag[3]):
                        return bytes(tag[3])
                    file.seek(_unpack(order, "Q" if is_big else "I", tag[3]))
                    return file.read(min(tag[2], limit_bytes))
    except (OSError, KeyError, struct.error, ValueError, OverflowError):
        pass
    return b""


def _unpack(order: str, code: str, data: bytes) -> int:
    return int(struct.unpack(order + code, data)[0])


def _whole(data: bytes, size: int) -> bytes:
    return data[: len(data) // size * size]
