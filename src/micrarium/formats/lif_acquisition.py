"""What the XML of a LIF file says of lasers, detectors, bands and cameras, and when each plane was taken.

Source: the settings that LAS AF and LAS X write (ATLConfocalSettingDefinition, ATLCameraSettingDefinition): lines and bands
in nanometres, intensities in percent, exposures in seconds unless they say so.
"""

from __future__ import annotations

import re
from contextlib import suppress
from math import prod
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import numpy as np

from micrarium.pixels.acquisition import (
    Detector,
    DetectorSettings,
    Filter,
    FilterSet,
    LightPath,
    LightSettings,
    LightSource,
    Parts,
    measured,
    usable,
)
from micrarium.pixels.plane_tables import PlaneTable, plane_table

if TYPE_CHECKING:
    from micrarium.formats.lif_images import LifLayout

_EXPOSURE = re.compile(r"\s*([\d.eE+-]+)\s*(ms|s|)\s*")
_CONTRASTS = {"FLUO": "Fluorescence", "DIC": "DIC", "PH": "Phase", "BF": "Brightfield", "DF": "Darkfield", "POL": "PolarizedLight"}
_TICKS_A_SECOND = 10_000_000


def describe_scan(scan: Element | None, channels: int) -> tuple[Parts, list[dict[str, Any]]]:
    """The parts that a confocal scan names, and how each channel was set; nothing of channels that cannot be told apart."""
    if scan is None:
        return Parts(), [{}] * channels
    detectors = {one.get("Channel", ""): (_detector(one), one) for one in scan.iter("Detector")}
    active = list(dict.fromkeys(one.get("Channel", "") for one in scan.iter("Detector") if one.get("IsActive") == "1"))
    bands = {band.get("Channel", ""): filter_ for band in scan.iter("MultiBand") if (filter_ := _band(band)) is not None}
    lights = _lights(scan)
    found: list[dict[str, Any]] = [{}] * channels
    if len(active) == channels:
        # One line lights all channels; which of several lines is meant for which channel, the file does not say.
        light = lights[0] if len(lights) == 1 else None
        found = [
            {
                "detector": _settings(*detectors[channel], scan),
                "light": light,
                "light_path": LightPath(emission=(bands[channel],)) if channel in bands else None,
            }
            for channel in active
        ]
    parts = Parts(
        detectors=tuple(detector for detector, _ in detectors.values()),
        light_sources=tuple(light.source for light in lights),
        filters=tuple(bands.values()),
    )
    return parts, found


def _detector(element: Element) -> Detector:
    kind = element.get("Type", "")
    return Detector(id=element.get("Channel", ""), model=element.get("Name", "").strip(), type=kind or None)


def _settings(detector: Detector, element: Element, scan: Element) -> DetectorSettings:
    frames = usable(scan.get("FrameAverage"), least=1)
    return DetectorSettings(
        detector=detector,
        gain=usable(element.get("Gain")),
        offset=usable(element.get("Offset")),
        zoom=usable(scan.get("Zoom"), least=0),
        integration=None if frames is None else int(frames),
    )


def _band(band: Element) -> Filter | None:
    low, high = (usable(band.get(edge), least=1) for edge in ("LeftWorld", "RightWorld"))
    if low is None or high is None or high <= low:
        return None
    return Filter(id=band.get("Channel", ""), type="BandPass", cut_in=measured(low, "nm"), cut_out=measured(high, "nm"))


def _lights(scan: Element) -> list[LightSettings]:
    """The laser lines that were on, with what part of their light was held back."""
    names = {laser.get("LightSourceName", ""): laser.get("LaserName", "").strip() for laser in scan.iter("Laser")}
    found: dict[LightSource, LightSettings] = {}
    for modulator in scan.iter("Aotf"):
        called = modulator.get("LightSourceName", "") or modulator.get("LightSourceQualifierName", "")
        for line in modulator.iter("LaserLineSetting"):
            percent, wavelength = usable(line.get("IntensityDev"), least=0), measured(line.get("LaserLine"), "nm", least=1)
            if percent and percent <= 100 and wavelength is not None:
                source = LightSource(kind="Laser", model=names.get(called) or called, wavelength=wavelength)
                held_back = round(1 - percent / 100, 12)
                found.setdefault(source, LightSettings(source=source, attenuation=held_back, wavelength=wavelength))
    return list(found.values())


