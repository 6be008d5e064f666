"""The segments of a CZI file: header, subblock directory, subblocks and metadata, and how subblocks are decoded.

Source: Zeiss' description of the file format (ZISRAW), which is little-endian throughout.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.planes import Array, Window
from micrarium.formats.reader import check_claim
from micrarium.formats.segments import remember

_SEGMENT_BYTES = 32
_ENTRY = struct.Struct("<2siqiiB5xi")
_DIMENSION = struct.Struct("<4siifi")
_LARGEST_XML_BYTES = 512 << 20
#: Notes of planes are some hundred bytes; of longer ones the beginning is read.
_LARGEST_NOTES = 4096

#: NumPy type and samples by ZEN's number of the pixel type.
PIXEL_TYPES = {
    0: ("u1", 1), 1: ("u2", 1), 2: ("f4", 1), 3: ("u1", 3), 4: ("u2", 3), 8: ("f4", 3), 9: ("u1", 4), 10: ("c8", 1),
    11: ("c8", 3), 12: ("u4", 1), 13: ("f8", 1),
}  # fmt: skip
UNCOMPRESSED, JPEG, LZW, JPEG_XR, ZSTD, ZSTD_HILO = 0, 1, 2, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Subblock:
    """One entry of the directory: where a piece of the image lies, in the file and in the image."""

    position: int
    pixel_type: int
    compression: int
    start: dict[str, int]
    size: dict[str, int]
    stored_x: int
    stored_y: int

    def at(self, dimension: str) -> int:
        """Where the piece lies along a dimension."""
        return self.start.get(dimension, 0)

    @property
    def reduction(self) -> int:
        """By how much it is smaller than what it shows: a power of 2 or 3."""
        wide, narrow = max((self.size["X"], self.stored_x), (self.size["Y"], self.stored_y))
        ratio = wide / max(narrow, 1)
        if ratio < 1.5:
            return 1
        known: list[int] = [base**power for base in (2, 3) for power in range(1, 24)]
        return min(known, key=lambda reduction: abs(math.log(ratio / reduction)))


def read_directory(descriptors: Descriptors, path: Path) -> tuple[list[Subblock], str]:
    """All subblocks of a file, and its metadata as XML."""
    if path.stat().st_size < _SEGMENT_BYTES + 80:
        raise UnreadableFile(f"{path.name} is cut short: it ends within its header")
    head = descriptors.read(path, _SEGMENT_BYTES, 80)
    part, directory, metadata = struct.unpack_from("<iqq", head, 48)
    if part:
        raise UnreadableFile(f"{path.name} is part {part} of a file in several parts; open the first")
    data = _read_segment(descriptors, path, directory, b"ZISRAWDIRECTORY")
    (count,) = struct.unpack_from("<i", data)
    blocks: list[Subblock] = []
    place = 128
    for _ in range(count):
        block, place = _parse_entry(data, place)
        blocks.append(block)
    return blocks, _read_metadata(descriptors, path, metadata)


def _read_segment(descriptors: Descriptors, path: Path, position: int, kind: bytes) -> bytes:
    if not 0 < position < path.stat().st_size - _SEGMENT_BYTES:
        raise UnreadableFile(f"{path.name} is cut short or damaged: it has no {kind.decode()} where it should be")
    found, allocated, used = struct.unpack("<16sqq", descriptors.read(path, position, _SEGMENT_BYTES))
    size = used or allocated
    if found.rstrip(b"\0") != kind or not 0 < size <= path.stat().st_size - position:
        raise UnreadableFile(f"{path.name} is cut short or damaged: it has no {kind.decode()} where it should be")
    return descriptors.read(path, position + _SEGMENT_BYTES, size)


def _parse_entry(data: bytes, place: int) -> tuple[Subblock, int]:
    schema, pixel_type, position, _, compression, _, dimensions = _ENTRY.unpack_from(data, place)
    if schema != b"DV" or not 0 < dimensions <= 64:
        raise UnreadableFile(f"the subblock directory is damaged at byte {place}")
    place += _ENTRY.size
    start: dict[str, int] = {}
    size: dict[str, int] = {}
    stored: dict[str, int] = {}
    for name, first, count, _, kept in _DIMENSION.iter_unpack(data[place : place + dimensions * _DIMENSION.size]):
        letter = name.rstrip(b"\0").decode("ascii", "replace")
        start[letter], size[letter], stored[letter] = first, count, kept or count
    if min(size.get("X", 0), size.get("Y", 0), stored.get("X", 0), stored.get("Y", 0)) < 1 or pixel_type not in PIXEL_TYPES:
        raise UnreadableFile(f"the subblock directory is damaged at byte {place}")
    block = Subblock(position, pixel_type, compression, start, size, stored["X"], stored["Y"])
    return block, place + dimensions * _DIMENSION.size


def _read_metadata(descriptors: Descriptors, path: Path, position: int) -> str:
    if position <= 0:
        return ""
    try:
        data = _read_segment(descriptors, path, position, b"ZISRAWMETADATA")
    except UnreadableFile:
        return ""
    (size,) = struct.unpack_from("<i", data)
    return data[256 : 256 + min(size, _LARGEST_XML_BYTES)].decode("utf-8", "replace").strip("\0")


def read_notes(descriptors: Descriptors, path: Path, block: Subblock) -> bytes:
    """The XML beside the pixels of a subblock; empty where there is none."""
    header = _SEGMENT_BYTES + max(256, 16 + _ENTRY.size + len(block.start) * _DIMENSION.size)
    left = path.stat().st_size - block.position
    data = descriptors.read(path, block.position, min(header + _LARGEST_NOTES, max(left, 0)))
    if len(data) < header or data[:14] != b"ZISRAWSUBBLOCK":
        return b""
    (size,) = struct.unpack_from("<i", data, _SEGMENT_BYTES)
    return data[header : header + max(0, size)]


def read_attachment(descriptors: Descriptors, path: Path, name: bytes) -> bytes:
    """The bytes of the attachment of this name, empty where the file has none. Raises ``UnreadableFile`` for a damaged one."""
    (position,) = struct.unpack("<q", descriptors.read(path, _SEGMENT_BYTES + 72, 8))
    if position <= 0:
        return b""
    data = _read_segment(descriptors, path, position, b"ZISRAWATTDIR")
    (count,) = struct.unpack_from("<i", data)
    for number in range(min(max(count, 0), (len(data) - 256) // 128)):
        entry = data[256 + 128 * number : 384 + 128 * number]
        if entry[48:].split(b"\0", 1)[0] == name:
            (where,) = struct.unpack_from("<q", entry, 12)
            return _read_segment(descriptors, path, where, b"ZISRAWATTACH")[256:]
    return b""


def read_subblock(descriptors: Descriptors, path: Path, block: Subblock, window: Window, token: int) -> Array:
    """A part of a subblock's stored pixels, (y, x) or (y, x, sample) in the order red, green, blue."""
    dtype, samples = PIXEL_TYPES[block.pixel_type]
    shape = (block.stored_y, block.stored_x, samples)
    if block.compression == UNCOMPRESSED:
        pixels = _read_rows(descriptors, path, block, window, np.dtype(f"<{dtype}"), samples)
    else:
        whole = remember((token, block.position), lambda: _decode(descriptors, path, block, np.dtype(f"<{dtype}"), shape))
        pixels = whole[window.slices]
    if samples == 1:
        return pixels[..., 0]
    # Colours lie as blue, green, red; JPEG XR names its order itself and comes out as red, green, blue.
    return pixels if block.compression == JPEG_XR else pixels[..., [2, 1, 0, 3][:samples]]


