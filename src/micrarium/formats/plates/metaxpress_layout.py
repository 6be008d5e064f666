"""Which image of a MetaXpress plate holds which plane, by the names of files and folders and by the HTD."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from micrarium.errors import UnreadableFile
from micrarium.formats.plates import metamorph_notes as notes
from micrarium.formats.plates.layouts import Entry, Layout, PlaneFile, arrange, describe_plate, place_on_plate
from micrarium.formats.plates.listings import list_folder
from micrarium.formats.plates.metaxpress import HTD_MAGIC, htd_of, image_folders, parse_image_name, plate_folder
from micrarium.formats.plates.wells import parse_well
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription

_LARGEST_HTD_BYTES = 4 << 20
#: The z step of projections: exports have them in ``ZStep_0``, databases beside the folders of the steps. Planes lie there
#: too where no stack was taken.
_PROJECTION = 0


def read_htd(path: Path) -> dict[str, list[str]]:
    """The entries of an HTD file by their names. Raises ``UnreadableFile`` for what is none."""
    with path.open("rb") as file:
        data = file.read(_LARGEST_HTD_BYTES)
    if not data.startswith(HTD_MAGIC):
        raise UnreadableFile(f"{path.name} is damaged: an HTD file begins with {HTD_MAGIC.decode()}")
    rows = csv.reader(data.decode("latin-1").replace("\0", "").splitlines(), skipinitialspace=True)
    return {row[0]: [value.strip() for value in row[1:]] for row in rows if row}


def arrange_plate(head: Path) -> Layout:
    """The layout of the plate of an HTD, or of the plate in a database that this image is the first of."""
    htd = read_htd(head) if head.name.lower().endswith(".htd") else {}
    image = parse_image_name(head.name)
    stem = head.stem if htd else image.plate if image is not None else ""
    root = plate_folder(head.parent)[0]
    planes, others, projections = _collect(root, stem, head.parent if htd else None)
    if not planes:
        raise UnreadableFile(f"{head.name} describes a plate, and no image of it is in its folder")
    fields = {site: rank for rank, site in enumerate(sorted({entry.image[2] for entry in planes}))}
    entries = [entry._replace(image=(*entry.image[:2], fields[entry.image[2]])) for entry in planes]
    layout = arrange(
        head,
        entries,
        place_of=lambda key: place_on_plate(*key, fields=len(fields)),
        channel_of=lambda wave: ChannelDescription(name=_text(htd, f"WaveName{wave}")),
        others=others,
    )
    wells = {(entry.image[0], entry.image[1]) for entry in entries}
    plate = describe_plate(stem, wells, rows=_number(htd, "YWells"), columns=_number(htd, "XWells"))
    layout.plates = (plate,)
    layout.metadata = {name: ", ".join(values) for name, values in htd.items() if values}
    layout.look = notes.look_at_plane
    _describe(layout)
    layout.warnings = (*layout.warnings, *_told_fewer(htd, layout))
    if htd and "EndFile" not in htd:
        layout.warnings = (*layout.warnings, f"{head.name} is cut short or damaged: it has no end mark")
    if projections:
        told = f"{projections} projections along z, which the microscope made of these planes, are kept with the files"
        layout.warnings = (*layout.warnings, f"{told} and are no images of their own")
    return layout


def _collect(root: Path, stem: str, index: Path | None) -> tuple[list[Entry], list[Path], int]:
    """The planes of a plate, the other files that belong to it, and how many of these are projections.

    ``index`` is the folder of the HTD, where there is one.
    """
    found = list(_images(root, stem.lower(), index))
    others = [path for _, path, is_plane in found if not is_plane]
    planes = [(entry, path) for entry, path, is_plane in found if is_plane and entry is not None]
    stacked = {(entry.image, entry.t, entry.c) for entry, _ in planes if entry.z != _PROJECTION}
    kept: list[Entry] = []
    projections = 0
    first = min((entry.z for entry, _ in planes if entry.z != _PROJECTION), default=_PROJECTION)
    for entry, path in planes:
        if entry.z != _PROJECTION or not stacked:
            kept.append(entry)
        elif (entry.image, entry.t, entry.c) in stacked:
            projections += 1
            others.append(path)
        else:  # of this channel there is the projection alone
            kept.append(entry._replace(z=first))
    return kept, sorted(others), projections


def _images(root: Path, stem: str, index: Path | None) -> Iterator[tuple[Entry | None, Path, bool]]:
    """The files of a plate; each as a plane where it is one."""
    for time_point, z_step, folder in image_folders(root):
        for name in list_folder(folder).files:
            path, image = folder / name, parse_image_name(name)
            if name.lower().endswith(".htd") and name[:-4].lower() == stem:
                yield None, path, False
            if image is None or not _is_of(image.plate.lower(), stem, index):
                continue
            well = parse_well(image.well)
            if well is None or image.is_thumbnail:
                yield None, path, False
                continue
            z = image.z if image.z is not None else z_step or _PROJECTION
            t = image.t if image.t is not None else time_point
            yield Entry((*well, image.site or 1), t, image.wave or 1, z, path), path, True


def _told_fewer(htd: dict[str, list[str]], layout: Layout) -> list[str]:
    """A sentence where the HTD counts more time points, wavelengths or z steps than there are images of."""
    counted = (("TimePoints", "time points"), ("NWavelengths", "wavelengths"), ("ZSteps", "z steps"))
    fewer = [
        f"{said} {what}, of which {here} are here"
        for (name, what), here in zip(counted, layout.shape, strict=True)
        if (said := _number(htd, name)) > here and (name != "ZSteps" or _text(htd, "ZSeries").upper() == "TRUE")
    ]
    return [f"{layout.head.name} counts {' and '.join(fewer)}"] if fewer else []


def _is_of(plate: str, stem: str, index: Path | None) -> bool:
    """Whether images of this plate are those of the stem: of the same name, or of a longer one that no other HTD has."""
    if plate == stem or index is None or not plate.startswith(f"{stem}_"):
        return plate == stem
    return (htd_of(index, plate) or "").lower() == f"{stem}.htd"


def _describe(layout: Layout) -> None:
    """Add what the planes of the first image say of them all."""
    first = layout.images[0].planes
    plane = first[min(first)]
    noted = notes.read_plane_notes(plane.path)
    told: dict[str, Any] = {f"physical_size_{axis}": notes.pixel_size(noted, axis) for axis in "xy"}
    told["physical_size_z"] = _z_spacing(layout)
    told["time_increment"] = _time_step(layout)
    told["objective"] = notes.objective(noted)
    if serial := str(noted.get("Instrument Serial Number", "")).strip():
        told["instrument"] = {"manufacturer": "Molecular Devices", "model": "ImageXpress", "serial_number": serial}
    layout.told = told
    layout.channels = tuple(_channel(layout, number) for number in range(layout.shape[1]))
    layout.metadata |= {f"first plane.{name}": str(value) for name, value in noted.items()}


def _channel(layout: Layout, number: int) -> ChannelDescription:
    """A channel by the HTD, and by the first plane of it that is there."""
    named = layout.channels[number]
    planes = (image.planes.get((0, number, 0)) for image in layout.images)
    plane = next((plane for plane in planes if plane is not None), None)
    noted = {} if plane is None else notes.read_plane_notes(plane.path)
    emission = notes.number_of(noted, "wavelength")
    return ChannelDescription(
        name=named.name or str(noted.get("_IllumSetting_", "")).strip(),
        emission_nm=emission if emission and emission > 0 else None,
        exposure_s=notes.exposure_s(noted),
    )


def _z_spacing(layout: Layout) -> Quantity | None:
    """The distance of z steps of the first channel whose planes differ in z: others may have been taken once."""
    first = layout.images[0].planes
    for channel in range(layout.shape[1]):
        heights = [_height(first.get((0, channel, z))) for z in range(layout.shape[2])]
        known = [(z, height) for z, height in enumerate(heights) if height is not None]
        if len(known) > 1:
            spacing = abs(known[-1][1] - known[0][1]) / (known[-1][0] - known[0][0])
            if spacing > 0:
                return Quantity(round(spacing, 4), "µm")
    return None


def _height(plane: PlaneFile | None) -> float | None:
    return None if plane is None else notes.number_of(notes.read_plane_notes(plane.path), "z-position")


def _time_step(layout: Layout) -> Quantity | None:
    first = layout.images[0].planes
    dates = [
        notes.acquisition_date(notes.read_plane_notes(plane.path))
        for t in (0, layout.shape[0] - 1)
        if (plane := first.get((t, 0, 0))) is not None
    ]
    if layout.shape[0] < 2 or len(dates) < 2 or dates[0] is None or dates[1] is None:
        return None
    seconds = (dates[1] - dates[0]).total_seconds() / (layout.shape[0] - 1)
    return Quantity(round(seconds, 3), "s") if seconds > 0 else None


def _text(htd: dict[str, list[str]], name: str) -> str:
    return (htd.get(name) or [""])[0]


def _number(htd: dict[str, list[str]], name: str) -> int:
    text = _text(htd, name)
    return int(text) if text.isdigit() and len(text) < 6 else 0
