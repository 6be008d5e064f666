"""Writing one image as OME-Zarr 0.5: sharded, with its pyramid, in one pass and in bounded memory."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.geometry import Region, Size, pyramid_shapes
from micrarium.pixels import ome_zarr
from micrarium.pixels.channels import channel_views
from micrarium.pixels.downsampling import halve
from micrarium.pixels.layout import Codec, Layout, array_metadata, stored_layout, to_bytes
from micrarium.pixels.sharding import ShardedArray
from micrarium.pixels.source import Source
from micrarium.pixels.statistics import channel_windows
from micrarium.pixels.stored import StoredImage
from micrarium.pixels.windows import WINDOW_BYTES, Windows, plan_windows

Array = np.ndarray[Any, np.dtype[Any]]
#: Called with the part that is done, from 0 to 1; what it raises stops the work and removes what was written.
Progress = Callable[[float], None]

_CORES = os.cpu_count() or 1
#: Blocks handed over for compression hold at most this much memory before reading waits for them: a shard or two a core.
_OUTSTANDING_BYTES = min(256, max(48, 16 * _CORES)) * 2**20
_READ_AHEAD = max(2, _CORES)
_READ_AHEAD_BYTES = 128 * 2**20


@dataclass(frozen=True, slots=True)
class Storage:
    """How an image is stored: sides of chunks and shards in pixels, the codec, and how much is read at once meanwhile."""

    chunk: int = 512
    shard: int = 2048
    window_bytes: int = WINDOW_BYTES
    codec: Codec = field(default_factory=Codec)


def write_image(
    source: Source,
    folder: Path,
    *,
    progress: Progress | None = None,
    storage: Storage | None = None,
    first_level: int = 0,
    name: str = "",
    label_of: str | None = None,
) -> None:
    """Writes an image and its labels into ``folder``, which is made, as an OME-Zarr 0.5 group with axes ``tczyx``.

    The levels are built from the full resolution, whether or not the source has its own, until y and x both fit a chunk;
    with ``first_level=1`` the full resolution itself is left out. Memory use does not depend on the size of the image.
    """
    storage = storage or Storage()
    folder.mkdir(parents=True, exist_ok=True)
    shapes = pyramid_shapes(source.shape, largest=storage.chunk)
    paths = [str(i) for i in range(first_level, max(len(shapes), first_level + 1))]
    if first_level >= len(shapes):  # a small image that was asked for lower levels only
        shapes = [*shapes, _half(shapes[-1])]
    is_label = label_of is not None or source.description.is_label
    pyramid = _Pyramid(shapes, is_label=is_label)
    _write_levels(source, folder, pyramid, first_level=first_level, storage=storage, progress=progress)
    method = "nearest" if is_label else "mean"
    document = ome_zarr.image_group(shapes, source.description, name=name, paths=paths, method=method, label_of=label_of)
    write_metadata(folder, document)
    if not is_label:
        stored = StoredImage(folder, description=source.description, samples=source.samples)
        views = channel_views(stored, windows=channel_windows(stored))
        document = ome_zarr.image_group(shapes, source.description, name=name, paths=paths, method=method, channels=views)
        write_metadata(folder, document)
    if source.labels and first_level == 0:
        _write_labels(source, folder / "labels", storage)


def _half(shape: Size) -> Size:
    return shape._replace(y=(shape.y + 1) // 2, x=(shape.x + 1) // 2)


def _write_labels(source: Source, folder: Path, storage: Storage) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    paths = {ome_zarr.path_safe(name): name for name in source.labels}
    write_metadata(folder, ome_zarr.labels_group(paths))
    for path, name in paths.items():
        write_image(source.labels[name], folder / path, storage=storage, name=name, label_of="../../")


def write_metadata(folder: Path, document: dict[str, Any]) -> None:
    """Writes a ``zarr.json`` into a folder, which is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zarr.json").write_bytes(to_bytes(document))


def _write_levels(
    source: Source, folder: Path, pyramid: _Pyramid, *, first_level: int, storage: Storage, progress: Progress | None
) -> None:
    windows = plan_windows(
        source.levels[0], itemsize_bytes=source.dtype.itemsize, shard=storage.shard, window_bytes=storage.window_bytes
    )
    for number, shape in enumerate(pyramid.shapes):
        layout = stored_layout(shape, chunk=storage.chunk, shard=storage.shard, depth=windows.depth)
        pyramid.tiles.append((layout.shard or layout.chunk)[-2:])
        pyramid.stores.append(None if number < first_level else _create(folder / str(number), shape, source, layout, storage.codec))
    total, done = math.prod(windows.shape), 0
    try:
        for region, block in _read_ahead(source, windows):
            pyramid.add(0, region, block)
            done += block.size
            if progress is not None:
                progress(done / total)
        pyramid.queue.finish()
    finally:
        pyramid.queue.settle()


def _create(path: Path, shape: Size, source: Source, layout: Layout, codec: Codec) -> ShardedArray:
    write_metadata(path, array_metadata(shape, source.dtype, layout, codec))
    return ShardedArray(path, shape, source.dtype, layout, codec)


