"""The images of a CZI file: one for each scene, put together from subblocks at every resolution."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.czi_metadata import CziMetadata
from micrarium.formats.czi_planes import read_planes
from micrarium.formats.czi_segments import JPEG, PIXEL_TYPES, UNCOMPRESSED, Subblock, read_directory, read_subblock
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.segments import forget, new_token
from micrarium.geometry import Size
from micrarium.pixels.plane_tables import lazy_table

_LARGEST_CHUNK = 1024


class Canvas:
    """The subblocks of one resolution: where each lies, in pixels of this resolution, and what it covers."""

    def __init__(self, blocks: list[Subblock], reduction: int, origin: tuple[int, int]) -> None:
        self.reduction = reduction
        self._blocks = sorted(blocks, key=lambda block: block.at("M"))
        tops = [(block.start["Y"] - origin[0]) // reduction for block in self._blocks]
        lefts = [(block.start["X"] - origin[1]) // reduction for block in self._blocks]
        heights = [block.stored_y for block in self._blocks]
        widths = [block.stored_x for block in self._blocks]
        self._boxes = np.array([tops, lefts, heights, widths], np.int64).T.reshape(-1, 4)

    def touching(self, window: Window) -> list[tuple[Subblock, int, int]]:
        """The subblocks that overlap a window, the uppermost last, with their top and left."""
        top, left, height, width = self._boxes.T
        hits = (top < window.top + window.height) & (top + height > window.top)
        hits &= (left < window.left + window.width) & (left + width > window.left)
        return [(self._blocks[number], int(top[number]), int(left[number])) for number in np.flatnonzero(hits)]


class CziSource(PlaneSource):
    """One scene of a CZI file, stitched as ZEN shows it: where tiles overlap, the later one lies on top."""

    file: CziImageFile

    def __init__(self, file: CziImageFile, index: int, scene: int, blocks: list[Subblock]) -> None:
        super().__init__(file, index)
        dtype, self.samples = PIXEL_TYPES[blocks[0].pixel_type]
        self.dtype = np.dtype(dtype)
        whole = [block for block in blocks if block.reduction == 1] or blocks
        self._first = {axis: min(block.at(axis) for block in whole) for axis in "TCZHRI"}
        self._count = {axis: max(block.at(axis) for block in whole) - self._first[axis] + 1 for axis in "TCZHRI"}
        shape, origin = self._measure(whole)
        self._check_size(shape, whole)
        self._canvases: list[dict[tuple[int, int, int], Canvas]] = []
        chunk = _natural_chunk(whole)
        sizes: list[tuple[Size, tuple[int, int]]] = []
        planes = {self._place(block) for block in whole}
        for reduction in sorted({block.reduction for block in blocks}):
            canvases = self._canvases_of([block for block in blocks if block.reduction == reduction], reduction, origin)
            # A reduced resolution that some planes lack would show them black.
            if reduction == 1 or not self._canvases or planes <= canvases.keys():
                self._canvases.append(canvases)
                sizes.append((shape._replace(y=-(-shape.y // reduction), x=-(-shape.x // reduction)), chunk))
        self.levels = plane_levels(sizes, samples=self.samples)
        told = file.metadata.describe(file.path, index, scene, shape.c // self.samples, self._first["C"], self.dtype)
        table = lazy_table((shape.t, shape.c // self.samples, shape.z), lambda: self._read_planes(whole))
        self.description = replace(told, planes=table)

    def _read_planes(self, whole: list[Subblock]) -> dict[str, Any]:
        blocks: dict[tuple[int, int, int], list[Subblock]] = {}
        for block in whole:
            blocks.setdefault(self._place(block), []).append(block)
        told = self.description
        size = told.planes.shape if told.planes else (0, 0, 0)
        exposures = [one.exposure_s for one in told.channels]
        file = self.file
        return read_planes(file.descriptors, file.path, blocks, size, start=told.acquisition_date, exposures_s=exposures)

    def _measure(self, whole: list[Subblock]) -> tuple[Size, tuple[int, int]]:
        top, left = (min(block.start[axis] for block in whole) for axis in "YX")
        bottom, right = (max(block.start[axis] + block.size[axis] for block in whole) for axis in "YX")
        count = self._count
        # Phases are times, rotations slices and illuminations channels, as OME's modulo annotations have them.
        shape = Size(
            count["T"] * count["H"], count["C"] * count["I"] * self.samples, count["Z"] * count["R"], bottom - top, right - left
        )
        return shape, (top, left)

    def _check_size(self, shape: Size, whole: list[Subblock]) -> None:
        covered = sum(block.size["X"] * block.size["Y"] for block in whole)
        if shape.x * shape.y > max(1 << 24, 4096 * covered) or shape.t * shape.z * shape.c > 1024 + 64 * len(whole):
            raise UnreadableFile(f"{self.file.path.name} is damaged: {len(whole)} subblocks cannot make an image of {tuple(shape)}")

    def _place(self, block: Subblock) -> tuple[int, int, int]:
        at = {axis: block.at(axis) - self._first[axis] for axis in "TCZHRI"}
        return (
            at["T"] * self._count["H"] + at["H"],
            at["C"] * self._count["I"] + at["I"],
            at["Z"] * self._count["R"] + at["R"],
        )

    def _canvases_of(self, blocks: list[Subblock], reduction: int, origin: tuple[int, int]) -> dict[tuple[int, int, int], Canvas]:
        sorted_out: dict[tuple[int, int, int], list[Subblock]] = {}
        for block in blocks:
            sorted_out.setdefault(self._place(block), []).append(block)
        return {place: Canvas(found, reduction, origin) for place, found in sorted_out.items()}

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:
        """A part of one plane, put together from the subblocks that touch it."""
        canvas = self._canvases[level].get((t, channel, z))
        if canvas is None:
            return None
        shape = (window.height, window.width, self.samples) if self.samples > 1 else (window.height, window.width)
        out = np.zeros(shape, self.dtype)
        for block, top, left in canvas.touching(window):
            y0, y1 = max(top, window.top), min(top + block.stored_y, window.top + window.height)
            x0, x1 = max(left, window.left), min(left + block.stored_x, window.left + window.width)
            part = Window(y0 - top, x0 - left, y1 - y0, x1 - x0)
            piece = read_subblock(self.file.descriptors, self.file.path, block, part, self.file.token)
            out[y0 - window.top : y1 - window.top, x0 - window.left : x1 - window.left] = piece
        return out


def _natural_chunk(blocks: list[Subblock]) -> tuple[int, int]:
    """The (y, x) cheapest to read: the usual subblock, or a handy tile where any part of one can be read."""
    y, x = blocks[0].stored_y, blocks[0].stored_x
    if blocks[0].compression == UNCOMPRESSED:
        return min(y, 512), min(x, 512)
    return (min(y, _LARGEST_CHUNK), min(x, _LARGEST_CHUNK)) if len(blocks) > 1 else (y, x)


class CziImageFile(OpenedFile):
    """An opened CZI file."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.token = new_token()
        self.descriptors = Descriptors()
        try:
            blocks, xml = read_directory(self.descriptors, path)
            if not blocks:
                raise UnreadableFile(f"{path.name} holds no image: its subblock directory is empty")
            self.metadata = CziMetadata(xml)
            groups: dict[tuple[int, int, int, int], list[Subblock]] = {}
            for block in blocks:
                groups.setdefault((block.at("B"), block.at("V"), block.at("S"), block.pixel_type), []).append(block)
            self.images = tuple(
                CziSource(self, index, scene, found)
                for index, ((_, _, scene, _), found) in enumerate(sorted(groups.items(), key=lambda g: g[0]))
            )
        except BaseException:
            self.close()
            raise
        if any(block.compression == JPEG for block in blocks) or self.metadata.is_lossy:
            self.warnings = ("The pixels were stored with loss (JPEG or JPEG XR): grey values are not as measured",)

    def original_metadata(self) -> dict[str, str]:
        """Every element of ZEN's metadata by its path."""
        return self.metadata.flat()

    def close(self) -> None:
        """Let go of the file."""
        self.descriptors.close()
        forget(self.token)
