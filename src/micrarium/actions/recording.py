"""From an opened file to rows: filesets, images, pixels and channels, plates and wells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from micrarium.actions.storing import KeptFileset
from micrarium.geometry import Quantity
from micrarium.model import (
    AcquisitionMode,
    Channel,
    ChannelBinding,
    ContrastMethod,
    Enumeration,
    Fileset,
    FilesetEntry,
    Illumination,
    Image,
    LogicalChannel,
    OriginalFile,
    Pixels,
    Plate,
    PlateAcquisition,
    RenderingDef,
    StatsInfo,
    Well,
    WellSample,
)
from micrarium.model.enumerations import SEEDS
from micrarium.model.search import metadata_words
from micrarium.permissions import ActorSession
from micrarium.pixels.acquisition import usable
from micrarium.pixels.channels import ChannelView, channel_views, type_limits, usable_window
from micrarium.pixels.source import ChannelDescription, ImageFile, Source, WellPosition
from micrarium.pixels.statistics import ChannelStatistics


@dataclass(frozen=True, slots=True)
class Measured:
    """An image of a file as it will be recorded: its place in the file, and its channels with what was seen of them."""

    series: int
    source: Source
    statistics: tuple[ChannelStatistics, ...]
    views: tuple[ChannelView, ...]


def measured_images(image_file: ImageFile, seen: Mapping[int, tuple[ChannelStatistics, ...]]) -> list[Measured]:
    """The images of a file that are imported: those of which statistics were taken, by their places in the file."""
    return [_measured(series, image_file.images[series], statistics) for series, statistics in seen.items()]


def _measured(series: int, source: Source, statistics: tuple[ChannelStatistics, ...]) -> Measured:
    windows = {index: _window(source, index, seen) for index, seen in enumerate(statistics)}
    return Measured(series, source, statistics, channel_views(source, windows=windows))


def _window(source: Source, index: int, seen: ChannelStatistics) -> tuple[float, float]:
    """What is shown first: all values of colour pictures, else what the file says, else most of what occurs."""
    if source.samples >= 3 and source.dtype in (np.uint8, np.uint16):
        return type_limits(source.dtype)
    channels = source.description.channels
    said = channels[index].window if source.samples == 1 and index < len(channels) else None
    return usable_window(said) or seen.window


def record_fileset(session: ActorSession, image_file: ImageFile, kept: KeptFileset, *, metadata: Mapping[str, str]) -> Fileset:
    """A new fileset with its originals and all that the file says of itself, not yet flushed."""
    cleaned = {clean(key): clean(value) for key, value in metadata.items()}
    fileset = Fileset(
        template_prefix=kept.template_prefix,
        reader=image_file.reader,
        reader_version=image_file.reader_version[:120],
        warnings=[clean(warning) for warning in image_file.warnings],
        original_metadata=cleaned,
        metadata_words=metadata_words(cleaned),
    )
    session.add(fileset)
    for position, file in enumerate(kept.files):
        original = OriginalFile(
            name=clean(file.name)[:1000],
            path=clean(file.client_path),
            size=file.size_bytes,
            hash=file.sha256,
            mimetype=file.mimetype,
            is_in_place=file.is_in_place,
            location=file.location,
            root_id=file.root_id,
        )
        session.add(original)
        entry = FilesetEntry(fileset=fileset, original_file=original, position=position, client_path=original.path)
        session.add(entry)
    return fileset


def record_image(session: ActorSession, fileset: Fileset, measured: Measured, *, name: str) -> Image:
    """A new image with its pixels and channels, not yet flushed."""
    told = measured.source.description
    image = Image(
        name=clean(name)[:1000] or "unnamed",
        description=clean(told.description) or None,
        acquisition_date=_usable_date(told.acquisition_date),
        acquired_by=clean(told.experimenter or "")[:255] or None,
        acquisition_software=clean(str(told.instrument.get("software") or ""))[:255] or None,
        fileset=fileset,
        series=measured.series,
    )
    session.add(image)
    pixels = _record_pixels(image, measured.source)
    session.add(pixels)
    for index, view in enumerate(measured.views):
        session.add_all(_record_channel(pixels, index, measured, view))
    return image


def _record_pixels(image: Image, source: Source) -> Pixels:
    told, shape = source.description, source.shape
    pixels = Pixels(
        image=image,
        size_x=shape.x,
        size_y=shape.y,
        size_z=shape.z,
        size_c=shape.c,
        size_t=shape.t,
        samples=source.samples,
        pixels_type=source.dtype.name,
        significant_bits=told.significant_bits,
        is_label=told.is_label,
    )
    for column in ("physical_size_x", "physical_size_y", "physical_size_z", "time_increment"):
        set_quantity(pixels, column, getattr(told, column))
    return pixels


def _record_channel(pixels: Pixels, index: int, measured: Measured, view: ChannelView) -> list[Any]:
    source, seen = measured.source, measured.statistics[index]
    number = index // source.samples
    channels = source.description.channels
    told = channels[number] if number < len(channels) else ChannelDescription()
    logical = LogicalChannel(
        name=clean(view.label)[:255],
        fluor=clean(told.fluor or "")[:255] or None,
        excitation_wave=told.excitation_nm,
        emission_wave=told.emission_nm,
        contrast_method=spelling_of(ContrastMethod, told.contrast_method),
        mode=spelling_of(AcquisitionMode, told.acquisition_mode),
        illumination=spelling_of(Illumination, told.illumination_type),
        nd_filter=usable(told.nd_filter, least=0),
        pockel_cell_setting=told.pockel_cell_setting,
    )
    if told.pinhole_um is not None:
        set_quantity(logical, "pin_hole_size", Quantity(told.pinhole_um, "µm"))
    channel = Channel(pixels=pixels, logical_channel=logical, channel_index=index, color=view.color)
    start, end = _window(source, index, seen)
    statistics = StatsInfo(channel=channel, global_min=seen.minimum, global_max=seen.maximum, window_start=start, window_end=end)
    return [logical, channel, statistics]


def record_rendering(session: ActorSession, image: Image, measured: Measured) -> None:
    """The importer's rendering settings, where the file itself switches channels off, which a channel's columns cannot say."""
    told = measured.source.description.channels
    if all(channel.active for channel in told) or not any(channel.active for channel in told):
        return
    settings = RenderingDef(pixels_id=image.pixels.id, default_z=measured.source.shape.z // 2, group_id=image.group_id)
    settings.wave_rendering = [
        ChannelBinding(
            channel_index=index, active=view.active, color=view.color, input_start=view.window[0], input_end=view.window[1]
        )
        for index, view in enumerate(measured.views)
    ]
    session.add(settings)


def record_plates(session: ActorSession, image_file: ImageFile, images: Sequence[tuple[Measured, Image]]) -> list[Plate]:
    """The plates of a file with their wells and fields, flushed once; images that lie on none are left alone."""
    plates = []
    for number, told in enumerate(image_file.plates):
        placed = [(m, image) for m, image in images if (w := m.source.description.well) is not None and w.plate == number]
        plate = Plate(name=clean(told.name)[:1000] or "Plate", rows=told.rows, columns=told.columns)
        session.add(plate)
        session.flush()
        plates.append(plate)
        _record_wells(session, plate, placed)
    return plates


def _record_wells(session: ActorSession, plate: Plate, placed: Sequence[tuple[Measured, Image]]) -> None:
    wells: dict[tuple[int, int], Well] = {}
    runs: dict[int, PlateAcquisition] = {}
    for measured, image in placed:
        position = measured.source.description.well
        assert position is not None
        where = (position.row, position.column)
        if where not in wells:
            wells[where] = Well(plate=plate, plate_id=plate.id, row=position.row, column=position.column)
            session.add(wells[where])
        if position.acquisition not in runs:
            runs[position.acquisition] = PlateAcquisition(plate_id=plate.id, name=f"Run {position.acquisition}")
            session.add(runs[position.acquisition])
        session.add(_record_field(wells[where], runs[position.acquisition], image, measured=measured, position=position))


def _record_field(well: Well, run: PlateAcquisition, image: Image, *, measured: Measured, position: WellPosition) -> WellSample:
    sample = WellSample(well=well, image=image, plate_acquisition=run, field_index=position.field)
    stage = measured.source.description.stage_position_um or (None, None, None)
    for column, value in zip(("pos_x", "pos_y"), stage, strict=False):
        set_quantity(sample, column, None if value is None else Quantity(value, "µm"))
    return sample


def set_quantity(row: Any, column: str, value: Quantity | None) -> None:
    """Set a quantity of a row with its unit, where it is a number."""
    if value is not None and np.isfinite(value.value):
        setattr(row, column, float(value.value))
        setattr(row, f"{column}_unit", clean(value.unit)[:20])


def spelling_of(kind: type[Enumeration], value: str | None) -> str | None:
    """The enumeration's spelling of a value; ``Other`` for one it does not have."""
    if not value:
        return None
    known = {entry.lower(): entry for entry in SEEDS[kind]}
    return known.get(value.strip().lower(), "Other")


def _usable_date(date: datetime | None) -> datetime | None:
    return date if date is not None and 1800 < date.year < 9000 else None


def clean(text: str) -> str:
    """Text as every database can hold it: no NUL, no half of a character."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
