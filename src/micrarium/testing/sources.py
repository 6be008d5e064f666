"""Sources that live in memory, for tests of whatever handles pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from micrarium.geometry import Region, Size
from micrarium.pixels.source import ImageDescription, ImageFile, Level, PlateDescription, Source

#: Every pixel type an image may have, by NumPy's names.
PIXEL_TYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
    "float16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip


def make_pixels(shape: tuple[int, ...], dtype: str, *, seed: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
    """Pixels that use the whole range of an integer type, and are never all alike."""
    generator = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return generator.integers(0, 2, shape).astype(kind)
    if kind.kind in "iu":
        information = np.iinfo(kind)
        return generator.integers(information.min, information.max, shape, dtype=kind, endpoint=True)
    values = generator.normal(0, 100, shape)
    return (values + 1j * generator.normal(0, 100, shape) if kind.kind == "c" else values).astype(kind)


class ArraySource(Source):
    """An image given as arrays with axes ``tczyx``, the full resolution first.

    ``chunk`` is the natural chunk it claims to have. ``reads`` lists the regions and levels that were read.
    """

    def __init__(
        self,
        *arrays: np.ndarray[Any, np.dtype[Any]],
        chunk: Sequence[int] | None = None,
        description: ImageDescription | None = None,
        samples: int = 1,
        labels: Mapping[str, Source] | None = None,
    ) -> None:
        self.arrays = arrays
        self.levels = tuple(Level(Size(*a.shape), Size(*(chunk or (1, 1, 1, *a.shape[-2:])))) for a in arrays)
        self.dtype = arrays[0].dtype
        self.samples = samples
        self.description = description or ImageDescription()
        self.reads: list[tuple[Region, int]] = []
        self._labels = dict(labels or {})

    @property
    def labels(self) -> Mapping[str, Source]:
        """The label images it was made with."""
        return self._labels

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """A copy of the region."""
        region.check(self.levels[level].shape)
        self.reads.append((region, level))
        return self.arrays[level][region.slices].copy()


class ArrayFile(ImageFile):
    """A fileset of sources in memory."""

    reader = "memory"
    reader_version = "1"

    def __init__(self, *images: Source, plates: Sequence[PlateDescription] = (), ome_xml: str | None = None) -> None:
        self.files = ()
        self.images = images
        self.plates = tuple(plates)
        self._ome_xml = ome_xml
        self.is_closed = False

    def ome_xml(self) -> str | None:
        """The OME-XML it was made with."""
        return self._ome_xml

    def close(self) -> None:
        """Notes that it was closed."""
        self.is_closed = True
