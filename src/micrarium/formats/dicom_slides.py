"""Whole slides of DICOM: tiles of several files put together to levels, optical paths to channels, focal planes to depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.dicom_instances import Instance
from micrarium.formats.dicom_metadata import describe_image, describe_objective, path_channel, pixel_sizes
from micrarium.formats.dicom_values import first_item, integer, items, number, text
from micrarium.formats.planes import Array, PlaneSource, Window, plane_levels
from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription

if TYPE_CHECKING:
    from micrarium.formats.dicom_images import DicomFile

_LARGEST_SIDE = 1 << 22
#: The place of a focal plane is known to a nanometre.
_PLANE_DIGITS = 6


@dataclass(frozen=True, eq=False, slots=True)
class Tiles:
    """The tiles of one file: for each frame its optical path, focal plane (in micrometres), top and left."""

    instance: Instance
    paths: Array
    planes: Array
    tops: Array
    lefts: Array

    @property
    def names(self) -> list[str]:
        """The identifiers of the optical paths that frames have, in their order."""
        names = path_names(self.instance)
        return [names[int(path)] for path in np.unique(self.paths)]


def is_tiled(instance: Instance) -> bool:
    """Whether the frames of a file are tiles of one large picture."""
    return "TotalPixelMatrixColumns" in instance.header and "TotalPixelMatrixRows" in instance.header


def matrix_size(instance: Instance) -> tuple[int, int]:
    """The rows and columns of the whole picture."""
    rows, columns = (integer(instance.header, f"TotalPixelMatrix{axis}") or 0 for axis in ("Rows", "Columns"))
    if not (0 < rows <= _LARGEST_SIDE and 0 < columns <= _LARGEST_SIDE):
        raise UnreadableFile(f"{instance.path.name} is damaged: it claims a picture of {rows} rows and {columns} columns")
    return rows, columns


def path_names(instance: Instance) -> list[str]:
    """The identifiers of a file's optical paths, in their order."""
    found = [text(path, "OpticalPathIdentifier") or str(index) for index, path in enumerate(_optical_paths(instance))]
    return found or ["0"]


def _optical_paths(instance: Instance) -> list[Any]:
    return items(instance.header, "OpticalPathSequence")


