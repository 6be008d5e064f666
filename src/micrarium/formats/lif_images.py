"""The images of Leica's files: how dimensions step through their blocks.

Source: the layout as Leica documents it ("Leica Image File Formats - LIF, XLEF, XLLF, LOF").
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.lif_files import LifEntry, read_content
from micrarium.formats.lif_frames import FrameBytes
from micrarium.formats.lif_metadata import describe_image, flat_xml
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.strided import read_strided
from micrarium.geometry import Size

_MOST_PROBLEMS = 100
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

    def __init__(
        self, file: LifImageFile, index: int, image: LifEntry, layout: LifLayout, tile: int, stored: Descriptors | FrameBytes
    ) -> None:
        super().__init__(file, index)
        self._layout, self._path, self._stored = layout, image.block.path, stored
        self._start = image.block.offset + (tile * layout.tiles.step_bytes if layout.tiles else 0)
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
        path, steps = self._path, (layout.y.step_bytes, layout.x.step_bytes)
        parts = [read_strided(self._stored, path, start + offset, layout.dtype, steps, window) for offset in samples]
        return parts[0] if len(parts) == 1 else np.stack(parts, axis=2)


def _steps(dimensions: tuple[Dimension, ...], index: int) -> int:
    """How many bytes an index into several dimensions, the slowest first, lies from the start."""
    total = 0
    for one in reversed(dimensions):
        total += index % one.count * one.step_bytes
        index //= one.count
    return total


class LifImageFile(OpenedFile):
    """An opened LIF file, or the project of Leica's other files that one belongs to."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.descriptors = Descriptors()
        self._framed: list[FrameBytes] = []
        try:
            content = read_content(path)
            self.files, self._texts = tuple(content.files), content.texts
            sources: list[LifSource] = []
            problems = content.problems
            for entry in content.entries:
                try:
                    sources += self._open_image(entry, len(sources))
                except (UnreadableFile, ValueError, KeyError) as error:
                    problems.append(f"Image {entry.name} was left out: {error}")
        except (ElementTree.ParseError, struct.error) as error:
            self.close()
            raise UnreadableFile(f"The description of {path.name} cannot be read: {error}") from error
        except BaseException:
            self.close()
            raise
        if not sources:
            raise UnreadableFile(problems[0] if problems else f"{path.name} holds no image")
        self.images = tuple(sources)
        self.warnings = tuple(problems[:_MOST_PROBLEMS])

    def _open_image(self, entry: LifEntry, first: int) -> list[LifSource]:
        image, block = entry.element.find("./Data/Image"), entry.block
        if image is None:
            return []
        layout = read_layout(image)
        tiles = layout.tiles.count if layout.tiles else 1
        if not block.size:
            raise UnreadableFile("the file has no pixels for it")
        if layout.needed_bytes > block.size:
            raise UnreadableFile(f"its description asks for {layout.needed_bytes} bytes, its block holds {block.size}")
        stored: Descriptors | FrameBytes = self.descriptors
        if block.frames:
            stored = FrameBytes(block.frames)
            self._framed.append(stored)
        return [LifSource(self, first + tile, entry, layout, tile, stored) for tile in range(tiles)]

    def original_metadata(self) -> dict[str, str]:
        """Every attribute of the descriptions by its path, below the name of its file where there are several."""
        if len(self._texts) == 1:
            return flat_xml(next(iter(self._texts.values())))
        return {f"{name}: {key}": value for name, xml in self._texts.items() for key, value in flat_xml(xml).items()}

    def close(self) -> None:
        """Let go of the files."""
        self.descriptors.close()
        for one in self._framed:
            one.close()
