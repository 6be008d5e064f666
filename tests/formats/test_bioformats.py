"""What Bio-Formats reads: formats that nobody else here knows, and the same pixels as our readers for those that we do."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.formats.bioformats import PALETTE, Array, bmp, fits, gif, ics, nrrd, pgm, pixels, plate, ppm, provide_bioformats, pyramid

from micrarium.actions.converting import convert_file
from micrarium.actions.importing import import_files
from micrarium.actions.inspecting import hash_first_plane
from micrarium.actions.opening import Site, admin_actor
from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats import find_filesets, open_image_file
from micrarium.formats.opening import read_head, recognising
from micrarium.geometry import Region, Size
from micrarium.testing.readers import ReaderTests
from micrarium.testing.samples import sample_folder

_SAMPLES = sample_folder(Path(__file__).resolve().parents[2])


@pytest.fixture(autouse=True)
def _bioformats(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from provide_bioformats(monkeypatch)


class TestBioFormats(ReaderTests):
    reader = "bioformats"
    damages = 3
    paths = (nrrd, ics, fits, pgm, ppm, bmp, gif)


class TestMadeUp(ReaderTests):
    reader = "bioformats"
    damages = 0  # there are no bytes to damage: it is all in the name
    paths = (pyramid, plate)


def _read(path: Path, index: int = 0) -> Array:
    with open_image_file(path) as opened:
        assert opened.reader == "bioformats"
        return opened.images[index].read(Region.whole(opened.images[index].shape))


def test_every_pixel_is_where_it_was_written(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(nrrd(tmp_path))[0, 0], pixels(3, 40, 50))
    np.testing.assert_array_equal(_read(ics(tmp_path))[0], pixels(2, 3, 40, 50))
    np.testing.assert_array_equal(_read(pgm(tmp_path))[0, 0, 0], pixels(40, 50, dtype="uint8"))
    np.testing.assert_array_equal(_read(ppm(tmp_path))[0, :, 0], np.moveaxis(pixels(40, 50, 3, dtype="uint8"), -1, 0))
    np.testing.assert_array_equal(_read(bmp(tmp_path))[0, :, 0], np.moveaxis(pixels(40, 50, 3, dtype="uint8"), -1, 0))
    np.testing.assert_array_equal(_read(gif(tmp_path))[0, :, 0], np.moveaxis(PALETTE[pixels(40, 50, dtype="uint8")], -1, 0))
    np.testing.assert_array_equal(_read(fits(tmp_path))[0, 0, 0], pixels(40, 50, dtype="float32"))


def test_what_the_file_says_is_told_in_omes_terms(tmp_path: Path) -> None:
    with open_image_file(ics(tmp_path)) as opened:
        about = opened.images[0].description
        assert [size.um for size in (about.physical_size_x, about.physical_size_y, about.physical_size_z) if size] == [0.5, 0.25, 2]
        assert len(about.channels) == 2
        assert opened.original_metadata()["Format"] == "Image Cytometry Standard"
        assert opened.original_metadata()["layout sizes"] == "16 50 40 3 2"
        assert (opened.ome_xml() or "").startswith("<?xml")


def test_resolutions_and_colours_come_out(tmp_path: Path) -> None:
    with open_image_file(pyramid(tmp_path)) as opened:
        source = opened.images[0]
        assert [level.shape for level in source.levels] == [Size(1, 3, 1, 1200 >> n, 1600 >> n) for n in range(3)]
        assert source.samples == 3
        small = source.read(Region(Size(0, 0, 0, 0, 0), Size(1, 3, 1, 300, 400)), level=2)
        assert small.shape == (1, 3, 1, 300, 400)


def test_a_plate_has_its_wells(tmp_path: Path) -> None:
    with open_image_file(plate(tmp_path)) as opened:
        assert [(one.rows, one.columns) for one in opened.plates] == [(2, 3)]
        wells = [source.description.well for source in opened.images]
        assert [(well.row, well.column, well.field) for well in wells if well] == [
            (row, column, field) for row in range(2) for column in range(3) for field in range(2)
        ]


def test_a_fileset_is_found_by_either_of_its_files(tmp_path: Path) -> None:
    path = ics(tmp_path)
    expected = {path, path.with_suffix(".ids")}
    found = list(find_filesets([tmp_path]))
    assert [(set(one.files), one.reader) for one in found] == [(expected, "bioformats")]
    with open_image_file(path.with_suffix(".ids")) as opened:
        assert (set(opened.files), opened.files[0]) == (expected, path.with_suffix(".ids"))


def test_files_outside_of_the_folder_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "given").mkdir()
    secret = pgm(tmp_path / "secrets")
    pattern = tmp_path / "given" / "all.pattern"
    for named in (str(secret), "../secrets/grey.pgm"):
        pattern.write_text(f"{named}\n")
        with pytest.raises(UnreadableFile) as told:
            open_image_file(pattern, reader="bioformats")
        assert "all.pattern" in told.value.detail
    inside = pgm(tmp_path / "given")
    pattern.write_text(f"{inside.name}\n")
    with open_image_file(pattern, reader="bioformats") as opened:
        assert set(opened.files) == {pattern, inside}


def test_addresses_in_files_are_not_asked(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        for name in (
            f"http://{address}/x.pgm",
            f"http://{address}/x<1-2>.pgm",
            f"https://{address}/x.pgm",
            f"s3+http://{address}/x.pgm",
        ):
            (tmp_path / "far.pattern").write_text(f"{name}\n")
            with pytest.raises(UnreadableFile, match=r"far\.pattern"):
                open_image_file(tmp_path / "far.pattern", reader="bioformats")
            with pytest.raises(BlockingIOError):  # nobody has called
                server.accept()


@pytest.mark.parametrize("suffix", [".txt", ".zip", ".csv", ".avi", ".oir", ".vsi", ".lof", ".xml", ".htm", ".ps", ".dat"])
def test_junk_with_the_suffix_of_a_format_is_known_to_nobody(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"junk{suffix}"
    path.write_bytes(b"hello world, this is no image\n" * 20)
    assert recognising(path, read_head(path)) == []
    with pytest.raises(UnsupportedFormat, match="of no format that a reader knows"):
        open_image_file(path)


def test_a_native_reader_goes_first_unless_bioformats_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "one.npy", pixels(40, 50))
    tifffile.imwrite(tmp_path / "one.tif", pixels(40, 50))
    for chosen, expected in ((None, "tiff"), ("bioformats", "bioformats")):
        with open_image_file(tmp_path / "one.tif", reader=chosen) as opened:
            assert opened.reader == expected
    monkeypatch.setenv("MICRARIUM_PREFER_READERS", "bioformats")
    with open_image_file(tmp_path / "one.tif") as opened:
        assert opened.reader == "bioformats"
    with open_image_file(tmp_path / "one.npy") as opened:
        assert opened.reader == "npy"


def _samples(*patterns: str) -> list[Path]:
    return [] if _SAMPLES is None else sorted(path for pattern in patterns for path in (_SAMPLES / "files").glob(pattern))


#: Scenes of several tiles, which we put together by their places as ZEN does; Bio-Formats leaves out what overlaps.
_DISPUTED = {"S3_1Pos_2Mosaic_T1_Z1_CH1.czi"}


@pytest.mark.parametrize(
    "path", _samples("czi/*.czi", "lif/*.lif", "nd2/*.nd2", "ome-tiff/*.tif*", "dm/*"), ids=lambda path: path.name
)
def test_bioformats_and_our_readers_read_the_same(path: Path) -> None:
    with open_image_file(path) as ours, open_image_file(path, reader="bioformats") as theirs:
        assert ours.reader != theirs.reader
        assert len(ours.images) == len(theirs.images)
        for mine, other in zip(ours.images, theirs.images, strict=True):
            assert (mine.shape, mine.dtype, mine.samples) == (other.shape, other.dtype, other.samples)
            if path.name not in _DISPUTED:
                assert hash_first_plane(mine) == hash_first_plane(other)
                last = Region(Size(mine.shape.t - 1, mine.shape.c - 1, mine.shape.z - 1, 0, 0), Size(1, 1, 1, *mine.shape[3:]))
                np.testing.assert_array_equal(mine.read(last), other.read(last))
            mine_x, other_x = mine.description.physical_size_x, other.description.physical_size_x
            if mine_x is not None and other_x is not None and mine_x.um and other_x.um:
                assert mine_x.um == pytest.approx(other_x.um, rel=0.01)


_PLATE_XML = """<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">
<Plate ID="Plate:0" Name="P1" Rows="2" Columns="3" RowNamingConvention="letter" ColumnNamingConvention="number">
<Well ID="Well:0" Row="0" Column="2"><WellSample ID="WellSample:0" Index="0"><ImageRef ID="Image:0"/></WellSample></Well>
<Well ID="Well:1" Row="1" Column="0"><WellSample ID="WellSample:1" Index="1"><ImageRef ID="Image:1"/></WellSample></Well></Plate>
{}</OME>"""
_IMAGE_XML = """<Image ID="Image:{0}" Name="field {0}"><Pixels ID="Pixels:{0}" DimensionOrder="XYCZT" Type="uint16"
SignificantBits="16" SizeX="50" SizeY="40"
SizeZ="1" SizeC="1" SizeT="1" PhysicalSizeX="0.5"><Channel ID="Channel:{0}:0" SamplesPerPixel="1" Name="DAPI"/>
<TiffData IFD="{0}" PlaneCount="1"/></Pixels></Image>"""


def test_a_plate_in_ome_tiff_is_the_same_to_both(tmp_path: Path) -> None:
    path = tmp_path / "plate.ome.tif"
    xml = _PLATE_XML.format("".join(_IMAGE_XML.format(number) for number in range(2)))
    tifffile.imwrite(path, pixels(2, 40, 50), description=xml.encode(), metadata=None)
    with open_image_file(path) as ours, open_image_file(path, reader="bioformats") as theirs:
        assert (ours.reader, theirs.reader) == ("ome-tiff", "bioformats")
        assert ours.plates == theirs.plates
        assert [source.description.well for source in ours.images] == [source.description.well for source in theirs.images]
        assert ours.images[1].description.well is not None
        for mine, other in zip(ours.images, theirs.images, strict=True):
            assert mine.description == other.description
            np.testing.assert_array_equal(mine.read(Region.whole(mine.shape)), other.read(Region.whole(other.shape)))


def _shapes(path: Path) -> list[Any]:
    with open_image_file(path) as opened:
        return [source.shape for source in opened.images]


def test_what_bioformats_reads_is_converted(tmp_path: Path) -> None:
    convert_file(plate(tmp_path), tmp_path / "plate.ome.zarr")
    assert _shapes(tmp_path / "plate.ome.zarr") == [Size(1, 1, 1, 48, 64)] * 12
    convert_file(ics(tmp_path), tmp_path / "cells.ome.zarr", reader="bioformats")
    with open_image_file(tmp_path / "cells.ome.zarr") as opened:
        np.testing.assert_array_equal(opened.images[0].read(Region.whole(opened.images[0].shape))[0], pixels(2, 3, 40, 50))
        assert json.loads((tmp_path / "cells.ome.zarr" / "zarr.json").read_text())


def test_what_bioformats_reads_is_imported_with_all_its_files(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    ics(folder)
    plate(folder)
    (folder / "notes.htm").write_text("<p>no image</p>")
    result = import_files(site, admin_actor(site), [folder])
    assert (len(result.images), len(result.plates), result.failed) == (13, 1, [])
    assert [os.path.basename(one["path"]) for one in result.skipped] == ["notes.htm"]  # noqa: PTH119  # a text
