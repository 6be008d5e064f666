"""Pictures, against golden ones and against the definition."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrarium.errors import InvalidInput
from micrarium.render.labels import label_colors, render_labels
from micrarium.render.projecting import project_maximum
from micrarium.render.rendering import brightness_of, render
from micrarium.render.settings import FAMILIES, ChannelSettings, RenderingSettings
from micrarium.testing.sources import PIXEL_TYPES, make_pixels

GOLDEN = Path(__file__).parents[1] / "golden"
Array = np.ndarray[Any, np.dtype[Any]]

COLORS = st.sampled_from(["FF0000", "00FF00", "0000FF", "FFFFFF", "FFFF00", "123456", "000000"])


def settings_of(golden: dict[str, Any]) -> RenderingSettings:
    channels = [{key: value for key, value in channel.items() if key != "index"} for channel in golden["settings"]["channels"]]
    return RenderingSettings(tuple(ChannelSettings(**channel) for channel in channels), model=golden["settings"]["model"])


def draw_slowly(planes: list[Array], settings: RenderingSettings) -> Array:
    """The picture in double precision, by the definition."""
    total = np.zeros((*planes[0].shape, 3))
    for plane, (_, channel) in zip(planes, settings.shown, strict=True):
        values = np.abs(plane.astype(np.complex128)) if plane.dtype.kind == "c" else plane.astype(np.float64)
        place = np.clip((values - channel.start) / (channel.end - channel.start), 0, 1)
        if channel.family == "polynomial":
            place = place**channel.coefficient
        elif channel.family == "exponential":
            place = np.expm1(place**channel.coefficient) / np.expm1(1)
        elif channel.family == "logarithmic":
            place = np.log(1 + 255 * place) / np.log(256)
        total += (1 - place if channel.inverted else place)[..., None] * np.array(channel.rgb)
    return np.rint(np.minimum(total, 255))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_pictures_match_the_golden_ones_within_one_grey_level(path: Path) -> None:
    golden = json.loads(path.read_text())
    settings = settings_of(golden)
    pixels = np.array(golden["pixels"], golden["dtype"])
    picture = render([pixels[index] for index, _ in settings.shown], settings)
    assert np.abs(picture.astype(int) - np.array(golden["expected"])).max() <= 1


def test_the_golden_pictures_are_those_of_the_definition() -> None:
    maker = runpy.run_path(str(GOLDEN / "make_golden.py"))
    made = {golden["name"]: maker["to_text"](golden) for golden in maker["cases"]()}
    assert made == {path.stem: path.read_text() for path in GOLDEN.glob("*.json")}


@given(
    dtype=st.sampled_from(PIXEL_TYPES),
    channels=st.lists(
        st.builds(
            ChannelSettings,
            start=st.one_of(st.integers(-300, 0).map(float), st.floats(-50, 0)),
            end=st.one_of(st.integers(1, 70000).map(float), st.floats(0.5, 300)),
            color=COLORS,
            family=st.sampled_from(FAMILIES),
            coefficient=st.floats(0.25, 4),
            inverted=st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
    seed=st.integers(0, 99),
)
def test_any_picture_is_that_of_the_definition_within_one_grey_level(
    dtype: str, channels: list[ChannelSettings], seed: int
) -> None:
    planes = [make_pixels((5, 7), dtype, seed=seed + i) for i in range(len(channels))]
    settings = RenderingSettings(tuple(channels))
    picture = render(planes, settings)
    assert picture.dtype == np.uint8
    assert picture.shape == (5, 7, 3)
    assert np.abs(picture.astype(int) - draw_slowly(planes, settings)).max() <= 1


def test_the_input_is_not_changed() -> None:
    for dtype in PIXEL_TYPES:
        planes = [make_pixels((5, 7), dtype, seed=i) for i in range(3)]
        before = [plane.copy() for plane in planes]
        render(planes, RenderingSettings(tuple(ChannelSettings(0, 100, c) for c in ("FF0000", "00FF00", "0000FF"))))
        for plane, copy in zip(planes, before, strict=True):
            np.testing.assert_array_equal(plane, copy)


def test_what_is_no_number_is_dark_and_infinity_is_bright() -> None:
    plane = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
    picture = render([plane], RenderingSettings((ChannelSettings(0, 1),)))
    assert picture[0, :, 0].tolist() == [0, 255, 0, 128]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_an_empty_window_is_a_threshold(dtype: str) -> None:
    plane = np.array([[4, 5, 6]], dtype)
    assert render([plane], RenderingSettings((ChannelSettings(5, 5),)))[0, :, 1].tolist() == [0, 255, 255]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_curve_goes_from_dark_to_bright(family: Any) -> None:
    brightness = brightness_of(np.linspace(10, 20, 99), ChannelSettings(10, 20, family=family, coefficient=1.7))
    assert brightness[0] == 0
    assert brightness[-1] == pytest.approx(1)
    assert (np.diff(brightness) > 0).all()


def test_greyscale_shows_the_first_active_channel_only() -> None:
    channels = (ChannelSettings(0, 1, active=False), ChannelSettings(0, 2, "FF0000"), ChannelSettings(0, 3, "00FF00"))
    assert RenderingSettings(channels, model="greyscale").shown == ((1, ChannelSettings(0, 2, "FFFFFF")),)
    assert [index for index, _ in RenderingSettings(channels).shown] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"start": 2, "end": 1}, "window"), ({"start": float("nan"), "end": 1}, "window"),
        ({"start": 0, "end": float("inf")}, "window"), ({"start": 0, "end": 1, "color": "red"}, "color"),
        ({"start": 0, "end": 1, "color": "#FF0000"}, "color"),
        ({"start": 0, "end": 1, "family": "cubic"}, "family"), ({"start": 0, "end": 1, "coefficient": 0}, "coefficient"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        ChannelSettings(**arguments)
    assert error.value.field == field


@pytest.mark.parametrize("dtype", PIXEL_TYPES)
def test_a_maximum_projection_is_the_maximum(dtype: str) -> None:
    stack = make_pixels((5, 6, 7), dtype)
    (found,) = project_maximum(lambda z: [stack[z]], range(1, 4))
    values = np.abs(stack) if stack.dtype.kind == "c" else stack
    np.testing.assert_array_equal(found, values[1:4].max(axis=0))


def test_a_projection_passes_over_what_is_no_number() -> None:
    stack = np.array([[[np.nan, 1.0, np.nan]], [[2.0, np.nan, np.nan]]], np.float32)
    (found,) = project_maximum(lambda z: [stack[z]], range(2))
    np.testing.assert_array_equal(found, [[2.0, 1.0, np.nan]])


def test_labels_have_each_a_colour_and_the_background_is_black() -> None:
    plane = np.array([[0, 1, 2], [70000, 1, 0]], np.uint32)
    picture = render_labels(plane)
    assert picture[0, 0].tolist() == picture[1, 2].tolist() == [0, 0, 0]
    assert picture[0, 1].tolist() == picture[1, 1].tolist()
    assert len({tuple(color) for color in label_colors(np.arange(100)).tolist()}) == 100
    np.testing.assert_array_equal(label_colors(np.array([70000])), picture[1:2, 0])
