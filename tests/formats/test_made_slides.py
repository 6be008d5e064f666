"""Whole slides of DICOM that the tests write: full and sparse tiles, levels, optical paths, planes, concatenations, labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.uid import JPEGLSLossless
from tests.formats.dicoms import WHOLE_SLIDE, Array, item, noise, write_dicom

from micrarium.actions.deidentifying import is_slide_picture
from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.formats.dicom_codecs import decode_frame
from micrarium.formats.dicom_instances import Instance
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

SLIDE = "1.2.826.0.1.3680043.8.498.2"


def tiled(pixels: Array, rows: int, columns: int) -> Array:
    """The tiles of planes (plane, y, x) or (plane, y, x, 3), plane after plane, the last ones filled up with nines."""
    height, width = -(-pixels.shape[1] // rows) * rows, -(-pixels.shape[2] // columns) * columns
    padded = np.full((len(pixels), height, width, *pixels.shape[3:]), 9, pixels.dtype)
    padded[:, : pixels.shape[1], : pixels.shape[2]] = pixels
    split = padded.reshape(len(pixels), height // rows, rows, width // columns, columns, *pixels.shape[3:])
    return split.swapaxes(2, 3).reshape(-1, rows, columns, *pixels.shape[3:])


def optical_path(name: str, **elements: Any) -> Any:
    return item(OpticalPathIdentifier=name, OpticalPathDescription=f"path {name}", **elements)


def write_level(path: Path, pixels: Array, *, tile: tuple[int, int] = (16, 24), spacing: float = 0.0005, **elements: Any) -> Path:
    """A level whose tiles lie in full order."""
    measures = item(PixelSpacing=[spacing, spacing], SpacingBetweenSlices=0.002, SliceThickness=0.001)
    told: dict[str, Any] = {
        "SOPClassUID": WHOLE_SLIDE,
        "SeriesInstanceUID": SLIDE,
        "Modality": "SM",
        "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        "DimensionOrganizationType": "TILED_FULL",
        "TotalPixelMatrixRows": pixels.shape[1],
        "TotalPixelMatrixColumns": pixels.shape[2],
        "OpticalPathSequence": [optical_path("1", ObjectiveLensPower=20)],
        "SharedFunctionalGroupsSequence": [item(PixelMeasuresSequence=[measures])],
        "TotalPixelMatrixOriginSequence": [item(XOffsetInSlideCoordinateSystem=1.5, YOffsetInSlideCoordinateSystem=2)],
        "ManufacturerModelName": "Scanner",
    }
    return write_dicom(path, tiled(pixels, *tile), **(told | elements))


def pyramid(folder: Path) -> Path:
    """A slide of three levels with its label, its overview and its thumbnail."""
    folder = folder / "slide"
    folder.mkdir()
    pixels = noise(1, 70, 100, 3, dtype="uint8", top=255)
    write_level(folder / "c.dcm", pixels)
    write_level(folder / "a.dcm", pixels[:, ::2, ::2], spacing=0.001)
    write_level(folder / "b.dcm", pixels[:, ::4, ::4], spacing=0.002)
    for kind in ("LABEL", "OVERVIEW", "THUMBNAIL"):
        picture = noise(1, 20, 30, 3, dtype="uint8", top=255)
        write_level(folder / f"{kind}.dcm", picture, tile=(20, 30), ImageType=["ORIGINAL", "PRIMARY", kind, "NONE"])
    return folder


def sparse(folder: Path) -> Path:
    """Four tiles of two optical paths and two planes, one of them off the grid, most of the slide without any."""
    places = [(1, 1, 0.0, "b"), (31, 41, 0.0, "b"), (17, 25, 2.5, "b"), (1, 25, 0.0, "a")]
    groups = [
        item(
            PlanePositionSlideSequence=[
                item(
                    RowPositionInTotalImagePixelMatrix=row,
                    ColumnPositionInTotalImagePixelMatrix=column,
                    ZOffsetInSlideCoordinateSystem=z,
                )
            ],
            OpticalPathIdentificationSequence=[item(OpticalPathIdentifier=path)],
        )
        for row, column, z, path in places
    ]
    paths = [
        optical_path(
            "a", IlluminationWaveLength=488.0, IlluminationTypeCodeSequence=[item(CodeMeaning="Epifluorescence illumination")]
        ),
        optical_path("b"),
    ]
    return write_dicom(
        folder / "sparse.dcm",
        noise(4, 16, 24),
        SOPClassUID=WHOLE_SLIDE,
        Modality="SM",
        ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        DimensionOrganizationType="TILED_SPARSE",
        TotalPixelMatrixRows=50,
        TotalPixelMatrixColumns=70,
        OpticalPathSequence=paths,
        PerFrameFunctionalGroupsSequence=groups,
    )


def channels_and_planes(folder: Path) -> Path:
    """Two optical paths with three planes each, in full order."""
    paths = [optical_path("x"), optical_path("y")]
    return write_level(
        folder / "planes.dcm", noise(6, 40, 50), OpticalPathSequence=paths, TotalPixelMatrixFocalPlanes=3, NumberOfOpticalPaths=2
    )


def concatenation(folder: Path) -> Path:
    """One level in three files, with as many tiles as each happened to hold."""
    folder = folder / "parts"
    folder.mkdir()
    tiles = tiled(noise(1, 70, 100), 16, 24)
    for number, (first, last) in enumerate([(0, 7), (7, 8), (8, 25)]):
        told: dict[str, Any] = {
            "ConcatenationUID": "1.2.3",
            "InConcatenationNumber": number + 1,
            "ConcatenationFrameOffsetNumber": first,
        }
        shape: dict[str, Any] = {
            "Rows": 16,
            "Columns": 24,
            "NumberOfFrames": last - first,
            "TotalPixelMatrixRows": 70,
            "TotalPixelMatrixColumns": 100,
        }
        raw = tiles[first:last].tobytes()
        write_level(folder / f"{number}.dcm", noise(1, 70, 100), raw=raw, **told, **shape)
    return folder


class TestDicomSlides(ReaderTests):
    reader = "dicom"
    damages = 8
    paths = (pyramid, sparse, channels_and_planes, concatenation)


def _read(path: Path, index: int = 0, level: int = 0) -> Array:
    with open_image_file(path) as opened:
        source = opened.images[index]
        return source.read(Region.whole(source.levels[level].shape), level=level)


def test_levels_are_one_pyramid_and_pictures_of_the_slide_their_own_images(tmp_path: Path) -> None:
    folder = pyramid(tmp_path)
    pixels = noise(1, 70, 100, 3, dtype="uint8", top=255)[0]
    for path in [folder / "a.dcm", folder / "LABEL.dcm", folder]:
        with open_image_file(path) as opened:
            names = [source.description.name for source in opened.images]
            assert names == ["slide", "slide label", "slide overview", "slide thumbnail"]
            assert [source.description.is_thumbnail for source in opened.images] == [False, True, True, True]
            source = opened.images[0]
            assert [level.shape for level in source.levels] == [
                Size(1, 3, 1, 70, 100),
                Size(1, 3, 1, 35, 50),
                Size(1, 3, 1, 18, 25),
            ]
            assert source.levels[0].chunk == Size(1, 3, 1, 16, 24)
            assert source.description.physical_size_x == Quantity(0.0005, "mm")
            assert source.description.objective == {"nominal_magnification": 20.0}
            assert source.description.stage_position_um == (1500.0, 2000.0, None)
            assert len(opened.files) == 6
        for level in range(3):
            np.testing.assert_array_equal(
                _read(path, level=level)[0, :, 0].transpose(1, 2, 0), pixels[:: 1 << level, :: 1 << level]
            )
    assert [is_slide_picture(name) for name in names[1:3]] == [True, True]
    assert len(list(find_filesets([folder]))) == 1


def test_sparse_tiles_lie_where_they_say_and_nothing_is_zero(tmp_path: Path) -> None:
    tiles = noise(4, 16, 24)
    expected = np.zeros((1, 2, 2, 50, 70), np.uint16)
    expected[0, 1, 0, :16, :24] = tiles[0]
    expected[0, 1, 0, 30:46, 40:64] = tiles[1]
    expected[0, 1, 1, 16:32, 24:48] = tiles[2]
    expected[0, 0, 0, :16, 24:48] = tiles[3]
    path = sparse(tmp_path)
    np.testing.assert_array_equal(_read(path), expected)
    with open_image_file(path) as opened:
        about = opened.images[0].description
        assert [channel.name for channel in about.channels] == ["path a", "path b"]
        assert (about.channels[0].excitation_nm, about.channels[0].contrast_method) == (488.0, "Fluorescence")
        assert about.physical_size_z == Quantity(2.5, "µm")


def test_where_a_coloured_slide_has_no_tile_it_is_white(tmp_path: Path) -> None:
    place = item(RowPositionInTotalImagePixelMatrix=1, ColumnPositionInTotalImagePixelMatrix=1)
    groups = [item(PlanePositionSlideSequence=[place])]
    pixels = noise(1, 8, 8, 3, dtype="uint8", top=200)
    told: dict[str, Any] = {"DimensionOrganizationType": "TILED_SPARSE", "PerFrameFunctionalGroupsSequence": groups}
    path = write_level(tmp_path / "white.dcm", pixels, tile=(8, 8), TotalPixelMatrixColumns=20, **told, TotalPixelMatrixRows=8)
    whole = _read(path)[0, :, 0]
    np.testing.assert_array_equal(whole[:, :, :8].transpose(1, 2, 0), pixels[0])
    assert (whole[:, :, 8:] == 255).all()


def test_full_tiles_run_through_planes_and_then_through_optical_paths(tmp_path: Path) -> None:
    path = channels_and_planes(tmp_path)
    np.testing.assert_array_equal(_read(path)[0], noise(6, 40, 50).reshape(2, 3, 40, 50))
    with open_image_file(path) as opened:
        assert opened.images[0].description.physical_size_z == Quantity(2.0, "µm")


def test_a_level_in_several_files_is_put_together(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(concatenation(tmp_path) / "1.dcm")[0, 0, 0], noise(1, 70, 100)[0])


def test_optical_paths_in_files_of_their_own_are_channels(tmp_path: Path) -> None:
    pixels = noise(2, 40, 50)
    for number in range(2):
        write_level(
            tmp_path / f"{number}.dcm", pixels[[number]], OpticalPathSequence=[optical_path(str(number))], InstanceNumber=number
        )
    np.testing.assert_array_equal(_read(tmp_path / "1.dcm")[0, :, 0], pixels)


def test_a_resolution_that_lacks_a_channel_is_left_out_and_told(tmp_path: Path) -> None:
    paths = [optical_path("x"), optical_path("y")]
    write_level(tmp_path / "full.dcm", noise(2, 40, 50), OpticalPathSequence=paths)
    write_level(tmp_path / "half.dcm", noise(1, 20, 25), OpticalPathSequence=paths[:1])
    with open_image_file(tmp_path / "full.dcm") as opened:
        assert len(opened.images[0].levels) == 1
        assert any(warning.startswith("1 resolutions") for warning in opened.warnings)


def test_only_the_tiles_of_a_region_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Instance] = []

    def decode(instance: Instance, data: bytes) -> Array:
        decoded.append(instance)
        return decode_frame(instance, data)

    monkeypatch.setattr("micrarium.formats.dicom_frames.decode_frame", decode)
    pixels = noise(1, 70, 100)

    def encode(frame: Array) -> bytes:
        coded = bytes(imagecodecs.jpegls_encode(np.ascontiguousarray(frame)))
        return coded + b"\0" * (len(coded) % 2)

    path = write_level(tmp_path / "coded.dcm", pixels, syntax=JPEGLSLossless, encode=encode)
    with open_image_file(path) as opened:
        part = opened.images[0].read(Region(Size(0, 0, 0, 20, 30), Size(1, 1, 1, 8, 30)))
    np.testing.assert_array_equal(part[0, 0, 0], pixels[0, 20:28, 30:60])
    assert len(decoded) == 2


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"TotalPixelMatrixColumns": 0}, "claims a picture of 70 rows and 0 columns"),
        ({"TotalPixelMatrixColumns": 4_000_000_000}, "claims a picture of 70 rows and 4000000000 columns"),
        ({"TotalPixelMatrixRows": 10}, "more frames than tiles of 1 optical paths"),
    ],
)
def test_impossible_slides_are_refused(tmp_path: Path, told: dict[str, Any], message: str) -> None:
    path = write_level(tmp_path / "bad.dcm", noise(1, 70, 100), **told)
    with pytest.raises(UnreadableFile, match=message):
        open_image_file(path)
