"""MRC files that the tests write: every mode, both byte orders, turned axes, stacks, compression, damage."""

from __future__ import annotations

import bz2
import gzip
import struct
import tempfile
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import pytest

from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats import open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]


def pixels(*shape: int, dtype: str = "int16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(3).integers(0, 120, shape).astype(dtype)


def write_mrc(path: Path, array: Array, **fields: Any) -> Path:
    """An MRC file by mrcfile, whose header fields are then set as named."""
    with mrcfile.new(path, overwrite=True) as made:
        made.set_data(array)
        made.voxel_size = (2.0, 3.0, 4.0)
        for name, value in fields.items():
            made.header[name] = value
    return path


def floats(folder: Path) -> Path:
    return write_mrc(folder / "floats.mrc", pixels(5, 40, 50, dtype="float32"))


def swapped(folder: Path) -> Path:
    return write_mrc(folder / "swapped.mrc", pixels(3, 40, 50, dtype=">i2"))


def turned(folder: Path) -> Path:
    return write_mrc(folder / "turned.map", pixels(6, 40, 50), mapc=3, mapr=1, maps=2)


def volumes(folder: Path) -> Path:
    with mrcfile.new(folder / "volumes.mrc", overwrite=True) as made:
        made.set_data(pixels(2, 3, 40, 50, dtype="float32"))
    return folder / "volumes.mrc"


def zipped(folder: Path) -> Path:
    path = folder / "packed.mrc.gz"
    path.write_bytes(gzip.compress(floats(folder).read_bytes()))
    return path


def bzipped(folder: Path) -> Path:
    path = folder / "packed.rec.bz2"
    path.write_bytes(bz2.compress(floats(folder).read_bytes()))
    return path


def colours(folder: Path) -> Path:
    path = write_mrc(folder / "colours.mrc", pixels(2, 40, 50, dtype="int8"), mode=16)
    path.write_bytes(path.read_bytes()[:1024] + pixels(2, 40, 50, 3, dtype="uint8").tobytes())
    return path


class TestMrc(ReaderTests):
    reader = "mrc"
    paths = (floats, swapped, turned, volumes, zipped, bzipped, colours)


def _read(path: Path) -> Array:
    with open_image_file(path) as opened:
        source = opened.images[0]
        return source.read(Region.whole(source.shape))


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "float16", "float32", "complex64", ">i2", ">f4"])
def test_every_mode_keeps_its_values(tmp_path: Path, dtype: str) -> None:
    mine = _read(write_mrc(tmp_path / "a.mrc", pixels(3, 20, 30, dtype=dtype)))
    assert mine.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(mine[0, 0], pixels(3, 20, 30, dtype=dtype))


@pytest.mark.parametrize("make", [zipped, bzipped])
def test_compressed_files_hold_the_same(tmp_path: Path, make: Any) -> None:
    np.testing.assert_array_equal(_read(make(tmp_path))[0, 0], pixels(5, 40, 50, dtype="float32"))


def test_colours_of_imod_are_samples(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(colours(tmp_path))[0], np.moveaxis(pixels(2, 40, 50, 3, dtype="uint8"), -1, 0))


def test_axes_lie_as_the_header_maps_them(tmp_path: Path) -> None:
    with open_image_file(turned(tmp_path)) as opened:
        source = opened.images[0]
        assert source.shape == Size(1, 1, 50, 6, 40)
        np.testing.assert_array_equal(source.read(Region.whole(source.shape))[0, 0], pixels(6, 40, 50).transpose(2, 0, 1))


def test_the_voxel_size_is_the_cell_by_its_grid(tmp_path: Path) -> None:
    with open_image_file(floats(tmp_path)) as opened:
        about = opened.images[0].description
        assert (about.physical_size_x, about.physical_size_y, about.physical_size_z) == (
            Quantity(2.0, "Å"),
            Quantity(3.0, "Å"),
            Quantity(4.0, "Å"),
        )
        assert "Created by mrcfile.py" in about.description
    with open_image_file(write_mrc(tmp_path / "b.mrc", pixels(3, 8, 9), cella=(0, 0, 0))) as opened:
        assert opened.images[0].description.physical_size_x is None


