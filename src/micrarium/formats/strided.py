"""Planes whose pixels lie uncompressed at even steps in a file: read a few rows at a time, whichever axis is fastest."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.spooling import Spool
from micrarium.geometry import Size
from micrarium.pixels.source import ImageDescription

_STEP_BYTES = 8 << 20
_CHUNK = 512


class StoredBytes(Protocol):
    """Bytes that are read at given places."""

    def read(self, path: Path, offset: int, size: int, /) -> bytes:
        """``size`` bytes from ``offset`` on."""


def read_strided(
    descriptors: StoredBytes, path: Path, start: int, dtype: np.dtype[Any], steps: tuple[int, int], window: Window
) -> Array:
    """A part (y, x) of a plane whose first pixel lies at ``start``; ``steps`` are the bytes from row to row and pixel to pixel."""
    down, across = steps
    if across > down and window.width > 1:  # columns lie together, as in Fortran's order
        turned = Window(window.left, window.top, window.width, window.height)
        return read_strided(descriptors, path, start, dtype, (across, down), turned).T
    start += window.top * down + window.left * across
    together = window.height * down
    if (down, across) == (window.width * dtype.itemsize, dtype.itemsize) and together <= _STEP_BYTES:
        return np.frombuffer(descriptors.read(path, start, together), dtype).reshape(window.height, window.width)
    out = np.empty((window.height, window.width), dtype)
    columns = max(1, _STEP_BYTES // max(across, 1))
    for left in range(0, window.width, columns):
        width = min(columns, window.width - left)
        row_bytes = (width - 1) * across + dtype.itemsize
        rows = max(1, _STEP_BYTES // max(down, row_bytes))
        for top in range(0, window.height, rows):
            height = min(rows, window.height - top)
            data = descriptors.read(path, start + top * down + left * across, (height - 1) * down + row_bytes)
            piece = np.ndarray((height, width), dtype, buffer=data, strides=(down, across))
            out[top : top + height, left : left + width] = piece
    return out


@dataclass(frozen=True, slots=True)
class Block:
    """An array in one run of bytes: its shape, its type in the file's byte order, and the bytes of a step along ``tczyx``.

    ``samples`` of a pixel are folded into ``c``; ``order`` says at which of them each colour lies.
    """

    start: int
    shape: Size
    steps: Size
    dtype: np.dtype[Any]
    samples: int = 1
    order: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """The first byte behind the array."""
        return self.start + sum((n - 1) * step for n, step in zip(self.shape, self.steps, strict=True)) + self.dtype.itemsize


def packed_block(start: int, shape: Size, dtype: np.dtype[Any], axes: str = "tczyx", samples: int = 1) -> Block:
    """An array without gaps whose axes lie in this order, the slowest first."""
    sizes = dict(zip("tczyx", shape, strict=True))
    steps = {axis: dtype.itemsize * prod(sizes[faster] for faster in axes[n + 1 :]) for n, axis in enumerate(axes)}
    return Block(start, shape, Size(*(steps[axis] for axis in "tczyx")), dtype, samples)


class StridedFile(OpenedFile):
    """An opened file whose pixels lie uncompressed."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.descriptors: Descriptors | Spool = Descriptors()

    def close(self) -> None:
        """Let go of the file."""
        self.descriptors.close()


class BlockSource(PlaneSource):
    """An image whose planes lie uncompressed in one block; a format whose planes lie elsewhere says so in ``place``."""

    file: StridedFile

    def __init__(
        self, file: StridedFile, index: int, block: Block, description: ImageDescription, spool: Spool | None = None
    ) -> None:
        super().__init__(file, index)
        self._bytes = spool or file.descriptors
        if min(block.shape) < 1 or min(block.steps) < 0 or block.start < 0:
            raise UnreadableFile(f"{file.path.name} is damaged: an image of it claims the size {'x'.join(map(str, block.shape))}")
        self.block = block
        self.samples = block.samples
        self.dtype = np.dtype(np.uint8) if block.dtype.kind == "b" else block.dtype.newbyteorder("=")
        self.levels = plane_levels([(block.shape, (_CHUNK, _CHUNK))], samples=block.samples)
        self.description = description

    def place(self, t: int, c: int, z: int) -> int | None:
        """Where the first pixel of a plane lies in the file; None for a plane that it does not hold."""
        steps = self.block.steps
        return self.block.start + t * steps.t + c * steps.c + z * steps.z

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (one level)
        """A part of one plane."""
        place, block = self.place(t, channel * self.samples, z), self.block
        if place is None:
            return None
        steps = (block.steps.y, block.steps.x)
        starts = [place + sample * block.steps.c for sample in block.order or range(block.samples)]
        parts = [read_strided(self._bytes, self.file.path, start, block.dtype, steps, window) for start in starts]
        return parts[0] if len(parts) == 1 else np.stack(parts, axis=2)


def check_holds(path: Path, block: Block, size: int) -> None:
    """Raises ``UnreadableFile`` when a file of so many bytes ends before the block does."""
    if min(block.shape) > 0 and block.end > size:
        raise UnreadableFile(f"{path.name} is cut short: its header asks for {block.end} bytes and it has {size}")
