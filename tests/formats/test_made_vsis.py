"""cellSens' VSI and ETS files that the tests write, read by us and by Bio-Formats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.formats.bioformats import provide_bioformats
from tests.formats.vsis import Array, cut, dimension, field, image, pixels, text, volume, write_ets, write_vsi

from micrarium.errors import UnreadableFile, UnsupportedFormat
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Region, Size
from micrarium.testing.readers import ReaderTests

_SIDE = 64
#: Coarse enough to become smaller by compression, as Bio-Formats expects of tiles.
SLIDE = pixels(200, 300, 3) // 32 * 32


def slide(folder: Path, *, codec: int = 0, order: int = 0) -> Path:
    """A coloured slide with three resolutions; tiles of the background are not stored."""
    plane = SLIDE.copy()
    tiles: dict[Any, Array] = {}
    plane[:_SIDE, :_SIDE] = 240
    for level in range(3):
        shown = plane[:: 2**level, :: 2**level]
        stored = shown[..., ::-1] if order else shown
        tiles.update({(x, y, level): tile for (x, y), tile in cut(stored, _SIDE, 240).items() if not (tile == 240).all()})
    write_ets(folder / "_slide_" / "stack1" / "frame_t.ets", tiles, codec=codec, has_levels=True, background=240, order=order)
    return write_vsi(folder / "slide.vsi", image("20x", (200, 300)))


def jpeg_2000(folder: Path) -> Path:
    """The same slide in JPEG 2000 without loss."""
    return slide(folder, codec=3)


def png(folder: Path) -> Path:
    """The same slide in PNG."""
    return slide(folder, codec=8)


def blue_first(folder: Path) -> Path:
    """The same slide with blue before green before red."""
    return slide(folder, order=1)


STACK = pixels(2, 3, 4, 100, 120, dtype="uint16")


def stack(folder: Path) -> Path:
    """A fluorescence stack along channels, z and time, in this order."""
    tiles = {
        (x, y, c, z, t): tile
        for t in range(2) for c in range(3) for z in range(4)
        for (x, y), tile in cut(STACK[t, c, z][..., None], _SIDE).items()
    }  # fmt: skip
    write_ets(folder / "_stack_" / "stack1" / "frame_t_0.ets", tiles)
    channels = [
        volume(
            2008,
            text(2419, name),
            field(2008, 269, "3B", *color),
            volume(2417, field(268435458, 10, "d", wave)),
            form=1,
            index=number,
        )
        for number, (name, color, wave) in enumerate(
            [("DAPI", (0, 0, 255), 455.0), ("FITC", (0, 255, 0), 518.0), ("Cy5", (255, 0, 0), 666.0)]
        )
    ]
    described = [
        volume(2007, volume(2008, field(2023, 5, "i", 4), form=1), *[], index=0),
        dimension(1, 1, volume(2013, field(268435458, 10, "d", 0.5), form=1)),
        dimension(2, 2, volume(2013, field(268435458, 10, "d", 250.0), form=1)),
    ]
    described[0] = volume(2007, volume(2008, field(2023, 5, "i", 4), form=1), index=0)
    exposure = volume(2006, field(100002, 7, "q", 20_000), field(100049, 5, "i", 12), form=1)
    names = volume(2007, *channels, index=0)
    return write_vsi(folder / "stack.vsi", image("Stack", (100, 120), *described, names, exposure))


def several(folder: Path) -> Path:
    """An overview and two areas, one of which reaches over the edges of its tiles."""
    whole = pixels(130, 140, 3)
    write_ets(
        folder / "_several_" / "stack1" / "frame_t.ets", {(*at, 0): tile for at, tile in cut(pixels(70, 60, 3), _SIDE).items()}
    )
    write_ets(folder / "_several_" / "stack2" / "frame_t.ets", {(*at, 0): tile for at, tile in cut(whole, _SIDE).items()})
    write_ets(
        folder / "_several_" / "stack3" / "frame_t.ets", {(*at, 0): tile for at, tile in cut(pixels(300, 260, 3), _SIDE).items()}
    )
    (folder / "_several_" / "stack3" / "blob_1.blo").write_bytes(b"blob")
    return write_vsi(
        folder / "several.vsi",
        image("Overview", (70, 60), kind=1),
        image("area 1", (120, 130), origin=(-10, -5)),
        image("area 2", (300, 260)),
    )


class TestVsi(ReaderTests):
    reader = "vsi"
    paths = (slide, jpeg_2000, png, blue_first, stack, several)


def _read(path: Path, index: int = 0, level: int = 0) -> Array:
    with open_image_file(path) as opened:
        assert opened.reader == "vsi"
        source = opened.images[index]
        return source.read(Region.whole(source.levels[level].shape), level=level)


@pytest.mark.parametrize("make", [slide, jpeg_2000, png, blue_first])
def test_every_pixel_of_a_slide_is_where_it_was_written(tmp_path: Path, make: object) -> None:
    assert callable(make)
    path, plane = make(tmp_path), SLIDE.copy()
    plane[:_SIDE, :_SIDE] = 240
    for level in range(3):
        np.testing.assert_array_equal(np.moveaxis(_read(path, level=level)[0, :, 0], 0, -1), plane[:: 2**level, :: 2**level])
    np.testing.assert_array_equal(np.moveaxis(_read(path, 1)[0, :, 0], 0, -1), pixels(30, 40, 3))


def test_jpeg_tiles_are_nearly_what_was_written(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(64), np.arange(64))[..., None].repeat(3, -1).astype("u1")
    write_ets(tmp_path / "_j_" / "stack1" / "frame_t.ets", {(0, 0): smooth}, codec=2)
    mine = np.moveaxis(_read(write_vsi(tmp_path / "j.vsi", image("j", (64, 64))))[0, :, 0], 0, -1)
    assert np.abs(mine.astype(int) - smooth).max() <= 3


def test_dimensions_are_what_the_tags_call_them(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(stack(tmp_path)), STACK)


def test_the_tags_are_told_in_omes_terms(tmp_path: Path) -> None:
    with open_image_file(stack(tmp_path)) as opened:
        about = opened.images[0].description
        assert about.name == "Stack"
        assert [size.um for size in (about.physical_size_x, about.physical_size_y, about.physical_size_z) if size] == [
            0.325,
            0.65,
            0.5,
        ]
        assert about.time_increment is not None
        assert about.time_increment.seconds == 0.25
        assert [(one.name, one.color, one.emission_nm, one.exposure_s) for one in about.channels] == [
            ("DAPI", "0000FF", 455, 0.02), ("FITC", "00FF00", 518, 0.02), ("Cy5", "FF0000", 666, 0.02),
        ]  # fmt: skip
        assert about.objective == {"nominal_magnification": 20, "lens_na": 0.75, "refractive_index": 1, "model": "UPLXAPO20X"}
        assert about.instrument == {"software": "cellSens 3.2"}
        assert (about.experimenter, about.significant_bits) == ("Ada Lovelace", 12)
        assert about.acquisition_date == datetime.fromtimestamp(1_700_000_000, UTC)
        assert list(about.stage_position_um or ()) == [1500, -20.5, None]
        assert opened.images[1].description.is_thumbnail
        assert "UPLXAPO20X" in opened.original_metadata().values()


def test_images_of_several_stacks_come_in_their_order_and_are_cut_to_their_size(tmp_path: Path) -> None:
    with open_image_file(several(tmp_path)) as opened:
        assert [source.description.name for source in opened.images] == ["Overview", "area 1", "area 2", "macro image"]
        assert [source.description.is_thumbnail for source in opened.images] == [True, False, False, True]
        assert [source.shape[3:] for source in opened.images] == [(70, 60), (120, 130), (300, 260), (30, 40)]
        area = opened.images[1].read(Region.whole(opened.images[1].shape))
        np.testing.assert_array_equal(np.moveaxis(area[0, :, 0], 0, -1), pixels(130, 140, 3)[10:130, 5:135])
        assert tmp_path / "_several_" / "stack3" / "blob_1.blo" in opened.files


def test_stacks_of_one_size_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (2, 10):
        write_ets(tmp_path / "_s_" / f"stack{number}" / "frame_t.ets", {(0, 0): np.full((64, 64, 1), number, "u1")})
    path = write_vsi(tmp_path / "s.vsi", image("first", (64, 64)), image("second", (60, 64)))
    assert [int(_read(path, index).max()) for index in (0, 1)] == [2, 10]


def test_any_file_opens_the_whole_and_it_is_found_once(tmp_path: Path) -> None:
    path = several(tmp_path)
    (one,) = find_filesets([tmp_path])
    assert (one.path, one.reader, len(one.files)) == (path, "vsi", 5)
    with open_image_file(tmp_path / "_several_" / "stack2" / "frame_t.ets") as opened:
        assert opened.files[0] == tmp_path / "_several_" / "stack2" / "frame_t.ets"
        assert (set(opened.files), len(opened.images)) == (set(one.files), 4)


def test_without_its_folder_only_the_small_picture_is_read_and_that_is_told(tmp_path: Path) -> None:
    path = slide(tmp_path)
    (tmp_path / "_slide_").rename(tmp_path / "elsewhere")
    with open_image_file(path) as opened:
        assert [source.shape for source in opened.images] == [Size(1, 3, 1, 30, 40)]
        assert "_slide_" in opened.warnings[0]
        assert opened.warnings[0].startswith("Only the small picture in slide.vsi was read")
    (tmp_path / "_gone_").mkdir()
    (tmp_path / "elsewhere" / "stack1" / "frame_t.ets").rename(tmp_path / "_gone_" / "frame_t.ets")
    with open_image_file(tmp_path / "_gone_" / "frame_t.ets") as opened:
        assert opened.images[0].shape == Size(1, 3, 1, 256, 320)
        assert "VSI file of these tiles is not there" in opened.warnings[0]


def test_tiles_that_nothing_describes_are_left_out(tmp_path: Path) -> None:
    path = slide(tmp_path)
    write_ets(tmp_path / "_slide_" / "stack0" / "frame_t.ets", {(9, 9): pixels(_SIDE, _SIDE, 3)})
    with open_image_file(path) as opened:
        assert [source.description.name for source in opened.images] == ["20x", "macro image"]
        assert opened.warnings == ("stack0/frame_t.ets belongs to no image that is described, so it was left out",)


def test_a_slide_that_is_blank_at_its_edges_keeps_its_size(tmp_path: Path) -> None:
    for number in ("1", "2"):
        plane = pixels(64, 64, 3)
        write_ets(tmp_path / "_b_" / f"stack{number}" / "frame_t.ets", {(0, 0): plane}, background=250)
    path = write_vsi(tmp_path / "b.vsi", image("label", (64, 64)), image("scan", (500, 600)))
    with open_image_file(path) as opened:
        assert sorted(source.shape[3:] for source in opened.images[:2]) == [(64, 64), (500, 600)]
    whole = _read(path, 1)
    np.testing.assert_array_equal(np.moveaxis(whole[0, :, 0, :64, :64], 0, -1), pixels(64, 64, 3))
    assert (whole[0, :, 0, 64:] == 250).all()


def test_damaged_tables_and_unknown_compressions_are_told(tmp_path: Path) -> None:
    path = tmp_path / "frame_t.ets"
    write_ets(path, {(0, 0): pixels(_SIDE, _SIDE, 3)})
    whole = path.read_bytes()
    for cut_at in (10, 70, len(whole) - 5):
        path.write_bytes(whole[:cut_at].ljust(12, b"\0"))
        with pytest.raises(UnreadableFile, match="damaged"):
            open_image_file(path, reader="vsi")
    path.write_bytes(whole[:84] + b"\x63" + whole[85:])
    with pytest.raises(UnreadableFile, match=r"compression that is not known here \(number 99\)"):
        open_image_file(path, reader="vsi")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    slide(tmp_path)
    (tmp_path / "given").mkdir()
    (tmp_path / "slide.vsi").rename(tmp_path / "given" / "slide.vsi")
    (tmp_path / "given" / "_slide_").symlink_to(tmp_path / "_slide_")
    with open_image_file(tmp_path / "given" / "slide.vsi") as opened:
        assert len(opened.images) == 1
        assert "Only the small picture" in opened.warnings[0]


class TestBesideBioFormats:
    """Another program's reading of the same files, which knows cellSens' own."""

    @pytest.fixture(autouse=True)
    def _bioformats(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        yield from provide_bioformats(monkeypatch)

    @pytest.mark.parametrize("make", [slide, jpeg_2000, png, blue_first, several, stack])
    def test_bioformats_reads_the_same(self, tmp_path: Path, make: object) -> None:
        assert callable(make)
        path = make(tmp_path)
        with open_image_file(path) as ours, open_image_file(path, reader="bioformats") as theirs:
            assert [source.levels[0].shape for source in ours.images] == [source.levels[0].shape for source in theirs.images]
            for mine, other in zip(ours.images, theirs.images, strict=True):
                assert len(mine.levels) == len(other.levels)
                for level, (shape, _) in enumerate(mine.levels):
                    np.testing.assert_array_equal(
                        mine.read(Region.whole(shape), level=level), other.read(Region.whole(shape), level=level)
                    )
            mine_about, other_about = ours.images[0].description, theirs.images[0].description
            assert mine_about.physical_size_x is not None
            assert other_about.physical_size_x is not None
            assert mine_about.physical_size_x.um == other_about.physical_size_x.um
            assert mine_about.objective["nominal_magnification"] == other_about.objective["nominal_magnification"]
            assert mine_about.acquisition_date == other_about.acquisition_date


def test_a_sound_file_in_a_compression_of_the_future_is_unsupported(tmp_path: Path) -> None:
    path = tmp_path / "frame_t.ets"
    write_ets(path, {(0, 0): pixels(_SIDE, _SIDE, 3)})
    data = bytearray(path.read_bytes())
    data[84] = 42
    path.write_bytes(data)
    from micrarium.formats.ets_tiles import read_table

    with pytest.raises(UnsupportedFormat, match="number 42"):
        read_table(path)
