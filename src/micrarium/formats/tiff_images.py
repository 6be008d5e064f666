"""The images of a TIFF file: series of pages, their axes put in ``tczyx`` order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.tiff_acquisition import planes_size, read_micromanager
from micrarium.formats.tiff_metadata import describe_series, flat_tags
from micrarium.formats.tiff_pages import RGB, StoredPlane, TiffPages, loss_warnings, natural_chunk
from micrarium.geometry import Size
from micrarium.pixels.plane_tables import lazy_table


class SeriesAxes:
    """Which page of a series, and which slice of it, holds the plane at a (t, c, z)."""

    def __init__(self, axes: str, shape: tuple[int, ...], keyframe: Any) -> None:
        separate, self.depth, self.height, self.width, contiguous = keyframe.shaped
        self.page_samples = separate * contiguous
        per_page = self.page_samples * self.depth * self.height * self.width
        if per_page < 1 or prod(shape) % per_page:
            raise UnreadableFile(f"A series of shape {shape} cannot be made of pages of shape {keyframe.shape}")
        self.pages = prod(shape) // per_page
        leading: list[tuple[str, int]] = []
        for axis, size in zip(axes, shape, strict=True):
            if prod(count for _, count in leading) * size > self.pages or (axis in "YX" and size > 1):
                break
            # Pages without a declared meaning (I, Q) and axes OME has no name for are taken for time.
            leading.append((axis.lower() if axis in "TCZ" else "t", size))
        if prod(count for _, count in leading) != self.pages:
            raise UnreadableFile(f"A series of shape {shape} cannot be made of pages of shape {keyframe.shape}")
        self._leading = leading
        many = {name: prod(count for axis, count in leading if axis == name) for name in "tcz"}
        self.samples = self.page_samples if keyframe.photometric in RGB and self.page_samples in (3, 4) else 1
        self.shape = Size(many["t"], many["c"] * self.page_samples, many["z"] * self.depth, self.height, self.width)

    def page_of(self, t: int, c: int, z: int) -> int:
        """The number of the page with this t, channel page and z page."""
        rest = {"t": t, "c": c, "z": z}
        number, step = 0, 1
        for axis, count in reversed(self._leading):
            number += rest[axis] % count * step
            rest[axis] //= count
            step *= count
        return number


class TiffSource(PlaneSource):
    """One series of a TIFF file, with its reduced resolutions."""

    file: TiffImageFile

    def __init__(self, file: TiffImageFile, index: int, series: Any, name: str) -> None:
        super().__init__(file, index)
        self._axes = SeriesAxes(series.get_axes(squeeze=False), series.get_shape(squeeze=False), series.keyframe)
        self.samples = self._axes.samples
        dtype = series.keyframe.dtype
        if dtype is None:
            raise UnreadableFile(f"{file.path.name} holds pixels of {series.keyframe.bitspersample} bits, which cannot be read")
        self.dtype = np.dtype(np.uint8) if np.dtype(dtype).kind == "b" else np.dtype(dtype)
        usable = [level for level in series.levels if level is series or self._fits(level)]
        self._planes: list[Callable[[int], StoredPlane]] = [planes_of(file, level) for level in usable]
        sizes = [
            (self._axes.shape._replace(y=lv.keyframe.imagelength, x=lv.keyframe.imagewidth), natural_chunk(lv.keyframe))
            for lv in usable
        ]
        self.levels = plane_levels(sizes, samples=self.samples)
        self.description = describe_series(series, self, name)
        if series.parent.is_micromanager and self.description.planes is None and series.dataoffset is None:
            size = planes_size(self)
            self.description = replace(self.description, planes=lazy_table(size, lambda: self._read_notes(index, size)))
        self.compression = int(series.keyframe.compression)

    def page_of(self, t: int, channel: int, z: int) -> int:
        """The number of the page that holds a plane."""
        axes = self._axes
        return axes.page_of(t, channel // (axes.page_samples if self.samples == 1 else 1), z // axes.depth)

    def _read_notes(self, index: int, size: tuple[int, int, int]) -> dict[str, Any]:
        with self.file.pages.parsing(self.file.path) as tiff:
            return read_micromanager(list(tiff.series[index]), size, self.page_of)

    def _fits(self, level: Any) -> bool:
        """Whether a reduced resolution has the same planes in the same type."""
        try:
            axes = SeriesAxes(level.get_axes(squeeze=False), level.get_shape(squeeze=False), level.keyframe)
        except UnreadableFile:
            return False
        return axes.shape[:3] == self._axes.shape[:3] and axes.pages == self._axes.pages and level.keyframe.dtype == self.dtype

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:
        """A part of one plane."""
        axes = self._axes
        together = axes.page_samples if self.samples == 1 else 1
        stored = self._planes[level](self.page_of(t, channel, z))._replace(depth=z % axes.depth)
        if stored.page is None:
            return None
        plane = self.file.pages.read(stored, window)
        return plane[..., channel % together] if together > 1 else plane


def planes_of(file: TiffImageFile, series: Any) -> Callable[[int], StoredPlane]:
    """Where the pages of a series lie, by their number. Called while the file's handle is open."""
    path = file.path
    if series.dataoffset is not None:
        # One run of uncompressed pages, of which ImageJ describes only the first.
        keyframe, first = series.keyframe, int(series.dataoffset)
        return lambda number: StoredPlane(path, keyframe, 0, first + number * int(keyframe.nbytes))
    pages = list(series)

    def plane(number: int) -> StoredPlane:
        if number >= len(pages):
            raise UnreadableFile(f"{path.name} is cut short: it has {len(pages)} of the pages it describes")
        page = pages[number]
        return StoredPlane(path if page is None else file.path_of(page), page)

    return plane


