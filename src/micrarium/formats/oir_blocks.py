"""The chunks of an OIR file: XML, and blocks of planes behind their names.

Source: no specification is public; the layout is the one that Bio-Formats, Gwyddion and SurfaceTopography have found out. A
chunk has a size and a kind; a descriptor names a plane, and the chunk behind it holds a run of the plane's bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from micrarium.errors import UnreadableFile
from micrarium.formats.oir import OIR_MAGIC

_HEADER_BYTES = 0x60
_INDEX_AT = 0x28
_END = 0xFFFFFFFF
_XML_KINDS, _DESCRIPTOR = (0, 1), 3
_LARGEST_XML_BYTES = 64 << 20
_MOST_BLOCKS = 8_000_000
_LONGEST_NAME = 512
_XML = b"<?xml"
#: Such as l001z002t003_0_1_<channel>_4, without the axes that there are not.
_NAME = re.compile(r"((?:[a-z]\d+)+)_.*?([0-9A-Za-z-]+)_(\d+)")


class Block(NamedTuple):
    """A run of bytes of a plane: which one of the plane it is, and where it lies."""

    number: int
    path: Path
    place: int
    size: int


class PlaneKey(NamedTuple):
    """Which plane: numbers along wavelengths, z and t as its name has them, and the id of its channel."""

    wavelength: int
    z: int
    t: int
    channel: str


@dataclass(slots=True)
class OirContent:
    """What the chunks of one file or several hold."""

    planes: dict[PlaneKey, list[Block]] = field(default_factory=dict)
    texts: list[tuple[str, str]] = field(default_factory=list)


def read_content(path: Path, content: OirContent) -> None:
    """Add the planes and the XML of a file. A file that was cut short gives what is whole. Raises ``UnreadableFile``."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        if not head.startswith(OIR_MAGIC) or len(head) < _HEADER_BYTES:
            raise UnreadableFile(f"{path.name} is damaged or cut short: it has no whole header")
        descriptor: tuple[PlaneKey, int] | None = None
        blocks = 0
        for place, count, kind in _chunks(file, head, size):
            if descriptor is not None:
                key, number = descriptor
                content.planes.setdefault(key, []).append(Block(number, path, place, count))
                descriptor, blocks = None, blocks + 1
            elif kind == _DESCRIPTOR and count < _LONGEST_NAME:
                file.seek(place)
                descriptor = _read_name(file.read(count))
            elif kind in _XML_KINDS and count <= _LARGEST_XML_BYTES:
                file.seek(place)
                content.texts += _read_texts(file.read(count))
            if blocks > _MOST_BLOCKS:
                raise UnreadableFile(f"{path.name} is damaged: it has more than {_MOST_BLOCKS} blocks")


def _chunks(file: BinaryIO, head: bytes, size: int) -> Iterator[tuple[int, int, int]]:
    """Where the content of each chunk lies, its size and its kind: one behind the other, and where that ends by the index."""
    mark = head.find(b"\xff" * 8, 0x40)
    place = mark + 8 if mark > 0 else _HEADER_BYTES
    index_at = struct.unpack_from("<Q", head, _INDEX_AT)[0]
    while place + 8 <= size:
        file.seek(place)
        count, kind = struct.unpack("<II", file.read(8))
        if count == _END or kind > 0xFF or place + 8 + count > size:
            break
        yield place + 8, count, kind
        place += 8 + count
    else:
        return
    for start in _index(file, index_at, size):
        if start >= place + 4:  # what the walk did not come to
            file.seek(start)
            count, kind = struct.unpack("<II", file.read(8))
            if count != _END and start + 8 + count <= index_at:
                yield start + 8, count, kind


def _index(file: BinaryIO, at: int, size: int) -> list[int]:
    """The places of all chunks, as the index at the end has them."""
    if not _HEADER_BYTES <= at < size - 12:
        return []
    file.seek(at)
    if file.read(4) != b"\xff" * 4:
        return []
    file.seek(at + 12)
    count = min((size - at - 12) // 8, _MOST_BLOCKS)
    places = struct.unpack(f"<{count}Q", file.read(count * 8))
    return [place for place in places if _HEADER_BYTES <= place <= at - 8]


def _read_name(data: bytes) -> tuple[PlaneKey, int] | None:
    """Which plane a descriptor announces, and which block of it; None for reference images and the like."""
    if len(data) < 12:
        return None
    length = struct.unpack_from("<I", data, 8)[0]
    found = _NAME.fullmatch(data[12 : 12 + length].decode("ascii", "replace"))
    if found is None:
        return None
    axes = {letter: int(number) for letter, number in re.findall(r"([a-z])(\d+)", found[1])}
    return PlaneKey(axes.get("l", 1), axes.get("z", 1), axes.get("t", 1), found[2]), int(found[3])


def _read_texts(data: bytes) -> Iterator[tuple[str, str]]:
    """The XML documents in a chunk, each behind its length and, where it is of a channel, that one's id."""
    place = data.find(_XML)
    while place >= 0:
        length = struct.unpack_from("<I", data, place - 4)[0] if place >= 4 else 0
        if not 0 < length <= len(data) - place:
            length = len(data) - place
        identity = ""
        if place >= 44 and struct.unpack_from("<I", data, place - 44)[0] == 36:
            identity = data[place - 40 : place - 4].decode("ascii", "replace")
        yield identity, data[place : place + length].decode("utf-8", "replace").strip("\0 \r\n\t")
        place = data.find(_XML, place + max(length, 5))
