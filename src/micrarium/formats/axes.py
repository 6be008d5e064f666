"""What the dimensions of an array are when nothing says so."""

from __future__ import annotations

from collections.abc import Sequence

#: A last dimension of at most this many beside larger ones holds channels or colours, not columns.
_MOST_TRAILING_CHANNELS = 4
_GUESSES = {2: "yx", 3: "zyx", 4: "tzyx", 5: "tczyx"}
_GUESSES_WITH_CHANNELS = {3: "yxc", 4: "zyxc", 5: "tzyxc"}


def guess_axes(shape: Sequence[int]) -> str:
    """A letter of ``tczyx`` for each of two to five dimensions, the slowest first."""
    count = len(shape)
    has_channels = count > 2 and shape[-1] <= _MOST_TRAILING_CHANNELS < min(shape[-3:-1])
    return (_GUESSES_WITH_CHANNELS if has_channels else _GUESSES)[count]
