"""DICOM files one by one: where the pixels of each lie, of what form they are, and where its frames belong in its series."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import UID

from micrarium.errors import UnreadableFile
from micrarium.formats.dicom_groups import FramePlace
from micrarium.formats.dicom_head import LONG_TYPES
from micrarium.formats.dicom_headers import PIXELS, WHOLE_PIXELS, Header, Tags, read_header
from micrarium.formats.dicom_values import integer, text, texts
from micrarium.formats.planes import Array
from micrarium.formats.reader import damage_told

_UNDEFINED = 0xFFFFFFFF
_COLOURED = 3
#: What is read of every file of a set; all the rest only when somebody asks for the original metadata.
_NEEDED: Tags = [Tag(keyword) for keyword in (
    "AcquisitionDate", "AcquisitionDateTime", "AcquisitionNumber", "AcquisitionTime", "BitsAllocated", "BitsStored",
    "BluePaletteColorLookupTableData", "BluePaletteColorLookupTableDescriptor", "BurnedInAnnotation", "Columns",
    "ConcatenationFrameOffsetNumber", "ConcatenationUID", "ContentDate", "ContentTime", "DeviceSerialNumber",
    "DimensionOrganizationType", "ExtendedOffsetTable", "FrameAcquisitionDateTime", "FrameIncrementPointer", "FrameTime",
    "GreenPaletteColorLookupTableData", "GreenPaletteColorLookupTableDescriptor", "GridFrameOffsetVector", "HighBit",
    "ImageOrientationPatient", "ImagePositionPatient", "ImageType", "ImagedVolumeHeight", "ImagedVolumeWidth",
    "ImagerPixelSpacing", "InstanceNumber", "LossyImageCompression", "Manufacturer", "ManufacturerModelName", "Modality",
    "NominalScannedPixelSpacing", "NumberOfFrames", "NumberOfOpticalPaths", "OperatorsName", "OpticalPathSequence",
    "PhotometricInterpretation", "PixelRepresentation", "PixelSpacing",
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

    ``places`` says where each frame belongs, where the file says it; ``inflated`` holds the data set of a file that was
    deflated as a whole.
    """

    path: Path
    header: Dataset
    form: PixelForm
    data: PixelData
    frames: int
    places: tuple[FramePlace, ...] = ()
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
    header = read_header(path, _NEEDED)
    with damage_told(path, "be opened"):
        data = _find_pixels(path, header)
        elements = header.elements
        form = _read_form(path, elements, data.is_real)
        frames = max(1, integer(elements, "NumberOfFrames") or 1)
        size = path.stat().st_size if header.inflated is None else len(header.inflated)
        needed = frames * 8 if data.is_encapsulated else -(-frames * form.frame_bits // 8)
        if data.start + needed > size or (not data.is_encapsulated and needed > data.length + 1):
            raise UnreadableFile(f"{path.name} is cut short or damaged: {frames} frames need {needed} bytes of pixels")
        if header.places and len(header.places[0].spacing) == 2 and "PixelSpacing" not in elements:
            elements.PixelSpacing = list(header.places[0].spacing)
        places = header.places if len(header.places) == frames else ()
        return Instance(path, elements, form, data, frames, places, header.inflated)


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
    kind = UID(text(header, "SOPClassUID") or text(getattr(header, "file_meta", header), "MediaStorageSOPClassUID")).name
    return f"it is of the kind {kind!r}" if kind else "its header gives no size"


def _find_pixels(path: Path, header: Header) -> PixelData:
    """Where the pixels begin, by the head of their element."""
    is_implicit, _ = header.elements.original_encoding
    order, start, head = header.order, header.start, header.head
    group, element = struct.unpack_from(order + "HH", head)
    if (group << 16 | element) not in PIXELS:
        raise UnreadableFile(f"{path.name} holds no pixels: {_what_it_is(header.elements)}")
    vr = b"" if is_implicit else head[4:6]
    if is_implicit or vr in LONG_TYPES:
        at = 4 if is_implicit else 8
        length, start = struct.unpack_from(order + "I", head, at)[0], start + at + 4
    else:
        length, start = struct.unpack_from(order + "H", head, 6)[0], start + 8
    meta = getattr(header.elements, "file_meta", None)
    syntax = text(meta, "TransferSyntaxUID") if meta is not None else ""
    is_real = (group << 16 | element) != WHOLE_PIXELS
    return PixelData(start, length, length == _UNDEFINED, syntax, order, order == ">" and vr == b"OW", is_real)
