"""DICOM files one by one: where the pixels of each lie, of what form they are, and where its frames belong in its series."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_file_meta_info, read_partial
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

from micrarium.errors import UnreadableFile
from micrarium.formats.dicom_head import is_dicom
from micrarium.formats.dicom_values import integer, text, texts
from micrarium.formats.planes import Array
from micrarium.formats.reader import HEAD_BYTES, damage_told

DEFLATED = "1.2.840.10008.1.2.1.99"
_WHOLE_PIXELS = 0x7FE00010
_PIXELS = frozenset({_WHOLE_PIXELS, 0x7FE00008, 0x7FE00009})
_SERIES = 0x0020000E
_UNDEFINED = 0xFFFFFFFF
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"UN"})
#: Values beyond this stay in the file until somebody asks for them.
_DEFERRED_BYTES = 32 << 20
_LARGEST_INFLATED_BYTES = 512 << 20
_COLOURED = 3
#: What is read of every file of a set; all the rest only when somebody asks for the original metadata.
_NEEDED: list[BaseTag | int] = [Tag(keyword) for keyword in (
    "AcquisitionDate", "AcquisitionDateTime", "AcquisitionNumber", "AcquisitionTime", "BitsAllocated", "BitsStored",
    "BluePaletteColorLookupTableData", "BluePaletteColorLookupTableDescriptor", "BurnedInAnnotation", "Columns",
    "ConcatenationFrameOffsetNumber", "ConcatenationUID", "ContentDate", "ContentTime", "DeviceSerialNumber",
    "DimensionOrganizationType", "ExtendedOffsetTable", "FrameAcquisitionDateTime", "FrameIncrementPointer", "FrameTime",
    "GreenPaletteColorLookupTableData", "GreenPaletteColorLookupTableDescriptor", "GridFrameOffsetVector", "HighBit",
    "ImageOrientationPatient", "ImagePositionPatient", "ImageType", "ImagedVolumeHeight", "ImagedVolumeWidth",
    "ImagerPixelSpacing", "InstanceNumber", "LossyImageCompression", "Manufacturer", "ManufacturerModelName", "Modality",
    "NominalScannedPixelSpacing", "NumberOfFrames", "NumberOfOpticalPaths", "OperatorsName", "OpticalPathSequence",
    "PerFrameFunctionalGroupsSequence", "PhotometricInterpretation", "PixelRepresentation", "PixelSpacing",
    "PlanarConfiguration", "PyramidUID", "RedPaletteColorLookupTableData", "RedPaletteColorLookupTableDescriptor",
    "RescaleIntercept", "RescaleSlope", "Rows", "SOPClassUID", "SOPInstanceUID", "SamplesPerPixel",
    "SegmentedBluePaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData", "SequenceOfUltrasoundRegions", "SeriesDate", "SeriesDescription",
    "SeriesInstanceUID", "SeriesNumber", "SeriesTime", "SharedFunctionalGroupsSequence", "SliceLocation", "SliceThickness",
    "SoftwareVersions", "SpacingBetweenSlices", "StudyDate", "StudyTime", "TemporalPositionIdentifier",
    "TemporalPositionIndex", "TimezoneOffsetFromUTC", "TotalPixelMatrixColumns", "TotalPixelMatrixFocalPlanes",
    "TotalPixelMatrixOriginSequence", "TotalPixelMatrixRows", "WindowCenter", "WindowWidth",
)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PixelForm:
    """Of what form the pixels of a file are. ``kind`` is NumPy's: u, i or f."""

    rows: int
    columns: int
    samples: int
    allocated: int
    stored: int
    high_bit: int
    kind: str
    photometric: str
    is_planar: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of one sample as it is given out; single bits become bytes."""
        return np.dtype(f"{self.kind}{max(1, self.allocated // 8)}")

    @property
    def frame_bits(self) -> int:
        """How many bits a frame takes that is not compressed."""
        if self.photometric == "YBR_FULL_422" and self.samples == _COLOURED:
            return self.rows * (self.columns + self.columns % 2) * 2 * self.allocated
        return self.rows * self.columns * self.samples * self.allocated


@dataclass(frozen=True, slots=True)
class PixelData:
    """Where the pixels lie: the offset of their first byte and how many there are, and how they are stored."""

    start: int
    length: int
    is_encapsulated: bool
    syntax: str
    order: Literal["<", ">"]
    has_swapped_bytes: bool
    is_real: bool


@dataclass(frozen=True, eq=False, slots=True)
class Instance:
    """One DICOM file with pixels, and what is needed of its header.

    ``inflated`` holds the data set of a file that was deflated as a whole.
    """

    path: Path
    header: Dataset
    form: PixelForm
    data: PixelData
    frames: int
    inflated: bytes | None = None

    @property
    def flavour(self) -> str:
        """What an image of a slide shows (``VOLUME``, ``LABEL``, ``OVERVIEW``, ``THUMBNAIL``); empty for anything else."""
        if text(self.header, "Modality") != "SM" and "TotalPixelMatrixColumns" not in self.header:
            return ""
        kind = (texts(self.header, "ImageType") + [""] * 3)[2].upper()
        return "OVERVIEW" if kind.endswith("LOCALIZER") else kind or "VOLUME"

    @property
    def is_plain(self) -> bool:
        """Whether any part of a frame can be read without decoding the whole of it."""
        is_rgb = not self.form.photometric.startswith("YBR")
        return not self.data.is_encapsulated and self.form.allocated > 1 and is_rgb and not self._is_paired

    @property
    def _is_paired(self) -> bool:
        return self.data.has_swapped_bytes and self.form.allocated == 8

    @property
    def offsets(self) -> Array | None:
        """Where each encapsulated frame begins, counted from the first fragment, where the extended offset table says so."""
        table = self.header.get("ExtendedOffsetTable")
        return None if not table or len(table) != 8 * self.frames else np.frombuffer(table, "<u8")


def read_instance(path: Path) -> Instance:
    """The header of one file. Raises ``UnreadableFile`` when it is damaged or holds no pixels that can be read."""
    with damage_told(path, "be opened"), path.open("rb") as file:
        header, inflated, body = _read_header(path, file, _NEEDED)
        data = _find_pixels(path, header, body)
        form = _read_form(path, header, data.is_real)
        frames = max(1, integer(header, "NumberOfFrames") or 1)
        size = path.stat().st_size if inflated is None else len(inflated)
        needed = frames * 8 if data.is_encapsulated else -(-frames * form.frame_bits // 8)
        if data.start + needed > size or (not data.is_encapsulated and needed > data.length + 1):
            raise UnreadableFile(f"{path.name} is cut short or damaged: {frames} frames need {needed} bytes of pixels")
        return Instance(path, header, form, data, frames, inflated)


def _at_pixels(tag: int, _vr: str | None, _length: int) -> bool:
    return tag in _PIXELS


def read_whole_header(path: Path) -> Dataset:
    """Everything that a file says beside its pixels."""
    with damage_told(path), path.open("rb") as file:
        return _read_header(path, file, None)[0]


def _read_header(path: Path, file: BinaryIO, wanted: list[BaseTag | int] | None) -> tuple[Dataset, bytes | None, BinaryIO]:
    """The header, the inflated data set where it was deflated, and the file or these bytes, standing at the pixels."""
    if _syntax_of(path) != DEFLATED:
        return read_partial(file, _at_pixels, defer_size=_DEFERRED_BYTES, force=True, specific_tags=wanted), None, file
    meta = read_file_meta_info(path)
    file.seek(132 + 12 + int(meta.FileMetaInformationGroupLength))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(file.read(_LARGEST_INFLATED_BYTES), _LARGEST_INFLATED_BYTES)
    if inflater.unconsumed_tail:
        raise UnreadableFile(
            f"{path.name} is deflated and inflates to more than {_LARGEST_INFLATED_BYTES >> 20} MiB; inflate it first"
        )
    body = io.BytesIO(inflated)
    header = read_dataset(body, False, True, stop_when=_at_pixels, specific_tags=wanted)
    header.file_meta = meta
    header.set_original_encoding(False, True)
    return header, inflated, body


def _syntax_of(path: Path) -> str:
    """The transfer syntax that the file's own header names; empty for a file without preamble."""
    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            return ""
    return str(read_file_meta_info(path).get("TransferSyntaxUID", ""))


