"""Plates and sequences made of real files: every plane tells by its pixels where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from micrarium.geometry import Region, Size
from micrarium.pixels.source import Source

Array = np.ndarray[Any, np.dtype[Any]]
HEIGHT, WIDTH = 30, 40


def make_plane(number: int, *, height: int = HEIGHT, width: int = WIDTH, dtype: str = "uint16") -> Array:
    """A plane whose first pixel is ``number`` and whose others follow from it."""
    return ((np.arange(height * width).reshape(height, width) * 7 + number) % 60000).astype(dtype)


def write_plane(path: Path, number: int, *, description: str | None = None, **options: Any) -> Path:
    """A TIFF of one plane, folders made where they are missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {key: options.pop(key) for key in ("height", "width", "dtype") if key in options}
    pixels = make_plane(number, **shape)
    tifffile.imwrite(path, pixels, photometric="minisblack", description=description, metadata=None, **options)
    return path


def first_pixels(source: Source) -> list[list[list[int]]]:
    """The first pixel of every plane, along t, c and z."""
    shape = source.shape
    corner = source.read(Region(Size(0, 0, 0, 0, 0), Size(shape.t, shape.c, shape.z, 1, 1)))
    found: list[list[list[int]]] = corner[..., 0, 0].tolist()
    return found


def named(make: Callable[[Path], Path], name: str) -> Callable[[Path], Path]:
    """A maker of files under a name that tests are told by."""
    make.__name__ = name
    return make
