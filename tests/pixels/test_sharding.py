"""Shards as they are written here, read by TensorStore, and what is left out of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorstore

from micrarium.geometry import Region, Size
from micrarium.pixels.layout import Codec, array_metadata, stored_layout
from micrarium.pixels.sharding import ShardedArray
from micrarium.pixels.writing import write_metadata
from micrarium.testing.sources import PIXEL_TYPES, make_pixels


def write_array(path: Path, pixels: np.ndarray, *, dtype: np.dtype | None = None) -> None:
    shape = Size(*pixels.shape)
    layout = stored_layout(shape, chunk=16, shard=64, depth=Size(1, 1, 2, 1, 1))
    dtype = dtype or pixels.dtype
    write_metadata(path, array_metadata(shape, dtype, layout, Codec()))
    array = ShardedArray(path, shape, dtype, layout, Codec())
    for place, part in array.parts(Region(Size(0, 0, 0, 0, 0), shape)):
        array.write(place, pixels[part])


def read_array(path: Path) -> np.ndarray:
    return np.asarray(tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{path}/"}}).result())


@pytest.mark.parametrize("dtype", PIXEL_TYPES)
def test_shards_are_read_by_others(dtype: str, tmp_path: Path) -> None:
    pixels = make_pixels((1, 2, 3, 100, 77), dtype)
    write_array(tmp_path / "a", pixels)
    np.testing.assert_array_equal(read_array(tmp_path / "a"), pixels)


def test_pixels_in_another_byte_order_are_written_in_the_one_that_is_said(tmp_path: Path) -> None:
    pixels = make_pixels((1, 1, 1, 40, 40), "uint16")
    write_array(tmp_path / "a", pixels.astype(">u2"), dtype=np.dtype("uint16"))
    np.testing.assert_array_equal(read_array(tmp_path / "a"), pixels)


def test_chunks_and_shards_of_zeros_take_no_room(tmp_path: Path) -> None:
    pixels = np.zeros((1, 1, 1, 128, 128), np.uint16)
    pixels[..., 20, 20] = 7
    write_array(tmp_path / "a", pixels)
    files = [path.relative_to(tmp_path / "a" / "c").as_posix() for path in (tmp_path / "a" / "c").rglob("*") if path.is_file()]
    assert files == ["0/0/0/0/0"]
    index = np.frombuffer((tmp_path / "a/c/0/0/0/0/0").read_bytes()[-(16 * 16 + 4) : -4], "<u8").reshape(16, 2)
    assert [number for number, (offset, _) in enumerate(index) if offset != 2**64 - 1] == [5]
    np.testing.assert_array_equal(read_array(tmp_path / "a"), pixels)


def test_the_bytes_of_pixels_are_shuffled_before_they_are_compressed() -> None:
    """Else sixteen bits with noise in the lower eight take a third more."""
    noise = np.random.default_rng(1).integers(0, 256, (256, 256)).astype(np.uint16)
    assert len(Codec().encode(noise + 256)) < 0.55 * noise.nbytes
    assert Codec().encode(noise)[3] == 2, "the size of a pixel, as the header says it"