def describe_camera(camera: Element | None, channels: int) -> tuple[Parts, list[dict[str, Any]]]:
    """The camera and filter cubes of a wide-field image, and how each channel was set."""
    set_up = None if camera is None else next(camera.iter("WideFieldChannelConfigurator"), None)
    told = [] if set_up is None else list(set_up.iter("WideFieldChannelInfo"))
    if set_up is None or len(told) != channels:
        return Parts(), [{}] * channels
    name = set_up.get("CameraName", "").strip()
    detector = Detector(model=name) if name else None
    found = [_wide_field(one, detector) for one in told]
    cubes = dict.fromkeys(one["filter_set"] for one in found if one.get("filter_set"))
    return Parts(detectors=(detector,) if detector else (), filter_sets=tuple(cubes)), found


def _wide_field(told: Element, detector: Detector | None) -> dict[str, Any]:
    cube, filter_ = told.get("FluoCubeName", "").strip(), told.get("FFW_Emission1FilterName", "").strip()
    exposure = _EXPOSURE.fullmatch(told.get("ExposureTime", ""))
    seconds = None if exposure is None else usable(exposure[1], least=0)
    contrast = told.get("ContrastingMethodName", "").strip()
    found: dict[str, Any] = {
        "detector": DetectorSettings(detector=detector, gain=usable(told.get("Gain"))) if detector else None,
        "filter_set": FilterSet(model=cube) if cube and cube.lower() != "empty" else None,
        "light_path": LightPath(emission=(Filter(model=filter_),)) if filter_ and filter_.lower() != "empty" else None,
        "emission_nm": usable(told.get("EmissionWavelength"), least=1),
        "exposure_s": (seconds or None) if exposure is None or exposure[2] != "ms" else (seconds or 0) / 1000 or None,
        "fluor": told.get("UserDefName", "").strip() or None,
        "contrast_method": next((name for key, name in _CONTRASTS.items() if contrast.upper().startswith(key)), None),
    }
    return {key: value for key, value in found.items() if value is not None}


def describe_planes(element: Element, layout: LifLayout, tile: int, exposures_s: list[float | None]) -> PlaneTable | None:
    """When each plane was taken, in seconds since the first, and for how long; of one tile of a mosaic."""
    shape = layout.shape
    size = shape.t, shape.c // layout.samples, shape.z
    given: dict[str, Any] = {}
    stamps = _time_stamps(element)
    seconds = _in_order(stamps, layout, size[1], tile)
    if seconds is not None:
        given["delta_t"] = (seconds - stamps[0]) / _TICKS_A_SECOND, "s"
    exposures = [np.nan if one is None else one for one in exposures_s[: size[1]]]
    if len(exposures) == size[1]:
        given["exposure_time"] = np.reshape(exposures, (1, -1, 1)), "s"
    return plane_table(size, given)


def _in_order(stamps: np.ndarray[Any, Any], layout: LifLayout, channels: int, tile: int) -> np.ndarray[Any, Any] | None:
    """The stamps of one tile as (t, c, z): there is one a frame, and frames follow each other as they lie in the file."""
    axes = [("t", one) for one in layout.t] + [("z", one) for one in layout.z]
    axes += [("m", layout.tiles)] if layout.tiles is not None else []
    axes.sort(key=lambda axis: axis[1].step_bytes, reverse=True)
    counts = [one.count for _, one in axes]
    for each in (channels, 1):  # one for each channel, or one for all
        if len(stamps) == prod(counts) * each:
            ordered = stamps.reshape(*counts, each)
            kinds = [kind for kind, _ in axes]
            if "m" in kinds:
                ordered = ordered.take(tile, axis=kinds.index("m"))
                kinds.remove("m")
            order = [n for n, kind in enumerate(kinds) if kind == "t"] + [len(kinds)] + [n for n, k in enumerate(kinds) if k == "z"]
            times, slices = layout.shape.t, layout.shape.z
            return ordered.transpose(order).reshape(times, each, slices)
    return None


def _time_stamps(element: Element) -> np.ndarray[Any, Any]:
    """Ticks of 100 ns: a list in hexadecimal, or elements with two halves."""
    ticks: list[int] = []
    with suppress(ValueError):
        listed = element.find("./Data/Image/TimeStampList")
        if listed is not None and listed.text and listed.text.strip():
            ticks = [int(word, 16) for word in listed.text.split()]
        elif listed is not None:
            halves = [(int(one.get("HighInteger", "0")), int(one.get("LowInteger", "0"))) for one in listed.iter("TimeStamp")]
            ticks = [(high << 32) + low for high, low in halves]
    return np.array([tick for tick in ticks if 0 < tick < 1 << 62], np.int64)
