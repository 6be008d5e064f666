"""From what a file says of the equipment to rows: instruments, objectives and detectors, and how they were set."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from micrarium.actions.recording import Measured, clean, set_quantity, spelling_of
from micrarium.geometry import Quantity
from micrarium.model import (
    Correction,
    Detector,
    DetectorType,
    Image,
    Immersion,
    Instrument,
    Microscope,
    MicroscopeType,
    Objective,
    ObjectiveSettings,
    StageLabel,
)
from micrarium.permissions import ActorSession
from micrarium.pixels.source import ImageDescription

_MADE = ("manufacturer", "model", "serial_number", "lot_number")


def record_equipment(session: ActorSession, recorded: Sequence[tuple[Measured, Image]]) -> None:
    """The instruments of the images of a file, not yet flushed: images that say the same of theirs share one."""
    instruments: dict[str, Instrument] = {}
    objectives: dict[tuple[str, str], Objective] = {}
    for measured, image in recorded:
        told = measured.source.description
        if told.instrument or told.objective:
            key, lens = _key(told.instrument), _key(_without_settings(told.objective))
            if key not in instruments:
                instruments[key] = _record_instrument(session, told.instrument)
            image.instrument = instruments[key]
            if told.objective and (key, lens) not in objectives:
                objectives[key, lens] = _record_objective(session, instruments[key], told.objective)
            if told.objective:
                _record_settings(session, image, objectives[key, lens], told.objective)
        _record_stage(session, image, told)


def _key(told: Mapping[str, Any]) -> str:
    return json.dumps(told, sort_keys=True, default=str)


def _without_settings(objective: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in objective.items() if key != "refractive_index"}


def _record_instrument(session: ActorSession, told: Mapping[str, Any]) -> Instrument:
    name = " ".join(str(told[key]) for key in ("manufacturer", "model") if told.get(key))
    instrument = Instrument(name=clean(name)[:255] or None)
    session.add(instrument)
    kind = spelling_of(MicroscopeType, told.get("type"))
    if made := _made_by(told) | ({"type": kind} if kind else {}):
        session.add(Microscope(instrument=instrument, **made))
    for detector in told.get("detectors", ()):
        session.add(Detector(instrument=instrument, type=spelling_of(DetectorType, detector.get("type")), **_made_by(detector)))
    return instrument


def _record_objective(session: ActorSession, instrument: Instrument, told: Mapping[str, Any]) -> Objective:
    numbers = {key: _number(told.get(key)) for key in ("nominal_magnification", "calibrated_magnification", "lens_na")}
    objective = Objective(
        instrument=instrument,
        immersion=spelling_of(Immersion, told.get("immersion")),
        correction=spelling_of(Correction, told.get("correction")),
        **numbers,
        **_made_by(told),
    )
    if (distance := _number(told.get("working_distance_um"))) is not None:
        set_quantity(objective, "working_distance", Quantity(distance, "µm"))
    session.add(objective)
    return objective


def _record_settings(session: ActorSession, image: Image, objective: Objective, told: Mapping[str, Any]) -> None:
    session.add(ObjectiveSettings(image=image, objective=objective, refractive_index=_number(told.get("refractive_index"))))


def _record_stage(session: ActorSession, image: Image, told: ImageDescription) -> None:
    """Where the stage stood. A field of a well says so itself."""
    position = told.stage_position_um
    if position is None or told.well is not None or all(value is None for value in position):
        return
    label = StageLabel(image=image, name="Stage position")
    for column, value in zip(("position_x", "position_y", "position_z"), position, strict=False):
        set_quantity(label, column, None if value is None else Quantity(value, "µm"))
    session.add(label)


def _made_by(told: Mapping[str, Any]) -> dict[str, str]:
    return {key: clean(str(told[key]))[:255] for key in _MADE if told.get(key)}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and abs(value) < 1e300 else None
