"""DM3 and DM4 files that the tests write: both versions, both byte orders, colours, complex numbers, stacks, spectra, damage."""

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

Array = np.ndarray[Any, np.dtype[Any]]
_CODES = {"i2": 2, "i4": 3, "u2": 4, "u4": 5, "f4": 6, "f8": 7, "u1": 10, "i1": 9, "i8": 11, "u8": 12}
_KINDS = {"i2": 1, "f4": 2, "c8": 3, "u1": 6, "i4": 7, "i1": 9, "u2": 10, "u4": 11, "f8": 12, "c16": 13, "i8": 39, "u8": 40}


def pixels(*shape: int, dtype: str = "int16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(8).integers(0, 120, shape).astype(dtype)


class Writer:
    """Writes trees of dicts, numbers, texts and arrays as tags."""

    def __init__(self, version: int, order: str) -> None:
        self.version, self.order = version, order
        self.wide = "Q" if version == 4 else "I"

    def file(self, tree: dict[str, Any]) -> bytes:
        body = self.folder(tree)
        return struct.pack(f">I{self.wide}I", self.version, len(body), self.order == "<") + body + bytes(8)

    def folder(self, tree: dict[str, Any]) -> bytes:
        tags = b"".join(self.tag(name, value) for name, value in tree.items())
        return struct.pack(f">BB{self.wide}", 1, 0, len(tree)) + tags

    def tag(self, name: str, value: Any) -> bytes:
        called = b"" if name.isdecimal() else name.encode("latin-1")
        body = self.folder(value) if isinstance(value, dict) else self.value(value)
        size = struct.pack(">Q", len(body)) if self.version == 4 else b""
        return struct.pack(">BH", 20 if isinstance(value, dict) else 21, len(called)) + called + size + body

    def value(self, value: Any) -> bytes:
        if isinstance(value, str):
            value = np.frombuffer(value.encode("utf-16-le"), "<u2")
        if isinstance(value, np.ndarray):
            if value.dtype.kind == "c":
                part = 6 if value.dtype.itemsize == 8 else 7
                return self.words(20, 15, 0, 2, 0, part, 0, part, value.size) + self.data(value)
            return self.words(20, _CODES[value.dtype.str[1:]], value.size) + self.data(value)
        if isinstance(value, tuple):
            return self.words(15, 0, len(value), *(word for _ in value for word in (0, 6))) + self.data(np.array(value, "f4"))
        return self.words(7 if isinstance(value, float) else 3) + self.data(
            np.array(value, "f8" if isinstance(value, float) else "i4")
        )

    def words(self, *words: int) -> bytes:
        return b"%%%%" + struct.pack(f">{len(words) + 1}{self.wide}", len(words), *words)

    def data(self, value: Array) -> bytes:
        return value.astype(value.dtype.newbyteorder("<" if self.order == "<" else ">")).tobytes()


def image_tags(
    array: Array, kind: int, sizes: tuple[int, ...], units: tuple[str, ...] = ("nm", "nm", "nm"), **tags: Any
) -> dict[str, Any]:
    """The tags of one image of these dimensions, the fastest first; steps of 0.5, 1.5 and so on."""
    steps = {str(n): {"Origin": 0.0, "Scale": n + 0.5, "Units": units[n]} for n in range(len(sizes))}
    return {
        "ImageData": {
            "Calibrations": {"Dimension": steps},
            "Data": array,
            "DataType": kind,
            "Dimensions": {str(n): size for n, size in enumerate(sizes)},
        },
        "ImageTags": tags,
        "Name": "seen",
    }


def write_dm(path: Path, *images: dict[str, Any], order: str = "<") -> Path:
    """A DM3 or DM4 file, by its suffix, of a thumbnail and these images."""
    preview = image_tags(np.zeros(64, "u4"), 23, (8, 8))
    tree = {
        "DocumentObjectList": {"0": {"ImageDisplayInfo": {"LowLimit": 3.0, "HighLimit": 90.0}, "ImageSource": 0}},
        "ImageList": {str(number): one for number, one in enumerate((preview, *images))},
        "ImageSourceList": {"0": {"Id": {"0": 0}, "ImageRef": 1}},
        "Thumbnails": {"0": {"ImageIndex": 0, "SourceSize_Pixels": (2.0, 2.0)}},
    }
    path.write_bytes(Writer(int(path.suffix[-1]), order).file(tree))
    return path


def write_array(path: Path, array: Array, order: str = "<", **more: Any) -> Path:
    """A file of one image with all of the array's axes."""
    return write_dm(path, image_tags(array, _KINDS[array.dtype.str[1:]], array.shape[::-1], **more), order=order)


def stack(folder: Path) -> Path:
    return write_array(folder / "stack.dm4", pixels(3, 40, 50))


def large(folder: Path) -> Path:
    return write_array(folder / "large.dm3", pixels(300, 200, dtype="float32"))


def swapped(folder: Path) -> Path:
    return write_array(folder / "swapped.dm3", pixels(3, 40, 50, dtype="uint16"), order=">")


def colours(folder: Path) -> Path:
    packed = pixels(40, 50, 4, dtype="uint8").view("<u4")[..., 0]
    return write_dm(folder / "colours.dm4", image_tags(packed, 23, (50, 40)))


def two(folder: Path) -> Path:
    image = image_tags(pixels(40, 50, dtype="complex64"), 3, (50, 40))
    return write_dm(folder / "two.dm3", image, image_tags(pixels(60, dtype="float64"), 12, (60,), units=("eV",)))


class TestDm(ReaderTests):
    reader = "dm"
    damages = 20
    paths = (stack, large, swapped, colours, two)


def _read(path: Path, index: int = 0) -> Array:
    with open_image_file(path) as opened:
        return opened.images[index].read(Region.whole(opened.images[index].shape))


@pytest.mark.parametrize("dtype", list(_KINDS))
@pytest.mark.parametrize("suffix", ["dm3", "dm4"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_type_keeps_its_values(tmp_path: Path, dtype: str, suffix: str, order: str) -> None:
    mine = _read(write_array(tmp_path / f"a.{suffix}", pixels(2, 7, 9, dtype=dtype), order=order))
    assert mine.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(mine[0, 0], pixels(2, 7, 9, dtype=dtype))


def test_colours_come_out_red_first_in_either_order(tmp_path: Path) -> None:
    expected = np.moveaxis(pixels(40, 50, 4, dtype="uint8")[..., 2::-1], -1, 0)
    np.testing.assert_array_equal(_read(colours(tmp_path))[0, :, 0], expected)
    packed = pixels(40, 50, 4, dtype="uint8").view("<u4")[..., 0]
    path = write_dm(tmp_path / "big.dm3", image_tags(packed, 23, (50, 40)), order=">")
    np.testing.assert_array_equal(_read(path)[0, :, 0], expected)


def test_thumbnails_are_left_out_and_names_tell_images_apart(tmp_path: Path) -> None:
    with open_image_file(two(tmp_path)) as opened:
        assert [source.description.name for source in opened.images] == ["two seen", "two seen"]
        assert [source.shape for source in opened.images] == [Size(1, 1, 1, 40, 50), Size(1, 1, 1, 1, 60)]
        assert opened.images[1].description.physical_size_x is None
        assert opened.images[0].description.channels[0].window == (3.0, 90.0)
        assert opened.images[1].description.channels[0].window is None


def test_units_say_what_the_third_dimension_is(tmp_path: Path) -> None:
    with open_image_file(stack(tmp_path)) as opened:
        about = opened.images[0].description
        assert opened.images[0].shape == Size(1, 1, 3, 40, 50)
        assert [about.physical_size_x, about.physical_size_y, about.physical_size_z] == [
            Quantity(0.5, "nm"),
            Quantity(1.5, "nm"),
            Quantity(2.5, "nm"),
        ]
    for unit, modulo, increment in (("s", {}, Quantity(2.5, "s")), ("eV", {"t": "lambda"}, None)):
        path = write_array(tmp_path / "t.dm4", pixels(3, 40, 50), units=("1/nm", "1/nm", unit))
        with open_image_file(path) as opened:
            about = opened.images[0].description
            assert opened.images[0].shape == Size(3, 1, 1, 40, 50)
            assert (about.modulo, about.time_increment, about.physical_size_x) == (modulo, increment, None)


def test_what_the_microscope_noted_is_understood(tmp_path: Path) -> None:
    noted: dict[str, Any] = {
        "DataBar": {"Acquisition Date": "7/21/2015", "Acquisition Time": "2:05:09 PM", "Exposure Time (s)": 0.25},
        "Microscope Info": {
            "Indicated Magnification": 40000.0,
            "Voltage": 200000.0,
            "Stage Position": {"Stage X": 1.5, "Stage Y": -2.5, "Stage Z": 3.5},
        },
        "Session Info": {"Operator": "Ada", "Microscope": "ARM200"},
        "Acquisition": {"Device": {"Name": "OneView"}, "Parameters": {"High Level": {"Binning": {"0": 2.0, "1": 2.0}}}},
    }
    path = write_array(tmp_path / "noted.dm4", pixels(40, 50), **noted)
    with open_image_file(path) as opened:
        about, kept = opened.images[0].description, opened.original_metadata()
    assert about.acquisition_date is not None
    assert about.acquisition_date.isoformat() == "2015-07-21T14:05:09+00:00"
    assert about.channels[0].exposure_s == 0.25
    assert about.channels[0].detector is not None
    assert (about.channels[0].detector.detector.model, about.channels[0].detector.binning) == ("OneView", "2x2")
    assert (about.experimenter, about.instrument, about.objective) == (
        "Ada",
        {"model": "ARM200"},
        {"nominal_magnification": 40000.0},
    )
    assert about.stage_position_um == (1.5, -2.5, 3.5)
    assert kept["ImageList/1/ImageTags/Microscope Info/Voltage"] == "200000.0"
    assert kept["ImageList/1/Name"] == "seen"
    clock = write_array(tmp_path / "clock.dm3", pixels(4, 5), DataBar={"Acquisition Time (OS)": 131000000000000000.0})
    with open_image_file(clock) as opened:
        moment = opened.images[0].description.acquisition_date
        assert moment is not None
        assert moment.year == 2016


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    whole = large(tmp_path).read_bytes()
    (tmp_path / "cut.dm3").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match=r"cut\.dm3 is cut short: \d+ bytes of an array are missing"):
        open_image_file(tmp_path / "cut.dm3")
    with pytest.raises(UnreadableFile, match="type 5, which cannot be read"):
        open_image_file(write_dm(tmp_path / "packed.dm3", image_tags(pixels(4, 5, dtype="complex64"), 5, (5, 4))))
    with pytest.raises(UnreadableFile, match="its 200 pixels do not fit"):
        open_image_file(write_dm(tmp_path / "more.dm3", image_tags(pixels(4, 5), 1, (20, 10))))
    deep: dict[str, Any] = {}
    for _ in range(80):
        deep = {"0": deep}
    (tmp_path / "deep.dm3").write_bytes(Writer(3, "<").file(deep))
    with pytest.raises(UnreadableFile, match="more than 64 folders deep"):
        open_image_file(tmp_path / "deep.dm3")
