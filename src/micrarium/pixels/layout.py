"""How arrays are cut into chunks and shards, and the Zarr v3 metadata that says so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrarium.geometry import AXES, Size

#: Larger chunks are not sent to a viewer in one piece.
LARGEST_CHUNK_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Codec:
    """A blosc codec. Zstandard at level 1 with byte shuffle gave the smallest files at the highest speed of those measured."""

    name: str = "zstd"
    level: int = 1
    shuffle: str = "shuffle"

    def to_json(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        """The codec as Zarr v3 writes it, for pixels of this type."""
        settings = {"cname": self.name, "clevel": self.level, "shuffle": self.shuffle, "typesize": dtype.itemsize, "blocksize": 0}
        return {"name": "blosc", "configuration": settings}

    def encode(self, data: np.ndarray[Any, np.dtype[Any]]) -> bytes:
        """The compressed bytes of a contiguous array, the same for the same array each time."""
        import imagecodecs

        shuffle = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}[self.shuffle]
        # Any buffer will do, which the package's types do not say; but the bytes of a pixel are only shuffled where it sees how
        # many there are: of plain bytes it takes one for a pixel, whatever ``typesize`` says.
        pixels: Any = data
        return bytes(
            imagecodecs.blosc_encode(pixels, level=self.level, compressor=self.name, shuffle=shuffle, blocksize=0, numthreads=1)
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The chunk of an array and, where chunks are gathered in files, the shard, along ``tczyx``."""

    chunk: Size
    shard: Size | None = None


def stored_layout(shape: Size, *, chunk: int, shard: int, depth: Size) -> Layout:
    """Square chunks of at most ``chunk`` pixels in shards of about ``shard``, cut down to what the level needs.

    ``depth`` gives how many planes along t, c and z share a shard; its y and x are not used.
    """
    sides = [_fitting(length, chunk, shard) for length in (shape.y, shape.x)]
    return Layout(
        chunk=Size(1, 1, 1, sides[0][0], sides[1][0]),
        shard=Size(min(depth.t, shape.t), min(depth.c, shape.c), min(depth.z, shape.z), sides[0][1], sides[1][1]),
    )


def _fitting(length: int, chunk: int, shard: int) -> tuple[int, int]:
    """Chunk and shard along an axis of this length: a shard is a multiple of its chunk and no longer than needed."""
    if length <= chunk:
        return length, length
    return chunk, min(shard, -(-length // chunk) * chunk)


def array_metadata(shape: Size, dtype: np.dtype[Any], layout: Layout, codec: Codec) -> dict[str, Any]:
    """The ``zarr.json`` of an array with axes ``tczyx`` (Zarr v3 core specification; sharding per ZEP 2)."""
    inner: list[dict[str, Any]] = [{"name": "bytes", "configuration": {"endian": "little"}}, codec.to_json(dtype)]
    codecs, grid = inner, layout.chunk
    if layout.shard is not None:
        index: list[dict[str, Any]] = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
        settings = {"chunk_shape": list(layout.chunk), "codecs": inner, "index_codecs": index, "index_location": "end"}
        codecs, grid = [{"name": "sharding_indexed", "configuration": settings}], layout.shard
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(grid)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill_value(dtype),
        "codecs": codecs,
        "attributes": {},
        "dimension_names": list(AXES),
    }


def fill_value(dtype: np.dtype[Any]) -> Any:
    """Zero as Zarr v3 writes it for a pixel type."""
    return {"b": False, "c": [0.0, 0.0], "f": 0.0}.get(dtype.kind, 0)


def live_layout(shape: Size, natural: Size, itemsize_bytes: int) -> Layout:
    """Chunks for serving a level as it is read, following the chunk the source is cheapest to read by.

    Tiles from 256 to 2048 pixels stay as they are; small tiles and strips are gathered, whole planes and long strips
    cut, so that chunks are about 512 to 1024 pixels a side and their borders are those of natural chunks where possible.
    No chunk is larger than 16 MiB; planes are given up before the plane is cut finer.
    """
    y, x = _served_side(natural.y, shape.y), _served_side(natural.x, shape.x)
    planes = [max(1, min(n, length)) for n, length in zip(natural[:3], shape[:3], strict=True)]
    for axis in (0, 2, 1):
        room = LARGEST_CHUNK_BYTES // (itemsize_bytes * y * x * planes[0] * planes[1] * planes[2] // planes[axis])
        planes[axis] = max(1, min(planes[axis], room))
    return Layout(chunk=Size(planes[0], planes[1], planes[2], y, x))


def _served_side(natural: int, length: int) -> int:
    natural = max(1, min(natural, length))
    if natural >= length:  # the axis is not cut at all: a whole plane, or the long side of a strip
        return length if length <= 1024 else 1024
    if 256 <= natural <= 2048:
        return natural
    if natural < 256:
        return min(length, natural * -(-512 // natural))
    return 1024


def to_bytes(document: dict[str, Any]) -> bytes:
    """A metadata document as the bytes of a ``zarr.json``, the same for the same document each time."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode()
