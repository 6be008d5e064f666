"""What the XML of a LIF file says of an image, in OME's terms."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from micrarium.formats.lif_acquisition import describe_camera, describe_planes, describe_scan
from micrarium.formats.markup import parse_xml
from micrarium.geometry import Quantity
from micrarium.pixels.acquisition import usable
from micrarium.pixels.source import ChannelDescription, ImageDescription

if TYPE_CHECKING:
    from micrarium.formats.lif_images import Dimension, LifLayout

_COLORS = {
    "red": "FF0000", "green": "00FF00", "blue": "0000FF", "cyan": "00FFFF", "magenta": "FF00FF", "yellow": "FFFF00",
    "gray": "FFFFFF", "grey": "FFFFFF", "white": "FFFFFF",
}  # fmt: skip
_MODULO = {"λ": "lambda", "Λ": "lambda", "a": "angle"}
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_LONGEST_VALUE = 65536


def describe_image(name: str, element: Element, layout: LifLayout, tile: int) -> ImageDescription:
    """The description of one image, or of one tile of a mosaic that was not stitched."""
    scan = next(element.iter("ATLConfocalSettingDefinition"), None)
    camera = next(element.iter("ATLCameraSettingDefinition"), None) if scan is None else None
    settings = scan.attrib if scan is not None else {} if camera is None else camera.attrib
    channels = _describe_channels(element, layout, settings)
    parts, told = describe_scan(scan, len(channels)) if scan is not None else describe_camera(camera, len(channels))
    channels = tuple(replace(one, **more) for one, more in zip(channels, told, strict=True))
    bits = [int(channel.get("Resolution", "0")) for channel in element.iter("ChannelDescription")]
    return ImageDescription(
        name=f"{name} tile {tile + 1}" if layout.tiles is not None and layout.tiles.count > 1 else name,
        description=next((image.get("TextDescription", "") for image in element.iterfind("./Data/Image")), ""),
        acquisition_date=_first_time(element),
        physical_size_x=_step(layout.x),
        physical_size_y=_step(layout.y) if layout.y.letter in "xyz" else None,
        physical_size_z=_step(layout.z[0]) if layout.z and layout.z[0].letter in "xyz" else None,
        time_increment=_step(layout.t[0]) if layout.t and layout.t[0].letter == "t" else None,
        significant_bits=max(bits) if bits else None,
        channels=channels,
        objective=_describe_objective(settings),
        instrument=_describe_instrument(settings, element),
        stage_position_um=_stage_position(element, settings, tile),
        modulo=_modulo(layout),
        parts=parts,
        planes=describe_planes(element, layout, tile, [one.exposure_s for one in channels]),
    )


def _modulo(layout: LifLayout) -> dict[str, str]:
    """What lies along t beside time: wavelengths, rotations and the like have no axis of their own."""
    beside = [one.letter for one in layout.t if one.letter != "t" and one.count > 1]
    return {"t": _MODULO.get(beside[-1], "other")} if beside else {}


def _step(dimension: Dimension) -> Quantity | None:
    """The distance from one step to the next, in micrometres or seconds; the length goes from first to last centre."""
    if dimension.count < 2 or not dimension.length or not dimension.unit:
        return None
    step = abs(dimension.length) / (dimension.count - 1)
    if dimension.unit == "m":
        return Quantity(step * 1e6, "µm")
    return Quantity(step, "in" if dimension.unit == "inch" else dimension.unit)


def _first_time(element: Element) -> datetime | None:
    """The first time stamp: ticks of 100 ns since 1601, written in hexadecimal or as two halves."""
    listed = next(element.iter("TimeStampList"), None)
    ticks = 0
    with suppress(ValueError, OverflowError, IndexError):
        if listed is not None and listed.text and listed.text.strip():
            ticks = int(listed.text.split(maxsplit=1)[0], 16)
        else:
            stamp = next(element.iter("TimeStamp"), None)
            ticks = 0 if stamp is None else (int(stamp.get("HighInteger", "0")) << 32) + int(stamp.get("LowInteger", "0"))
        return _EPOCH + timedelta(microseconds=ticks // 10) if ticks > 0 else None
    return None


def _describe_channels(element: Element, layout: LifLayout, settings: dict[str, str]) -> tuple[ChannelDescription, ...]:
    if layout.samples == 3:
        return (ChannelDescription(name="RGB"),)
    bands = _active_bands(element, len(layout.channel_bytes))
    pinhole = usable(settings.get("Pinhole"))
    scalings = list(element.iter("ChannelScalingInfo"))
    described: list[ChannelDescription] = []
    for number, channel in enumerate(element.iter("ChannelDescription")):
        band = bands[number] if number < len(bands) else {}
        lower, upper = (usable(band.get(key)) for key in ("LeftWorld", "RightWorld"))
        described.append(
            ChannelDescription(
                name=band.get("DyeName") or band.get("ChannelName") or channel.get("NameOfMeasuredQuantity") or "",
                color=_COLORS.get(channel.get("LUTName", "").lower()),
                fluor=band.get("DyeName") or None,
                emission_nm=(lower + upper) / 2 if lower and upper else None,
                pinhole_um=pinhole * 1e6 if pinhole else None,
                acquisition_mode="LaserScanningConfocalMicroscopy"
                if next(element.iter("ATLConfocalSettingDefinition"), None) is not None
                else None,
                window=_window(channel, scalings[number] if number < len(scalings) else None),
            )
        )
    return tuple(described[: len(layout.channel_bytes)])


def _active_bands(element: Element, channels: int) -> list[dict[str, str]]:
    """The detection band of each channel, by the detectors that were on; empty where they cannot be told apart."""
    for scan in element.iter("ATLConfocalSettingDefinition"):
        active = list(dict.fromkeys(one.get("Channel") for one in scan.iter("Detector") if one.get("IsActive") == "1"))
        bands = {band.get("Channel"): dict(band.attrib) for band in scan.iter("MultiBand")}
        if len(active) == channels:
            return [bands.get(channel, {}) for channel in active]
    return []


def _window(channel: Element, scaling: Element | None) -> tuple[float, float] | None:
    low, high = usable(channel.get("Min")), usable(channel.get("Max"))
    black, white = (None if scaling is None else usable(scaling.get(key)) for key in ("BlackValue", "WhiteValue"))
    if low is None or high is None or high <= low:
        return None
    black, white = (0.0, 1.0) if black is None or white is None or white <= black else (black, white)
    return low + black * (high - low), low + white * (high - low)


def _describe_objective(settings: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, name in (
        ("nominal_magnification", "Magnification"),
        ("lens_na", "NumericalAperture"),
        ("refractive_index", "RefractionIndex"),
    ):
        if (value := usable(settings.get(name))) is not None:
            found[key] = value
    if settings.get("ObjectiveName", "").strip():
        found["model"] = " ".join(settings["ObjectiveName"].split())
    immersion = {"OIL": "Oil", "WATER": "Water", "DRY": "Air", "GLYC": "Glycerol"}.get(settings.get("Immersion", "").upper())
    return found | ({"immersion": immersion} if immersion else {})


def _describe_instrument(settings: dict[str, str], element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if settings.get("MicroscopeModel"):
        found = {"manufacturer": "Leica", "model": settings["MicroscopeModel"]}
    if settings.get("SystemSerialNumber"):
        found["serial_number"] = settings["SystemSerialNumber"]
    if settings.get("IsInverseMicroscopeModel") == "1":
        found["type"] = "Inverted"
    hardware = next((one for one in element.iter("Attachment") if one.get("Name") == "HardwareSetting"), None)
    if hardware is not None and hardware.get("Software"):
        found["software"] = hardware.attrib["Software"]
    return found


def _stage_position(
    element: Element, settings: dict[str, str], tile: int
) -> tuple[float | None, float | None, float | None] | None:
    tiles = list(element.iter("Tile"))
    source = (
        [tiles[tile].get(f"Pos{axis}") for axis in "XYZ"]
        if tile < len(tiles)
        else [settings.get(f"StagePos{axis}") for axis in "XYZ"]
    )
    metres = [usable(text) for text in source]
    if metres[:2] == [None, None]:
        return None
    x, y, z = (None if value is None else value * 1e6 for value in metres)
    return x, y, z


def flat_xml(xml: str) -> dict[str, str]:
    """Every attribute and text of a document by its path; elements with a name are told apart by it, others by number."""
    found: dict[str, str] = {}

    def walk(element: Element, path: str) -> None:
        for name, value in element.attrib.items():
            found[f"{path}.{name}"] = value[:_LONGEST_VALUE]
        text = (element.text or "").strip()
        if text and element.tag != "TimeStampList":
            found[path] = text[:_LONGEST_VALUE]
        seen: dict[str, int] = {}
        for child in element:
            seen[child.tag] = seen.get(child.tag, 0) + 1
            called = child.get("Name") if child.tag == "Element" else None
            mark = f"[{called}]" if called else (f"[{seen[child.tag]}]" if seen[child.tag] > 1 else "")
            walk(child, f"{path}.{child.tag}{mark}")

    root = parse_xml(xml)
    walk(root, root.tag)
    return found
