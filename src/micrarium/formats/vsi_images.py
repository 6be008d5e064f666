"""The images of a cellSens fileset: one for each ETS file, and the small picture in the VSI file itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from math import prod
from pathlib import Path

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.ets_tiles import EtsTable, read_table, read_tile
from micrarium.formats.planes import Array, FileSource, OpenedFile, PlaneSource, Window, plane_levels
from micrarium.formats.reader import check_claim
from micrarium.formats.segments import forget, new_token, remember
from micrarium.formats.tiff_images import TiffImageFile
from micrarium.formats.vsi import ETS_MAGIC
from micrarium.formats.vsi_metadata import VsiImage, describe_image, find_images
from micrarium.formats.vsi_tags import Node, flat_tags, read_tags
from micrarium.geometry import Region, Size
from micrarium.pixels.source import Source

#: What dimensions are that nobody names, from the one behind y on.
_UNNAMED = ("c", "t", "z")
_FOLDED = {"λ": "lambda", "phase": "phase"}
_MOST_FILES = 10_000
_LARGEST_PLANES = 1 << 28


class EtsSource(PlaneSource):
    """An image whose tiles lie in an ETS file; what the file has no tile for is its background."""

    file: VsiFile

    def __init__(self, file: VsiFile, index: int, table: EtsTable, image: VsiImage | None) -> None:
        super().__init__(file, index)
        self._table = table
        self._origin = (0, 0) if image is None else image.origin
        kinds = {} if image is None else image.dimensions()
        self._axes = _name_dimensions(table, kinds)
        self.samples = table.samples if table.samples in (3, 4) else 1
        self._together = table.samples
        self.dtype = table.dtype.newbyteorder("=")
        extent = table.extent()
        if not extent:
            raise UnreadableFile(f"{table.path.name} is damaged: it has no tile of the full resolution")
        counts = {axis: prod(extent[2 + at] for at, name in enumerate(self._axes) if name == axis) for axis in "tcz"}
        full = (extent[1] * table.height, extent[0] * table.width)
        height, width = full if image is None or image.size is None else image.size
        plane_bytes = height * width * table.samples * table.dtype.itemsize
        check_claim(table.path, decoded_bytes=plane_bytes, stored_bytes=table.path.stat().st_size)
        first = Size(counts["t"], counts["c"] * table.samples, counts["z"], height, width)
        if prod(counts.values()) > _LARGEST_PLANES:
            raise UnreadableFile(f"{table.path.name} is damaged: its tiles claim {prod(counts.values())} planes")
        self._most = [int(most) + 1 for most in table.coordinates.max(axis=0)]
        if prod(self._most) > 2**62:
            raise UnreadableFile(f"{table.path.name} is damaged: its tiles lie at impossible places")
        self._keys, self._order = self._index_tiles()
        chunk = (table.height, table.width)
        self.levels = plane_levels([(shape, chunk) for shape in self._shapes(first)], samples=self.samples)
        about = describe_image(
            file.tags, image, name=_name(file, image, index), channels=first.c // self.samples, samples=self.samples
        )
        folded = [_FOLDED[kinds[at]] for at in sorted(kinds) if kinds[at] in _FOLDED and at < table.further and extent[2 + at] > 1]
        self.description = replace(about, modulo={"t": folded[-1]} if folded else {})

    def _shapes(self, first: Size) -> Iterator[Size]:
        """Half as large each, rounded up where tiles reach as far."""
        table, shape = self._table, first
        yield shape
        for level in range(1, table.levels):
            extent = table.extent(level)
            if not extent:
                return
            height, width = (
                min(-(-size // 2), max(extent[at] * tile, 1))
                for size, at, tile in ((shape.y, 1, table.height), (shape.x, 0, table.width))
            )
            if (height, width) == shape[3:]:
                return
            shape = Size(first.t, first.c, first.z, height, width)
            yield shape

    def _index_tiles(self) -> tuple[Array, Array]:
        """The keys of all tiles in rising order, and which tile each is."""
        keys = self._key([self._table.coordinates[:, at] for at in range(self._table.coordinates.shape[1])])
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def _key(self, coordinates: list[Array]) -> Array:
        """One number for the coordinates of a tile: the last dimension counts most."""
        key = np.zeros_like(coordinates[0], dtype=np.int64)
        for at in range(len(self._most) - 1, -1, -1):
            key = key * self._most[at] + coordinates[at]
        return key

    def _find(self, level: int, t: int, channel: int, z: int, row: int, column: int) -> int | None:
        """The number of a tile in the table, None where there is none."""
        left = {"t": t, "c": channel, "z": z}
        coordinates = [column, row]
        for at, name in enumerate(self._axes):
            left[name], place = divmod(left[name], self._most[2 + at])
            coordinates.append(place)
        coordinates += [level] if self._table.has_levels else []
        if any(place >= most for place, most in zip(coordinates, self._most, strict=True)):
            return None
        key = int(self._key([np.asarray(place, np.int64) for place in coordinates]))
        at = int(np.searchsorted(self._keys, key))
        return int(self._order[at]) if at < len(self._keys) and int(self._keys[at]) == key else None

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:
        """A part of one plane, put together from tiles."""
        table = self._table
        if self.file.is_closed:  # where there is no tile, nothing else would say so
            raise UnreadableFile(f"{self.file.path.name} was closed")
        plane, sample = (channel, None) if self.samples > 1 else divmod(channel, self._together)
        out = np.empty((window.height, window.width, table.samples), self.dtype)
        out[...] = table.background
        down, across = (int(shift / 2**level) for shift in self._origin)
        rows = range((window.top - down) // table.height, -(-(window.top + window.height - down) // table.height))
        columns = range((window.left - across) // table.width, -(-(window.left + window.width - across) // table.width))
        for row in rows:
            for column in columns:
                number = self._find(level, t, plane, z, row, column) if row >= 0 and column >= 0 else None
                if number is not None:
                    self._put(out, window, self._tile(number), row * table.height + down, column * table.width + across)
        return out if sample is None else out[..., sample]

    def _tile(self, number: int) -> Array:
        return remember((self.file.token, (self.index, number)), lambda: read_tile(self.file.descriptors, self._table, number))

    @staticmethod
    def _put(out: Array, window: Window, tile: Array, top: int, left: int) -> None:
        """Put what falls into the window of a tile at ``top`` and ``left`` of the plane."""
        y0, y1 = max(top, window.top), min(top + tile.shape[0], window.top + window.height)
        x0, x1 = max(left, window.left), min(left + tile.shape[1], window.left + window.width)
        if y0 < y1 and x0 < x1:
            piece = tile[y0 - top : y1 - top, x0 - left : x1 - left]
            out[y0 - window.top : y1 - window.top, x0 - window.left : x1 - window.left] = piece


class FaceSource(FileSource):
    """A picture in the VSI file itself, which is a TIFF too."""

    def __init__(self, file: VsiFile, index: int, inner: Source, *, name: str, is_thumbnail: bool) -> None:
        super().__init__(file, index)
        self._inner = inner
        self.levels, self.dtype, self.samples = inner.levels, inner.dtype, inner.samples
        self.description = replace(inner.description, name=name, is_thumbnail=is_thumbnail)

    def read(self, region: Region, *, level: int = 0) -> Array:
        """The pixels of a region of one level, ``tczyx``."""
        self.check(region, level)
        return self._inner.read(region, level=level)


class VsiFile(OpenedFile):
    """An opened cellSens fileset."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.token, self.descriptors = new_token(), Descriptors()
        self.tags = Node(0)
        self.is_closed = False
        self._face: TiffImageFile | None = None
        try:
            head = _find_head(path)
            if head is not None:
                self.tags = read_tags(head)
            tables, problems = self._read_tables(head)
            self.images = tuple(self._open_images(head, tables, problems))
            self.warnings = tuple(problems)
        except BaseException:
            self.close()
            raise
        if not self.images:
            self.close()
            raise UnreadableFile(problems[0] if problems else f"{path.name} holds no image")

    def _read_tables(self, head: Path | None) -> tuple[list[EtsTable], list[str]]:
        """The tables of all ETS files, and what is wrong with the others. Also finds the files that belong together."""
        found = [] if head is None else _files_beside(head)
        files = dict.fromkeys([self.path, *([head] if head else []), *found])
        self.files = tuple(files)
        tables, problems = [], []
        for file in files:
            if _is_frame(file) or (head is None and file == self.path):
                try:
                    tables.append(read_table(file))
                except (UnreadableFile, OSError) as error:
                    problems.append(f"{file.parent.name}/{file.name} was left out: {error}")
        tables.sort(key=lambda table: _natural(table.path))
        return tables, problems

    def _open_images(self, head: Path | None, tables: list[EtsTable], problems: list[str]) -> list[Source]:
        described = [image for image in find_images(self.tags) if image.has_external_file]
        sources: list[Source] = []
        for table, image in _matched(tables, described):
            if image is None and described:
                problems.append(
                    f"{table.path.parent.name}/{table.path.name} belongs to no image that is described, so it was left out"
                )
                continue
            sources.append(EtsSource(self, len(sources), table, image))
        if head is None:
            problems.append("The VSI file of these tiles is not there, and with it all that is known of them")
        else:
            is_alone = not sources
            if is_alone and described:
                told = f"the folder _{head.stem}_ beside it, with the full resolution, is not there or cannot be read"
                problems.append(f"Only the small picture in {head.name} was read: {told}")
            sources += self._open_face(head, len(sources), is_thumbnail=not is_alone, problems=problems)
        return sources

    def _open_face(self, head: Path, first: int, *, is_thumbnail: bool, problems: list[str]) -> list[Source]:
        try:
            self._face = TiffImageFile(head, "tiff", self.reader_version)
        except Exception as error:  # whatever the library says of a damaged directory
            reason = " ".join(str(error).split())[:200]
            problems.append(f"The small picture in {head.name} cannot be read: {reason}")
            return []
        names = [
            "macro image" if is_thumbnail else head.stem,
            *(f"picture {number + 2}" for number in range(len(self._face.images))),
        ]
        return [
            FaceSource(self, first + number, inner, name=names[number], is_thumbnail=is_thumbnail)
            for number, inner in enumerate(self._face.images)
        ]

    def original_metadata(self) -> dict[str, str]:
        """Every tag by its path."""
        return flat_tags(self.tags)

    def close(self) -> None:
        """Let go of the files and of decoded tiles."""
        self.is_closed = True
        self.descriptors.close()
        forget(self.token)
        if self._face is not None:
            self._face.close()