def _read_ahead(source: Source, windows: Windows) -> Iterator[tuple[Region, Array]]:
    """The windows in order, each with its pixels, while the next ones are read by other threads."""
    window_bytes = math.prod(windows.window) * source.dtype.itemsize
    ahead = max(1, min(_READ_AHEAD, _READ_AHEAD_BYTES // window_bytes))
    with ThreadPoolExecutor(ahead, thread_name_prefix="read") as pool:
        waiting: deque[tuple[Region, Future[Array]]] = deque()
        regions = iter(windows)
        try:
            for region in islice(regions, ahead):
                waiting.append((region, pool.submit(source.read, region)))
            while waiting:
                region, reading = waiting.popleft()
                block = reading.result()
                del reading
                waiting.extend((following, pool.submit(source.read, following)) for following in islice(regions, 1))
                yield region, np.ascontiguousarray(block)
        finally:
            for _, future in waiting:
                future.cancel()


class _WriteQueue:
    """Shards that are compressed and written by threads, bounded by the memory they hold."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_CORES, thread_name_prefix="write")
        self._writes: deque[tuple[Future[None], int]] = deque()
        self._bytes = 0

    def put(self, store: ShardedArray, region: Region, block: Array) -> None:
        """Starts the write of a region made of whole shards; the block must not be changed afterwards."""
        for place, part in store.parts(region):
            pixels = block[part]
            self._writes.append((self._pool.submit(store.write, place, pixels), pixels.nbytes))
            self._bytes += pixels.nbytes
        while self._bytes > _OUTSTANDING_BYTES and len(self._writes) > 1:
            self._wait()

    def finish(self) -> None:
        """Waits until everything is written."""
        while self._writes:
            self._wait()

    def settle(self) -> None:
        """Drops what has not begun after an error, and waits for the rest, so that nothing is written after the folder was
        removed."""
        self._pool.shutdown(cancel_futures=True)
        self._writes.clear()

    def _wait(self) -> None:
        write, nbytes = self._writes.popleft()
        write.result()
        self._bytes -= nbytes


class _Pyramid:
    """Blocks go in at level 0; each is written, halved, and gathered into shards of the next level until those are full."""

    def __init__(self, shapes: Sequence[Size], *, is_label: bool) -> None:
        self.shapes = shapes
        self.is_label = is_label
        self.queue = _WriteQueue()
        self.stores: list[ShardedArray | None] = []
        self.tiles: list[tuple[int, ...]] = []
        self._pending: dict[tuple[int, Size], tuple[Array, list[int]]] = {}

    def add(self, level: int, region: Region, block: Array) -> None:
        """Takes a block made of whole shards of a level."""
        if (store := self.stores[level]) is not None:
            self.queue.put(store, region, block)
        if level + 1 == len(self.shapes):
            return
        half = halve(block, is_label=self.is_label)
        start = region.start._replace(y=region.start.y // 2, x=region.start.x // 2)
        self._place(level + 1, Region(start, Size(*half.shape)), half)

    def _place(self, level: int, region: Region, block: Array) -> None:
        if self._is_whole(level, region):
            self.add(level, region, block)
            return
        for tile in self._touched(level, region):
            y0, x0 = max(tile.start.y, region.start.y), max(tile.start.x, region.start.x)
            y1 = min(tile.start.y + tile.shape.y, region.start.y + region.shape.y)
            x1 = min(tile.start.x + tile.shape.x, region.start.x + region.shape.x)
            part = block[..., y0 - region.start.y : y1 - region.start.y, x0 - region.start.x : x1 - region.start.x]
            self._gather(level, tile, part, y=y0 - tile.start.y, x=x0 - tile.start.x)

    def _touched(self, level: int, region: Region) -> Iterator[Region]:
        """The shards of a level that a region reaches into."""
        height, width = self.tiles[level]
        for y in range(region.start.y // height * height, region.start.y + region.shape.y, height):
            for x in range(region.start.x // width * width, region.start.x + region.shape.x, width):
                tile = Region(region.start._replace(y=y, x=x), region.shape._replace(y=height, x=width))
                yield tile.clipped(self.shapes[level])

    def _is_whole(self, level: int, region: Region) -> bool:
        sides = zip(region.start[3:], region.shape[3:], self.shapes[level][3:], self.tiles[level], strict=True)
        return all(a % tile == 0 and (n % tile == 0 or a + n == length) for a, n, length, tile in sides)

    def _gather(self, level: int, target: Region, part: Array, *, y: int, x: int) -> None:
        key = (level, target.start)
        if key not in self._pending:
            self._pending[key] = (np.empty(target.shape, part.dtype), [target.shape.y * target.shape.x])
        whole, missing = self._pending[key]
        whole[..., y : y + part.shape[-2], x : x + part.shape[-1]] = part
        missing[0] -= part.shape[-2] * part.shape[-1]
        if missing[0] == 0:
            del self._pending[key]
            self.add(level, target, whole)
