"""Reading OME-Zarr as it is written here: five axes, Zarr v3."""

from __future__ import annotations

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.geometry import Region, Size
from micrarium.pixels.source import ImageDescription, Level, Source

_CACHE_BYTES = 32 * 2**20


class StoredArray:
    """One array of a Zarr v3 group, with axes ``tczyx``; opened when it is first read, and again after pickling."""

    def __init__(self, path: Path) -> None:
        self.path = path
        metadata = read_metadata(path)
        self.shape = Size(*metadata["shape"])
        self.dtype = np.dtype(metadata["data_type"])
        first = metadata["codecs"][0]
        is_sharded = first["name"] == "sharding_indexed"
        grid = (first if is_sharded else metadata["chunk_grid"])["configuration"]["chunk_shape"]
        self.chunk = Size(*grid)

    @cached_property
    def _store(self) -> Any:
        return open_store(self.path)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_store"}

    def read(self, region: Region) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region."""
        region.check(self.shape)
        try:
            return np.asarray(self._store[region.slices].read().result())
        except ValueError as error:
            raise UnreadableFile(f"{self.path}: the stored pixels are damaged; build the pyramid again") from error


def open_store(path: Path, *, is_writing: bool = False) -> Any:
    """The TensorStore of an array that exists. One opened for writing keeps nothing in memory once it is written."""
    import tensorstore

    store = {"driver": "file", "path": spell_folder(path)}
    return tensorstore.open({"driver": "zarr3", "kvstore": store}, open=True, context=_shared_context(is_writing)).result()


def spell_folder(path: Path) -> str:
    """The path of a folder as TensorStore takes it, which refuses ``..``."""
    return f"{path.resolve() if '..' in path.parts else path}/"


@cache
def _shared_context(is_writing: bool) -> Any:
    """One context for all arrays that are read and one for all that are written, so that caches and threads are shared.

    Files are not synced one by one: what is written becomes visible by one rename at the end.
    """
    import tensorstore

    cache_bytes = 0 if is_writing else _CACHE_BYTES
    return tensorstore.Context({"cache_pool": {"total_bytes_limit": cache_bytes}, "file_io_sync": False})


def read_metadata(path: Path) -> dict[str, Any]:
    """The ``zarr.json`` of a group or array; ``UnreadableFile`` when it is missing or no JSON."""
    try:
        found: dict[str, Any] = json.loads((path / "zarr.json").read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path} is no Zarr v3 group: {error}") from error
    return found


class StoredImage(Source):
    """An image written by ``write_image``, read back. ``level_names`` are the names of its arrays."""

    def __init__(self, path: Path, *, description: ImageDescription | None = None, samples: int = 1) -> None:
        self.path = path
        datasets = read_metadata(path)["attributes"]["ome"]["multiscales"][0]["datasets"]
        self.level_names = tuple(str(dataset["path"]) for dataset in datasets)
        self._arrays = tuple(StoredArray(path / name) for name in self.level_names)
        self.levels = tuple(Level(array.shape, array.chunk) for array in self._arrays)
        self.dtype = self._arrays[0].dtype
        self.samples = samples
        self.description = description or ImageDescription()

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region of one level."""
        return self._arrays[level].read(region)
