"""Write the golden pictures: small images and what they must look like, computed with exact fractions."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

HEIGHT, WIDTH = 6, 8
FOLDER = Path(__file__).parent


def spread(low: float, high: float, *, channel: int, is_whole: bool = True) -> list[list[float]]:
    """A plane of values that cover a range unevenly and differ from channel to channel."""
    rows = []
    for y in range(HEIGHT):
        steps = [((y * WIDTH + x) * (7 + 6 * channel) + 13 * channel) % 48 for x in range(WIDTH)]
        values = [low + (high - low) * step / 47 for step in steps]
        rows.append([float(round(value)) if is_whole else round(value * 64) / 64 for value in values])
    return rows


def channel(start: float, end: float, color: str, *, active: bool = True, inverted: bool = False) -> dict[str, Any]:
    """One channel's settings."""
    return {"active": active, "color": color, "start": start, "end": end, "inverted": inverted}


def draw(pixels: list[list[list[float]]], settings: dict[str, Any]) -> list[list[list[int]]]:
    """The picture, by the definition."""
    shown = [(plane, c, c["color"]) for plane, c in zip(pixels, settings["channels"], strict=True) if c["active"]]
    if settings["model"] == "greyscale":
        shown = [(plane, c, "FFFFFF") for plane, c, _ in shown[:1]]
    picture = []
    for y in range(HEIGHT):
        row = []
        for x in range(WIDTH):
            sums = [Fraction(0)] * 3
            for plane, c, color in shown:
                place = (Fraction(plane[y][x]) - Fraction(c["start"])) / (Fraction(c["end"]) - Fraction(c["start"]))
                place = min(max(place, Fraction(0)), Fraction(1))
                place = 1 - place if c["inverted"] else place
                sums = [total + place * int(color[2 * i : 2 * i + 2], 16) for i, total in enumerate(sums)]
            row.append([int(min(total, Fraction(255)) + Fraction(1, 2)) for total in sums])
        picture.append(row)
    return picture


def case(
    name: str,
    about: str,
    *,
    pixels: list[list[list[float]]],
    channels: list[dict[str, Any]],
    dtype: str = "uint16",
    model: str = "color",
) -> dict[str, Any]:
    """One golden file's content."""
    whole = dtype.startswith(("int", "uint"))
    values: Any = [[[int(v) for v in row] for row in plane] for plane in pixels] if whole else pixels
    settings = {"model": model, "channels": [{"index": i} | c for i, c in enumerate(channels)]}
    return {
        "name": name,
        "about": about,
        "dtype": dtype,
        "pixels": values,
        "settings": settings,
        "expected": draw(pixels, settings),
    }


def cases() -> list[dict[str, Any]]:
    """All golden pictures."""
    eight = [spread(0, 255, channel=i) for i in range(3)]
    twelve = [spread(0, 4095, channel=i) for i in range(3)]
    signed = [spread(-3000, 3000, channel=i) for i in range(2)]
    floats = [spread(-1.5, 2.5, channel=i, is_whole=False) for i in range(2)]
    primaries = ("FF0000", "00FF00", "0000FF")
    rgb = [channel(0, 255, color) for color in primaries]
    windows = [channel(100, 1500, "0000FF"), channel(250, 900, "00FF00"), channel(0, 4095, "FF0000")]
    mixed = [channel(100, 1500, "FFFF00"), channel(250, 900, "00FFFF"), channel(0, 4095, "FF80C0")]
    some = [channel(100, 3500, "FFFFFF", active=False), channel(100, 3500, "40FF20", inverted=True), channel(0, 4095, "8000FF")]
    narrow = [channel(-2500, 100, "FF0000"), channel(-1, 1, "00FF00")]
    between = [channel(-0.25, 1.75, "FF00FF"), channel(0.5, 0.625, "00FF00")]
    uneven = [channel(0.5, 99.75, color) for color in primaries]
    off = "a channel that is off is not there, an inverted one is bright where it was dark"
    return [
        case("rgb", "colour pictures come out as they are", pixels=eight, channels=rgb, dtype="uint8"),
        case("windows", "three channels in windows, one for each component", pixels=twelve, channels=windows),
        case("sums", "colours that overlap are added and cut at full brightness", pixels=twelve, channels=mixed),
        case("inverted", off, pixels=twelve, channels=some),
        case("greyscale", "only the first active channel, in white", pixels=twelve, channels=some, model="greyscale"),
        case("one", "a single channel in one colour", pixels=twelve[:1], channels=[channel(17, 4000, "00A0FF")]),
        case("signed", "negative values have their place in a window", pixels=signed, channels=narrow, dtype="int16"),
        case("floats", "windows between fractions", pixels=floats, channels=between, dtype="float32"),
        case("fractions", "windows of whole pixels may end at fractions", pixels=eight, channels=uneven, dtype="uint8"),
    ]


def to_text(golden: dict[str, Any]) -> str:
    """The file's text: one row of pixels a line is enough for a diff to be read."""
    return json.dumps(golden, separators=(",", ":")).replace("]],[[", "]],\n[[") + "\n"


if __name__ == "__main__":
    for golden in cases():
        (FOLDER / f"{golden['name']}.json").write_text(to_text(golden))
