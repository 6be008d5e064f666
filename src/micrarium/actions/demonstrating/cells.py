"""Cultured cells as a fluorescence microscope sees them: a stack, a time-lapse, a field of a well, a segmented field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from micrarium.actions.demonstrating.drawing import (
    Blob,
    Plane,
    Points,
    blur,
    filaments,
    fill,
    make_blob,
    photograph,
    scatter,
    smooth_noise,
)

Counts = np.ndarray[Any, np.dtype[np.uint16]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A nucleus and the cell body around it; ``z`` is the plane of its middle, ``depth`` half its height in planes."""

    nucleus: Blob
    body: Blob
    z: float = 0.0
    depth: float = 1.0
    brightness: float = 1.0


def seed_cells(rng: np.random.Generator, size: tuple[int, int], count: int, *, radius: float, planes: int = 1) -> list[Cell]:
    """Cells that keep their distance as a half-grown culture does; ``radius`` is a nucleus's, in pixels."""
    cells = []
    for x, y in scatter(rng, size, count, apart=radius * 2.5, margin=radius * 0.6):
        nucleus = make_blob(rng, (x, y), radius)
        body = replace(
            make_blob(rng, (x + rng.normal(0, radius / 4), y + rng.normal(0, radius / 4)), radius * 2.1, waviness=0.16),
            angle=nucleus.angle,
        )
        z = planes * rng.uniform(0.38, 0.58)
        cells.append(Cell(nucleus, body, z, planes * rng.uniform(0.26, 0.36), float(rng.uniform(0.6, 1.0))))
    return cells


def section(cell: Cell, z: float, *, height: float = 1.0) -> float:
    """How wide a cell is cut by plane ``z``: 0 outside of it, 1 through its middle."""
    return float(np.sqrt(max(0.0, 1 - ((z - cell.z) / (cell.depth * height)) ** 2)))


def cut(cells: list[Cell], z: float, *, part: str, size: tuple[int, int]) -> Plane:
    """The nuclei or the bodies where plane ``z`` cuts them, filled with their brightness."""
    outlines, values = [], []
    for cell in cells:
        scale = section(cell, z, height=1.0 if part == "nucleus" else 1.25)
        if scale > 0.15:
            blob = cell.nucleus if part == "nucleus" else cell.body
            outlines.append(blob.outline(scale=scale))
            values.append(cell.brightness)
    return fill(size, outlines, values=values)


class StackScene:
    """A layer of cells to focus through: nuclei, microtubules and mitochondria; read plane by plane.

    ``plane(z)`` gives the three channels of one plane as (3, y, x), 16 bits.
    """

    def __init__(self, seed: int, *, size: tuple[int, int] = (512, 512), planes: int = 24) -> None:
        self.size, self.planes, self.seed = size, planes, seed
        rng = np.random.default_rng(seed)
        self.cells = seed_cells(rng, size, 17, radius=size[0] / 13, planes=planes)
        self.chromatin = [smooth_noise(rng, size, 7) for _ in range(4)]
        self.tubules = [filaments(rng, size, 11, sharpness=9) for _ in range(5)]
        self.threads = [filaments(rng, size, 6, sharpness=7) for _ in range(5)]

    def between(self, fields: list[Plane], z: int) -> Plane:
        """A field that changes slowly with depth: the mix of the two nearest ones."""
        place = z / self.planes * (len(fields) - 1)
        low = int(place)
        return np.asarray(fields[low] * (1 - place + low) + fields[min(low + 1, len(fields) - 1)] * (place - low), np.float32)

    def plane(self, z: int) -> Counts:
        """The three channels of plane ``z``, as (3, y, x)."""
        rng = np.random.default_rng([self.seed, z])
        nuclei = cut(self.cells, z, part="nucleus", size=self.size)
        bodies = cut(self.cells, z, part="body", size=self.size)
        # Light from above and below the focus: what confocal imaging lessens but does not remove.
        haze = blur(nuclei, 14) * 0.25
        dna = blur(nuclei * np.clip(1 + 0.3 * self.between(self.chromatin, z), 0.2, 2), 1.3) + haze
        inside = blur(bodies, 5) * (1 - 0.85 * blur(nuclei, 2))
        tubulin = inside * (0.15 + self.between(self.tubules, z)) + 0.1 * blur(bodies, 16)
        knots = np.clip(1.2 * self.between(self.threads, z + 1) - 0.25, 0, 1) * np.clip(
            0.6 + 0.5 * self.between(self.chromatin, z), 0, 2
        )
        mitochondria = inside * blur(np.asarray(knots, np.float32), 0.8) + 0.05 * blur(bodies, 16)
        return np.stack(
            [photograph(rng, 900 * dna + 8), photograph(rng, 700 * tubulin + 12), photograph(rng, 800 * mitochondria + 6)]
        )

    def nuclei(self) -> list[tuple[int, Points]]:
        """For each nucleus the plane of its middle and its outline there."""
        return [(round(cell.z), cell.nucleus.outline(corners=32)) for cell in self.cells]


