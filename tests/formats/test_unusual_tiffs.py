"""TIFF files as some software writes them: units of many spellings or none at all, MetaMorph's notes, pages without pixels."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.pixels.source import ImageDescription

_STACK = np.arange(3 * 20 * 30, dtype="uint16").reshape(3, 20, 30)


def about(path: Path) -> ImageDescription:
    """The description of the first image."""
    with open_image_file(path) as opened:
        return opened.images[0].description


def sizes_um(path: Path) -> list[float | None]:
    """The pixel sizes along x, y and z."""
    found = about(path)
    return [None if size is None else size.um for size in (found.physical_size_x, found.physical_size_y, found.physical_size_z)]


def write_imagej(path: Path, **noted: Any) -> Path:
    """A stack with 5 and 4 pixels to the unit, and slices 2.5 of it apart."""
    tifffile.imwrite(path, _STACK, imagej=True, resolution=(5, 4), metadata={"axes": "ZYX", "spacing": 2.5} | noted)
    return path


@pytest.mark.parametrize(
    ("unit", "um"),
    [
        ("\\u00B5m", 1), ("\\xb5m", 1), ("\\u03bcm", 1), ("um", 1), ("microns", 1), ("micrometers", 1), ("Micrometer", 1),
        ("nm", 1e-3), ("nanometers", 1e-3), ("millimeter", 1e3), ("millimeters", 1e3), ("meters", 1e6), ("inches", 25400),
    ],
)  # fmt: skip
def test_imagej_units_are_known_however_they_are_spelt(unit: str, um: float, tmp_path: Path) -> None:
    assert sizes_um(write_imagej(tmp_path / "unit.tif", unit=unit)) == pytest.approx([0.2 * um, 0.25 * um, 2.5 * um])


@pytest.mark.parametrize("unit", ["pixel", "pixels", "px", "voxels", "sec", "s", "a.u."])
def test_units_that_are_no_lengths_give_no_sizes(unit: str, tmp_path: Path) -> None:
    assert sizes_um(write_imagej(tmp_path / "unit.tif", unit=unit)) == [None, None, None]


def test_sizes_without_a_unit_are_micrometres(tmp_path: Path) -> None:
    assert sizes_um(write_imagej(tmp_path / "imagej.tif")) == pytest.approx([0.2, 0.25, 2.5])
    tifffile.imwrite(tmp_path / "plain.tif", _STACK[0], resolution=(10, 8), resolutionunit="NONE", metadata=None)
    assert sizes_um(tmp_path / "plain.tif")[:2] == pytest.approx([0.1, 0.125])


@pytest.mark.parametrize("density", [1, 72, 96, 300])
def test_dots_per_inch_without_a_unit_are_no_sizes(density: int, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "print.tif", _STACK[0], resolution=(density, density), resolutionunit="NONE", metadata=None)
    assert sizes_um(tmp_path / "print.tif") == [None, None, None]


def test_slices_that_go_down_are_as_far_apart_as_those_that_go_up(tmp_path: Path) -> None:
    assert sizes_um(write_imagej(tmp_path / "down.tif", unit="um", spacing=-2.5)) == pytest.approx([0.2, 0.25, 2.5])


def write_stk(path: Path, *, is_calibrated: bool) -> Path:
    """One plane with MetaMorph's tags, whose values lie at the end of the file and are named by their offsets."""
    units, name, fraction = b"um\0", b"Cy5\0", struct.pack("<2I", 645, 1000)
    marks = [(3, int(is_calibrated)), (4, 0xF0000004), (5, 0xF0000004), (6, 0xF0000006), (7, 0xF0000007)]
    table = struct.pack("<10I", *(number for pair in marks for number in pair))
    planes = struct.pack("<6I", 1500, 1000, 2455261, 43732203, 2455261, 43732203)
    tags = [(33628, 7, len(table), table, True), (33629, 7, len(planes), planes, True)]
    tifffile.imwrite(path, _STACK[0], byteorder="<", metadata=None, resolution=(72, 72), resolutionunit="INCH", extratags=tags)
    data = path.read_bytes()
    # The tags count entries of several numbers, which no library writes.
    data = data.replace(struct.pack("<HHI", 33628, 7, len(table)), struct.pack("<HHI", 33628, 4, len(marks)))
    data = data.replace(struct.pack("<HHI", 33629, 7, len(planes)), struct.pack("<HHI", 33629, 5, 1))
    for mark, value in (
        (0xF0000004, fraction),
        (0xF0000006, struct.pack("<I", len(units)) + units),
        (0xF0000007, struct.pack("<I", len(name)) + name),
    ):
        data = data.replace(struct.pack("<I", mark), struct.pack("<I", len(data))) + value
    path.write_bytes(data)
    return path


def test_metamorph_notes_calibrate_and_name_a_stack(tmp_path: Path) -> None:
    path = write_stk(tmp_path / "one.stk.tif", is_calibrated=True)
    assert sizes_um(path) == pytest.approx([0.645, 0.645, 1.5])
    assert [channel.name for channel in about(path).channels] == ["Cy5"]
    assert sizes_um(write_stk(tmp_path / "two.stk.tif", is_calibrated=False))[:2] == [None, None]


def test_an_ome_tiff_page_without_pixels_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "empty.ome.tif"
    tifffile.imwrite(path, _STACK, metadata={"axes": "ZYX"})
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags["ImageWidth"].overwrite(0)
    with pytest.raises(UnreadableFile, match="has no pixels"):
        open_image_file(path, reader="ome-tiff")


def test_more_channels_than_an_image_can_have_are_no_image(tmp_path: Path) -> None:
    path = tmp_path / "many.ome.tif"
    tifffile.imwrite(path, _STACK[:1], metadata={"axes": "CYX"})
    with tifffile.TiffFile(path, mode="r+") as tiff:
        said = tiff.pages.first.description
        tiff.pages.first.tags["ImageDescription"].overwrite(said.replace('SizeC="1"', 'SizeC="100000000"'))
    with pytest.raises(UnreadableFile, match=r"claims 100000000 channels, and at most 100000 are read"):
        open_image_file(path)
