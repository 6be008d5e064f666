"""TIFF and OME-TIFF files that the tests write: every kind of layout, codec and note that the readers must understand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Smooth pixels with some noise, the same every time."""
    rng = np.random.default_rng(7)
    ramp = np.linspace(0, 200, int(np.prod(shape))).reshape(shape)
    return (ramp + rng.integers(0, 40, shape)).astype(dtype)


def read_all(path: Path, index: int = 0, level: int = 0) -> Array:
    with open_image_file(path) as opened:
        source = opened.images[index]
        return source.read(Region.whole(source.levels[level].shape), level=level)


def ome_5d(folder: Path) -> Path:
    metadata = {
        "axes": "TCZYX",
        "Name": "five",
        "PhysicalSizeX": 0.25,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 250,
        "PhysicalSizeYUnit": "nm",
        "PhysicalSizeZ": 0.001,
        "PhysicalSizeZUnit": "mm",
        "TimeIncrement": 2,
        "TimeIncrementUnit": "min",
        "SignificantBits": 12,
        "Channel": {"Name": ["DAPI", "GFP"], "Color": [0x0000FFFF, 0x00FF00FF], "EmissionWavelength": [460, 510]},
        "Plane": {"ExposureTime": [0.1] * 18, "ExposureTimeUnit": ["s"] * 18},
    }
    tifffile.imwrite(folder / "five.ome.tif", pixels(3, 2, 3, 70, 90), tile=(32, 32), compression="zlib", metadata=metadata)
    return folder / "five.ome.tif"


def ome_pyramid(folder: Path) -> Path:
    path = folder / "slide.ome.tif"
    whole = pixels(300, 420, 3, dtype="uint8")
    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        options: dict[str, Any] = {"photometric": "rgb", "tile": (64, 64), "compression": "jpeg"}
        tiff.write(whole, subifds=2, metadata={"axes": "YXS"}, **options)
        tiff.write(whole[::2, ::2], subfiletype=1, **options)
        tiff.write(whole[::4, ::4], subfiletype=1, **options)
    return path


def ome_several(folder: Path) -> Path:
    path = folder / "several.ome.tif"
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels(2, 40, 50), metadata={"axes": "ZYX", "Name": "stack"})
        tiff.write(pixels(30, 20, dtype="float32"), metadata={"axes": "YX", "Name": "map"})
    return path


_SET_XML = """<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{own}">
<Image ID="Image:0" Name="set">
<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="50" SizeY="40" SizeZ="2" SizeC="2" SizeT="1">
<Channel ID="Channel:0:0" Name="one" SamplesPerPixel="1"/><Channel ID="Channel:0:1" Name="two" SamplesPerPixel="1"/>
<TiffData FirstC="0" FirstZ="0" IFD="0" PlaneCount="2"><UUID FileName="c0.ome.tif">urn:uuid:a</UUID></TiffData>
<TiffData FirstC="1" FirstZ="1" IFD="0" PlaneCount="1"><UUID FileName="c1.ome.tif">urn:uuid:b</UUID></TiffData>
<TiffData FirstC="1" FirstZ="0" IFD="1" PlaneCount="1"><UUID FileName="c1.ome.tif">urn:uuid:b</UUID></TiffData>
</Pixels></Image></OME>"""
_POINTER_XML = """<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{own}">
<BinaryOnly MetadataFile="set.companion.ome" UUID="urn:uuid:c"/></OME>"""


def ome_set(folder: Path) -> Path:
    """Two files that describe each other; the second channel's slices lie in reverse."""
    stack = pixels(2, 2, 40, 50)
    for name, own, planes in (("c0.ome.tif", "a", stack[0]), ("c1.ome.tif", "b", stack[1, ::-1])):
        tifffile.imwrite(folder / name, planes, description=_SET_XML.format(own=own), metadata=None)
    return folder / "c0.ome.tif"


