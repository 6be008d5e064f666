"""FluoView's settings, sections of keys and values in UTF-16, and what they say of an image in OME's terms."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from micrarium.errors import UnreadableFile
from micrarium.geometry import Quantity, Size
from micrarium.pixels.acquisition import (
    Detector,
    DetectorSettings,
    Dichroic,
    Filter,
    LightPath,
    LightSettings,
    LightSource,
    measured,
    usable,
)
from micrarium.pixels.source import ChannelDescription, ImageDescription

Settings = dict[str, dict[str, str]]
_LONGEST_VALUE = 65536
_LUT = "[ColorLUTData]".encode("utf-16-le")


def parse_settings(path: Path, data: bytes) -> Settings:
    """The sections of a settings file. Raises ``UnreadableFile`` for what is none."""
    if data.startswith(b"\xff\xfe"):
        text = data[2:].split(_LUT, 1)[0].decode("utf-16-le", "replace")
    elif data.startswith(b"["):
        text = data.split(b"[ColorLUTData]", 1)[0].decode("utf-8", "replace")
    else:
        raise UnreadableFile(f"{path.name} is damaged: its settings do not begin as settings do")
    found: Settings = {}
    section: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = found.setdefault(line[1:-1], {})
        elif "=" in line and not line.startswith(";"):
            key, value = line.split("=", 1)
            section[key.strip()] = value.strip().strip('"')
    return found


def flat_settings(settings: Settings) -> dict[str, str]:
    """Every setting by its section and key."""
    return {f"{name}.{key}": value[:_LONGEST_VALUE] for name, section in settings.items() for key, value in section.items()}


def _number(text: str | None) -> float | None:
    with suppress(TypeError, ValueError):
        value = float(text or "")
        return value if isfinite(value) else None
    return None


def describe(name: str, settings: Settings, shape: Size, *, has_wavelengths: bool) -> ImageDescription:
    """The description of one series of planes."""
    common = settings.get("Acquisition Parameters Common", {})
    reference = settings.get("Reference Image Parameter", {})
    found: dict[str, Any] = {"name": name, "modulo": {"t": "lambda"} if has_wavelengths else {}}
    for axis, side in (("x", "Width"), ("y", "Height")):
        found[f"physical_size_{axis}"] = _length(_number(reference.get(f"{side}ConvertValue")), reference.get(f"{side}Unit", "um"))
    depth, unit = _axis_step(settings, "Z")
    found["physical_size_z"] = _length(depth, unit or "nm") if shape.z > 1 else None
    step, unit = _axis_step(settings, "T")
    time = Quantity(step, unit or "ms") if step and shape.t > 1 and not has_wavelengths else None
    found["time_increment"] = time if time is not None and time.seconds is not None else None
    bits = _number(reference.get("ValidBitCounts"))
    found["significant_bits"] = int(bits) if bits and 0 < bits <= 64 else None
    with suppress(ValueError):
        # The key is spelt like this.
        moment = datetime.strptime(common.get("ImageCaputreDate", "").strip("'"), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 (below)
        found["acquisition_date"] = moment.replace(tzinfo=UTC)
    pinhole = _number(common.get("PinholeDiameter"))
    found["channels"] = tuple(_describe_channel(settings, number + 1, pinhole) for number in range(shape.c))
    found["objective"] = _objective(common)
    system = settings.get("Version Info", {})
    found["instrument"] = {"manufacturer": "Olympus", "model": system["SystemName"]} if system.get("SystemName") else {}
    return ImageDescription(**found)


def _length(value: float | None, unit: str) -> Quantity | None:
    quantity = Quantity(abs(value), unit) if value else None
    return quantity if quantity is not None and quantity.um is not None else None


def _axis_step(settings: Settings, code: str) -> tuple[float | None, str]:
    """The distance of two steps of an axis, and its unit; the positions are those of the first and the last step."""
    for number in range(8):
        axis = settings.get(f"Axis {number} Parameters Common", {})
        if axis.get("AxisCode") == code:
            first, last, count = (_number(axis.get(key)) for key in ("StartPosition", "EndPosition", "MaxSize"))
            if first is not None and last is not None and count and count > 1 and first != last:
                return abs(last - first) / (count - 1), axis.get("UnitName", "")
    return None, ""


def _describe_channel(settings: Settings, number: int, pinhole_nm: float | None) -> ChannelDescription:
    shown = settings.get(f"GUI Channel {number} Parameters", {})
    dye = shown.get("DyeName", "")
    wavelengths = [_number(shown.get(f"{kind}Wavelength")) for kind in ("Excitation", "Emission")]
    excitation, emission = (value if value and value > 0 else None for value in wavelengths)
    return ChannelDescription(
        name=dye if dye and dye != "None" else shown.get("CH Name", ""),
        fluor=dye if dye and dye != "None" else None,
        excitation_nm=excitation,
        emission_nm=emission,
        pinhole_um=pinhole_nm / 1000 if pinhole_nm and pinhole_nm > 0 else None,
        acquisition_mode="LaserScanningConfocalMicroscopy",
        **_settings(shown, excitation),
    )


def _settings(shown: dict[str, str], excitation_nm: float | None) -> dict[str, Any]:
    """The photomultiplier of a channel, the laser line that excited it, and what stood in its light."""
    voltage = measured(shown.get("AnalogPMTVoltage"), "V", least=0)
    gain, offset = (usable(shown.get(f"AnalogPMT{name}")) for name in ("Gain", "Offset"))
    found: dict[str, Any] = {}
    if voltage is not None or gain is not None:
        detector = Detector(model=shown.get("CH Name", ""), type="PMT")
        found["detector"] = DetectorSettings(detector=detector, gain=gain, offset=offset, voltage=voltage)
    if excitation_nm is not None:
        wavelength = Quantity(excitation_nm, "nm")
        found["light"] = LightSettings(source=LightSource(kind="Laser", wavelength=wavelength), wavelength=wavelength)
    names = {key: shown.get(key, "").strip() for key in ("BF Name", "ExcitationDM Name")}
    barrier, mirror = ("" if name.lower() in ("none", "glass", "empty") else name for name in names.values())
    if barrier or mirror:
        filters = (Filter(model=barrier),) if barrier else ()
        found["light_path"] = LightPath(dichroic=Dichroic(model=mirror) if mirror else None, emission=filters)
    return found


def _objective(common: dict[str, str]) -> dict[str, Any]:
    found = {
        "model": " ".join(common.get("ObjectiveLens Name", "").split()),
        "nominal_magnification": _number(common.get("Magnification")),
        "lens_na": _number(common.get("ObjectiveLens NAValue")),
    }
    return {key: value for key, value in found.items() if value}