class TiffImageFile(OpenedFile):
    """An opened TIFF file."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.pages = TiffPages()
        with self.pages.parsing(path) as tiff:
            if not len(tiff.pages):
                raise UnreadableFile(f"{path.name} holds no image: its first page is missing or damaged")
            series = [one for one in tiff.series if 0 not in one.keyframe.shaped and one.keyframe.dtype is not None]
            if not series:
                raise UnreadableFile(f"{path.name} holds no image that can be read")
            self._handles = [page.parent.filehandle for one in series for page in [one.keyframe]]
            sources, problems = self._open_series(series)
            self.images = tuple(sources)
            self._metadata = flat_tags(tiff)
        for handle in self._handles:
            handle.close()
        self.files = tuple(dict.fromkeys([path, *(Path(handle.path) for handle in self._handles)]))
        self.warnings = (*problems, *loss_warnings(source.compression for source in sources))

    def _open_series(self, series: list[Any]) -> tuple[list[TiffSource], list[str]]:
        """The images of the series that can be read, and what is wrong with the others."""
        sources: list[TiffSource] = []
        problems: list[str] = []
        for number, one in enumerate(series):
            try:
                sources.append(TiffSource(self, len(sources), one, series_name(self.path, one, number, len(series))))
            except UnreadableFile as error:
                problems.append(f"Image {number + 1} was left out: {error.detail}")
        if not sources:
            raise UnreadableFile(problems[0])
        return sources, problems

    def path_of(self, page: Any) -> Path:
        """The file that a page lies in."""
        return Path(page.parent.filehandle.path)

    def original_metadata(self) -> dict[str, str]:
        """The tags of the first page and what the writing software noted."""
        return self._metadata

    def close(self) -> None:
        """Let go of the file."""
        self.pages.close()


def series_name(path: Path, series: Any, index: int, count: int) -> str:
    """What to call one series: the file's name, and which of its images it is where there are several."""
    if count == 1:
        return path.stem
    return (
        f"{path.stem} {series.name}"
        if series.name and series.kind in ("svs", "ndpi", "scn", "qpi")
        else f"{path.stem} #{index + 1}"
    )
