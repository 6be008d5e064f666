"""Slides through OpenSlide: made ones of every kind this reader is for, and samples against what tifffile reads of them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.formats.slides import Array, colours, write_mrxs, write_scn, write_vmu

from micrarium.actions.deidentifying import is_slide_picture
from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests
from micrarium.testing.samples import sample_folder

_SAMPLES = sample_folder(Path(__file__).resolve().parents[2])


class TestOpenSlide(ReaderTests):
    reader = "openslide"
    damages = 6
    paths = (write_vmu, write_scn, write_mrxs)


def _read(path: Path, index: int = 0, level: int = 0, reader: str | None = None) -> Array:
    """An image with axes (y, x, sample)."""
    with open_image_file(path, reader=reader) as opened:
        source = opened.images[index]
        return source.read(Region.whole(source.levels[level].shape), level=level)[0, :, 0].transpose(1, 2, 0)


def test_a_mirax_slide_is_read_through_its_face(tmp_path: Path) -> None:
    path = write_mrxs(tmp_path)
    expected = colours(256, 512)
    expected[128:, 384:] = 255  # the picture that was never taken
    np.testing.assert_array_equal(_read(path), expected)
    np.testing.assert_array_equal(_read(path, level=1), colours(256, 512)[::2, ::2])
    with open_image_file(path) as opened:
        about = opened.images[0].description
        assert (about.physical_size_x, about.objective) == (Quantity(0.5, "µm"), {"nominal_magnification": 20.0})
        assert about.acquisition_date == datetime(2012, 12, 24, 10, 11, 12, tzinfo=UTC)
        assert sorted(file.name for file in opened.files) == ["Data0000.dat", "Index.dat", "Slidedat.ini", "slide.mrxs"]
        assert opened.original_metadata()["mirax.GENERAL.OBJECTIVE_MAGNIFICATION"] == "20"
    assert [found.path for found in find_filesets([tmp_path])] == [path]


def test_a_mirax_face_without_its_folder_says_what_is_missing(tmp_path: Path) -> None:
    path = write_mrxs(tmp_path)
    (tmp_path / "slide").rename(tmp_path / "elsewhere")
    with pytest.raises(UnreadableFile, match=r"slide\.mrxs is only the face of a slide; slide.Slidedat\.ini.* is missing"):
        open_image_file(path)


def test_an_uncompressed_hamamatsu_slide_comes_with_its_macro_picture(tmp_path: Path) -> None:
    path = write_vmu(tmp_path)
    assert [found.path for found in find_filesets([tmp_path])] == [path]
    np.testing.assert_array_equal(_read(path), colours(700, 1024))
    with open_image_file(path) as opened:
        slide, macro = opened.images
        assert slide.description.physical_size_y == Quantity(0.5, "µm")
        assert (macro.shape, macro.description.name, macro.description.is_thumbnail) == (Size(1, 3, 1, 60, 80), "slide macro", True)
        assert is_slide_picture(macro.description.name)
        assert sorted(file.name for file in opened.files) == ["a.ngr", "macro.jpg", "map.ngr", "slide.vmu"]


def test_a_leica_slide_lies_where_it_was_scanned(tmp_path: Path) -> None:
    path = write_scn(tmp_path)
    whole = _read(path)
    np.testing.assert_array_equal(whole[400:900, 200:800], colours(500, 600))
    assert (whole[:400] == 255).all()
    with open_image_file(path) as opened:
        assert opened.images[0].description.acquisition_date == datetime(2013, 11, 22, 12, tzinfo=UTC)


def test_without_openslide_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openslide", None)
    with pytest.raises(UnsupportedFormat, match=r"needs `pip install micrarium\[slides\]`"):
        open_image_file(write_mrxs(tmp_path))
    with open_image_file(write_scn(tmp_path)) as opened:
        assert opened.reader == "tiff"


def test_a_slide_that_breaks_openslide_off_is_told_and_we_live(tmp_path: Path) -> None:
    path = write_vmu(tmp_path)
    path.write_text(path.read_text().replace("PixelOrder", "PixelOdour"))  # a key that OpenSlide takes for granted
    with pytest.raises(UnreadableFile, match=r"slide\.vmu ends the program that opens it"):
        open_image_file(path)


def test_other_jpegs_and_tiffs_are_none_of_its(tmp_path: Path) -> None:
    write_vmu(tmp_path)
    with open_image_file(tmp_path / "macro.jpg") as opened:
        assert opened.reader == "raster"


@pytest.mark.skipif(_SAMPLES is None, reason="there are no sample files")
@pytest.mark.parametrize("name", ["wsi-svs/openslide_small.svs", "wsi-tiff/openslide_boxes.tiff", "wsi-ndpi/*.ndpi"])
def test_openslide_and_tifffile_read_the_same_pixels(name: str) -> None:
    assert _SAMPLES is not None
    (path,) = (_SAMPLES / "files").glob(name)
    part = Region(Size(0, 0, 0, 0, 0), Size(1, 3, 1, 250, 300))
    with open_image_file(path, reader="openslide") as mine, open_image_file(path, reader="tiff") as other:
        assert mine.images[0].shape == other.images[0].shape
        part = part.clipped(mine.images[0].shape)
        np.testing.assert_array_equal(mine.images[0].read(part), other.images[0].read(part))
