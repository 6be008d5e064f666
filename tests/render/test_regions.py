"""Regions and thumbnails: the right pixels, and no others read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from micrarium.errors import InvalidInput, TooLarge
from micrarium.pixels.source import ImageDescription
from micrarium.render.labels import render_labels
from micrarium.render.regions import render_region
from micrarium.render.rendering import render
from micrarium.render.settings import ChannelSettings, RenderingSettings
from micrarium.render.thumbnails import render_thumbnail
from micrarium.testing.sources import PIXEL_TYPES, ArraySource, make_pixels

RED, GREEN, BLUE = (ChannelSettings(0, 65535, color) for color in ("FF0000", "00FF00", "0000FF"))
OFF = ChannelSettings(0, 65535, active=False)


def test_a_region_is_the_crop_of_the_whole_picture() -> None:
    array = make_pixels((2, 3, 4, 50, 60), "uint16")
    settings = RenderingSettings((RED, GREEN, BLUE))
    whole = render(list(array[1, :, 2]), settings)
    found = render_region(ArraySource(array), settings, x=10, y=20, width=30, height=15, z=2, t=1)
    np.testing.assert_array_equal(found, whole[20:35, 10:40])


def test_a_region_is_cut_at_the_far_edges() -> None:
    array = make_pixels((1, 1, 1, 50, 60), "uint16")
    assert render_region(ArraySource(array), RenderingSettings((RED,)), x=40, y=45, width=512, height=512).shape == (5, 20, 3)
    assert render_region(ArraySource(array), RenderingSettings((RED,))).shape == (50, 60, 3)


def test_only_what_is_shown_is_read() -> None:
    levels = [make_pixels((2, 3, 4, side, side), "uint16") for side in (64, 32)]
    source = ArraySource(*levels)
    render_region(source, RenderingSettings((RED, OFF, BLUE)), x=3, y=4, width=5, height=6, level=1, z=1, t=1)
    assert [(tuple(region.start), tuple(region.shape), level) for region, level in source.reads] == [
        ((1, 0, 1, 4, 3), (1, 1, 1, 6, 5), 1),
        ((1, 2, 1, 4, 3), (1, 1, 1, 6, 5), 1),
    ]


def test_interleaved_samples_are_read_once() -> None:
    source = ArraySource(make_pixels((1, 3, 1, 50, 60), "uint8"), chunk=(1, 3, 1, 16, 16), samples=3)
    settings = RenderingSettings(tuple(ChannelSettings(0, 255, color) for color in ("FF0000", "00FF00", "0000FF")))
    picture = render_region(source, settings)
    assert len(source.reads) == 1
    np.testing.assert_array_equal(picture, np.moveaxis(source.arrays[0][0, :, 0], 0, -1))


def test_a_projection_covers_the_planes_asked_for() -> None:
    array = make_pixels((1, 1, 5, 20, 30), "uint16")
    settings = RenderingSettings((RED,), projection="max", z_start=1, z_end=3)
    np.testing.assert_array_equal(
        render_region(ArraySource(array), settings), render([array[0, 0, 1:4].max(axis=0)], RenderingSettings((RED,)))
    )
    with pytest.raises(InvalidInput, match="from plane 1 to 9"):
        render_region(ArraySource(array), RenderingSettings((RED,), projection="max", z_start=1, z_end=9))


def test_nothing_is_shown_when_all_channels_are_off() -> None:
    source = ArraySource(make_pixels((1, 1, 1, 20, 30), "uint16"))
    assert not render_region(source, RenderingSettings((OFF,))).any()
    assert source.reads == []


def test_labels_are_shown_in_their_colours() -> None:
    array = make_pixels((1, 1, 1, 20, 30), "uint16")
    source = ArraySource(array, description=ImageDescription(is_label=True))
    np.testing.assert_array_equal(render_region(source, RenderingSettings((RED,))), render_labels(array[0, 0, 0]))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"x": 60}, "x"), ({"y": -1}, "y"), ({"z": 4}, "z"), ({"t": 2}, "t"), ({"level": 1}, "level"), ({"level": -1}, "level"),
        ({"width": 0}, "width"), ({"height": -3}, "height"),
    ],
)  # fmt: skip
def test_a_region_outside_of_the_image_is_refused_by_name(arguments: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        render_region(ArraySource(make_pixels((2, 1, 4, 50, 60), "uint16")), RenderingSettings((RED,)), **arguments)
    assert error.value.field == field


def test_settings_for_another_number_of_channels_are_refused() -> None:
    with pytest.raises(InvalidInput, match="2 channels, the image has 1"):
        render_region(ArraySource(make_pixels((1, 1, 1, 5, 6), "uint16")), RenderingSettings((RED, RED)))


def test_a_region_that_is_too_large_is_refused() -> None:
    huge = np.broadcast_to(np.uint8(0), (1, 1, 1, 5000, 5000))
    with pytest.raises(TooLarge, match="5000 x 5000"):
        render_region(ArraySource(huge), RenderingSettings((RED,)))


@pytest.mark.parametrize("dtype", PIXEL_TYPES)
def test_a_thumbnail_of_every_pixel_type_has_its_longer_side_as_asked(dtype: str) -> None:
    source = ArraySource(make_pixels((2, 2, 3, 100, 150), dtype))
    assert render_thumbnail(source, RenderingSettings((RED, GREEN)), size=48).shape == (32, 48, 3)
    assert render_thumbnail(source, RenderingSettings((RED, GREEN)), size=400).shape == (100, 150, 3)


def test_a_thumbnail_reads_the_smallest_level_that_is_enough() -> None:
    levels = [make_pixels((1, 2, 3, side, side), "uint16") for side in (800, 400, 200, 100)]
    source = ArraySource(*levels)
    render_thumbnail(source, RenderingSettings((RED, OFF)), size=150)
    assert {level for _, level in source.reads} == {2}
    assert [region.start.z for region, _ in source.reads] == [1]


def test_a_thumbnail_of_a_big_plane_without_levels_is_read_in_bands_and_is_its_mean() -> None:
    y, x = np.mgrid[0:5000, 0:3001]
    array = ((y * 3 + x * 5) % 30000 // 50 * 50 + y).astype(np.uint16)[None, None, None]
    source = ArraySource(array)
    found = render_thumbnail(source, RenderingSettings((ChannelSettings(0, 35000),)), size=100)
    assert max(region.shape.y * region.shape.x for region, _ in source.reads) <= 4 * 2**20
    assert found.shape == (100, 60, 3)
    blocks = array[0, 0, 0, :, :3000].reshape(100, 50, 60, 50).mean(axis=(1, 3)) * 255 / 35000
    assert np.abs(found[..., 0] - blocks).mean() < 2


def test_a_thumbnail_of_labels_has_no_colours_that_the_image_has_not() -> None:
    array = make_pixels((1, 1, 1, 100, 150), "uint8") % 5
    source = ArraySource(array, description=ImageDescription(is_label=True))
    found = render_thumbnail(source, RenderingSettings((RED,)), size=33)
    colors = {tuple(color) for color in render_labels(np.arange(5)[None]).reshape(-1, 3).tolist()}
    assert {tuple(color) for color in found.reshape(-1, 3).tolist()} <= colors


@pytest.mark.parametrize(("arguments", "field"), [({"size": 0}, "size"), ({"z": 9}, "z"), ({"t": -1}, "t")])
def test_a_thumbnail_of_what_is_not_there_is_refused(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        render_thumbnail(ArraySource(make_pixels((2, 1, 4, 50, 60), "uint16")), RenderingSettings((RED,)), **arguments)
    assert error.value.field == field