@dataclass(frozen=True, slots=True)
class Division:
    """A cell at one moment of a film: where it is, its size, and how far it is into mitosis (0 to 1)."""

    blob: Blob
    mitosis: float


def grow_film(seed: int, *, size: tuple[int, int], frames: int, founders: int = 16, radius: float = 20.0) -> list[list[Division]]:
    """Cells at each frame of a film: they wander, keep apart, round up and divide."""
    rng = np.random.default_rng(seed)
    places = np.array(scatter(rng, size, founders, apart=radius * 3, margin=radius * 2.5))
    blobs = [make_blob(rng, (x, y), radius) for x, y in places]
    speed = rng.normal(0, 1.2, (len(places), 2))
    clock = rng.uniform(-22, 2, len(places))
    film = []
    for _ in range(frames):
        film.append(
            [
                Division(replace(b, x=p[0], y=p[1]), float(np.clip(c / 6, 0, 1)))
                for b, p, c in zip(blobs, places, clock, strict=True)
            ]
        )
        clock += 1
        for index in np.flatnonzero(clock > 6):
            axis = np.array([np.cos(blobs[index].angle), np.sin(blobs[index].angle)])
            places = np.vstack([places, places[index] - axis * radius * 0.5])
            places[index] += axis * radius * 0.5
            speed = np.vstack([speed, -axis * 5])
            speed[index] = axis * 5
            clock = np.append(clock, -30 - rng.uniform(0, 8))
            clock[index] = -30
            blobs.append(make_blob(rng, (0, 0), radius * 0.86))
            blobs[index] = make_blob(rng, (0, 0), radius * 0.86)
        speed, places = wander(rng, places, speed, size=size, apart=radius * 2.2)
    return film


def wander(
    rng: np.random.Generator, places: Points, speed: Points, *, size: tuple[int, int], apart: float
) -> tuple[Points, Points]:
    """Speeds and places one frame later: a random walk that keeps apart and turns at the edge."""
    gap = places[:, None] - places[None, :]
    far = np.hypot(gap[..., 0], gap[..., 1]) + np.eye(len(places)) * 1e6
    push = (gap / far[..., None] * np.clip(apart - far, 0, None)[..., None]).sum(axis=1) * 0.12
    inward = np.array([size[1] / 2, size[0] / 2]) - places
    speed = speed * 0.8 + rng.normal(0, 0.9, speed.shape) + push + inward * 0.002
    return speed, places + speed


def draw_frame(rng: np.random.Generator, cells: list[Division], size: tuple[int, int]) -> Counts:
    """Histone and differential-interference-contrast channels of one frame, as (2, y, x)."""
    outlines, values, bodies = [], [], []
    for cell in cells:
        # Chromatin condenses into a plate across the axis along which the cell then divides.
        thin, bright = 1 - 0.72 * cell.mitosis, 0.45 + 0.55 * cell.mitosis
        plate = replace(cell.blob, radius_x=cell.blob.radius_x * thin, radius_y=cell.blob.radius_y * (1 - 0.15 * cell.mitosis))
        outlines.append(plate.outline())
        values.append(bright)
        bodies.append(cell.blob.outline(scale=2.3 - 0.9 * cell.mitosis))
    chromatin = fill(size, outlines, values=values) * (1 + 0.18 * smooth_noise(rng, size, 6))
    histone = photograph(rng, 650 * blur(np.asarray(chromatin, np.float32), 1.4) + 60 * blur(chromatin, 18) + 10)
    thickness = blur(fill(size, bodies), 5) + 0.35 * blur(fill(size, outlines), 3)
    grain = 0.10 * blur(fill(size, bodies), 4) * smooth_noise(rng, size, 4)
    thickness = np.asarray(thickness + grain, np.float32)
    # The contrast is a slope of thickness: bright on one side, dark on the other.
    relief = 2.2 * (np.roll(thickness, 2, (0, 1)) - np.roll(thickness, -2, (0, 1)))
    contrast = photograph(rng, np.asarray(np.clip(3200 * (1 + relief), 0, None), np.float32), read_noise=6)
    return np.stack([histone, contrast])


