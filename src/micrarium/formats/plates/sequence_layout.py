"""Which file of a sequence holds which plane, and what its first file and its software's notes say of it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from micrarium.errors import MicrariumError, UnreadableFile
from micrarium.formats.plates.file_patterns import read_pattern
from micrarium.formats.plates.layouts import Entry, ImagePlace, Layout, arrange, describe_plate, place_on_plate, tell_gaps
from micrarium.formats.plates.listings import list_folder
from micrarium.formats.plates.sequence_names import NamedSequence, well_of
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription, ImageDescription

_NOTES = "metadata.txt"
_LARGEST_NOTES_BYTES = 256 << 20
#: What the description of the first file does not say of all.
_OWN = ("name", "channels", "well", "description", "stage_position_um", "is_label", "is_thumbnail")


def arrange_sequence(head: Path, sequence: NamedSequence) -> Layout:
    """The layout of a sequence found by the names of its files."""
    channels = sorted({member.c for member in sequence.members})
    images = sorted({member.image for member in sequence.members})
    fields_of = {field: rank for rank, field in enumerate(sorted({image[2] for image in images}))}
    entries = [
        Entry(member.image, member.t, channels.index(member.c), member.z, head.parent / member.name) for member in sequence.members
    ]
    wells = {member.image: well for member in sequence.members if sequence.is_plate and (well := well_of(member)) is not None}

    def place_of(image: tuple[Any, ...]) -> ImagePlace:
        if image in wells:
            return place_on_plate(*wells[image], fields_of[image[2]], fields=len(fields_of))
        told = [f"{letter}{text}" for letter, text in (("", image[0]), ("W", image[1]), ("P", image[2])) if text]
        return ImagePlace(" ".join([sequence.title, *(told if len(images) > 1 else ())]))

    notes = list_folder(head.parent).find(_NOTES) if head.name.lower().startswith("img_") else None
    others = [head.parent / notes] if notes else []
    layout = arrange(head, entries, place_of=place_of, channel_of=lambda c: ChannelDescription(name=channels[c]), others=others)
    layout.warnings = (*layout.warnings, *tell_gaps(layout.numbers))
    if wells:
        layout.plates = (describe_plate(sequence.title, wells.values()),)
    _describe_by_first(layout)
    for path in others:
        _describe_by_notes(layout, path)
    return layout


def arrange_pattern(head: Path) -> Layout:
    """The layout of the files that a ``.pattern`` file names."""
    pattern, listing = read_pattern(head), list_folder(head.parent)
    entries = []
    for plane in pattern.planes:
        here = listing.find(plane.name)
        path = head.parent / here if here and "/" not in plane.name else None
        entries.append(Entry((plane.image,), plane.t, plane.c, plane.z, path, named=plane.name))
    count = len({entry.image for entry in entries})
    layout = arrange(
        head,
        entries,
        place_of=lambda image: ImagePlace(head.stem if count == 1 else f"{head.stem} #{image[0] + 1}"),
        channel_of=lambda c: ChannelDescription(name=pattern.channels[c]),
    )
    _describe_by_first(layout)
    return layout


def _describe_by_first(layout: Layout) -> None:
    """Add what the first file says, as if it stood alone."""
    from micrarium.formats.raster_images import RasterFile
    from micrarium.formats.tiff_images import TiffImageFile

    planes = layout.images[0].planes
    path = planes[min(planes)].path
    kind = TiffImageFile if path.suffix.lower().startswith(".tif") else RasterFile
    with suppress(OSError, ValueError, MicrariumError), kind(path, "", "") as opened:
        about = opened.images[0].description
        told = {one.name: getattr(about, one.name) for one in fields(ImageDescription) if one.name not in _OWN}
        layout.told = {name: value for name, value in told.items() if value}
        layout.metadata = opened.original_metadata()


def _describe_by_notes(layout: Layout, path: Path) -> None:
    """Add what Micro-Manager notes beside its files. Notes that cannot be read are told."""
    try:
        if path.stat().st_size > _LARGEST_NOTES_BYTES:
            raise UnreadableFile("it is too large")
        noted = json.loads(path.read_text("utf-8", "replace"))
        summary = noted["Summary"]
        named = summary.get("ChNames") or []
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, MicrariumError):
        layout.warnings = (*layout.warnings, f"{path.name} cannot be read, so sizes and times may be missing")
        return
    told = dict(layout.told)
    for name, key, unit in (("x", "PixelSize_um", "µm"), ("y", "PixelSize_um", "µm"), ("z", "z-step_um", "µm")):
        if (value := _positive(summary.get(key))) is not None:
            told[f"physical_size_{name}"] = Quantity(value, unit)
    if (interval := _positive(summary.get("Interval_ms"))) is not None:
        told["time_increment"] = Quantity(interval, "ms")
    layout.told = told
    layout.metadata |= {f"Summary.{key}": str(value) for key, value in summary.items() if not isinstance(value, dict)}
    if len(named) == len(layout.channels):
        order = sorted(range(len(named)), key=lambda c: str(named[c]))
        is_by_name = [channel.name for channel in layout.channels] == [str(named[c]) for c in order]
        if not is_by_name:
            layout.channels = tuple(ChannelDescription(name=str(name)) for name in named)


def _positive(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and 0 < value < 1e12 else None
