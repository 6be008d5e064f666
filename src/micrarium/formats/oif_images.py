"""The images of FluoView's files: planes by the numbers in the names of their TIFFs."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from micrarium.errors import UnreadableFile
from micrarium.formats.compound import CompoundFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.oif_settings import describe, flat_settings, parse_settings
from micrarium.formats.opening import read_head
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.reader import check_claim
from micrarium.formats.segments import forget, new_token, remember
from micrarium.geometry import Size

_PLACES = re.compile(r"([A-Z])(\d{3,})")
_LARGEST_SETTINGS_BYTES = 16 << 20
_MOST_STEPS = 1_000_000


class OifSource(PlaneSource):
    """One series of planes."""

    file: OifFile

    def __init__(self, file: OifFile, index: int, name: str, planes: dict[tuple[int, int, int], str], letters: set[str]) -> None:
        super().__init__(file, index)
        self._planes = planes
        first = file.plane_header(next(iter(planes.values())))
        self.dtype = first.dtype
        t, c, z = (max(place[axis] for place in planes) + 1 for axis in range(3))
        if t * c * z > _MOST_STEPS:
            raise UnreadableFile(f"{file.path.name} is damaged: its planes are numbered up to {t}, {c} and {z}")
        shape = Size(t, c, z, *first.shape)
        self.levels = plane_levels([(shape, first.shape)], samples=1)
        self.description = describe(name, file.settings, shape, has_wavelengths="L" in letters and t > 1)

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (one level)
        """A part of one plane; planes that were never taken read as zeros."""
        name = self._planes.get((t, channel, z))
        if name is None:
            return None
        plane = remember((self.file.token, name), lambda: self.file.decode_plane(name))
        if plane.shape != self.shape[3:] or plane.dtype != self.dtype:
            raise UnreadableFile(f"{self.file.path.name} is damaged: {name} is of another size or type than the first plane")
        return plane[window.slices]


class OifFile(OpenedFile):
    """An opened OIF or OIB fileset."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.token = new_token()
        self.descriptors = Descriptors()
        try:
            is_settings = read_head(path).startswith(b"\xff\xfe")
            self._parts = self._beside(path) if is_settings else self._within(path)
            self._open_series()
        except BaseException:
            self.close()
            raise

    def _beside(self, path: Path) -> dict[str, Path | str]:
        """The TIFFs in the folder of an OIF file."""
        folder = path.with_name(f"{path.name}.files")
        if not folder.is_dir():
            raise UnreadableFile(f"{path.name} has its planes in the folder {folder.name}, which is not beside it")
        self._compound: CompoundFile | None = None
        self.settings = parse_settings(path, self.descriptors.read(path, 0, min(path.stat().st_size, _LARGEST_SETTINGS_BYTES)))
        inside = [file for file in sorted(folder.iterdir()) if file.is_file() and not file.is_symlink()]
        self.files = (path, *inside)
        return {file.name: file for file in inside}

    def _within(self, path: Path) -> dict[str, Path | str]:
        """The streams of an OIB file by the names that its list gives them."""
        self._compound = CompoundFile(path, self.descriptors)
        streams = {name.rsplit("/", 1)[-1]: name for name in self._compound.streams}
        if "OibInfo.txt" not in streams:
            raise UnreadableFile(f"{path.name} is a compound file without OibInfo.txt, so it is none of FluoView's")
        listed = parse_settings(path, self._compound.read(streams["OibInfo.txt"])).get("OibSaveInfo", {})
        named: dict[str, Path | str] = {
            name.replace("\\", "/").rsplit("/", 1)[-1]: streams[key] for key, name in listed.items() if key in streams
        }
        main = listed.get(listed.get("MainFileName", ""), "").replace("\\", "/").rsplit("/", 1)[-1]
        if main not in named:
            raise UnreadableFile(f"{path.name} is damaged: its list of parts does not name the settings")
        self.settings = parse_settings(path, self._part(named[main]))
        return named

    def _part(self, part: Path | str) -> bytes:
        if isinstance(part, Path):
            return self.descriptors.read(part, 0, part.stat().st_size)
        assert self._compound is not None
        return self._compound.read(part)

    def _open_series(self) -> None:
        series: dict[str, dict[tuple[int, ...], str]] = {}
        letters: dict[str, set[str]] = {}
        for name in sorted(self._parts):
            if name.lower().endswith(".tif"):
                numbers = {letter: max(0, int(number) - 1) for letter, number in _PLACES.findall(name[:-4])}
                key = _PLACES.sub("", name[:-4])
                series.setdefault(key, {})[tuple(numbers.get(letter, 0) for letter in "TLCZ")] = name
                letters.setdefault(key, set()).update(numbers)
        sources: list[OifSource] = []
        for key, planes in sorted(series.items(), key=lambda item: -len(item[1])):
            name = self.path.stem if len(series) == 1 else f"{self.path.stem} {key.strip('_-') or len(sources) + 1}"
            # Wavelengths have no axis of their own and lie along t.
            times = {pair: t for t, pair in enumerate(sorted({place[:2] for place in planes}))}
            placed = {(times[place[:2]], place[2], place[3]): part for place, part in planes.items()}
            sources.append(OifSource(self, len(sources), name, placed, letters[key]))
        if not sources:
            raise UnreadableFile(f"{self.path.name} holds no image: it has no TIFF of a plane")
        self.images = tuple(sources)

    def plane_header(self, name: str) -> Any:
        """The page of a plane, its pixels not decoded. Raises ``UnreadableFile`` for what is no single grey plane."""
        data = self._part(self._parts[name])
        with tifffile.TiffFile(BytesIO(data)) as tiff:
            page = tiff.pages.first
        if page.dtype is None or len(page.shape) != 2 or 0 in page.shape:
            raise UnreadableFile(f"{self.path.name} is damaged: {name} is no plane of grey values")
        check_claim(self.path, decoded_bytes=int(page.nbytes), stored_bytes=len(data))
        return page

    def decode_plane(self, name: str) -> Array:
        """All of a plane."""
        data = self._part(self._parts[name])
        with tifffile.TiffFile(BytesIO(data)) as tiff:
            page = tiff.pages.first
            check_claim(self.path, decoded_bytes=int(page.nbytes), stored_bytes=len(data))
            return np.asarray(page.asarray())

    def original_metadata(self) -> dict[str, str]:
        """Every setting by its section."""
        return flat_settings(self.settings)

    def close(self) -> None:
        """Let go of the files."""
        self.descriptors.close()
        forget(self.token)
