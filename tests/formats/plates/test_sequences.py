"""Sequences by the names of files: what is grouped and, as important, what is not; and patterns that somebody wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.formats.plates.making import first_pixels, make_plane, write_plane

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Region
from micrarium.pixels.source import PlateDescription
from micrarium.testing.readers import ReaderTests
from micrarium.testing.samples import sample_folder

_SAMPLES = sample_folder(Path(__file__).resolve().parents[3])


def time_lapse(folder: Path) -> Path:
    for t in range(3):
        for c in range(2):
            write_plane(folder / "my movie" / f"Exp 7_t{t:03d}_ch{c:02d}.tif", 10 * t + c)
    return folder / "my movie" / "Exp 7_t001_ch01.tif"


def named_wells(folder: Path) -> Path:
    for number, well in enumerate(("B02", "C02", "H12")):
        for field in (1, 2):
            for wave in (1, 2):
                write_plane(folder / "wells" / f"drug_{well}_s{field}_w{wave}.tif", 100 * number + 10 * field + wave)
    return folder / "wells" / "drug_H12_s2_w1.tif"


def pictures(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for z in range(1, 5):
        Image.fromarray(make_plane(z)).save(folder / f"stack_Z{z:03d}.png")
    return folder / "stack_Z003.png"


def pattern_file(folder: Path) -> Path:
    for t in (8, 9, 10):
        for c in "RGB":
            write_plane(folder / f"frame{t}{c}.tif", t + ord(c))
    path = folder / "movie.pattern"
    path.write_text("frame<8-10><R,G,B>.tif\n")
    return path


class TestSequences(ReaderTests):
    reader = "sequence"
    damages = 12
    paths = (
        time_lapse,
        named_wells,
        pictures,
        pattern_file,
        *([] if _SAMPLES is None else [_SAMPLES / "files/tiff-sequence/neubias_mitocheck-movie"]),
        *([] if _SAMPLES is None else [_SAMPLES / "files/tiff-sequence/examplehuman"]),
    )


def write_all(folder: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        write_plane(folder / name, number)


def grouped(folder: Path) -> list[int]:
    """How many files each fileset in a folder has."""
    return sorted(len(found.files) for found in find_filesets([folder]))


@pytest.mark.parametrize(
    ("names", "shape", "images"),
    [
        ([f"a_T{t:05d}.tif" for t in range(5)], (5, 1, 1), 1),
        ([f"a_z{z:02d}.TIF" for z in range(1, 4)], (1, 1, 3), 1),
        ([f"a_c{c}.tif" for c in (1, 2)], (1, 2, 1), 1),
        ([f"a_C{c:02d}.tif" for c in (1, 2, 3)], (1, 3, 1), 1),
        ([f"a_w{c}.tif" for c in (1, 2, 3)], (1, 3, 1), 1),
        ([f"Series001_t{t:02d}_z{z:02d}_ch{c:02d}.tif" for t in range(2) for z in range(3) for c in range(2)], (2, 2, 3), 1),
        ([f"x--W0002--P{p:03d}--T{t:05d}--Z{z:03d}--C.tif" for p in (1, 2) for t in range(3) for z in (0, 1)], (3, 1, 2), 2),
        ([f"img_{t:09d}_{c}_{z:03d}.tif" for t in (0, 1) for c in ("DAPI", "GFP_2") for z in (0, 1, 2)], (2, 2, 3), 1),
        (
            [f"img_channel{c:03d}_position000_time{t:09d}_z{z:03d}.tif" for c in (0, 1) for t in (0, 1) for z in (0, 1)],
            (2, 2, 2),
            1,
        ),
        ([f"AS_1_D{w:02d}f{f:02d}d{d}.tif" for w in (1, 2) for f in (0, 1) for d in (0, 1)], (1, 2, 1), 4),
        (
            [f"r{r:02d}c03f{f:02d}p{p:02d}-ch{c}sk1fk1fl1.tiff" for r in (1, 2) for f in (1, 2) for p in (1, 2) for c in (1, 2)],
            (1, 2, 2),
            4,
        ),
        ([f"p_B03_T0001F{f:03d}L01A01Z{z:02d}C01.tif" for f in (1, 2) for z in (1, 2)], (1, 1, 2), 2),
        ([f"a_{w}_z{z:02d}.tif" for w in ("A01", "C01", "C02", "A02") for z in (1, 2)], (1, 1, 2), 4),
        ([f"a_P{p:02d}_t{t:03d}.tif" for p in (1, 2) for t in (0, 1, 2)], (3, 1, 1), 2),
        ([f"a_c{c}t{t:02d}.tif" for c in (0, 1) for t in range(4)], (4, 2, 1), 1),
        ([f"frames_t{t}.tif" for t in range(1, 13)], (12, 1, 1), 1),
        ([f"day 1_w{w}_s{s}_t{t}.TIF" for w in ("1Conf488", "2DIC") for s in (1, 2) for t in range(1, 7)], (6, 2, 1), 2),
    ],
)
def test_names_that_say_where_a_plane_belongs_make_a_sequence(
    tmp_path: Path, names: list[str], shape: tuple[int, int, int], images: int
) -> None:
    write_all(tmp_path, names)
    for name in (names[0], names[-1]):
        with open_image_file(tmp_path / name) as opened:
            assert opened.reader == "sequence"
            assert {path.name for path in opened.files} == set(names)
            assert len(opened.images) == images
            assert tuple(opened.images[0].shape)[:3] == shape
            held = sorted(int(v) for source in opened.images for v in np.ravel(first_pixels(source)))
            assert held == list(range(len(names)))
            assert opened.warnings == ()


@pytest.mark.parametrize(
    "names",
    [
        [f"cells_{n:03d}.tif" for n in range(9)],
        [f"{n}.tif" for n in range(9)],
        ["01_POS002_D.TIF", "01_POS002_F.TIF", "01_POS002_R.TIF"],
        ["Channel_0.tif", "Channel_1.tif", "Channel_2.tif"],
        ["xz-example_c0t0.tif", "xz-example_c1t8.tif"],
        ["exp_t1.tif", "exp_t2.tif", "exp_t3.tif"],
        [f"a_t{n:03d}.tif" for n in (1, 5, 9)],
        [f"mouse_c{n}.tif" for n in (4, 5, 6)],
        [f"sample_s{n}.tif" for n in range(1, 6)],
        [f"{row}{n:02d}.tif" for row in "ABCD" for n in range(1, 13)],
        [f"a{n}_t00{n}.tif" for n in range(4)],
        [f"a_t{n:03d}.ome.tif" for n in range(4)],
        ["lone_t001.tif"],
        [f"a_z{z:02d}_t{t:02d}.tif" for z in range(3) for t in range(3) if (z, t) not in ((0, 1), (2, 2))],
    ],
)
def test_numbers_and_letters_that_may_mean_anything_are_left_alone(tmp_path: Path, names: list[str]) -> None:
    write_all(tmp_path, names)
    assert grouped(tmp_path) == [1] * len(names)


def test_files_of_other_sizes_types_or_several_pages_are_not_grouped(tmp_path: Path) -> None:
    write_all(tmp_path / "sizes", [f"a_t{n:03d}.tif" for n in range(4)])
    write_plane(tmp_path / "sizes" / "a_t002.tif", 1, height=29)
    write_all(tmp_path / "types", [f"a_t{n:03d}.tif" for n in range(4)])
    write_plane(tmp_path / "types" / "a_t003.tif", 1, dtype="uint8")
    write_all(tmp_path / "pages", [f"a_t{n:03d}.tif" for n in range(4)])
    tifffile.imwrite(tmp_path / "pages" / "a_t001.tif", np.stack([make_plane(1)] * 3), photometric="minisblack")
    write_all(tmp_path / "pyramids", [f"a_c{n}.tif" for n in (1, 2)])
    for number in (1, 2):
        with tifffile.TiffWriter(tmp_path / "pyramids" / f"a_c{number}.tif") as tiff:
            tiff.write(make_plane(1), subifds=1, photometric="minisblack")
            tiff.write(make_plane(1)[::2, ::2], photometric="minisblack", subfiletype=1)
    write_all(tmp_path / "damaged", [f"a_t{n:03d}.tif" for n in range(4)])
    (tmp_path / "damaged" / "a_t001.tif").write_bytes(b"II*\0")
    assert grouped(tmp_path) == [1] * 18


def test_two_sequences_of_a_folder_stay_apart(tmp_path: Path) -> None:
    write_all(tmp_path, [f"{name}_t{n:03d}.tif" for name in "ab" for n in range(4)] + ["overview.tif"])
    assert grouped(tmp_path) == [1, 4, 4]


def test_a_nearly_complete_sequence_reads_zeros_where_a_plane_is_missing(tmp_path: Path) -> None:
    write_all(tmp_path, [f"a_t{n:03d}.tif" for n in range(1, 21) if n != 7])
    with open_image_file(tmp_path / "a_t001.tif") as opened:
        assert tuple(opened.images[0].shape)[:3] == (19, 1, 1)
    write_all(tmp_path / "grid", [f"a_t{t:03d}_c{c}.tif" for t in range(10) for c in (1, 2) if (t, c) != (4, 2)])
    with open_image_file(tmp_path / "grid") as opened:
        assert first_pixels(opened.images[0])[4][1] == [0]
        assert opened.warnings == ("1 of 20 planes were not taken or are in no file; they read as zeros",)


def test_wells_in_names_make_a_plate(tmp_path: Path) -> None:
    with open_image_file(named_wells(tmp_path)) as opened:
        assert opened.plates == (PlateDescription("drug", 8, 12),)
        wells = [source.description.well for source in opened.images]
        assert [(w.row, w.column, w.field) for w in wells if w] == [
            (1, 1, 0), (1, 1, 1), (2, 1, 0), (2, 1, 1), (7, 11, 0), (7, 11, 1),
        ]  # fmt: skip
        assert opened.images[5].description.name == "H12 field 2"
        assert first_pixels(opened.images[5]) == [[[221], [222]]]
        assert [channel.name for channel in opened.images[0].description.channels] == ["w1", "w2"]


def test_a_reader_named_or_grouping_refused_opens_the_one_file(tmp_path: Path) -> None:
    path = time_lapse(tmp_path)
    for reader, is_grouping in (("tiff", True), (None, False)):
        with open_image_file(path, reader=reader, is_grouping=is_grouping) as opened:
            assert (opened.reader, opened.files, opened.images[0].shape.t) == ("tiff", (path,), 1)


def test_the_first_file_gives_the_pixel_size(tmp_path: Path) -> None:
    for z in range(3):
        write_plane(tmp_path / f"a_z{z:02d}.tif", z, resolution=(20000, 20000), resolutionunit="CENTIMETER")
    with open_image_file(tmp_path / "a_z01.tif") as opened:
        size = opened.images[0].description.physical_size_x
        assert size is not None
        assert size.um == 0.5
        assert opened.images[0].description.name == "a"


def test_notes_of_micro_manager_are_read(tmp_path: Path) -> None:
    write_all(tmp_path, [f"img_{t:09d}_{c}_{z:03d}.tif" for t in (0, 1) for c in ("DAPI", "GFP") for z in (0, 1, 2)])
    summary = {"PixelSize_um": 0.325, "z-step_um": 1.5, "Interval_ms": 2000, "ChNames": ["GFP", "DAPI"]}
    (tmp_path / "metadata.txt").write_text(json.dumps({"Summary": summary, "FrameKey-0-0-0": {"Exposure-ms": 10}}))
    with open_image_file(tmp_path / "img_000000001_GFP_002.tif") as opened:
        about = opened.images[0].description
        assert [q.um for q in (about.physical_size_x, about.physical_size_z) if q] == [0.325, 1.5]
        assert about.time_increment is not None
        assert about.time_increment.seconds == 2
        assert [channel.name for channel in about.channels] == ["DAPI", "GFP"]
        assert tmp_path / "metadata.txt" in opened.files
    (tmp_path / "metadata.txt").write_text('{"Summary": [')
    with open_image_file(tmp_path / "img_000000001_GFP_002.tif") as opened:
        assert opened.warnings == ("metadata.txt cannot be read, so sizes and times may be missing",)


def test_a_pattern_groups_what_names_alone_would_not(tmp_path: Path) -> None:
    path = pattern_file(tmp_path)
    assert grouped(tmp_path) == [10]
    with open_image_file(tmp_path / "frame9G.tif") as opened:
        assert opened.files[0] == path
        assert first_pixels(opened.images[0]) == [[[t + ord(c)] for c in "RGB"] for t in (8, 9, 10)]
        assert [channel.name for channel in opened.images[0].description.channels] == ["R", "G", "B"]
    (tmp_path / "frame10B.tif").unlink()
    os.utime(tmp_path)
    with open_image_file(path) as opened:
        assert first_pixels(opened.images[0])[2][2] == [0]
        assert "frame10B.tif" in opened.warnings[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is to hold one line"),
        ("a\nb", "is to hold one line"),
        ("a.tif", "stands for no files"),
        ("a<0-99999999999>.tif", "stands for too many files"),
        ("a<0-999><0-999><0-999>.tif", "or for too many"),
        ("a<1-z>.tif", "is no range"),
        ("a<3-1>.tif", "<3-1> ends before it begins"),
        ("a<z-a>.tif", "<z-a> ends before it begins"),
        ("a<1-3>_<R,G.tif", "no beginning or no end"),
        ("a<1-3>.tif", r"such as a1\.tif, and none of them is here"),
        ("../../etc/<passwd,shadow>", "none of them is here"),
    ],
)
def test_a_pattern_that_names_nothing_is_told_in_a_sentence(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "a.pattern"
    path.write_text(text or "\n")
    with pytest.raises(UnreadableFile, match=why):
        open_image_file(path)


def test_a_pattern_written_on_windows_is_read(tmp_path: Path) -> None:
    write_all(tmp_path, ["q_t1.tif", "q_t2.tif"])
    (tmp_path / "a.pattern").write_bytes(b"\xef\xbb\xbfq_t<1-2>.tif\r\n")
    with open_image_file(tmp_path / "a.pattern") as opened:
        assert opened.images[0].shape.t == 2


def test_times_that_no_file_has_are_told(tmp_path: Path) -> None:
    write_all(tmp_path, [f"m_t{t:03d}.tif" for t in range(20) if t != 3])
    with open_image_file(tmp_path / "m_t000.tif") as opened:
        assert opened.images[0].shape.t == 19
        assert opened.warnings == ("No file has the number 3 along t; those after it follow without a gap",)


def test_the_sample_movie_has_its_frames_in_order() -> None:
    if _SAMPLES is None:
        pytest.skip("there are no samples")
    folder = _SAMPLES / "files/tiff-sequence/neubias_mitocheck-movie"
    with open_image_file(next(folder.glob("*T00017*"))) as opened:
        source = opened.images[0]
        assert tuple(source.shape) == (30, 1, 1, 190, 211)
        frame = tifffile.imread(next(folder.glob("*T00023*")))
        np.testing.assert_array_equal(source.read(Region.plane(source.shape, 23, 0, 0))[0, 0, 0], frame)