def ome_companion(folder: Path) -> Path:
    ome_set(folder)
    (folder / "set.companion.ome").write_text(_SET_XML.format(own="c"))
    stack = pixels(2, 2, 40, 50)
    for name, own, planes in (("c0.ome.tif", "a", stack[0]), ("c1.ome.tif", "b", stack[1, ::-1])):
        tifffile.imwrite(folder / name, planes, description=_POINTER_XML.format(own=own), metadata=None)
    return folder / "set.companion.ome"


def imagej(folder: Path) -> Path:
    metadata = {
        "axes": "TZCYX",
        "spacing": 0.7,
        "unit": "um",
        "finterval": 1.5,
        "mode": "composite",
        "Ranges": (10.0, 200.0, 5.0, 99.0),
    }
    red, green = np.zeros((3, 256), "uint8"), np.zeros((3, 256), "uint8")
    red[0], green[1] = range(256), range(256)
    stack = pixels(2, 3, 2, 50, 60)
    tifffile.imwrite(folder / "cells.tif", stack, imagej=True, resolution=(4.0, 4.0), metadata={**metadata, "LUTs": [red, green]})
    return folder / "cells.tif"


def big_endian(folder: Path) -> Path:
    path = folder / "big.btf"
    tifffile.imwrite(path, pixels(3, 70, 61), bigtiff=True, byteorder=">", tile=(16, 32), photometric="minisblack", metadata=None)
    return path


def raw_big_endian(folder: Path) -> Path:
    tifffile.imwrite(folder / "raw.tif", pixels(900, 1100, dtype="float32"), byteorder=">", metadata=None)
    return folder / "raw.tif"


def planar_rgb(folder: Path) -> Path:
    tifffile.imwrite(
        folder / "planar.tif", pixels(3, 60, 70, dtype="uint8"), photometric="rgb", planarconfig="separate", tile=(32, 32)
    )
    return folder / "planar.tif"


def strips(folder: Path) -> Path:
    tifffile.imwrite(folder / "strips.tif", pixels(101, 90), rowsperstrip=7, compression="lzw", predictor=True, metadata=None)
    return folder / "strips.tif"


def bilevel(folder: Path) -> Path:
    tifffile.imwrite(folder / "mask.tif", pixels(33, 45) > 100, photometric="minisblack", metadata=None)
    return folder / "mask.tif"


def generic_pyramid(folder: Path) -> Path:
    """A plain pyramid: the same page three times, each half of the last, as many slide scanners write it."""
    path = folder / "pyramid.tif"
    whole = pixels(512, 640, 3, dtype="uint8")
    with tifffile.TiffWriter(path) as tiff:
        for step in (1, 2, 4):
            page = whole[::step, ::step]
            tiff.write(page, photometric="rgb", tile=(64, 64), compression="zlib", metadata=None, subfiletype=int(step > 1))
    return path


def mixed_pages(folder: Path) -> Path:
    with tifffile.TiffWriter(folder / "mixed.tif") as tiff:
        tiff.write(pixels(40, 50), metadata=None)
        tiff.write(pixels(20, 30, 3, dtype="uint8"), photometric="rgb", metadata=None)
        tiff.write(pixels(40, 50), metadata=None)
    return folder / "mixed.tif"


