"""Small pictures of a whole plane."""

from __future__ import annotations

from typing import Any

import numpy as np

from micrarium.errors import InvalidInput
from micrarium.geometry import Region, Size
from micrarium.render.reading import Readable, read_shown
from micrarium.render.regions import draw
from micrarium.render.rendering import Picture
from micrarium.render.settings import RenderingSettings

Array = np.ndarray[Any, np.dtype[Any]]

_BAND_PIXELS = 4 * 2**20
_RESIZED = {np.dtype(name) for name in ("uint8", "uint16", "int16", "float32", "float64")}


def render_thumbnail(
    image: Readable, settings: RenderingSettings, *, size: int = 256, z: int | None = None, t: int | None = None
) -> Picture:
    """The picture (y, x, 3) of a plane with its longer side ``size`` pixels, or as large as the image where that is smaller.

    Reads the smallest level that is large enough, in bands when that is big. ``z`` is the middle plane and ``t`` the
    first unless given. Pixels are averaged before they are coloured; labels are picked.
    """
    if not 1 <= size <= 4096:
        raise InvalidInput(f"size is {size}; it can be from 1 to 4096", field="size")
    level = _sufficient_level(image, size)
    shape = image.levels[level].shape
    z = shape.z // 2 if z is None else z
    t = 0 if t is None else t
    for name, value, length in (("t", t, shape.t), ("z", z, shape.z)):
        if not 0 <= value < length:
            raise InvalidInput(f"{name} is {value}; it goes from 0 to {length - 1}", field=name)
    height, width = _fitted(shape, size)
    planes = _reduced_planes(image, settings, Region.plane(shape, t=t, z=z), level=level, size=size)
    planes = [_resized(plane, height, width, is_label=image.description.is_label) for plane in planes]
    return draw(image, planes, settings, shape=(height, width))


def _sufficient_level(image: Readable, size: int) -> int:
    enough = [i for i, level in enumerate(image.levels) if max(level.shape.y, level.shape.x) >= size]
    return enough[-1] if enough else 0


def _fitted(shape: Size, size: int) -> tuple[int, int]:
    longer = max(shape.y, shape.x)
    if longer <= size:
        return shape.y, shape.x
    return max(1, round(shape.y * size / longer)), max(1, round(shape.x * size / longer))


def _reduced_planes(image: Readable, settings: RenderingSettings, plane: Region, *, level: int, size: int) -> list[Array]:
    """The planes that are shown, read in bands that are made smaller by a whole factor one by one when the plane is big."""
    height, width = plane.shape.y, plane.shape.x
    factor = max(1, max(height, width) // (2 * size))
    if factor == 1 or height * width <= _BAND_PIXELS:
        return read_shown(image, settings, plane, level=level)
    rows = max(1, _BAND_PIXELS // width // factor) * factor
    bands: list[list[Array]] = []
    for y in range(0, height, rows):
        part = Region(plane.start._replace(y=y), plane.shape._replace(y=min(rows, height - y)))
        read = read_shown(image, settings, part, level=level)
        sides = (-(-part.shape.y // factor), -(-width // factor))
        bands.append([_resized(band, *sides, is_label=image.description.is_label) for band in read])
    return [np.concatenate(parts) for parts in zip(*bands, strict=True)]


def _resized(plane: Array, height: int, width: int, *, is_label: bool) -> Array:
    import cv2

    if plane.shape == (height, width):
        return plane
    if is_label:
        rows = (np.arange(height) * plane.shape[0]) // height
        columns = (np.arange(width) * plane.shape[1]) // width
        picked: Array = plane[rows[:, None], columns[None, :]]
        return picked
    if plane.dtype.kind == "c":
        plane = np.abs(plane)
    if plane.dtype not in _RESIZED:
        plane = plane.astype(np.float32)
    resized: Array = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)
    return resized
