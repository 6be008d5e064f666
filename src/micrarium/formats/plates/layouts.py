"""How files make up images: which file holds which plane of which field of which well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from micrarium.errors import UnreadableFile
from micrarium.formats.plates.wells import plate_size, well_name
from micrarium.pixels.source import ChannelDescription, ImageDescription, PlateDescription, WellPosition

#: More planes than any plate that was ever imaged, so an index that names more is damaged.
_MOST_PLANES = 20_000_000
_MOST_GRID = 100_000_000


class PlaneFile(NamedTuple):
    """A file, and which page of it holds a plane."""

    path: Path
    page: int = 0


class Entry(NamedTuple):
    """One plane as an index or a name tells of it: the image it belongs to, its numbers there, and where it lies.

    ``image`` is whatever tells images apart, sorted; ``row`` and ``column`` are None where there is no plate. A plane whose
    file is not there has no ``path`` and says in ``named`` what it would be called.
    """

    image: tuple[Any, ...]
    t: int
    c: int
    z: int
    path: Path | None
    page: int = 0
    named: str = ""


@dataclass(frozen=True, slots=True)
class ImagePlace:
    """What is known of an image before its pixels: its name, where it lies on a plate, and what an index says of it."""

    name: str
    well: WellPosition | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ImageLayout:
    """One image: its place, and the files of its planes by (t, c, z)."""

    place: ImagePlace
    planes: dict[tuple[int, int, int], PlaneFile]


@dataclass(slots=True)
class Layout:
    """A fileset as it was made out from names and indexes, before any pixel is read.

    ``head`` is the file to open it by, the same whichever file led here. ``told`` is what holds for all images, by the
    names of ``ImageDescription``. ``look`` says more of an image from one of its files, when that is asked for.
    """

    head: Path
    images: list[ImageLayout]
    shape: tuple[int, int, int]
    channels: tuple[ChannelDescription, ...]
    files: tuple[Path, ...]
    plates: tuple[PlateDescription, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    look: Callable[[PlaneFile], Mapping[str, Any]] | None = None
    #: The numbers that t, c and z have in names and indexes, in their order.
    numbers: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] = ((0,), (0,), (0,))

    @property
    def count(self) -> int:
        """How many planes an image has."""
        t, c, z = self.shape
        return t * c * z


def arrange(
    head: Path,
    entries: Sequence[Entry],
    *,
    place_of: Callable[[tuple[Any, ...]], ImagePlace],
    channel_of: Callable[[int], ChannelDescription] = lambda _c: ChannelDescription(),
    others: Iterable[Path] = (),
) -> Layout:
    """The layout of these planes: images in the order of their keys, numbers of t, c and z closed up.

    ``others`` are files that belong to the fileset without planes. Raises ``UnreadableFile`` when there is no plane.
    """
    numbers = (
        tuple(sorted({entry.t for entry in entries})),
        tuple(sorted({entry.c for entry in entries})),
        tuple(sorted({entry.z for entry in entries})),
    )
    ranks = [{number: rank for rank, number in enumerate(axis)} for axis in numbers]
    shape = (len(numbers[0]), len(numbers[1]), len(numbers[2]))
    found: dict[tuple[Any, ...], dict[tuple[int, int, int], PlaneFile]] = {}
    for entry in entries:
        planes = found.setdefault(entry.image, {})
        if entry.path is not None:
            planes.setdefault((ranks[0][entry.t], ranks[1][entry.c], ranks[2][entry.z]), PlaneFile(entry.path, entry.page))
    _check_size(head, entries, shape[0] * shape[1] * shape[2] * len(found))
    images = [ImageLayout(place_of(key), planes) for key, planes in sorted(found.items()) if planes]
    held = [plane.path for image in images for plane in image.planes.values()]
    return Layout(
        head=head,
        images=images,
        shape=shape,
        channels=tuple(channel_of(number) for number in numbers[1]),
        files=tuple(dict.fromkeys([head, *others, *sorted(dict.fromkeys(held))])),
        warnings=tuple(_told_missing(entries, images, shape, empty=len(found) - len(images))),
        numbers=numbers,
    )


def _check_size(head: Path, entries: Sequence[Entry], planes: int) -> None:
    """Raises ``UnreadableFile`` where no plane is here, or more are asked for than any plate has."""
    if not any(entry.path is not None for entry in entries):
        such = f" such as {entries[0].named[:80]}" if entries else ""
        raise UnreadableFile(f"{head.name} is an index of images{such}, and none of them is here")
    if len(entries) > _MOST_PLANES or planes > _MOST_GRID:
        raise UnreadableFile(f"{head.name} is damaged: its numbers ask for {planes} planes")


def tell_gaps(numbers: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]) -> Iterator[str]:
    """What is to be said of times and z steps that are lacking altogether; every second one is a step, and no gap."""
    for axis, values in (("t", numbers[0]), ("z", numbers[2])):
        step = min((after - before for before, after in pairwise(values)), default=1)
        absent = next((before + step for before, after in pairwise(values) if after - before != step), None)
        if absent is not None:
            yield f"No file has the number {absent} along {axis}; those after it follow without a gap"


def _told_missing(entries: Sequence[Entry], images: Sequence[ImageLayout], shape: tuple[int, int, int], *, empty: int) -> list[str]:
    """What is to be said of planes that no file holds."""
    told = []
    absent = list(dict.fromkeys(entry.named for entry in entries if entry.path is None))
    if absent:
        of_which = f"; {empty} images have none and are left out" if empty else ""
        told.append(f"{len(absent)} files of this set are missing, such as {absent[0]}; their planes read as zeros{of_which}")
    total = shape[0] * shape[1] * shape[2] * len(images)
    lacking = total - sum(len(image.planes) for image in images)
    if lacking and not absent:
        told.append(f"{lacking} of {total} planes were not taken or are in no file; they read as zeros")
    return told


def place_on_plate(row: int, column: int, number: int, *, acquisition: int = 0, fields: int = 1) -> ImagePlace:
    """The place of a field of a well; the name says which field where wells have several."""
    name = well_name(row, column)
    return ImagePlace(
        f"{name} field {number + 1}" if fields > 1 else name, WellPosition(0, row, column, number, acquisition=acquisition)
    )


def describe_plate(name: str, wells: Iterable[tuple[int, int]], *, rows: int = 0, columns: int = 0) -> PlateDescription:
    """A plate that has all these wells: as large as said, else the smallest common one."""
    used = list(wells)
    least = (max((row for row, _ in used), default=0) + 1, max((column for _, column in used), default=0) + 1)
    if rows >= least[0] and columns >= least[1] and rows <= 99 and columns <= 99:
        return PlateDescription(name, rows, columns)
    return PlateDescription(name, *plate_size(*least))


def describe(image: ImageLayout, layout: Layout) -> ImageDescription:
    """The description of an image: what holds for all, what is said of it, and what one of its files says."""
    told: dict[str, Any] = {"channels": layout.channels, **layout.told, **image.place.told}
    if layout.look is not None and image.planes:
        told |= layout.look(image.planes[min(image.planes)])
    return ImageDescription(**{"name": image.place.name, "well": image.place.well, **told})