def find_tiles(instance: Instance) -> Tiles:
    """Where each frame of a file lies: told frame by frame, or in the order that TILED_FULL means."""
    if text(instance.header, "DimensionOrganizationType") != "TILED_FULL" and instance.places:
        return _sparse_tiles(instance)
    header, form = instance.header, instance.form
    rows, columns = matrix_size(instance)
    down, across = -(-rows // form.rows), -(-columns // form.columns)
    planes = max(1, integer(header, "TotalPixelMatrixFocalPlanes") or 1)
    at = np.arange(instance.frames, dtype=np.int64) + (integer(header, "ConcatenationFrameOffsetNumber") or 0)
    shared = first_item(header, "SharedFunctionalGroupsSequence")
    first = number(first_item(shared, "PlanePositionSlideSequence"), "ZOffsetInSlideCoordinateSystem") or 0.0
    step = (number(first_item(shared, "PixelMeasuresSequence"), "SpacingBetweenSlices") or 1e-3) * 1e3
    focal = at // (across * down) % planes
    paths = _shared_path(instance, shared) + at // (across * down * planes)
    if int(paths.max()) >= (count := len(path_names(instance))):
        raise UnreadableFile(f"{instance.path.name} is damaged: it has more frames than tiles of {count} optical paths")
    return Tiles(
        instance,
        paths=paths,
        planes=np.round(first + focal * step, _PLANE_DIGITS),
        tops=at // across % down * form.rows,
        lefts=at % across * form.columns,
    )


def _shared_path(instance: Instance, shared: Any) -> int:
    """The optical path of a file whose frames all have the same."""
    names = path_names(instance)
    told = text(first_item(shared, "OpticalPathIdentificationSequence"), "OpticalPathIdentifier")
    return names.index(told) if told in names and instance.frames > 0 and _has_one_path(instance) else 0


def _has_one_path(instance: Instance) -> bool:
    return (integer(instance.header, "NumberOfOpticalPaths") or 1) == 1 and "ConcatenationUID" not in instance.header


def _sparse_tiles(instance: Instance) -> Tiles:
    names = {name: index for index, name in enumerate(path_names(instance))}
    shared = first_item(instance.header, "SharedFunctionalGroupsSequence")
    usual = text(first_item(shared, "OpticalPathIdentificationSequence"), "OpticalPathIdentifier")
    table = np.zeros((instance.frames, 4), np.float64)
    for index, place in enumerate(instance.places):
        if place.row is None or place.column is None:
            raise UnreadableFile(f"{instance.path.name} is damaged: frame {index + 1} does not say where it lies")
        table[index] = names.get(place.path or usual, 0), place.z, place.row - 1, place.column - 1
    tops, lefts = (table[:, axis].astype(np.int64) for axis in (2, 3))
    return Tiles(instance, table[:, 0].astype(np.int64), np.round(table[:, 1], _PLANE_DIGITS), tops, lefts)


class TiledLevel:
    """One resolution: the tiles of all files of its size, sorted by channel and focal plane."""

    def __init__(self, tiles: list[Tiles], paths: list[str]) -> None:
        self.instances = [one.instance for one in tiles]
        self.rows, self.columns = matrix_size(self.instances[0])
        self.planes = sorted({float(plane) for one in tiles for plane in np.unique(one.planes)})
        self._boxes: dict[tuple[int, int], list[Array]] = {}
        self.channels: set[int] = set()
        for number_, one in enumerate(tiles):
            names = path_names(one.instance)
            self._sort(number_, one, [paths.index(name) if name in paths else -1 for name in names])
        self._found = {key: np.concatenate(boxes) for key, boxes in self._boxes.items()}

    def _sort(self, number_: int, tiles: Tiles, channels: list[int]) -> None:
        form = tiles.instance.form
        for path in np.unique(tiles.paths):
            for plane in np.unique(tiles.planes):
                at = np.flatnonzero((tiles.paths == path) & (tiles.planes == plane))
                same = [np.full(len(at), value, np.int64) for value in (form.rows, form.columns, number_)]
                box = np.stack([tiles.tops[at], tiles.lefts[at], *same, at], axis=1)
                self._boxes.setdefault((channels[int(path)], self.planes.index(float(plane))), []).append(box)
                self.channels.add(channels[int(path)])

    def touching(self, channel: int, z: int, window: Window) -> list[tuple[Instance, int, int, int]]:
        """The tiles that overlap a window: file, frame, top and left."""
        boxes = self._found.get((channel, z))
        if boxes is None:
            return []
        top, left, height, width = boxes.T[:4]
        hits = (top < window.top + window.height) & (top + height > window.top)
        hits &= (left < window.left + window.width) & (left + width > window.left)
        return [(self.instances[int(n)], int(frame), int(y), int(x)) for y, x, _, _, n, frame in boxes[hits]]


class SlideSource(PlaneSource):
    """A slide, or a picture of its label or of the whole of it. Where no tile was stored, colours are white and grey is zero."""

    file: DicomFile

    def __init__(self, file: DicomFile, index: int, instances: list[Instance], name: str) -> None:
        super().__init__(file, index)
        form = instances[0].form
        self.samples, self.dtype = form.samples, form.dtype
        self._background = np.iinfo(form.dtype).max if form.samples > 1 and form.kind == "u" else 0
        by_size: dict[tuple[int, int], list[Tiles]] = {}
        for one in instances:
            by_size.setdefault(matrix_size(one), []).append(find_tiles(one))
        # A label may name the optical paths of the slide without having them.
        paths = list(dict.fromkeys(path for tiles in by_size.values() for one in tiles for path in one.names))
        self._levels = [TiledLevel(by_size[size], paths) for size in sorted(by_size, reverse=True)]
        full = self._levels[0]
        self.left_out = [one for one in self._levels[1:] if not self._fits(one, full)]
        self._levels = [one for one in self._levels if one not in self.left_out]
        depth = len(full.planes)
        sizes = [
            (Size(1, len(paths) * self.samples, depth, one.rows, one.columns), (form_.rows, form_.columns))
            for one in self._levels
            for form_ in [one.instances[0].form]
        ]
        self.levels = plane_levels(sizes, samples=self.samples)
        self._describe(full, paths, name)

    def _fits(self, level: TiledLevel, full: TiledLevel) -> bool:
        """Whether a reduced resolution has all the channels and focal planes, and the form of the picture."""
        same = len(level.planes) == len(full.planes) and level.channels == full.channels
        ratio = full.columns / level.columns / (full.rows / level.rows)
        slack = 1.0 / min(level.columns, level.rows)
        return same and level.columns <= full.columns and level.rows <= full.rows and abs(ratio - 1) <= 0.02 + slack

    def _describe(self, full: TiledLevel, paths: list[str], name: str) -> None:
        header = full.instances[0].header
        found: dict[str, Any] = {}
        for one in full.instances:
            found |= dict(zip(path_names(one), _optical_paths(one), strict=False))
        channels = [path_channel(found[path]) if path in found else ChannelDescription() for path in paths]
        origin = first_item(header, "TotalPixelMatrixOriginSequence")
        offsets = [number(origin, f"{axis}OffsetInSlideCoordinateSystem") for axis in "XY"]
        measured: dict[str, Any] = {"significant_bits": full.instances[0].form.stored} | _measured_sizes(full)
        if len(full.planes) > 1:
            measured["physical_size_z"] = Quantity(round(float(np.median(np.diff(full.planes))), _PLANE_DIGITS), "µm")
        if None not in offsets:
            measured["stage_position_um"] = (*(offset * 1e3 for offset in offsets if offset is not None), None)
        self.description = describe_image(
            name,
            header,
            channels,
            objective=describe_objective(list(found.values())),
            is_thumbnail=full.instances[0].flavour != "VOLUME",
            **measured,
        )

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (no times)
        """A part of one plane, put together from the tiles that touch it."""
        shape = (window.height, window.width, self.samples) if self.samples > 1 else (window.height, window.width)
        self.file.frames.check_open(self.file.path)  # where no tile was stored nothing else would tell
        out = np.full(shape, self._background, self.dtype)
        for instance, frame, top, left in self._levels[level].touching(channel, z, window):
            y0, y1 = max(top, window.top), min(top + instance.form.rows, window.top + window.height)
            x0, x1 = max(left, window.left), min(left + instance.form.columns, window.left + window.width)
            part = Window(y0 - top, x0 - left, y1 - y0, x1 - x0)
            piece = self.file.frames.read(instance, frame, part)
            out[y0 - window.top : y1 - window.top, x0 - window.left : x1 - window.left] = piece
        return out


def _measured_sizes(full: TiledLevel) -> dict[str, Quantity | None]:
    """The distances of pixels, else the width and height of the picture by its pixels."""
    header = full.instances[0].header
    found = pixel_sizes(header)
    if found["physical_size_x"] is None:
        for axis, keyword, count in (("x", "Width", full.columns), ("y", "Height", full.rows)):
            whole = number(header, f"ImagedVolume{keyword}")
            found[f"physical_size_{axis}"] = Quantity(whole / count, "mm") if whole and whole > 0 else None
    return found
