"""DeltaVision files that the tests write: every type, byte order and sequence of sections, with the numbers of each section."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests


def near(value: float, **terms: Any) -> Any:
    """As ``pytest.approx``, for places where a number is expected."""
    return pytest.approx(value, **terms)


Array = np.ndarray[Any, np.dtype[Any]]
_CODES = {"u1": 0, "i2": 1, "f4": 2, "c8": 4, "u2": 6, "i4": 7}
_INTEGERS, _FLOATS = 8, 32


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(6).integers(0, 120, shape).astype(dtype)


def write_dv(path: Path, array: Array, *, sequence: int = 0, order: str = "<", numbered: bool = True) -> Path:
    """A DeltaVision file of pixels along ``tczyx``; the times of sections are 10 s a time point, and half a second a channel."""
    axes = {0: "ctzyx", 1: "tzcyx", 2: "tczyx"}[sequence]
    t, c, z, y, x = array.shape
    header = bytearray(1024)
    struct.pack_into(f"{order}4i", header, 0, x, y, t * c * z, _CODES[array.dtype.str[1:]])
    struct.pack_into(f"{order}3f", header, 40, 0.1, 0.2, 0.3)
    extension = np.zeros((t, c, z, _INTEGERS + _FLOATS), f"{order}f4")
    for (i, j, k), section in zip(np.ndindex(t, c, z), extension.reshape(-1, _INTEGERS + _FLOATS), strict=True):
        section[_INTEGERS:][1:5] = (10 * i + j / 2, 100 + k, -200, 300)
        section[_INTEGERS:][8:12] = (0.1 * (j + 1), 1, 400 + j, 500 + j)
    back = ["tcz".index(axis) for axis in axes[:3]]
    numbers = extension.transpose([*back, 3]).tobytes() if numbered else b""
    struct.pack_into(f"{order}i", header, 92, len(numbers))
    struct.pack_into(f"{order}h", header, 96, -16224)
    struct.pack_into(f"{order}2h", header, 128, *((_INTEGERS, _FLOATS) if numbered else (0, 0)))
    struct.pack_into(f"{order}2h", header, 180, t, sequence)
    struct.pack_into(f"{order}6h", header, 196, c, *[457, 528, 617, 685, -50][:c], *[0] * (5 - c))
    struct.pack_into(f"{order}i", header, 220, 2)
    header[224:240] = b"Taken one night\0"
    body = array.transpose(["tczyx".index(axis) for axis in axes])
    path.write_bytes(bytes(header) + numbers + body.astype(order + array.dtype.str[1:]).tobytes())
    return path


def three_colours(folder: Path) -> Path:
    return write_dv(folder / "three.dv", pixels(2, 3, 4, 40, 50), sequence=1)


def swapped(folder: Path) -> Path:
    return write_dv(folder / "swapped.r3d", pixels(1, 2, 4, 40, 50, dtype="int16"), order=">")


def bare(folder: Path) -> Path:
    return write_dv(folder / "bare.dv", pixels(3, 1, 1, 40, 50, dtype="float32"), numbered=False)


class TestDeltaVision(ReaderTests):
    reader = "deltavision"
    damages = 20
    paths = (three_colours, swapped, bare)


@pytest.mark.parametrize("sequence", [0, 1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", list(_CODES))
def test_every_section_is_where_its_sequence_says(tmp_path: Path, sequence: int, order: str, dtype: str) -> None:
    array = pixels(2, 3, 4, 7, 9, dtype=dtype)
    with open_image_file(write_dv(tmp_path / "a.dv", array, sequence=sequence, order=order)) as opened:
        mine = opened.images[0].read(Region.whole(opened.images[0].shape))
    assert mine.dtype == array.dtype
    np.testing.assert_array_equal(mine, array)


@pytest.mark.parametrize("sequence", [0, 1, 2])
def test_the_numbers_of_each_section_describe_the_channels(tmp_path: Path, sequence: int) -> None:
    with open_image_file(write_dv(tmp_path / "a.dv", pixels(3, 2, 4, 7, 9), sequence=sequence)) as opened:
        about, kept = opened.images[0].description, opened.original_metadata()
    assert [channel.name for channel in about.channels] == ["457", "528"]
    assert [channel.emission_nm for channel in about.channels] == [500.0, 501.0]
    assert [channel.excitation_nm for channel in about.channels] == [400.0, 401.0]
    assert [channel.exposure_s for channel in about.channels] == pytest.approx([0.1, 0.2])
    assert about.time_increment == Quantity(10.0, "s")
    assert about.stage_position_um == (100.0, -200.0, 300.0)
    assert about.description == "Taken one night"
    sizes = (about.physical_size_x, about.physical_size_y, about.physical_size_z)
    assert [size.um for size in sizes if size] == pytest.approx([0.1, 0.2, 0.3])
    assert about.planes is not None
    assert about.planes.at(2, 1, 3) == {
        "delta_t": Quantity(20.5, "s"),
        "exposure_time": Quantity(near(0.2), "s"),
        "position_x": Quantity(103.0, "µm"),
        "position_y": Quantity(-200.0, "µm"),
        "position_z": Quantity(300.0, "µm"),
    }
    assert kept["sections.neutral density"] == "1.0"
    assert kept["sections.stage x"].startswith("100.0, 101.0, 102.0, 103.0")


def test_without_numbers_the_wavelengths_of_the_header_count(tmp_path: Path) -> None:
    with open_image_file(bare(tmp_path)) as opened:
        about = opened.images[0].description
        assert opened.images[0].shape == Size(3, 1, 1, 40, 50)
    assert (about.channels[0].emission_nm, about.channels[0].exposure_s, about.physical_size_z) == (457, None, None)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    whole = three_colours(tmp_path).read_bytes()
    (tmp_path / "cut.dv").write_bytes(whole[:-1])
    with pytest.raises(UnreadableFile, match=r"cut\.dv is cut short"):
        open_image_file(tmp_path / "cut.dv")
    (tmp_path / "odd.dv").write_bytes(whole[:180] + b"\7\0" + whole[182:])
    with pytest.raises(UnreadableFile, match="24 sections cannot be 3 wavelengths at 7 times"):
        open_image_file(tmp_path / "odd.dv")
    (tmp_path / "pairs.dv").write_bytes(whole[:12] + b"\3" + whole[13:])
    with pytest.raises(UnreadableFile, match="pixels of type 3"):
        open_image_file(tmp_path / "pairs.dv")
