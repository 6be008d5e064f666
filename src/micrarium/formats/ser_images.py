"""The images of a SER file: frames of one size, found by the table of their places; or spectra at the points of a map.

Layout: as described by C. Boothroyd ("TIA SER file format").
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.emi_notes import describe_notes, read_notes
from micrarium.formats.ser_metadata import describe_frames, describe_spectra
from micrarium.formats.strided import Block, BlockSource, StridedFile, check_holds, packed_block
from micrarium.geometry import Size

_TYPES = {1: "u1", 2: "<u2", 3: "<u4", 4: "i1", 5: "<i2", 6: "<i4", 7: "<f4", 8: "<f8", 9: "<c8", 10: "<c16"}
_SPECTRA, _FRAMES = 0x4120, 0x4122
_TIMED, _PLACED = 0x4152, 0x4142
_MOST_ELEMENTS = 2_000_000
_LONGEST_TEXT = 4096


@dataclass(frozen=True, slots=True)
class SeriesDimension:
    """One dimension that the elements of a series run over."""

    count: int
    offset: float
    step: float
    description: str
    unit: str


class Element(NamedTuple):
    """The header of one element: calibration (metres or electronvolts a pixel), type, size, and where its values begin."""

    steps: tuple[float, ...]
    dtype: np.dtype[Any]
    sizes: tuple[int, ...]
    place: int


class Tag(NamedTuple):
    """When, in seconds since 1970, and where on the specimen, in metres, an element was taken."""

    seconds: int
    x: float | None = None
    y: float | None = None


class SerHeader:
    """The header of a SER file and the places of its elements and tags."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            version, self.kind, self.tag_kind, total, self.count = struct.unpack("<4xHiiii", file.read(22))
            wide = "<q" if version >= 0x220 else "<i"
            table, dimensions = struct.unpack(f"{wide}i", file.read(struct.calcsize(f"{wide}i")))
            if not 0 <= self.count <= total <= _MOST_ELEMENTS or not 0 <= dimensions <= 16:
                raise UnreadableFile(f"{path.name} is damaged: it claims {self.count} of {total} elements")
            self.dimensions = [self._dimension(file) for _ in range(dimensions)]
            file.seek(table)
            size = np.dtype(wide).itemsize
            places = np.frombuffer(file.read(2 * total * size), wide)
        if len(places) < total:
            raise UnreadableFile(f"{path.name} is cut short: the table of its {total} elements ends early")
        self.places = [int(place) for place in places[: self.count]]
        self.tags = [int(place) for place in places[total : total + self.count]]

    def _dimension(self, file: Any) -> SeriesDimension:
        count, offset, step, _ = struct.unpack("<iddi", file.read(24))
        texts = []
        for _ in range(2):
            (length,) = struct.unpack("<i", file.read(4))
            if not 0 <= length <= _LONGEST_TEXT:
                raise UnreadableFile(f"{self._path.name} is damaged: a name in its header claims {length} letters")
            texts.append(file.read(length).decode("latin-1").strip("\0 "))
        return SeriesDimension(count, offset, step, *texts)


