"""Plates of MetaXpress: the samples, and made ones with thumbnails, UUIDs, missing and unfit files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import tifffile
from tests.formats.plates.making import first_pixels, make_plane, write_plane

from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Region, Size
from micrarium.pixels.source import ImageFile, PlateDescription
from micrarium.testing.readers import ReaderTests
from micrarium.testing.samples import sample_folder

_SAMPLES = sample_folder(Path(__file__).resolve().parents[3])
_HTD, _DATABASE = "files/hcs-metaxpress/9987_Plate_3434", "files/hcs-metaxpress-db/1well-3C-2S-Zmix-T"


def write_htd(path: Path, *, waves: tuple[str, ...] = ("DAPI", "GFP"), time_points: int = 1, rows: int = 8) -> Path:
    """An HTD as MetaXpress writes one, of a plate with 12 columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ['"HTSInfoFile", Version 1.0', '"Description", "of a test"', f'"TimePoints", {time_points}', '"ZSeries", FALSE']
    lines += ['"XWells", 12', f'"YWells", {rows}', '"Sites", TRUE', '"XSites", 2', '"YSites", 1', '"Waves", TRUE']
    lines += [f'"NWavelengths", {len(waves)}', *(f'"WaveName{n + 1}", "{name}"' for n, name in enumerate(waves)), '"EndFile"']
    path.write_text("\r\n".join(lines), "latin-1")
    return path


def write_plate(folder: Path, *, name: str = "Run 7", wells: tuple[str, ...] = ("B02", "C11"), uuids: bool = False) -> Path:
    """A plate of two wells, two sites and two wavelengths, with thumbnails; plane numbers count up."""
    head = write_htd(folder / f"{name}.HTD")
    number = 0
    for well in wells:
        for site in (1, 2):
            for wave in (1, 2):
                tail = str(UUID(int=number + (0xE9 << 120))).upper() if uuids else ""
                write_plane(folder / f"{name}_{well}_s{site}_w{wave}{tail}.TIF", number)
                write_plane(folder / f"{name}_{well}_s{site}_w{wave}_thumb{tail}.TIF", 5000 + number, height=6, width=8)
                number += 1
    return head


def plate_folder(folder: Path) -> Path:
    return write_plate(folder / "plate").parent


def plate_image(folder: Path) -> Path:
    return write_plate(folder / "with uuids", uuids=True).parent / f"Run 7_B02_s1_w1{str(UUID(int=0xE9 << 120)).upper()}.TIF"


@pytest.fixture
def plate(tmp_path: Path) -> Iterator[ImageFile]:
    with open_image_file(write_plate(tmp_path)) as opened:
        yield opened


class TestMetaXpressPlates(ReaderTests):
    reader = "metaxpress"
    damages = 40
    paths = (plate_folder, *([] if _SAMPLES is None else [_SAMPLES / _HTD, _SAMPLES / _DATABASE]))


def test_the_sample_has_its_wells_fields_steps_and_calibration() -> None:
    if _SAMPLES is None:
        pytest.skip("there are no samples")
    with open_image_file(_SAMPLES / _HTD) as opened:
        assert opened.plates == (PlateDescription("9987", 8, 12),)
        assert len(opened.files) == 41
        wells = [source.description.well for source in opened.images]
        assert [(w.row, w.column, w.field) for w in wells if w] == [(1, 1, 0), (1, 1, 1), (1, 2, 0), (1, 2, 1)]
        source = opened.images[3]
        assert tuple(source.shape) == (1, 3, 2, 256, 256)
        step = _SAMPLES / _HTD / "TimePoint_1" / "ZStep_2" / "9987_B03_s2_w3.TIF"
        np.testing.assert_array_equal(source.read(Region.plane(source.shape, 0, 2, 1))[0, 0, 0], tifffile.imread(step))
        about = source.description
        assert about.stage_position_um == (32300.0, 19885.0, 9990.86)
        assert about.acquisition_date is not None
        assert about.acquisition_date.isoformat() == "2024-07-09T13:13:15.189000+00:00"
        assert [channel.name for channel in about.channels] == ["DAPI", "FITC", "Texas Red"]
        assert [channel.emission_nm for channel in about.channels] == [452.0, 520.0, 624.0]
        assert about.objective["lens_na"] == 0.95
        assert any("12 projections" in warning for warning in opened.warnings)
        assert any("4 wavelengths, of which 3 are here" in warning for warning in opened.warnings)
        assert opened.original_metadata()["UniquePlateIdentifier"] == "6f0ba473-d18a-4a31-8db8-e2087bc78145"


