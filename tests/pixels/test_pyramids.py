"""Pyramids built beside images that have none."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from micrarium.errors import InvalidInput, UnreadableFile
from micrarium.geometry import Region, Size
from micrarium.pixels.downsampling import halve
from micrarium.pixels.live import LiveImage
from micrarium.pixels.pyramids import PyramidSource, build_pyramid, has_unwieldy_chunks, needs_pyramid
from micrarium.pixels.writing import Storage
from micrarium.testing.sources import ArraySource, make_pixels

SMALL = Storage(chunk=32, shard=64)
TILE = (1, 1, 1, 64, 64)


def test_only_images_that_are_big_at_their_lowest_level_need_a_pyramid() -> None:
    big, middle = np.zeros((1, 1, 1, 4096, 4096), np.uint8), np.zeros((1, 1, 1, 2048, 2048), np.uint8)
    assert needs_pyramid(ArraySource(big, chunk=TILE))
    assert not needs_pyramid(ArraySource(middle, chunk=TILE))
    assert not needs_pyramid(ArraySource(big, middle, chunk=TILE))


def test_an_image_in_pieces_above_16_mib_needs_one_with_the_full_resolution() -> None:
    big, middle = np.zeros((1, 1, 1, 4096, 4097), np.uint8), np.zeros((1, 1, 1, 2048, 2048), np.uint8)
    assert has_unwieldy_chunks(ArraySource(big))
    assert needs_pyramid(ArraySource(big, middle))
    assert not has_unwieldy_chunks(ArraySource(middle))


def test_lower_levels_come_from_the_pyramid_and_the_full_one_from_the_file(tmp_path: Path) -> None:
    array = make_pixels((1, 2, 2, 201, 150), "uint16")
    source = ArraySource(array, chunk=TILE)
    build_pyramid(source, tmp_path / "p", storage=SMALL)
    assert sorted(p.name for p in (tmp_path / "p").iterdir()) == ["1", "2", "3", "zarr.json"]
    found = PyramidSource(source, tmp_path / "p")
    expected = array
    for number, level in enumerate(found.levels):
        assert level.shape == expected.shape
        np.testing.assert_array_equal(found.read(Region.whole(level.shape), level=number), expected)
        expected = halve(expected)
    source.reads.clear()
    found.read(Region.whole(found.levels[1].shape), level=1)
    assert source.reads == []


def test_an_images_own_levels_stay(tmp_path: Path) -> None:
    levels = [make_pixels((1, 1, 1, side, side), "uint8", seed=side) for side in (400, 200)]
    source = ArraySource(*levels, chunk=TILE)
    build_pyramid(source, tmp_path / "p", storage=SMALL)
    found = PyramidSource(source, tmp_path / "p")
    assert [level.shape.y for level in found.levels] == [400, 200, 100, 50, 25]
    np.testing.assert_array_equal(found.read(Region.whole(found.levels[1].shape), level=1), levels[1])
    np.testing.assert_array_equal(found.read(Region.whole(found.levels[2].shape), level=2), halve(levels[1]))


def test_an_image_in_unwieldy_pieces_is_stored_anew(tmp_path: Path) -> None:
    array = make_pixels((1, 1, 1, 4200, 4100), "uint8")
    source = ArraySource(array)
    build_pyramid(source, tmp_path / "p")
    found = PyramidSource(source, tmp_path / "p")
    assert found.levels[0].chunk == (1, 1, 1, 512, 512)
    source.reads.clear()
    region = Region(Size(0, 0, 0, 4000, 100), Size(1, 1, 1, 200, 300))
    np.testing.assert_array_equal(found.read(region), array[region.slices])
    assert source.reads == []


def test_labels_get_lower_levels_too_and_no_label_is_made_up(tmp_path: Path) -> None:
    cells = make_pixels((1, 1, 1, 201, 150), "uint32")
    labels = {"cells/1": ArraySource(cells, chunk=TILE)}
    source = ArraySource(make_pixels((1, 1, 1, 201, 150), "uint16"), labels=labels, chunk=TILE)
    build_pyramid(source, tmp_path / "p", storage=SMALL)
    found = PyramidSource(source, tmp_path / "p")
    label = found.labels["cells/1"]
    assert [level.shape for level in label.levels] == [level.shape for level in found.levels]
    expected = cells
    for number, level in enumerate(label.levels):
        np.testing.assert_array_equal(label.read(Region.whole(level.shape), level=number), expected)
        expected = halve(expected, is_label=True)


def test_an_image_with_its_pyramid_can_be_served_and_pickled(tmp_path: Path) -> None:
    source = ArraySource(make_pixels((1, 1, 1, 201, 150), "uint16"), chunk=TILE)
    build_pyramid(source, tmp_path / "p", storage=SMALL)
    found = PyramidSource(source, tmp_path / "p")
    found.read(Region.whole(found.levels[1].shape), level=1)
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own object
    assert LiveImage(again).get("2/c/0/0/0/0/0") == LiveImage(found).get("2/c/0/0/0/0/0") is not None
    with pytest.raises(InvalidInput):
        found.read(Region.whole(found.levels[0].shape), level=1)


def test_building_again_replaces_what_was_there(tmp_path: Path) -> None:
    for seed in (1, 2):
        array = make_pixels((1, 1, 1, 100, 100), "uint8", seed=seed)
        source = ArraySource(array, chunk=TILE)
        build_pyramid(source, tmp_path / "p", storage=SMALL)
    found = PyramidSource(source, tmp_path / "p")
    np.testing.assert_array_equal(found.read(Region.whole(found.levels[1].shape), level=1), halve(array))
    assert [p.name for p in tmp_path.iterdir()] == ["p"]


def test_a_pyramid_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    source = ArraySource(make_pixels((1, 1, 1, 100, 100), "uint8"), chunk=TILE)
    with pytest.raises(UnreadableFile, match="p is no Zarr"):
        PyramidSource(source, tmp_path / "p")
    build_pyramid(source, tmp_path / "p", storage=SMALL)
    shard = next(path for path in (tmp_path / "p/1/c").rglob("*") if path.is_file())
    shard.write_bytes(shard.read_bytes()[:-10])
    found = PyramidSource(source, tmp_path / "p")
    with pytest.raises(UnreadableFile, match="damaged"):
        found.read(Region.whole(found.levels[1].shape), level=1)
