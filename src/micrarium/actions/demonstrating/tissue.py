"""Tissue sections: a whole brain section as one large plane, and stained colon as a slide scanner sees it.

Both are drawn in bands of rows, so that a picture of any size needs the memory of one band.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrarium.actions.demonstrating.drawing import SHIFT, Plane, Points, blur, filaments, photograph, scatter, smooth_noise

#: The plan of a section is drawn this small and enlarged where it is looked at.
PLAN = 512


class BrainSection:
    """A coronal section of a mouse brain with its nuclei stained: 16 bits, drawn in bands of rows.

    ``band(top, height)`` gives rows as (height, width); the same bands are the same for the same seed.
    """

    def __init__(self, seed: int, *, side: int = 8192) -> None:
        self.seed, self.side = seed, side
        rng = np.random.default_rng(seed)
        self.density, self.glow = plan_brain(rng)
        self.nuclei = self.place_nuclei(rng, count=round(80_000 * (side / 8192) ** 2))

    def place_nuclei(self, rng: np.random.Generator, *, count: int) -> Points:
        """One row for each nucleus: x, y, two radii, angle, brightness; by y, more of them where the plan is dense."""
        tries = rng.uniform(0, 1, (count * 3, 2))
        here = self.density[(tries[:, 1] * PLAN).astype(int), (tries[:, 0] * PLAN).astype(int)]
        kept = tries[rng.uniform(0, 1, len(tries)) < here] * self.side
        kept = kept[np.argsort(kept[:, 1])]
        shape = [
            rng.uniform(5.5, 9, len(kept)),
            rng.uniform(4, 6.5, len(kept)),
            rng.uniform(0, 180, len(kept)),
            rng.uniform(0.3, 1, len(kept)),
        ]
        return np.column_stack([kept, *shape])

    def band(self, top: int, height: int) -> np.ndarray[Any, np.dtype[np.uint16]]:
        """Rows ``top`` to ``top + height``."""
        import cv2

        halo = 16
        drawn = np.zeros((height + 2 * halo, self.side), np.uint8)
        first, last = np.searchsorted(self.nuclei[:, 1], [top - halo, top + height + halo])
        scale = 1 << SHIFT
        for x, y, radius_x, radius_y, angle, brightness in self.nuclei[first:last]:
            centre = (round(x * scale), round((y - top + halo) * scale))
            axes = (round(radius_x * scale), round(radius_y * scale))
            cv2.ellipse(drawn, centre, axes, angle, 0, 360, 255 * brightness, -1, cv2.LINE_AA, SHIFT)
        nuclei = np.asarray(cv2.GaussianBlur(drawn, (0, 0), 1.3)[halo:-halo], np.float32)
        rows = np.broadcast_to((np.arange(top, top + height, dtype=np.float32) / self.side * PLAN)[:, None], nuclei.shape)
        columns = np.broadcast_to((np.arange(self.side, dtype=np.float32) / self.side * PLAN)[None, :], nuclei.shape)
        glow = cv2.remap(self.glow, np.ascontiguousarray(columns), np.ascontiguousarray(rows), cv2.INTER_LINEAR)
        rng = np.random.default_rng([self.seed, top])
        return photograph(rng, np.asarray(nuclei * np.float32(5.5) + glow * np.float32(160) + np.float32(6), np.float32))


def plan_brain(rng: np.random.Generator) -> tuple[Plane, Plane]:
    """How densely nuclei lie (0 to 1), and how the tissue itself glows, over a section, as planes of PLAN x PLAN."""
    import cv2

    tissue = np.zeros((PLAN, PLAN), np.uint8)
    for side in (-1, 1):
        cv2.ellipse(tissue, (256 + side * 92, 250), (130, 165), side * 10, 0, 360, 255, -1)
    cv2.ellipse(tissue, (256, 350), (118, 82), 0, 0, 360, 255, -1)
    depth = np.asarray(cv2.distanceTransform(tissue, cv2.DIST_L2, 5), np.float32)
    depth += 3 * smooth_noise(rng, (PLAN, PLAN), 24) * (depth > 0)
    density = np.where(depth > 1, 0.32, 0).astype(np.float32)
    # The layers of the cortex follow its surface; white matter lies below them.
    for start, end, value in [(1, 6, 0.12), (6, 22, 0.55), (22, 34, 0.36), (34, 52, 0.48), (52, 60, 0.14)]:
        density[(depth > start) & (depth <= end)] = value
    for side in (-1, 1):
        for centre, axes, angles in [((256 + side * 72, 216), (66, 34), (190, 350)), ((256 + side * 52, 224), (30, 15), (20, 300))]:
            if side < 0:
                angles = (180 - angles[1], 180 - angles[0])
            cv2.ellipse(density, centre, axes, side * 14, *angles, 1.0, 5)
        cv2.ellipse(density, (256 + side * 20, 240), (5, 30), side * 24, 0, 360, 0.0, -1)
    cv2.ellipse(density, (256, 330), (3, 40), 0, 0, 360, 0.0, -1)
    density = blur(density, 0.8) * np.clip(1 + 0.12 * smooth_noise(rng, (PLAN, PLAN), 18), 0, 2).astype(np.float32)
    glow = blur((density > 0.02).astype(np.float32), 1.5) * (0.55 + 0.35 * blur(density, 3))
    return np.asarray(np.clip(density, 0, 1), np.float32), np.asarray(glow, np.float32)


# Optical densities of the two stains in red, green and blue; hematoxylin as Ruifrok and Johnston measured it (Anal.
# Quant. Cytol. Histol. 2001), eosin with more blue taken away, as slide scanners show it.
HEMATOXYLIN = np.array([0.650, 0.704, 0.286], np.float32)
EOSIN = np.array([0.170, 0.880, 0.430], np.float32)


@dataclass(frozen=True, slots=True)
class Crypt:
    """A gland of the colon cut across: centre and radius of its wall in pixels, and how round it is."""

    x: float
    y: float
    radius: float
    flatness: float
    angle: float

    def ring(self, rng: np.random.Generator, at: float, *, step: float) -> Points:
        """Points (x, y, direction in degrees) around it, ``at`` times the radius from its middle, ``step`` pixels apart."""
        count = max(6, round(2 * np.pi * self.radius * at / step))
        theta = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.normal(0, 0.25 / count, count)
        radius = self.radius * at * rng.normal(1, 0.025, count)
        across, along = radius * np.cos(theta), radius * self.flatness * np.sin(theta)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        direction = np.degrees(np.arctan2(np.sin(theta), np.cos(theta)) + self.angle)
        return np.column_stack([self.x + across * cos - along * sin, self.y + across * sin + along * cos, direction])


class StainedSlide:
    """Colon mucosa in hematoxylin and eosin under bright light: RGB, 8 bits, drawn in bands of rows."""

    def __init__(self, seed: int, *, size: tuple[int, int] = (3072, 4096)) -> None:
        self.seed, self.size = seed, size
        rng = np.random.default_rng(seed)
        self.plan = plan_mucosa(rng)
        places = scatter(rng, size, size[0] * size[1] // 20_000, apart=184)
        self.crypts = [
            Crypt(x, y, rng.uniform(70, 90), rng.uniform(0.75, 1), rng.uniform(0, np.pi))
            for x, y in places
            if self.is_inside(x, y, around=100)
        ]
        stroma = rng.uniform(0, 1, (size[0] * size[1] // 620, 2)) * [size[1], size[0]]
        self.stroma = stroma[[self.is_inside(x, y) for x, y in stroma]]
        self.fibres = filaments(rng, (1024, 1024), 34, sharpness=2.2)
        self.grain = smooth_noise(rng, (1024, 1024), 9)

    def is_inside(self, x: float, y: float, *, around: float = 0.0) -> bool:
        """Whether there is tissue at a place, and ``around`` so many pixels about it."""
        columns = np.clip(x + np.array([0, -around, around, 0, 0]), 0, self.size[1] - 1) / self.size[1] * PLAN
        rows = np.clip(y + np.array([0, 0, 0, -around, around]), 0, self.size[0] - 1) / self.size[0] * PLAN
        return bool((self.plan[rows.astype(int), columns.astype(int)] > 0.5).all())

    def band(self, top: int, height: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Rows ``top`` to ``top + height`` as (height, width, 3)."""
        halo = 96
        shape = (height + 2 * halo, self.size[1])
        rows = np.clip(np.arange(top - halo, top + height + halo), 0, self.size[0] - 1)
        tissue = self.tissue_at(rows)
        eosin = tissue * (0.22 + 0.30 * self.tiled(self.fibres, rows) + 0.05 * self.tiled(self.grain, rows))
        hematoxylin = 0.05 * tissue * (1 + 0.5 * self.tiled(self.grain, rows))
        eosin, hematoxylin = self.stain(eosin, hematoxylin, top - halo)
        density = hematoxylin[..., None] * HEMATOXYLIN + eosin[..., None] * EOSIN
        light = np.float32(244) * np.power(np.float32(10), -density[halo : halo + height])
        noise = np.random.default_rng([self.seed, top]).normal(0, 1.2, (height, shape[1], 1)).astype(np.float32)
        return np.asarray(np.clip(light + noise, 0, 255), np.uint8)

    def tissue_at(self, rows: Any) -> Plane:
        """How much tissue there is along some rows, from 0 to 1."""
        import cv2

        across = np.broadcast_to(np.linspace(0, PLAN - 1, self.size[1], dtype=np.float32), (len(rows), self.size[1]))
        down = np.broadcast_to((rows / self.size[0] * (PLAN - 1)).astype(np.float32)[:, None], across.shape)
        return np.asarray(
            cv2.remap(self.plan, np.ascontiguousarray(across), np.ascontiguousarray(down), cv2.INTER_LINEAR), np.float32
        )

    def tiled(self, field: Plane, rows: Any) -> Plane:
        """A texture repeated over some rows, mirrored so that no seam shows."""
        mirrored = np.concatenate([field, field[:, ::-1]], axis=1)
        mirrored = np.concatenate([mirrored, mirrored[::-1]], axis=0)
        return np.asarray(mirrored[rows % 2048][:, np.arange(self.size[1]) % 2048], np.float32)

    def stain(self, eosin: Plane, hematoxylin: Plane, top: int) -> tuple[Plane, Plane]:
        """Both stains with the crypts and nuclei that touch the rows from ``top`` on."""
        import cv2

        walls, pale = np.zeros(eosin.shape, np.uint8), np.zeros(eosin.shape, np.uint8)
        nuclei = np.zeros(eosin.shape, np.uint8)
        for index, crypt in enumerate(self.crypts):
            if -120 < crypt.y - top < len(eosin) + 120:
                self.draw_crypt(np.random.default_rng([self.seed, 7, index]), crypt, planes=(walls, pale, nuclei), top=top)
        for number in np.flatnonzero((self.stroma[:, 1] > top - 20) & (self.stroma[:, 1] < top + len(eosin) + 20)):
            index = int(number)
            x, y = self.stroma[index]
            if not walls[int(np.clip(y - top, 0, len(walls) - 1)), int(x)]:
                long = 5 + 5 * ((index * 37) % 17) / 17
                draw_ellipse(nuclei, (x, y - top), (long, 4), angle=(index * 53) % 180, value=110 + (index * 29) % 110)
        wall, light = blur(walls.astype(np.float32), 1.2) / np.float32(255), blur(pale.astype(np.float32), 1.5) / np.float32(255)
        dark = np.asarray(cv2.GaussianBlur(nuclei, (0, 0), 0.9), np.float32) / 255
        pink = (eosin * (1 - wall) + 0.30 * wall * (1 + 0.1 * eosin)) * (1 - 0.86 * light) * (1 - 0.5 * dark)
        return np.asarray(pink, np.float32), np.asarray((hematoxylin + 0.10 * wall) * (1 - 0.75 * light) + 0.85 * dark, np.float32)

    def draw_crypt(self, rng: np.random.Generator, crypt: Crypt, *, planes: tuple[Any, Any, Any], top: int) -> None:
        """One crypt: its wall of tall cells, goblets of mucus, nuclei at the outer edge, and the lumen."""
        walls, pale, nuclei = planes
        turn = float(np.degrees(crypt.angle))
        middle = (crypt.x, crypt.y - top)
        draw_ellipse(walls, middle, (crypt.radius, crypt.radius * crypt.flatness), angle=turn, value=255)
        for x, y, direction in crypt.ring(rng, 0.60, step=26):
            if rng.uniform() < 0.8:
                draw_ellipse(pale, (x, y - top), (rng.uniform(14, 19), rng.uniform(9, 12)), angle=direction, value=215)
        draw_ellipse(pale, middle, (crypt.radius * 0.2, crypt.radius * 0.14), angle=turn, value=255)
        for x, y, direction in crypt.ring(rng, 0.89, step=10.5):
            draw_ellipse(
                nuclei, (x, y - top), (rng.uniform(6.5, 8.5), rng.uniform(3.6, 4.8)), angle=direction, value=rng.uniform(150, 235)
            )


