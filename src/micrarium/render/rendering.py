"""From planes of pixels to a picture: windows, curves, colours added up.

Each channel's values become brightness u from 0 to 1; a picture's red is the sum of u times red of every channel, cut
at full brightness, and so for green and blue. The last step alone rounds, so that a graphics card gives the same
picture within one grey level.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from micrarium.render.settings import ChannelSettings, RenderingSettings

Array = np.ndarray[Any, np.dtype[Any]]
Picture = np.ndarray[Any, np.dtype[np.uint8]]


def render(planes: Sequence[Array], settings: RenderingSettings) -> Picture:
    """The picture (y, x, 3) of planes (y, x), one for each of ``settings.shown`` and in that order.

    Complex pixels are shown by their magnitude; values that are no numbers are dark.
    """
    channels = [channel for _, channel in settings.shown]
    planes = [_shown_values(plane) for plane in planes]
    if _is_one_for_each_component(channels):
        return _render_apart(planes, channels)
    return _render_sum(planes, channels)


def render_nothing(height: int, width: int) -> Picture:
    """The picture of no channel at all: black."""
    return np.zeros((height, width, 3), np.uint8)


def _shown_values(plane: Array) -> Array:
    if plane.dtype.kind == "c":
        return np.abs(plane)
    return plane.view(np.uint8) if plane.dtype.kind == "b" else plane


def _is_one_for_each_component(channels: Sequence[ChannelSettings]) -> bool:
    """Whether red, green and blue each come from one channel at most, so that nothing has to be added."""
    return all(sum(1 for channel in channels if channel.rgb[component]) <= 1 for component in range(3))


def _render_apart(planes: Sequence[Array], channels: Sequence[ChannelSettings]) -> Picture:
    import cv2

    dark = np.zeros(planes[0].shape, np.uint8)
    components: list[Picture] = [dark, dark, dark]
    for plane, channel in zip(planes, channels, strict=True):
        levels = {part: _levels(plane, channel, part) for part in set(channel.rgb) if part}
        for component, part in enumerate(channel.rgb):
            if part:
                components[component] = levels[part]
    merged: Any = cv2.merge(components)
    return _as_picture(merged)


def _as_picture(array: Any) -> Picture:
    """The array as a picture, whatever pixel types OpenCV's own annotations allow."""
    picture: Picture = array
    return picture


def _levels(plane: Array, channel: ChannelSettings, part: int) -> Picture:
    """The brightness of a channel times ``part`` (at most 255), rounded."""
    import cv2

    if not _is_small_integer(plane.dtype):
        return _as_picture(cv2.convertScaleAbs(_brightness(plane, channel), alpha=part))
    if not _is_whole_window(channel, plane.dtype):
        return _look_up(_level_table(_curve(channel), plane.dtype.name, part), plane)
    unsigned = np.dtype(f"u{plane.dtype.itemsize}").type
    low, high = int(channel.start), int(channel.end)
    inside = np.clip(plane, plane.dtype.type(low), plane.dtype.type(high)).view(unsigned)
    inside -= unsigned(low % 2 ** (8 * plane.dtype.itemsize))  # from 0 on; wraps around to the same for signed pixels
    return _as_picture(cv2.convertScaleAbs(inside, alpha=part / (high - low)))


def _is_small_integer(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "iu" and dtype.itemsize <= 2


def _is_whole_window(channel: ChannelSettings, dtype: np.dtype[Any]) -> bool:
    """Whether a multiplication does: a straight line between two whole numbers that the type can hold."""
    low, high, information = float(channel.start), float(channel.end), np.iinfo(dtype)
    is_straight = channel.family == "linear" and not channel.inverted and low < high
    return is_straight and low.is_integer() and high.is_integer() and information.min <= low and high <= information.max


def _curve(channel: ChannelSettings) -> ChannelSettings:
    """The channel without what does not change its brightness, as a key for tables."""
    return dataclasses.replace(channel, active=True, color="FFFFFF")


def _render_sum(planes: Sequence[Array], channels: Sequence[ChannelSettings]) -> Picture:
    import cv2

    total = np.zeros((*planes[0].shape, 3), np.float32)
    for plane, channel in zip(planes, channels, strict=True):
        brightness = _brightness(plane, channel)
        for component, part in enumerate(channel.rgb):
            if part:
                total[..., component] += brightness * np.float32(part)
    return _as_picture(cv2.convertScaleAbs(total))


def _brightness(plane: Array, channel: ChannelSettings) -> Array:
    """The brightness from 0 to 1 of each pixel, float32."""
    if _is_small_integer(plane.dtype):
        return _look_up(_brightness_table(_curve(channel), plane.dtype.name), plane)
    return brightness_of(plane, channel)


@lru_cache(maxsize=64)
def _brightness_table(channel: ChannelSettings, dtype_name: str) -> Array:
    """The brightness of every value of an integer type of at most 16 bits, by its bits read as unsigned."""
    dtype = np.dtype(dtype_name)
    values = np.arange(2 ** (8 * dtype.itemsize)).astype(f"u{dtype.itemsize}").view(dtype)
    table = brightness_of(values, channel)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=64)
def _level_table(channel: ChannelSettings, dtype_name: str, part: int) -> Picture:
    table = _as_picture(np.rint(_brightness_table(channel, dtype_name) * part).astype(np.uint8))
    table.setflags(write=False)
    return table


def _look_up(table: Array, plane: Array) -> Array:
    found: Array = np.take(table, plane.view(f"u{plane.dtype.itemsize}"))
    return found


def brightness_of(values: Array, channel: ChannelSettings) -> Array:
    """The brightness from 0 to 1 (float32) of values: their place u in the window, on the channel's curve.

    Linear: u. Polynomial: u to the power of the coefficient k. Exponential: (exp(u^k) - 1) / (e - 1).
    Logarithmic: log(1 + 255 u) / log(256). An empty window is a threshold: values at it or above are bright.
    """
    exact = values.astype(np.float64)
    if channel.start == channel.end:
        place = (exact >= channel.start).astype(np.float64)
    else:
        place = np.clip((exact - channel.start) / (channel.end - channel.start), 0.0, 1.0)
    if channel.family == "polynomial":
        place = place**channel.coefficient
    elif channel.family == "exponential":
        place = np.expm1(place**channel.coefficient) / math.expm1(1.0)
    elif channel.family == "logarithmic":
        place = np.log1p(255.0 * place) / math.log(256.0)
    if channel.inverted:
        place = 1.0 - place
    result: Array = np.nan_to_num(place, nan=0.0).astype(np.float32)
    return result
