"""How images were acquired, as it is embedded in lists of them: instruments with their parts, and how these were set.

Each in a constant number of statements for the whole page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, func

from micrarium.model import (
    Channel,
    Detector,
    DetectorSettings,
    Dichroic,
    Entity,
    Experiment,
    Filter,
    FilterSet,
    FilterSetEmissionFilter,
    FilterSetExcitationFilter,
    ImagingEnvironment,
    Instrument,
    LightPath,
    LightPathEmissionFilter,
    LightPathExcitationFilter,
    LightSettings,
    LightSource,
    LogicalChannel,
    MicrobeamLightSettings,
    MicrobeamManipulation,
    Microscope,
    Objective,
    ObjectiveSettings,
    Pixels,
    PlaneInfo,
    StageLabel,
)
from micrarium.model.schema import selectable
from micrarium.permissions import ActorSession, among, every, shown_attributes, visible

Rows = list[dict[str, Any]]
#: The parts of an instrument, by what they are called in an answer.
_PARTS: dict[str, type[Entity]] = {
    "objectives": Objective, "detectors": Detector, "light_sources": LightSource, "filters": Filter, "dichroics": Dichroic,
    "filter_sets": FilterSet,
}  # fmt: skip


def read_rows(session: ActorSession, entity: type[Entity], ids: Sequence[int], key: str) -> Rows:
    """All fields that are shown of the objects whose column ``key`` is one of ``ids``, by id."""
    assert session.actor is not None
    is_visitor = session.actor.is_visitor
    columns = shown_attributes(entity, is_visitor=is_visitor)
    rows = session.execute(_all_fields(entity, is_visitor=is_visitor).where(among(columns[key], ids)))
    return [dict(zip(columns, row, strict=True)) for row in rows]


@lru_cache
def _all_fields(entity: type[Entity], *, is_visitor: bool) -> Select[Any]:
    """The statement for all fields of a class that are shown, kept as it takes longer to make than to run."""
    columns = shown_attributes(entity, is_visitor=is_visitor)
    statement: Any = every(selectable(entity)).with_only_columns(*columns.values())
    ordered: Select[Any] = statement.order_by(columns["id"])
    return ordered


def ids_in(rows: Iterable[dict[str, Any]], key: str = "id") -> list[int]:
    """The ids that rows have under a key, without those that have none."""
    return [row[key] for row in rows if row.get(key) is not None]


def add_instruments(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    """The instrument with its stand and all its parts, and how this image's objective was set."""
    instruments = {i["id"]: i for i in read_rows(session, Instrument, sorted(set(ids_in(rows, "instrument_id"))), "id")}
    stands = _by(read_rows(session, Microscope, list(instruments), "instrument_id"), "instrument_id")
    for name, entity in _PARTS.items():
        parts = read_rows(session, entity, list(instruments), "instrument_id")
        if entity is FilterSet:
            _add_filters(session, parts, "filter_set_id", FilterSetExcitationFilter, FilterSetEmissionFilter)
        for instrument in instruments.values():
            own = [part for part in parts if part["instrument_id"] == instrument["id"]]
            instrument[name] = [_only_said(part) for part in own] if entity is LightSource else own
    for instrument in instruments.values():
        instrument["microscope"] = stands.get(instrument["id"])
    settings = _by(read_rows(session, ObjectiveSettings, ids_in(rows), "image_id"), "image_id")
    for row in rows:
        row["instrument"] = instruments.get(row["instrument_id"])
        row["objective_settings"] = settings.get(row["id"])


def add_acquisitions(session: ActorSession, _entity: type[Entity], rows: Rows) -> None:
    """How each image was acquired: surroundings, stage, experiment, how its channels were set, and how many planes say more."""
    environments = _by(read_rows(session, ImagingEnvironment, ids_in(rows), "image_id"), "image_id")
    labels = _by(read_rows(session, StageLabel, ids_in(rows), "image_id"), "image_id")
    experiments = _experiments(session, sorted(set(ids_in(rows, "experiment_id"))))
    channels = _channel_settings(session, ids_in(rows))
    planes = _count_planes(session, ids_in(rows))
    for row in rows:
        row["acquisition"] = {
            "imaging_environment": environments.get(row["id"]),
            "stage_label": labels.get(row["id"]),
            "experiment": experiments.get(row["experiment_id"]),
            "channels": channels.get(row["id"], []),
            "plane_count": planes.get(row["id"], 0),
        }


def _by(rows: Rows, key: str) -> dict[int, dict[str, Any]]:
    return {row[key]: row for row in rows}


