"""What the tags of a DM3 or DM4 file say of an image, in OME's terms."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from micrarium.formats.dm_tags import Tree, find, find_number, find_text
from micrarium.formats.strided import Block
from micrarium.geometry import Quantity
from micrarium.pixels.acquisition import Detector, DetectorSettings, Parts
from micrarium.pixels.source import ChannelDescription, ImageDescription

_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_DATES = ("%m/%d/%Y", "%d/%m/%Y", "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y")
_TIMES = ("%I:%M:%S %p", "%H:%M:%S")


def describe_image(name: str, image: Tree, root: Tree, number: int, block: Block, letters: str) -> ImageDescription:
    """The description of the image with this number among the file's."""
    tags = find(image, "ImageTags")
    found: dict[str, Any] = {"name": name, "description": find_text(image, "Description")}
    for dimension, axis in enumerate(letters):
        quantity = _step(image, dimension)
        if quantity is None:
            continue
        if axis in "xyz" and quantity.um is not None:
            found[f"physical_size_{axis}"] = quantity
        elif axis == "t" and quantity.seconds is not None:
            found["time_increment"] = quantity
    if "t" in letters and _unit(image, letters.index("t")) in ("eV", "keV"):
        found["modulo"] = {"t": "lambda"}
    exposure = find_number(tags, "DataBar/Exposure Time (s)")
    window = _window(root, number)
    detector = _detector(tags)
    channel = ChannelDescription(exposure_s=exposure, window=window, detector=detector)
    found["channels"] = (channel,) * (block.shape.c // block.samples)
    found["parts"] = Parts(detectors=(detector.detector,) if detector else ())
    found["acquisition_date"] = _moment(tags)
    found["experimenter"] = find_text(tags, "Session Info/Operator") or None
    found["instrument"] = _instrument(tags)
    magnification = find_number(tags, "Microscope Info/Indicated Magnification")
    found["objective"] = {"nominal_magnification": magnification} if magnification and magnification > 0 else {}
    found["stage_position_um"] = _stage(tags)
    return ImageDescription(**found)


def letter_of(image: Tree, dimension: int) -> str:
    """The axis that the unit of a dimension speaks for: t for times and energies, which lie apart from space; else z."""
    unit = _unit(image, dimension)
    return "t" if unit in ("eV", "keV") or Quantity(1, unit).seconds is not None else "z"


def _unit(image: Tree, dimension: int) -> str:
    return find_text(image, f"ImageData/Calibrations/Dimension/{dimension}/Units")


def _step(image: Tree, dimension: int) -> Quantity | None:
    scale = find_number(image, f"ImageData/Calibrations/Dimension/{dimension}/Scale")
    unit = _unit(image, dimension)
    return Quantity(abs(scale), unit) if scale and unit else None


def _window(root: Tree, number: int) -> tuple[float, float] | None:
    """The limits of the display that shows the image."""
    sources = {find(one, "Id/0"): find(one, "ImageRef") for one in (find(root, "ImageSourceList") or {}).values()}
    for shown in (find(root, "DocumentObjectList") or {}).values():
        if sources.get(find(shown, "ImageSource"), -1) == number:
            low, high = (find_number(shown, f"ImageDisplayInfo/{limit}") for limit in ("LowLimit", "HighLimit"))
            if low is not None and high is not None and low < high:
                return low, high
    return None


def _moment(tags: Any) -> datetime | None:
    """When the image was taken: by the system's clock where it is noted, else by texts, whose order of day and month varies."""
    ticks = find_number(tags, "DataBar/Acquisition Time (OS)")
    with suppress(OverflowError, ValueError):
        if ticks and ticks > 0:
            return _FILETIME_EPOCH + timedelta(microseconds=ticks / 10)
    date, time = find_text(tags, "DataBar/Acquisition Date"), find_text(tags, "DataBar/Acquisition Time")
    for form in (f"{day} {clock}" for day in _DATES for clock in _TIMES):
        with suppress(ValueError):
            return datetime.strptime(f"{date} {time}", form).replace(tzinfo=UTC)
    return None


def _instrument(tags: Any) -> dict[str, Any]:
    model = find_text(tags, "Session Info/Microscope") or find_text(tags, "Microscope Info/Name")
    model = model or find_text(tags, "Microscope Info/Microscope")
    software = find_text(tags, "GMS Version/Created") or find_text(tags, "GMS Version/Saved")
    found = {"model": model, "software": f"DigitalMicrograph {software}" if software else ""}
    return {key: value for key, value in found.items() if value}


def _detector(tags: Any) -> DetectorSettings | None:
    """The camera, and how many of its pixels became one."""
    model = find_text(tags, "Acquisition/Device/Name") or find_text(tags, "DataBar/Device Name")
    binning = [find_number(tags, f"Acquisition/Parameters/High Level/Binning/{axis}") for axis in "01"]
    told = "x".join(str(int(value)) for value in binning if value and value >= 1)
    return DetectorSettings(detector=Detector(model=model), binning=told if "x" in told else None) if model else None


def _stage(tags: Any) -> tuple[float | None, float | None, float | None] | None:
    x, y, z = (find_number(tags, f"Microscope Info/Stage Position/Stage {axis}") for axis in "XYZ")
    return None if x is None and y is None else (x, y, z)
