"""ETS files: tiles of planes, of one size and compression, found by a table of their coordinates.

Source: no specification is public; the layout is the one that Bio-Formats and SlideIO have found out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.dicom_codecs import jpeg2000_size, jpeg_size
from micrarium.formats.planes import Array
from micrarium.formats.reader import check_claim
from micrarium.formats.vsi import ETS_MAGIC

_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "i8", 8: "u8", 9: "f4", 10: "f8"}
_RAW, _JPEG, _JPEG_2000, _LOSSLESS, _PNG, _BMP = 0, 2, 3, 5, 8, 9
_CODECS = (_RAW, _JPEG, _JPEG_2000, _LOSSLESS, _PNG, _BMP)
_LARGEST_TILE_BYTES = 256 << 20
_MOST_DIMENSIONS = 16
_BLUE_FIRST = 1


@dataclass(frozen=True, slots=True)
class EtsTable:
    """What an ETS file says of itself: one row of ``coordinates`` (x, y, ..., level where it has levels) for each tile."""

    path: Path
    dtype: np.dtype[Any]
    samples: int
    compression: int
    width: int
    height: int
    is_blue_first: bool
    has_levels: bool
    background: Array
    coordinates: np.ndarray[Any, np.dtype[np.int32]]
    places: np.ndarray[Any, np.dtype[np.int64]]
    sizes: np.ndarray[Any, np.dtype[np.uint32]]

    @property
    def levels(self) -> int:
        """How many resolutions there are."""
        return int(self.coordinates[:, -1].max(initial=0)) + 1 if self.has_levels else 1

    @property
    def further(self) -> int:
        """How many dimensions there are beside x, y and the resolution."""
        return int(self.coordinates.shape[1]) - 2 - self.has_levels

    def extent(self, level: int = 0) -> tuple[int, ...]:
        """How many tiles a resolution has along each dimension."""
        rows = self.coordinates[self.coordinates[:, -1] == level] if self.has_levels else self.coordinates
        return tuple(int(most) + 1 for most in rows.max(axis=0)) if len(rows) else ()


def read_table(path: Path) -> EtsTable:
    """The table of an ETS file. Raises ``UnreadableFile`` for a damaged one, ``UnsupportedFormat`` for unknown compressions."""
    more, rows = _read_parts(path)
    kind, samples, _, compression, _, width, height = struct.unpack_from("<7I", more, 8)
    order, has_levels = struct.unpack_from("<II", more, 148)
    dtype = np.dtype("<" + _TYPES.get(kind, "u1"))
    if kind not in _TYPES or not 1 <= samples <= 4 or not width * height or rows["at"].min() < 0 or rows["at"].max() > 1 << 24:
        raise UnreadableFile(f"{path.name} is damaged: its tiles are said to have {samples} samples of {width} by {height}")
    if width * height * samples * dtype.itemsize > _LARGEST_TILE_BYTES:
        raise UnreadableFile(f"{path.name} is damaged: its tiles are said to be {width} by {height} pixels large")
    if compression not in _CODECS:
        raise UnsupportedFormat(f"{path.name} has tiles in a compression that is not known here (number {compression})")
    return EtsTable(
        path=path,
        dtype=dtype,
        samples=samples,
        compression=compression,
        width=width,
        height=height,
        is_blue_first=order == _BLUE_FIRST and compression == _RAW and samples >= 3,
        has_levels=has_levels != 0 and rows["at"].shape[1] > 2,
        background=np.frombuffer(more[108 : 108 + samples * dtype.itemsize], dtype),
        coordinates=rows["at"],
        places=rows["place"],
        sizes=rows["size"],
    )


def _read_parts(path: Path) -> tuple[bytes, Any]:
    """The second header and the table of an ETS file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(64).ljust(64, b"\0")
        magic, _, _, dimensions, at, _, _, table_at, count = struct.unpack_from("<4sIIIQIIQI", head)
        if magic != ETS_MAGIC or not 2 <= dimensions <= _MOST_DIMENSIONS or at > size:
            raise UnreadableFile(f"{path.name} is damaged: it is no ETS file of cellSens")
        file.seek(at)
        more = file.read(232)
        if more[:4] != b"ETS\0" or len(more) < 156:
            raise UnreadableFile(f"{path.name} is damaged or cut short: its second header is not where it should be")
        record = np.dtype([("_", "<u4"), ("at", "<i4", (dimensions,)), ("place", "<i8"), ("size", "<u4"), ("__", "<u4")])
        if not count or count * record.itemsize > size - min(table_at, size):
            raise UnreadableFile(f"{path.name} is damaged or cut short: its table of {count} tiles is not in it")
        file.seek(table_at)
        return more, np.frombuffer(file.read(count * record.itemsize), record)


def read_tile(descriptors: Descriptors, table: EtsTable, number: int) -> Array:
    """The pixels (y, x, sample) of a tile, decoded. Raises ``UnreadableFile``."""
    stored = int(table.sizes[number])
    shape = (table.height, table.width, table.samples)
    decoded = table.width * table.height * table.samples * table.dtype.itemsize
    if stored > 2 * decoded + (1 << 20):
        raise UnreadableFile(f"{table.path.name} is damaged: a tile claims {stored} bytes")
    data = descriptors.read(table.path, int(table.places[number]), decoded if table.compression == _RAW else stored)
    if table.compression == _RAW:
        pixels = np.frombuffer(data, table.dtype).reshape(shape)
        return pixels[..., [2, 1, 0, *range(3, table.samples)]] if table.is_blue_first else pixels
    check_claim(table.path, decoded_bytes=decoded, stored_bytes=stored)
    pixels = _decode(table, data)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.shape != shape or pixels.dtype.itemsize != table.dtype.itemsize:
        told = f"{pixels.shape[1]} by {pixels.shape[0]} pixels of {pixels.shape[2]} samples"
        raise UnreadableFile(f"{table.path.name} is damaged: a tile has {told}, and it should have {shape[1]} by {shape[0]}")
    return pixels.view(table.dtype.newbyteorder("="))


def _decode(table: EtsTable, data: bytes) -> Array:
    import imagecodecs

    size = _size(table.compression, data)
    if size != (table.height, table.width):
        raise UnreadableFile(f"{table.path.name} is damaged: a tile is of another size than its header says")
    if table.compression in (_JPEG, _LOSSLESS):
        if data.rfind(b"\xff\xd9") < 0:  # libjpeg would fill up with grey
            raise UnreadableFile(f"{table.path.name} is cut short: a tile has no end mark")
        return np.asarray(imagecodecs.jpeg_decode(data))
    decode = {_JPEG_2000: imagecodecs.jpeg2k_decode, _PNG: imagecodecs.png_decode, _BMP: imagecodecs.bmp_decode}
    return np.asarray(decode[table.compression](data))


def _size(compression: int, data: bytes) -> tuple[int, int] | None:
    """Rows and columns of a tile by its own header, looked at before anything is decoded."""
    if compression == _JPEG_2000:
        return jpeg2000_size(data)
    if compression in (_JPEG, _LOSSLESS):
        return jpeg_size(data)
    if len(data) < 26:
        return None
    columns, rows = struct.unpack_from(">II", data, 16) if compression == _PNG else struct.unpack_from("<ii", data, 18)
    return abs(rows), columns
