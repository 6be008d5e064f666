"""In which pieces an image is read when it is written anew, so that memory stays bounded and every level comes out in one pass."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from micrarium.geometry import Region, Size
from micrarium.pixels.source import Level

#: How much of the full resolution is read at once. Four such pieces may be in memory.
WINDOW_BYTES = 32 * 2**20
#: How much may be read at once where a natural chunk is larger than that, before decoding it several times is better.
_LARGEST_WINDOW_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Windows:
    """A grid of windows over a level. ``depth`` is how many planes along t, c and z share one shard (y and x are 1)."""

    shape: Size
    window: Size
    depth: Size

    def __iter__(self) -> Iterator[Region]:
        """The windows plane by plane, within a plane in Z-order, so that the lower levels fill up as early as can be."""
        rows, columns = -(-self.shape.y // self.window.y), -(-self.shape.x // self.window.x)
        cells = sorted(((r, c) for r in range(rows) for c in range(columns)), key=_z_order)
        for t in range(0, self.shape.t, self.window.t):
            for z in range(0, self.shape.z, self.window.z):
                for c in range(0, self.shape.c, self.window.c):
                    for row, column in cells:
                        start = Size(t, c, z, row * self.window.y, column * self.window.x)
                        yield Region(start, self.window).clipped(self.shape)


def plan_windows(level: Level, *, itemsize_bytes: int, shard: int, window_bytes: int = WINDOW_BYTES) -> Windows:
    """Windows of about ``window_bytes``, made of whole shards, that follow the level's natural chunk as far as they can."""
    budget = max(window_bytes // itemsize_bytes, shard * shard)  # in pixels
    natural = Size(*(max(1, min(a, b)) for a, b in zip(level.chunk, level.shape, strict=True)))
    if math.prod(natural) > budget:
        whole = _window_of_chunk(natural, level.shape, shard)
        if math.prod(whole) * itemsize_bytes <= max(_LARGEST_WINDOW_BYTES, 1.3 * math.prod(natural) * itemsize_bytes):
            return Windows(level.shape, whole, Size(1, 1, 1, 1, 1))
    y, x = _plane_window(level, max(budget // math.prod(natural[:3]), shard * shard), shard)
    room = max(1, budget // (y * x))
    is_whole = y >= level.shape.y and x >= level.shape.x
    depth = _depth(level.shape, shard, room) if is_whole else Size(1, 1, 1, 1, 1)
    planes = {"t": depth.t, "c": 1, "z": depth.z}
    for axis in ("c", "z", "t"):
        others = planes["t"] * planes["c"] * planes["z"] // planes[axis]
        step = planes[axis]
        planes[axis] = max(step, min(getattr(natural, axis), room // others) // step * step)
    return Windows(level.shape, Size(planes["t"], planes["c"], planes["z"], y, x), depth)


def _window_of_chunk(natural: Size, shape: Size, shard: int) -> Size:
    """A natural chunk grown to whole shards: it is decoded as a whole anyway, and so only once."""
    sides = [min(-(-side // shard) * shard, length) for side, length in ((natural.y, shape.y), (natural.x, shape.x))]
    return natural._replace(y=sides[0], x=sides[1])


def _depth(shape: Size, shard: int, room: int) -> Size:
    """Small planes share a shard, along z or, in a flat time-lapse, along t: thousands of small files are slow everywhere."""
    planes = max(1, min(room, shard * shard // (shape.y * shape.x)))
    if shape.z > 1:
        return Size(1, 1, min(planes, shape.z), 1, 1)
    return Size(min(planes, shape.t), 1, 1, 1, 1)


def _plane_window(level: Level, budget: int, shard: int) -> tuple[int, int]:
    """Height and width of a window: the whole plane when it fits, strips as wide as can be, else a square of shards."""
    height, width = level.shape.y, level.shape.x
    if height * width <= budget:
        return height, width
    widest = max(1, 4 * budget // (shard * shard)) * shard  # a strip that is cut is decoded again for each piece
    if level.chunk.x > 2 * level.chunk.y:
        return shard, min(widest, -(-width // shard) * shard)
    side = shard
    while 4 * side * side <= budget:
        side *= 2
    return side, side


def _z_order(cell: tuple[int, int]) -> int:
    row, column = cell
    code, bit = 0, 0
    while row >> bit or column >> bit:
        code |= (row >> bit & 1) << (2 * bit + 1) | (column >> bit & 1) << (2 * bit)
        bit += 1
    return code