def draw_ellipse(plane: Any, centre: tuple[float, float], axes: tuple[float, float], *, angle: float, value: float) -> None:
    """Fill an ellipse in place, with smooth edges and parts of a pixel."""
    import cv2

    scale = 1 << SHIFT
    place, size = (round(centre[0] * scale), round(centre[1] * scale)), (round(axes[0] * scale), round(axes[1] * scale))
    cv2.ellipse(plane, place, size, float(angle), 0, 360, float(value), -1, cv2.LINE_AA, SHIFT)


def plan_mucosa(rng: np.random.Generator) -> Plane:
    """Where the tissue lies on the slide, from 0 to 1, as a plane of PLAN x PLAN."""
    rows, columns = np.indices((PLAN, PLAN), np.float32)
    edge = np.hypot((columns - 256) / 225, (rows - 262) / 205) + 0.07 * smooth_noise(rng, (PLAN, PLAN), 90)
    torn = smooth_noise(rng, (PLAN, PLAN), 60) > 2.1
    return blur(((edge < 1) & ~torn).astype(np.float32), 1.2)


def cut_tiles(bands: Iterator[np.ndarray[Any, Any]], *, side: int) -> Iterator[np.ndarray[Any, Any]]:
    """Square tiles of each band, from left to right; the last ones are filled up with zeros."""
    for band in bands:
        for left in range(0, band.shape[1], side):
            tile = band[:, left : left + side]
            if tile.shape[:2] != (side, side):
                full = np.zeros((side, side, *band.shape[2:]), band.dtype)
                full[: tile.shape[0], : tile.shape[1]] = tile
                tile = full
            yield np.ascontiguousarray(tile)
