"""What TIFF tags and the notes of ImageJ, Aperio, MetaMorph and Zeiss say of an image, in OME's terms."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from micrarium.formats.tiff_acquisition import (
    describe_lsm_channel,
    describe_lsm_times,
    describe_metaseries,
    describe_stk_planes,
    parts_of,
    planes_size,
)
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription, ImageDescription

if TYPE_CHECKING:
    from micrarium.formats.tiff_images import TiffSource

#: A resolution above this many micrometres is meant for a printer (72 or 300 dots an inch), not measured.
_LARGEST_MEASURED_UM = 10.0
_UNITS = {2: "in", 3: "cm", 4: "mm", 5: "µm"}
#: Densities that a file without a unit has from a screen or a printer; 1 says that nothing was measured.
_UNMEASURED_DENSITIES = (1, 72, 96, 150, 300, 600, 1200)
_LONGEST_VALUE = 65536
_OLE_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)


def describe_series(series: Any, source: TiffSource, name: str) -> ImageDescription:
    """The description of one series from whatever its writer left."""
    tiff, page = series.parent, series.keyframe
    channels = max(1, source.shape.c // source.samples)
    is_thumbnail = series.name in ("Thumbnail", "Label", "Macro") or (series.kind == "lsm" and bool(page.is_reduced))
    described: dict[str, Any] = {"name": name, "is_thumbnail": is_thumbnail}
    described["acquisition_date"] = _tag_date(page)
    described["channels"] = (ChannelDescription(),) * channels
    described |= _resolution(page)
    if tiff.is_imagej:
        described |= _describe_imagej(tiff.imagej_metadata or {}, page, channels)
    elif tiff.is_lsm:
        described |= _describe_lsm(tiff.lsm_metadata or {}, channels)
        if not is_thumbnail:
            described["planes"] = describe_lsm_times(tiff.lsm_metadata or {}, source.shape, source.samples)
    elif tiff.is_svs and not described["is_thumbnail"]:
        described |= _describe_aperio(page.description)
    elif tiff.is_stk:
        described |= _describe_stk(tiff.stk_metadata or {}, channels)
        described["planes"] = describe_stk_planes(tiff.stk_metadata or {}, planes_size(source), source.page_of)
    elif tiff.is_metaseries:
        described |= _describe_metaseries(tiff.metaseries_metadata or {})
    else:
        text = page.description.strip("\0 \n")
        described["description"] = "" if text.startswith(("{", "<")) else text[:2000]
    return ImageDescription(**described)


def _number(value: Any) -> float | None:
    with suppress(TypeError, ValueError, OverflowError):
        number = float(value)
        return number if number == number and abs(number) != float("inf") else None
    return None


def _quantity(value: Any, unit: str) -> Quantity | None:
    number = _number(value)
    return Quantity(number, unit) if number is not None and number > 0 and unit else None


def _tag_date(page: Any) -> datetime | None:
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        date = page.datetime
        return None if date is None else (date if date.tzinfo else date.replace(tzinfo=UTC))
    return None


def _pixels_per_unit(page: Any, tag: int) -> float | None:
    value = page.tags.valueof(tag)
    with suppress(TypeError, ValueError, ZeroDivisionError):
        return float(value[0]) / float(value[1]) or None
    return None


def _resolution(page: Any) -> dict[str, Any]:
    """Pixel sizes from the resolution tags, where they are fine enough to be measured; without a unit in micrometres."""
    unit = _UNITS.get(int(page.resolutionunit or 1))
    found: dict[str, Any] = {}
    for key, tag in (("physical_size_x", 282), ("physical_size_y", 283)):
        density = _pixels_per_unit(page, tag)
        if unit is None and density in _UNMEASURED_DENSITIES:
            continue
        quantity = _quantity(1 / density, unit or "µm") if density else None
        if quantity is not None and quantity.um is not None and quantity.um <= _LARGEST_MEASURED_UM:
            found[key] = quantity
    return found


def _describe_imagej(noted: dict[str, Any], page: Any, channels: int) -> dict[str, Any]:
    unit = _imagej_unit(str(noted.get("unit", "")))
    found: dict[str, Any] = {"physical_size_x": None, "physical_size_y": None}
    if unit and Quantity(1, unit).um is not None:
        for key, tag in (("physical_size_x", 282), ("physical_size_y", 283)):
            density = _pixels_per_unit(page, tag)
            found[key] = _quantity(1 / density, unit) if density else None
        found["physical_size_z"] = _spacing(noted, unit)
    elif not unit:
        found = _resolution(page)
        if noted.get("spacing") != 1:
            found["physical_size_z"] = _spacing(noted, "µm")
    interval = _quantity(noted.get("finterval"), "s")
    if interval is None and (rate := _number(noted.get("fps"))):
        interval = _quantity(1 / rate, "s")
    found["time_increment"] = interval
    ranges, colors = noted.get("Ranges") or (), noted.get("LUTs") or ()
    labels = noted.get("Labels") or ()
    named = channels > 1 and len(labels) >= channels
    found["channels"] = tuple(
        ChannelDescription(
            name=str(labels[number]).strip() if named and labels[number] else "",
            color=_lut_color(colors[number]) if number < len(colors) else None,
            window=_window(ranges, number),
        )
        for number in range(channels)
    )
    return found


def _spacing(noted: dict[str, Any], unit: str) -> Quantity | None:
    """The distance of slices, which is negative where a stack was taken downwards."""
    spacing = _number(noted.get("spacing"))
    return None if spacing is None else _quantity(abs(spacing), unit)


def _window(ranges: Any, number: int) -> tuple[float, float] | None:
    if len(ranges) < 2 * number + 2:
        return None
    low, high = _number(ranges[2 * number]), _number(ranges[2 * number + 1])
    return None if low is None or high is None or high <= low else (low, high)


def _imagej_unit(text: str) -> str:
    """ImageJ writes the micro sign as an escape, in Latin-1, or spelt out."""
    unit = re.sub(r"\\(u00b5|u03bc|xb5)", "µ", text, flags=re.IGNORECASE).strip().strip('"')
    unit = {"micron": "µm", "um": "µm", "inch": "in", "inches": "in", "\ufffdm": "µm"}.get(unit, unit)
    is_plural = len(unit) > 2 and unit.endswith("s") and Quantity(1, unit).um is None
    return unit[:-1] if is_plural and Quantity(1, unit[:-1]).um is not None else unit


def _lut_color(table: Any) -> str | None:
    """The colour a lookup table ends in, where it is a ramp from black."""
    with suppress(TypeError, ValueError, IndexError):
        top = [int(table[part][-1]) for part in range(3)]
        if not any(int(table[part][0]) for part in range(3)) and any(top):
            return "{:02X}{:02X}{:02X}".format(*top)
    return None


def _describe_lsm(noted: dict[str, Any], channels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for axis in "xyz":
        metres = _number(noted.get(f"VoxelSize{axis.upper()}"))
        found[f"physical_size_{axis}"] = _quantity(None if metres is None else metres * 1e6, "µm")
    found["time_increment"] = _quantity(noted.get("TimeIntervall"), "s")
    scan = noted.get("ScanInformation") or {}
    found |= _describe_lsm_scan(scan)
    named = noted.get("ChannelColors") or {}
    names, colors = named.get("ColorNames") or [], named.get("Colors") or []
    detected = _lsm_detections(scan)
    detected = detected if len(detected) == channels else [{}] * channels
    found["channels"] = tuple(
        ChannelDescription(
            name=str(names[number]) if number < len(names) else "",
            color="{:02X}{:02X}{:02X}".format(*(int(v) for v in colors[number][:3])) if number < len(colors) else None,
            acquisition_mode="LaserScanningConfocalMicroscopy",
            **detected[number],
        )
        for number in range(channels)
    )
    found["parts"] = parts_of(found["channels"])
    return found


def _describe_lsm_scan(scan: dict[str, Any]) -> dict[str, Any]:
    """What Zeiss's notes on a recording say of its objective, its user and its time."""
    objective = " ".join(str(scan.get("Objective") or "").split())
    powers = re.search(r"(\d+(?:\.\d+)?)\s*x\s*/\s*(\d+(?:[.,]\d+)?)", objective)
    found: dict[str, Any] = {"description": str(scan.get("Description") or "")[:2000], "objective": {}}
    if objective:
        found["objective"] = {"model": objective}
    if powers:
        found["objective"] |= {"nominal_magnification": float(powers[1]), "lens_na": float(powers[2].replace(",", "."))}
    found["experimenter"] = str(scan.get("User") or "").strip() or None
    days = _number(scan.get("Sample0time"))
    with suppress(OverflowError, ValueError):
        if days and days > 0:
            found["acquisition_date"] = _OLE_EPOCH + timedelta(days=days)
    return found


