"""What the JSON in Velox's EMD files says of an image, in OME's terms. All numbers in it are texts."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

_LONGEST_VALUE = 65536
_DEEPEST = 32


def describe_velox(name: str, noted: dict[str, Any], shape: Size) -> ImageDescription:
    """The description of one image of Velox."""
    found: dict[str, Any] = {"name": name}
    for axis, side in (("x", "width"), ("y", "height")):
        size, unit = (
            _number(_at(noted, "BinaryResult", "PixelSize", side)),
            _text(noted, "BinaryResult", f"PixelUnit{axis.upper()}"),
        )
        quantity = Quantity(size, unit) if size and size > 0 else None
        found[f"physical_size_{axis}"] = quantity if quantity is not None and quantity.um is not None else None
    seconds = _number(_at(noted, "Acquisition", "AcquisitionStartDatetime", "DateTime"))
    with suppress(OverflowError, ValueError, OSError):
        found["acquisition_date"] = datetime.fromtimestamp(seconds, UTC) if seconds and seconds > 0 else None
    frame = _number(_at(noted, "Scan", "FrameTime"))
    found["time_increment"] = Quantity(frame, "s") if frame and frame > 0 and shape.t > 1 else None
    detector, exposure = _text(noted, "BinaryResult", "Detector"), _number(_at(noted, "Scan", "DwellTime"))
    exposure = exposure or _exposure(noted, detector)
    found["channels"] = (ChannelDescription(name=detector, exposure_s=exposure if exposure and exposure > 0 else None),)
    about = {"manufacturer": "Manufacturer", "model": "InstrumentModel", "serial_number": "InstrumentId"}
    found["instrument"] = {key: told for key, place in about.items() if (told := _text(noted, "Instrument", place))}
    magnification = _number(_at(noted, "Optics", "NominalMagnification")) or _number(
        _at(noted, "CustomProperties", "StemMagnification", "value")
    )
    found["objective"] = {"nominal_magnification": magnification} if magnification and magnification > 0 else {}
    stage = [_number(_at(noted, "Stage", "Position", axis)) for axis in "xyz"]
    if stage[0] is not None or stage[1] is not None:
        found["stage_position_um"] = tuple(None if value is None else value * 1e6 for value in stage)
    return ImageDescription(**found)


def _exposure(noted: dict[str, Any], name: str) -> float | None:
    """The exposure of the camera of this name."""
    for detector in (_at(noted, "Detectors") or {}).values():
        if isinstance(detector, dict) and detector.get("DetectorName") == name:
            return _number(detector.get("ExposureTime"))
    return None


def _at(noted: Any, *path: str) -> Any:
    for key in path:
        noted = noted.get(key) if isinstance(noted, dict) else None
    return noted


def _text(noted: dict[str, Any], *path: str) -> str:
    value = _at(noted, *path)
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    with suppress(TypeError, ValueError):
        number = float(value)
        return number if isfinite(number) else None
    return None


def flatten(value: Any, path: str, found: dict[str, str], depth: int = 0) -> None:
    """Add every value of a JSON document to flat keys and values."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None or depth > _DEEPEST:
        found[path] = str(value)[:_LONGEST_VALUE]
        return
    for key, part in parts:
        flatten(part, f"{path}.{key}", found, depth + 1)
