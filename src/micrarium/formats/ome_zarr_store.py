"""Reading Zarr arrays: by tensorstore, or by zarr-python where a codec is one that tensorstore does not have."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.formats.ome_zarr_groups import ArrayInfo
from micrarium.formats.planes import Array
from micrarium.formats.reader import heard_complaints

_CACHE_BYTES = 64 << 20


@cache
def _context() -> Any:
    import tensorstore

    return tensorstore.Context({"cache_pool": {"total_bytes_limit": _CACHE_BYTES}})


def open_array(info: ArrayInfo) -> Callable[[tuple[slice, ...]], Array]:
    """A function that reads a box of the array; no file stays open between calls."""
    try:
        store = open_store("zarr3" if info.zarr_format == 3 else "zarr", info.path)
    except (ValueError, NotImplementedError):
        return _open_with_zarr(info)
    return lambda index: np.asarray(store[index].read().result())


def open_store(driver: str, path: Path) -> Any:
    """The array in a folder as tensorstore opens it by one of its drivers."""
    import tensorstore

    spec = {
        "driver": driver,
        "kvstore": {"driver": "file", "path": f"{path}/"},
        "recheck_cached_data": False,
        "recheck_cached_metadata": False,
    }
    return tensorstore.open(spec, open=True, read=True, context=_context()).result()


def _open_with_zarr(info: ArrayInfo) -> Callable[[tuple[slice, ...]], Array]:
    import zarr

    with heard_complaints():  # older writers left small faults that it warns of
        array: Any = zarr.open_array(str(info.path), mode="r", zarr_format=3 if info.zarr_format == 3 else 2)
    return lambda index: np.asarray(array[index])
