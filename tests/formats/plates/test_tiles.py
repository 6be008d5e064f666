"""Plates described by a table of tiles."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.formats.plates.making import first_pixels, make_plane, write_plane

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.testing.readers import ReaderTests
from micrarium.testing.samples import sample_folder

_SAMPLES = sample_folder(Path(__file__).resolve().parents[3])
_SAMPLE = "files/hcs-cv7000-png/cardiomyocyte_plate"
_HEAD = "file_path,row,column,fov_name,start_x,start_y,start_z,start_c,start_t,length_x,length_y,length_z,length_c,length_t,drug"
_DETAILS = (
    'start_z_space = "pixel"\nstart_t_space = "pixel"\nxy_pixel_size = 0.65\nz_spacing = 5.0\nt_spacing = 2.5\n'
    'channel_names = ["DAPI", "GFP"]\nwavelengths = ["405", "488"]\n'
)


def write_table(folder: Path) -> Path:
    """Two wells with two fields, two channels and two z steps, a file each; the numbers of planes count up."""
    lines, number = [_HEAD], 0
    for row, column, drug in (("A", 1, "DMSO"), ("H", 12, "X, Y")):
        for field in (1, 2):
            for c in (0, 1):
                for z in (0, 1):
                    name = f"tile {number:02d}.tif"
                    write_plane(folder / "data" / name, number)
                    lines.append(f'{name},{row},{column},FOV_{field},{field * 10.5},{-field},{z},{c},0,40,30,1,1,1,"{drug}"')
                    number += 1
    (folder / "acquisition_details.toml").write_text(_DETAILS)
    path = folder / "tiles.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def table(folder: Path) -> Path:
    return write_table(folder / "plate")


def table_folder(folder: Path) -> Path:
    return write_table(folder / "a plate").parent


class TestTables(ReaderTests):
    reader = "tiles"
    damages = 30
    paths = (table, table_folder)


class TestTheSampleTable(ReaderTests):
    reader = "tiles"
    damages = 2
    paths = () if _SAMPLES is None else (_SAMPLES / _SAMPLE / "tiles.csv",)


def test_the_sample_has_three_fields_of_two_planes() -> None:
    if _SAMPLES is None:
        pytest.skip("there are no samples")
    with open_image_file(next((_SAMPLES / _SAMPLE / "data").glob("*F002*Z02*"))) as opened:
        assert (opened.files[0].name, len(opened.files)) == ("tiles.csv", 6)
        assert [tuple(source.shape) for source in opened.images] == [(1, 1, 2, 2160, 2560)] * 3
        about = opened.images[2].description
        assert (about.name, about.stage_position_um) == ("A01 FOV_3", (10.1, 1000.1, None))
        assert [q.um for q in (about.physical_size_x, about.physical_size_z) if q] == [0.65, 5.0]
        assert opened.original_metadata()["A01 FOV_3.drug"] == "DMSO"


def test_a_table_gives_wells_fields_channels_and_further_columns(tmp_path: Path) -> None:
    head = write_table(tmp_path)
    for path in sorted((tmp_path / "data").iterdir()):
        with open_image_file(path) as opened:
            assert (opened.reader, opened.files[0], len(opened.files)) == ("tiles", head, 18)
    with open_image_file(head) as opened:
        assert [first_pixels(source) for source in opened.images] == [[[[n, n + 1], [n + 2, n + 3]]] for n in (0, 4, 8, 12)]
        about = opened.images[3].description
        assert about.well is not None
        assert (about.well.row, about.well.column, about.well.field) == (7, 11, 1)
        assert about.stage_position_um == (21.0, -2.0, None)
        assert [(c.name, c.excitation_nm) for c in about.channels] == [("DAPI", 405), ("GFP", 488)]
        assert opened.original_metadata()["H12 FOV_2.drug"] == "X, Y"


def test_a_file_of_several_planes_holds_them_with_z_fastest(tmp_path: Path) -> None:
    pages = np.stack([make_plane(number) for number in range(12)])
    tifffile.imwrite(tmp_path / "stack.tif", pages, photometric="minisblack")
    (tmp_path / "tiles.csv").write_text(f"{_HEAD}\nstack.tif,1,1,a,0,0,0,0,0,40,30,3,2,2,")
    with open_image_file(tmp_path / "stack.tif") as opened:
        assert first_pixels(opened.images[0]) == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


def test_files_in_folders_of_any_name_are_found_by_the_table(tmp_path: Path) -> None:
    write_table(tmp_path)
    (tmp_path / "data").rename(tmp_path / "camera 1")
    table_text = (tmp_path / "tiles.csv").read_text().replace("\ntile", "\ncamera 1/tile")
    (tmp_path / "tiles.csv").write_text(table_text)
    found = [(one.path.name, one.reader, len(one.files)) for one in find_filesets([tmp_path]) if not one.problem]
    assert found == [("tiles.csv", "tiles", 18)]
    with open_image_file(tmp_path / "camera 1" / "tile 03.tif") as opened:
        assert opened.reader == "tiles"


def test_steps_given_in_micrometres_are_counted_in_planes(tmp_path: Path) -> None:
    write_table(tmp_path)
    (tmp_path / "acquisition_details.toml").write_text("z_spacing = 0.5\n")
    text = (tmp_path / "tiles.csv").read_text()
    (tmp_path / "tiles.csv").write_text(text.replace(",1,0,0,40", ",0.5,0,0,40").replace(",1,1,0,40", ",0.5,1,0,40"))
    with open_image_file(tmp_path / "tiles.csv") as opened:
        assert first_pixels(opened.images[0]) == [[[0, 1], [2, 3]]]


def test_a_table_of_something_else_leaves_images_alone(tmp_path: Path) -> None:
    write_plane(tmp_path / "a.tif", 1)
    (tmp_path / "tiles.csv").write_text("name,price\nblue,3\n")
    found = [(one.reader, len(one.files)) for one in find_filesets([tmp_path]) if not one.problem]
    assert found == [("tiff", 1)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file_path,row\na.tif,A\n", "has no column column, start_x, start_y, length_x, length_y"),
        (f"{_HEAD}\n", "names no files"),
        (f"{_HEAD}\na.tif,,1,f,0,0,0,0,0,40,30,1,1,1,\n", "line 2: a file_path, a row such as A or 1"),
        (f"{_HEAD}\na.tif,A,1,f,far,0,0,0,0,40,30,1,1,1,\n", "line 2: start_x is to be a number, not 'far'"),
        (f"{_HEAD}\na.tif,A,1,f,0,0,0,0,0,40,30,999999,1,1,\n", "line 2: a tile cannot begin at"),
        (f"{_HEAD}\n../../a.tif,A,1,f,0,0,0,0,0,40,30,1,1,1,\n", "none of them is here"),
    ],
)
def test_a_wrong_table_is_told_by_its_line(tmp_path: Path, text: str, why: str) -> None:
    write_plane(tmp_path / "a.tif", 1)
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    (folder / "tiles.csv").write_text(text)
    with pytest.raises(UnreadableFile, match=why):
        open_image_file(folder / "tiles.csv", reader="tiles")


def test_damaged_details_are_told(tmp_path: Path) -> None:
    head = write_table(tmp_path)
    text = head.read_text()
    (tmp_path / "acquisition_details.toml").write_text("xy_pixel_size = ")
    with pytest.raises(UnreadableFile, match=r"acquisition_details.toml is damaged or no TOML"):
        open_image_file(head)
    for number, name in enumerate(("A01_f1.tif", "A01_f2.tif", "A02_f1.tif", "A02_f2.tif")):
        write_plane(tmp_path / "data" / name, number)
    (tmp_path / "tiles.csv").write_text(f"{_HEAD}\nA01_f1.tif,A,1,f,0,0,0,0,0,40,30,1,1,1,\n")
    with open_image_file(tmp_path / "data" / "A01_f1.tif") as opened:
        assert (opened.reader, "no TOML" in opened.warnings[0]) == ("sequence", True)
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "tiles.csv").write_text(text)
    (tmp_path / "acquisition_details.toml").unlink()
    with pytest.raises(UnreadableFile, match="none of them is here"):
        open_image_file(head)
