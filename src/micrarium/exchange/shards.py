"""Zarr v2 arrays as sharded Zarr v3: the metadata, and moving encoded chunks into shards without decoding them anew.

Chunks encoded by blosc, gzip, zstd or not at all are the same bytes in both versions of Zarr.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import InvalidInput, UnreadableFile
from micrarium.exchange.ngff_upgrade import ArrayMove
from micrarium.pixels.layout import LARGEST_CHUNK_BYTES, Codec
from micrarium.pixels.sharding import ShardBuilder

#: Shards grow along the planes until they hold about this much when decoded.
_SHARD_BYTES = 64 * 2**20
_SHARD_SIDE = 2048
_CHUNK_SIDE = 512
#: More chunks than this in one shard make its index slow to read.
_MOST_CHUNKS = 4096
_SHUFFLES = {0: "noshuffle", 1: "shuffle", 2: "bitshuffle"}

Decoder = Callable[[bytes], int]


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """How an array is stored anew: its type, chunk and shard, its codec's metadata, and whether chunks move as they are."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...]
    shard: tuple[int, ...]
    codec: tuple[dict[str, Any], ...]
    fill_value: Any
    is_moved: bool

    def shard_grid(self) -> Iterator[tuple[int, ...]]:
        """The places of all shards, in C order."""
        return product(*(range(-(-n // step)) for n, step in zip(self.shape, self.shard, strict=True)))

    @property
    def shard_count(self) -> int:
        """How many shards there are at most."""
        return math.prod(-(-n // step) for n, step in zip(self.shape, self.shard, strict=True))

    def region(self, place: Sequence[int]) -> tuple[slice, ...]:
        """The part of the array that a shard holds."""
        return tuple(slice(p * s, min((p + 1) * s, n)) for p, s, n in zip(place, self.shard, self.shape, strict=True))


def plan_shards(move: ArrayMove, *, chunks: Sequence[int] | None = None, shards: Sequence[int] | None = None) -> ShardPlan:
    """How a Zarr v2 array is stored in shards: its chunks stay where codec and chunk shape may, else they are encoded anew.

    ``chunks`` and ``shards`` are wanted shapes. Raises ``InvalidInput`` for arrays that are no images.
    """
    _check_metadata(move)
    shape, old_chunk = _read_sizes(move, "shape"), _read_sizes(move, "chunks")
    dtype = _read_dtype(move)
    if len(shape) != len(old_chunk) or len(shape) != len(move.axes) or 0 in old_chunk or 0 in shape:
        raise InvalidInput(f"The array {move.path} has a shape and chunks that do not fit its {len(move.axes)} axes")
    codec = _same_codec(move.metadata, dtype)
    wanted = tuple(chunks) if chunks else old_chunk
    if len(wanted) != len(shape) or min(wanted) < 1:
        raise InvalidInput(f"Chunks need {len(shape)} sizes, one for each axis of {move.path}", field="chunks")
    is_moved = codec is not None and wanted == old_chunk and math.prod(old_chunk) * dtype.itemsize <= 4 * LARGEST_CHUNK_BYTES
    if not is_moved:
        wanted = tuple(min(a, n) for a, n in zip(wanted, shape, strict=True))
        if not chunks and math.prod(wanted) * dtype.itemsize > LARGEST_CHUNK_BYTES:
            wanted = tuple(1 if i < len(shape) - 2 else min(_CHUNK_SIDE, n) for i, n in enumerate(shape))
    shard = _choose_shard(shape, wanted, dtype.itemsize, shards)
    encoding = codec if is_moved and codec is not None else (Codec().to_json(dtype),)
    return ShardPlan(shape, dtype, wanted, shard, encoding, _fill_value(move.metadata.get("fill_value"), dtype), is_moved)


def array_document(move: ArrayMove, plan: ShardPlan) -> dict[str, Any]:
    """The ``zarr.json`` of an array stored in shards."""
    index = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
    inner: list[dict[str, Any]] = [{"name": "bytes", "configuration": {"endian": "little"}}, *plan.codec]
    settings = {"chunk_shape": list(plan.chunk), "codecs": inner, "index_codecs": index, "index_location": "end"}
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(plan.shape),
        "data_type": plan.dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(plan.shard)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": plan.fill_value,
        "codecs": [{"name": "sharding_indexed", "configuration": settings}],
        "attributes": move.attributes,
        "dimension_names": list(move.axes),
    }


def move_shard(source: Path, target: Path, move: ArrayMove, plan: ShardPlan, *, place: Sequence[int]) -> int:
    """Writes one shard from the encoded chunks of a Zarr v2 array, each decoded once to prove that it is whole.

    Gives the number of chunks in it; a shard without any is not written. Raises ``UnreadableFile`` for a damaged chunk.
    """
    decode, expected = _decoder(move.metadata), math.prod(plan.chunk) * plan.dtype.itemsize
    separator = move.metadata.get("dimension_separator", ".")
    per_shard = [s // c for s, c in zip(plan.shard, plan.chunk, strict=True)]
    shard = ShardBuilder(math.prod(per_shard))
    for number, inner in enumerate(product(*(range(n) for n in per_shard))):
        key = separator.join(str(p * n + i) for p, n, i in zip(place, per_shard, inner, strict=True))
        body = _read_chunk(source / key)
        if body is None:
            continue
        _check_chunk(body, decode, expected, source / key)
        shard.put(number, body)
    shard.write(target.joinpath("c", *map(str, place)))
    return len(shard)


def _read_chunk(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _check_chunk(body: bytes, decode: Decoder, expected: int, path: Path) -> None:
    try:
        size = decode(body)
    except Exception as error:  # decoders raise nearly anything for damaged bytes
        raise UnreadableFile(f"{path} is damaged: {error}") from error
    if size != expected:
        raise UnreadableFile(f"{path} is damaged: it holds {size} bytes of pixels instead of {expected}")


def _decoder(metadata: dict[str, Any]) -> Decoder:
    import imagecodecs

    name = (metadata.get("compressor") or {}).get("id")
    if name == "blosc":
        return lambda body: len(imagecodecs.blosc_decode(body, numthreads=1))
    if name == "zstd":
        return lambda body: len(imagecodecs.zstd_decode(body))
    if name == "gzip":
        return lambda body: len(imagecodecs.gzip_decode(body))
    return len


def _same_codec(metadata: dict[str, Any], dtype: np.dtype[Any]) -> tuple[dict[str, Any], ...] | None:
    """The Zarr v3 codec that decodes this array's chunks as they are, or None where there is none."""
    if metadata.get("filters") or metadata.get("order", "C") != "C" or _is_swapped(str(metadata.get("dtype"))):
        return None
    compressor = metadata.get("compressor")
    if compressor is None:
        return ()
    if not isinstance(compressor, dict):
        return None
    if compressor["id"] == "blosc" and compressor.get("cname") in ("lz4", "lz4hc", "blosclz", "zstd", "snappy", "zlib"):
        shuffle = compressor.get("shuffle", 1)
        shuffle = (2 if dtype.itemsize == 1 else 1) if shuffle == -1 else shuffle
        level = int(compressor.get("clevel", 5))
        settings = {"cname": compressor["cname"], "clevel": level, "shuffle": _SHUFFLES.get(shuffle, "shuffle")}
        return ({"name": "blosc", "configuration": {**settings, "typesize": dtype.itemsize, "blocksize": 0}},)
    if compressor.get("id") == "gzip":
        level = int(compressor.get("level", 6))
        return ({"name": "gzip", "configuration": {"level": level if 0 <= level <= 9 else 6}},)
    if compressor.get("id") == "zstd":
        level = max(-131072, min(22, int(compressor.get("level", 0))))
        return ({"name": "zstd", "configuration": {"level": level, "checksum": False}},)
    return None


def _is_swapped(dtype: str) -> bool:
    return dtype.startswith(">") and not dtype.endswith("1")


def _choose_shard(shape: tuple[int, ...], chunk: tuple[int, ...], itemsize: int, wanted: Sequence[int] | None) -> tuple[int, ...]:
    if wanted:
        if len(wanted) != len(shape) or any(s < 1 or s % c for s, c in zip(wanted, chunk, strict=True)):
            raise InvalidInput(f"Shards should be multiples of the chunks {', '.join(map(str, chunk))}", field="shards")
        return tuple(wanted)
    counts = [1] * len(shape)
    for axis in (*range(len(shape) - 1, len(shape) - 3, -1), *range(len(shape) - 3, -1, -1)):
        needed = -(-shape[axis] // chunk[axis])
        room = _SHARD_BYTES // (math.prod(c * n for c, n in zip(chunk, counts, strict=True)) * itemsize)
        side = _SHARD_SIDE // chunk[axis] if axis >= len(shape) - 2 else needed
        counts[axis] = max(1, min(needed, side, room, _MOST_CHUNKS // math.prod(counts)))
    return tuple(c * n for c, n in zip(chunk, counts, strict=True))


def _check_metadata(move: ArrayMove) -> None:
    """Refuse array metadata that the Zarr v2 specification does not allow, where they are used here."""
    metadata = move.metadata
    compressor = metadata.get("compressor")
    numbers = (
        [compressor[key] for key in ("clevel", "level", "shuffle") if key in compressor] if isinstance(compressor, dict) else []
    )
    checks = {
        "compressor": compressor is None or (isinstance(compressor, dict) and isinstance(compressor.get("id"), str)),
        "compressor settings": all(isinstance(number, int) for number in numbers),
        "filters": metadata.get("filters") is None or isinstance(metadata["filters"], list),
        "order": metadata.get("order", "C") in ("C", "F"),
        "dimension_separator": metadata.get("dimension_separator", ".") in (".", "/"),
    }
    for name, is_good in checks.items():
        if not is_good:
            raise InvalidInput(f"The array {move.path} has a {name} that Zarr v2 does not know", field=name)


def _read_sizes(move: ArrayMove, key: str) -> tuple[int, ...]:
    sizes = move.metadata.get(key)
    if not isinstance(sizes, list) or not all(isinstance(n, int) and n >= 0 for n in sizes):
        raise InvalidInput(f"{key} of the array {move.path} should be a list of whole numbers", field=key)
    return tuple(sizes)


def _read_dtype(move: ArrayMove) -> np.dtype[Any]:
    try:
        dtype: np.dtype[Any] = np.dtype(move.metadata["dtype"]).newbyteorder("<")
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"The array {move.path} has no pixel type that is known", field="dtype") from error
    if dtype.kind not in "biufc" or dtype.itemsize > 16:
        raise InvalidInput(f"The array {move.path} has pixels of type {dtype}, which are no image", field="dtype")
    return dtype


def _fill_value(value: Any, dtype: np.dtype[Any]) -> Any:
    """A Zarr v2 fill value as v3 writes it; where there is none, zero."""
    if dtype.kind == "c":
        return value if isinstance(value, list) and len(value) == 2 else [0.0, 0.0]
    if value in ("NaN", "Infinity", "-Infinity") and dtype.kind == "f":
        return value
    try:
        number = float(value or 0)
        return bool(number) if dtype.kind == "b" else number if dtype.kind == "f" else int(value or 0)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"The fill value {value!r} is none for pixels of type {dtype}", field="fill_value") from error
