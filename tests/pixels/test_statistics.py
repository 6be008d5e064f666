"""Statistics and histograms, in bounded time and right where all pixels are seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from micrarium.errors import InvalidInput
from micrarium.pixels.channels import channel_views
from micrarium.pixels.source import ChannelDescription, ImageDescription
from micrarium.pixels.statistics import channel_statistics, channel_windows, histogram
from micrarium.testing.sources import PIXEL_TYPES, ArraySource, make_pixels


@pytest.mark.parametrize("dtype", PIXEL_TYPES)
def test_statistics_of_a_small_image_are_exact(dtype: str) -> None:
    array = make_pixels((2, 2, 3, 20, 30), dtype)
    for c, found in enumerate(channel_statistics(ArraySource(array))):
        values = np.abs(array[:, c]) if array.dtype.kind == "c" else array[:, c]
        assert found.is_exact
        assert found.pixels == sum(found.counts) == values.size
        assert (found.minimum, found.maximum) == (float(values.min()), float(values.max()))
        assert found.minimum <= found.window[0] < found.window[1] <= found.maximum


def test_a_lower_level_stands_for_a_big_image_and_it_says_so() -> None:
    levels = [make_pixels((1, 1, 1, side, side), "uint16") for side in (2048, 1024, 512, 256, 128)]
    source = ArraySource(*levels)
    (found,) = channel_statistics(source)
    assert (found.level, found.is_exact) == (3, False)
    assert {level for _, level in source.reads} == {3}


def test_a_big_image_without_levels_is_sampled_in_bounded_time() -> None:
    class Huge(ArraySource):
        def read(self, region: Any, *, level: int = 0) -> Any:
            self.reads.append((region, level))
            return np.full(region.shape, region.start.y % 999, np.uint16)

    row = np.broadcast_to(np.uint16(0), (40, 2, 300, 60000, 60000))
    source = Huge(row, chunk=(1, 1, 1, 512, 512))
    found = channel_statistics(source, sample_pixels=2**21)
    assert not found[0].is_exact
    assert sum(int(np.prod(region.shape)) for region, _ in source.reads) <= 2 * 2**21
    assert max(region.start.y for region, _ in source.reads) > 50000
    assert found[0].maximum > found[0].minimum


@pytest.mark.parametrize("values", [[np.nan, np.inf, 1.0, 3.0], [np.nan, -np.inf, np.nan, np.nan], [5.0, 5.0, 5.0, 5.0]])
def test_windows_are_never_empty_and_ignore_what_is_no_number(values: list[float]) -> None:
    array = np.array(values, np.float32).reshape(1, 1, 1, 2, 2)
    (found,) = channel_statistics(ArraySource(array))
    finite = array[np.isfinite(array)]
    assert found.pixels == finite.size
    assert found.window[0] < found.window[1]
    assert np.isfinite(found.window).all()


def test_colour_pictures_are_shown_as_they_are_and_others_by_what_occurs() -> None:
    array = make_pixels((1, 3, 1, 40, 50), "uint8") // 2
    assert channel_windows(ArraySource(array, samples=3))[0] == (0, 255)
    assert channel_windows(ArraySource(array))[0][1] <= 127


def test_one_bright_pixel_does_not_darken_the_image() -> None:
    array = np.full((1, 1, 1, 100, 100), 100, np.uint16)
    array[..., ::2] = 200
    array[0, 0, 0, 5, 5] = 65535
    assert channel_windows(ArraySource(array))[0] == (100, 200)


def test_a_histogram_is_that_of_its_plane() -> None:
    array = make_pixels((2, 2, 3, 20, 30), "uint16")
    found = histogram(ArraySource(array), 1, z=2, t=1, bins=16)
    counts, _ = np.histogram(array[1, 1, 2], bins=16, range=(array[1, 1, 2].min(), array[1, 1, 2].max()))
    assert found.counts == tuple(counts)
    assert (found.minimum, found.maximum) == (array[1, 1, 2].min(), array[1, 1, 2].max())


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"channel": 2}, "channel"),
        ({"channel": 0, "z": 3}, "z"),
        ({"channel": 0, "t": -1}, "t"),
        ({"channel": 0, "bins": 0}, "bins"),
    ],
)
def test_a_histogram_of_what_is_not_there_is_refused(arguments: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        histogram(ArraySource(make_pixels((2, 2, 3, 20, 30), "uint16")), **arguments)
    assert error.value.field == field


def test_channels_are_named_and_coloured_from_the_file_else_by_rule() -> None:
    channels = (
        ChannelDescription(name="DAPI", color="0000fe"),
        ChannelDescription(fluor="Cy5", emission_nm=670),
        ChannelDescription(),
    )
    description = ImageDescription(channels=channels, significant_bits=12)
    views = channel_views(ArraySource(make_pixels((1, 4, 1, 4, 4), "uint16"), description=description), windows={2: (5.0, 6.0)})
    assert [(v.label, v.color) for v in views[:3]] == [("DAPI", "0000FE"), ("Cy5", "FF0000"), ("Channel 3", "FF0000")]
    assert [v.limits for v in views] == [(0, 4095)] * 4
    assert [v.window for v in views] == [(0, 4095), (0, 4095), (5, 6), (0, 4095)]


def test_a_single_channel_is_white_and_samples_are_red_green_and_blue() -> None:
    assert channel_views(ArraySource(make_pixels((1, 1, 1, 4, 4), "uint16")))[0].color == "FFFFFF"
    views = channel_views(ArraySource(make_pixels((1, 4, 1, 4, 4), "uint8"), samples=4))
    assert [(v.label, v.color, v.active) for v in views] == [
        ("Red", "FF0000", True), ("Green", "00FF00", True), ("Blue", "0000FF", True), ("Alpha", "FFFFFF", False),
    ]  # fmt: skip


def test_of_many_channels_only_the_first_few_are_on() -> None:
    views = channel_views(ArraySource(make_pixels((1, 32, 1, 4, 4), "uint8")))
    assert [view.active for view in views] == [True] * 3 + [False] * 29


def test_a_window_that_makes_no_sense_is_not_taken_from_the_file() -> None:
    for window in ((5.0, 5.0), (float("nan"), 5.0), (9.0, 1.0)):
        description = ImageDescription(channels=(ChannelDescription(window=window),))
        assert channel_views(ArraySource(make_pixels((1, 1, 1, 4, 4), "uint8"), description=description))[0].window == (0, 255)
