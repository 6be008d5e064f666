"""What MetaMorph and MetaXpress note in the description of a TIFF, in OME's terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import tifffile

from micrarium.formats.markup import parse_xml
from micrarium.formats.plates.layouts import PlaneFile
from micrarium.formats.tiff_head import first_description
from micrarium.geometry import Quantity

_LONGEST = 1 << 18
_EXPOSURE = re.compile(r"([0-9.]+)\s*(s|ms|µs|us)?", re.IGNORECASE)
_POWER = re.compile(r"\b([0-9]+(?:\.[0-9]+)?)\s*X\b", re.IGNORECASE)


def read_plane_notes(path: Path) -> Mapping[str, Any]:
    """The properties of the first page of a TIFF of MetaMorph by their names; none where there are none."""
    text = first_description(path, _LONGEST).decode("utf-8", "replace").strip("\0 \r\n")
    if not text.startswith("<MetaData>"):
        return {}
    with suppress(ElementTree.ParseError, ValueError, TypeError, KeyError, OverflowError):
        parse_xml(text)  # refuses what grows when it is read
        noted = tifffile.tifffile.metaseries_description_metadata(text)
        plane = noted.pop("PlaneInfo", {})
        return {**noted, **plane}
    return {}


def number_of(notes: Mapping[str, Any], name: str) -> float | None:
    """A property that is a number."""
    value = notes.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if isfinite(value) else None


def pixel_size(notes: Mapping[str, Any], axis: str) -> Quantity | None:
    """The size of a pixel along x or y, where the plane is calibrated."""
    value = number_of(notes, f"spatial-calibration-{axis}")
    unit = str(notes.get("spatial-calibration-units", "um"))
    is_calibrated = notes.get("spatial-calibration-state", True) and value is not None and value > 0 and unit.lower() != "pixel"
    return Quantity(value, unit) if is_calibrated and value is not None else None


def exposure_s(notes: Mapping[str, Any]) -> float | None:
    """The exposure, written as ``100 ms``, in seconds."""
    found = _EXPOSURE.fullmatch(str(notes.get("Exposure Time", "")).strip())
    with suppress(TypeError, ValueError):
        factor = {"s": 1.0, "ms": 1e-3}.get((found[2] or "ms").lower(), 1e-6) if found else 0.0
        return float(found[1]) * factor if found else None
    return None


def acquisition_date(notes: Mapping[str, Any]) -> datetime | None:
    """When the plane was taken, by the clock of the microscope's computer."""
    date = notes.get("acquisition-time-local")
    return date.replace(tzinfo=date.tzinfo or UTC) if isinstance(date, datetime) else None


def objective(notes: Mapping[str, Any]) -> dict[str, Any]:
    """The objective and its powers."""
    model = str(notes.get("_MagSetting_", "")).strip()
    found: dict[str, Any] = {"model": model} if model else {}
    if power := _POWER.search(model):
        found["nominal_magnification"] = float(power[1])
    if (aperture := number_of(notes, "_MagNA_")) is not None and aperture > 0:
        found["lens_na"] = aperture
    if (index := number_of(notes, "_MagRI_")) is not None and index > 0:
        found["refractive_index"] = index
    return found


def look_at_plane(plane: PlaneFile) -> Mapping[str, Any]:
    """What one plane says of the image it belongs to: where the stage stood, and when."""
    notes = read_plane_notes(plane.path)
    found: dict[str, Any] = {}
    position = (number_of(notes, "stage-position-x"), number_of(notes, "stage-position-y"), number_of(notes, "z-position"))
    if any(value is not None for value in position):
        found["stage_position_um"] = position
    if (date := acquisition_date(notes)) is not None:
        found["acquisition_date"] = date
    return found
