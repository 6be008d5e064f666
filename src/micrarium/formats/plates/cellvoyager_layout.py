"""What MeasurementData.mlf says of each plane, and MeasurementDetail.mrf and the measurement setting of each channel."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from micrarium.errors import UnreadableFile
from micrarium.formats.plates.cellvoyager import COMPANIONS, IMAGE, is_correction
from micrarium.formats.plates.layouts import Entry, ImagePlace, Layout, arrange, describe_plate, place_on_plate
from micrarium.formats.plates.listings import find_below, list_folder
from micrarium.formats.plates.records import Record, Records, parse_moment, read_records
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription

_WANTED = (
    *("Type", "Time", "Column", "Row", "TimePoint", "FieldIndex", "ZIndex", "TimelineIndex", "ActionIndex", "Action"),
    *("X", "Y", "Z", "Ch", "ZImageProcessing", ""),
)
_BAND = re.compile(r"BP\s*([0-9]+)", re.IGNORECASE)
_POWER = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*x", re.IGNORECASE)
_COLOR = re.compile(r"#(?:[0-9A-F]{2})?([0-9A-F]{6})", re.IGNORECASE)

_UNREAD = " could not be read"

#: A channel as it is told apart: its number, the action that took it, and what the instrument made of its planes.
_Channel = tuple[int, int, str]


def arrange_plate(head: Path) -> Layout:
    """The layout of the plate that an index describes."""
    index = read_records(head, {"MeasurementRecord": _WANTED})
    planes = [record for record in index.found if record.text("Type") == "IMG" and record.text("")]
    failed = sum(record.text("Type") == "ERR" for record in index.found)
    if not planes:
        raise UnreadableFile(f"{head.name} is damaged or no index: it names no images")
    channels = _tell_apart(planes)
    fields = {number: rank for rank, number in enumerate(sorted({record.whole("FieldIndex", 1) for record in planes}))}
    lines = {number: rank for rank, number in enumerate(sorted({record.whole("TimelineIndex", 1) for record in planes}))}
    firsts: dict[tuple[Any, ...], Record] = {}
    entries = []
    for record in planes:
        where = (record.whole("Row", 1) - 1, record.whole("Column", 1) - 1)
        if min(where) < 0 or max(where) > 98:
            raise UnreadableFile(f"{head.name} is damaged: it names a well in row {where[0] + 1}, column {where[1] + 1}")
        key = (lines[record.whole("TimelineIndex", 1)], *where, fields[record.whole("FieldIndex", 1)])
        firsts.setdefault(key, record)
        name, c = record.text(""), channels[_channel_of(record, by_action=len(next(iter(channels))) > 1)]
        t, z = record.whole("TimePoint", 1), record.whole("ZIndex", 1)
        entries.append(Entry(key, t, c, z, find_below(head.parent, name), named=name))

    def place_of(key: tuple[Any, ...]) -> ImagePlace:
        place = place_on_plate(*key[1:], acquisition=key[0], fields=len(fields))
        return ImagePlace(place.name, place.well, _told_of(firsts[key]))

    settings = _read_settings(head)
    named = {c: _describe_channel(channel, settings) for channel, c in channels.items()}
    layout = arrange(head, entries, place_of=place_of, channel_of=lambda c: named[c], others=_others(head))
    _describe(layout, planes, settings)
    layout.warnings = (*layout.warnings, *(f"{path}: {why}" for path, why in settings.notes.items() if path.endswith(_UNREAD)))
    if failed:
        layout.warnings = (*layout.warnings, f"The instrument notes {failed} errors, such as of its autofocus, in {head.name}")
    return layout


def _channel_of(record: Record, *, by_action: bool) -> _Channel | tuple[int]:
    number = record.whole("Ch", 1)
    return (number, record.whole("ActionIndex", 1), record.text("ZImageProcessing")) if by_action else (number,)


def _tell_apart(planes: list[Record]) -> dict[Any, int]:
    """The channels in their order; a number that several actions took, or that was projected too, counts for each."""
    plain = {_channel_of(record, by_action=False) for record in planes}
    exact = {_channel_of(record, by_action=True) for record in planes}
    return {channel: rank for rank, channel in enumerate(sorted(plain if len(plain) == len(exact) else exact))}


def _others(head: Path) -> list[Path]:
    names = list_folder(head.parent).files
    return [head.parent / name for name in names if name.lower().endswith(COMPANIONS) or is_correction(name)]


def _read_settings(head: Path) -> Records:
    """All that the files beside an index say; what cannot be read among them is left out."""
    told = Records()
    kinds = dict.fromkeys(("MeasurementChannel", "Channel", "LightSource", "MeasurementSamplePlate"))
    for path in _others(head):
        if path.suffix.lower() in (".mrf", ".mes", ".wpp", ".wpi"):
            try:
                read = read_records(path, kinds)
            except (UnreadableFile, OSError) as error:
                told.notes[f"{path.name}{_UNREAD}"] = str(error)
                continue
            told.found += read.found
            told.notes |= read.notes
    return told


def _described(settings: Records, kind: str, number: int) -> Record:
    """What is said of one channel, by its number."""
    return next((record for record in settings.of(kind) if record.whole("Ch") == number), Record(kind))


def _describe_channel(channel: Any, settings: Records) -> ChannelDescription:
    """A channel of the measurement setting: its dye, light source, filter, exposure and colour."""
    told = _described(settings, "Channel", channel[0])
    lights = {record.text("Name"): record.positive("WaveLength") for record in settings.of("LightSource")}
    band, color = _BAND.match(told.text("Acquisition")), _COLOR.fullmatch(told.text("Color"))
    exposure_ms = told.positive("ExposureTime")
    kind = told.text("Kind").lower()
    made = channel[2] if len(channel) > 1 else ""
    name = told.text("Target") or f"C{channel[0]:02d}"
    return ChannelDescription(
        name=f"{name} ({made})" if made else name,
        fluor=told.text("Fluorophore") or None,
        excitation_nm=lights.get(told.text("LightSourceName")),
        emission_nm=float(band[1]) if band else None,
        exposure_s=None if exposure_ms is None else exposure_ms / 1000,
        color=color[1].upper() if color else None,
        contrast_method="Brightfield" if "bright" in kind else "Fluorescence" if "fluor" in kind else None,
        acquisition_mode="SpinningDiskConfocal" if "confocal" in kind else None,
    )


def _told_of(record: Record) -> dict[str, Any]:
    """Where the field lies and when it was taken."""
    position = (record.number("X"), record.number("Y"), record.number("Z"))
    told: dict[str, Any] = {} if position == (None, None, None) else {"stage_position_um": position}
    if (moment := parse_moment(record.text("Time"))) is not None:
        told["acquisition_date"] = moment
    return told


def _describe(layout: Layout, planes: list[Record], settings: Records) -> None:
    """Add the plate, and what holds for all images."""
    measured = next(iter(settings.of("MeasurementChannel")), Record(""))
    told: dict[str, Any] = {}
    for axis, name in (("x", "Horizontal"), ("y", "Vertical")):
        if (size := measured.positive(f"{name}PixelDimension")) is not None:
            told[f"physical_size_{axis}"] = Quantity(size, "µm")
    told["physical_size_z"] = _z_step(planes)
    told["significant_bits"] = measured.whole("InputBitDepth") or None
    channel = next(iter(settings.of("Channel")), Record(""))
    power = channel.positive("Magnification")
    named = _POWER.search(channel.text("Objective"))
    power = power or (float(named[1]) if named else None)
    told["objective"] = {"model": channel.text("Objective")} if channel.text("Objective") else {}
    if power:
        told["objective"]["nominal_magnification"] = power
    told["instrument"] = {"manufacturer": "Yokogawa", "model": settings.note(".TargetSystem") or "CellVoyager"}
    told["experimenter"] = settings.note(".OperatorName") or None
    layout.told = told
    plate = next(iter(settings.of("MeasurementSamplePlate")), Record(""))
    image = IMAGE.fullmatch(planes[0].text("").replace("\\", "/").rsplit("/", 1)[-1])
    name = plate.text("Name") or settings.note(".Title") or (image["plate"] if image else "") or "Plate"
    wells = {(one.place.well.row, one.place.well.column) for one in layout.images if one.place.well is not None}
    rows, columns = (int(text) if (text := settings.note(f".{what}")).isdigit() else 0 for what in ("RowCount", "ColumnCount"))
    layout.plates = (describe_plate(name, wells, rows=rows, columns=columns),)
    layout.metadata = dict(settings.notes)
    for record in (*settings.of("MeasurementChannel"), *settings.of("Channel")):
        layout.metadata |= {f"{record.kind} {record.text('Ch')}.{key}": value for key, value in record.values.items() if key}


def _z_step(planes: list[Record]) -> Quantity | None:
    """The distance of planes, from the first stack that has several."""
    stacks: dict[tuple[str, ...], dict[int, float]] = {}
    for record in planes:
        if (height := record.number("Z")) is not None:
            same = ("Row", "Column", "FieldIndex", "TimePoint", "TimelineIndex", "ActionIndex", "Ch", "ZImageProcessing")
            stack = stacks.setdefault(tuple(record.text(name) for name in same), {})
            stack[record.whole("ZIndex", 1)] = height
            if len(stack) > 1 and len(stacks) > 1:
                break
    for heights in stacks.values():
        low, high = min(heights), max(heights)
        if high > low and heights[high] != heights[low]:
            return Quantity(round(abs(heights[high] - heights[low]) / (high - low), 6), "µm")
    return None
