"""What an .xdce file says of each plane, and of the camera, the objective and the wavelengths."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from micrarium.errors import UnreadableFile
from micrarium.formats.plates.layouts import Entry, ImagePlace, Layout, arrange, describe_plate, place_on_plate
from micrarium.formats.plates.listings import find_below
from micrarium.formats.plates.records import Record, Records, parse_moment, read_records
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription

_IDENTIFIER = ("field_index", "time_index", "wave_index", "z_index")
_WANTED = (
    "filename",
    "acquisition_time_ms",
    "Well.label",
    "Well.Row.number",
    "Well.Column.number",
    *(f"Identifier.{name}" for name in _IDENTIFIER),
    *(f"{where}.{axis}" for where in ("PlatePosition_um", "OffsetFromWellCenter") for axis in "xy"),
    "FocusPosition.z",
    "Exposure.time",
    "ExcitationFilter.name",
    "EmissionFilter.name",
)
_KINDS = ("Wavelength", "ObjectiveCalibration", "Plate", "ZDimensionParameters", "Creation", "Binning")


def arrange_plate(head: Path) -> Layout:
    """The layout of the plate that an .xdce describes."""
    index = read_records(head, {**dict.fromkeys(_KINDS), "Image": _WANTED})
    planes = [record for record in index.of("Image") if record.text("filename")]
    if not planes:
        raise UnreadableFile(f"{head.name} is damaged or no index: it names no images")
    wavelengths = {record.whole("index", number): record for number, record in enumerate(index.of("Wavelength"))}
    fields = {number: rank for rank, number in enumerate(sorted({record.whole("Identifier.field_index") for record in planes}))}
    firsts: dict[tuple[Any, ...], Record] = {}
    waves: dict[int, Record] = {}
    entries = []
    for record in planes:
        key = (*_well(head, record), fields[record.whole("Identifier.field_index")])
        t, c, z = (record.whole(f"Identifier.{name}_index") for name in ("time", "wave", "z"))
        firsts.setdefault(key, record)
        waves.setdefault(c, record)
        name = record.text("filename")
        entries.append(Entry(key, t, c, z, find_below(head.parent, name), named=name))
    start = _start(index)

    def place_of(key: tuple[Any, ...]) -> ImagePlace:
        place = place_on_plate(*key, fields=len(fields))
        return ImagePlace(place.name, place.well, _told_of(firsts[key]))

    def channel_of(number: int) -> ChannelDescription:
        return _describe_channel(wavelengths.get(number, Record("")), waves[number])

    layout = arrange(head, entries, place_of=place_of, channel_of=channel_of)
    _describe(layout, index, planes, start)
    return layout


def _well(head: Path, record: Record) -> tuple[int, int]:
    """The zero-based row and column of the well that a plane was taken in."""
    row, column = record.whole("Well.Row.number", 1) - 1, record.whole("Well.Column.number", 1) - 1
    if not (0 <= row <= 98 and 0 <= column <= 98):
        raise UnreadableFile(f"{head.name} is damaged: it names a well in row {row + 1}, column {column + 1}")
    return row, column


def _start(index: Records) -> datetime | None:
    created = next(iter(index.of("Creation")), Record(""))
    return parse_moment(f"{created.text('date')}T{created.text('time')}")


def _told_of(record: Record) -> dict[str, Any]:
    """Where the field lies: on the plate where that is said, else from the middle of its well."""
    for where in ("PlatePosition_um", "OffsetFromWellCenter"):
        position = (record.number(f"{where}.x"), record.number(f"{where}.y"), record.number("FocusPosition.z"))
        if position[:2] != (None, None):
            return {"stage_position_um": position}
    return {}


def _describe_channel(wavelength: Record, plane: Record) -> ChannelDescription:
    """A wavelength by the protocol, and by the first plane that was taken of it."""
    filters = [wavelength.text(f"{side}Filter.name") or plane.text(f"{side}Filter.name") for side in ("Excitation", "Emission")]
    exposure_ms = plane.positive("Exposure.time") or wavelength.positive("Exposure.time")
    mode = wavelength.text("imaging_mode").lower()
    is_bright = any("tl" in name.lower() or "bright" in name.lower() for name in filters)
    return ChannelDescription(
        name=wavelength.text("show_name") or wavelength.text("fusion_wave_name") or " - ".join(name for name in filters if name),
        excitation_nm=wavelength.positive("ExcitationFilter.wavelength"),
        emission_nm=wavelength.positive("EmissionFilter.wavelength"),
        exposure_s=None if exposure_ms is None else exposure_ms / 1000,
        contrast_method="Brightfield" if is_bright else None,
        acquisition_mode="SlitScanConfocal" if "confocal" in mode else None,
    )


def _describe(layout: Layout, index: Records, planes: list[Record], start: datetime | None) -> None:
    """Add the plate, and what holds for all images."""
    lens = next(iter(index.of("ObjectiveCalibration")), Record(""))
    told: dict[str, Any] = {"acquisition_date": start}
    for axis, name in (("x", "pixel_width"), ("y", "pixel_height")):
        if (size := lens.positive(name)) is not None:
            told[f"physical_size_{axis}"] = Quantity(size, lens.text("unit") or "µm")
    told["physical_size_z"] = _z_step(planes)
    told["time_increment"] = _time_step(planes)
    powers = (
        ("nominal_magnification", "magnification"),
        ("lens_na", "numerical_aperture"),
        ("refractive_index", "refractive_index"),
    )
    told["objective"] = {key: value for key, name in powers if (value := lens.positive(name)) is not None}
    if model := lens.text("objective_name"):
        told["objective"]["model"] = model
    told["instrument"] = {"manufacturer": "GE Healthcare", "model": index.note(".Application.name") or "IN Cell Analyzer"}
    told["experimenter"] = index.note(".Operator.login") or index.note(".User.name") or None
    layout.told = told
    plate = next((record for record in index.of("Plate") if record.text("rows")), Record(""))
    wells = {(image.place.well.row, image.place.well.column) for image in layout.images if image.place.well is not None}
    rows, columns = plate.whole("rows"), plate.whole("columns")
    layout.plates = (describe_plate(index.note("ImageStack.PlateID") or layout.head.stem, wells, rows=rows, columns=columns),)
    layout.metadata = dict(index.notes)
    for number, record in enumerate(record for record in index.found if record.kind != "Image"):
        layout.metadata |= {f"{record.kind}[{number + 1}].{key}": value for key, value in record.values.items() if key}


def _along(planes: list[Record], axis: str, value: str) -> dict[int, float]:
    """A value of the first image's planes by their numbers along an axis, the other numbers staying the same."""
    same = ("Well.Row.number", "Well.Column.number", *(f"Identifier.{name}" for name in _IDENTIFIER if name != axis))
    first = planes[0]
    return {
        record.whole(f"Identifier.{axis}"): number
        for record in planes
        if all(record.text(name) == first.text(name) for name in same) and (number := record.number(value)) is not None
    }


def _z_step(planes: list[Record]) -> Quantity | None:
    heights = _along(planes, "z_index", "FocusPosition.z")
    if len(heights) < 2 or heights[max(heights)] == heights[min(heights)]:
        return None
    step = abs(heights[max(heights)] - heights[min(heights)]) / (max(heights) - min(heights))
    return Quantity(round(step, 6), "µm")


def _time_step(planes: list[Record]) -> Quantity | None:
    times = _along(planes, "time_index", "acquisition_time_ms")
    if len(times) < 2 or times[max(times)] <= times[min(times)]:
        return None
    return Quantity(round((times[max(times)] - times[min(times)]) / (max(times) - min(times)), 3), "ms")
