"""How an image was acquired, as files tell it: the parts of a microscope, how they were set for a channel, and planes.

The classes carry the names and attributes of the OME Data Model (2016-06). A part is told by its values; ``id`` tells
parts apart that are alike in all else. Numbers that OME gives units are quantities with the unit the file gives.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from micrarium.geometry import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What is made by someone: its maker, its model, and the numbers it is known by. ``id`` is the file's own."""

    id: str = ""
    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""
    lot_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector(Equipment):
    """A camera, a photomultiplier or another detector; ``type`` is one of OME's (``PMT``, ``CCD``, ``EMCCD``, ...)."""

    type: str | None = None
    zoom: float | None = None
    amplification_gain: float | None = None
    gain: float | None = None
    offset: float | None = None
    voltage: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LightSource(Equipment):
    """A source of light. ``kind`` is ``Laser``, ``Arc``, ``Filament``, ``LightEmittingDiode`` or ``GenericExcitationSource``.

    ``type`` is what OME calls the type within the kind; what follows ``medium`` is known of lasers only. ``pump`` is the
    id of the light source that pumps this one.
    """

    kind: str = "GenericExcitationSource"
    type: str | None = None
    power: Quantity | None = None
    medium: str | None = None
    wavelength: Quantity | None = None
    pulse: str | None = None
    frequency_multiplication: int | None = None
    tuneable: bool | None = None
    pockel_cell: bool | None = None
    repetition_rate: Quantity | None = None
    pump: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Equipment):
    """A filter, which lets light through from ``cut_in`` to ``cut_out``; ``transmittance`` is a fraction of one."""

    type: str | None = None
    filter_wheel: str = ""
    cut_in: Quantity | None = None
    cut_in_tolerance: Quantity | None = None
    cut_out: Quantity | None = None
    cut_out_tolerance: Quantity | None = None
    transmittance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dichroic(Equipment):
    """A dichroic mirror."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSet(Equipment):
    """Filters and a dichroic that are used together."""

    excitation: tuple[Filter, ...] = ()
    dichroic: Dichroic | None = None
    emission: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings:
    """The detector of a channel, and how it was set. ``binning`` is ``2x2`` and the like."""

    detector: Detector = Detector()
    binning: str | None = None
    gain: float | None = None
    offset: float | None = None
    zoom: float | None = None
    integration: int | None = None
    voltage: Quantity | None = None
    read_out_rate: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LightSettings:
    """A light source, and how it was set. ``attenuation`` is a fraction of one: 0.9 lets a tenth of the light through."""

    source: LightSource = LightSource()
    attenuation: float | None = None
    wavelength: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LightPath:
    """What the light of a channel passed through."""

    excitation: tuple[Filter, ...] = ()
    dichroic: Dichroic | None = None
    emission: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of an instrument, those that no channel of the image was taken with among them."""

    detectors: tuple[Detector, ...] = ()
    light_sources: tuple[LightSource, ...] = ()
    filters: tuple[Filter, ...] = ()
    dichroics: tuple[Dichroic, ...] = ()
    filter_sets: tuple[FilterSet, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagingEnvironment:
    """What surrounded the specimen. ``humidity`` and ``co2`` are fractions of one."""

    temperature: Quantity | None = None
    air_pressure: Quantity | None = None
    humidity: float | None = None
    co2: float | None = None
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLabel:
    """A named position of the stage."""

    name: str = ""
    x: Quantity | None = None
    y: Quantity | None = None
    z: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manipulation:
    """What was done to the specimen with light, such as bleaching (``FRAP``)."""

    type: str | None = None
    description: str = ""
    lights: tuple[LightSettings, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """The experiment an image was taken in; ``type`` is one or several of OME's words with spaces between."""

    type: str | None = None
    description: str = ""
    manipulations: tuple[Manipulation, ...] = ()


#: Beyond this nothing is measured: a writer's "nothing", or damage.
LARGEST = 1e15
_NUMBERS = (str, float, int)


def usable(value: object, *, least: float | None = None) -> float | None:
    """A number that can have been measured: finite, no larger than any measure, not below ``least``; else None."""
    if value is None or isinstance(value, bool) or not isinstance(value, _NUMBERS):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if -LARGEST < number < LARGEST and (least is None or number >= least) else None  # false of no number, too


def measured(value: object, unit: str, *, least: float | None = None, scale: float = 1.0) -> Quantity | None:
    """A quantity of ``value`` times ``scale``, or None where that is no usable number."""
    number = usable(value, least=least)
    return None if number is None else Quantity(number * scale, unit)