class SerFile(StridedFile):
    """An opened SER file: one image for each size of frames that it holds, or one of all its spectra."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.header = SerHeader(path)
        self._notes = read_notes(path)
        if not self.header.count:
            raise UnreadableFile(f"{path.name} holds no image: none of its elements was ever taken")
        try:
            elements = [self._element(place) for place in self.header.places]
            self._first, self._first_tag = elements[0], self.tag(0)
            if self.header.kind == _SPECTRA:
                self.images = (self._spectra(elements),)
            else:
                self.images = self._frames(elements)
        except BaseException:
            self.descriptors.close()
            raise

    def _element(self, place: int) -> Element:
        is_frame = self.header.kind == _FRAMES
        form = "<ddiddihii" if is_frame else "<ddihi"
        values = struct.unpack(form, self.descriptors.read(self.path, place, struct.calcsize(form)))
        if values[-3 if is_frame else -2] not in _TYPES:
            raise UnreadableFile(f"{self.path.name} is damaged: an element of it is of the unknown type")
        dtype = np.dtype(_TYPES[values[-3 if is_frame else -2]])
        steps = (values[1], values[4]) if is_frame else (values[1],)
        return Element(steps, dtype, values[-2:] if is_frame else values[-1:], place + struct.calcsize(form))

    def tag(self, number: int) -> Tag | None:
        """The tag of an element, None where there is none."""
        place = self.header.tags[number] if number < len(self.header.tags) else 0
        kind = self.header.tag_kind
        if not place or kind not in (_TIMED, _PLACED):
            return None
        form = "<4xi" if kind == _TIMED else "<4xidd"
        return Tag(*struct.unpack(form, self.descriptors.read(self.path, place, struct.calcsize(form))))

    def _frames(self, elements: list[Element]) -> tuple[BlockSource, ...]:
        groups: dict[tuple[Any, ...], list[int]] = {}
        for number, element in enumerate(elements):
            groups.setdefault((element.dtype, element.sizes), []).append(number)
        sources: list[BlockSource] = []
        for (dtype, (width, height)), numbers in groups.items():
            places = tuple(elements[number].place for number in numbers)
            is_depth = len(self.header.dimensions) == 1 and self.header.dimensions[0].unit in ("m", "meters") and len(groups) == 1
            shape = Size(1 if is_depth else len(places), 1, len(places) if is_depth else 1, height, width)
            block = packed_block(0, shape, dtype)
            name = self.path.stem if len(groups) == 1 else f"{self.path.stem} #{len(sources) + 1}"
            tags = [tag for number in (numbers[0], numbers[-1]) if (tag := self.tag(number)) is not None]
            about = describe_frames(name, elements[numbers[0]], shape, self.header.dimensions, tags, describe_notes(self._notes))
            check_holds(self.path, packed_block(max(places), shape._replace(t=1, z=1), dtype), self.path.stat().st_size)
            sources.append(FramesSource(self, len(sources), block, about, places))
        return tuple(sources)

    def _spectra(self, elements: list[Element]) -> BlockSource:
        """Spectra at even places as a map, their energies along t; a single one as a row."""
        places = [element.place for element in elements]
        first, (length,) = elements[0], elements[0].sizes
        step = places[1] - places[0] if len(places) > 1 else 0
        alike = all(one.sizes == first.sizes and one.dtype == first.dtype for one in elements)
        if not alike or any(place != places[0] + n * step for n, place in enumerate(places)) or step < 0:
            raise UnreadableFile(f"{self.path.name} holds spectra of different lengths or out of order, which cannot be read")
        if len(elements) == 1:
            block = packed_block(first.place, Size(1, 1, 1, 1, length), first.dtype)
        else:
            counts = [dimension.count for dimension in self.header.dimensions][:2]
            across, down = counts if len(counts) == 2 and prod(counts) == len(elements) else (len(elements), 1)
            steps = Size(first.dtype.itemsize, 0, 0, across * step, step)
            block = Block(first.place, Size(length, 1, 1, down, across), steps, first.dtype)
        check_holds(self.path, block, self.path.stat().st_size)
        tags = [self._first_tag] if self._first_tag else []
        dimensions = self.header.dimensions if len(elements) > 1 else []
        about = describe_spectra(self.path.stem, block.shape, dimensions, tags, describe_notes(self._notes))
        return BlockSource(self, 0, block, about)

    def original_metadata(self) -> dict[str, str]:
        """What the series runs over, the calibration of its first element, and the notes beside it."""
        found = {"elements": str(self.header.count)}
        for number, dimension in enumerate(self.header.dimensions, 1):
            for field in dimension.__slots__:
                found[f"dimension {number}.{field}"] = str(getattr(dimension, field))
        found["first element.steps"] = ", ".join(map(str, self._first.steps))
        if self._first_tag is not None:
            found |= {f"first element.{name}": str(value) for name, value in self._first_tag._asdict().items() if value is not None}
        return found | self._notes


class FramesSource(BlockSource):
    """Frames of one size, each at its own place in the file."""

    def __init__(self, file: SerFile, index: int, block: Block, description: Any, places: tuple[int, ...]) -> None:
        super().__init__(file, index, block, description)
        self.places = places

    def place(self, t: int, c: int, z: int) -> int:  # noqa: ARG002 (one channel)
        """Where the first pixel of a frame lies."""
        return self.places[max(t, z)]
