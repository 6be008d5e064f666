"""Multi-frame DICOM files that the tests write, and those that claim what they do not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate_extended
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)
from tests.formats.dicoms import SERIES, item, noise, read, rle_encode, write_dicom

from micrarium.errors import UnreadableFile
from micrarium.formats import dicom_headers, open_image_file
from micrarium.geometry import Quantity, Region, Size


def test_frames_are_times_where_the_file_says_so_and_depths_elsewhere(tmp_path: Path) -> None:
    pixels = noise(5, 8, 8)
    with open_image_file(write_dicom(tmp_path / "film.dcm", pixels, FrameIncrementPointer=0x00181063, FrameTime=40)) as opened:
        assert opened.images[0].shape == Size(5, 1, 1, 8, 8)
        assert opened.images[0].description.time_increment == Quantity(40.0, "ms")
    assert read(write_dicom(tmp_path / "plain.dcm", pixels)).shape == (1, 1, 5, 8, 8)


def test_an_enhanced_file_places_its_frames_one_by_one(tmp_path: Path) -> None:
    pixels = noise(6, 8, 8)
    groups = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, [3.0, 1.5, 0.0][number // 2]])],
            FrameContentSequence=[item(TemporalPositionIndex=number % 2 + 1)],
        )
        for number in range(6)
    ]
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[item(PixelSpacing=[0.1, 0.2], SliceThickness=9)],
    )
    path = write_dicom(
        tmp_path / "enhanced.dcm", pixels, PerFrameFunctionalGroupsSequence=groups, SharedFunctionalGroupsSequence=[shared]
    )
    np.testing.assert_array_equal(read(path)[:, 0], pixels[[4, 2, 0, 5, 3, 1]].reshape(2, 3, 8, 8))
    with open_image_file(path) as opened:
        about = opened.images[0].description
        assert (about.physical_size_x, about.physical_size_z) == (Quantity(0.2, "mm"), Quantity(1.5, "mm"))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("is_open", [False, True])
def test_what_is_said_of_each_frame_is_found_however_it_is_written(tmp_path: Path, syntax: str, is_open: bool) -> None:
    pixels = noise(3, 8, 8)
    groups = []
    for z in (7.0, -2.5, 3.0):
        place = item(
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, z])], RealWorldValueMappingSequence=[item(LUTLabel="x")]
        )
        place.PlaneOrientationSequence = [item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
        for element in place:
            element.is_undefined_length = is_open
            element.value[0].is_undefined_length_sequence_item = is_open
        place.is_undefined_length_sequence_item = is_open
        groups.append(place)
    path = write_dicom(
        tmp_path / "one.dcm", pixels, syntax=syntax, has_open_groups=is_open, PerFrameFunctionalGroupsSequence=groups
    )
    np.testing.assert_array_equal(read(path)[0, 0], pixels[[1, 2, 0]])


@pytest.mark.parametrize("has_places", [False, True])
def test_parts_of_a_concatenation_follow_each_other(tmp_path: Path, has_places: bool) -> None:
    pixels = noise(5, 8, 8)
    for name, first, last in (("b", 0, 3), ("c", 3, 4), ("a", 4, 5)):
        told: dict[str, Any] = {"ConcatenationUID": "1.2.3", "ConcatenationFrameOffsetNumber": first, "SeriesInstanceUID": SERIES}
        if has_places:  # that say nothing of where the frames lie
            told["PerFrameFunctionalGroupsSequence"] = [item(FrameContentSequence=[item(FrameComments="x")])] * (last - first)
        write_dicom(tmp_path / f"{name}.dcm", pixels[first:last], **told)
    np.testing.assert_array_equal(read(tmp_path / "b.dcm")[0, 0], pixels)


def test_more_items_than_frames_are_refused(tmp_path: Path) -> None:
    groups = [item(PlanePositionSequence=[item(ImagePositionPatient=[0, 0, z])]) for z in range(5)]
    path = write_dicom(tmp_path / "one.dcm", noise(3, 8, 8), PerFrameFunctionalGroupsSequence=groups)
    with pytest.raises(UnreadableFile, match=r"one\.dcm .*describes more than its 3 frames"):
        open_image_file(path)


def test_frames_are_found_by_the_extended_table_of_offsets(tmp_path: Path) -> None:
    pixels = noise(3, 20, 30)
    coded = [bytes(imagecodecs.jpegls_encode(frame)) for frame in pixels]
    coded = [one + b"\0" * (len(one) % 2) for one in coded]
    _, offsets, lengths = encapsulate_extended(coded)
    frames = iter(coded)
    path = write_dicom(
        tmp_path / "one.dcm", pixels, syntax=JPEGLSLossless, encode=lambda _: next(frames),
        ExtendedOffsetTable=offsets, ExtendedOffsetTableLengths=lengths,
    )  # fmt: skip
    np.testing.assert_array_equal(read(path)[0, 0], pixels)


def test_fragments_are_put_together_without_a_table_of_offsets(tmp_path: Path) -> None:
    pixels = noise(2, 20, 30)

    def pieces(data: bytes) -> bytes:
        coded = data + b"\0" * (len(data) % 2)
        cut = len(coded) // 4 * 2
        return b"".join(b"\xfe\xff\x00\xe0" + len(part).to_bytes(4, "little") + part for part in (coded[:cut], coded[cut:]))

    coded = [bytes(imagecodecs.jpegls_encode(frame)) for frame in pixels]
    raw = b"\xfe\xff\x00\xe0\0\0\0\0" + b"".join(map(pieces, coded)) + b"\xfe\xff\xdd\xe0\0\0\0\0"
    path = write_dicom(tmp_path / "pieces.dcm", pixels, syntax=JPEGLSLossless, encode=lambda _: b"\0\0")
    data = path.read_bytes()
    at = data.index(b"\xe0\x7f\x10\x00OB") + 12
    path.write_bytes(data[:at] + raw)
    np.testing.assert_array_equal(read(path)[0, 0], pixels)


def test_what_cannot_be_read_is_told_in_one_sentence(tmp_path: Path) -> None:
    video = write_dicom(tmp_path / "video.dcm", noise(1, 8, 8), syntax="1.2.840.10008.1.2.4.102", encode=lambda _: b"\0" * 64)
    with open_image_file(video) as opened, pytest.raises(UnreadableFile, match="compressed in a way that cannot be read"):
        opened.images[0].read(Region.whole(opened.images[0].shape))
    report = write_dicom(tmp_path / "report.dcm", noise(1, 8, 8), SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    data = report.read_bytes()
    report.write_bytes(data[: data.index(b"\xe0\x7f\x10\x00")])
    with pytest.raises(UnreadableFile, match="holds no pixels: it is of the kind 'Basic Text SR"):
        open_image_file(report)
    index = write_dicom(tmp_path / "DICOMDIR", noise(1, 8, 8), SOPClassUID="1.2.840.10008.1.3.10")
    data = index.read_bytes()
    index.write_bytes(data[: data.index(b"\xe0\x7f\x10\x00")])
    with pytest.raises(UnreadableFile, match="holds no pixels: it is of the kind 'Media Storage Directory"):
        open_image_file(index)
    odd = write_dicom(tmp_path / "odd.dcm", noise(1, 8, 8), BitsAllocated=12)
    with pytest.raises(UnreadableFile, match="samples with 12 bits"):
        open_image_file(odd)


def test_claims_beyond_the_file_are_refused_before_memory_is_taken(tmp_path: Path) -> None:
    many = write_dicom(tmp_path / "many.dcm", noise(1, 8, 8), NumberOfFrames=2_000_000_000)
    with pytest.raises(UnreadableFile, match="2000000000 frames need"):
        open_image_file(many)
    large = write_dicom(tmp_path / "large.dcm", noise(1, 8, 8), syntax=RLELossless, encode=rle_encode, Rows=65535, Columns=65535)
    with open_image_file(large) as opened, pytest.raises(UnreadableFile):
        opened.images[0].read(Region(Size(0, 0, 0, 0, 0), Size(1, 1, 1, 1, 1)))
    small = bytes(imagecodecs.jpegls_encode(noise(60, 60)))
    path = write_dicom(tmp_path / "lie.dcm", noise(1, 8, 8), syntax=JPEGLSLossless, encode=lambda _: small)
    with open_image_file(path) as opened, pytest.raises(UnreadableFile, match="60 rows of 60, the header 8 rows of 8"):
        opened.images[0].read(Region.whole(opened.images[0].shape))


def test_a_file_that_inflates_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_headers, "_LARGEST_INFLATED_BYTES", 1 << 20)
    bomb = write_dicom(tmp_path / "bomb.dcm", np.zeros((2, 1000, 1000), np.uint16), syntax=DeflatedExplicitVRLittleEndian)
    assert bomb.stat().st_size < 1 << 16
    with pytest.raises(UnreadableFile, match="inflates to more than 1 MiB"):
        open_image_file(bomb)