def _find_head(path: Path) -> Path | None:
    """The VSI file itself, or the one whose folder an ETS file lies in; None where that is not there."""
    with path.open("rb") as file:
        if file.read(4) != ETS_MAGIC and not _is_frame(path):
            return path
    folder = path.parent.parent
    if folder.name.startswith("_") and folder.name.endswith("_"):
        for suffix in (".vsi", ".VSI"):
            head = folder.parent / f"{folder.name[1:-1]}{suffix}"
            if head.is_file():
                return head
    return None


def _files_beside(head: Path) -> list[Path]:
    """All files in the folder of a VSI file, none of which leads out of it."""
    folder = head.parent / f"_{head.stem}_"
    root = head.resolve().parent
    found: list[Path] = []
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if len(found) < _MOST_FILES and file.is_file() and file.name[0] != "." and file.resolve().is_relative_to(root):
            found.append(file)
    return found


def _is_frame(path: Path) -> bool:
    return path.suffix.lower() == ".ets" and path.name.lower().startswith("frame_")


def _natural(path: Path) -> list[tuple[int, str]]:
    """stack2 before stack10."""
    parts = re.split(r"(\d+)", f"{path.parent.name}/{path.name}")
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _matched(tables: list[EtsTable], described: list[VsiImage]) -> list[tuple[EtsTable, VsiImage | None]]:
    """Each table with the first image left whose size its tiles just cover."""
    left, matched = list(described), []
    for table in tables:
        extent = table.extent()
        fitting = [image for image in left if _covers(table, extent, image)]
        image = fitting[0] if fitting else None
        if image is not None:
            left.remove(image)
        matched.append((table, image))
    # Of a slide that is blank at its right or lower edge fewer tiles are stored than would cover it.
    for number, (table, image) in enumerate(matched):
        if image is None and (larger := next((one for one in left if _holds(table, one)), None)) is not None:
            left.remove(larger)
            matched[number] = (table, larger)
    return matched


