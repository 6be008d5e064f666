"""What all demo pictures are drawn with: outlines, smooth random fields, filaments and a camera's noise.

Everything takes a random generator, so the same seed draws the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Plane = np.ndarray[Any, np.dtype[np.float32]]
Points = np.ndarray[Any, np.dtype[np.float64]]

#: cv2 takes polygon corners as integers with this many fractional bits.
SHIFT = 4


@dataclass(frozen=True, slots=True)
class Blob:
    """A roundish body with a wavy outline: centre and radii in pixels, turned by ``angle`` radians."""

    x: float
    y: float
    radius_x: float
    radius_y: float
    angle: float
    waves: tuple[tuple[float, float], ...]

    def outline(self, *, scale: float = 1.0, corners: int = 48) -> Points:
        """Corners of its outline as (x, y), enlarged about the centre by ``scale``."""
        theta = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        radius = np.ones(corners)
        for order, (height, phase) in enumerate(self.waves, 2):
            radius += height * np.cos(order * theta + phase)
        across, along = scale * self.radius_x * radius * np.cos(theta), scale * self.radius_y * radius * np.sin(theta)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.stack([self.x + across * cos - along * sin, self.y + across * sin + along * cos], axis=1)


def make_blob(rng: np.random.Generator, centre: tuple[float, float], radius: float, *, waviness: float = 0.05) -> Blob:
    """A blob about a centre (x, y), its radii and outline varied as cells of one kind vary."""
    radius_x, radius_y = radius * rng.uniform(0.85, 1.2), radius * rng.uniform(0.75, 1.05)
    waves = tuple((float(rng.normal(0, waviness / order)), float(rng.uniform(0, 2 * np.pi))) for order in (1, 2, 3))
    return Blob(centre[0], centre[1], radius_x, radius_y, float(rng.uniform(0, np.pi)), waves)


def scatter(
    rng: np.random.Generator, size: tuple[int, int], count: int, *, apart: float, margin: float = 0.0
) -> list[tuple[float, float]]:
    """At most ``count`` points (x, y) in a field of (height, width), no two nearer than ``apart``."""
    found: list[tuple[float, float]] = []
    for _ in range(count * 30):
        if len(found) == count:
            break
        x, y = rng.uniform(margin, size[1] - margin), rng.uniform(margin, size[0] - margin)
        if all((x - other[0]) ** 2 + (y - other[1]) ** 2 >= apart**2 for other in found):
            found.append((float(x), float(y)))
    return found


def fill(size: tuple[int, int], outlines: list[Points], *, values: list[float] | None = None) -> Plane:
    """A plane of (height, width) with polygons filled by their values from 0 to 1, edges smooth."""
    import cv2

    plane = np.zeros(size, np.uint8)
    for index, outline in enumerate(outlines):
        value = 1.0 if values is None else values[index]
        corners = np.round(outline * (1 << SHIFT)).astype(np.int32)
        cv2.fillPoly(plane, [corners], 255 * min(max(value, 0.0), 1.0), lineType=cv2.LINE_AA, shift=SHIFT)
    return plane.astype(np.float32) / np.float32(255)


def blur(plane: Plane, sigma: float) -> Plane:
    """The plane seen through a Gaussian of ``sigma`` pixels."""
    import cv2

    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


def smooth_noise(rng: np.random.Generator, size: tuple[int, int], scale: float) -> Plane:
    """A smooth random field of (height, width) with mean 0 and deviation 1, lumps of about ``scale`` pixels."""
    import cv2

    # Drawn coarsely and enlarged: a wide blur of a large plane costs much more.
    step = max(1, int(scale / 2))
    coarse = rng.standard_normal((size[0] // step + 4, size[1] // step + 4), dtype=np.float32)
    coarse = blur(coarse, max(scale / step / 2, 0.5))
    large = cv2.resize(coarse, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
    field = large[step : step + size[0], step : step + size[1]]
    return np.asarray((field - field.mean()) / (field.std() + 1e-6), np.float32)


def filaments(rng: np.random.Generator, size: tuple[int, int], scale: float, *, sharpness: float = 6.0) -> Plane:
    """A net of thin bright lines from 0 to 1: the crests of a smooth field, as a cytoskeleton looks in a thin section."""
    crests = np.exp(-sharpness * np.abs(smooth_noise(rng, size, scale)))
    second = np.exp(-sharpness * np.abs(smooth_noise(rng, size, scale * 0.7)))
    return np.asarray(np.maximum(crests, 0.8 * second), np.float32)


def photograph(
    rng: np.random.Generator, photons: Plane, *, offset: float = 100.0, gain: float = 1.0, read_noise: float = 3.0
) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """The plane as a camera records it: shot noise of the photons, read noise, offset, 16 bits."""
    # For the counts drawn here a normal distribution is as good as Poisson's and ten times quicker.
    noise = rng.standard_normal(photons.shape, dtype=np.float32)
    counts = photons + noise * np.sqrt(np.maximum(photons, 0) + np.float32(read_noise**2))
    return np.clip(counts * np.float32(gain) + np.float32(offset), 0, 65535).astype(np.uint16)