def _read_form(path: Path, header: Dataset, is_real: bool) -> PixelForm:
    def number(keyword: str, default: int = 0) -> int:
        found = integer(header, keyword)
        return default if found is None else found

    samples, allocated = number("SamplesPerPixel", 1), number("BitsAllocated")
    stored = number("BitsStored", allocated)
    kind = "f" if is_real else "i" if number("PixelRepresentation") == 1 and allocated > 1 else "u"
    form = PixelForm(
        rows=number("Rows"),
        columns=number("Columns"),
        samples=samples,
        allocated=allocated,
        stored=stored if 0 < stored <= allocated else allocated,
        high_bit=number("HighBit", stored - 1),
        kind=kind,
        photometric=text(header, "PhotometricInterpretation").upper() or "MONOCHROME2",
        is_planar=samples > 1 and number("PlanarConfiguration") == 1,
    )
    if form.rows < 1 or form.columns < 1:
        raise UnreadableFile(f"{path.name} holds no image: {_what_it_is(header)}")
    if (
        samples not in (1, _COLOURED)
        or allocated not in (1, 8, 16, 32, 64)
        or (allocated < (32 if is_real else 8 if samples > 1 else 1))
    ):
        raise UnreadableFile(f"{path.name} holds pixels of {samples} samples with {allocated} bits, which cannot be read")
    return form


