"""Written images, read back by zarr-python, TensorStore and ome-zarr-models, against pyramids made in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import tensorstore
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ome_zarr_models import v05

from micrarium.geometry import Quantity, Size, pyramid_shapes
from micrarium.pixels.downsampling import halve
from micrarium.pixels.ome_zarr import downsampling_factors
from micrarium.pixels.source import ChannelDescription, ImageDescription
from micrarium.pixels.writing import Storage, write_image
from micrarium.testing.sources import PIXEL_TYPES, ArraySource, make_pixels

Array = np.ndarray[Any, np.dtype[Any]]


def levels_of(array: Array, largest: int, *, is_label: bool = False) -> list[Array]:
    """The whole pyramid, made in memory."""
    levels = [array]
    while max(levels[-1].shape[-2:]) > largest:
        levels.append(halve(levels[-1], is_label=is_label))
    return levels


def read_levels(folder: Path) -> list[Array]:
    group = zarr.open_group(folder, mode="r")
    datasets: Any = group.attrs["ome"]
    return [np.asarray(group[dataset["path"]]) for dataset in datasets["multiscales"][0]["datasets"]]


def assert_same_levels(found: list[Array], expected: list[Array]) -> None:
    assert [a.shape for a in found] == [a.shape for a in expected]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", PIXEL_TYPES)
def test_every_pixel_type_is_read_back_by_others(dtype: str, tmp_path: Path) -> None:
    array = make_pixels((2, 2, 3, 70, 101), dtype)
    write_image(ArraySource(array), tmp_path / "a", storage=Storage(chunk=32, shard=64))
    assert_same_levels(read_levels(tmp_path / "a"), levels_of(array, 32))
    store = tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{tmp_path}/a/0"}}).result()
    np.testing.assert_array_equal(np.asarray(store), array)
    v05.Image.from_zarr(zarr.open_group(tmp_path / "a", mode="r"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    planes=st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 4)),
    sides=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    natural=st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 5), st.integers(1, 90), st.integers(1, 90)),
    window_kib=st.sampled_from([1, 4, 16, 64]),
    is_label=st.booleans(),
)
def test_in_whatever_pieces_an_image_is_read_its_pyramid_is_that_of_the_whole(
    planes: tuple[int, int, int], sides: tuple[int, int], natural: tuple[int, ...], window_kib: int, is_label: bool
) -> None:
    array = make_pixels((*planes, *sides), "uint16")
    source = ArraySource(array, chunk=natural, description=ImageDescription(is_label=is_label))
    storage = Storage(chunk=8, shard=16, window_bytes=window_kib * 1024)
    with TemporaryDirectory() as folder:
        write_image(source, Path(folder), storage=storage)
        assert_same_levels(read_levels(Path(folder)), levels_of(array, 8, is_label=is_label))
    read = sum(int(np.prod(region.shape)) for region, _ in source.reads)
    assert read == array.size, "every pixel is read once"


def test_a_big_plane_is_read_in_pieces_of_bounded_size(tmp_path: Path) -> None:
    array = make_pixels((1, 1, 1, 3000, 5001), "uint8")
    source = ArraySource(array, chunk=(1, 1, 1, 256, 256))
    write_image(source, tmp_path / "a", storage=Storage(chunk=128, shard=512, window_bytes=2**20))
    assert max(region.shape.y * region.shape.x for region, _ in source.reads) <= 2**20
    assert_same_levels(read_levels(tmp_path / "a"), levels_of(array, 128))


def test_interleaved_samples_are_read_together(tmp_path: Path) -> None:
    array = make_pixels((1, 3, 1, 300, 400), "uint8")
    source = ArraySource(array, chunk=(1, 3, 1, 64, 64), samples=3)
    write_image(source, tmp_path / "a", storage=Storage(chunk=64, shard=128, window_bytes=2**16))
    assert {region.shape.c for region, _ in source.reads} == {3}
    assert_same_levels(read_levels(tmp_path / "a"), levels_of(array, 64))


def test_small_planes_share_files(tmp_path: Path) -> None:
    array = make_pixels((500, 1, 1, 32, 32), "uint16")
    write_image(ArraySource(array), tmp_path / "a")
    assert_same_levels(read_levels(tmp_path / "a"), [array])
    assert len([p for p in (tmp_path / "a" / "0").rglob("*") if p.is_file()]) < 10


def test_chunks_shards_and_codec_are_those_agreed_on(tmp_path: Path) -> None:
    write_image(ArraySource(make_pixels((1, 1, 1, 2500, 2600), "uint16")), tmp_path / "a")
    array: Any = zarr.open_group(tmp_path / "a", mode="r")["0"]
    assert array.chunks == (1, 1, 1, 512, 512)
    assert array.shards == (1, 1, 1, 2048, 2048)
    assert array.metadata.dimension_names == ("t", "c", "z", "y", "x")
    codec = json.loads((tmp_path / "a/0/zarr.json").read_text())["codecs"][0]["configuration"]["codecs"][1]
    assert (codec["name"], codec["configuration"]["cname"], codec["configuration"]["clevel"]) == ("blosc", "zstd", 1)


def test_sizes_units_and_channels_are_in_the_metadata(tmp_path: Path, validate_ngff: Callable[[dict[str, Any], str], None]) -> None:
    description = ImageDescription(
        name="cells",
        physical_size_x=Quantity(0.5, "µm"),
        physical_size_y=Quantity(0.25, "um"),
        physical_size_z=Quantity(2, "nm"),
        time_increment=Quantity(1.5, "min"),
        channels=(ChannelDescription(name="DAPI", color="0000ff", window=(10, 200)), ChannelDescription(emission_nm=520)),
    )
    write_image(ArraySource(make_pixels((2, 2, 2, 1001, 600), "uint16"), description=description), tmp_path / "a")
    attributes = json.loads((tmp_path / "a/zarr.json").read_text())["attributes"]
    validate_ngff(attributes, "image")
    validate_ngff(attributes, "strict_image")
    multiscale = attributes["ome"]["multiscales"][0]
    assert [axis.get("unit") for axis in multiscale["axes"]] == ["minute", None, "nanometer", "micrometer", "micrometer"]
    scales = [dataset["coordinateTransformations"][0]["scale"] for dataset in multiscale["datasets"]]
    assert scales == [[1.5, 1, 2, 0.25, 0.5], [1.5, 1, 2, 0.5, 1.0]]
    first, second = attributes["ome"]["omero"]["channels"]
    assert (first["label"], first["color"], first["window"]["start"], first["window"]["end"]) == ("DAPI", "0000FF", 10, 200)
    assert (second["label"], second["color"]) == ("Channel 2", "00FF00")
    assert second["window"]["start"] < second["window"]["end"] <= second["window"]["max"]


def test_labels_are_written_beside_the_image(tmp_path: Path, validate_ngff: Callable[[dict[str, Any], str], None]) -> None:
    cells = make_pixels((1, 1, 2, 150, 90), "uint32")
    source = ArraySource(make_pixels((1, 2, 2, 150, 90), "uint8"), labels={"cells": ArraySource(cells)})
    write_image(source, tmp_path / "a", storage=Storage(chunk=32, shard=64))
    assert json.loads((tmp_path / "a/labels/zarr.json").read_text())["attributes"]["ome"]["labels"] == ["cells"]
    attributes = json.loads((tmp_path / "a/labels/cells/zarr.json").read_text())["attributes"]
    validate_ngff(attributes, "label")
    assert attributes["ome"]["image-label"]["source"]["image"] == "../../"
    assert "omero" not in attributes["ome"]
    assert_same_levels(read_levels(tmp_path / "a/labels/cells"), levels_of(cells, 32, is_label=True))
    v05.Image.from_zarr(zarr.open_group(tmp_path / "a", mode="r"))


def test_the_full_resolution_can_be_left_out(tmp_path: Path) -> None:
    array = make_pixels((1, 2, 1, 150, 90), "uint16")
    write_image(ArraySource(array), tmp_path / "a", storage=Storage(chunk=32, shard=64), first_level=1)
    assert not (tmp_path / "a/0").exists()
    assert_same_levels(read_levels(tmp_path / "a"), levels_of(array, 32)[1:])
    scale = json.loads((tmp_path / "a/zarr.json").read_text())["attributes"]["ome"]["multiscales"][0]["datasets"][0]
    assert scale["coordinateTransformations"][0]["scale"] == [1, 1, 1, 2, 2]


def test_progress_goes_up_to_one(tmp_path: Path) -> None:
    seen: list[float] = []
    write_image(ArraySource(make_pixels((3, 2, 4, 40, 50), "uint8"), chunk=(1, 1, 1, 8, 8)), tmp_path / "a", progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@given(st.integers(1, 30000), st.integers(1, 30000))
def test_scales_are_found_again_from_shapes_alone(y: int, x: int) -> None:
    full = Size(1, 1, 1, y, x)
    for number, shape in enumerate(pyramid_shapes(full)):
        assert downsampling_factors(full, shape) == [1, 1, 1, 2**number, 2**number]


def test_scales_of_levels_that_are_no_halves_are_the_quotients_of_their_lengths() -> None:
    full = Size(1, 1, 10, 4600, 9000)
    assert downsampling_factors(full, Size(1, 1, 5, 1150, 2250)) == [1, 1, 2, 4, 4]
    assert downsampling_factors(full, Size(1, 1, 10, 1533, 3000)) == [1, 1, 1, 3, 3]
    assert downsampling_factors(full, Size(1, 1, 10, 4600, 8000)) == [1, 1, 1, 1, 1.125]


def test_a_chunk_that_is_decoded_as_a_whole_is_read_once(tmp_path: Path) -> None:
    array = make_pixels((1, 3, 1, 700, 900), "uint8")
    source = ArraySource(array, chunk=(1, 3, 1, 700, 900), samples=3)
    write_image(source, tmp_path / "a", storage=Storage(chunk=64, shard=128, window_bytes=2**16))
    assert len(source.reads) == 1
    assert_same_levels(read_levels(tmp_path / "a"), levels_of(array, 64))


def test_strips_are_read_over_their_whole_width_where_memory_allows(tmp_path: Path) -> None:
    array = make_pixels((1, 1, 1, 700, 1000), "uint8")
    source = ArraySource(array, chunk=(1, 1, 1, 4, 1000))
    write_image(source, tmp_path / "a", storage=Storage(chunk=64, shard=128, window_bytes=2**16))
    assert {region.shape.x for region, _ in source.reads} == {1000}
    assert max(region.shape.y for region, _ in source.reads) == 128
    assert_same_levels(read_levels(tmp_path / "a"), levels_of(array, 64))
