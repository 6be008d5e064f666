"""Instruments and experiments: a microscope and what it is made of, as a file or a person describes them.

An instrument is seen with any image that was taken with it; images of one file share it. Wavelengths and what filters
let through are lengths; powers, frequencies and the like keep the unit they were given in.
"""

from __future__ import annotations

from sqlalchemy import Double, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from micrarium.model.annotations import annotatable
from micrarium.model.base import FIXED, Entity, Part, quantity, referring
from micrarium.model.enumerations import (
    ArcType,
    Correction,
    DetectorType,
    ExperimentType,
    FilamentType,
    FilterType,
    Immersion,
    LaserMedium,
    LaserType,
    MicroscopeType,
    PixelsType,
    Pulse,
    one_of,
)


class Manufactured(Entity):
    """What is made by someone: a piece of equipment has a maker, a model and numbers it is known by."""

    __abstract__ = True

    manufacturer: Mapped[str | None] = mapped_column(String(255))
    model: Mapped[str | None] = mapped_column(String(255))
    serial_number: Mapped[str | None] = mapped_column(String(255))
    lot_number: Mapped[str | None] = mapped_column(String(255))


@annotatable
class Instrument(Part):
    """The equipment an image was taken with."""

    __whole__ = "Image.instrument_id"

    name: Mapped[str | None] = mapped_column(String(255))

    objectives: Mapped[list[Objective]] = relationship(back_populates="instrument", order_by="Objective.id")
    microscope: Mapped[Microscope | None] = relationship(back_populates="instrument", uselist=False)


class Microscope(Manufactured, Part):
    """The stand of an instrument."""

    __whole__ = "instrument_id"

    instrument_id: Mapped[int] = referring("instrument", unique=True, info=FIXED)
    type: Mapped[str | None] = one_of(MicroscopeType, nullable=True)

    instrument: Mapped[Instrument] = relationship(back_populates="microscope")


@annotatable
class Objective(Manufactured, Part):
    """An objective. ``lens_na`` is its numerical aperture."""

    __whole__ = "instrument_id"

    instrument_id: Mapped[int] = referring("instrument", info=FIXED)
    nominal_magnification: Mapped[float | None] = mapped_column(Double)
    calibrated_magnification: Mapped[float | None] = mapped_column(Double)
    lens_na: Mapped[float | None] = mapped_column(Double)
    immersion: Mapped[str | None] = one_of(Immersion, nullable=True)
    correction: Mapped[str | None] = one_of(Correction, nullable=True)
    working_distance: Mapped[float | None] = quantity("length")
    working_distance_unit: Mapped[str | None] = mapped_column(String(20))
    iris: Mapped[bool | None]

    instrument: Mapped[Instrument] = relationship(back_populates="objectives")


@annotatable
class Detector(Manufactured, Part):
    """A camera, a photomultiplier or another detector."""

    __whole__ = "instrument_id"

    instrument_id: Mapped[int] = referring("instrument", info=FIXED)
    type: Mapped[str | None] = one_of(DetectorType, nullable=True)
    zoom: Mapped[float | None] = mapped_column(Double)
    amplification_gain: Mapped[float | None] = mapped_column(Double)
    gain: Mapped[float | None] = mapped_column(Double)
    offset: Mapped[float | None] = mapped_column(Double)
    voltage: Mapped[float | None] = quantity("electric potential")
    voltage_unit: Mapped[str | None] = mapped_column(String(20))

    instrument: Mapped[Instrument] = relationship()


@annotatable
class LightSource(Manufactured, Part):
    """A source of light of one of several kinds."""

    __whole__ = "instrument_id"
    __kinds__ = "type"

    type: Mapped[str] = mapped_column(String(40), info=FIXED)
    instrument_id: Mapped[int] = referring("instrument", info=FIXED)
    power: Mapped[float | None] = quantity("power")
    power_unit: Mapped[str | None] = mapped_column(String(20))

    instrument: Mapped[Instrument] = relationship()


class Arc(LightSource):
    """An arc lamp."""

    arc_type: Mapped[str | None] = one_of(ArcType, nullable=True)


class Filament(LightSource):
    """A filament lamp."""

    filament_type: Mapped[str | None] = one_of(FilamentType, nullable=True)


