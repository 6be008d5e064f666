"""Sources whose files hold planes: what they share is folding samples into ``c``, checking regions, and being pickled."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from micrarium.errors import InvalidInput
from micrarium.formats.reader import check_channels, damage_told, heard_complaints
from micrarium.geometry import Region, Size
from micrarium.pixels.source import ImageFile, Level, Source

Array = np.ndarray[Any, np.dtype[Any]]


class Window(NamedTuple):
    """A part of a plane: rows from ``top``, columns from ``left``."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """This part as an index into a plane."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


class FileSource(Source):
    """An image of a file opened by one of our readers: it checks regions and is pickled by the file's name."""

    def __init__(self, file: OpenedFile, index: int) -> None:
        self.file = file
        self.index = index

    def check(self, region: Region, level: int) -> None:
        """Raises ``InvalidInput`` for a level that the image lacks, or a region that does not lie inside of it."""
        if not 0 <= level < len(self.levels):
            raise InvalidInput(f"{self.file.path.name} has {len(self.levels)} resolutions, and no number {level}", field="level")
        region.check(self.levels[level].shape)

    def __reduce__(self) -> tuple[Callable[[Path, str, int], Source], tuple[Path, str, int]]:
        return reopen_source, (self.file.path, self.file.reader, self.index)


class PlaneSource(FileSource):
    """An image made of planes, each at a (t, channel, z) and of shape (y, x) or (y, x, sample)."""

    @abstractmethod
    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:
        """A part of one plane, (y, x) or (y, x, sample) in any byte order; None where the file holds nothing: zeros."""

    def read(self, region: Region, *, level: int = 0) -> Array:
        """The pixels of a region of one level, ``tczyx``."""
        self.check(region, level)
        (t0, c0, z0, top, left), shape = region
        window = Window(top, left, shape.y, shape.x)
        out = np.empty(shape, self.dtype)
        with damage_told(self.file.path):
            for t in range(shape.t):
                for z in range(shape.z):
                    for channel in range(c0 // self.samples, -(-(c0 + shape.c) // self.samples)):
                        plane = self.read_plane(level, t0 + t, channel, z0 + z, window)
                        _fold_samples(plane, out[t, :, z], channel * self.samples - c0, self.samples)
        return out


def _fold_samples(plane: Array | None, out: Array, first: int, samples: int) -> None:
    """Put the samples of a plane into the ``c`` of ``out`` that they fall on; ``first`` may lie before it."""
    for sample in range(max(0, -first), min(samples, out.shape[0] - first)):
        out[first + sample] = 0 if plane is None else plane[..., sample] if plane.ndim == 3 else plane


class OpenedFile(ImageFile):
    """An image file opened by one of our readers."""

    def __init__(self, path: Path, reader: str, reader_version: str) -> None:
        self.path = path
        self.reader = reader
        self.reader_version = reader_version
        self.files = (path,)
        self.images = ()

    def close(self) -> None:
        """Nothing is held open here; readers that do say so."""


def reopen_source(path: Path, reader: str, index: int) -> Source:
    """The image with this number in the file; the source keeps its file open as long as it lives."""
    from micrarium.formats import open_image_file

    return open_image_file(path, reader=reader).images[index]


def listen_while_opening(path: Path, opening: Callable[[], OpenedFile]) -> OpenedFile:
    """The file ``opening`` gives, its warnings joined by what the library beneath complained of."""
    with heard_complaints() as complaints, damage_told(path, "be opened"):
        opened = opening()
    opened.warnings = (*opened.warnings, *dict.fromkeys(f"The reading library says: {said}" for said in complaints))
    return opened


def plane_levels(sizes: list[tuple[Size, tuple[int, int]]], *, samples: int) -> tuple[Level, ...]:
    """Levels from their shapes and the (y, x) of their chunks; a chunk holds one plane's samples.

    Raises ``UnreadableFile`` for more channels than an image has.
    """
    for shape, _ in sizes:
        check_channels(shape.c)
    return tuple(
        Level(Size(*shape), Size(1, min(samples, shape.c), 1, max(1, min(chunk[0], shape.y)), max(1, min(chunk[1], shape.x))))
        for shape, chunk in sizes
    )
