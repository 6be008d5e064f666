"""Reading Zarr arrays: by tensorstore, or by zarr-python where a codec is one that tensorstore does not have.

Of an OME-Zarr at a distance only the descriptions are on the disk; whoever put them there says where its chunks are read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.ome_zarr_groups import ArrayInfo
from micrarium.formats.planes import Array
from micrarium.formats.reader import heard_complaints
from micrarium.pixels.stored import spell_folder

_CACHE_BYTES = 64 << 20
#: The addresses at which the chunks below folders are read, where they are not in them.
_distant: dict[Path, str] = {}


@cache
def _context() -> Any:
    import tensorstore

    retries = {"max_retries": 3, "initial_delay": "200ms", "max_delay": "1s"}
    return tensorstore.Context({"cache_pool": {"total_bytes_limit": _CACHE_BYTES}, "http_request_retries": retries})


def open_array(info: ArrayInfo) -> Callable[[tuple[slice, ...]], Array]:
    """A function that reads a box of the array; no file stays open between calls."""
    try:
        store = open_store("zarr3" if info.zarr_format == 3 else "zarr", info.path)
    except (ValueError, NotImplementedError):
        if find_distant(info.path) is not None:
            told = f"{info.path.name} cannot be read at a distance: it is not there, or packed as only copies can be read"
            raise UnreadableFile(told) from None
        return _open_with_zarr(info)
    return lambda index: np.asarray(store[index].read().result())


def open_store(driver: str, path: Path) -> Any:
    """The array in a folder as tensorstore opens it by one of its drivers."""
    import tensorstore

    spec = {
        "driver": driver,
        "kvstore": _kvstore_of(path),
        "recheck_cached_data": False,
        "recheck_cached_metadata": False,
    }
    return tensorstore.open(spec, open=True, read=True, context=_context()).result()


def read_at_a_distance(folder: Path, base_url: str) -> None:
    """Say that the chunks of the OME-Zarr in a folder are read at an address from now on, by this process.

    No file can say so: it would let whoever can write one choose what this machine asks.
    """
    _distant[folder] = base_url


def find_distant(path: Path) -> tuple[Path, str] | None:
    """The folder that a path is or lies in whose chunks are at a distance, and the address they are read at, if there is one."""
    if not _distant:
        return None
    return next(((folder, _distant[folder]) for folder in (path, *path.parents) if folder in _distant), None)


def _kvstore_of(path: Path) -> dict[str, str]:
    distant = find_distant(path)
    if distant is None:
        return {"driver": "file", "path": spell_folder(path)}
    folder, base_url = distant
    inside = path.relative_to(folder).as_posix()
    return {"driver": "http", "base_url": base_url, "path": "" if inside == "." else f"{inside}/"}


def _open_with_zarr(info: ArrayInfo) -> Callable[[tuple[slice, ...]], Array]:
    import zarr

    with heard_complaints():  # older writers left small faults that it warns of
        array: Any = zarr.open_array(str(info.path), mode="r", zarr_format=3 if info.zarr_format == 3 else 2)
    return lambda index: np.asarray(array[index])
