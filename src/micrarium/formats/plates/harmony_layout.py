"""What the index of Harmony or Columbus says of each plane, and of each channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from micrarium.errors import UnreadableFile
from micrarium.formats.plates.harmony import INDEXES
from micrarium.formats.plates.layouts import Entry, ImagePlace, Layout, arrange, describe_plate, place_on_plate
from micrarium.formats.plates.listings import find_below, list_folder
from micrarium.formats.plates.records import Record, Records, parse_moment, read_records
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription

_IDS = ("Row", "Col", "FieldID", "PlaneID", "TimepointID", "ChannelID")
_OF_IMAGES = ("URL", "URL.BufferNo", "PositionX", "PositionY", "PositionZ", "AbsPositionZ", "AbsTime", "State")
_OF_CHANNELS = (
    "ChannelName",
    "ChannelType",
    "AcquisitionType",
    "MainExcitationWavelength",
    "MainEmissionWavelength",
    "ExposureTime",
    "ImageResolutionX",
    "ImageResolutionY",
    "ObjectiveMagnification",
    "ObjectiveNA",
    "ExposureTime.Unit",
    "FlatfieldProfile",
    "CameraType",
)
_MODES = {"confocal": "SpinningDiskConfocal", "nonconfocal": "WideField", "non-confocal": "WideField"}


def arrange_plate(head: Path) -> Layout:
    """The layout of the plate that an index describes."""
    wanted = (*_IDS, *_OF_IMAGES, *_OF_CHANNELS)
    index = read_records(head, {"Image": wanted, "Entry": wanted})
    planes = [record for record in index.of("Image") if "Row" in record.values and "Col" in record.values]
    if not planes:
        raise UnreadableFile(f"{head.name} is damaged or no index: it names no images")
    channels = _channels(planes, index.of("Entry"))
    fields = {number: rank for rank, number in enumerate(sorted({record.whole("FieldID", 1) for record in planes}))}
    firsts: dict[tuple[Any, ...], Record] = {}
    entries = []
    for record in planes:
        key = (record.whole("Row", 1) - 1, record.whole("Col", 1) - 1, fields[record.whole("FieldID", 1)])
        if min(key[:2]) < 0 or max(key[:2]) > 98:
            raise UnreadableFile(f"{head.name} is damaged: it names a well in row {key[0] + 1}, column {key[1] + 1}")
        firsts.setdefault(key, record)
        name = record.text("URL")
        path = find_below(head.parent, name) if name else None
        t, c, z = (record.whole(axis, 1) for axis in ("TimepointID", "ChannelID", "PlaneID"))
        entries.append(Entry(key, t, c, z, path, max(0, record.whole("URL.BufferNo")), named=name or f"{t}-{c}-{z}"))

    def place_of(key: tuple[Any, ...]) -> ImagePlace:
        place = place_on_plate(*key, fields=len(fields))
        return ImagePlace(place.name, place.well, _told_of(firsts[key]))

    others = [head.parent / name for name in list_folder(head.parent).files if name.lower() in INDEXES]
    layout = arrange(head, entries, place_of=place_of, channel_of=lambda c: _describe_channel(channels[c]), others=others)
    _describe(layout, index, channels, planes)
    return layout


def _channels(planes: list[Record], entries: list[Record]) -> dict[int, Record]:
    """What is said of each channel: by its own entry, as newer versions write it, and else by its first image."""
    found: dict[int, Record] = {}
    for record in [*entries, *planes]:
        own = found.setdefault(record.whole("ChannelID", 1), Record("Channel"))
        if len(own.values) < len(_OF_CHANNELS):
            own.values |= {name: record.values[name] for name in _OF_CHANNELS if name in record.values and name not in own.values}
    return found


def _describe_channel(told: Record) -> ChannelDescription:
    is_light = "fluorescence" not in told.text("ChannelType").lower() and "bright" in told.text("ChannelName").lower()
    return ChannelDescription(
        name=told.text("ChannelName"),
        excitation_nm=told.positive("MainExcitationWavelength"),
        emission_nm=told.positive("MainEmissionWavelength"),
        exposure_s=told.positive("ExposureTime"),
        contrast_method="Brightfield" if is_light else "Fluorescence" if told.text("ChannelType") == "Fluorescence" else None,
        acquisition_mode=_MODES.get(told.text("AcquisitionType").lower()),
    )


def _told_of(record: Record) -> dict[str, Any]:
    """Where the field lies and when it was taken."""
    metres = (record.number("PositionX"), record.number("PositionY"), record.number("AbsPositionZ"))
    if metres[2] is None:
        metres = (*metres[:2], record.number("PositionZ"))
    told: dict[str, Any] = {}
    if any(value is not None for value in metres):
        told["stage_position_um"] = tuple(None if value is None else round(value * 1e6, 6) for value in metres)
    if (moment := parse_moment(record.text("AbsTime"))) is not None:
        told["acquisition_date"] = moment
    return told


def _describe(layout: Layout, index: Records, channels: dict[int, Record], planes: list[Record]) -> None:
    """Add the plate, and what holds for all images."""
    first = channels[layout.numbers[1][0]]
    told: dict[str, Any] = {}
    for axis in "XY":
        if (metres := first.positive(f"ImageResolution{axis}")) is not None:
            told[f"physical_size_{axis.lower()}"] = Quantity(round(metres * 1e6, 9), "µm")
    told["physical_size_z"] = _z_step(planes)
    told["time_increment"] = _time_step(planes)
    powers = (("nominal_magnification", "ObjectiveMagnification"), ("lens_na", "ObjectiveNA"))
    told["objective"] = {key: value for key, name in powers if (value := first.positive(name)) is not None}
    if model := index.note(".InstrumentType"):
        told["instrument"] = {"manufacturer": "Revvity", "model": model}
    told["experimenter"] = index.note(".User") or None
    layout.told = told
    name = index.note(".Plate.Name") or index.note(".PlateID") or layout.head.stem
    wells = {(image.place.well.row, image.place.well.column) for image in layout.images if image.place.well is not None}
    rows, columns = (int(text) if (text := index.note(f".{what}")).isdigit() else 0 for what in ("PlateRows", "PlateColumns"))
    layout.plates = (describe_plate(name, wells, rows=rows, columns=columns),)
    layout.metadata = dict(index.notes)
    for number, channel in channels.items():
        layout.metadata |= {f"Channel {number}.{key}": value for key, value in channel.values.items()}


def _z_step(planes: list[Record]) -> Quantity | None:
    """The distance of planes, from the first stack."""
    first = planes[0]
    same = ("Row", "Col", "FieldID", "TimepointID", "ChannelID")
    heights: dict[int, float] = {}
    for record in planes:
        if all(record.text(name) == first.text(name) for name in same) and (height := record.number("PositionZ")) is not None:
            heights[record.whole("PlaneID", 1)] = height
    if len(heights) < 2:
        return None
    low, high = min(heights), max(heights)
    step = abs(heights[high] - heights[low]) / (high - low) * 1e6
    return Quantity(round(step, 6), "µm") if step > 0 else None


def _time_step(planes: list[Record]) -> Quantity | None:
    first = planes[0]
    same = ("Row", "Col", "FieldID", "PlaneID", "ChannelID")
    moments = {
        record.whole("TimepointID"): moment
        for record in planes
        if all(record.text(name) == first.text(name) for name in same)
        and (moment := parse_moment(record.text("AbsTime"))) is not None
    }
    if len(moments) < 2:
        return None
    low, high = min(moments), max(moments)
    seconds = (moments[high] - moments[low]).total_seconds() / (high - low)
    return Quantity(round(seconds, 3), "s") if seconds > 0 else None
