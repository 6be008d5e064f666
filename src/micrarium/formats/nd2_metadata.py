"""What an ND2 file says of an image, in OME's terms."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from micrarium.formats.nd2_acquisition import describe_text
from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

_JULIAN_1970 = 2440587.5
_LONGEST_VALUE = 65536
_MODES = {
    "laserScanConfocal": "LaserScanningConfocalMicroscopy",
    "spinningDiskConfocal": "SpinningDiskConfocal",
    "TIRF": "TotalInternalReflection",
}
_MODES |= {"multiphoton": "MultiPhotonMicroscopy", "SIM": "StructuredIllumination"}
_CONTRASTS = {
    "brightfield": "Brightfield",
    "phase": "Phase",
    "DIC": "DIC",
    "fluorescence": "Fluorescence",
    "darkfield": "Darkfield",
}


def describe_position(opened: Any, path: Path, index: int, shape: Size, samples: int, frame: int) -> ImageDescription:
    """The description of one position; ``frame`` is the number of its first frame."""
    found: dict[str, Any] = {"name": path.stem, "channels": (ChannelDescription(),) * (shape.c // samples)}
    # Metadata that cannot be parsed is no reason to refuse the pixels, and the library raises anything over it.
    with suppress(Exception):
        found["significant_bits"] = int(opened.attributes.bitsPerComponentSignificant)
    with suppress(Exception):
        found |= _describe_calibration(opened, shape)
    with suppress(Exception):
        channels = tuple(_describe_channel(channel) for channel in opened.metadata.channels)
        found["channels"] = (channels + found["channels"])[: shape.c // samples]
    with suppress(Exception):
        found["objective"] = _describe_objective(opened.metadata.channels[0].microscope)
    with suppress(Exception):
        found["description"] = str((opened.text_info or {}).get("description", ""))
    with suppress(Exception):
        instrument, parts, told = describe_text(found.get("description", ""), len(found["channels"]))
        found |= {"instrument": instrument, "parts": parts}
        found["channels"] = tuple(replace(one, **more) for one, more in zip(found["channels"], told, strict=True))
    with suppress(Exception):
        found["time_increment"] = _time_increment(opened)
    with suppress(Exception):
        found["name"] = _position_name(opened, path, index)
    with suppress(Exception):
        first = opened.frame_metadata(frame).channels[0]
        place, moment = first.position.stagePositionUm, first.time.absoluteJulianDayNumber
        found["stage_position_um"] = (float(place.x), float(place.y), float(place.z))
        found["acquisition_date"] = datetime.fromtimestamp(0, UTC) + timedelta(days=float(moment) - _JULIAN_1970)
    return ImageDescription(**found)


def _describe_calibration(opened: Any, shape: Size) -> dict[str, Any]:
    calibrated = opened.metadata.channels[0].volume.axesCalibrated
    size = opened.voxel_size()
    found: dict[str, Any] = {}
    for axis, value, is_known in zip("xyz", size, calibrated, strict=True):
        # A z step of 1 on a single slice is the default of a file that was never calibrated along z.
        if value and value > 0 and (is_known or (axis == "z" and shape.z > 1)):
            found[f"physical_size_{axis}"] = Quantity(float(value), "µm")
    return found


def _describe_channel(channel: Any) -> ChannelDescription:
    about, microscope = channel.channel, channel.microscope
    flags = list(microscope.modalityFlags or ()) if microscope is not None else []
    color = about.color
    return ChannelDescription(
        name=about.name or "",
        color=f"{color.r:02X}{color.g:02X}{color.b:02X}" if color is not None else None,
        emission_nm=about.emissionLambdaNm or None,
        excitation_nm=about.excitationLambdaNm or None,
        pinhole_um=None if microscope is None else microscope.pinholeDiameterUm,
        acquisition_mode=next((_MODES[flag] for flag in flags if flag in _MODES), "WideField" if "camera" in flags else None),
        contrast_method=next((_CONTRASTS[flag] for flag in flags if flag in _CONTRASTS), None),
    )


def _describe_objective(microscope: Any) -> dict[str, Any]:
    wanted = {
        "model": microscope.objectiveName,
        "nominal_magnification": microscope.objectiveMagnification,
        "lens_na": microscope.objectiveNumericalAperture,
        "refractive_index": microscope.immersionRefractiveIndex,
    }
    return {key: value for key, value in wanted.items() if value}


def _time_increment(opened: Any) -> Quantity | None:
    for loop in opened.experiment:
        period = getattr(loop.parameters, "periodMs", None)
        if loop.type == "TimeLoop" and period and period > 0:
            return Quantity(float(period), "ms")
    return None


def _position_name(opened: Any, path: Path, index: int) -> str:
    for loop in opened.experiment:
        if loop.type == "XYPosLoop" and loop.count > 1:
            name = loop.parameters.points[index].name if index < len(loop.parameters.points) else None
            return f"{path.stem} {name or f'#{index + 1}'}"
    return path.stem


def flat_metadata(opened: Any) -> dict[str, str]:
    """All metadata chunks as flat keys and values."""
    found: dict[str, str] = {f"TextInfo.{key}": str(value) for key, value in (opened.text_info or {}).items()}
    _flatten(opened.unstructured_metadata(), "", found)
    return found


def _flatten(value: Any, path: str, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            _flatten(part, f"{path}.{key}" if path else str(key), found)
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value[:256]):
            _flatten(part, f"{path}[{number}]", found)
    elif value is not None and not isinstance(value, (bytes, bytearray, memoryview)):
        found[path] = str(value)[:_LONGEST_VALUE]
