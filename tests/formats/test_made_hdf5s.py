"""HDF5 files that the tests write: what the dimensions of a dataset mean, and files that refer to others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats import hdf5_datasets, hdf5_images, open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(2).integers(0, 120, shape).astype(dtype)


def write_dataset(path: Path, array: Array, name: str = "data", **attributes: Any) -> Path:
    """An HDF5 file of one dataset, compressed where it is large, with these attributes."""
    with h5py.File(path, "a") as file:
        made = file.create_dataset(name, data=array, compression="gzip" if array.size > 2000 else None)
        made.attrs.update(attributes)
    return path


def axistags(axes: str) -> str:
    return json.dumps({"axes": [{"key": axis, "typeFlags": 2, "resolution": 0, "description": ""} for axis in axes]})


def tagged(folder: Path) -> Path:
    return write_dataset(folder / "tagged.h5", pixels(2, 40, 50, 3), axistags=axistags("txyc"), drange=(0, 200))


def several(folder: Path) -> Path:
    path = write_dataset(folder / "several.hdf5", pixels(5, 40, 50), "a/stack", element_size_um=(2.0, 0.5, 0.25))
    write_dataset(path, pixels(40, 50, dtype=">f4"), "b/flat")
    write_dataset(path, pixels(3, dtype="uint8"), "b/list")
    return write_dataset(path, pixels(40, 50) > 60, "b/mask")


def colours(folder: Path) -> Path:
    return write_dataset(folder / "colours.h5", pixels(40, 50, 3, dtype="uint8"), CLASS=b"IMAGE", IMAGE_SUBCLASS=b"IMAGE_TRUECOLOR")


def behind_a_header(folder: Path) -> Path:
    path = folder / "behind.h5"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["data"] = pixels(4, 40, 50)
    return path


class TestHdf5(ReaderTests):
    reader = "hdf5"
    damages = 4
    paths = (tagged, several, colours)


def _shape(path: Path) -> Size:
    with open_image_file(path) as opened:
        return opened.images[0].shape


def _read(path: Path, index: int = 0) -> Array:
    with open_image_file(path) as opened:
        return opened.images[index].read(Region.whole(opened.images[index].shape))


def test_axis_tags_of_ilastik_decide(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(tagged(tmp_path))[:, :, 0], pixels(2, 40, 50, 3).transpose(0, 3, 2, 1))
    with open_image_file(tmp_path / "tagged.h5") as opened:
        assert [channel.window for channel in opened.images[0].description.channels] == [(0.0, 200.0)] * 3
        assert opened.original_metadata()["data@drange"] == "0, 200"


@pytest.mark.parametrize(
    ("attributes", "shape"),
    [
        ({"axes": "XYZ"}, Size(1, 1, 5, 4, 3)),
        ({"axes": ["c", "y", "x"]}, Size(1, 3, 1, 4, 5)),
        ({"DIMENSION_LABELS": ["time", "y", "x"]}, Size(3, 1, 1, 4, 5)),
        ({"axes": "nonsense"}, Size(1, 1, 3, 4, 5)),
        ({"axistags": "{not json"}, Size(1, 1, 3, 4, 5)),
    ],
)
def test_attributes_name_the_axes(tmp_path: Path, attributes: dict[str, Any], shape: Size) -> None:
    assert _shape(write_dataset(tmp_path / "a.h5", pixels(3, 4, 5), **attributes)) == shape


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [
        ((30, 40), Size(1, 1, 1, 30, 40)),
        ((7, 30, 40), Size(1, 1, 7, 30, 40)),
        ((30, 40, 3), Size(1, 3, 1, 30, 40)),
        ((6, 7, 30, 40), Size(6, 1, 7, 30, 40)),
        ((7, 30, 40, 2), Size(1, 2, 7, 30, 40)),
        ((2, 3, 7, 30, 40), Size(2, 3, 7, 30, 40)),
    ],
)
def test_without_attributes_the_axes_are_guessed(tmp_path: Path, sizes: tuple[int, ...], shape: Size) -> None:
    assert _shape(write_dataset(tmp_path / "a.h5", pixels(*sizes))) == shape


def test_every_dataset_of_numbers_is_an_image(tmp_path: Path) -> None:
    with open_image_file(several(tmp_path)) as opened:
        assert [source.description.name for source in opened.images] == ["several a/stack", "several b/flat", "several b/mask"]
        about = opened.images[0].description
        assert (about.physical_size_x, about.physical_size_z) == (Quantity(0.25, "µm"), Quantity(2.0, "µm"))
        assert opened.images[2].dtype == np.uint8
    np.testing.assert_array_equal(_read(tmp_path / "several.hdf5")[0, 0], pixels(5, 40, 50))
    np.testing.assert_array_equal(_read(tmp_path / "several.hdf5", 1)[0, 0, 0], pixels(40, 50, dtype="float32"))
    np.testing.assert_array_equal(_read(tmp_path / "several.hdf5", 2)[0, 0, 0], pixels(40, 50) > 60)


def test_colours_are_samples(tmp_path: Path) -> None:
    with open_image_file(colours(tmp_path)) as opened:
        assert (opened.images[0].samples, len(opened.images[0].description.channels)) == (3, 1)
    np.testing.assert_array_equal(_read(tmp_path / "colours.h5")[0, :, 0], np.moveaxis(pixels(40, 50, 3, dtype="uint8"), -1, 0))


def test_a_file_of_very_many_parts_says_where_looking_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5_images, "MOST_OBJECTS", 4)
    monkeypatch.setattr(hdf5_datasets, "MOST_OBJECTS", 4)
    with open_image_file(several(tmp_path)) as opened:
        assert [source.description.name for source in opened.images] == ["several a/stack", "several b/flat"]
        assert opened.warnings == ("Only the first 4 groups and datasets were looked at",)


def test_other_headers_may_precede(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(behind_a_header(tmp_path))[0, 0], pixels(4, 40, 50))


def test_segmentations_of_ilastik_are_labels(tmp_path: Path) -> None:
    path = write_dataset(tmp_path / "a.h5", pixels(30, 40, 1), axistags=axistags("yxc"), display_mode="random-colortable")
    with open_image_file(path) as opened:
        assert opened.images[0].description.is_label


def test_other_files_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(pixels(40, 50).tobytes())
    with h5py.File(tmp_path / "outside.h5", "w") as file:
        file.create_dataset("data", (40, 50), "u2", external=[(tmp_path / "secret.bin", 0, 4000)])
    write_dataset(tmp_path / "other.h5", pixels(40, 50))
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        layout = h5py.VirtualLayout((40, 50), "u2")
        layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "data", (40, 50))
        file.create_virtual_dataset("data", layout)
    for name in ("outside.h5", "virtual.h5"):
        with pytest.raises(UnreadableFile, match=rf"{name} holds no image .* lies in other files"):
            open_image_file(tmp_path / name)
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file["data"] = h5py.ExternalLink(tmp_path / "other.h5", "data")
    with pytest.raises(UnreadableFile, match="none of its datasets"):
        open_image_file(tmp_path / "linked.h5")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    whole = several(tmp_path).read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match=r"cut\.h5 cannot be opened.*truncated"):
        open_image_file(tmp_path / "cut.h5")
    with h5py.File(tmp_path / "claims.h5", "w") as file:
        file.create_dataset("data", (1 << 20, 1 << 20), "u2", chunks=(64, 64))
    with pytest.raises(UnreadableFile, match="claim to hold"):
        open_image_file(tmp_path / "claims.h5")
    with h5py.File(tmp_path / "packed.h5", "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((40, 50))
        properties.set_filter(32004, h5py.h5z.FLAG_OPTIONAL)
        space = h5py.h5s.create_simple((40, 50))
        h5py.h5d.create(file.id, b"data", h5py.h5t.NATIVE_UINT16, space, properties)
    with pytest.raises(UnreadableFile, match=r"compressed by filter 32004 .* install the package hdf5plugin"):
        open_image_file(tmp_path / "packed.h5")
    with h5py.File(tmp_path / "cells.h5ad", "w") as file:
        file["X"] = pixels(40, 50)
        file.create_group("obs")
        file.create_group("var")
    with pytest.raises(UnsupportedFormat):
        open_image_file(tmp_path / "cells.h5ad")
