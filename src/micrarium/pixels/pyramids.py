"""Lower resolutions for images whose files have none: built once, stored beside the original, used as if they were its own."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.geometry import Region
from micrarium.pixels import ome_zarr
from micrarium.pixels.layout import LARGEST_CHUNK_BYTES
from micrarium.pixels.source import Source
from micrarium.pixels.staging import staged_folder
from micrarium.pixels.stored import StoredImage
from micrarium.pixels.writing import Progress, Storage, write_image, write_metadata

#: Planes up to this size are quick enough to read whole.
_LARGEST_SINGLE_PIXELS = 2048 * 2048


def needs_pyramid(source: Source) -> bool:
    """Whether a viewer would have to read too much: the smallest level is larger than 2048 x 2048, or chunks exceed 16 MiB."""
    smallest = source.levels[-1].shape
    return smallest.y * smallest.x > _LARGEST_SINGLE_PIXELS or has_unwieldy_chunks(source)


def has_unwieldy_chunks(source: Source) -> bool:
    """Whether the full resolution can only be read in pieces of more than 16 MiB, so that it has to be stored anew."""
    level = source.levels[0]
    chunk = [min(a, b) for a, b in zip(level.chunk, level.shape, strict=True)]
    return math.prod(chunk) * source.dtype.itemsize > LARGEST_CHUNK_BYTES


def build_pyramid(source: Source, path: Path, *, progress: Progress | None = None, storage: Storage | None = None) -> None:
    """Writes what ``source`` lacks as OME-Zarr to ``path``, replacing what was there; read both as ``PyramidSource``.

    These are the levels below its own lowest one, or, where its chunks exceed 16 MiB, the full resolution and all below;
    its labels get theirs as well.
    """
    with staged_folder(path, overwrite=True) as work:
        _write_missing(source, work, progress=progress, storage=storage)
        if source.labels:
            names = {ome_zarr.path_safe(name): label for name, label in source.labels.items()}
            write_metadata(work / "labels", ome_zarr.labels_group(names))
            for name, label in names.items():
                _write_missing(_as_label(label), work / "labels" / name, progress=None, storage=storage)


def _write_missing(source: Source, folder: Path, *, progress: Progress | None, storage: Storage | None) -> None:
    if has_unwieldy_chunks(source):
        write_image(_LevelSource(source, 0), folder, progress=progress, storage=storage)
    else:
        lowest = _LevelSource(source, len(source.levels) - 1)
        write_image(lowest, folder, progress=progress, storage=storage, first_level=1)


def _as_label(source: Source) -> Source:
    """A label image that says so itself, so that its pixels are picked and not averaged."""
    return source if source.description.is_label else _LabelSource(source)


class _LevelSource(Source):
    """One level of a source as an image of its own, without its labels."""

    def __init__(self, source: Source, level: int) -> None:
        self._source, self._level = source, level
        self.levels = (source.levels[level],)
        self.dtype, self.samples, self.description = source.dtype, source.samples, source.description

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region."""
        return self._source.read(region, level=self._level + level)


class _LabelSource(Source):
    """A source whose description says that it names objects."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.levels, self.dtype, self.samples = source.levels, source.dtype, source.samples
        self.description = dataclasses.replace(source.description, is_label=True)

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region of a level."""
        return self._source.read(region, level=level)


class PyramidSource(Source):
    """An image whose lower levels come from a pyramid that ``build_pyramid`` wrote; closing its file is up to the owner."""

    def __init__(self, base: Source, path: Path) -> None:
        self.base = base
        self._stored = StoredImage(path, description=base.description, samples=base.samples)
        self._own = 0 if self._stored.level_names[0] == "0" else len(base.levels)
        self.levels = (*base.levels[: self._own], *self._stored.levels)
        self.dtype, self.samples, self.description = base.dtype, base.samples, base.description
        labels = path / "labels"
        self._labels = {name: PyramidSource(label, labels / ome_zarr.path_safe(name)) for name, label in base.labels.items()}

    @property
    def labels(self) -> Mapping[str, Source]:
        """The label images of the file, with lower levels of their own."""
        return self._labels

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region of one level, from the file or from the pyramid."""
        if level < self._own:
            return self.base.read(region, level=level)
        return self._stored.read(region, level=level - self._own)
