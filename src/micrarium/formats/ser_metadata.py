"""What a SER file says of its frames or spectra, in OME's terms."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

if TYPE_CHECKING:
    from micrarium.formats.ser_images import Element, SeriesDimension, Tag

#: Steps above this many metres are those of diffraction patterns, which are calibrated in reciprocal metres.
_LARGEST_STEP_M = 1e-3


def describe_frames(
    name: str, element: Element, shape: Size, dimensions: Sequence[SeriesDimension], tags: Sequence[Tag], noted: dict[str, Any]
) -> ImageDescription:
    """The description of frames; ``tags`` are those of the first and the last."""
    found: dict[str, Any] = {"name": name, "channels": (ChannelDescription(),)} | noted | _moment(tags)
    for axis, step in zip("xy", element.steps, strict=True):
        found[f"physical_size_{axis}"] = _length(step)
    if shape.z > 1:
        found["physical_size_z"] = _length(dimensions[0].step)
    if shape.t > 1 and len(tags) == 2 and tags[1].seconds > tags[0].seconds:
        found["time_increment"] = Quantity((tags[1].seconds - tags[0].seconds) / (shape.t - 1), "s")
    return ImageDescription(**found)


def describe_spectra(
    name: str, shape: Size, dimensions: Sequence[SeriesDimension], tags: Sequence[Tag], noted: dict[str, Any]
) -> ImageDescription:
    """The description of a map of spectra."""
    found: dict[str, Any] = {"name": name, "channels": (ChannelDescription(),)} | noted | _moment(tags)
    found["modulo"] = {"t": "lambda"} if shape.t > 1 else {}
    for axis, dimension in zip("xy", dimensions, strict=False):
        found[f"physical_size_{axis}"] = _length(dimension.step) if dimension.unit in ("m", "meters") else None
    return ImageDescription(**found)


def _length(step: float) -> Quantity | None:
    return Quantity(abs(step), "m") if 0 < abs(step) <= _LARGEST_STEP_M else None


def _moment(tags: Sequence[Tag]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if tags:
        with suppress(OverflowError, ValueError, OSError):
            found["acquisition_date"] = datetime.fromtimestamp(tags[0].seconds, UTC) if tags[0].seconds > 0 else None
        if tags[0].x is not None and tags[0].y is not None:
            found["stage_position_um"] = (tags[0].x * 1e6, tags[0].y * 1e6, None)
    return {key: value for key, value in found.items() if value is not None}
