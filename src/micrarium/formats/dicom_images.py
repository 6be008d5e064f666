"""The images of a DICOM set: the files of one series in one folder, as stacks of slices and as pyramids of slides."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.dicom_frames import Frames
from micrarium.formats.dicom_headers import series_of
from micrarium.formats.dicom_instances import Instance, read_instance
from micrarium.formats.dicom_metadata import describe_image, flat_headers, grey_channel, palette_table, told_problems
from micrarium.formats.dicom_slides import SlideSource, is_tiled
from micrarium.formats.dicom_stacks import natural_order, stack_frames, stack_key
from micrarium.formats.dicom_values import integer, numbers, text
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.reader import heard_complaints
from micrarium.geometry import Size
from micrarium.pixels.source import ChannelDescription

_PALETTE = "PALETTE COLOR"
_NAMES = {"LABEL": "label", "OVERVIEW": "overview", "THUMBNAIL": "thumbnail"}
_LARGEST_WINDOW = 1024


class StackSource(PlaneSource):
    """A stack of slices, or the frames of one file."""

    file: DicomFile

    def __init__(self, file: DicomFile, index: int, instances: list[Instance], name: str) -> None:
        super().__init__(file, index)
        first = instances[0]
        form = first.form
        self._palette = palette_table(first.header) if form.photometric == _PALETTE else None
        if form.photometric == _PALETTE and self._palette is None:
            raise UnreadableFile(f"{first.path.name} has colours by a palette that is missing or damaged")
        self._first_colour = int(([*numbers(first.header, "RedPaletteColorLookupTableDescriptor"), 0.0, 0.0])[1])
        self.samples = 3 if self._palette is not None else form.samples
        self.dtype = np.dtype(self._palette.dtype) if self._palette is not None else form.dtype
        stack = stack_frames(instances)
        self._frames = stack.frames
        self.is_uneven = stack.is_uneven
        shape = Size(len(stack.frames), self.samples, len(stack.frames[0]), form.rows, form.columns)
        side = _LARGEST_WINDOW if first.is_plain else max(form.rows, form.columns)
        self.levels = plane_levels([(shape, (side, side))], samples=self.samples)
        channel = grey_channel(first.header) if self.samples == 1 else ChannelDescription()
        self.description = describe_image(
            name,
            first.header,
            [channel],
            physical_size_z=stack.spacing,
            time_increment=stack.interval,
            significant_bits=form.stored if self._palette is None and form.kind != "f" else None,
            is_thumbnail=first.flavour not in ("", "VOLUME"),
        )

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (one level)
        """A part of one plane."""
        frame = self._frames[t][z]
        values = self.file.frames.read(frame.instance, frame.number, window)
        if self._palette is None:
            return values
        place = np.clip(values.astype(np.int64) - self._first_colour, 0, len(self._palette) - 1)
        coloured: Array = self._palette[place]
        return coloured


class DicomFile(OpenedFile):
    """The opened files of one series."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.frames = Frames()
        entry = _only_series(path) if path.is_dir() else path
        self._instances, problems = _read_set(entry)
        self.files = (entry, *(one.path for one in self._instances if one.path != entry))
        sources: list[PlaneSource] = []
        groups = _groups(self._instances)
        for group in groups:
            try:
                sources.append(self._open_image(group, len(sources), self._name_of(group, groups)))
            except UnreadableFile as error:
                problems.append(f"Image {len(sources) + 1} was left out: {error.detail}")
        if not sources:
            raise UnreadableFile(problems[0])
        self.images = tuple(sources)
        self.warnings = (*problems, *told_problems(self._instances), *_told_of_images(sources))

    def _open_image(self, group: list[Instance], index: int, name: str) -> PlaneSource:
        return SlideSource(self, index, group, name) if is_tiled(group[0]) else StackSource(self, index, group, name)

    def _name_of(self, group: list[Instance], groups: list[list[Instance]]) -> str:
        """A name by the file where it is alone, else by its folder or series; of slides also what the image shows."""
        first = group[0]
        numbered = [(number, one) for one in self._instances if (number := integer(one.header, "SeriesNumber")) is not None]
        if len(self._instances) == 1:
            name = first.path.stem
        elif numbered and not any(one.flavour for one in self._instances):
            name = f"{text(numbered[0][1].header, 'Modality')} series {numbered[0][0]}".strip()
        else:
            name = first.path.parent.name
        shown = _NAMES.get(first.flavour, "")
        same = [one for one in groups if one[0].flavour == first.flavour]
        place = next(index for index, one in enumerate(same) if one is group)
        return " ".join(part for part in (name, shown, f"#{place + 1}" if len(same) > 1 else "") if part)

    def original_metadata(self) -> dict[str, str]:
        """Every element of the first file's header, and of the others what differs."""
        with heard_complaints():
            return flat_headers([one for group in _groups(self._instances) for one in group])

    def close(self) -> None:
        """Let go of the files."""
        self.frames.close()


def _told_of_images(sources: list[PlaneSource]) -> list[str]:
    told = []
    for source in sources:
        name = source.description.name
        if isinstance(source, StackSource) and source.is_uneven:
            told.append(f"The slices of {name} do not lie at equal distances; the usual distance is told as their spacing")
        if isinstance(source, SlideSource) and source.left_out:
            told.append(
                f"{len(source.left_out)} resolutions of {name} were left out: they lack channels or planes, or show another part"
            )
    return told


def _groups(instances: list[Instance]) -> list[list[Instance]]:
    """The files of each image: the slide or the stacks first, then labels and overviews."""
    found: dict[tuple[object, ...], list[Instance]] = {}
    for one in sorted(instances, key=natural_order):
        key: tuple[object, ...]
        if is_tiled(one):
            key = ("tiles", one.flavour, text(one.header, "PyramidUID"), one.form.samples, one.form.dtype.str)
        else:
            key = ("frames", *stack_key(one))
        found.setdefault(key, []).append(one)
    return sorted(found.values(), key=lambda group: group[0].flavour in _NAMES)


def _read_set(entry: Path) -> tuple[list[Instance], list[str]]:
    """The files of the series that one of its files belongs to, and what is wrong with those that cannot be read."""
    instances, problems = [read_instance(entry)], []
    series = text(instances[0].header, "SeriesInstanceUID")
    known = {text(instances[0].header, "SOPInstanceUID")}
    for path in _files_beside(entry) if series else []:
        if path == entry or series_of(path) != series:
            continue
        try:
            one = read_instance(path)
        except UnreadableFile as error:
            problems.append(f"A file of the series was left out: {error.detail}")
            continue
        uid = text(one.header, "SOPInstanceUID")
        if not uid or uid not in known:  # a second copy of a file is no second slice
            instances.append(one)
            known.add(uid)
    return instances, problems


def _files_beside(path: Path) -> list[Path]:
    return _files_in(path.parent)


def _files_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [folder / name for name in sorted(entry.name for entry in entries if entry.name[0] != "." and _is_file(entry))]
    except OSError:
        return []


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _only_series(folder: Path) -> Path:
    """The first file of the only series in a folder. Raises ``UnreadableFile`` when there are none or several."""
    found: dict[str, Path] = {}
    for path in _files_in(folder):
        if series := series_of(path):
            found.setdefault(series, path)
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise UnreadableFile(f"{folder.name} is a folder without any DICOM file that names its series")
    names = ", ".join(path.name for path in list(found.values())[:3])
    raise UnreadableFile(f"{folder.name} holds {len(found)} DICOM series; open one by one of its files, such as {names}")
