"""The images of a BigDataViewer dataset in HDF5: its views, those that differ by channel alone together in one image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.bdv_views import describe_views, group_views
from micrarium.formats.bdv_xml import Views, ViewSetup, read_views
from micrarium.formats.hdf5_images import Arrangement, Hdf5File, Hdf5Source
from micrarium.formats.opening import read_head
from micrarium.geometry import Size

_MOST_LEVELS = 32
_MOST_IMAGES = 5000
#: Long sequences lie in files by time and by view, which the main file links to.
_PARTITION = re.compile(r"(.+)-\d{2,}-\d{2,}\.h5$")


class BdvFile(Hdf5File):
    """An opened BigDataViewer dataset whose pixels lie in HDF5."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        described, hdf5 = find_pair(path)
        self.views = None if described is None else read_views(described)
        super().__init__(path, reader, version, hdf5=hdf5 if self.views is None else self.views.pixels)
        self.files = tuple(dict.fromkeys([path, *([described] if described is not None else []), *self.files, *self._partitions]))

    def look(self) -> None:
        """Find the views of each image."""
        views = self.views or self._views_without_xml()
        groups = group_views(views.setups, lambda number: self._look(views.times, number))
        if not groups:
            raise UnreadableFile(f"{self.path.name} holds no image: none of its {len(views.setups)} views has pixels")
        if len(groups) > _MOST_IMAGES:
            raise UnreadableFile(f"{self.path.name} is damaged: its views make {len(groups)} images")
        sources: list[Hdf5Source] = []
        for setups in groups:
            levels = self._levels(setups, views.times)
            about = describe_views(self.path.stem, setups, is_deep=levels[0].shape.z > 1, is_only=len(groups) == 1)
            sources.append(Hdf5Source(self, len(sources), levels, about))
        self.images = tuple(sources)
        self._partitions = self._linked_files(views.times)

    def _linked_files(self, times: tuple[int, ...]) -> tuple[Path, ...]:
        """The files beside this one that links lead to; a long sequence lies in several."""
        found: dict[Path, None] = {}
        for group in (self.find(f"t{time:05}") for time in times):
            for name in group if isinstance(group, h5py.Group) else ():
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.ExternalLink) and (beside := self.beside(link.filename)):
                    found[beside] = None
        return tuple(found)

    def _views_without_xml(self) -> Views:
        """What the groups of the HDF5 file alone say."""
        names = set(self.find(""))
        setups = sorted(int(name[1:]) for name in names if name[:1] == "s" and name[1:].isdecimal())
        times = sorted(int(name[1:]) for name in names if name[:1] == "t" and name[1:].isdecimal())
        self.warnings = ("There is no XML beside the HDF5 file, so sizes of voxels and names of channels are not known",)
        return Views(self.path, "bdv.hdf5", tuple(ViewSetup(number) for number in setups), tuple(times), {})

    def _first_cells(self, times: tuple[int, ...], setup: int, level: int) -> h5py.Dataset | None:
        """The pixels of a view at the first time that has any."""
        for time in times:
            found = self.dataset(cells(time, setup, level))
            if found is not None and len(found.shape) == 3 and min(found.shape) > 0:
                return found
        return None

    def _shape(self, times: tuple[int, ...], setup: int, level: int) -> tuple[int, ...] | None:
        found = self._first_cells(times, setup, level)
        return None if found is None else tuple(int(size) for size in found.shape)

    def _look(self, times: tuple[int, ...], setup: int) -> tuple[Any, ...] | None:
        found = self._first_cells(times, setup, 0)
        return None if found is None else (found.shape, str(found.dtype))

    def _levels(self, setups: list[ViewSetup], times: tuple[int, ...]) -> list[Arrangement]:
        levels: list[Arrangement] = []
        for level in range(_MOST_LEVELS):
            shape = self._shape(times, setups[0].number, level)
            if shape is None:
                break
            size = Size(len(times), len(setups), *shape)
            if levels and (size == levels[-1].shape or any(a > b for a, b in zip(size, levels[-1].shape, strict=True))):
                break
            numbers = [setup.number for setup in setups]

            def place(t: int, c: int, level: int = level, numbers: list[int] = numbers) -> str:
                return cells(times[t], numbers[c], level)

            # BigDataViewer has 16 unsigned bits and writes them as signed, for Java knows no others.
            found = self._first_cells(times, setups[0].number, level)
            levels.append(Arrangement(place, "zyx", size, is_unsigned=True, example="" if found is None else found.name))
        return levels

    def original_metadata(self) -> dict[str, str]:
        """Everything in the XML, and the reduction of each resolution."""
        found = dict(self.views.metadata) if self.views is not None else {}
        for setup in (self.views.setups if self.views is not None else ())[:100]:
            factors = self.find(f"s{setup.number:02}/resolutions")
            if isinstance(factors, h5py.Dataset) and factors.size <= 3 * _MOST_LEVELS:
                found[f"s{setup.number:02}.resolutions"] = str(np.asarray(factors).tolist())
        return found


def cells(time: int, setup: int, level: int) -> str:
    """Where the pixels of a view lie."""
    return f"t{time:05}/s{setup:02}/{level}/cells"


def find_pair(path: Path) -> tuple[Path | None, Path]:
    """The XML and the HDF5 file of a dataset, of which any file was named; the XML may be absent."""
    if path.suffix.lower() == ".xml":
        return path, path
    part = _PARTITION.match(path.name)
    for beside in (path.with_suffix(".xml"), *([path.with_name(f"{part[1]}.xml")] if part else [])):
        if beside.is_file() and b"<SpimData" in read_head(beside):
            return beside, path
    return None, path