def test_stacks_of_volumes_and_of_images_lie_along_t(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(volumes(tmp_path))[:, 0], pixels(2, 3, 40, 50, dtype="float32"))
    stack = write_mrc(tmp_path / "stack.mrcs", pixels(4, 8, 9), ispg=0, mz=1)
    assert _read(stack).shape == (4, 1, 1, 8, 9)


def test_bytes_are_signed_unless_imod_says_otherwise(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "bytes.st", np.full((2, 8, 9), -1, "int8"))
    assert _read(path).min() == -1
    data = bytearray(path.read_bytes())
    data[152:160] = struct.pack("<ii", 1146047817, 0)
    path.write_bytes(data)
    assert _read(path).max() == 255


def test_a_file_without_the_word_map_needs_a_suffix(tmp_path: Path) -> None:
    old = write_mrc(tmp_path / "old.rec", pixels(3, 8, 9), map=b"\0\0\0\0")
    np.testing.assert_array_equal(_read(old)[0, 0], pixels(3, 8, 9))
    old.rename(tmp_path / "old.dat")
    with pytest.raises(UnsupportedFormat):
        open_image_file(tmp_path / "old.dat")


def test_the_extended_header_of_fei_is_kept_and_understood(tmp_path: Path) -> None:
    records = np.zeros(2, mrcfile.dtypes.get_ext_header_dtype(b"FEI1", "<"))
    records["Metadata size"] = records.dtype.itemsize
    records["Microscope type"] = b"TITAN52330"
    records["HT"] = 300000.0
    records["Magnification"] = 81000.0
    records["Alpha tilt"] = [-3.0, 3.0]
    records["X-Stage"], records["Timestamp"], records["Pixel size X"] = 1e-5, 43831.5, 1.5e-10
    path = tmp_path / "fei.mrc"
    with mrcfile.new(path, overwrite=True) as made:
        made.set_data(pixels(2, 8, 9))
        made.set_extended_header(records)
        made.header.exttyp = b"FEI1"
    with open_image_file(path) as opened:
        about, kept = opened.images[0].description, opened.original_metadata()
        np.testing.assert_array_equal(opened.images[0].read(Region.whole(opened.images[0].shape))[0, 0], pixels(2, 8, 9))
    assert about.instrument["model"] == "TITAN52330"
    assert about.objective == {"nominal_magnification": 81000.0}
    assert about.acquisition_date is not None
    assert about.acquisition_date.isoformat() == "2020-01-01T12:00:00+00:00"
    assert about.physical_size_x is not None
    assert about.physical_size_x.um == pytest.approx(0.00015)
    assert about.stage_position_um is not None
    assert about.stage_position_um[0] == pytest.approx(10.0)
    assert kept["extended header.Alpha tilt"] == "-3.0, 3.0"
    assert kept["extended header.HT"] == "300000.0"


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    whole = floats(tmp_path).read_bytes()
    (tmp_path / "cut.mrc").write_bytes(whole[:-1])
    with pytest.raises(UnreadableFile, match=r"cut\.mrc is cut short: its header asks for 41024 bytes and it has 41023"):
        open_image_file(tmp_path / "cut.mrc")
    with pytest.raises(UnreadableFile, match="mode 101"):
        open_image_file(write_mrc(tmp_path / "half.mrc", pixels(3, 8, 9), mode=101))
    (tmp_path / "cut.mrc.gz").write_bytes(gzip.compress(whole)[:-300])
    with pytest.raises(UnreadableFile, match=r"cut\.mrc\.gz"):
        _read(tmp_path / "cut.mrc.gz")


def test_a_compressed_file_takes_no_more_disk_than_its_header_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    path = tmp_path / "long.mrc.gz"
    path.write_bytes(gzip.compress(floats(tmp_path).read_bytes() + bytes(50_000_000)))
    np.testing.assert_array_equal(_read(path)[0, 0], pixels(5, 40, 50, dtype="float32"))
    assert not list(scratch.iterdir())
    header = bytearray(floats(tmp_path).read_bytes()[:1024])
    struct.pack_into("<3i", header, 0, 1 << 20, 1 << 20, 1 << 10)
    path.write_bytes(gzip.compress(bytes(header)))
    with pytest.raises(UnreadableFile, match="claim to hold"):
        open_image_file(path)
