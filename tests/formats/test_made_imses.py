"""Imaris files that the tests write: filled up chunks, resolutions, channels, times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(9).integers(0, 120, shape).astype(dtype)


def _note(group: h5py.Group, **notes: str) -> None:
    """Attributes as Imaris writes them, a letter each."""
    for name, value in notes.items():
        group.attrs[name] = np.frombuffer(value.encode(), "S1")


def write_ims(path: Path, *levels: Array) -> Path:
    """An Imaris file of resolutions along ``tczyx``, every dataset filled up to whole chunks."""
    with h5py.File(path, "w") as file:
        _note(file, ImarisDataSet="ImarisDataSet", ImarisVersion="5.5.0")
        for number, level in enumerate(levels):
            for t, time in enumerate(level):
                for c, channel in enumerate(time):
                    group = file.create_group(f"DataSet/ResolutionLevel {number}/TimePoint {t}/Channel {c}")
                    _note(group, **{f"ImageSize{axis}": str(n) for axis, n in zip("ZYX", channel.shape, strict=True)})
                    filled = np.pad(
                        channel, [(0, -n % 16) for n in channel.shape], constant_values=9999 if channel.itemsize > 1 else 99
                    )
                    group.create_dataset("Data", data=filled, chunks=(16, 16, 16), compression="gzip")
        t, c, z, y, x = levels[0].shape
        info = file.create_group("DataSetInfo")
        image = info.create_group("Image")
        _note(image, X=str(x), Y=str(y), Z=str(z), Unit="um", Description="seen", LensPower="63x", NumericalAperture="1.4")
        extents = {"ExtMin0": "10", "ExtMax0": str(10 + 0.1 * x), "ExtMin1": "0", "ExtMax1": str(0.2 * y)}
        _note(image, **extents, ExtMin2="-5", ExtMax2=str(-5 + 0.5 * z), RecordingDate="2018-05-01 11:00:00.000")
        for number in range(c):
            channel = info.create_group(f"Channel {number}")
            _note(channel, Name=f"dye {number}", Color="1.000 0.500 0.000", ColorRange="2.000 90.000")
            _note(channel, LSMEmissionWavelength=str(500 + number), LSMExcitationWavelength="488")
        times = info.create_group("TimeInfo")
        _note(times, **{f"TimePoint{n + 1}": f"2018-05-01 12:00:{10 * n:02}.000" for n in range(t)})
    return path


def pyramid(folder: Path) -> Path:
    full = pixels(2, 3, 5, 40, 50)
    return write_ims(folder / "pyramid.ims", full, full[..., ::2, ::2], full[..., ::2, ::4, ::4])


def flat(folder: Path) -> Path:
    return write_ims(folder / "flat.ims", pixels(1, 1, 1, 40, 50, dtype="float32"))


class TestIms(ReaderTests):
    reader = "ims"
    damages = 4
    paths = (pyramid, flat)


def test_every_resolution_ends_where_the_image_does(tmp_path: Path) -> None:
    full = pixels(2, 3, 5, 40, 50)
    with open_image_file(pyramid(tmp_path)) as opened:
        source = opened.images[0]
        assert [level.shape for level in source.levels] == [Size(2, 3, 5, 40, 50), Size(2, 3, 5, 20, 25), Size(2, 3, 3, 10, 13)]
        for level, expected in enumerate((full, full[..., ::2, ::2], full[..., ::2, ::4, ::4])):
            np.testing.assert_array_equal(source.read(Region.whole(source.levels[level].shape), level=level), expected)


def test_the_groups_describe_the_image(tmp_path: Path) -> None:
    with open_image_file(pyramid(tmp_path)) as opened:
        about, kept = opened.images[0].description, opened.original_metadata()
    sizes = (about.physical_size_x, about.physical_size_y, about.physical_size_z)
    assert [size.um for size in sizes if size] == pytest.approx([0.1, 0.2, 0.5])
    assert [channel.name for channel in about.channels] == ["dye 0", "dye 1", "dye 2"]
    first = about.channels[0]
    assert (first.color, first.window, first.emission_nm, first.excitation_nm) == ("FF8000", (2.0, 90.0), 500.0, 488.0)
    assert about.time_increment == Quantity(10.0, "s")
    assert about.planes is not None
    assert about.planes.columns["delta_t"].values[:, 0, 0].tolist() == [10.0 * t for t in range(about.planes.shape[0])]
    assert about.acquisition_date is not None
    assert about.acquisition_date.isoformat() == "2018-05-01T12:00:00+00:00"
    assert about.objective == {"nominal_magnification": 63.0, "lens_na": 1.4}
    assert about.description == "seen"
    assert kept["Image.ExtMin2"] == "-5"
    assert kept["ImarisVersion"] == "5.5.0"


def test_a_channel_that_was_never_written_reads_as_zeros(tmp_path: Path) -> None:
    path = pyramid(tmp_path)
    with h5py.File(path, "a") as file:
        del file["DataSet/ResolutionLevel 0/TimePoint 1/Channel 2"]
    with open_image_file(path) as opened:
        whole = opened.images[0].read(Region.whole(opened.images[0].shape))
    expected = pixels(2, 3, 5, 40, 50)
    expected[1, 2] = 0
    np.testing.assert_array_equal(whole, expected)


def test_a_file_without_pixels_is_told(tmp_path: Path) -> None:
    path = flat(tmp_path)
    with h5py.File(path, "a") as file:
        del file["DataSet/ResolutionLevel 0/TimePoint 0/Channel 0/Data"]
    with pytest.raises(UnreadableFile, match=r"flat\.ims holds no image: the first channel"):
        open_image_file(path)
    with h5py.File(path, "a") as file:
        del file["DataSet/ResolutionLevel 0/TimePoint 0"]
    with pytest.raises(UnreadableFile, match="no time point or no channel"):
        open_image_file(path)