def _covers(table: EtsTable, extent: tuple[int, ...], image: VsiImage) -> bool:
    if image.size is None or not extent:
        return image.size is None
    down, across = (abs(shift) for shift in image.origin)
    (height, width), most = image.size, (extent[1] * table.height, extent[0] * table.width)
    return most[0] - table.height <= height + down <= most[0] + down and most[1] - table.width <= width + across <= most[1] + across


def _holds(table: EtsTable, image: VsiImage) -> bool:
    """Whether no tile lies wholly outside of an image."""
    extent = table.extent()
    if image.size is None or not extent:
        return image.size is None
    down, across = (abs(shift) for shift in image.origin)
    return image.size[0] + down > (extent[1] - 1) * table.height and image.size[1] + across > (extent[0] - 1) * table.width


def _name_dimensions(table: EtsTable, kinds: dict[int, str]) -> list[str]:
    """The plane axis that each further dimension of tiles lies along; those without one of their own are folded into t."""
    if not kinds:
        return [_UNNAMED[at] if at < len(_UNNAMED) else "t" for at in range(table.further)]
    return [name if (name := kinds.get(at, "t")) in "tcz" else "t" for at in range(table.further)]


def _name(file: VsiFile, image: VsiImage | None, index: int) -> str:
    name = "" if image is None else image.name
    stem = next((one.stem for one in file.files if one.suffix.lower() == ".vsi"), file.path.stem)
    return name or (stem if index == 0 else f"{stem} {index + 1}")