def test_any_file_of_the_sample_leads_to_the_same_fileset() -> None:
    if _SAMPLES is None:
        pytest.skip("there are no samples")
    for name in (_HTD, _DATABASE):
        found = set()
        for path in sorted((_SAMPLES / name).rglob("*.*")):
            with open_image_file(path) as opened:
                found.add((opened.reader, opened.files))
        assert len(found) == 1


def test_each_plane_comes_from_its_own_file_and_thumbnails_from_none(plate: ImageFile) -> None:
    assert [first_pixels(source) for source in plate.images] == [[[[2 * n], [2 * n + 1]]] for n in range(4)]
    assert len(plate.files) == 1 + 8 + 8
    assert plate.warnings == ()
    assert [c.name for c in plate.images[0].description.channels] == ["DAPI", "GFP"]


def test_uuids_behind_a_wavelength_are_not_part_of_its_number(tmp_path: Path) -> None:
    with open_image_file(plate_image(tmp_path)) as opened:
        assert opened.files[0].name == "Run 7.HTD"
        assert [first_pixels(source) for source in opened.images] == [[[[2 * n], [2 * n + 1]]] for n in range(4)]


def test_a_plate_is_found_once_among_other_images(tmp_path: Path) -> None:
    write_plate(tmp_path)
    write_plane(tmp_path / "A note.tif", 1)
    found = [(fileset.path.name, fileset.reader, len(fileset.files)) for fileset in find_filesets([tmp_path])]
    assert sorted(found) == [("A note.tif", "tiff", 1), ("Run 7.HTD", "metaxpress", 17)]


def test_two_plates_in_a_folder_stay_apart(tmp_path: Path) -> None:
    write_plate(tmp_path)
    write_plate(tmp_path, name="Run 8", wells=("D04",))
    assert [(one.path.name, len(one.files)) for one in find_filesets([tmp_path])] == [("Run 7.HTD", 17), ("Run 8.HTD", 9)]


def test_images_belong_to_the_htd_with_the_longest_name_of_theirs(tmp_path: Path) -> None:
    write_plate(tmp_path, name="9987_2", wells=("B02",))
    write_plate(tmp_path, name="9987_Plate_34", wells=("D04",))
    (tmp_path / "9987_Plate_34.HTD").rename(tmp_path / "9987.HTD")
    assert [(one.path.name, len(one.files)) for one in find_filesets([tmp_path])] == [("9987.HTD", 9), ("9987_2.HTD", 9)]


def test_missing_planes_read_as_zeros_and_are_told(tmp_path: Path) -> None:
    head = write_plate(tmp_path)
    (tmp_path / "Run 7_C11_s1_w2.TIF").unlink()
    with open_image_file(head) as opened:
        assert first_pixels(opened.images[2]) == [[[4], [0]]]
        assert opened.warnings == ("1 of 8 planes were not taken or are in no file; they read as zeros",)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda path: path.write_bytes(b""), "is empty or cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:1200]), "is cut short"),
        (lambda path: write_plane(path, 1, height=20), "is 40 x 20 of 16 bits, where the others are 40 x 30 of uint16"),
        (lambda path: write_plane(path, 1, dtype="uint8"), "is 40 x 30 of 8 bits, where the others are 40 x 30 of uint16"),
    ],
)
def test_files_that_do_not_fit_are_told_and_read_as_zeros(tmp_path: Path, spoil: object, why: str) -> None:
    head = write_plate(tmp_path)
    spoil(tmp_path / "Run 7_B02_s2_w1.TIF")  # type: ignore[operator]
    with open_image_file(head) as opened:
        assert first_pixels(opened.images[1]) == [[[0], [3]]]
        assert [w for w in opened.warnings if why in w and "Run 7_B02_s2_w1.TIF" in w]


def test_a_file_that_changes_after_opening_is_named(tmp_path: Path) -> None:
    with open_image_file(write_plate(tmp_path)) as opened:
        write_plane(tmp_path / "Run 7_B02_s1_w2.TIF", 1, height=31)
        with pytest.raises(UnreadableFile, match=r"Run 7_B02_s1_w2.TIF is 40 x 31 of uint16, and the first plane of its set"):
            opened.images[0].read(Region.plane(opened.images[0].shape, 0, 1, 0))


def test_a_plate_elsewhere_and_in_other_case_is_read_the_same(tmp_path: Path) -> None:
    write_plate(tmp_path / "old place")
    moved = tmp_path / "new place" / "deeper"
    shutil.move(tmp_path / "old place", moved)
    for path in list(moved.iterdir()):
        path.rename(path.with_name(path.name.lower()))
    with open_image_file(moved / "run 7_c11_s2_w2.tif") as opened:
        assert opened.files[0] == moved / "run 7.htd"
        assert first_pixels(opened.images[3]) == [[[6], [7]]]


