"""The tree of tags in a VSI file.

Source: no specification is public; the layout of volumes and the numbers of tags are those that Bio-Formats and SlideIO
have found out. A volume has a header of 24 bytes and a list of fields, each of which holds a value or further volumes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from micrarium.errors import UnreadableFile
from micrarium.formats.vsi import VOLUME_MARK

_LARGEST_BYTES = 512 << 20
_MOST_TAGS = 200_000
_MOST_LEVELS = 40
_LONGEST_VALUE = 65536
_NEW_VOLUME, _PROPERTIES, _NEW_DIMENSIONS = 0, 1, 2
_EXTRA_TAG, _EXTENDED, _INLINE = 1 << 27, 1 << 28, 1 << 30
_SCALARS = {1: "b", 2: "B", 3: "h", 4: "H", 5: "i", 6: "I", 7: "q", 8: "Q", 9: "f", 10: "d", 12: "?", 14: "I", 17: "q", 18: "d",
            271: "i", 272: "i", 273: "i"}  # fmt: skip
_INTEGERS = {256, 257, 258, 259, 267, 274, 275, 276, 277, 8195, 8199, 8200, 8470}
_DOUBLES = {11, 260, 261, 262, 263, 264, 265, 266, 268, 279, 280}
_TEXTS = {13: "latin-1", 8192: "utf-16-le"}
_RGB, _BGR = 269, 270


class Tag(IntEnum):
    """The tags that we understand; one number may mean different things at different places."""

    COLLECTION = 2000
    IMAGE = 2001
    FRAME = 2002
    STACK = 2005
    DIMENSION = 2007
    PARAMETERS = 2008
    INCREMENT = 2013
    CREATION_TIME = 2015
    FRAME_ORIGIN = 2018
    FRAME_SCALE = 2019
    MEANING = 2023
    STACK_NAME = 2030
    MICROSCOPE = 2043
    BOUNDARY = 2053
    STACK_TYPE = 2074
    DOCUMENT = 2109
    TILE_ORIGIN = 2410
    WAVELENGTH = 2417
    CHANNEL_NAME = 2419
    HAS_EXTERNAL_FILE = 20005
    EXPOSURE_TIME = 100002
    BIT_DEPTH = 100049
    MAGNIFICATION = 120060
    NUMERICAL_APERTURE = 120061
    WORKING_DISTANCE = 120062
    OBJECTIVE_NAME = 120063
    OBJECTIVE_TYPE = 120064
    REFRACTIVE_INDEX = 120079
    DEVICE_NAME = 120116
    DEVICE_ID = 120129
    DEVICE_SUBTYPE = 120130
    DEVICE_MANUFACTURER = 120133
    VALUE = 268435458


#: Tags that mean something else below others.
EXTERNAL_FILE, DISPLAY_COLOR = 2018, 2008
DOCUMENT_TIME, DOCUMENT_AUTHOR, DOCUMENT_PRODUCT_NAME, DOCUMENT_PRODUCT_VERSION = 14, 15, 24, 25


@dataclass(slots=True)
class Node:
    """A tag with its value or its children; ``index`` is the second number that some tags have, such as a dimension's."""

    tag: int
    index: int | None = None
    value: Any = None
    children: list[Node] = field(default_factory=list)

    def find(self, *tags: int) -> Node | None:
        """The first node along a path of tags."""
        found: Node | None = self
        for tag in tags:
            found = None if found is None else next((child for child in found.children if child.tag == tag), None)
        return found

    def all(self, tag: int) -> Iterator[Node]:
        """The children with a tag."""
        return (child for child in self.children if child.tag == tag)

    def walk(self) -> Iterator[Node]:
        """This node and all below, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()

    def values(self, tag: int) -> list[Any]:
        """The values of all nodes with a tag below this one; of a tag that holds a volume, what that has for a value."""
        found = []
        for node in self.walk():
            if node.tag == tag:
                inner = node.find(Tag.VALUE)
                value = node.value if inner is None else inner.value
                found += [] if value is None else [value]
        return found


def read_tags(path: Path) -> Node:
    """The tree of a VSI file; what is damaged in it is left out. Raises ``UnreadableFile`` where there is none at all."""
    size = path.stat().st_size
    if size > _LARGEST_BYTES:
        raise UnreadableFile(f"{path.name} is no description of cellSens: it has {size} bytes")
    root = Node(0)
    parser = _Parser(path.read_bytes())
    parser.read_volume(8, root, 0)
    return root


class _Parser:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = _MOST_TAGS

    def read_volume(self, start: int, parent: Node, depth: int) -> int:
        """Add the fields of the volume at ``start`` to a node; where the volume ends."""
        if self.data[start : start + 4] != VOLUME_MARK or start + 24 > len(self.data) or depth > _MOST_LEVELS:
            return start
        first, flags = struct.unpack_from("<qI", self.data, start + 8)
        place, end = start + first, start + 24
        for _ in range(flags & 0xFFFFFFF):
            if not start < place <= len(self.data) - 16 or self.left <= 0:
                break
            self.left -= 1
            following, field_end = self._read_field(place, parent, depth)
            end = max(end, field_end)
            if following == 0:
                break
            place = start + following
        return end

    def _read_field(self, place: int, parent: Node, depth: int) -> tuple[int, int]:
        """Add the field at ``place`` to a node; where the next one lies from the start of the volume, and where this one ends."""
        kind, tag, following, size = struct.unpack_from("<IiII", self.data, place)
        place += 16
        index = None
        if kind & _EXTRA_TAG and place + 4 <= len(self.data):
            index = struct.unpack_from("<i", self.data, place)[0]
            place += 4
        if tag < 0:
            return 0, place
        node = Node(tag, index)
        parent.children.append(node)
        form = kind & 0xFFFFFF
        if kind & _EXTENDED:
            if form == _NEW_VOLUME:
                return following, self._read_volumes(place, min(place + size, len(self.data)), node, depth + 1)
            if form in (_PROPERTIES, _NEW_DIMENSIONS):
                return following, max(place + size, self.read_volume(place, node, depth + 1))
        elif kind & _INLINE:
            node.value = size if form not in (1, 3, 5, 7) or size < 1 << 31 else size - (1 << 32)
            return following, place
        elif size:
            node.value = _read_value(form, self.data[place : place + size])
        return following, place + size

    def _read_volumes(self, place: int, end: int, node: Node, depth: int) -> int:
        """Add volumes that lie one behind the other to a node."""
        while place < end:
            found = self.data.find(VOLUME_MARK, place, end)
            if found < 0:
                break
            place = max(self.read_volume(found, node, depth), found + 24)
        return max(place, end)


def _read_value(form: int, data: bytes) -> Any:
    """The value of a field; None for a kind that is not known."""
    if form in _TEXTS:
        is_wide = form == 8192 or data[1:2] == b"\0"
        return data.decode("utf-16-le" if is_wide else "latin-1", "replace").split("\0", 1)[0].strip()[:_LONGEST_VALUE]
    if form in (_RGB, _BGR) and len(data) >= 3:
        return tuple(data[:3] if form == _RGB else data[2::-1])
    code = _SCALARS.get(form) or ("i" if form in _INTEGERS else "d" if form in _DOUBLES else "")
    if not code:
        return None
    count = min(len(data) // struct.calcsize(f"<{code}"), 4096)
    found = struct.unpack_from(f"<{count}{code}", data)
    return found if form not in _SCALARS or count > 1 else next(iter(found), None)


def flat_tags(root: Node) -> dict[str, str]:
    """Every value by the path of its tags, by their names where we know them; repeated ones are numbered."""
    found: dict[str, str] = {}

    def walk(node: Node, path: str) -> None:
        seen: dict[str, int] = {}
        for child in node.children:
            name = next((one.name.lower() for one in Tag if one == child.tag), str(child.tag))
            seen[name] = seen.get(name, 0) + 1
            full = f"{path}.{name}".lstrip(".") + (f"[{seen[name]}]" if seen[name] > 1 else "")
            if child.value is not None:
                values = child.value if isinstance(child.value, tuple) else (child.value,)
                found[full] = ", ".join(map(str, values))[:_LONGEST_VALUE]
            walk(child, full)

    walk(root, "")
    return found