def _what_it_is(header: Dataset) -> str:
    kind = UID(text(header, "SOPClassUID") or text(header, "MediaStorageSOPClassUID")).name
    return f"it is of the kind {kind!r}" if kind else "its header gives no size"


def _find_pixels(path: Path, header: Dataset, body: BinaryIO) -> PixelData:
    """The element of the pixels, at which the file stands."""
    is_implicit, is_little = header.original_encoding
    order: Literal["<", ">"] = "<" if is_little in (True, None) else ">"
    start, head = body.tell(), body.read(12).ljust(12, b"\0")
    group, element = struct.unpack_from(order + "HH", head)
    if (group << 16 | element) not in _PIXELS:
        raise UnreadableFile(f"{path.name} holds no pixels: {_what_it_is(header)}")
    vr = b"" if is_implicit else head[4:6]
    if is_implicit or vr in _LONG:
        at = 4 if is_implicit else 8
        length, start = struct.unpack_from(order + "I", head, at)[0], start + at + 4
    else:
        length, start = struct.unpack_from(order + "H", head, 6)[0], start + 8
    meta = getattr(header, "file_meta", None)
    syntax = text(meta, "TransferSyntaxUID") if meta is not None else ""
    is_real = (group << 16 | element) != _WHOLE_PIXELS
    return PixelData(start, length, length == _UNDEFINED, syntax, order, order == ">" and vr == b"OW", is_real)


@lru_cache(maxsize=65536)
def _glance(path: Path, _modified: int, _size: int) -> str:
    """The series a file belongs to; empty when it is no DICOM file or does not say."""
    try:
        with damage_told(path), path.open("rb") as file:
            if not is_dicom(file.read(HEAD_BYTES)):
                return ""
            if _syntax_of(path) == DEFLATED:
                return text(_read_header(path, file, [Tag(_SERIES)])[0], "SeriesInstanceUID")
            file.seek(0)
            header = read_partial(file, lambda tag, _vr, _length: tag > _SERIES, force=True, specific_tags=[Tag(_SERIES)])
            return text(header, "SeriesInstanceUID")
    except UnreadableFile:
        return ""


def series_of(path: Path) -> str:
    """The UID of the series a file belongs to; empty when it is no DICOM file or does not say. Remembered."""
    try:
        about = path.stat()
    except OSError:
        return ""
    return _glance(path, about.st_mtime_ns, about.st_size)