def ome_shared_pages(folder: Path) -> Path:
    """Five channels that lie together in each page, and are no colours."""
    options: dict[str, Any] = {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": [0] * 4}
    tifffile.imwrite(folder / "shared.ome.tif", pixels(3, 40, 50, 5), metadata={"axes": "ZYXS"}, **options)
    return folder / "shared.ome.tif"


class TestOmeTiff(ReaderTests):
    reader = "ome-tiff"
    paths = (ome_shared_pages, ome_5d, ome_pyramid, ome_several, ome_set, ome_companion)


class TestTiff(ReaderTests):
    reader = "tiff"
    paths = (imagej, big_endian, raw_big_endian, planar_rgb, strips, bilevel, generic_pyramid, mixed_pages)


def test_ome_tiff_gives_back_what_was_written(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_all(ome_5d(tmp_path)), pixels(3, 2, 3, 70, 90))


def test_ome_tiff_says_all_that_its_xml_says(tmp_path: Path) -> None:
    with open_image_file(ome_5d(tmp_path)) as opened:
        about = opened.images[0].description
        assert about.name == "five"
        assert about.physical_size_y == Quantity(250, "nm")
        sizes = (about.physical_size_x, about.physical_size_y, about.physical_size_z)
        assert [size.um for size in sizes if size] == pytest.approx([0.25, 0.25, 1.0])
        assert about.time_increment == Quantity(2, "min")
        assert about.significant_bits == 12
        assert [channel.name for channel in about.channels] == ["DAPI", "GFP"]
        assert [channel.color for channel in about.channels] == ["0000FF", "00FF00"]
        assert [channel.emission_nm for channel in about.channels] == [460, 510]
        assert about.channels[1].exposure_s == 0.1
        assert opened.ome_xml() is not None
        assert opened.original_metadata()["OME.Image.Pixels.SizeT"] == "3"


def test_pyramids_in_subifds_are_levels_and_jpeg_is_told(tmp_path: Path) -> None:
    path = ome_pyramid(tmp_path)
    with open_image_file(path) as opened:
        source = opened.images[0]
        assert [(level.shape.y, level.shape.x) for level in source.levels] == [(300, 420), (150, 210), (75, 105)]
        assert source.samples == 3
        assert source.levels[0].chunk == Size(1, 3, 1, 64, 64)
        assert any("loss" in warning for warning in opened.warnings)
    with tifffile.TiffFile(path) as other:
        for level in range(3):
            np.testing.assert_array_equal(
                np.moveaxis(read_all(path, level=level)[0, :, 0], 0, -1), other.series[0].levels[level].asarray()
            )


def test_channels_that_share_a_page_are_channels(tmp_path: Path) -> None:
    with open_image_file(ome_shared_pages(tmp_path)) as opened:
        source = opened.images[0]
        assert (source.samples, source.shape) == (1, Size(1, 5, 3, 40, 50))
        np.testing.assert_array_equal(source.read(Region.whole(source.shape))[0], pixels(3, 40, 50, 5).transpose(3, 0, 1, 2))


def test_a_set_of_files_is_one_image_through_any_of_them(tmp_path: Path) -> None:
    first = ome_set(tmp_path)
    for path in (first, first.with_name("c1.ome.tif")):
        np.testing.assert_array_equal(read_all(path)[0], pixels(2, 2, 40, 50))
    (found,) = find_filesets([tmp_path])
    assert {file.name for file in found.files} == {"c0.ome.tif", "c1.ome.tif"}


def test_a_companion_opens_its_set_and_is_found_once(tmp_path: Path) -> None:
    companion = ome_companion(tmp_path)
    for path in (companion, companion.with_name("c1.ome.tif")):
        np.testing.assert_array_equal(read_all(path)[0], pixels(2, 2, 40, 50))
    (found,) = find_filesets([tmp_path])
    assert {file.name for file in found.files} == {"c0.ome.tif", "c1.ome.tif", "set.companion.ome"}


def test_a_missing_file_of_a_set_is_told_and_reads_as_zeros(tmp_path: Path) -> None:
    path = ome_set(tmp_path)
    path.with_name("c1.ome.tif").unlink()
    with open_image_file(path) as opened:
        assert "c1.ome.tif" in opened.warnings[0]
        whole = opened.images[0].read(Region.whole(opened.images[0].shape))
    np.testing.assert_array_equal(whole[0, 0], pixels(2, 2, 40, 50)[0])
    assert not whole[0, 1].any()


def test_a_renamed_file_still_finds_its_own_planes(tmp_path: Path) -> None:
    path = ome_set(tmp_path).with_name("c1.ome.tif")
    path.rename(tmp_path / "renamed.tif")
    np.testing.assert_array_equal(read_all(tmp_path / "renamed.tif")[0], pixels(2, 2, 40, 50))
    xml = _SET_XML.format(own="other").replace("c1.ome.tif", "c0.ome.tif")
    tifffile.imwrite(tmp_path / "alone.ome.tif", pixels(2, 2, 40, 50)[0], description=xml, metadata=None)
    (tmp_path / "c0.ome.tif").unlink()
    np.testing.assert_array_equal(read_all(tmp_path / "alone.ome.tif")[0, 0], pixels(2, 2, 40, 50)[0])


def test_an_ome_tiff_cannot_name_files_outside_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    tifffile.imwrite(tmp_path / "secret.tif", pixels(40, 50), metadata=None)
    xml = _SET_XML.format(own="a").replace("c1.ome.tif", "../secret.tif")
    tifffile.imwrite(tmp_path / "inside" / "c0.ome.tif", pixels(2, 40, 50), description=xml, metadata=None)
    with open_image_file(tmp_path / "inside" / "c0.ome.tif") as opened:
        assert [Path(file).name for file in opened.files] == ["c0.ome.tif"]
        assert opened.warnings


def test_planes_that_the_xml_counts_and_no_file_holds_are_told(tmp_path: Path) -> None:
    xml = _SET_XML.format(own="a").replace('SizeT="1"', 'SizeT="4"')
    ome_set(tmp_path)
    tifffile.imwrite(tmp_path / "c0.ome.tif", pixels(2, 40, 50), description=xml, metadata=None)
    with open_image_file(tmp_path / "c0.ome.tif") as opened:
        assert "12 planes" in opened.warnings[0]
        assert not opened.images[0].read(Region.plane(opened.images[0].shape, t=3)).any()


def test_broken_ome_xml_still_lets_the_pages_be_read(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "broken.ome.tif", pixels(40, 50), description="<OME><Image", metadata=None)
    with open_image_file(tmp_path / "broken.ome.tif") as opened:
        assert opened.reader == "tiff"
        np.testing.assert_array_equal(opened.images[0].read(Region.whole(opened.images[0].shape)).squeeze(), pixels(40, 50))


def test_imagej_hyperstacks_keep_axes_calibration_and_channels(tmp_path: Path) -> None:
    path = imagej(tmp_path)
    np.testing.assert_array_equal(read_all(path), pixels(2, 3, 2, 50, 60).swapaxes(1, 2))
    with open_image_file(path) as opened:
        about = opened.images[0].description
        assert opened.images[0].shape == Size(2, 2, 3, 50, 60)
        assert (about.physical_size_x, about.physical_size_z) == (Quantity(0.25, "µm"), Quantity(0.7, "µm"))
        assert about.time_increment == Quantity(1.5, "s")
        assert [channel.window for channel in about.channels] == [(10.0, 200.0), (5.0, 99.0)]
        assert [channel.color for channel in about.channels] == ["FF0000", "00FF00"]
        assert opened.original_metadata()["imagej.finterval"] == "1.5"


@pytest.mark.parametrize("make", [big_endian, raw_big_endian, strips, bilevel])
def test_byte_order_tiles_strips_and_bits_do_not_matter(make: Any, tmp_path: Path) -> None:
    path = make(tmp_path)
    np.testing.assert_array_equal(read_all(path).squeeze(), tifffile.imread(path))


def test_colours_in_separate_planes_are_samples(tmp_path: Path) -> None:
    with open_image_file(planar_rgb(tmp_path)) as opened:
        source = opened.images[0]
        assert (source.samples, source.shape) == (3, Size(1, 3, 1, 60, 70))
        np.testing.assert_array_equal(source.read(Region.whole(source.shape))[0, :, 0], pixels(3, 60, 70, dtype="uint8"))


def test_a_plain_pyramid_has_levels(tmp_path: Path) -> None:
    path = generic_pyramid(tmp_path)
    with open_image_file(path) as opened:
        assert [level.shape.x for level in opened.images[0].levels] == [640, 320, 160]
    np.testing.assert_array_equal(
        np.moveaxis(read_all(path, level=2)[0, :, 0], 0, -1), pixels(512, 640, 3, dtype="uint8")[::4, ::4]
    )


def test_pages_of_different_kinds_are_different_images(tmp_path: Path) -> None:
    with open_image_file(mixed_pages(tmp_path)) as opened:
        assert [source.shape for source in opened.images] == [Size(2, 1, 1, 40, 50), Size(1, 3, 1, 20, 30)]


_LOSSLESS = ["lzw", "zlib", "packbits", "zstd", "lzma", "deflate", "lerc", "png", "jpegxl", "jpeg2000", "jpegxr"]


_LOSSLESS_OPTIONS: dict[str, dict[str, Any]] = {
    "jpegxl": {"lossless": True},
    "jpeg2000": {"reversible": True},
    "jpegxr": {"level": 1.0},
}


@pytest.mark.parametrize("codec", _LOSSLESS)
@pytest.mark.parametrize("tile", [(32, 48), None])
def test_every_lossless_codec_gives_back_its_pixels(codec: str, tile: tuple[int, int] | None, tmp_path: Path) -> None:
    written = pixels(75, 110, dtype="uint8")
    level = _LOSSLESS_OPTIONS.get(codec)
    tifffile.imwrite(tmp_path / "coded.tif", written, tile=tile, compression=codec, compressionargs=level, metadata=None)
    np.testing.assert_array_equal(read_all(tmp_path / "coded.tif").squeeze(), tifffile.imread(tmp_path / "coded.tif"))
    np.testing.assert_array_equal(read_all(tmp_path / "coded.tif").squeeze(), written)


def _spoil(path: Path, page: int, piece: int) -> None:
    with tifffile.TiffFile(path) as tiff:
        where, size = tiff.pages[page].dataoffsets[piece], tiff.pages[page].databytecounts[piece]
    with path.open("r+b") as file:
        file.seek(where)
        file.write(b"\xff" * size)


def test_a_region_needs_only_the_tiles_it_touches(tmp_path: Path) -> None:
    path = ome_5d(tmp_path)
    _spoil(path, page=0, piece=8)
    with open_image_file(path) as opened:
        source = opened.images[0]
        corner = source.read(Region(Size(0, 0, 0, 0, 0), Size(1, 1, 1, 32, 32)))
        np.testing.assert_array_equal(corner, pixels(3, 2, 3, 70, 90)[:1, :1, :1, :32, :32])
        with pytest.raises(UnreadableFile, match=r"five\.ome\.tif"):
            source.read(Region(Size(0, 0, 0, 64, 64), Size(1, 1, 1, 4, 4)))


def test_a_page_cut_short_is_told_when_it_is_read(tmp_path: Path) -> None:
    path = raw_big_endian(tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with open_image_file(path) as opened:
        source = opened.images[0]
        source.read(Region(Size(0, 0, 0, 0, 0), Size(1, 1, 1, 100, 100)))
        with pytest.raises(UnreadableFile, match="cut short"):
            source.read(Region(Size(0, 0, 0, 880, 0), Size(1, 1, 1, 20, 100)))


def test_a_page_that_claims_to_be_huge_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    tifffile.imwrite(path, pixels(64, 64), compression="zlib", metadata=None)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for tag in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            tiff.pages.first.tags[tag].overwrite(2_000_000_000, dtype=4)
    with open_image_file(path) as opened, pytest.raises(UnreadableFile, match="damaged"):
        opened.images[0].read(Region(Size(0, 0, 0, 0, 0), Size(1, 1, 1, 8, 8)))


def test_sizes_meant_for_a_printer_are_left_out(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "print.tif", pixels(20, 20), resolution=(72, 72), resolutionunit="INCH", metadata=None)
    tifffile.imwrite(tmp_path / "fine.tif", pixels(20, 20), resolution=(20000, 20000), resolutionunit="CENTIMETER", metadata=None)
    with open_image_file(tmp_path / "print.tif") as opened:
        assert opened.images[0].description.physical_size_x is None
    with open_image_file(tmp_path / "fine.tif") as opened:
        size = opened.images[0].description.physical_size_x
        assert size is not None
        assert size.um == pytest.approx(0.5)
