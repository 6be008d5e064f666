"""What an ND2 file says of its camera, lasers and filters, and when and where each frame was taken.

Source: the text that NIS-Elements writes of each channel ("Plane #1"), and its record of events, as the nd2 library has it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import numpy as np

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

_PLANE = re.compile(r"^Plane #\d+:\s*$", re.MULTILINE)
_EXPOSURE = re.compile(r"Exposure:\s*([\d.]+)\s*(min|ms|µs|us|s)\b")
_BINNING = re.compile(r"Binning:\s*(\d+x\d+)")
_CAMERA = re.compile(r"Camera Name:\s*([^\r\n,]+?)(?:,\s*SN:\s*(\S+))?\s*$", re.MULTILINE)
_MICROSCOPE = re.compile(r"Microscope:\s*([^\r\n]+?)\s*$", re.MULTILINE)
_WHEEL = re.compile(r"FilterChanger\(([^)]*)\):\s*\d+\s*\((.+)\)\s*$", re.MULTILINE)
_LINE = re.compile(r"([\w-]+), MultiLaser\([^)]*\):|Line:\d+;\s*ExW:(\d+);[^\r\n]*;\s*On\b")
_LONGEST_TEXT = 200_000
_UNITS_S = {"min": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6}
_NO_FILTER = ("", "empty", "full", "none", "open")
_EVENTS = {
    "delta_t": ("Time [s]", "s"), "exposure_time": ("Exposure Time [ms]", "ms"), "position_x": ("X Coord [µm]", "µm"),
    "position_y": ("Y Coord [µm]", "µm"), "position_z": ("Z Coord [µm]", "µm"),
}  # fmt: skip


def describe_text(text: str, channels: int) -> tuple[dict[str, Any], Parts, list[dict[str, Any]]]:
    """The microscope, its parts, and how each channel was set; nothing of channels the text does not tell one by one."""
    text = text[:_LONGEST_TEXT]
    stands = dict.fromkeys(_MICROSCOPE.findall(text))
    instrument = {"manufacturer": "Nikon", "model": next(iter(stands))} if len(stands) == 1 else {}
    head, *planes = _PLANE.split(text)
    planes = planes or [text]
    if len(planes) != channels:
        return instrument, Parts(), [{}] * channels
    told = [_describe_plane(plane, _camera(plane) or _camera(head)) for plane in planes]
    lights = [one["light"].source for one in told if one.get("light")]
    detectors = [one["detector"].detector for one in told if one.get("detector")]
    paths = [one["light_path"] for one in told if one.get("light_path")]
    parts = Parts(
        detectors=tuple(dict.fromkeys(detectors)),
        light_sources=tuple(dict.fromkeys(lights)),
        filters=tuple(dict.fromkeys(filter_ for path in paths for filter_ in path.emission)),
        dichroics=tuple(dict.fromkeys(path.dichroic for path in paths if path.dichroic)),
        filter_sets=tuple(dict.fromkeys(one["filter_set"] for one in told if one.get("filter_set"))),
    )
    return instrument, parts, told


def _camera(text: str) -> Detector | None:
    found = _CAMERA.search(text)
    return None if found is None else Detector(model=found[1].strip(), serial_number=found[2] or "")


def _describe_plane(text: str, camera: Detector | None) -> dict[str, Any]:
    exposure, binning = _EXPOSURE.search(text), _BINNING.search(text)
    seconds = None if exposure is None else usable(exposure[1], least=0)
    found: dict[str, Any] = {
        "exposure_s": None if exposure is None or not seconds else seconds * _UNITS_S[exposure[2]],
        "detector": None if camera is None else DetectorSettings(detector=camera, binning=binning[1] if binning else None),
        "light": _light(text),
    } | _filters(text)
    return {key: value for key, value in found.items() if value is not None}


def _light(text: str) -> LightSettings | None:
    """The laser line that was on, where there was one and no more."""
    lines, device = [], ""
    for named, wavelength in _LINE.findall(text):
        device = named or device
        if wavelength:
            lines.append((device, measured(wavelength, "nm", least=1)))
    if len(lines) != 1:
        return None
    model, length = lines[0]
    return LightSettings(source=LightSource(kind="Laser", model=model, wavelength=length), wavelength=length)


def _filters(text: str) -> dict[str, Any]:
    """Filters, mirror and cube by the wheels they stand in, as these are called."""
    emission: list[Filter] = []
    found: dict[str, Any] = {}
    mirror = None
    for wheel, name in _WHEEL.findall(text):
        if name.strip().lower() in _NO_FILTER:
            continue
        if wheel.upper().startswith("EM"):
            emission.append(Filter(model=name.strip(), filter_wheel=wheel))
        elif wheel.upper().startswith("DM"):
            mirror = Dichroic(model=name.strip())
        elif wheel.startswith("Turret"):
            found.setdefault("filter_set", FilterSet(model=name.strip()))
    if emission or mirror:
        found["light_path"] = LightPath(dichroic=mirror, emission=tuple(emission))
    return found


def read_events(
    opened: Any, frames: dict[tuple[int, int], int], size: tuple[int, int, int], exposures_s: list[float | None]
) -> dict[str, Any]:
    """Columns of a table of planes of ``size`` (t, c, z): what was recorded with the frame at each (t, z).

    A frame holds all channels, whose own exposures (``exposures_s``), where they are known, go before the frame's.
    """
    given: dict[str, Any] = {}
    with suppress(Exception):  # as with the rest of the metadata
        events = opened.events(orient="list")
        rows = {int(number): row for row, number in enumerate(events.get("Index") or ())}
        places = [(t, z, rows[frame]) for (t, z), frame in frames.items() if frame in rows]
        for name, (column, unit) in _EVENTS.items():
            listed = events.get(column)
            if listed is None or not any(usable(float(listed[row]) if listed[row] is not None else None) for _, _, row in places):
                continue  # zeros throughout are what stands where nothing was recorded
            values = np.full((size[0], 1, size[2]), np.nan)
            for t, z, row in places:
                values[t, 0, z] = np.nan if listed[row] is None else float(listed[row])
            given[name] = values, unit
    if "position_x" not in given:
        with suppress(Exception):
            place = opened.frame_metadata(next(iter(frames.values()))).channels[0].position.stagePositionUm
            if len(frames) == 1:
                given |= {f"position_{axis}": (float(getattr(place, axis)), "µm") for axis in "xyz"}
    known = [np.nan if one is None else one for one in exposures_s[: size[1]]]
    if len(known) == size[1] and not np.isnan(known).all() and (size[1] > 1 or "exposure_time" not in given):
        given["exposure_time"] = np.reshape(known, (1, -1, 1)), "s"
    return given