class Laser(LightSource):
    """A laser. ``pump_id`` is the light source that pumps it."""

    laser_type: Mapped[str | None] = one_of(LaserType, nullable=True)
    laser_medium: Mapped[str | None] = one_of(LaserMedium, nullable=True)
    pulse: Mapped[str | None] = one_of(Pulse, nullable=True)
    frequency_multiplication: Mapped[int | None]
    tuneable: Mapped[bool | None]
    pockel_cell: Mapped[bool | None]
    wavelength: Mapped[float | None] = quantity("length")
    wavelength_unit: Mapped[str | None] = mapped_column(String(20))
    repetition_rate: Mapped[float | None] = quantity("frequency")
    repetition_rate_unit: Mapped[str | None] = mapped_column(String(20))
    pump_id: Mapped[int | None] = referring("light_source")


class LightEmittingDiode(LightSource):
    """A light-emitting diode."""


class GenericExcitationSource(LightSource):
    """A source of excitation of no kind OME has a name for; its particulars are key-values of its own."""


@annotatable
class Filter(Manufactured, Part):
    """A filter, and the light it lets through: from ``cut_in`` to ``cut_out``, a fraction ``transmittance`` of it."""

    __whole__ = "instrument_id"

    instrument_id: Mapped[int] = referring("instrument", info=FIXED)
    type: Mapped[str | None] = one_of(FilterType, nullable=True)
    filter_wheel: Mapped[str | None] = mapped_column(String(255))
    cut_in: Mapped[float | None] = quantity("length")
    cut_in_unit: Mapped[str | None] = mapped_column(String(20))
    cut_in_tolerance: Mapped[float | None] = quantity("length")
    cut_in_tolerance_unit: Mapped[str | None] = mapped_column(String(20))
    cut_out: Mapped[float | None] = quantity("length")
    cut_out_unit: Mapped[str | None] = mapped_column(String(20))
    cut_out_tolerance: Mapped[float | None] = quantity("length")
    cut_out_tolerance_unit: Mapped[str | None] = mapped_column(String(20))
    transmittance: Mapped[float | None] = mapped_column(Double)

    instrument: Mapped[Instrument] = relationship()


@annotatable
class Dichroic(Manufactured, Part):
    """A dichroic mirror."""

    __whole__ = "instrument_id"

    instrument_id: Mapped[int] = referring("instrument", info=FIXED)

    instrument: Mapped[Instrument] = relationship()


class FilterSet(Manufactured, Part):
    """Filters and a dichroic that are used together."""

    __whole__ = "instrument_id"

    instrument_id: Mapped[int] = referring("instrument", info=FIXED)
    dichroic_id: Mapped[int | None] = referring("dichroic")

    instrument: Mapped[Instrument] = relationship()
    dichroic: Mapped[Dichroic | None] = relationship()


class FilterSetExcitationFilter(Part):
    """That a filter of a filter set stands in the excitation light, at a place among the others."""

    __whole__ = "filter_set_id"

    filter_set_id: Mapped[int] = referring("filter_set", info=FIXED)
    filter_id: Mapped[int] = referring("filter", info=FIXED)
    position: Mapped[int] = mapped_column(default=0)


class FilterSetEmissionFilter(Part):
    """That a filter of a filter set stands in the emitted light, at a place among the others."""

    __whole__ = "filter_set_id"

    filter_set_id: Mapped[int] = referring("filter_set", info=FIXED)
    filter_id: Mapped[int] = referring("filter", info=FIXED)
    position: Mapped[int] = mapped_column(default=0)


class OTF(Part):
    """A measured optical transfer function. ``path`` names the file it is in."""

    __whole__ = "instrument_id"
    __plural__ = "otfs"
    __singular__ = "otf"

    instrument_id: Mapped[int] = referring("instrument", info=FIXED)
    size_x: Mapped[int]
    size_y: Mapped[int]
    pixels_type: Mapped[str] = one_of(PixelsType)
    optical_axis_averaged: Mapped[bool] = mapped_column(default=False)
    path: Mapped[str | None] = mapped_column(String(1000))
    objective_id: Mapped[int | None] = referring("objective")
    filter_set_id: Mapped[int | None] = referring("filter_set")

    instrument: Mapped[Instrument] = relationship()


class Experiment(Part):
    """The experiment an image was taken in."""

    __whole__ = "Image.experiment_id"

    type: Mapped[str | None] = one_of(ExperimentType, nullable=True)
    description: Mapped[str | None] = mapped_column(Text)
