"""Opening one array of a Zarr hierarchy, version 2 or 3, and reading its chunks one by one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.exchange.zarr_trees import LocalTree, Node, ZarrTree

Array = np.ndarray[Any, np.dtype[Any]]
_CACHE_BYTES = 16 * 2**20


class MissingChunk(UnreadableFile):
    """A chunk is not there, so that readers see the fill value in its place."""

    title = "Missing chunk"


@dataclass(frozen=True, slots=True)
class ArrayReader:
    """An opened array: its shape and type, the smallest part that can be read (``chunk``), and the part in one file."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...]
    file_chunk: tuple[int, ...]
    _array: Any

    def read(self, region: tuple[slice, ...]) -> Array:
        """The pixels of a region. Raises ``MissingChunk``, or ``UnreadableFile`` when they cannot be decoded."""
        try:
            found = self._array[region]
            return np.asarray(found.read().result() if hasattr(found, "read") else found)
        except Exception as error:  # the libraries below raise nearly anything for damaged bytes
            if "NOT_FOUND" in str(error) or "not found" in str(error):
                raise MissingChunk("is not there") from error
            if "byte range" in str(error) and "http" in str(error):
                raise UnreadableFile("cannot be read: the server does not answer the byte ranges sharded arrays need") from error
            raise UnreadableFile(f"cannot be decoded: {shorten_reason(error)}") from error

    @property
    def chunk_bytes(self) -> int:
        """The size of a decoded chunk."""
        return math.prod(self.chunk) * self.dtype.itemsize

    def chunk_regions(self) -> Iterator[tuple[slice, ...]]:
        """The regions of all chunks, in C order."""
        ranges = [range(0, length, step) for length, step in zip(self.shape, self.chunk, strict=True)]
        for start in product(*ranges):
            yield tuple(slice(a, min(a + step, n)) for a, step, n in zip(start, self.chunk, self.shape, strict=True))

    def end_regions(self) -> list[tuple[slice, ...]]:
        """The regions of the first and of the last chunk (one, where they are the same)."""
        first = tuple(slice(0, min(step, n)) for step, n in zip(self.chunk, self.shape, strict=True))
        last = tuple(slice((n - 1) // step * step, n) for step, n in zip(self.chunk, self.shape, strict=True))
        return [first] if first == last else [first, last]


def open_array(tree: ZarrTree, path: str, node: Node, *, is_filling: bool = False) -> ArrayReader:
    """The array at a path; ``UnreadableFile`` when its metadata are not understood.

    Chunks that are not there are reported, unless ``is_filling`` reads the fill value in their place. TensorStore reads
    the array where it can; where it refuses the metadata (a gzip level of -1, say) zarr-python does.
    """
    import tensorstore

    driver = "zarr3" if node.zarr_format == 3 else "zarr"
    spec = {"driver": driver, "kvstore": tree.store_spec(path), "fill_missing_data_reads": is_filling}
    try:
        array = tensorstore.open(spec, open=True, read=True, context=_shared_context()).result()
    except (ValueError, OverflowError, TypeError) as error:
        return _open_slowly(tree, path, error)
    layout = array.chunk_layout
    shape = tuple(array.shape)
    inner = _sizes(layout.read_chunk.shape, shape)
    return ArrayReader(shape, array.dtype.numpy_dtype, inner, _sizes(layout.write_chunk.shape, shape), array)


def _sizes(chunk: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(step) if step else max(length, 1) for step, length in zip(chunk, shape, strict=True))


def _open_slowly(tree: ZarrTree, path: str, reason: Exception) -> ArrayReader:
    if not isinstance(tree, LocalTree):
        raise UnreadableFile(f"is not understood: {shorten_reason(reason)}") from reason
    import warnings

    import zarr

    try:
        with warnings.catch_warnings():  # what it warns of (an empty list of filters) does no harm to reading
            warnings.simplefilter("ignore")
            array = zarr.open_array(tree.store_spec(path)["path"], mode="r")
        chunk = tuple(array.chunks)
        return ArrayReader(tuple(array.shape), np.dtype(array.dtype), chunk, tuple(getattr(array, "shards", None) or chunk), array)
    except Exception as error:  # zarr-python raises nearly anything for malformed metadata
        raise UnreadableFile(f"is not understood: {shorten_reason(reason)}") from error


def shorten_reason(error: BaseException) -> str:
    """The gist of a library's message: its last clause, without its source lines and specifications."""
    text = str(error).split(" [")[0].split("\n")[0]
    parts = [part.strip() for part in text.split(": ") if part.strip()]
    gist = ": ".join(parts[-2:]) if parts else type(error).__name__
    return gist if len(gist) < 200 else gist[:199] + "…"


@cache
def _shared_context() -> Any:
    import tensorstore

    return tensorstore.Context({"cache_pool": {"total_bytes_limit": _CACHE_BYTES}})