def _lsm_detections(scan: dict[str, Any]) -> list[dict[str, Any]]:
    """Pinhole, dye and wavelengths of each detection channel that was on, in the order of the tracks."""
    found: list[dict[str, Any]] = []
    for track in scan.get("Tracks") or []:
        # The specification, and so tifffile, spells it without a c here.
        lasers = [_number(one.get("Wavelength")) for one in track.get("IlluminationChannels") or [] if one.get("Aquire")]
        for channel in track.get("DetectionChannels") or []:
            if not channel.get("Acquire"):
                continue
            low, high = (_number(channel.get(f"SpiWavelength{end}")) for end in ("Start", "Stop"))
            found.append(
                {
                    "pinhole_um": _number(channel.get("PinholeDiameter")) or None,
                    "fluor": str(channel.get("DyeName") or "").strip() or None,
                    "excitation_nm": lasers[0] if len(lasers) == 1 and lasers[0] else None,
                    "emission_nm": (low + high) / 2 if low and high else None,
                    **describe_lsm_channel(scan, track, channel),
                }
            )
    return found


def _describe_aperio(text: str) -> dict[str, Any]:
    noted = dict(part.split("=", 1) for part in text.replace("\r\n", "|").split("|") if "=" in part)
    noted = {key.strip(): value.strip() for key, value in noted.items()}
    found: dict[str, Any] = {"description": text.strip()[:2000]}
    if size := _quantity(noted.get("MPP"), "µm"):
        found["physical_size_x"] = found["physical_size_y"] = size
    if (power := _number(noted.get("AppMag"))) is not None:
        found["objective"] = {"nominal_magnification": power}
    if noted.get("ScanScope ID"):
        found["instrument"] = {"manufacturer": "Aperio", "serial_number": noted["ScanScope ID"]}
    for form in ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S"):
        with suppress(ValueError):
            moment = datetime.strptime(f"{noted.get('Date', '')} {noted.get('Time', '')}", form)  # noqa: DTZ007 (given its zone below)
            found["acquisition_date"] = moment.replace(tzinfo=UTC)
    return found


