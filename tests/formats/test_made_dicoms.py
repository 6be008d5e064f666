"""DICOM files that the tests write, for what the samples do not have: codecs, palettes, signs, bits, series and times."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)
from tests.formats.dicoms import SERIES, Array, noise, read, rle_encode, smooth, write_dicom, write_slices

from micrarium.actions.deidentifying import DeidentifiedSource
from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Quantity, Size
from micrarium.testing.readers import ReaderTests

JPEG_XL = "1.2.840.10008.1.2.4.110"
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"


def signed_slices(folder: Path) -> Path:
    return write_slices(folder / "series", noise(4, 30, 20, dtype="int16"), order=[2, 0, 3, 1])


def frames_by_rle(folder: Path) -> Path:
    return write_dicom(folder / "rle.dcm", noise(3, 20, 30), syntax=RLELossless, encode=rle_encode)


def colours_by_planes(folder: Path) -> Path:
    return write_dicom(folder / "planes.dcm", noise(2, 20, 30, 3, dtype="uint8"), PlanarConfiguration=1)


def bits(folder: Path) -> Path:
    pixels = noise(3, 7, 9, dtype="uint8", top=2)
    packed = np.packbits(pixels.reshape(-1), bitorder="little").tobytes()
    raw = packed + b"\0" * (len(packed) % 2)
    return write_dicom(folder / "bits.dcm", pixels, raw=raw, BitsAllocated=1, BitsStored=1, HighBit=0)


def bare(folder: Path) -> Path:
    return write_dicom(folder / "bare", noise(1, 20, 30), syntax=ImplicitVRLittleEndian, has_preamble=False)


def deflated(folder: Path) -> Path:
    return write_dicom(folder / "deflated.dcm", noise(2, 20, 30), syntax=DeflatedExplicitVRLittleEndian)


class TestDicom(ReaderTests):
    reader = "dicom"
    damages = 8
    paths = (signed_slices, frames_by_rle, colours_by_planes, bits, bare, deflated)


def test_slices_are_sorted_by_where_they_lie_and_opened_by_any_of_them(tmp_path: Path) -> None:
    folder = signed_slices(tmp_path)
    (folder / "notes.txt").write_text("no image")
    for path in [*sorted(folder.glob("*.dcm")), folder]:
        with open_image_file(path) as opened:
            (source,) = opened.images
            about = source.description
            assert (source.shape, source.dtype, about.name) == (Size(1, 1, 4, 30, 20), np.dtype("int16"), "CT series 4")
            assert (about.physical_size_x, about.physical_size_y) == (Quantity(0.25, "mm"), Quantity(0.5, "mm"))
            assert about.physical_size_z == Quantity(2.0, "mm")
            assert sorted(file.name for file in opened.files) == [f"slice{n}.dcm" for n in range(4)]
        np.testing.assert_array_equal(read(path)[0, 0], noise(4, 30, 20, dtype="int16"))
    assert [found.reader for found in find_filesets([folder]) if not found.problem] == ["dicom"]


def test_slices_of_several_times_are_stacked_by_both(tmp_path: Path) -> None:
    pixels = noise(6, 10, 12)
    for number in range(6):
        place = [0, 0, [4.0, 0.0, 2.0][number % 3]]
        made: dict[str, Any] = {
            "SeriesInstanceUID": SERIES,
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "ImagePositionPatient": place,
        }
        write_dicom(tmp_path / f"slice{number}.dcm", pixels[[number]], TemporalPositionIdentifier=number // 3 + 1, **made)
    assert read(tmp_path / "slice3.dcm").shape == (2, 1, 3, 10, 12)
    np.testing.assert_array_equal(read(tmp_path / "slice3.dcm")[:, 0], pixels[[1, 2, 0, 4, 5, 3]].reshape(2, 3, 10, 12))


def test_a_slice_missing_from_the_middle_is_told(tmp_path: Path) -> None:
    folder = write_slices(tmp_path / "series", noise(6, 10, 12))
    (folder / "slice4.dcm").unlink()
    with open_image_file(folder / "slice0.dcm") as opened:
        assert opened.images[0].shape.z == 5
        assert any("equal distances" in warning for warning in opened.warnings)


def test_a_damaged_slice_is_left_out_and_told(tmp_path: Path) -> None:
    folder = write_slices(tmp_path / "series", noise(3, 10, 12))
    (folder / "slice2.dcm").write_bytes((folder / "slice2.dcm").read_bytes()[:-100])
    with open_image_file(folder / "slice0.dcm") as opened:
        assert opened.images[0].shape.z == 2
        assert opened.warnings[0].startswith("A file of the series was left out: slice2.dcm is cut short")
    with pytest.raises(UnreadableFile, match=r"slice2\.dcm is cut short"):
        open_image_file(folder / "slice2.dcm")


def test_an_element_of_an_unknown_kind_is_left_out_of_what_the_header_says(tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    write_dicom(path, noise(1, 8, 8))
    data = path.read_bytes()
    pixels = data.index(b"\xe0\x7f\x10\x00")
    path.write_bytes(data[:pixels] + b"\x53\x51\x00\x00J\x00\x00\x00" + data[pixels:])
    with open_image_file(path) as opened:
        assert opened.original_metadata()["Modality"]
        assert read(path).shape == (1, 1, 1, 8, 8)


def test_other_series_other_sizes_and_copies_stay_apart(tmp_path: Path) -> None:
    folder = write_slices(tmp_path / "series", noise(3, 10, 12))
    (folder / "copy.dcm").write_bytes((folder / "slice1.dcm").read_bytes())
    write_dicom(folder / "scout.dcm", noise(1, 40, 50), SeriesInstanceUID=SERIES, InstanceNumber=9)
    write_dicom(folder / "stranger.dcm", noise(1, 8, 8))
    with open_image_file(folder / "slice0.dcm") as opened:
        assert [source.shape for source in opened.images] == [Size(1, 1, 3, 10, 12), Size(1, 1, 1, 40, 50)]
        assert [source.description.name for source in opened.images] == ["CT series 4 #1", "CT series 4 #2"]
        assert "stranger.dcm" not in [file.name for file in opened.files]
    assert len(list(find_filesets([folder]))) == 2
    with pytest.raises(UnreadableFile, match="holds 2 DICOM series"):
        open_image_file(folder, reader="dicom")


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (RLELossless, rle_encode),
        (JPEG2000Lossless, lambda frame: imagecodecs.jpeg2k_encode(frame, codecformat="J2K", reversible=True)),
        (JPEGLSLossless, lambda frame: imagecodecs.jpegls_encode(np.ascontiguousarray(frame).view("u2"))),
        (JPEGLosslessSV1, lambda frame: imagecodecs.ljpeg_encode(np.ascontiguousarray(frame).view("u2"))),
        (JPEG_XL, lambda frame: imagecodecs.jpegxl_encode(frame, lossless=True)),
        (DEFLATED_FRAMES, lambda frame: _raw_deflate(frame.tobytes())),
        (ImplicitVRLittleEndian, None),
        (ExplicitVRBigEndian, None),
    ],
)
@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_grey_values_survive_every_lossless_syntax(tmp_path: Path, syntax: str, encode: Any, dtype: str) -> None:
    pixels = noise(3, 20, 30, dtype="uint16" if syntax == JPEG_XL else dtype)
    # pydicom writes no syntax that it does not know, so the name of one as long is replaced.
    known = {JPEG_XL: "1.2.840.10008.1.2.4.100", DEFLATED_FRAMES: "1.2.840.10008.1.2.4.50"}.get(syntax, syntax)
    path = write_dicom(tmp_path / "one.dcm", pixels, syntax=known, encode=encode)
    path.write_bytes(path.read_bytes().replace(known.encode(), syntax.encode().ljust(len(known), b"\0"), 1))
    np.testing.assert_array_equal(read(path)[0, 0], pixels)


def _raw_deflate(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    coded = deflate.compress(data) + deflate.flush()
    return coded + b"\0" * (len(coded) % 2)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32"])
def test_plain_pixels_of_every_type_are_read_as_they_are(tmp_path: Path, dtype: str) -> None:
    pixels = noise(2, 20, 30, dtype=dtype)
    np.testing.assert_array_equal(read(write_dicom(tmp_path / "one.dcm", pixels))[0, 0], pixels)


def test_single_bits_are_zeros_and_ones(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read(bits(tmp_path))[0, 0], noise(3, 7, 9, dtype="uint8", top=2))


def test_bits_beside_the_stored_ones_are_no_values(tmp_path: Path) -> None:
    pixels = noise(1, 20, 30, dtype="int16", top=2000)
    raw = ((pixels.astype(np.uint16) & 0x0FFF) | 0xA000).tobytes()
    path = write_dicom(tmp_path / "twelve.dcm", pixels, raw=raw, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(read(path)[0, 0], pixels)
    shifted = ((pixels.astype(np.uint16) & 0x0FFF) << 4 | 0x5).astype(np.uint16).tobytes()
    path = write_dicom(tmp_path / "high.dcm", pixels, raw=shifted, BitsStored=12, HighBit=15)
    np.testing.assert_array_equal(read(path)[0, 0], pixels)


def test_bytes_that_were_swapped_in_pairs_are_put_back(tmp_path: Path) -> None:
    pixels = noise(3, 5, 7, dtype="uint8")
    stored = pixels.tobytes() + b"\0"
    swapped = np.frombuffer(stored, "<u2").astype(">u2").tobytes()
    path = write_dicom(tmp_path / "swapped.dcm", pixels, raw=swapped, syntax=ExplicitVRBigEndian)
    path.write_bytes(path.read_bytes().replace(b"\x7f\xe0\x00\x10OB", b"\x7f\xe0\x00\x10OW"))
    np.testing.assert_array_equal(read(path)[0, 0], pixels)


def test_real_numbers_are_read_as_they_are(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "real.dcm", noise(1, 6, 8, dtype="uint32"), BitsAllocated=32)
    values = np.linspace(-1, 1, 48, dtype=np.float32).reshape(6, 8)
    data = path.read_bytes()
    at = data.index(b"\xe0\x7f\x10\x00OW")
    path.write_bytes(data[:at] + b"\xe0\x7f\x08\x00OF" + data[at + 6 : at + 12] + values.tobytes())
    np.testing.assert_array_equal(read(path)[0, 0, 0], values)


def test_colours_come_as_red_green_and_blue_however_they_are_stored(tmp_path: Path) -> None:
    pixels = noise(2, 20, 30, 3, dtype="uint8", top=255)
    for planar in (0, 1):
        path = write_dicom(tmp_path / f"{planar}.dcm", pixels, PlanarConfiguration=planar)
        np.testing.assert_array_equal(read(path)[0].transpose(1, 2, 3, 0), pixels)
    with open_image_file(path) as opened:
        assert (opened.images[0].samples, opened.images[0].shape) == (3, Size(1, 3, 2, 20, 30))
    path = write_dicom(tmp_path / "rle.dcm", pixels, syntax=RLELossless, encode=rle_encode)
    np.testing.assert_array_equal(read(path)[0].transpose(1, 2, 3, 0), pixels)


def test_brightness_and_differences_become_colours(tmp_path: Path) -> None:
    import pydicom
    from pydicom.pixels.utils import pixel_array

    ybr = smooth(10, 12, 3)[None]
    path = write_dicom(tmp_path / "ybr.dcm", ybr, PhotometricInterpretation="YBR_FULL")
    expected = pixel_array(pydicom.dcmread(path)).astype(int)
    assert np.abs(read(path)[0, :, 0].transpose(1, 2, 0).astype(int) - expected).max() <= 1
    pairs = np.stack([ybr[0, :, ::2, 0], ybr[0, :, 1::2, 0], ybr[0, :, ::2, 1], ybr[0, :, ::2, 2]], axis=-1)
    half = write_dicom(tmp_path / "half.dcm", ybr, raw=pairs.tobytes(), PhotometricInterpretation="YBR_FULL_422")
    expected = pixel_array(pydicom.dcmread(half)).astype(int)
    assert np.abs(read(half)[0, :, 0].transpose(1, 2, 0).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422"])
def test_a_jpeg_says_itself_what_its_colours_are(tmp_path: Path, photometric: str) -> None:
    pixels = smooth(32, 48, 3)

    def encode(frame: Array) -> bytes:
        coded = bytes(imagecodecs.jpeg_encode(frame, level=98, colorspace="RGB", outcolorspace="YCBCR", subsampling="444"))
        return coded + b"\0" * (len(coded) % 2)

    path = write_dicom(
        tmp_path / "one.dcm", pixels[None], syntax=JPEGBaseline8Bit, encode=encode, PhotometricInterpretation=photometric
    )
    assert np.abs(read(path)[0, :, 0].transpose(1, 2, 0).astype(int) - pixels).max() <= 8
    with open_image_file(path) as opened:
        assert any("with loss (JPEG)" in warning for warning in opened.warnings)


@pytest.mark.parametrize("depth", [8, 16])
def test_a_palette_gives_its_colours(tmp_path: Path, depth: int) -> None:
    indices = noise(1, 12, 10, dtype="uint8", top=40)
    tables = np.random.default_rng(3).integers(0, 1 << depth, (3, 32)).astype(f"u{depth // 8}")
    told: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        told[f"{name}PaletteColorLookupTableDescriptor"] = [32, 4, depth]
        told[f"{name}PaletteColorLookupTableData"] = table.tobytes()
    path = write_dicom(tmp_path / "palette.dcm", indices, **told)
    expected = tables[:, np.clip(indices[0].astype(int) - 4, 0, 31)]
    np.testing.assert_array_equal(read(path)[0, :, 0], expected)


def test_what_the_header_says_goes_into_ome_and_no_patient_into_names(tmp_path: Path) -> None:
    person = {"PatientName": "Muster^Anna", "PatientID": "P-0815", "PatientBirthDate": "19700101", "AccessionNumber": "A77"}
    told: dict[str, Any] = person | {
        "AcquisitionDateTime": "20240229123456.25+0130", "Manufacturer": "Zeiss", "ManufacturerModelName": "Axio Scan",
        "DeviceSerialNumber": "S1", "OperatorsName": "Op^Erator", "WindowCenter": 50, "WindowWidth": 100,
        "RescaleSlope": 2, "RescaleIntercept": -1000, "BurnedInAnnotation": "YES", "SeriesDescription": "brain",
    }  # fmt: skip
    with open_image_file(write_dicom(tmp_path / "one.dcm", noise(1, 8, 8), **told)) as opened:
        about = opened.images[0].description
        assert about.name == "one"
        assert about.acquisition_date == datetime(2024, 2, 29, 12, 34, 56, 250000, timezone(timedelta(hours=1, minutes=30)))
        assert about.instrument == {"manufacturer": "Zeiss", "model": "Axio Scan", "serial_number": "S1"}
        assert (about.experimenter, about.description) == ("Op Erator", "brain")
        assert about.channels[0].window == (500.0, 550.0)
        assert any("burned-in" in warning for warning in opened.warnings)
        metadata = opened.original_metadata()
        assert {key: metadata[key] for key in person} == person
        stripped = DeidentifiedSource(opened.images[0], name="Image 1").description
        said = str(about).replace("Op Erator", "")
        assert not any(part in said for part in ("Muster", "Anna", "P-0815", "1970", "A77"))
        assert (stripped.experimenter, stripped.acquisition_date, stripped.description) == (None, None, "")
        assert stripped.instrument == {"manufacturer": "Zeiss", "model": "Axio Scan"}


def test_dates_without_a_zone_or_in_parts_are_understood(tmp_path: Path) -> None:
    told: dict[str, Any] = {"AcquisitionDate": "19990131", "AcquisitionTime": "0102"}
    with open_image_file(write_dicom(tmp_path / "one.dcm", noise(1, 8, 8), **told)) as opened:
        assert opened.images[0].description.acquisition_date == datetime(1999, 1, 31, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("head", [b"\x08\x00\x05\x00CS\x0a\x00", b"\x08\x00" * 300, b"\0" * 128 + b"DICN", b"\0" * 300])
def test_what_only_looks_alike_is_no_dicom(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "x.bin").write_bytes(head.ljust(600, b"\xff"))
    with pytest.raises(UnreadableFile, match="of no format that a reader knows"):
        open_image_file(tmp_path / "x.bin")


def test_the_preamble_may_be_missing_or_hold_anything(tmp_path: Path) -> None:
    for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian):
        path = write_dicom(tmp_path / "bare", noise(1, 8, 8), syntax=syntax, has_preamble=False)
        np.testing.assert_array_equal(read(path)[0, 0], noise(1, 8, 8))