def _only_said(part: dict[str, Any]) -> dict[str, Any]:
    """A part without what belongs to other kinds of it: a lamp has no wavelength that is not known."""
    return {key: value for key, value in part.items() if value is not None}


def _add_filters(session: ActorSession, rows: Rows, key: str, excitation: type[Entity], emission: type[Entity]) -> None:
    for name, entity in (("excitation_filter_ids", excitation), ("emission_filter_ids", emission)):
        found = sorted(read_rows(session, entity, ids_in(rows), key), key=lambda row: (row["position"], row["id"]))
        for row in rows:
            row[name] = [one["filter_id"] for one in found if one[key] == row["id"]]


def _experiments(session: ActorSession, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    found = read_rows(session, Experiment, ids, "id")
    manipulations = read_rows(session, MicrobeamManipulation, ids_in(found), "experiment_id")
    lights = read_rows(session, MicrobeamLightSettings, ids_in(manipulations), "microbeam_manipulation_id")
    for one in manipulations:
        one["light_settings"] = [light for light in lights if light["microbeam_manipulation_id"] == one["id"]]
    for row in found:
        row["microbeam_manipulations"] = [one for one in manipulations if one["experiment_id"] == row["id"]]
    return _by(found, "id")


def _channel_settings(session: ActorSession, image_ids: Sequence[int]) -> dict[int, Rows]:
    """How the channels of images were set, by image and in their order."""
    assert session.actor is not None
    columns = (
        LogicalChannel.pin_hole_size, LogicalChannel.pin_hole_size_unit, LogicalChannel.nd_filter,
        LogicalChannel.pockel_cell_setting, LogicalChannel.filter_set_id,
    )  # fmt: skip
    statement = (
        visible(Channel, session.actor)
        .join(Pixels, Pixels.id == Channel.pixels_id)
        .join(LogicalChannel, LogicalChannel.id == Channel.logical_channel_id)
        .with_only_columns(Pixels.image_id, Channel.channel_index, Channel.logical_channel_id, *columns)
        .where(among(Pixels.image_id, image_ids))
        .order_by(Pixels.image_id, Channel.channel_index)
    )
    found = [dict(row) for row in session.execute(statement).mappings()]
    logical = sorted(set(ids_in(found, "logical_channel_id")))
    paths = read_rows(session, LightPath, logical, "logical_channel_id")
    _add_filters(session, paths, "light_path_id", LightPathExcitationFilter, LightPathEmissionFilter)
    settings = {
        "detector_settings": _by(read_rows(session, DetectorSettings, logical, "logical_channel_id"), "logical_channel_id"),
        "light_settings": _by(read_rows(session, LightSettings, logical, "logical_channel_id"), "logical_channel_id"),
        "light_path": _by(paths, "logical_channel_id"),
    }
    exposures = _exposures(session, image_ids)
    told: dict[int, Rows] = {}
    for row in found:
        image_id, index, number = row.pop("image_id"), row["channel_index"], row.pop("logical_channel_id")
        row |= {name: known.get(number) for name, known in settings.items()}
        row["exposure_time"], row["exposure_time_unit"] = exposures.get((image_id, index), (None, None))
        told.setdefault(image_id, []).append(row)
    return told


def _exposures(session: ActorSession, image_ids: Sequence[int]) -> dict[tuple[int, int], tuple[float, str | None]]:
    """How long the first plane of each channel was exposed, by image and index."""
    assert session.actor is not None
    statement = (
        visible(PlaneInfo, session.actor)
        .join(Pixels, Pixels.id == PlaneInfo.pixels_id)
        .with_only_columns(Pixels.image_id, PlaneInfo.the_c, PlaneInfo.exposure_time, PlaneInfo.exposure_time_unit)
        .where(among(Pixels.image_id, image_ids), PlaneInfo.the_t == 0, PlaneInfo.the_z == 0)
    )
    found = session.execute(statement).all()
    return {(image_id, c): (value, unit) for image_id, c, value, unit in found if value is not None}


def _count_planes(session: ActorSession, image_ids: Sequence[int]) -> dict[int, int]:
    assert session.actor is not None
    statement: Any = (
        visible(PlaneInfo, session.actor)
        .join(Pixels, Pixels.id == PlaneInfo.pixels_id)
        .with_only_columns(Pixels.image_id, func.count(PlaneInfo.id))
        .where(among(Pixels.image_id, image_ids))
        .group_by(Pixels.image_id)
    )
    return dict(session.execute(statement).all())