def _describe_metaseries(noted: dict[str, Any]) -> dict[str, Any]:
    plane = noted.get("PlaneInfo", noted)
    found: dict[str, Any] = {"description": str(noted.get("Description", ""))[:2000]}
    unit = str(plane.get("spatial-calibration-units", "um"))
    if plane.get("spatial-calibration-state", True):
        for axis in "xy":
            found[f"physical_size_{axis}"] = _quantity(plane.get(f"spatial-calibration-{axis}"), unit)
    wavelength = _number(plane.get("wavelength"))
    name = str(plane.get("_IllumSetting_", ""))
    told = describe_metaseries(plane)
    channel, moment = told.pop("channel"), told.pop("acquired", None)
    if moment is not None:
        found["acquisition_date"] = moment.replace(tzinfo=UTC)
    found["channels"] = (ChannelDescription(name=name, emission_nm=wavelength or None, **channel),)
    software = " ".join(str(noted[key]) for key in ("ApplicationName", "ApplicationVersion") if noted.get(key))
    found["instrument"] = told.pop("instrument", {}) | ({"software": software} if software else {})
    found["parts"] = parts_of(found["channels"])
    return found | told


def _describe_stk(noted: dict[str, Any], channels: int) -> dict[str, Any]:
    """MetaMorph's notes on a stack; one wavelength, so its name and emission are those of the only channel."""
    found: dict[str, Any] = {"physical_size_x": None, "physical_size_y": None}
    unit = _imagej_unit(str(noted.get("CalibrationUnits", "")))
    if noted.get("SpatialCalibration"):
        for axis in "xy":
            found[f"physical_size_{axis}"] = _quantity(noted.get(f"{axis.upper()}Calibration"), unit)
    distances = noted.get("ZDistance")
    if distances is not None and len(distances):
        found["physical_size_z"] = _quantity(abs(float(distances[0])), unit or "µm")
    if channels == 1:
        emission = _quantity(noted.get("wavelength"), "nm")
        settings = (one.get("value") for one in noted.get("PlaneProperty") or () if one.get("name") == "_IllumSetting_")
        name = str(noted.get("Name") or next(settings, "")).strip()
        found["channels"] = (ChannelDescription(name=name, emission_nm=None if emission is None else emission.value),)
    with suppress(IndexError, TypeError, KeyError):
        found["description"] = str(noted["PlaneDescriptions"][0])[:2000]
    if isinstance(created := noted.get("CreateTime"), datetime):
        found["acquisition_date"] = created.replace(tzinfo=created.tzinfo or UTC)
    return found


def flat_tags(tiff: Any) -> dict[str, str]:
    """The first page's tags and the notes of the writing software as flat text; long tables of numbers are left out."""
    found: dict[str, str] = {}
    for tag in tiff.pages.first.tags:
        value = tag.value
        if isinstance(value, bytes) or (isinstance(value, (tuple, list)) and len(value) > 32) or hasattr(value, "shape"):
            continue
        found[tag.name] = str(getattr(value, "name", value)).strip("\0")[:_LONGEST_VALUE]
    notes = (
        "imagej_metadata",
        "lsm_metadata",
        "stk_metadata",
        "metaseries_metadata",
        "micromanager_metadata",
        "fluoview_metadata",
        "sis_metadata",
    )
    for kind in notes:
        if getattr(tiff, f"is_{kind.split('_', 1)[0]}", False):
            with suppress(Exception):  # a note that cannot be parsed is no reason to refuse the pixels
                _flatten(getattr(tiff, kind), kind.split("_", 1)[0], found)
    return found


def _flatten(value: Any, path: str, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            _flatten(part, f"{path}.{key}", found)
    elif isinstance(value, (list, tuple)) and len(value) <= 64 and not any(hasattr(part, "shape") for part in value):
        found[path] = ", ".join(str(part) for part in value)[:_LONGEST_VALUE]
    elif value is not None and not hasattr(value, "shape") and not isinstance(value, (bytes, list, tuple)):
        found[path] = str(value)[:_LONGEST_VALUE]
