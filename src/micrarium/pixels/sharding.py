"""Writing arrays in shards: each one's chunks are compressed and put into one file, with an index of where they lie.

A shard (ZEP 2, https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/) is its chunks one after the other
and an index of their offsets and lengths with a CRC-32C. Chunks that hold nothing but the fill value are left out.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.geometry import Region, Size
from micrarium.pixels.layout import Codec, Layout

Array = np.ndarray[Any, np.dtype[Any]]

#: What an index says of a chunk that is not there.
_ABSENT = 2**64 - 1


class ShardBuilder:
    """Gathers the encoded chunks of one shard, each put at its number in C order, and writes them as one file."""

    def __init__(self, chunk_count: int) -> None:
        self._index = np.full((chunk_count, 2), _ABSENT, "<u8")
        self._parts: list[bytes] = []
        self._offset = 0

    def __len__(self) -> int:
        return len(self._parts)

    def put(self, number: int, body: bytes) -> None:
        """Adds an encoded chunk."""
        self._index[number] = self._offset, len(body)
        self._offset += len(body)
        self._parts.append(body)

    def write(self, path: Path) -> None:
        """Writes the file, and the folders it lies in; a shard without any chunk is none."""
        import google_crc32c

        if not self._parts:
            return
        index = self._index.tobytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb", buffering=0) as file:
            for body in (*self._parts, index + struct.pack("<I", google_crc32c.value(index))):
                view = memoryview(body)
                while view:
                    view = view[os.write(file.fileno(), view) :]


class ShardedArray:
    """An array with axes ``tczyx`` that is written a shard at a time, by any number of threads."""

    def __init__(self, path: Path, shape: Size, dtype: np.dtype[Any], layout: Layout, codec: Codec) -> None:
        self._path, self._shape, self._codec = path, shape, codec
        self._dtype = dtype.newbyteorder("<")
        self._chunk = layout.chunk
        self._shard = layout.shard or layout.chunk

    def parts(self, region: Region) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """The shards of a region, which begins where one does: the place of each, and its part of the region."""
        first = [start // side for start, side in zip(region.start, self._shard, strict=True)]
        counts = [-(-length // side) for length, side in zip(region.shape, self._shard, strict=True)]
        for step in product(*map(range, counts)):
            place = tuple(a + n for a, n in zip(first, step, strict=True))
            yield place, tuple(slice(n * side, (n + 1) * side) for n, side in zip(step, self._shard, strict=True))

    def write(self, place: Sequence[int], block: Array) -> None:
        """Writes the shard at a place of the grid of shards; ``block`` is all of it that lies in the array."""
        per_shard = [-(-a // b) for a, b in zip(self._shard, self._chunk, strict=True)]
        shard = ShardBuilder(math.prod(per_shard))
        for number, inner in enumerate(product(*map(range, per_shard))):
            part = block[tuple(slice(n * side, (n + 1) * side) for n, side in zip(inner, self._chunk, strict=True))]
            if part.size and _has_values(part):
                shard.put(number, self._codec.encode(self._whole(part)))
        shard.write(self._path.joinpath("c", *map(str, place)))

    def _whole(self, part: Array) -> Array:
        """The pixels of a chunk as they are encoded; beyond the edge of the array it is filled up with zeros."""
        if part.shape == tuple(self._chunk):
            return np.ascontiguousarray(part, self._dtype)
        whole = np.zeros(self._chunk, self._dtype)
        whole[tuple(slice(0, length) for length in part.shape)] = part
        return whole


def _has_values(part: Array) -> bool:
    """Whether any pixel is not zero; a row of the first plane mostly tells."""
    return bool(part[..., :1, :].any() or part.any())
