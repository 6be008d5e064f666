"""The one image of a PNG or JPEG file: its header parsed here, its pixels decoded by imagecodecs."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.raster import JPEG_MAGIC, PNG_MAGIC
from micrarium.formats.reader import check_claim
from micrarium.formats.segments import forget, new_token, remember
from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

_LARGEST_DECODED_BYTES = 8 << 30
_LARGEST_MEASURED_UM = 10.0
_MOST_CHUNKS = 100_000
_PNG_SAMPLES = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_CHANNELS = {1: ("",), 2: ("Grey", "Alpha"), 3: ("RGB",), 4: ("RGBA",)}
_CMYK = ("Cyan", "Magenta", "Yellow", "Black")


@dataclass(slots=True)
class Header:
    """What the header of a picture says."""

    kind: str
    width: int = 0
    height: int = 0
    samples: int = 1
    bits: int = 8
    pixel_um: tuple[float, float] | None = None
    date: datetime | None = None
    notes: dict[str, str] = field(default_factory=dict)
    #: Where the coded pixels of a JPEG begin.
    scan: int = 0


def read_header(path: Path) -> Header:
    """The header of a PNG or JPEG file. Raises ``UnreadableFile`` when it is damaged or cut short."""
    with path.open("rb") as file:
        head = file.read(8)
        header = _read_png(file) if head == PNG_MAGIC else _read_jpeg(file) if head.startswith(JPEG_MAGIC) else Header("")
    if header.width < 1 or header.height < 1:
        raise UnreadableFile(f"{path.name} is damaged or cut short: its header gives no size")
    return header


def _read_png(file: BinaryIO) -> Header:
    header = Header("PNG")
    for _ in range(_MOST_CHUNKS):
        length, kind = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))
        if kind in (b"IDAT", b"IEND", b"\0\0\0\0") or length > 16 << 20:
            break
        data = file.read(length)
        file.seek(4, 1)
        if kind == b"IHDR":
            header.width, header.height, depth, color = struct.unpack_from(">IIBB", data)
            header.samples, header.bits = _PNG_SAMPLES.get(color, 0), 16 if depth == 16 else 8
        elif kind == b"tRNS":
            header.samples = 4 if header.samples == 3 else 2
        elif kind == b"pHYs":
            x, y, unit = struct.unpack(">IIB", data)
            header.pixel_um = (1e6 / x, 1e6 / y) if unit == 1 and x and y else None
        elif kind == b"tIME":
            year, month, day, hour, minute, second = struct.unpack(">HBBBBB", data)
            header.date = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            _read_png_text(kind, data, header.notes)
    return header


def _read_png_text(kind: bytes, data: bytes, notes: dict[str, str]) -> None:
    key, _, text = data.partition(b"\0")
    if kind == b"zTXt":
        text = zlib.decompressobj().decompress(text[1:], 1 << 20)
    elif kind == b"iTXt":
        compressed, (_, _, text) = text[:1] == b"\1", text[2:].split(b"\0", 2)
        text = zlib.decompressobj().decompress(text, 1 << 20) if compressed else text
    notes[key.decode("latin-1")] = text.decode("utf-8" if kind == b"iTXt" else "latin-1", "replace")


def _read_jpeg(file: BinaryIO) -> Header:
    header = Header("JPEG")
    file.seek(2)
    for _ in range(_MOST_CHUNKS):
        mark = file.read(1)
        if mark != b"\xff":
            break
        while mark == b"\xff":
            mark = file.read(1)
        if not mark or mark in b"\xd8\xd9\xda":
            header.scan = file.tell()
            break
        (length,) = struct.unpack(">H", file.read(2).ljust(2, b"\0"))
        data = file.read(max(0, length - 2))
        if 0xC0 <= mark[0] <= 0xCF and mark not in b"\xc4\xc8\xcc":
            header.bits, header.height, header.width, header.samples = struct.unpack_from(">BHHB", data)
        elif mark == b"\xe0" and data.startswith(b"JFIF\0"):
            unit, x, y = struct.unpack_from(">BHH", data, 7)
            size = {1: 25400.0, 2: 10000.0}.get(unit)
            header.pixel_um = (size / x, size / y) if size and x and y else None
        elif mark == b"\xfe":
            header.notes["Comment"] = data.decode("utf-8", "replace").strip("\0")
    return header


class RasterSource(PlaneSource):
    """The image of a PNG or JPEG file."""

    file: RasterFile

    def __init__(self, file: RasterFile, header: Header) -> None:
        super().__init__(file, 0)
        self._header = header
        names = _CMYK if header.kind == "JPEG" and header.samples == 4 else _CHANNELS[header.samples]
        self.samples = header.samples // len(names)
        self.dtype = np.dtype(np.uint16 if header.bits > 8 else np.uint8)
        shape = Size(1, header.samples, 1, header.height, header.width)
        self.levels = plane_levels([(shape, (header.height, header.width))], samples=self.samples)
        fine = header.pixel_um is not None and max(header.pixel_um) <= _LARGEST_MEASURED_UM
        size_x, size_y = header.pixel_um if header.pixel_um is not None and fine else (None, None)
        self.description = ImageDescription(
            name=file.path.stem,
            description=header.notes.get("Description", header.notes.get("Comment", "")),
            acquisition_date=header.date,
            physical_size_x=Quantity(size_x, "µm") if size_x else None,
            physical_size_y=Quantity(size_y, "µm") if size_y else None,
            channels=tuple(ChannelDescription(name=name) for name in names),
        )

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array:  # noqa: ARG002 (one plane)
        """A part of the picture; all of it is decoded once."""
        whole = remember((self.file.token, "picture"), self._decode)
        part = whole[window.slices]
        return part[..., channel] if part.ndim == 3 and self.samples == 1 else part

    def _decode(self) -> Array:
        import imagecodecs

        path, header = self.file.path, self._header
        data = self.file.descriptors.read(path, 0, path.stat().st_size)
        is_png = header.kind == "PNG"
        if not is_png and data.find(b"\xff\xd9", header.scan) < 0:  # libjpeg would fill up with grey
            raise UnreadableFile(f"{path.name} is cut short: it has no end mark")
        decoded = np.asarray(imagecodecs.png_decode(_bare_png(path, data)) if is_png else imagecodecs.jpeg_decode(data))
        if decoded.shape[:2] != (header.height, header.width) or (decoded.shape[2:] or (1,)) != (header.samples,):
            raise UnreadableFile(f"{path.name} is damaged: its pixels do not fit its header")
        return decoded if decoded.ndim == 2 or header.samples > 1 else decoded[..., 0]


def _bare_png(path: Path, data: bytes) -> bytes:
    """The PNG with nothing but what its pixels need, checked: libpng prints its complaints and decodes on."""
    parts, place, view = [PNG_MAGIC], len(PNG_MAGIC), memoryview(data)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            if end > len(data) or zlib.crc32(view[place + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
                raise UnreadableFile(f"{path.name} is damaged: the checksum at byte {place} is wrong")
            parts.append(bytes(view[place:end]))
        if kind == b"IEND":
            return b"".join(parts)
        place = end
    raise UnreadableFile(f"{path.name} is cut short: it has no end mark")


class RasterFile(OpenedFile):
    """An opened PNG or JPEG file."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        header = read_header(path)
        if header.samples not in _CHANNELS:
            raise UnreadableFile(f"{path.name} has {header.samples} samples a pixel, which no {header.kind} has")
        decoded_bytes = header.width * header.height * header.samples * (2 if header.bits > 8 else 1)
        check_claim(path, decoded_bytes=decoded_bytes, stored_bytes=path.stat().st_size)
        if decoded_bytes > _LARGEST_DECODED_BYTES:
            raise UnreadableFile(f"{path.name} holds {decoded_bytes >> 30} GiB of pixels, more than can be decoded at once")
        self.descriptors = Descriptors()
        self.token = new_token()
        self._header = header
        self.images = (RasterSource(self, header),)
        if header.kind == "JPEG":
            self.warnings = ("The pixels were stored with loss (JPEG): grey values are not as measured",)

    def original_metadata(self) -> dict[str, str]:
        """What the picture's text notes say."""
        header = self._header
        return {"Format": header.kind, "Bits per sample": str(header.bits), "Samples per pixel": str(header.samples)} | header.notes

    def close(self) -> None:
        """Let go of the file."""
        self.descriptors.close()
        forget(self.token)
