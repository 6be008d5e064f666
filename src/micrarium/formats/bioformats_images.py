"""The images that Bio-Formats finds in a file: its series with their resolutions, described by the OME-XML it makes."""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats.bioformats_process import BIOFORMATS
from micrarium.formats.ome_xml import OmeDocument, parse_ome_xml
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.geometry import Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

_TYPES = {"bit": "u1", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4",
          "float": "f4", "double": "f8", "complex": "c8", "double-complex": "c16"}  # fmt: skip
#: An answer of the process holds at most so many bytes.
_STEP_BYTES = 32 << 20
_LARGEST_CHUNK_BYTES = 4 << 20
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BioFormatsSource(PlaneSource):
    """One series of a file."""

    file: BioFormatsFile

    def __init__(self, file: BioFormatsFile, index: int, told: dict[str, Any], about: ImageDescription) -> None:
        super().__init__(file, index)
        self._together: int = max(1, told["samples"])
        self.samples = self._together if self._together in (3, 4) else 1
        self._is_interleaved: bool = told["is_interleaved"]
        order = "<" if told["is_little_endian"] else ">"
        try:
            self._stored = np.dtype(order + _TYPES[told["type"]])
        except KeyError:
            raise UnsupportedFormat(f"{file.path.name} has pixels of the type {told['type']}, which is not known here") from None
        self.dtype = self._stored.newbyteorder("=")
        self._numbers, sizes = self._kept_levels(told["levels"])
        self.levels = plane_levels(sizes, samples=self.samples)
        self.description = self._complete(about, is_thumbnail=told["is_thumbnail"])

    def _kept_levels(self, levels: list[dict[str, Any]]) -> tuple[list[int], list[tuple[Size, tuple[int, int]]]]:
        """The resolutions that shrink in step with the first, and their shapes and chunks."""
        numbers: list[int] = []
        sizes: list[tuple[Size, tuple[int, int]]] = []
        for number, level in enumerate(levels):
            t, channels, z, y, x = level["shape"]
            shape = Size(t, channels * self._together, z, y, x)
            if min(shape) < 1:
                raise UnreadableFile(f"{self.file.path.name} is damaged: Bio-Formats reads the size {'x'.join(map(str, shape))}")
            above = sizes[-1][0] if sizes else None
            if above is not None and (shape[:2] != above[:2] or shape.x > above.x or shape.y > above.y or shape == above):
                continue
            numbers.append(number)
            sizes.append((shape, self._chunk(shape, tuple(level["tile"]))))
        return numbers, sizes

    def _chunk(self, shape: Size, tile: tuple[int, ...]) -> tuple[int, int]:
        """The tile that Bio-Formats likes to read, neither a single row nor the whole of a large plane."""
        height, width = (max(1, min(size, whole)) for size, whole in zip(tile, shape[3:], strict=True))
        pixel_bytes = self._stored.itemsize * self._together
        if width * pixel_bytes * min(height, 64) > _LARGEST_CHUNK_BYTES:
            width = min(width, 1024)
        most = max(1, _LARGEST_CHUNK_BYTES // (width * pixel_bytes))
        return min(max(height, min(64, shape.y)), most), width

    def _complete(self, about: ImageDescription, *, is_thumbnail: bool) -> ImageDescription:
        count = self.shape.c // self.samples
        channels = [*about.channels[:count], *[ChannelDescription()] * (count - len(about.channels))]
        name = about.name or (self.file.path.name if self.index == 0 else f"{self.file.path.name} {self.index + 1}")
        return replace(about, name=name, channels=tuple(channels), is_thumbnail=is_thumbnail or about.is_thumbnail)

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:
        """A part of one plane, asked for in bands."""
        plane, sample = (channel, None) if self.samples > 1 else divmod(channel, self._together)
        top, left, height, width = window
        rows = max(1, _STEP_BYTES // max(1, width * self._together * self._stored.itemsize))
        bands = []
        for start in range(0, height, rows):
            band = Window(top + start, left, min(rows, height - start), width)
            bands.append(self._read_band(level, (t, plane, z), band))
        whole = bands[0] if len(bands) == 1 else np.concatenate(bands)
        return whole if sample is None else whole[..., sample]

    def _read_band(self, level: int, plane: tuple[int, int, int], window: Window) -> Array:
        data = self.file.ask(
            "read", series=self.index, level=self._numbers[level], plane=plane, window=[*window],
        )[1]  # fmt: skip
        _, _, height, width = window
        count, together = height * width * self._together, self._together
        if len(data) != count * self._stored.itemsize:
            raise UnreadableFile(
                f"{self.file.path.name} is damaged: Bio-Formats gave {len(data)} bytes for {height} by {width} pixels"
            )
        pixels: Array = np.frombuffer(data, self._stored)
        if self._is_interleaved:
            return pixels.reshape(height, width, together)
        return np.moveaxis(pixels.reshape(together, height, width), 0, -1)


class BioFormatsFile(OpenedFile):
    """A file opened by Bio-Formats in its process; when that was ended, the next request opens it again."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self._key = uuid.uuid4().hex
        self._is_closed = False
        try:
            told, data = self.ask("open")
            self.files = self._checked_files(told["files"])
            self._xml = _NOT_XML.sub("", data.decode("utf-8", "replace"))
            self._format = str(told["format"])
            document = self._document()
            self.plates = () if document is None else document.plates
            about = [] if document is None else [image.description for image in document.images]
            about += [ImageDescription()] * (len(told["series"]) - len(about))
            self.images = tuple(
                BioFormatsSource(self, number, one, self._placed(about[number])) for number, one in enumerate(told["series"])
            )
        except BaseException:
            self.close()
            raise
        if not self.images:
            self.close()
            raise UnreadableFile(f"{path.name} holds no image, says Bio-Formats")

    def ask(self, do: str, **values: Any) -> tuple[dict[str, Any], bytearray]:
        """Bio-Formats' answer about this file."""
        if self._is_closed:
            raise UnreadableFile(f"{self.path.name} was closed")
        return BIOFORMATS.ask(do, self.path, key=self._key, **values)

    def _document(self) -> OmeDocument | None:
        try:
            return parse_ome_xml(self._xml) if self._xml else None
        except UnreadableFile as error:
            self.warnings = (f"What Bio-Formats says of the images cannot be read: {error.detail}",)
            return None

    def _placed(self, about: ImageDescription) -> ImageDescription:
        """A description without a place on a plate that is not there."""
        return about if about.well is None or about.well.plate < len(self.plates) else replace(about, well=None)

    def _checked_files(self, named: list[str]) -> tuple[Path, ...]:
        """The files of the fileset. Raises ``UnsupportedFormat`` for files elsewhere: a file must not show what lies beside it."""
        folder = self.path.resolve().parent
        found = dict.fromkeys([self.path])
        for name in named:
            file = Path(name)
            if not file.is_absolute() or not file.is_file() or file.resolve() == self.path.resolve():
                continue
            if not file.resolve().is_relative_to(folder):
                told = f"{self.path.name} belongs together with files outside of its folder, such as {file.name}"
                raise UnsupportedFormat(f"{told}; open the one that lies uppermost")
            found[file] = None
        return tuple(found)

    def original_metadata(self) -> dict[str, str]:
        """What Bio-Formats found in the file beside OME's terms, of the file and of each series."""
        told = self.ask("metadata")[0]["metadata"]
        return {"Format": self._format} | {str(key): str(value) for key, value in told.items()}

    def ome_xml(self) -> str | None:
        """The OME-XML that Bio-Formats makes of the file."""
        return self._xml or None

    def close(self) -> None:
        """Let go of the file there."""
        if not self._is_closed:
            if BIOFORMATS.is_running:
                with suppress(UnreadableFile):
                    BIOFORMATS.ask("close", self.path, key=self._key)
            self._is_closed = True
