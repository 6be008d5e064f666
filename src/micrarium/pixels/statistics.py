"""The range and distribution of pixel values, in a time that does not grow with the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrarium.errors import InvalidInput
from micrarium.geometry import Region, Size
from micrarium.pixels.channels import type_limits
from micrarium.pixels.source import ImageFile, Source

Array = np.ndarray[Any, np.dtype[Any]]

#: Pixels looked at for one channel: some tenths of a second at most.
SAMPLE_PIXELS = 4 * 2**20
_MANY_IMAGES = 8
_LOWEST_PIXELS = 256 * 256
_PERCENTILES = (0.1, 99.9)


@dataclass(frozen=True, slots=True)
class ChannelStatistics:
    """What was seen of one channel.

    ``counts`` are those of equal bins from ``minimum`` to ``maximum``; ``window`` is the range from the 0.1th to the
    99.9th percentile. ``level`` is the resolution that was read, ``pixels`` how many values of it; ``is_exact`` is true
    when these are all pixels of the full resolution. Values that are not finite are left out.
    """

    minimum: float
    maximum: float
    counts: tuple[int, ...]
    window: tuple[float, float]
    level: int
    pixels: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of pixel values in equal bins from ``minimum`` to ``maximum``."""

    minimum: float
    maximum: float
    counts: tuple[int, ...]


def channel_statistics(source: Source, *, bins: int = 256, sample_pixels: int = SAMPLE_PIXELS) -> tuple[ChannelStatistics, ...]:
    """Statistics of each index along ``c``, read from the lowest level that is worth looking at.

    When that level still has more than ``sample_pixels`` pixels a channel, regions spread evenly over it are read.
    """
    return tuple(_statistics_of(source, c, bins=bins, sample_pixels=sample_pixels) for c in range(source.shape.c))


def imported_images(image_file: ImageFile) -> dict[int, Source]:
    """The images of a file that an import takes, by their places in it: all but small pictures of others, unless there is
    nothing else."""
    chosen = {i: image for i, image in enumerate(image_file.images) if not image.description.is_thumbnail}
    return chosen or dict(enumerate(image_file.images))


def file_statistics(image_file: ImageFile) -> Iterator[tuple[int, tuple[ChannelStatistics, ...]]]:
    """Statistics of the images of a file that an import takes, one after the other, with their places in it.

    Of many images less of each is read.
    """
    chosen = imported_images(image_file)
    sample = SAMPLE_PIXELS if len(chosen) <= _MANY_IMAGES else SAMPLE_PIXELS // 16
    for series, image in chosen.items():
        yield series, channel_statistics(image, bins=1, sample_pixels=sample)


def channel_windows(source: Source, *, sample_pixels: int = SAMPLE_PIXELS // 4) -> dict[int, tuple[float, float]]:
    """A display window for each index along ``c``: all values for 8-bit colour pictures, else most values that occur."""
    if source.samples >= 3 and source.dtype == np.uint8:
        return dict.fromkeys(range(source.shape.c), type_limits(source.dtype))
    return {c: _statistics_of(source, c, bins=1, sample_pixels=sample_pixels).window for c in range(source.shape.c)}


def histogram(source: Source, channel: int, *, z: int = 0, t: int = 0, bins: int = 256) -> Histogram:
    """The histogram of one plane, of the lowest level that is worth looking at."""
    level = _worthwhile_level(source)
    shape = source.levels[level].shape
    for value, length, name in ((channel, shape.c, "channel"), (z, shape.z, "z"), (t, shape.t, "t")):
        if not 0 <= value < length:
            raise InvalidInput(f"There is no {name} {value}: the image has {length}", field=name)
    if not 1 <= bins <= 65536:
        raise InvalidInput(f"bins is {bins}; it can be from 1 to 65536", field="bins")
    region = Region.plane(shape, t=t, c=channel, z=z)
    parts = _sampled(source.levels[level].chunk, [region], SAMPLE_PIXELS)
    values = _values([source.read(part, level=level) for part in parts])
    low, high = _range(values)
    return Histogram(low, high, _counts(values, low, high, bins))


def _statistics_of(source: Source, channel: int, *, bins: int, sample_pixels: int) -> ChannelStatistics:
    level = _worthwhile_level(source)
    shape, chunk = source.levels[level]
    planes = [Region.plane(shape, t=t, c=channel, z=z) for t, z in _spread_planes(shape, sample_pixels)]
    values = _values([source.read(part, level=level) for part in _sampled(chunk, planes, sample_pixels)])
    low, high = _range(values)
    total = shape.t * shape.z * shape.y * shape.x
    return ChannelStatistics(
        minimum=low,
        maximum=high,
        counts=_counts(values, low, high, bins),
        window=_window(values, low, high),
        level=level,
        pixels=int(values.size),
        is_exact=level == 0 and values.size == total,
    )


def _worthwhile_level(source: Source) -> int:
    """The lowest level with planes of at least 256 x 256 pixels, else the full resolution."""
    for number in range(len(source.levels) - 1, 0, -1):
        if source.levels[number].shape.y * source.levels[number].shape.x >= _LOWEST_PIXELS:
            return number
    return 0


def _spread_planes(shape: Size, sample_pixels: int) -> list[tuple[int, int]]:
    """The (t, z) of planes that are spread over the image and together hold about as many pixels as asked for."""
    count = max(1, min(shape.t * shape.z, sample_pixels // (shape.y * shape.x)))
    total = shape.t * shape.z
    if count < 3 <= total:  # a big image: what is in focus is rarely at the ends
        return [divmod(total // 2, shape.z)] if count == 1 else [divmod(total // 3, shape.z), divmod(2 * total // 3, shape.z)]
    return [divmod(int(i), shape.z) for i in np.linspace(0, total - 1, count).round()]


def _sampled(chunk: Size, planes: list[Region], sample_pixels: int) -> Iterator[Region]:
    """The planes themselves, or, when they hold too much, regions spread over each: whole natural chunks where these are small."""
    for plane in planes:
        height, width = plane.shape.y, plane.shape.x
        room = max(1, sample_pixels // len(planes))
        if height * width <= room:
            yield plane
            continue
        side = max(64, min(512, chunk.y, chunk.x))
        per_axis = max(1, int((room / (side * side)) ** 0.5))
        for y in np.linspace(0, max(0, height - side), min(per_axis, -(-height // side))).astype(int):
            for x in np.linspace(0, max(0, width - side), min(per_axis, -(-width // side))).astype(int):
                start = plane.start._replace(y=int(y), x=int(x))
                yield Region(start, plane.shape._replace(y=min(side, height), x=min(side, width)))


def _values(blocks: list[Array]) -> Array:
    values = np.concatenate([block.reshape(-1) for block in blocks])
    if values.dtype.kind == "c":
        values = np.abs(values)
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)].astype(np.float64)
    return values


def _range(values: Array) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def _counts(values: Array, low: float, high: float, bins: int) -> tuple[int, ...]:
    upper = high if high > low else low + 1.0
    counts, _ = np.histogram(values, bins=bins, range=(low, upper))
    return tuple(int(n) for n in counts)


def _window(values: Array, low: float, high: float) -> tuple[float, float]:
    """The range of most values; the whole range where most are equal, as in masks; never an empty one."""
    if not values.size:
        return (0.0, 1.0)
    start, end = (float(v) for v in np.percentile(values, _PERCENTILES))
    if start >= end:
        start, end = low, high
    return (start, end) if start < end else (start, start + 1.0)
