"""What OME-XML says of an acquisition: parts of the instrument, how a channel was set, surroundings, experiment, planes.

Source: the OME schema 2016-06; before 2008 light sources were elements with their kind inside, and settings lay in the
references.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from micrarium.formats.ome_elements import child_of, children_of, flag_of, local_name, number_of, quantity_of, text_of
from micrarium.geometry import Quantity
from micrarium.pixels.acquisition import (
    LARGEST,
    Detector,
    DetectorSettings,
    Dichroic,
    Experiment,
    Filter,
    FilterSet,
    ImagingEnvironment,
    LightPath,
    LightSettings,
    LightSource,
    Manipulation,
    Parts,
    StageLabel,
)
from micrarium.pixels.plane_tables import PlaneTable, plane_table

#: Elements of a document by their ids.
Index = dict[str, Element]
_KINDS = ("Laser", "Arc", "Filament", "LightEmittingDiode", "GenericExcitationSource")
_MADE = {"manufacturer": "Manufacturer", "model": "Model", "serial_number": "SerialNumber", "lot_number": "LotNumber"}
#: A plane's attributes, the element they were in before 2009, and the unit that goes without saying.
_OF_PLANES = {
    "delta_t": ("DeltaT", "PlaneTiming", "s"),
    "exposure_time": ("ExposureTime", "PlaneTiming", "s"),
    "position_x": ("PositionX", "StagePosition", "reference frame"),
    "position_y": ("PositionY", "StagePosition", "reference frame"),
    "position_z": ("PositionZ", "StagePosition", "reference frame"),
}
#: Tables of planes are not larger than this for each plane that is listed: sizes that claim more are damage.
_CELLS_A_PLANE = 4096
_MOST_CELLS = 20_000_000


def _made(element: Element) -> dict[str, Any]:
    found = {key: element.attrib[name] for key, name in _MADE.items() if element.get(name)}
    return found | {"id": element.get("ID", "")}


def _whole(element: Element, name: str) -> int | None:
    value = number_of(element, name)
    return None if value is None or not value.is_integer() else int(value)


def _detector(element: Element) -> Detector:
    return Detector(
        **_made(element),
        type=element.get("Type"),
        zoom=number_of(element, "Zoom"),
        amplification_gain=number_of(element, "AmplificationGain"),
        gain=number_of(element, "Gain"),
        offset=number_of(element, "Offset"),
        voltage=quantity_of(element, "Voltage", "V"),
    )


def _light_source(element: Element) -> LightSource:
    inner = element
    if local_name(element) == "LightSource":  # before 2009
        inner = next((child for child in element if local_name(child) in _KINDS), element)
    kind = local_name(inner) if local_name(inner) in _KINDS else "GenericExcitationSource"
    found: dict[str, Any] = _made(element) | {"kind": kind, "type": inner.get("Type")}
    found["power"] = quantity_of(element, "Power", "mW") or quantity_of(inner, "Power", "mW")
    if kind == "Laser":
        pump = child_of(inner, "Pump")
        found |= {
            "medium": inner.get("LaserMedium") or inner.get("Medium"),
            "wavelength": quantity_of(inner, "Wavelength", "nm"),
            "pulse": inner.get("Pulse"),
            "frequency_multiplication": _whole(inner, "FrequencyMultiplication"),
            "tuneable": flag_of(inner, "Tuneable"),
            "pockel_cell": flag_of(inner, "PockelCell"),
            "repetition_rate": quantity_of(inner, "RepetitionRate", "Hz"),
            "pump": "" if pump is None else pump.get("ID", ""),
        }
    return LightSource(**found)


def _filter(element: Element) -> Filter:
    span = child_of(element, "TransmittanceRange")
    return Filter(
        **_made(element),
        type=element.get("Type"),
        filter_wheel=element.get("FilterWheel", ""),
        transmittance=number_of(span, "Transmittance"),
        cut_in=quantity_of(span, "CutIn", "nm"),
        cut_in_tolerance=quantity_of(span, "CutInTolerance", "nm"),
        cut_out=quantity_of(span, "CutOut", "nm"),
        cut_out_tolerance=quantity_of(span, "CutOutTolerance", "nm"),
    )


def _referred(element: Element, name: str, index: Index) -> list[Element]:
    found = (index.get(reference.get("ID", "")) for reference in children_of(element, name))
    return [one for one in found if one is not None]


def _filters(element: Element, name: str, index: Index) -> tuple[Filter, ...]:
    return tuple(_filter(one) for one in _referred(element, name, index))


def _dichroic(element: Element, index: Index) -> Dichroic | None:
    return next((Dichroic(**_made(one)) for one in _referred(element, "DichroicRef", index)), None)


def _filter_set(element: Element, index: Index) -> FilterSet:
    return FilterSet(
        **_made(element),
        excitation=_filters(element, "ExcitationFilterRef", index),
        dichroic=_dichroic(element, index),
        emission=_filters(element, "EmissionFilterRef", index),
    )


def parse_parts(instrument: Element | None, index: Index) -> Parts:
    """The parts of an instrument, in the order of the document."""
    if instrument is None:
        return Parts()
    sources = [one for one in instrument if local_name(one) in (*_KINDS, "LightSource")]
    return Parts(
        detectors=tuple(_detector(one) for one in children_of(instrument, "Detector")),
        light_sources=tuple(_light_source(one) for one in sources),
        filters=tuple(_filter(one) for one in children_of(instrument, "Filter")),
        dichroics=tuple(Dichroic(**_made(one)) for one in children_of(instrument, "Dichroic")),
        filter_sets=tuple(_filter_set(one, index) for one in children_of(instrument, "FilterSet")),
    )


def parse_channel(channel: Element, index: Index) -> dict[str, Any]:
    """How a channel was set, as fields of its description."""
    found: dict[str, Any] = {
        "nd_filter": number_of(channel, "NDFilter"),
        "pockel_cell_setting": _whole(channel, "PockelCellSetting"),
    }
    for name in ("DetectorSettings", "DetectorRef"):
        for settings in children_of(channel, name):
            found.setdefault("detector", _detector_settings(settings, index))
    for name in ("LightSourceSettings", "LightSourceRef"):
        for settings in children_of(channel, name):
            found.setdefault("light", _light_settings(settings, index))
    for element in _referred(channel, "FilterSetRef", index):
        found["filter_set"] = _filter_set(element, index)
    path = child_of(channel, "LightPath")
    if path is not None and len(path):
        excitation, emission = (_filters(path, f"{kind}FilterRef", index) for kind in ("Excitation", "Emission"))
        found["light_path"] = LightPath(excitation=excitation, dichroic=_dichroic(path, index), emission=emission)
    return found


def _detector_settings(settings: Element, index: Index) -> DetectorSettings | None:
    detector = index.get(settings.get("ID", ""))
    if detector is None:
        return None
    return DetectorSettings(
        detector=_detector(detector),
        binning=settings.get("Binning"),
        gain=number_of(settings, "Gain"),
        offset=number_of(settings, "Offset"),
        zoom=number_of(settings, "Zoom"),
        integration=_whole(settings, "Integration"),
        voltage=quantity_of(settings, "Voltage", "V"),
        read_out_rate=quantity_of(settings, "ReadOutRate", "MHz"),
    )


def _light_settings(settings: Element, index: Index) -> LightSettings | None:
    source = index.get(settings.get("ID", ""))
    if source is None:
        return None
    wavelength = quantity_of(settings, "Wavelength", "nm")
    return LightSettings(source=_light_source(source), attenuation=number_of(settings, "Attenuation"), wavelength=wavelength)


def parse_surroundings(image: Element, index: Index) -> dict[str, Any]:
    """Environment, stage label and experiment of an image, as fields of its description."""
    found: dict[str, Any] = {}
    if (element := child_of(image, "ImagingEnvironment")) is not None:
        pairs = child_of(element, "Map")
        found["environment"] = ImagingEnvironment(
            temperature=quantity_of(element, "Temperature", "°C"),
            air_pressure=quantity_of(element, "AirPressure", "mbar"),
            humidity=number_of(element, "Humidity"),
            co2=number_of(element, "CO2Percent"),
            pairs=() if pairs is None else tuple((m.get("K", ""), (m.text or "").strip()) for m in children_of(pairs, "M")),
        )
    if (element := child_of(image, "StageLabel")) is not None:
        where = {axis: quantity_of(element, axis.upper(), "reference frame") for axis in "xyz"}
        found["stage"] = StageLabel(name=element.get("Name", ""), **where)
    for element in _referred(image, "ExperimentRef", index):
        found["experiment"] = _experiment(element, index)
    return found


def _experiment(element: Element, index: Index) -> Experiment:
    manipulations = []
    for one in children_of(element, "MicrobeamManipulation"):
        names = ("LightSourceSettings", "LightSourceRef")
        lights = [_light_settings(settings, index) for name in names for settings in children_of(one, name)]
        told = text_of(one, "Description")
        manipulations.append(
            Manipulation(type=one.get("Type"), description=told, lights=tuple(light for light in lights if light is not None))
        )
    description = text_of(element, "Description")
    return Experiment(type=element.get("Type"), description=description, manipulations=tuple(manipulations))


def parse_planes(planes: Sequence[Element], shape: tuple[int, int, int]) -> PlaneTable | None:
    """What is said of planes; ``shape`` is (t, c, z), ``c`` counting channels."""
    if not planes or prod(shape) > min(_MOST_CELLS, _CELLS_A_PLANE * len(planes)):
        return None
    places = np.array([[_index(plane.get(name)) for name in ("TheT", "TheC", "TheZ")] for plane in planes])
    is_inside = ((places >= 0) & (places < shape)).all(axis=1)
    where = tuple(places[is_inside].T)
    found: dict[str, tuple[Any, str]] = {}
    for name, (attribute, within, unit) in _OF_PLANES.items():
        is_old = not any(attribute in plane.attrib for plane in planes)
        elements = [child_of(plane, within) for plane in planes] if is_old and len(planes[0]) else planes
        told = _column(elements, attribute, unit)
        if told is not None:
            values = np.full(shape, np.nan)
            values[where] = told[0][is_inside]
            found[name] = values, told[1]
    return plane_table(shape, found)


def _column(elements: Sequence[Element | None], attribute: str, unit: str) -> tuple[np.ndarray[Any, Any], str] | None:
    """An attribute of many elements in the unit of the first one, NaN where there is none; None where there is none at all."""
    texts = ["" if one is None else one.get(attribute, "") for one in elements]
    if not any(texts):
        return None
    units = [unit if one is None else one.get(f"{attribute}Unit", unit) for one in elements]
    common = units[next(number for number, text in enumerate(texts) if text)]
    values = np.array([_number(text) for text in texts])
    for other in set(units) - {common}:
        values[[one == other for one in units]] *= _ratio(other, common)
    return values, common


def _number(text: str) -> float:
    try:
        return float(text) if text else float("nan")
    except ValueError:
        return float("nan")


def _index(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _ratio(unit: str, other: str) -> float:
    """How many of the other unit one of this unit is; NaN where they are of different kinds."""
    for kind in ("time", "length"):
        mine, theirs = (Quantity(1.0, name).canonical(kind) for name in (unit, other))
        if mine is not None and theirs:
            return mine / theirs
    return float("nan")


def has_odd_values(plane: Element) -> bool:
    """Whether a plane says something that is no measurement, and so is in no table."""
    for attribute, _, _ in _OF_PLANES.values():
        if text := plane.get(attribute):
            value = _number(text)
            if not -LARGEST < value < LARGEST or (value < 0 and attribute == "ExposureTime"):
                return True
    return False
