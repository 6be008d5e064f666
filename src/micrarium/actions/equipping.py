"""From what a file says of the equipment to rows: instruments and all their parts, each once however often it is named."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

from micrarium.actions.recording import clean, set_quantity, spelling_of
from micrarium.geometry import Quantity
from micrarium.model import (
    Arc,
    ArcType,
    Correction,
    Detector,
    DetectorType,
    Dichroic,
    Entity,
    Filament,
    FilamentType,
    Filter,
    FilterSet,
    FilterSetEmissionFilter,
    FilterSetExcitationFilter,
    FilterType,
    GenericExcitationSource,
    Immersion,
    Instrument,
    Laser,
    LaserMedium,
    LaserType,
    LightEmittingDiode,
    LightSource,
    Microscope,
    MicroscopeType,
    Objective,
    Pulse,
)
from micrarium.permissions import ActorSession
from micrarium.pixels import acquisition as told_of
from micrarium.pixels.acquisition import usable
from micrarium.pixels.source import ImageDescription

_MADE = ("manufacturer", "model", "serial_number", "lot_number")
#: What is said of an objective beside what it is: how it was set.
OBJECTIVE_SETTINGS = ("refractive_index", "correction_collar", "medium")
_KINDS: dict[str, type[LightSource]] = {
    "Arc": Arc, "Filament": Filament, "Laser": Laser, "LightEmittingDiode": LightEmittingDiode,
    "GenericExcitationSource": GenericExcitationSource,
}  # fmt: skip
E = TypeVar("E", bound=Entity)


class Equipping:
    """The instruments of the images of one file. What images say alike of their equipment is one row."""

    def __init__(self, session: ActorSession) -> None:
        self._session = session
        self._instruments: dict[tuple[str, told_of.Parts], Instrument] = {}
        self._rows: dict[tuple[int, Hashable], Entity] = {}
        self._references: list[tuple[Entity, str, Entity]] = []
        self._joins: list[tuple[Any, str, Entity, Filter, int]] = []

    def instrument_of(self, told: ImageDescription) -> Instrument | None:
        """The instrument an image was taken with, with all parts the file lists; None where it says nothing of one."""
        is_set = any(one.detector or one.light or one.filter_set or one.light_path for one in told.channels)
        if not (told.instrument or told.objective or told.parts or is_set):
            return None
        key = _key(told.instrument), told.parts
        if key not in self._instruments:
            instrument = self._instruments[key] = self._record_instrument(told.instrument)
            for detector in told.parts.detectors:
                self.detector(instrument, detector)
            for source in told.parts.light_sources:
                self.light_source(instrument, source)
            for one in told.parts.filters:
                self.filter(instrument, one)
            for mirror in told.parts.dichroics:
                self.dichroic(instrument, mirror)
            for filter_set in told.parts.filter_sets:
                self.filter_set(instrument, filter_set)
            self._link_pumps(instrument, told.parts.light_sources)
        return self._instruments[key]

    def _record_instrument(self, told: Mapping[str, Any]) -> Instrument:
        name = " ".join(str(told[key]) for key in ("manufacturer", "model") if told.get(key))
        instrument = Instrument(name=clean(name)[:255] or None)
        self._session.add(instrument)
        kind = spelling_of(MicroscopeType, told.get("type"))
        if made := _made_by(told) | ({"type": kind} if kind else {}):
            self._session.add(Microscope(instrument=instrument, **made))
        return instrument

    def _once(self, instrument: Instrument, told: Hashable, row: E) -> E:
        self._session.add(row)
        self._rows[id(instrument), told] = row
        return row

    def _known(self, kind: type[E], instrument: Instrument, told: Hashable) -> E | None:
        found = self._rows.get((id(instrument), told))
        return found if isinstance(found, kind) else None

    def objective(self, instrument: Instrument, told: Mapping[str, Any]) -> Objective:
        """The objective of an instrument that is told of."""
        key = _key({key: value for key, value in told.items() if key not in OBJECTIVE_SETTINGS})
        if found := self._known(Objective, instrument, key):
            return found
        numbers = {name: usable(told.get(name)) for name in ("nominal_magnification", "calibrated_magnification", "lens_na")}
        row = Objective(
            instrument=instrument,
            immersion=spelling_of(Immersion, told.get("immersion")),
            correction=spelling_of(Correction, told.get("correction")),
            iris=told.get("iris"),
            **numbers,
            **_made_by(told),
        )
        if (distance := usable(told.get("working_distance_um"), least=0)) is not None:
            set_quantity(row, "working_distance", Quantity(distance, "µm"))
        return self._once(instrument, key, row)

    def detector(self, instrument: Instrument, told: told_of.Detector) -> Detector:
        """The detector of an instrument that is told of."""
        if found := self._known(Detector, instrument, told):
            return found
        numbers = {name: usable(getattr(told, name)) for name in ("zoom", "amplification_gain", "gain", "offset")}
        row = Detector(instrument=instrument, type=spelling_of(DetectorType, told.type), **numbers, **_made(told))
        set_quantity(row, "voltage", told.voltage)
        return self._once(instrument, told, row)

    def light_source(self, instrument: Instrument, told: told_of.LightSource) -> LightSource:
        """The light source of an instrument that is told of."""
        if found := self._known(LightSource, instrument, told):
            return found
        row = _KINDS.get(told.kind, GenericExcitationSource)(instrument=instrument, **_made(told))
        set_quantity(row, "power", told.power)
        if isinstance(row, Arc):
            row.arc_type = spelling_of(ArcType, told.type)
        elif isinstance(row, Filament):
            row.filament_type = spelling_of(FilamentType, told.type)
        elif isinstance(row, Laser):
            _describe_laser(row, told)
        return self._once(instrument, told, row)

    def _link_pumps(self, instrument: Instrument, told: tuple[told_of.LightSource, ...]) -> None:
        by_id = {one.id: one for one in told if one.id}
        for one in told:
            laser = self._known(Laser, instrument, one) if one.pump in by_id else None
            pump = self._known(LightSource, instrument, by_id[one.pump]) if laser else None
            if laser is not None and pump is not None:
                self.refer(laser, "pump_id", pump)

    def filter(self, instrument: Instrument, told: told_of.Filter) -> Filter:
        """The filter of an instrument that is told of."""
        if found := self._known(Filter, instrument, told):
            return found
        row = Filter(
            instrument=instrument,
            type=spelling_of(FilterType, told.type),
            filter_wheel=clean(told.filter_wheel)[:255] or None,
            transmittance=usable(told.transmittance, least=0),
            **_made(told),
        )
        for column in ("cut_in", "cut_in_tolerance", "cut_out", "cut_out_tolerance"):
            set_quantity(row, column, getattr(told, column))
        return self._once(instrument, told, row)

    def dichroic(self, instrument: Instrument, told: told_of.Dichroic) -> Dichroic:
        """The dichroic mirror of an instrument that is told of."""
        found = self._known(Dichroic, instrument, told)
        return found or self._once(instrument, told, Dichroic(instrument=instrument, **_made(told)))

    def filter_set(self, instrument: Instrument, told: told_of.FilterSet) -> FilterSet:
        """The filter set of an instrument that is told of, with its filters."""
        if found := self._known(FilterSet, instrument, told):
            return found
        row = FilterSet(instrument=instrument, **_made(told))
        if told.dichroic is not None:
            row.dichroic = self.dichroic(instrument, told.dichroic)
        self._once(instrument, told, row)
        filters = [(FilterSetExcitationFilter, told.excitation), (FilterSetEmissionFilter, told.emission)]
        self.line_up(instrument, "filter_set_id", row, filters)
        return row

    def line_up(self, instrument: Instrument, column: str, whole: Entity, filters: list[tuple[Any, Any]]) -> None:
        """Say which filters stand in the light of a filter set or a light path, and in what order; once they have numbers."""
        rows = [(kind, n, self.filter(instrument, one)) for kind, some in filters for n, one in enumerate(some)]
        self._joins += [(kind, column, whole, row, position) for kind, position, row in rows]

    def refer(self, row: Entity, column: str, target: Entity) -> None:
        """Have a column of a row refer to another row, once that has a number."""
        self._references.append((row, column, target))

    def finish(self) -> None:
        """Write what rows are known by their numbers; one flush for all images of the file."""
        if self._references or self._joins:
            self._session.flush()
        for row, column, target in self._references:
            setattr(row, column, target.id)
        for kind, column, whole, one, position in self._joins:
            self._session.add(kind(**{column: whole.id}, filter_id=one.id, position=position))


def _describe_laser(row: Laser, told: told_of.LightSource) -> None:
    row.laser_type, row.laser_medium = spelling_of(LaserType, told.type), spelling_of(LaserMedium, told.medium)
    row.pulse = spelling_of(Pulse, told.pulse)
    row.frequency_multiplication = told.frequency_multiplication
    row.tuneable, row.pockel_cell = told.tuneable, told.pockel_cell
    set_quantity(row, "wavelength", told.wavelength)
    set_quantity(row, "repetition_rate", told.repetition_rate)


def _key(told: Mapping[str, Any]) -> str:
    return json.dumps(dict(told), sort_keys=True, default=str)


def _made(told: told_of.Equipment) -> dict[str, str]:
    return {key: clean(value)[:255] for key in _MADE if (value := getattr(told, key))}


def _made_by(told: Mapping[str, Any]) -> dict[str, str]:
    return {key: clean(str(told[key]))[:255] for key in _MADE if told.get(key)}