def draw_well(rng: np.random.Generator, *, size: tuple[int, int], effect: float, death: float) -> Counts:
    """Nuclei and a reporter protein in one field of a well, as (2, y, x).

    ``effect`` from 0 to 1 moves the reporter from the cytoplasm into the nucleus; ``death`` from 0 to 1 thins the cells
    out and shrinks their nuclei.
    """
    cells = seed_cells(rng, size, max(2, round(26 * (1 - 0.8 * death))), radius=size[0] / 21 * (1 - 0.25 * death))
    nuclei, bodies = (
        fill(size, [c.nucleus.outline() for c in cells], values=[c.brightness for c in cells]),
        fill(size, [c.body.outline() for c in cells]),
    )
    dna = blur(nuclei * np.float32(1 + 0.8 * death), 1.2) * (1 + 0.15 * smooth_noise(rng, size, 5))
    cytoplasm = blur(bodies, 3) * (0.7 + 0.3 * filaments(rng, size, 9))
    reporter = cytoplasm * (1 - 0.7 * effect) * (1 - (0.75 - 0.7 * effect) * blur(nuclei, 1.5)) + blur(nuclei, 1.5) * 1.3 * effect
    return np.stack(
        [photograph(rng, np.asarray(600 * dna + 12, np.float32)), photograph(rng, np.asarray(520 * reporter + 15, np.float32))]
    )


def draw_segmented(
    seed: int, *, size: tuple[int, int] = (1024, 1024)
) -> tuple[Counts, np.ndarray[Any, np.dtype[np.int32]], list[Points]]:
    """A field of nuclei and membranes as (2, y, x), its label image as (y, x) with 0 for background, and the outlines."""
    import cv2

    rng = np.random.default_rng(seed)
    cells = seed_cells(rng, size, 130, radius=size[0] / 40)
    outlines = [cell.nucleus.outline() for cell in cells]
    nuclei = fill(size, outlines, values=[cell.brightness for cell in cells])
    dna = blur(nuclei * np.asarray(np.clip(1 + 0.25 * smooth_noise(rng, size, 6), 0.2, 2), np.float32), 1.2) + 0.15 * blur(
        nuclei, 14
    )
    # Each place belongs to the nearest nucleus; where the nearest changes, two membranes touch.
    places = np.full(size, 255, np.uint8)
    for cell in cells:
        cv2.circle(places, (round(cell.nucleus.x), round(cell.nucleus.y)), 1, 0, -1)
    _, nearest = cv2.distanceTransformWithLabels(places, cv2.DIST_L2, 5)
    nearest = cv2.remap(nearest.astype(np.float32), *bend(rng, size, 7.0), cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    edges = (cv2.morphologyEx(nearest, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0).astype(np.float32)
    membrane = 2.2 * blur(edges, 1.6) * (0.8 + 0.2 * smooth_noise(rng, size, 12)) + 0.12 + 0.05 * filaments(rng, size, 9)
    picture = np.stack([photograph(rng, 800 * dna + 10), photograph(rng, np.asarray(500 * membrane + 10, np.float32))])
    labels = np.zeros(size, np.int32)
    for number, outline in enumerate(outlines, 1):
        cv2.fillPoly(labels, [np.round(outline).astype(np.int32)], number)
    return picture, labels, outlines


def bend(rng: np.random.Generator, size: tuple[int, int], distance: float) -> tuple[Plane, Plane]:
    """Where to fetch each pixel from, x and y, to make straight lines wavy by about ``distance`` pixels."""
    rows, columns = np.indices(size, np.float32)
    return columns + np.float32(distance) * smooth_noise(rng, size, 40), rows + np.float32(distance) * smooth_noise(rng, size, 40)
