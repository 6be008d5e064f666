"""How an image is shown: which channels, in which window and colour."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal, get_args

from micrarium.errors import InvalidInput

Family = Literal["linear", "polynomial", "exponential", "logarithmic"]
Model = Literal["color", "greyscale"]
Projection = Literal["none", "max"]
FAMILIES: tuple[str, ...] = get_args(Family)


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How one index along ``c`` is shown.

    Values from ``start`` to ``end`` become brightness from 0 to 1 (the other way round when ``inverted``) along a
    curve of the given ``family``; ``color`` is RRGGBB.
    """

    start: float
    end: float
    color: str = "FFFFFF"
    active: bool = True
    family: Family = "linear"
    coefficient: float = 1.0
    inverted: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end)) or self.start > self.end:
            raise InvalidInput(
                f"The window goes from {self.start} to {self.end}; its start must not lie above its end", field="window"
            )
        if not is_color(self.color):
            raise InvalidInput(f"{self.color!r} is no colour; give six hexadecimal digits such as 00FF00", field="color")
        if self.family not in FAMILIES:
            raise InvalidInput(f"{self.family!r} is no family of curves; use one of {', '.join(FAMILIES)}", field="family")
        if not math.isfinite(self.coefficient) or self.coefficient <= 0:
            raise InvalidInput(f"The coefficient is {self.coefficient}; it must be above 0", field="coefficient")

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Red, green and blue of the colour, from 0 to 255."""
        return (int(self.color[0:2], 16), int(self.color[2:4], 16), int(self.color[4:6], 16))


@dataclass(frozen=True, slots=True)
class RenderingSettings:
    """How an image is shown: one entry for each index along ``c``, the model, and the projection along z.

    ``z_start`` and ``z_end`` are the first and last plane of a projection, zero-based; None is the end of the stack.
    """

    channels: tuple[ChannelSettings, ...]
    model: Model = "color"
    projection: Projection = "none"
    z_start: int | None = None
    z_end: int | None = None

    @property
    def shown(self) -> tuple[tuple[int, ChannelSettings], ...]:
        """Index and settings of the channels that are drawn: the active ones, or in greyscale the first of these, in white."""
        active = tuple((index, channel) for index, channel in enumerate(self.channels) if channel.active)
        if self.model == "greyscale":
            return tuple((index, dataclasses.replace(channel, color="FFFFFF")) for index, channel in active[:1])
        return active


def is_color(text: str) -> bool:
    """Whether a text is a colour written RRGGBB."""
    return len(text) == 6 and all(c in "0123456789abcdefABCDEF" for c in text)
