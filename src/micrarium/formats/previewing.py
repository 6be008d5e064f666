"""What would become of files before anything is done with them: which belong together, and the images in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from micrarium.errors import MicrariumError, UnreadableFile, UnsupportedFormat
from micrarium.formats.finding import FoundFileset, find_filesets
from micrarium.formats.opening import open_image_file, read_head, recognising
from micrarium.formats.trying import Trial
from micrarium.geometry import Region, Size
from micrarium.pixels.ome_zarr import row_name
from micrarium.pixels.source import Source, WellPosition
from micrarium.pixels.statistics import imported_images

#: How many images and names of files of one fileset are told one by one.
MOST_TOLD = 100


def preview_filesets(
    paths: Iterable[Path | str],
    trial: Trial,
    *,
    depth: int | None,
    skip: Callable[[Path, str], None],
    examine: Callable[[Path], FoundFileset | None] | None = None,
) -> Iterator[tuple[FoundFileset, dict[str, Any]]]:
    """Each fileset under some paths with what it holds, as JSON holds it, or without where it has a problem.

    Files are opened by ``trial`` alone, and found by ``examine``, its own where none is given. What is told: ``images`` (the
    first hundred) and ``image_count``, ``plates``, ``files``, ``file_names``, ``bytes`` and ``warnings``.
    """
    for found in find_filesets(paths, examine=examine or trial.examine, depth=depth, skip=skip):
        told: dict[str, Any] = {}
        if not found.problem:
            try:
                told = trial.call(f"{__name__}:describe", found.path, reader=found.reader)
            except UnreadableFile as error:
                found = FoundFileset(found.path, "", found.files, problem=error.detail)
        yield found, told


def describe(path: Path, *, reader: str) -> dict[str, Any]:
    """What a fileset holds, as JSON holds it."""
    with open_image_file(path, reader=reader) as opened:
        files = [Path(file) for file in opened.files] or [path]
        images = imported_images(opened)
        _read_ends(list(images.values()))
        wells = [source.description.well for source in images.values()]
        return {
            "reader": opened.reader,
            "files": len(files),
            "file_names": [_below(file, path.parent) for file in files[:MOST_TOLD]],
            "bytes": sum(_size(file) for file in ([path] if path.is_dir() else files)),
            "image_count": len(images),
            "images": [_describe_image(source, number) for number, source in islice(images.items(), MOST_TOLD)],
            "plates": [
                {"name": plate.name, "rows": plate.rows, "columns": plate.columns, **_count_wells(wells, number)}
                for number, plate in enumerate(opened.plates)
            ],
            "warnings": list(opened.warnings),
        }


def _read_ends(images: Sequence[Source]) -> None:
    """Read the last pixel of the first and the last image, which a file that was cut short no longer has."""
    for source in (*images[:1], *images[1:][-1:]):
        t, c, z, y, x = source.shape
        if min(source.shape) > 0:
            source.read(Region(Size(t - 1, c - 1, z - 1, y - 1, x - 1), Size(1, 1, 1, 1, 1)))


def is_known_format(path: Path, *, is_grouping: bool = True) -> bool:
    """Whether some reader knows the first bytes: then a file that cannot be read has failed, else it is none of ours.

    Unless ``is_grouping``, the readers of plates and sequences do not count.
    """
    try:
        return bool(recognising(path, read_head(path), is_grouping=is_grouping))
    except UnsupportedFormat:
        return False
    except MicrariumError:
        return True


def _describe_image(source: Source, number: int) -> dict[str, Any]:
    about, shape = source.description, source.shape
    told: dict[str, Any] = {"image": number, "name": about.name, **shape._asdict(), "pixels": source.dtype.name}
    told["channels"] = [channel.name for channel in about.channels if channel.name]
    if about.well is not None:
        told |= {"plate": about.well.plate, "well": f"{row_name(about.well.row)}{about.well.column + 1}", "field": about.well.field}
    return told


def _count_wells(wells: Iterable[WellPosition | None], plate: int) -> dict[str, int]:
    on_plate = [well for well in wells if well is not None and well.plate == plate]
    return {"wells": len({(well.row, well.column) for well in on_plate}), "fields": len(on_plate)}


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _size(path: Path) -> int:
    """The number of bytes of a file or of all in a folder; a link that leads nowhere has none."""
    if not path.is_dir():
        return path.stat().st_size if path.exists() else 0
    return sum(_size(Path(base) / name) for base, _, names in os.walk(path) for name in names)
