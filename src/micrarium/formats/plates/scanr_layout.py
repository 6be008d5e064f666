"""Which image of a ScanR plate is which plane, by its name; what the descriptor and the OME-XML say of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from micrarium.errors import UnreadableFile
from micrarium.formats.markup import parse_xml
from micrarium.formats.ome_xml import OmeImage, parse_ome_xml
from micrarium.formats.plates.layouts import Entry, ImagePlace, Layout, arrange, describe_plate, place_on_plate
from micrarium.formats.plates.listings import list_folder
from micrarium.formats.plates.records import read_records
from micrarium.formats.plates.scanr import DESCRIPTOR, IMAGE, METADATA, NOTES, image_folder
from micrarium.formats.plates.wells import parse_well
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription, ImageDescription

_LARGEST_BYTES = 256 << 20
_POSITION = ("Pixels.Plane.PositionX", "Pixels.Plane.PositionY", "Pixels.Plane.PositionZ")


@dataclass(slots=True)
class _Descriptor:
    """What an experiment descriptor says: values by their names, channels, and wells by their numbers."""

    values: dict[str, str] = field(default_factory=dict)
    exposures_ms: dict[str, float] = field(default_factory=dict)
    wells: dict[int, tuple[int, int]] = field(default_factory=dict)
    rows: int = 0
    columns: int = 0


def arrange_plate(head: Path) -> Layout:
    """The layout of a plate of ScanR."""
    data, root = image_folder(head)
    names = [(name, found) for name in list_folder(data).files if (found := IMAGE.fullmatch(name))]
    if not names:
        raise UnreadableFile(f"{head.name} describes a plate, and no image of it is in {data.name}")
    told = _read_descriptor(head) if head.name.lower() == DESCRIPTOR else _Descriptor()
    metadata = list_folder(data).find(METADATA)
    images, stages, problem = _read_metadata(data / metadata) if metadata else ({}, {}, "")
    channels = sorted({found["c"] for _, found in names}, key=lambda name: _order(name, told))
    columns = told.columns or _columns(max(int(found["well"]) for _, found in names))
    wells = {int(found["well"]): _place(int(found["well"]), found["label"], told, columns) for _, found in names}
    positions = {number: rank for rank, number in enumerate(sorted({int(found["position"]) for _, found in names}))}
    entries = [
        Entry((int(m["well"]), int(m["position"])), int(m["t"]), channels.index(m["c"]), int(m["z"]), data / name)
        for name, m in names
    ]

    def place_of(key: tuple[Any, ...]) -> ImagePlace:
        place = place_on_plate(*wells[key[0]], positions[key[1]], fields=len(positions))
        return ImagePlace(place.name, place.well, stages.get(f"W{key[0]}P{key[1]}", {}))

    others = [root / name for name in list_folder(root).files if name.lower() in NOTES]
    others += [data / metadata] if metadata else []
    layout = arrange(
        head, entries, place_of=place_of, channel_of=lambda c: _describe_channel(channels[c], told, images), others=others
    )
    name = told.values.get("plate name") or next((m["label"] for _, m in names if not parse_well(m["label"])), "") or "ScanR"
    layout.plates = (describe_plate(name.strip("-"), set(wells.values()), rows=told.rows, columns=told.columns),)
    layout.metadata = dict(told.values)
    layout.warnings = (*layout.warnings, *([f"{problem}, so what it says of the images is missing"] if problem else []))
    _describe(layout, told, images)
    return layout


def _order(name: str, told: _Descriptor) -> tuple[int, str]:
    """Channels come in the order in which the descriptor lists them."""
    listed = list(told.exposures_ms)
    return (listed.index(name) if name in listed else len(listed)), name


def _columns(wells: int) -> int:
    return 12 if wells <= 96 else 24 if wells <= 384 else 48


def _place(number: int, label: str, told: _Descriptor, columns: int) -> tuple[int, int]:
    """The row and column of a well: by its label in names or in the descriptor, else by its number, row after row."""
    return parse_well(label) or told.wells.get(number) or divmod(max(0, number - 1), columns)


def _describe_channel(name: str, told: _Descriptor, images: dict[str, OmeImage]) -> ChannelDescription:
    """A channel by the OME-XML, where it has one of this name, and by the descriptor."""
    own = [channel for image in images.values() for channel in image.description.channels if channel.name == name][:1]
    if own:
        return own[0]
    exposure_ms = told.exposures_ms.get(name)
    return ChannelDescription(name=name, exposure_s=None if exposure_ms is None else exposure_ms / 1000)


def _describe(layout: Layout, told: _Descriptor, images: dict[str, OmeImage]) -> None:
    """Add what holds for all images: what the OME-XML says of the first, and the descriptor's scale."""
    about: dict[str, Any] = {}
    with suppress(ValueError):
        size = float(told.values.get("conversion factor um/pixel", ""))
        if 0 < size < 1e6:
            about |= {"physical_size_x": Quantity(size, "µm"), "physical_size_y": Quantity(size, "µm")}
    for image in list(images.values())[:1]:
        kept = ("physical_size_x", "physical_size_y", "physical_size_z", "time_increment", "objective", "instrument")
        names = [one.name for one in fields(ImageDescription) if one.name in kept]
        about |= {name: value for name in names if (value := getattr(image.description, name))}
    layout.told = about


