"""Rendering parameters in OMERO's notation, laid over settings.

``c=1|100:505$0000FF,-2,3|0:255$FF0000``: channels counted from 1, a minus switches one off, a window and a colour may
follow. Channels that ``c`` does not name are off, as in OMERO; without ``c`` all stay as they are.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

from micrarium.errors import InvalidInput
from micrarium.render.settings import ChannelSettings, RenderingSettings, is_color

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_CHANNEL = re.compile(rf"(?P<off>-?)(?P<number>\d{{1,6}})(?:\|(?P<start>{_NUMBER}):(?P<end>{_NUMBER}))?(?:\$(?P<color>[^|$]+))?")
_MODELS = {"c": "color", "g": "greyscale", "color": "color", "greyscale": "greyscale"}
_PROJECTIONS = {"normal": "none", "none": "none", "intmax": "max", "max": "max"}


def parse_rendering(parameters: Mapping[str, str], base: RenderingSettings) -> RenderingSettings:
    """The settings that ``c``, ``m``, ``p``, ``z_start``, ``z_end`` and ``maps`` describe over ``base``; others are left alone.

    Raises ``InvalidInput`` naming the parameter.
    """
    changes: dict[str, Any] = {}
    channels = base.channels
    if parameters.get("c"):
        channels = parse_channels(parameters["c"], base.channels)
    if parameters.get("maps"):
        channels = _with_maps(parameters["maps"], channels)
    if parameters.get("m"):
        changes["model"] = _one_of(parameters["m"], _MODELS, "m")
    if parameters.get("p"):
        kind, *span = parameters["p"].split("|")
        changes["projection"] = _one_of(kind, _PROJECTIONS, "p")
        if span:
            changes["z_start"], changes["z_end"] = _span(span)
    for name in ("z_start", "z_end"):
        if parameters.get(name):
            changes[name] = _plane(parameters[name], name)
    return dataclasses.replace(base, channels=channels, **changes)


def parse_channels(text: str, base: tuple[ChannelSettings, ...]) -> tuple[ChannelSettings, ...]:
    """The channels that a ``c`` parameter describes over ``base``; windows and colours not given stay as they are."""
    channels = [dataclasses.replace(channel, active=False) for channel in base]
    for part in text.split(","):
        match = _CHANNEL.fullmatch(part.strip())
        if match is None:
            raise InvalidInput(f"{part!r} is no channel; write it like 1|100:505$0000FF, or -1 to switch it off", field="c")
        number = int(match["number"])
        if not 1 <= number <= len(base):
            raise InvalidInput(f"There is no channel {number}; the image has channels 1 to {len(base)}", field="c")
        channels[number - 1] = _changed(channels[number - 1], match)
    return tuple(channels)


def _changed(channel: ChannelSettings, match: re.Match[str]) -> ChannelSettings:
    changes: dict[str, Any] = {"active": not match["off"]}
    if match["start"] is not None:
        start, end = float(match["start"]), float(match["end"])
        if not start <= end:
            raise InvalidInput(f"The window {match['start']}:{match['end']} starts above its end", field="c")
        changes |= {"start": start, "end": end}
    color = match["color"]
    if color is not None:
        if len(color) == 8 and is_color(color[:6]):
            color = color[:6]  # OMERO writes the opacity behind the colour; channels are always opaque
        if not is_color(color):
            raise InvalidInput(f"{color!r} is no colour; give six hexadecimal digits such as 00FF00", field="c")
        changes["color"] = color.upper()
    try:
        return dataclasses.replace(channel, **changes)
    except InvalidInput as error:
        raise InvalidInput(error.detail, field="c") from error


def _with_maps(text: str, channels: tuple[ChannelSettings, ...]) -> tuple[ChannelSettings, ...]:
    """``maps=[{"inverted": {"enabled": true}}, ...]``: one entry for each channel, of which only inversion is known."""
    try:
        maps = json.loads(text)
        enabled = [bool((entry or {}).get("inverted", (entry or {}).get("reverse", {})).get("enabled")) for entry in maps]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InvalidInput('maps is a list such as [{"inverted": {"enabled": true}}], one entry a channel', field="maps") from error
    if len(enabled) > len(channels):
        raise InvalidInput(f"maps has {len(enabled)} entries; the image has {len(channels)} channels", field="maps")
    changed = [dataclasses.replace(channel, inverted=on) for channel, on in zip(channels, enabled, strict=False)]
    return (*changed, *channels[len(changed) :])


def _one_of(text: str, known: Mapping[str, str], field: str) -> str:
    if text not in known:
        raise InvalidInput(f"{field} is {text!r}; use one of {', '.join(known)}", field=field)
    return known[text]


def _span(parts: list[str]) -> tuple[int, int]:
    """OMERO also writes the planes of a projection behind it: ``intmax|3:9``."""
    ends = parts[0].split(":")
    if len(parts) != 1 or len(ends) != 2:
        raise InvalidInput("p takes the planes of a projection like intmax|0:9", field="p")
    return _plane(ends[0], "p"), _plane(ends[1], "p")


def _plane(text: str, field: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInput(f"{field} is {text!r}; it must be the number of a plane, counted from 0", field=field)
    return int(text)
