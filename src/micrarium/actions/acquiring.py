"""From what a file says of an acquisition to rows: how objective and channels were set, surroundings, experiment, planes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from micrarium.actions.equipping import Equipping
from micrarium.actions.recording import Measured, clean, set_quantity, spelling_of
from micrarium.geometry import Quantity
from micrarium.model import (
    Binning,
    DetectorSettings,
    Experiment,
    ExperimentType,
    Image,
    ImagingEnvironment,
    Instrument,
    LightPath,
    LightPathEmissionFilter,
    LightPathExcitationFilter,
    LightSettings,
    LogicalChannel,
    Medium,
    MicrobeamLightSettings,
    MicrobeamManipulation,
    MicrobeamManipulationType,
    ObjectiveSettings,
    PlaneInfo,
    StageLabel,
)
from micrarium.permissions import ActorSession, insert_parts
from micrarium.pixels import acquisition as told_of
from micrarium.pixels.acquisition import usable
from micrarium.pixels.plane_tables import PlaneTable
from micrarium.pixels.source import ChannelDescription, ImageDescription

#: Planes are recorded one by one up to this many in an image; those of larger ones are read from the file when asked for.
MOST_PLANES = 100_000
_AT_ONCE = 5_000
_LARGEST_INTEGER = 2**31 - 1


def record_acquisitions(session: ActorSession, recorded: Sequence[tuple[Measured, Image]]) -> None:
    """How the images of a file were acquired. Images that say the same of their instrument or experiment share one."""
    equipping = Equipping(session)
    experiments: dict[told_of.Experiment, Experiment] = {}
    for measured, image in recorded:
        told = measured.source.description
        instrument = equipping.instrument_of(told)
        if instrument is not None:
            image.instrument = instrument
            _record_objective(session, equipping, image, instrument, told)
            for channel in image.pixels.channels:
                number = channel.channel_index // measured.source.samples
                if number < len(told.channels):
                    _record_channel(session, equipping, instrument, channel.logical_channel, told.channels[number])
        if told.experiment is not None:
            if told.experiment not in experiments:
                experiments[told.experiment] = _record_experiment(session, equipping, image, told.experiment)
            image.experiment = experiments[told.experiment]
        _record_environment(session, image, told.environment)
        _record_stage(session, image, told)
    equipping.finish()


def record_planes(session: ActorSession, recorded: Sequence[tuple[Measured, Image]]) -> None:
    """When and where the planes of images that were just made, and flushed, were taken: some thousand in a statement."""
    for measured, image in recorded:
        planes = measured.source.planes
        if planes is not None and planes.count <= MOST_PLANES:
            insert_parts(session, PlaneInfo, image.pixels, _plane_rows(planes, measured.source.samples))


def _plane_rows(planes: PlaneTable, samples: int) -> Iterator[list[dict[str, Any]]]:
    """The rows of the planes anything is known of, a portion at a time; what is not known is NULL."""
    canonical = {name: column.factor() for name, column in planes.columns.items()}
    for places, values in planes.portions(_AT_ONCE):
        columns: dict[str, list[Any]] = {
            "the_t": places[:, 0].tolist(), "the_c": (places[:, 1] * samples).tolist(), "the_z": places[:, 2].tolist(),
        }  # fmt: skip
        for name, array in values.items():
            is_known = ~np.isnan(array)
            unit = planes.columns[name].unit[:20]
            columns[name] = _nullable(array, is_known)
            columns[f"{name}_unit"] = [unit if known else None for known in is_known.tolist()]
            if (factor := canonical[name]) is not None:
                columns[f"{name}_canonical"] = _nullable(array * factor, is_known)
        names = list(columns)
        yield [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _nullable(array: np.ndarray[Any, Any], is_known: np.ndarray[Any, Any]) -> list[float | None]:
    told: list[float | None] = array.tolist()
    if not is_known.all():
        for number in np.flatnonzero(~is_known):
            told[number] = None
    return told


def _record_objective(
    session: ActorSession, equipping: Equipping, image: Image, instrument: Instrument, told: ImageDescription
) -> None:
    if told.objective:
        row = ObjectiveSettings(
            image=image,
            objective=equipping.objective(instrument, told.objective),
            refractive_index=usable(told.objective.get("refractive_index"), least=0),
            correction_collar=usable(told.objective.get("correction_collar")),
            medium=spelling_of(Medium, told.objective.get("medium")),
        )
        session.add(row)


def _record_channel(
    session: ActorSession, equipping: Equipping, instrument: Instrument, logical: LogicalChannel, told: ChannelDescription
) -> None:
    if told.detector is not None:
        session.add(_detector_settings(equipping, instrument, logical, told.detector))
    if told.light is not None:
        row = LightSettings(logical_channel=logical, light_source=equipping.light_source(instrument, told.light.source))
        _set_light(row, told.light)
        session.add(row)
    if told.filter_set is not None:
        equipping.refer(logical, "filter_set_id", equipping.filter_set(instrument, told.filter_set))
    if (path := told.light_path) is not None:
        mirror = None if path.dichroic is None else equipping.dichroic(instrument, path.dichroic)
        light_path = LightPath(logical_channel=logical, dichroic=mirror)
        session.add(light_path)
        filters = [(LightPathExcitationFilter, path.excitation), (LightPathEmissionFilter, path.emission)]
        equipping.line_up(instrument, "light_path_id", light_path, filters)


def _detector_settings(
    equipping: Equipping, instrument: Instrument, logical: LogicalChannel, told: told_of.DetectorSettings
) -> DetectorSettings:
    row = DetectorSettings(
        logical_channel=logical,
        detector=equipping.detector(instrument, told.detector),
        binning=spelling_of(Binning, told.binning),
        integration=_whole(told.integration),
        **{name: usable(getattr(told, name)) for name in ("gain", "offset", "zoom")},
    )
    set_quantity(row, "voltage", told.voltage)
    set_quantity(row, "read_out_rate", told.read_out_rate)
    return row


def _whole(value: int | None) -> int | None:
    return value if value is not None and 0 < value <= _LARGEST_INTEGER else None


def _set_light(row: LightSettings | MicrobeamLightSettings, told: told_of.LightSettings) -> None:
    row.attenuation = usable(told.attenuation, least=0)
    set_quantity(row, "wavelength", told.wavelength)


def _record_experiment(session: ActorSession, equipping: Equipping, image: Image, told: told_of.Experiment) -> Experiment:
    row = Experiment(type=spelling_of(ExperimentType, (told.type or "").split(" ")[0]), description=clean(told.description) or None)
    session.add(row)
    image.experiment = row
    session.flush()
    for one in told.manipulations:
        kind = spelling_of(MicrobeamManipulationType, (one.type or "").split(" ")[0])
        manipulation = MicrobeamManipulation(experiment_id=row.id, type=kind, description=clean(one.description) or None)
        session.add(manipulation)
        lights = [(light, equipping.light_source(image.instrument, light.source)) for light in one.lights if image.instrument]
        session.flush()
        for light, source in lights:
            settings = MicrobeamLightSettings(microbeam_manipulation_id=manipulation.id, light_source_id=source.id)
            _set_light(settings, light)
            session.add(settings)
    return row


def _record_environment(session: ActorSession, image: Image, told: told_of.ImagingEnvironment | None) -> None:
    if told is None:
        return
    row = ImagingEnvironment(image=image, humidity=_fraction(told.humidity), co2_percent=_fraction(told.co2))
    set_quantity(row, "temperature", told.temperature)
    set_quantity(row, "air_pressure", told.air_pressure)
    if told.pairs:
        row.map_value = [[clean(key), clean(value)] for key, value in told.pairs]
    session.add(row)


def _fraction(value: float | None) -> float | None:
    number = usable(value, least=0)
    return number if number is not None and number <= 1 else None


def _record_stage(session: ActorSession, image: Image, told: ImageDescription) -> None:
    """Where the stage stood: as the file names the position, else as it tells it. A field of a well says so itself."""
    label = told.stage
    if label is None and told.stage_position_um is not None and told.well is None:
        x, y, z = (None if value is None else Quantity(value, "µm") for value in told.stage_position_um)
        label = told_of.StageLabel(name="Stage position", x=x, y=y, z=z)
    if label is None or not (label.name or label.x or label.y or label.z):
        return
    row = StageLabel(image=image, name=clean(label.name)[:255] or "Stage position")
    for axis in "xyz":
        set_quantity(row, f"position_{axis}", getattr(label, axis))
    session.add(row)