def test_a_database_of_one_time_point_is_known_by_its_names_alone(tmp_path: Path) -> None:
    folder = plate_image(tmp_path).parent
    (folder / "Run 7.HTD").unlink()
    with open_image_file(folder) as opened:
        assert (opened.reader, opened.plates[0].name, len(opened.images)) == ("metaxpress", "Run 7", 4)


def test_a_database_has_its_projections_beside_the_folders_of_the_steps(tmp_path: Path) -> None:
    def name(wave: int, number: int) -> str:
        return f"mix_E07_s1_w{wave}{str(UUID(int=number + (0xE9 << 120))).upper()}.tif"

    folder = tmp_path / "2023-02-21" / "1334"
    for z in (1, 2, 3):
        write_plane(folder / f"ZStep_{z}" / name(1, z), z)
    for wave, number in ((1, 10), (2, 20)):
        write_plane(folder / name(wave, number), number)
    for path in (folder / name(2, 20), folder / "ZStep_3" / name(1, 3)):
        with open_image_file(path) as opened:
            assert first_pixels(opened.images[0]) == [[[1, 2, 3], [20, 0, 0]]]
            assert len(opened.files) == 5
            assert opened.warnings[0] == "2 of 6 planes were not taken or are in no file; they read as zeros"
            assert opened.warnings[1].startswith("1 projections along z")


def test_an_htd_without_images_or_damaged_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"Alone.HTD describes a plate, and no image of it is in its folder"):
        open_image_file(write_htd(tmp_path / "Alone.HTD"))
    write_plate(tmp_path).write_text("nonsense")
    with pytest.raises(UnsupportedFormat):
        open_image_file(tmp_path / "Run 7.HTD")
    with pytest.raises(UnreadableFile, match=r"Run 7.HTD is damaged"):
        open_image_file(tmp_path / "Run 7_B02_s1_w1.TIF", reader="metaxpress")


def test_an_htd_that_is_cut_short_is_told(tmp_path: Path) -> None:
    head = write_plate(tmp_path)
    head.write_bytes(head.read_bytes()[:120])
    with open_image_file(head) as opened:
        assert opened.warnings == ("Run 7.HTD is cut short or damaged: it has no end mark",)
        assert [channel.name for channel in opened.images[0].description.channels] == ["", ""]


def test_a_document_type_in_a_description_is_not_expanded(tmp_path: Path) -> None:
    head = write_plate(tmp_path)
    bomb = '<MetaData><!DOCTYPE x [<!ENTITY a "aaaa">]><prop id="Description" type="string" value="&a;"/></MetaData>'
    write_plane(tmp_path / "Run 7_B02_s1_w1.TIF", 0, description=bomb)
    with open_image_file(head) as opened:
        assert opened.images[0].description.stage_position_um is None


def test_a_thousand_files_of_a_folder_are_listed_a_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1000):
        (tmp_path / f"cells_{number:03d}.tif").write_bytes(b"")
    write_plane(tmp_path / "pattern.tif", 1)
    data = (tmp_path / "pattern.tif").read_bytes()
    for number in range(1000):
        (tmp_path / f"cells_{number:03d}.tif").write_bytes(data)
    os.utime(tmp_path, (1_700_000_000, 1_700_000_000))
    counted: list[str] = []
    scandir = os.scandir

    def counting(path: str | os.PathLike[str]) -> object:
        counted.append(os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counting)
    assert len(list(find_filesets([tmp_path]))) == 1001
    assert len([path for path in counted if path == str(tmp_path)]) <= 3


def test_a_plate_of_384_wells_is_opened_by_a_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_htd(tmp_path / "Big.HTD", rows=16)
    data = write_plane(tmp_path / "x.tif", 3).read_bytes()
    (tmp_path / "x.tif").unlink()
    for row in "ABCDEFGHIJKLMNOP":
        for column in range(1, 25):
            for site in range(1, 5):
                for wave in (1, 2):
                    (tmp_path / f"Big_{row}{column:02d}_s{site}_w{wave}.TIF").write_bytes(data)
    opened_paths: list[str] = []
    before = tifffile.TiffFile.__init__

    def counting(self: tifffile.TiffFile, file: object, **options: object) -> None:
        opened_paths.append(str(file))
        before(self, file, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(tifffile.TiffFile, "__init__", counting)
    with open_image_file(tmp_path / "Big_P24_s4_w2.TIF") as opened:
        assert (len(opened.images), len(opened.files)) == (1536, 3073)
        assert opened.plates == (PlateDescription("Big", 16, 24),)
        assert len(opened_paths) <= 2
        last = opened.images[-1]
        region = Region(Size(0, 0, 0, 3, 4), Size(1, 2, 1, 5, 6))
        np.testing.assert_array_equal(last.read(region)[0, 1, 0], make_plane(3)[3:8, 4:10])
