"""What ZEN's XML says of the instrument of a CZI file and of how it was set for each channel.

Source: Zeiss' description of the metadata (the schema of ImageMetadata): wavelengths in nanometres, power in milliwatts,
the settings of a laser scanning track in metres and volts.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from micrarium.pixels.acquisition import (
    Detector,
    DetectorSettings,
    Dichroic,
    Filter,
    FilterSet,
    LightPath,
    LightSettings,
    LightSource,
    Parts,
    measured,
    usable,
)

_KINDS = {
    "Laser": "Laser", "LightEmittingDiode": "LightEmittingDiode", "LED": "LightEmittingDiode", "Arc": "Arc", "ArcLamp": "Arc",
    "Filament": "Filament", "HalogenLamp": "Filament",
}  # fmt: skip
_RANGE = re.compile(r"\s*([\d.]+)\s*-\s*([\d.]+)\s*")
#: What stands where there is no beam splitter.
_NO_MIRROR = ("", "none", "nonelsm", "plate")


def child_text(element: Element | None, path: str) -> str:
    """The text of an element below, empty where there is none."""
    found = None if element is None else element.find(path)
    return "" if found is None or found.text is None else found.text.strip()


def _whole(text: str) -> int | None:
    number = usable(text, least=1)
    return None if number is None else int(number)


def _flag(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


class CziInstrument:
    """The parts of the instrument, each made once, by the ids that channels name them by."""

    def __init__(self, metadata: Element | None) -> None:
        self._metadata = metadata
        self._filters = {one.id: one for one in map(_filter, self._all("Filters/Filter"))}
        self._dichroics = {one.id: one for one in (Dichroic(**_made(e)) for e in self._all("Dichroics/Dichroic"))}
        self._filter_sets = {one.id: one for one in map(self._filter_set, self._all("FilterSets/FilterSet"))}
        self._detectors = {one.id: one for one in map(_detector, self._all("Detectors/Detector"))}
        self._lights = {one.id: one for one in map(_light_source, self._all("LightSources/LightSource"))}
        tracks = [] if metadata is None else list(metadata.iterfind("./Experiment//TrackSetup"))
        self._scans = [(track, detector) for track in tracks for detector in track.iterfind("./Detectors/Detector")]

    def _all(self, path: str) -> list[Element]:
        return [] if self._metadata is None else self._metadata.findall(f"./Information/Instrument/{path}")

    @property
    def parts(self) -> Parts:
        """All parts that the file lists."""
        return Parts(
            detectors=tuple(self._detectors.values()),
            light_sources=tuple(self._lights.values()),
            filters=tuple(self._filters.values()),
            dichroics=tuple(self._dichroics.values()),
            filter_sets=tuple(self._filter_sets.values()),
        )

    def _filter_set(self, element: Element) -> FilterSet:
        excitation, emission = (
            tuple(
                self._filters[i]
                for e in element.iterfind(f"./{kind}Filters/{kind}FilterRef")
                if (i := e.get("Id")) in self._filters
            )
            for kind in ("Excitation", "Emission")
        )
        mirror = element.find("DichroicRef")
        dichroic = None if mirror is None else self._dichroics.get(mirror.get("Id", ""))
        return FilterSet(**_made(element), excitation=excitation, dichroic=dichroic, emission=emission)

    def describe_channel(self, channel: Element | None) -> dict[str, Any]:
        """How a channel was set, as fields of its description."""
        if channel is None:
            return {}
        reference = channel.find("FilterSetRef") if channel.find("FilterSetRef") is not None else channel.find("FilterSet")
        track, scan = self._scan_of(channel)
        return {
            "detector": self._detector_settings(channel, scan),
            "light": self._light_settings(channel, track),
            "filter_set": None if reference is None else self._filter_sets.get(reference.get("Id", "")),
            "light_path": _light_path(channel, track),
        }

    def _scan_of(self, channel: Element) -> tuple[Element | None, Element | None]:
        """The track of a laser scanning microscope that a channel was taken in, and its detector there."""
        for track, detector in self._scans:
            name = child_text(detector, "ImageChannelName")
            if detector.get("Id") == channel.get("Id") or (name and name == channel.get("Name")):
                return track, detector
        return None, None

    def _detector_settings(self, channel: Element, scan: Element | None) -> DetectorSettings | None:
        settings = channel.find("DetectorSettings")
        reference = None if settings is None else settings.find("Detector")
        detector = None if reference is None else self._detectors.get(reference.get("Id", ""))
        if detector is None:
            return None
        return DetectorSettings(
            detector=detector,
            binning=child_text(settings, "Binning").replace(",", "x") or None,
            gain=usable(child_text(settings, "Gain")),
            offset=usable(child_text(settings, "Offset")),
            zoom=usable(child_text(channel, "LaserScanInfo/ZoomX"), least=0),
            integration=_whole(child_text(channel, "LaserScanInfo/Averaging")),
            voltage=measured(child_text(scan, "Voltage"), "V", least=0),
            read_out_rate=measured(child_text(settings, "ReadOutRate"), "MHz", least=0),
        )

    def _light_settings(self, channel: Element, track: Element | None) -> LightSettings | None:
        """The light source that lit the channel: of several, the first whose intensity is known."""
        found = []
        for settings in channel.iterfind("./LightSourcesSettings/LightSourceSettings"):
            reference = settings.find("LightSource")
            source = None if reference is None else self._lights.get(reference.get("Id", ""))
            if source is not None:
                wavelength = measured(child_text(settings, "Wavelength"), "nm", least=1)
                found.append(LightSettings(source=source, attenuation=_attenuation(settings), wavelength=wavelength))
        attenuator = None if track is None else track.find("./Attenuators/Attenuator")
        if not found and attenuator is not None and len(track or ()) and child_text(attenuator, "Laser"):
            wavelength = measured(child_text(attenuator, "Wavelength"), "nm", least=0, scale=1e9)
            source = LightSource(kind="Laser", model=child_text(attenuator, "Laser"), wavelength=wavelength)
            found.append(LightSettings(source=source, attenuation=_attenuation(attenuator), wavelength=wavelength))
        return next((one for one in found if one.attenuation is not None), found[0] if found else None)


def _attenuation(settings: Element) -> float | None:
    """The part of the light that is held back: as it is, else from the part that is let through or the intensity in percent."""
    if (told := usable(child_text(settings, "Attenuation"), least=0)) is not None:
        return told if told <= 1 else None
    passed = usable(child_text(settings, "Transmission"), least=0)
    intensity = child_text(settings, "Intensity")
    if passed is None and intensity.endswith("%"):
        percent = usable(intensity[:-1].strip(), least=0)
        passed = None if percent is None else percent / 100
    return round(1 - passed, 12) if passed is not None and passed <= 1 else None


def _made(element: Element) -> dict[str, Any]:
    maker = element.find("Manufacturer")
    return {
        "id": element.get("Id", ""),
        "manufacturer": child_text(maker, "Manufacturer"),
        "model": child_text(maker, "Model") or element.get("Name", "").strip(),
        "serial_number": child_text(maker, "SerialNumber"),
        "lot_number": child_text(maker, "LotNumber"),
    }


def _detector(element: Element) -> Detector:
    numbers = {"zoom": "Zoom", "amplification_gain": "AmplificationGain", "gain": "Gain", "offset": "Offset"}
    return Detector(
        **_made(element),
        type=child_text(element, "Type") or None,
        voltage=measured(child_text(element, "Voltage"), "V"),
        **{key: usable(child_text(element, name)) for key, name in numbers.items()},  # type: ignore[arg-type]  # all are numbers
    )


def _light_source(element: Element) -> LightSource:
    kinds = element.find("LightSourceType")
    inner = next(iter(kinds), None) if kinds is not None else None
    kind = "GenericExcitationSource" if inner is None else _KINDS.get(inner.tag, "GenericExcitationSource")
    return LightSource(
        **_made(element),
        kind=kind,
        type=child_text(inner, "Type") or None,
        power=measured(child_text(element, "Power"), "mW", least=0),
        medium=child_text(inner, "LaserMedium") or None,
        wavelength=measured(child_text(inner, "Wavelength"), "nm", least=1),
        pulse=child_text(inner, "Pulse") or None,
        frequency_multiplication=_whole(child_text(inner, "FrequencyMultiplication")),
        tuneable=_flag(child_text(inner, "Tuneable")),
        pockel_cell=_flag(child_text(inner, "PockelCell")),
        repetition_rate=measured(child_text(inner, "RepetitionRate"), "MHz", least=0),
    )


def _filter(element: Element) -> Filter:
    span = element.find("TransmittanceRange")
    transmittance = usable(child_text(span, "Transmittance"), least=0)
    return Filter(
        **_made(element),
        type=child_text(element, "Type") or None,
        filter_wheel=child_text(element, "FilterWheel"),
        cut_in=measured(child_text(span, "CutIn"), "nm", least=1),
        cut_in_tolerance=measured(child_text(span, "CutInTolerance"), "nm", least=0),
        cut_out=measured(child_text(span, "CutOut"), "nm", least=1),
        cut_out_tolerance=measured(child_text(span, "CutOutTolerance"), "nm", least=0),
        transmittance=transmittance if transmittance is not None and transmittance <= 1 else None,
    )


def _light_path(channel: Element, track: Element | None) -> LightPath | None:
    """The band that was detected, and the main beam splitter of a laser scanning track."""
    band = _RANGE.fullmatch(child_text(channel, "DetectionWavelength/Ranges"))
    emission: tuple[Filter, ...] = ()
    if band is not None and float(band[2]) > float(band[1]) > 0:
        cut_in, cut_out = (measured(edge, "nm") for edge in band.groups())
        emission = (Filter(type="BandPass", cut_in=cut_in, cut_out=cut_out),)
    mirror = None
    for splitter in [] if track is None else track.iterfind("./BeamSplitters/BeamSplitter"):
        name = child_text(splitter, "Filter")
        if child_text(splitter, "Identifier").startswith("MainBeamSplitter") and name.lower() not in _NO_MIRROR:
            mirror = mirror or Dichroic(model=name)
    return LightPath(dichroic=mirror, emission=emission) if mirror or emission else None
