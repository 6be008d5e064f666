"""The images of a LIF file: where their blocks lie and how dimensions step through them.

Source: the layout as Leica documents it ("Leica Image File Format", blocks that start with 0x70 and hold 0x2A marks).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.lif_metadata import describe_image, flat_xml
from micrarium.formats.markup import parse_xml
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.strided import read_strided
from micrarium.geometry import Size

_BLOCK, _MARK = 0x70, 0x2A
_LETTERS = {1: "x", 2: "y", 3: "z", 4: "t", 5: "λ", 6: "a", 7: "n", 8: "q", 9: "Λ", 10: "m", 11: "l"}


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of an image: how many steps, how many bytes each, and how long all of them are."""

    letter: str
    count: int
    step_bytes: int
    length: float
    unit: str


@dataclass(frozen=True, slots=True)
class LifLayout:
    """How the planes of an image lie in its block. ``other`` dimensions are those without a plane axis of their own."""

    x: Dimension
    y: Dimension
    z: tuple[Dimension, ...]
    t: tuple[Dimension, ...]
    tiles: Dimension | None
    channel_bytes: tuple[int, ...]
    samples: int
    dtype: np.dtype[np.generic]

    @property
    def shape(self) -> Size:
        """The size of one tile along ``tczyx``."""
        many = [prod(one.count for one in group) for group in (self.t, self.z)]
        return Size(many[0], len(self.channel_bytes), many[1], self.y.count, self.x.count)

    @property
    def needed_bytes(self) -> int:
        """How many bytes of the block the image reaches over."""
        axes = [self.x, self.y, *self.z, *self.t, *([self.tiles] if self.tiles else [])]
        return sum((one.count - 1) * one.step_bytes for one in axes) + max(self.channel_bytes) + self.dtype.itemsize


def read_layout(image: Element) -> LifLayout:
    """How an image lies in its block, from its ``ImageDescription``."""
    channels = list(image.iterfind("./ImageDescription/Channels/ChannelDescription"))
    dimensions = [_read_dimension(element) for element in image.iterfind("./ImageDescription/Dimensions/DimensionDescription")]
    dimensions = sorted((one for one in dimensions if one.count > 0), key=lambda one: one.step_bytes)
    if not channels or not dimensions:
        raise UnreadableFile("An image of this file has no channels or no dimensions")
    spatial = [one for one in dimensions if one.letter in "xyz"]
    # Whatever two directions were scanned first make the plane: xz scans have x and z.
    x = spatial[0] if spatial else Dimension("x", 1, 0, 0.0, "")
    others = [one for one in dimensions if one.letter not in "xyzm"]
    if len(spatial) == 1 and others:
        spatial.append(others.pop(0))  # a line scanned again and again: time makes the rows
    y = spatial[1] if len(spatial) > 1 else Dimension("y", 1, 0, 0.0, "")
    z = spatial[2:]
    tags = [int(channel.get("ChannelTag", "0")) for channel in channels]
    is_rgb = sorted(tags) == [1, 2, 3] and len(tags) == 3
    offsets = [int(channel.get("BytesInc", "0")) for channel in channels]
    if is_rgb:
        offsets = [offset for _, offset in sorted(zip(tags, offsets, strict=True))]
    layout = LifLayout(
        x=x,
        y=y,
        z=tuple(z),
        t=tuple(sorted(others, key=lambda one: one.step_bytes, reverse=True)),
        tiles=next((one for one in dimensions if one.letter == "m"), None),
        channel_bytes=tuple(offsets),
        samples=3 if is_rgb else 1,
        dtype=_read_dtype(channels),
    )
    if min([*layout.channel_bytes, *(one.step_bytes for one in dimensions)]) < 0:
        raise UnreadableFile("An image of this file steps backwards through its pixels, so its description is damaged")
    return layout


def _read_dimension(element: Element) -> Dimension:
    return Dimension(
        letter=_LETTERS.get(int(element.attrib["DimID"]), "?"),
        count=int(element.attrib["NumberOfElements"]),
        step_bytes=int(element.attrib["BytesInc"]),
        length=float(element.get("Length") or 0),
        unit=element.get("Unit", ""),
    )


def _read_dtype(channels: list[Element]) -> np.dtype[np.generic]:
    kinds = {(channel.get("DataType", "0"), int(channel.get("Resolution", "0"))) for channel in channels}
    bits = max(resolution for _, resolution in kinds)
    size = next((size for size in (1, 2, 4, 8) if 0 < bits <= size * 8), 0)
    is_float = any(kind == "1" for kind, _ in kinds)
    sizes = {next((size for size in (1, 2, 4, 8) if resolution <= size * 8), 0) for _, resolution in kinds}
    if not size or len(sizes) > 1 or (is_float and size < 4):
        raise UnreadableFile(f"The channels of an image are of types that cannot be read together: {sorted(kinds)}")
    return np.dtype(f"<{'f' if is_float else 'u'}{size}")