def _read_metadata(path: Path) -> tuple[dict[str, OmeImage], dict[str, dict[str, Any]], str]:
    """The images of an OME-XML of ScanR by the well and position in their ids (``W14P1``), and where each lies.

    Its positions name no unit and are micrometres. Where it is damaged there are none, and a sentence says so.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return {}, {}, f"{path.name} is too large to be read"
        document = parse_ome_xml(path.read_bytes())
        told = read_records(path, {"Image": ("ID", *_POSITION)}).found
    except (OSError, UnreadableFile, ValueError, ElementTree.ParseError):
        return {}, {}, f"{path.name} is damaged"
    stages: dict[str, dict[str, Any]] = {}
    for record in told:
        position = tuple(record.number(name) for name in _POSITION)
        if any(value is not None for value in position):
            stages[record.text("ID").rpartition(":")[2]] = {"stage_position_um": position}
    return {image.id.rpartition(":")[2]: image for image in document.images}, stages, ""


def _read_descriptor(path: Path) -> _Descriptor:
    """What an experiment descriptor says. Raises ``UnreadableFile`` when it is damaged."""
    with path.open("rb") as file:
        text = file.read(_LARGEST_BYTES).decode("latin-1").lstrip("\ufeffï»¿ \r\n\t")
    if text.startswith("<?"):
        text = text[text.find("?>") + 2 :]
    try:
        root = parse_xml(text)
    except ElementTree.ParseError as error:
        raise UnreadableFile(f"{path.name} cannot be read, it may be damaged or cut short: {error}") from error
    return _interpret(_pairs(root))


def _pairs(root: Element) -> Iterator[tuple[str, str]]:
    """Every name of LabVIEW's clusters with its value; the name of a cluster has none."""
    for element in root.iter():
        name = element.findtext("Name")
        if name is not None:
            yield name.strip(), (element.findtext("Val") or "").strip()


def _interpret(pairs: Iterator[tuple[str, str]]) -> _Descriptor:
    told = _Descriptor()
    channel, well, is_plate = "", 0, False
    for name, value in pairs:
        lower = name.lower()
        is_plate = is_plate or lower == "format typedef"
        if lower == "name" and value:
            channel = value
        elif lower == "exposure time" and channel:
            with suppress(ValueError):
                told.exposures_ms.setdefault(channel, float(value))
        elif lower == "idle" and value not in ("", "0"):  # a channel that was switched off
            told.exposures_ms.pop(channel, None)
        elif lower in ("rows", "columns") and is_plate and value.isdigit() and int(value) <= 99:
            setattr(told, lower, getattr(told, lower) or int(value))
        elif lower == "well selection table + cdna" and value.isdigit():
            well = int(value)
        elif lower == "well selection table + cdna" and well and (place := parse_well(value)) is not None:
            told.wells[well], well = place, 0
        elif value and len(told.values) < 20_000:
            told.values.setdefault(name, value)
    return told
