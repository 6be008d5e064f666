"""What Zeiss, MetaMorph and Micro-Manager note in TIFF files of how planes and channels were acquired.

Sources: Zeiss' description of LSM files, Molecular Devices' of STK files and MetaSeries, and Micro-Manager's of its tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from micrarium.geometry import Size
from micrarium.pixels.acquisition import (
    Detector,
    DetectorSettings,
    Dichroic,
    Filter,
    ImagingEnvironment,
    LightPath,
    LightSettings,
    LightSource,
    Parts,
    measured,
    usable,
)
from micrarium.pixels.plane_tables import PlaneTable, plane_table

if TYPE_CHECKING:
    from micrarium.formats.tiff_images import TiffSource

_EXPOSURE = re.compile(r"\s*([\d.]+)\s*(s|ms|µs|us)\s*")
_NO_FILTER = ("", "none", "plate", "open", "empty")
#: Pages whose own tags are read for their times; Micro-Manager's larger data sets say the same in OME-XML.
_MOST_PAGES = 20_000
_NOTED = {
    "delta_t": ("ElapsedTime-ms", "ms"), "exposure_time": ("Exposure-ms", "ms"), "position_x": ("XPositionUm", "µm"),
    "position_y": ("YPositionUm", "µm"), "position_z": ("ZPositionUm", "µm"),
}  # fmt: skip


def planes_size(source: TiffSource) -> tuple[int, int, int]:
    """The size of a table of an image's planes."""
    return source.shape.t, source.shape.c // source.samples, source.shape.z