class LifSource(PlaneSource):
    """One image of a LIF file, or one tile of a mosaic that was not stitched."""

    file: LifImageFile

    def __init__(self, file: LifImageFile, index: int, image: LifEntry, layout: LifLayout, tile: int) -> None:
        super().__init__(file, index)
        self._layout = layout
        self._start = image.offset + (tile * layout.tiles.step_bytes if layout.tiles else 0)
        self.samples = layout.samples
        self.dtype = layout.dtype.newbyteorder("=")
        chunk = (min(512, layout.y.count), min(512, layout.x.count))
        self.levels = plane_levels([(layout.shape, chunk)], samples=self.samples)
        self.description = describe_image(image.name, image.element, layout, tile)

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (one level)
        """A part of one plane."""
        layout = self._layout
        start = self._start + _steps(layout.t, t) + _steps(layout.z, z)
        samples = [layout.channel_bytes[channel * self.samples + sample] for sample in range(self.samples)]
        path, steps = self.file.path, (layout.y.step_bytes, layout.x.step_bytes)
        parts = [read_strided(self.file.descriptors, path, start + offset, layout.dtype, steps, window) for offset in samples]
        return parts[0] if len(parts) == 1 else np.stack(parts, axis=2)


def _steps(dimensions: tuple[Dimension, ...], index: int) -> int:
    """How many bytes an index into several dimensions, the slowest first, lies from the start."""
    total = 0
    for one in reversed(dimensions):
        total += index % one.count * one.step_bytes
        index //= one.count
    return total


@dataclass(frozen=True, slots=True)
class LifEntry:
    """One Element of the header that has pixels: its name, its XML and its block."""

    name: str
    element: Element
    offset: int
    size: int


class LifImageFile(OpenedFile):
    """An opened LIF file."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.descriptors = Descriptors()
        try:
            xml, blocks = read_blocks(path)
            self._xml = xml
            sources: list[LifSource] = []
            problems: list[str] = []
            for name, element in _image_elements(parse_xml(xml), ""):
                try:
                    sources += self._open_image(name, element, blocks, len(sources))
                except (UnreadableFile, ValueError, KeyError) as error:
                    problems.append(f"Image {name} was left out: {error}")
        except ElementTree.ParseError as error:
            self.descriptors.close()
            raise UnreadableFile(f"The description of {path.name} cannot be read: {error}") from error
        except BaseException:
            self.descriptors.close()
            raise
        if not sources:
            raise UnreadableFile(problems[0] if problems else f"{path.name} holds no image")
        self.images = tuple(sources)
        self.warnings = tuple(problems)

    def _open_image(self, name: str, element: Element, blocks: dict[str, tuple[int, int]], first: int) -> list[LifSource]:
        image, memory = element.find("./Data/Image"), element.find("./Memory")
        if image is None:
            return []
        offset, size = blocks.get("" if memory is None else memory.get("MemoryBlockID", ""), (0, 0))
        layout = read_layout(image)
        tiles = layout.tiles.count if layout.tiles else 1
        if not size:
            raise UnreadableFile("the file has no pixels for it")
        if layout.needed_bytes > size:
            raise UnreadableFile(f"its description asks for {layout.needed_bytes} bytes, its block holds {size}")
        entry = LifEntry(name, element, offset, size)
        return [LifSource(self, first + tile, entry, layout, tile) for tile in range(tiles)]

    def original_metadata(self) -> dict[str, str]:
        """Every attribute of the header by its path."""
        return flat_xml(self._xml)

    def close(self) -> None:
        """Let go of the file."""
        self.descriptors.close()


def _image_elements(root: Element, folder: str) -> Iterator[tuple[str, Element]]:
    """Elements with an image, named by their path below the experiment."""
    for element in [*root.iterfind("./Element"), *root.iterfind("./Children/Element")]:
        is_experiment = not folder and root.tag != "Element" and element.find("./Data/Experiment") is not None
        name = "" if is_experiment else f"{folder}/{element.get('Name', '')}".strip("/")
        if element.find("./Data/Image") is not None:
            yield name, element
        yield from _image_elements(element, name)


def read_blocks(path: Path) -> tuple[str, dict[str, tuple[int, int]]]:
    """The XML header, and the offset and size of each block of pixels by its id."""
    size = path.stat().st_size
    blocks: dict[str, tuple[int, int]] = {}
    with path.open("rb") as file:
        mark, _, second, count = struct.unpack("<IIBI", file.read(13))
        if mark != _BLOCK or second != _MARK or count * 2 > size:
            raise UnreadableFile(f"{path.name} is damaged: its header is not where it should be")
        xml = file.read(count * 2).decode("utf-16-le").strip("\0")
        width, form = (4, "<IIBIBI") if 'Version="1"' in xml[:200] else (8, "<IIBQBI")
        place = file.tell()
        while place + 14 + width <= size:
            file.seek(place)
            mark, _, second, block_bytes, third, count = struct.unpack(form, file.read(14 + width))
            if (mark, second, third) != (_BLOCK, _MARK, _MARK) or count > 4096:
                break
            name = file.read(count * 2).decode("utf-16-le", "replace").strip("\0")
            place = file.tell()
            blocks[name] = (place, block_bytes)
            place += block_bytes
    return xml, blocks
