"""What a multi-frame DICOM file says of each of its frames: hundreds of thousands of small items, so walked over here.

pydicom takes a millisecond for each frame and keeps every element; of these, a few numbers are needed.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from mmap import mmap
from typing import Literal, NamedTuple

from micrarium.formats.dicom_head import LONG_TYPES

PER_FRAME_GROUPS = 0x52009230
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_MOST_LEVELS = 16
_MOST_FRAMES = 2_000_000
#: The sequences that hold what is needed: frame content, position and orientation, measures, tile, optical path.
_WITHIN = frozenset({0x00209111, 0x00209113, 0x00209116, 0x00289110, 0x0048021A, 0x00480207})
_POSITION, _ORIENTATION, _SPACING = 0x00200032, 0x00200037, 0x00280030
_TIME, _INDICES = 0x00209128, 0x00209157
_ROW, _COLUMN, _Z, _PATH = 0x0048021F, 0x0048021E, 0x0040074A, 0x00480106
_WANTED = frozenset({_POSITION, _ORIENTATION, _SPACING, _TIME, _INDICES, _ROW, _COLUMN, _Z, _PATH})


class FramePlace(NamedTuple):
    """Where one frame belongs. ``row`` and ``column`` count from 1 and ``z`` is in micrometres, as slides have them."""

    position: tuple[float, ...] = ()
    orientation: tuple[float, ...] = ()
    spacing: tuple[float, ...] = ()
    time: float = 0.0
    indices: tuple[float, ...] = ()
    row: int | None = None
    column: int | None = None
    z: float = 0.0
    path: str = ""


class GroupWalk:
    """A walk over the items of the sequence of groups in the bytes of a file."""

    def __init__(self, data: mmap | bytes, order: Literal["<", ">"], is_implicit: bool) -> None:
        self._data = data
        self._tag = struct.Struct(order + "HH")
        self._long = struct.Struct(order + "I")
        self._short = struct.Struct(order + "H")
        self._signed = struct.Struct(order + "i")
        self._is_implicit = is_implicit

    def places(self, start: int, frames: int) -> tuple[list[FramePlace], int]:
        """What is said of each frame by the sequence at ``start``, and where it ends. Raises ``ValueError`` when damaged."""
        _, header, length, _ = self._head(start, self._is_implicit)
        place = start + header
        end = None if length == _UNDEFINED else place + length
        found: list[FramePlace] = []
        while end is None or place < end:
            tag, size = self._item(place)
            place += 8
            if tag == _SEQUENCE_END:
                break
            if len(found) >= min(frames, _MOST_FRAMES):
                raise ValueError(f"it describes more than its {frames} frames")
            told: dict[int, bytes] = {}
            place = self._elements(place, None if size == _UNDEFINED else place + size, told, self._is_implicit, 0)
            found.append(self._place_of(told))
        return found, place if end is None else end

    def _item(self, place: int) -> tuple[int, int]:
        group, element = self._tag.unpack_from(self._data, place)
        tag = group << 16 | element
        if tag not in (_ITEM, _SEQUENCE_END):
            raise ValueError(f"there is no item of a sequence at {place}")
        return tag, self._long.unpack_from(self._data, place + 4)[0]

    def _head(self, place: int, is_implicit: bool) -> tuple[int, int, int, bool]:
        """Of an element: its tag, the size of its header, its length, and whether what is in it has no types."""
        group, element = self._tag.unpack_from(self._data, place)
        tag = group << 16 | element
        vr = b"" if is_implicit or group == 0xFFFE else self._data[place + 4 : place + 6]
        if not vr:
            return tag, 8, self._long.unpack_from(self._data, place + 4)[0], True
        if vr in LONG_TYPES:
            return tag, 12, self._long.unpack_from(self._data, place + 8)[0], vr == b"UN"
        return tag, 8, self._short.unpack_from(self._data, place + 6)[0], False

    def _elements(self, place: int, end: int | None, told: dict[int, bytes], is_implicit: bool, level: int) -> int:
        """Takes what is wanted from the elements up to an end, or to the mark of an item's end; where that is."""
        if level > _MOST_LEVELS:
            raise ValueError(f"sequences lie in each other too deep at {place}")
        while end is None or place < end:
            tag, header, length, untyped = self._head(place, is_implicit)
            place += header
            if tag == _ITEM_END:
                return place
            if length == _UNDEFINED or tag in _WITHIN:
                place = self._sequence(place, length, told if tag in _WITHIN else {}, untyped, level + 1)
                continue
            if tag in _WANTED:
                told[tag] = self._data[place : place + length]
            place += length
        return place

    def _sequence(self, place: int, length: int, told: dict[int, bytes], is_implicit: bool, level: int) -> int:
        end = None if length == _UNDEFINED else place + length
        while end is None or place < end:
            tag, size = self._item(place)
            place += 8
            if tag == _SEQUENCE_END:
                return place
            place = self._elements(place, None if size == _UNDEFINED else place + size, told, is_implicit, level)
        return place

    def _place_of(self, told: dict[int, bytes]) -> FramePlace:
        indices = told.get(_INDICES, b"")
        z = _decimals(told.get(_Z))
        return FramePlace(
            position=_decimals(told.get(_POSITION)),
            orientation=_decimals(told.get(_ORIENTATION)),
            spacing=_decimals(told.get(_SPACING)),
            time=self._whole(told.get(_TIME), self._long) or 0.0,
            indices=tuple(float(self._long.unpack_from(indices, at)[0]) for at in range(0, len(indices) - 3, 4)),
            row=self._whole(told.get(_ROW), self._signed),
            column=self._whole(told.get(_COLUMN), self._signed),
            z=z[0] if z else 0.0,
            path=told.get(_PATH, b"").decode("latin-1").strip("\0 "),
        )

    def _whole(self, value: bytes | None, form: struct.Struct) -> int | None:
        return None if value is None or len(value) < 4 else int(form.unpack_from(value)[0])


def _decimals(value: bytes | None) -> tuple[float, ...]:
    """Numbers that are written as text; none where one is malformed."""
    with suppress(ValueError):
        return tuple(float(part) for part in value.split(b"\\")) if value else ()
    return ()