def describe_lsm_times(noted: dict[str, Any], shape: Size, samples: int) -> PlaneTable | None:
    """The seconds since the first at which each time point was taken."""
    stamps = noted.get("TimeStamps")
    if stamps is None or len(stamps) != shape.t:
        return None
    times = np.asarray(stamps, np.float64)
    return plane_table((shape.t, shape.c // samples, shape.z), {"delta_t": ((times - times[0]).reshape(-1, 1, 1), "s")})


def describe_lsm_channel(scan: dict[str, Any], track: dict[str, Any], channel: dict[str, Any]) -> dict[str, Any]:
    """How a detection channel was set: its detector, the one laser of its track, and the filters before it."""
    gain = usable(channel.get("DetectorGainFirst"))
    detector = Detector(
        model=_named(channel.get("PointDetectorName")) or _named(channel.get("ChannelName")),
        type="PMT",
        amplification_gain=usable(channel.get("AmplifierGainFirst")),
    )
    found: dict[str, Any] = {
        "detector": DetectorSettings(
            detector=detector,
            gain=gain,
            offset=usable(channel.get("AmplifierOffsFirst")),
            zoom=usable(scan.get("ZoomX"), least=0),
        )
    }
    lasers = [one for one in track.get("IlluminationChannels") or [] if one.get("Aquire")]
    if len(lasers) == 1 and (wavelength := measured(lasers[0].get("Wavelength"), "nm", least=1)) is not None:
        powers = {one.get("Name"): measured(one.get("Power"), "mW", least=0) for one in scan.get("Lasers") or []}
        percent = usable(lasers[0].get("Power"), least=0)
        name = _named(lasers[0].get("Name"))
        found["light"] = LightSettings(
            source=LightSource(kind="Laser", model=name, wavelength=wavelength, power=powers.get(name)),
            attenuation=None if percent is None or percent > 100 else round(1 - percent / 100, 12),
            wavelength=wavelength,
        )
    name = _named(channel.get("FilterName"))
    low, high = (measured(channel.get(f"SpiWavelength{end}"), "nm", least=1) for end in ("Start", "Stop"))
    if name or (low and high):
        found["light_path"] = LightPath(emission=(Filter(model=name, cut_in=low if high else None, cut_out=high if low else None),))
    return found


def _named(value: Any) -> str:
    text = str(value or "").strip()
    return "" if text.lower() in _NO_FILTER else text


def describe_metaseries(plane: dict[str, Any]) -> dict[str, Any]:
    """What MetaSeries notes of the one plane of a file, as fields of a description; ``channel`` those of its channel."""
    exposure = _EXPOSURE.fullmatch(str(plane.get("Exposure Time", "")))
    where = {f"position_{axis}": plane.get(f"stage-position-{axis}") for axis in "xy"} | {"position_z": plane.get("z-position")}
    given: dict[str, Any] = {name: (value, "µm") for name, each in where.items() if (value := usable(each)) is not None}
    if exposure is not None:
        given["exposure_time"] = float(exposure[1]), exposure[2]
    found: dict[str, Any] = {"planes": plane_table((1, 1, 1), given)}
    if where["position_x"] is not None:
        found["stage_position_um"] = tuple(usable(value) for value in where.values())
    if (temperature := measured(plane.get("_Temperature_"), "°C")) is not None:
        found["environment"] = ImagingEnvironment(temperature=temperature)
    lens = {"model": _named(plane.get("_MagSetting_")), "lens_na": usable(plane.get("_MagNA_"), least=0)}
    lens["refractive_index"] = usable(plane.get("_MagRI_"), least=0)
    if lens["model"]:
        power = re.match(r"(\d+(?:\.\d+)?)\s*x\b", str(lens["model"]), re.IGNORECASE)
        found["objective"] = {key: value for key, value in lens.items() if value}
        found["objective"] |= {"nominal_magnification": float(power[1])} if power else {}
    if serial := str(plane.get("Instrument Serial Number") or "").strip():
        found["instrument"] = {"serial_number": serial}
    if isinstance(moment := plane.get("acquisition-time-local"), datetime):
        found["acquired"] = moment
    binning = [usable(plane.get(f"camera-binning-{axis}"), least=1) for axis in "xy"]
    channel: dict[str, Any] = {}
    if all(binning):
        text = "x".join(str(int(value or 0)) for value in binning)
        channel["detector"] = DetectorSettings(detector=Detector(), binning=text)
    if exposure is not None:
        unit = {"s": 1.0, "ms": 1e-3}.get(exposure[2], 1e-6)
        channel["exposure_s"] = float(exposure[1]) * unit or None
    emission, mirror = (_named(plane.get(f"IXConfocal Module {kind} Wheel")) for kind in ("Emission", "Dichroic"))
    if emission or mirror:
        filters = (Filter(model=emission),) if emission else ()
        channel["light_path"] = LightPath(dichroic=Dichroic(model=mirror) if mirror else None, emission=filters)
    return found | {"channel": channel}


def describe_stk_planes(
    noted: dict[str, Any], size: tuple[int, int, int], page_of: Callable[[int, int, int], int]
) -> PlaneTable | None:
    """Times and places of the planes of a stack, in the order of the file; the stage's unit is MetaMorph's, micrometres."""
    given: dict[str, Any] = {}
    count = size[0] * size[1] * size[2]
    if count > _MOST_PAGES:
        return None
    order = [page_of(t, c, z) for t in range(size[0]) for c in range(size[1]) for z in range(size[2])]
    stage = noted.get("StagePosition")
    if stage is not None and np.shape(stage) == (count, 2) and np.any(stage):
        for number, axis in enumerate("xy"):
            given[f"position_{axis}"] = np.asarray(stage, np.float64)[order, number].reshape(size), "µm"
    heights, valid = noted.get("AbsoluteZ"), noted.get("AbsoluteZValid")
    if heights is not None and np.shape(heights) == (count,) and valid is not None and np.all(valid):
        given["position_z"] = np.asarray(heights, np.float64)[order].reshape(size), "µm"
    times = noted.get("DatetimeCreated")
    with suppress(TypeError, ValueError):
        if times is not None and len(times) == count:
            moments = np.asarray(times, "datetime64[us]")[order].reshape(size)
            given["delta_t"] = (moments - moments.min()) / np.timedelta64(1, "s"), "s"
    return plane_table(size, given)


def read_micromanager(pages: Any, size: tuple[int, int, int], page_of: Callable[[int, int, int], int]) -> dict[str, Any]:
    """Columns of the planes of a Micro-Manager series, from the tag that it writes into every page."""
    count = size[0] * size[1] * size[2]
    if count > _MOST_PAGES:
        return {}
    given = {name: (np.full(size, np.nan), unit) for name, (_, unit) in _NOTED.items()}
    for place in np.ndindex(size):
        page = pages[page_of(*place)]
        noted = None if page is None else page.aspage().tags.valueof(51123)
        for name, (key, _) in _NOTED.items():
            value = usable(noted.get(key)) if isinstance(noted, dict) else None
            given[name][0][place] = np.nan if value is None else value
    return given


def parts_of(channels: tuple[Any, ...]) -> Parts:
    """The parts that the settings of channels name."""
    lights = [one.light.source for one in channels if one.light]
    paths = [one.light_path for one in channels if one.light_path]
    return Parts(
        detectors=tuple(dict.fromkeys(one.detector.detector for one in channels if one.detector)),
        light_sources=tuple(dict.fromkeys(lights)),
        filters=tuple(dict.fromkeys(filter_ for path in paths for filter_ in path.emission)),
        dichroics=tuple(dict.fromkeys(path.dichroic for path in paths if path.dichroic)),
        filter_sets=tuple(dict.fromkeys(one.filter_set for one in channels if one.filter_set)),
    )
