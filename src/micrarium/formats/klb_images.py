"""The image of a KLB file: its header, the table of where its blocks end, and the blocks, x first and t last.

Layout: "imageHeaderFormat.txt" of the Keller Lab's own library.
"""

from __future__ import annotations

import bz2
import struct
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.klb import HEADER_BYTES
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.reader import check_claim
from micrarium.formats.segments import forget, new_token, remember
from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

_TYPES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8")
_COMPRESSIONS = ("none", "bzip2", "zlib")
_LARGEST_BLOCK_BYTES = 1 << 30


class KlbSource(PlaneSource):
    """The image of a KLB file."""

    file: KlbFile

    def __init__(self, file: KlbFile, description: ImageDescription) -> None:
        super().__init__(file, 0)
        self.dtype = file.dtype.newbyteorder("=")
        x, y, z, c, t = file.sizes
        chunk = file.blocks[1], file.blocks[0]
        self.levels = plane_levels([(Size(t, c, z, y, x), chunk)], samples=1)
        self.description = description

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array:  # noqa: ARG002 (one level)
        """A part of one plane, from the blocks it touches."""
        across, down, deep, channels, times = self.file.blocks
        out = np.empty((window.height, window.width), self.file.dtype)
        for row in range(window.top // down, -(-(window.top + window.height) // down)):
            for column in range(window.left // across, -(-(window.left + window.width) // across)):
                block = self.file.block((column, row, z // deep, channel // channels, t // times))
                plane = block[t % times, channel % channels, z % deep]
                top, left = row * down, column * across
                y0, y1 = max(top, window.top), min(top + plane.shape[0], window.top + window.height)
                x0, x1 = max(left, window.left), min(left + plane.shape[1], window.left + window.width)
                out[y0 - window.top : y1 - window.top, x0 - window.left : x1 - window.left] = plane[
                    y0 - top : y1 - top, x0 - left : x1 - left
                ]
        return out


class KlbFile(OpenedFile):
    """An opened KLB file: one image. ``sizes`` and ``blocks`` are those of the image and of a block along x, y, z, c and t."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.descriptors = Descriptors()
        self.token = new_token()
        header = self.descriptors.read(path, 0, HEADER_BYTES)
        self.sizes, self.blocks = struct.unpack_from("<5I", header, 1), struct.unpack_from("<5I", header, 299)
        pixel_sizes = struct.unpack_from("<5f", header, 21)
        kind, self._compression = header[41], header[42]
        if kind >= len(_TYPES) or self._compression >= len(_COMPRESSIONS) or min(*self.sizes, *self.blocks) < 1:
            raise UnreadableFile(f"{path.name} is damaged: its header names no size, type or compression that there is")
        self.blocks = tuple(min(block, size) for block, size in zip(self.blocks, self.sizes, strict=True))
        self.dtype = np.dtype(f"<{_TYPES[kind]}")
        self._counts = [-(-size // block) for size, block in zip(self.sizes, self.blocks, strict=True)]
        stored = path.stat().st_size
        if prod(self.blocks) * self.dtype.itemsize > _LARGEST_BLOCK_BYTES or prod(self._counts) * 8 > stored:
            raise UnreadableFile(f"{path.name} is damaged: it claims {prod(self._counts)} blocks of {self.blocks} pixels")
        check_claim(path, decoded_bytes=prod(self.sizes) * self.dtype.itemsize, stored_bytes=stored)
        self._first = HEADER_BYTES + 8 * prod(self._counts)
        self._ends = np.frombuffer(self.descriptors.read(path, HEADER_BYTES, 8 * prod(self._counts)), "<u8")
        self._notes = {
            "pixel size": ", ".join(map(str, pixel_sizes)),
            "block size": ", ".join(map(str, self.blocks)),
            "compression": _COMPRESSIONS[self._compression],
            "metadata": header[43:299].split(b"\0")[0].decode("latin-1"),
        }
        self.images = (KlbSource(self, self._describe(pixel_sizes)),)

    def _describe(self, pixel_sizes: tuple[float, ...]) -> ImageDescription:
        found: dict[str, Any] = {"name": self.path.stem, "channels": (ChannelDescription(),) * self.sizes[3]}
        # Sizes of exactly 1 are what the library writes for an image that was never measured.
        if pixel_sizes[:3] != (1.0, 1.0, 1.0):
            for axis, size in zip("xyz", pixel_sizes, strict=False):
                found[f"physical_size_{axis}"] = Quantity(size, "µm") if np.isfinite(size) and size > 0 else None
        if self.sizes[4] > 1 and np.isfinite(pixel_sizes[4]) and pixel_sizes[4] > 0 and pixel_sizes[4] != 1.0:
            found["time_increment"] = Quantity(pixel_sizes[4], "s")
        return ImageDescription(**found)

    def block(self, place: tuple[int, int, int, int, int]) -> Array:
        """The block at a place along x, y, z, c and t, with axes ``tczyx``; blocks at the far edges are smaller."""
        number = 0
        for index, count in zip(reversed(place), reversed(self._counts), strict=True):
            number = number * count + index
        return remember((self.token, number), lambda: self._decode(number, place))

    def _decode(self, number: int, place: tuple[int, ...]) -> Array:
        begin, end = int(self._ends[number - 1]) if number else 0, int(self._ends[number])
        limits = zip(place, self.blocks, self.sizes, strict=True)
        shape = [min(block, size - index * block) for index, block, size in limits][::-1]
        expected = prod(shape) * self.dtype.itemsize
        if not 0 < end - begin <= self.path.stat().st_size:
            raise UnreadableFile(f"{self.path.name} is damaged: block {number} reaches from {begin} to {end}")
        data = self.descriptors.read(self.path, self._first + begin, end - begin)
        if self._compression:  # no more is decompressed than a block holds
            packed = bz2.BZ2Decompressor() if self._compression == 1 else zlib.decompressobj()
            data = packed.decompress(data, expected)
        if len(data) < expected:
            raise UnreadableFile(f"{self.path.name} is damaged: block {number} holds {len(data)} of {expected} bytes")
        return np.frombuffer(data, self.dtype, prod(shape)).reshape(shape)

    def original_metadata(self) -> dict[str, str]:
        """What the header says beside sizes and types."""
        return self._notes

    def close(self) -> None:
        """Let go of the file."""
        self.descriptors.close()
        forget(self.token)
