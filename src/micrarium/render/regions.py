"""Pictures of a part of an image."""

from __future__ import annotations

from typing import Any

import numpy as np

from micrarium.errors import InvalidInput, TooLarge
from micrarium.geometry import Region, Size
from micrarium.render.labels import render_labels
from micrarium.render.reading import Readable, read_shown
from micrarium.render.rendering import Picture, render, render_nothing
from micrarium.render.settings import RenderingSettings

#: The largest picture that is made at once.
LARGEST_PIXELS = 4096 * 4096


def render_region(
    image: Readable,
    settings: RenderingSettings,
    *,
    x: int = 0,
    y: int = 0,
    width: int | None = None,
    height: int | None = None,
    level: int = 0,
    z: int = 0,
    t: int = 0,
) -> Picture:
    """The picture (y, x, 3) of a region of one plane of a level, cut where it reaches over the level's far edges.

    Without ``width`` and ``height`` it goes to the far edge. Only the channels that are shown are read. Raises
    ``InvalidInput`` naming the parameter that is out of range, ``TooLarge`` above 4096 x 4096 pixels.
    """
    if not 0 <= level < len(image.levels):
        raise InvalidInput(f"There is no level {level}: the image has {len(image.levels)}", field="level")
    shape = image.levels[level].shape
    for name, value, length in (("t", t, shape.t), ("z", z, shape.z), ("y", y, shape.y), ("x", x, shape.x)):
        if not 0 <= value < length:
            raise InvalidInput(f"{name} is {value}; in level {level} it goes from 0 to {length - 1}", field=name)
    for name, side in (("width", width), ("height", height)):
        if side is not None and side < 1:
            raise InvalidInput(f"{name} is {side}; it must be at least 1", field=name)
    extent = Size(1, 1, 1, shape.y - y if height is None else height, shape.x - x if width is None else width)
    region = Region(Size(t, 0, z, y, x), extent).clipped(shape)
    if region.shape.y * region.shape.x > LARGEST_PIXELS:
        asked = f"{region.shape.x} x {region.shape.y}"
        raise TooLarge(f"The region has {asked} pixels; at most 4096 x 4096 are drawn at once, take a lower level or a part")
    planes = read_shown(image, settings, region, level=level)
    return draw(image, planes, settings, shape=(region.shape.y, region.shape.x))


def draw(
    image: Readable, planes: list[np.ndarray[Any, np.dtype[Any]]], settings: RenderingSettings, *, shape: tuple[int, int]
) -> Picture:
    """The picture of the planes that are shown of an image; labels get a colour each."""
    if not planes:
        return render_nothing(*shape)
    if image.description.is_label and len(planes) == 1:
        return render_labels(planes[0])
    return render(planes, settings)
