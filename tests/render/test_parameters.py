"""OMERO's notation for rendering parameters."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrarium.errors import InvalidInput
from micrarium.render.parameters import parse_channels, parse_rendering
from micrarium.render.settings import ChannelSettings, RenderingSettings

BASE = RenderingSettings(tuple(ChannelSettings(0, 100 * (i + 1), color) for i, color in enumerate(("0000FF", "00FF00", "FF0000"))))


def test_channels_windows_and_colours_are_read() -> None:
    first, second, third = parse_channels("1|100:505$ff00ff,-2,3|-0.5:255", BASE.channels)
    assert first == ChannelSettings(100, 505, "FF00FF")
    assert second == ChannelSettings(0, 200, "00FF00", active=False)
    assert third == ChannelSettings(-0.5, 255, "FF0000")


def test_channels_that_are_not_named_are_off() -> None:
    assert [channel.active for channel in parse_channels("2", BASE.channels)] == [False, True, False]


def test_a_channel_switched_off_keeps_the_window_given_with_it() -> None:
    assert parse_channels("-2|5:6$112233", BASE.channels)[1] == ChannelSettings(5, 6, "112233", active=False)


def test_what_is_left_out_comes_from_the_settings() -> None:
    assert parse_rendering({}, BASE) == BASE
    assert parse_rendering({"z": "3", "format": "png"}, BASE) == BASE
    assert parse_rendering({"m": "g"}, BASE) == RenderingSettings(BASE.channels, model="greyscale")


def test_projections_are_read() -> None:
    found = parse_rendering({"p": "intmax", "z_start": "2", "z_end": "5"}, BASE)
    assert (found.projection, found.z_start, found.z_end) == ("max", 2, 5)
    assert parse_rendering({"p": "intmax|2:5"}, BASE) == found
    assert parse_rendering({"p": "normal"}, found).projection == "none"


def test_inversion_is_read_from_maps() -> None:
    found = parse_rendering({"maps": '[{"inverted": {"enabled": true}}, {"reverse": {"enabled": true}}, {}]'}, BASE)
    assert [channel.inverted for channel in found.channels] == [True, True, False]


def test_opacity_behind_a_colour_is_passed_over() -> None:
    assert parse_channels("1$00FF0080", BASE.channels)[0].color == "00FF00"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"c": "0"}, "c"), ({"c": "4"}, "c"), ({"c": "x"}, "c"), ({"c": "1|5"}, "c"), ({"c": "1|9:5"}, "c"), ({"c": "1$red"}, "c"),
        ({"c": "1|1:2$cool.lut"}, "c"), ({"c": "1,,2"}, "c"), ({"c": "1|nan:inf"}, "c"), ({"c": "1|1e999:2e999"}, "c"),
        ({"m": "x"}, "m"), ({"p": "intmean"}, "p"), ({"p": "intmax|3"}, "p"), ({"z_start": "-1"}, "z_start"),
        ({"z_end": "x"}, "z_end"),
        ({"maps": "{"}, "maps"), ({"maps": "[1]"}, "maps"), ({"maps": "3"}, "maps"), ({"maps": "[{},{},{},{}]"}, "maps"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_named(parameters: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_rendering(parameters, BASE)
    assert error.value.field == field


@given(
    st.dictionaries(
        st.sampled_from(["c", "m", "p", "z_start", "z_end", "maps"]),
        st.text(alphabet='0123456789-|:$,.eEFcgnormalintmax[]{}"', max_size=20),
    )
)
def test_no_parameters_raise_anything_else(parameters: dict[str, str]) -> None:
    with suppress(InvalidInput):
        assert len(parse_rendering(parameters, BASE).channels) == len(BASE.channels)
