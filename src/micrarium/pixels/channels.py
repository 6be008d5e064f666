"""What each index along ``c`` is called and how it is shown first: one entry per sample of each channel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrarium.pixels.source import ChannelDescription, Source

_PALETTE = ("0000FF", "00FF00", "FF0000", "FF00FF", "00FFFF", "FFFF00", "FFFFFF")
_SAMPLES = (("Red", "FF0000"), ("Green", "00FF00"), ("Blue", "0000FF"), ("Alpha", "FFFFFF"))
#: With more channels than this only the first few are switched on: eight layers already take seconds to show.
_MANY_CHANNELS = 6
_SHOWN_OF_MANY = 3


@dataclass(frozen=True, slots=True)
class ChannelView:
    """How one index along ``c`` is shown: its label, colour (RRGGBB), window, the window's limits, and whether it is on."""

    label: str
    color: str
    window: tuple[float, float]
    limits: tuple[float, float]
    active: bool = True


def channel_views(source: Source, *, windows: Mapping[int, tuple[float, float]] | None = None) -> tuple[ChannelView, ...]:
    """One view for each index along ``c``, from what the file says, else from ``windows`` (by index), else by rule.

    A channel without a colour gets one by its emission wavelength, else from a palette; a single one is white.
    RGB samples are red, green and blue, an alpha sample is off.
    """
    descriptions = source.description.channels
    count = source.shape.c
    channels = count // source.samples
    is_told = not all(d.active for d in descriptions)
    limits = window_limits(source)
    views = []
    for index in range(count):
        number = index // source.samples
        described = descriptions[number] if number < len(descriptions) else ChannelDescription()
        window = described.window if source.samples == 1 else None
        window = usable_window(window) or usable_window((windows or {}).get(index)) or limits
        label, color, active = _appearance(source, index, described, channels)
        active = active and (is_told or is_shown_first(index, count, samples=source.samples))
        reach = (min(limits[0], window[0]), max(limits[1], window[1]))
        views.append(ChannelView(label, color, window, reach, active))
    return tuple(views)


def is_shown_first(index: int, count: int, *, samples: int = 1) -> bool:
    """Whether an index along ``c`` (of ``count``) is on where nobody said otherwise: all but alpha, only a few of many."""
    is_one_of_too_many = count // samples > _MANY_CHANNELS and index // samples >= _SHOWN_OF_MANY
    return not is_one_of_too_many and not (samples == 4 and index % samples == 3)


def _appearance(source: Source, index: int, described: ChannelDescription, channels: int) -> tuple[str, str, bool]:
    number, sample = divmod(index, source.samples)
    if source.samples >= 3:
        name, color = _SAMPLES[sample]
        label = f"{described.name} {name}".strip() if channels > 1 else name
        return label, color, described.active and sample < 3
    label = described.name or described.fluor or f"Channel {number + 1}"
    return label, _color(described, number, channels), described.active


def _color(described: ChannelDescription, number: int, channels: int) -> str:
    if described.color and _is_rgb(described.color):
        return described.color.upper()
    if channels == 1:
        return "FFFFFF"
    if described.emission_nm:
        return _color_of(described.emission_nm)
    return _PALETTE[number % len(_PALETTE)]


def _color_of(wavelength_nm: float) -> str:
    """A display colour near the colour of light of a wavelength; infrared is magenta so that it can be told from red."""
    for limit, color in ((490, "0000FF"), (515, "00FFFF"), (565, "00FF00"), (600, "FFFF00"), (700, "FF0000")):
        if wavelength_nm < limit:
            return color
    return "FF00FF"


def _is_rgb(text: str) -> bool:
    return len(text) == 6 and all(c in "0123456789abcdefABCDEF" for c in text)


def usable_window(window: tuple[float, float] | None) -> tuple[float, float] | None:
    """The window when its ends are finite and in order, else None."""
    if window is None or not all(math.isfinite(v) for v in window) or window[0] >= window[1]:
        return None
    return (float(window[0]), float(window[1]))


def window_limits(source: Source) -> tuple[float, float]:
    """The range a slider should have: of the bits in use for small integers, 0 to 1 for others until the data say more."""
    return type_limits(source.dtype, significant_bits=source.description.significant_bits)


def type_limits(dtype: np.dtype[Any], *, significant_bits: int | None = None) -> tuple[float, float]:
    """The range of values of an integer type of at most 16 bits, or of its significant bits; 0 to 1 for other types."""
    if dtype.kind not in "iu" or dtype.itemsize > 2:
        return (0.0, 1.0)
    information = np.iinfo(dtype)
    if dtype.kind == "u" and significant_bits and 0 < significant_bits < dtype.itemsize * 8:
        return (0.0, float(2**significant_bits - 1))
    return (float(information.min), float(information.max))
