"""EMD files that the tests write, of Velox and of Berkeley."""

from __future__ import annotations

import json
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
_NOTED = {
    "Instrument": {"InstrumentModel": "Talos", "InstrumentId": "3500", "Manufacturer": "FEI Company"},
    "Acquisition": {"AcquisitionStartDatetime": {"DateTime": "1577836800"}},
    "Optics": {"AccelerationVoltage": "200000", "NominalMagnification": "40000"},
    "BinaryResult": {
        "PixelSize": {"width": "1.5e-10", "height": "2.5e-10"},
        "PixelUnitX": "m",
        "PixelUnitY": "m",
        "Detector": "HAADF",
    },
    "Scan": {"DwellTime": "2e-06", "FrameTime": "0.5"},
    "Stage": {"Position": {"x": "1e-05", "y": "-2e-05", "z": "0"}, "AlphaTilt": "0.1"},
}


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(1).integers(0, 120, shape).astype(dtype)


def write_velox(path: Path, *images: Array, noted: dict[str, Any] | None = None) -> Path:
    """A file of Velox with images along ``yxt``, and the same notes on each frame."""
    with h5py.File(path, "w") as file:
        file["Version"] = np.array([b'{"format":"Velox"}'])
        for number, image in enumerate(images):
            group = file.create_group(f"Data/Image/{number:032x}")
            group.create_dataset("Data", data=image, chunks=(20, 25, 1), compression="gzip")
            column = np.frombuffer(json.dumps(_NOTED if noted is None else noted).encode().ljust(4096, b"\0"), "u1")
            group["Metadata"] = np.repeat(column[:, None], image.shape[2], axis=1)
    return path


def write_berkeley(path: Path, array: Array, names: list[str], units: list[str], *, marked: bool = True) -> Path:
    """A file of Berkeley with one dataset, whose dimensions have steps of 1, 2 and so on."""
    with h5py.File(path, "w") as file:
        file.attrs.update({"version_major": 0, "version_minor": 2})
        group = file.create_group("data/datacube")
        if marked:
            group.attrs["emd_group_type"] = 1
        group["data"] = array
        for number, (name, unit, size) in enumerate(zip(names, units, array.shape, strict=True)):
            made = group.create_dataset(f"dim{number + 1}", data=np.arange(size) * float(number + 1))
            made.attrs.update({"name": name, "units": unit})
        file.create_group("user").attrs["name"] = "Ada"
    return path


def velox(folder: Path) -> Path:
    return write_velox(folder / "velox.emd", pixels(40, 50, 3), pixels(40, 50, 1, dtype="float32"))


def berkeley(folder: Path) -> Path:
    return write_berkeley(folder / "berkeley.emd", pixels(5, 40, 50), ["z", "y", "x"], ["[n_m]", "[n_m]", "[u_m]"])


class TestEmd(ReaderTests):
    reader = "emd"
    damages = 4
    paths = (velox, berkeley)


def test_frames_of_velox_lie_along_t(tmp_path: Path) -> None:
    with open_image_file(velox(tmp_path)) as opened:
        assert [source.shape for source in opened.images] == [Size(3, 1, 1, 40, 50), Size(1, 1, 1, 40, 50)]
        whole = opened.images[0].read(Region.whole(opened.images[0].shape))
        np.testing.assert_array_equal(whole[:, 0, 0], pixels(40, 50, 3).transpose(2, 0, 1))


def test_the_notes_of_velox_are_understood(tmp_path: Path) -> None:
    with open_image_file(velox(tmp_path)) as opened:
        about, kept = opened.images[0].description, opened.original_metadata()
    assert (about.physical_size_x, about.physical_size_y) == (Quantity(1.5e-10, "m"), Quantity(2.5e-10, "m"))
    assert (about.channels[0].name, about.channels[0].exposure_s, about.time_increment) == ("HAADF", 2e-6, Quantity(0.5, "s"))
    assert about.instrument == {"manufacturer": "FEI Company", "model": "Talos", "serial_number": "3500"}
    assert about.objective == {"nominal_magnification": 40000.0}
    assert about.stage_position_um == (10.0, -20.0, 0.0)
    assert about.acquisition_date is not None
    assert about.acquisition_date.isoformat() == "2020-01-01T00:00:00+00:00"
    assert kept[f"Data/Image/{0:032x}.Optics.AccelerationVoltage"] == "200000"
    with open_image_file(write_velox(tmp_path / "bare.emd", pixels(40, 50, 1), noted={})) as opened:
        assert opened.images[0].description.physical_size_x is None


def test_vectors_of_berkeley_are_the_sizes_of_pixels(tmp_path: Path) -> None:
    with open_image_file(berkeley(tmp_path)) as opened:
        about, source = opened.images[0].description, opened.images[0]
        np.testing.assert_array_equal(source.read(Region.whole(source.shape))[0, 0], pixels(5, 40, 50))
        assert opened.original_metadata()["user@name"] == "Ada"
    assert (about.physical_size_z, about.physical_size_y, about.physical_size_x) == (
        Quantity(1.0, "nm"),
        Quantity(2.0, "nm"),
        Quantity(3.0, "um"),
    )


@pytest.mark.parametrize(
    ("names", "units", "shape"),
    [
        (["y", "x", "Energy"], ["[n_m]", "[n_m]", "[eV]"], Size(5, 1, 1, 3, 4)),
        (["time", "qx", "qy"], ["[s]", "[1/nm]", "[1/nm]"], Size(3, 1, 1, 4, 5)),
        (["", "", ""], ["", "", ""], Size(1, 1, 3, 4, 5)),
        (["x", "x", "y"], ["", "", ""], Size(1, 1, 4, 5, 3)),
    ],
)
def test_names_and_units_tell_the_axes(tmp_path: Path, names: list[str], units: list[str], shape: Size) -> None:
    with open_image_file(write_berkeley(tmp_path / "a.emd", pixels(3, 4, 5), names, units)) as opened:
        assert opened.images[0].shape == shape


def test_a_file_without_images_is_told(tmp_path: Path) -> None:
    path = write_berkeley(tmp_path / "none.emd", pixels(4, 5), ["y", "x"], ["", ""], marked=False)
    with pytest.raises(UnreadableFile, match=r"none\.emd holds no image .* neither Velox's nor Berkeley's"):
        open_image_file(path)