def _find_data(descriptors: Descriptors, path: Path, block: Subblock) -> tuple[int, int]:
    """Where the data of a subblock begin, and how many bytes they are."""
    head = descriptors.read(path, block.position, _SEGMENT_BYTES + 16)
    kind, _, _, metadata_size, _, data_size = struct.unpack("<16sqqiiq", head)
    if kind.rstrip(b"\0") != b"ZISRAWSUBBLOCK":
        raise UnreadableFile(f"{path.name} is cut short or damaged: it has no subblock at byte {block.position}")
    header = max(256, 16 + _ENTRY.size + len(block.start) * _DIMENSION.size)
    return block.position + _SEGMENT_BYTES + header + max(0, metadata_size), data_size


def _read_rows(
    descriptors: Descriptors, path: Path, block: Subblock, window: Window, dtype: np.dtype[np.generic], samples: int
) -> Array:
    start, size = _find_data(descriptors, path, block)
    row_bytes = block.stored_x * samples * dtype.itemsize
    if size < row_bytes * block.stored_y:
        raise UnreadableFile(f"{path.name} is damaged: a subblock holds {size} bytes and needs {row_bytes * block.stored_y}")
    data = descriptors.read(path, start + window.top * row_bytes, window.height * row_bytes)
    rows = np.frombuffer(data, dtype).reshape(window.height, block.stored_x, samples)
    return rows[:, window.left : window.left + window.width]


def _decode(
    descriptors: Descriptors, path: Path, block: Subblock, dtype: np.dtype[np.generic], shape: tuple[int, int, int]
) -> Array:
    import imagecodecs

    start, size = _find_data(descriptors, path, block)
    expected = shape[0] * shape[1] * shape[2] * dtype.itemsize
    check_claim(path, decoded_bytes=expected, stored_bytes=size)
    data = descriptors.read(path, start, size)
    if block.compression == JPEG:
        return np.asarray(imagecodecs.jpeg_decode(data)).reshape(shape)
    if block.compression == JPEG_XR:
        return np.asarray(imagecodecs.jpegxr_decode(data)).reshape(shape)
    if block.compression == LZW:
        raw = imagecodecs.lzw_decode(data, out=expected)
    elif block.compression == ZSTD:
        raw = imagecodecs.zstd_decode(data, out=expected)
    elif block.compression == ZSTD_HILO:
        raw = _decode_hilo(data, expected)
    else:
        raise UnreadableFile(f"{path.name} holds pixels in compression {block.compression}, which cannot be read")
    return np.frombuffer(raw, dtype, count=shape[0] * shape[1] * shape[2]).reshape(shape)


def _decode_hilo(data: bytes, expected: int) -> bytes:
    """Zstandard behind a small header, which may say that low and high bytes were parted."""
    import imagecodecs

    header = data[0]
    is_parted = header >= 3 and data[1] == 1 and bool(data[2] & 1)
    raw = imagecodecs.zstd_decode(data[header:], out=expected)
    if not is_parted:
        return bytes(raw)
    halves = np.frombuffer(raw, np.uint8).reshape(2, -1)
    return np.ascontiguousarray(halves.T).tobytes()
