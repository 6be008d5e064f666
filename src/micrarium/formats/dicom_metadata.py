"""What DICOM headers say of images, in OME's terms, and everything they say as flat text.

Names of images never hold what DICOM says of patients, orders or studies: they are made of file names, modalities and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut

from micrarium.formats.dicom_codecs import LOSSY
from micrarium.formats.dicom_headers import read_header
from micrarium.formats.dicom_instances import Instance
from micrarium.formats.dicom_values import first_item, items, length, moment, number, numbers, text, texts, value_of
from micrarium.formats.planes import Array
from micrarium.geometry import Quantity
from micrarium.pixels.source import ChannelDescription, ImageDescription

_LONGEST_VALUE = 65536
_MOST_ENTRIES = 20_000
_MOST_LEVELS = 8
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
#: Tables of offsets of frames.
_LEFT_OUT = frozenset({0x7FE00001, 0x7FE00002})
_CENTIMETRES = 3


def describe_image(name: str, header: Dataset, channels: Sequence[ChannelDescription], **measured: Any) -> ImageDescription:
    """The description of one image; ``measured`` are the fields that its reader knows better than the header."""
    told: dict[str, Any] = {
        "name": name,
        "description": text(header, "SeriesDescription")[:2000],
        "acquisition_date": moment(header),
        "channels": tuple(channels),
        "instrument": _describe_instrument(header),
        "experimenter": text(header, "OperatorsName").replace("^", " ").strip() or None,
    }
    told |= pixel_sizes(header)
    return ImageDescription(**(told | measured))


def pixel_sizes(header: Dataset) -> dict[str, Quantity | None]:
    """The distances of pixels: in the patient or on the slide, else on the detector or in the region of an ultrasound."""
    measures = first_item(header, "SharedFunctionalGroupsSequence", "PixelMeasuresSequence")
    for place, keyword in (
        (header, "PixelSpacing"), (measures, "PixelSpacing"), (header, "ImagerPixelSpacing"),
        (header, "NominalScannedPixelSpacing"),
    ):  # fmt: skip
        y, x = length(place, keyword), length(place, keyword, 1)
        if x is not None and y is not None:
            return {"physical_size_x": x, "physical_size_y": y}
    regions = items(header, "SequenceOfUltrasoundRegions")
    if len(regions) == 1 and number(regions[0], "PhysicalUnitsXDirection") == _CENTIMETRES:
        deltas = [abs(number(regions[0], f"PhysicalDelta{axis}") or 0.0) for axis in "XY"]
        if min(deltas) > 0:
            return {f"physical_size_{axis}": Quantity(delta, "cm") for axis, delta in zip("xy", deltas, strict=True)}
    return {"physical_size_x": None, "physical_size_y": None}


def _describe_instrument(header: Dataset) -> dict[str, Any]:
    keywords = {
        "manufacturer": "Manufacturer", "model": "ManufacturerModelName", "serial_number": "DeviceSerialNumber",
        "software": "SoftwareVersions",
    }  # fmt: skip
    return {key: said for key, keyword in keywords.items() if (said := text(header, keyword)) and said != "?"}


def describe_objective(paths: Sequence[Dataset]) -> dict[str, Any]:
    """The objective of a slide scanner, by the first optical path that tells of one."""
    for path in paths:
        found = {
            "nominal_magnification": number(path, "ObjectiveLensPower"),
            "lens_na": number(path, "ObjectiveLensNumericalAperture"),
        }
        if any(found.values()):
            return {key: value for key, value in found.items() if value}
    return {}


def grey_channel(header: Dataset) -> ChannelDescription:
    """The channel of grey slices, with the display range that the file proposes for its stored values."""
    centre, width = number(header, "WindowCenter"), number(header, "WindowWidth")
    slope, intercept = number(header, "RescaleSlope") or 1.0, number(header, "RescaleIntercept") or 0.0
    if centre is None or width is None or width < 1:
        return ChannelDescription()
    ends = sorted((centre + half - intercept) / slope for half in (-width / 2, width / 2))
    return ChannelDescription(window=(ends[0], ends[1]))


def path_channel(path: Dataset) -> ChannelDescription:
    """The channel of one optical path of a slide scanner."""
    wavelength = number(path, "IlluminationWaveLength")
    kinds = " ".join(text(item, "CodeMeaning") for item in items(path, "IlluminationTypeCodeSequence")).lower()
    is_glow = "epifluorescence" in kinds
    return ChannelDescription(
        name=text(path, "OpticalPathDescription") or text(path, "OpticalPathIdentifier"),
        color=_palette_colour(first_item(path, "PaletteColorLookupTableSequence")),
        excitation_nm=wavelength if wavelength and is_glow else None,
        contrast_method="Fluorescence" if is_glow else "Brightfield" if "brightfield" in kinds else None,
        illumination_type="Epifluorescence" if is_glow else "Transmitted" if "transmission" in kinds else None,
    )


def _palette_colour(palette: Dataset) -> str | None:
    """The colour that the brightest value of a channel is shown in."""
    table = palette_table(palette) if len(palette) else None
    if table is not None:
        top = [int(part) >> (8 if table.dtype.itemsize == 2 else 0) for part in table[-1]]
    else:  # some scanners write the segments of 8-bit palettes as words; the last word is where the last segment ends
        ends = [value_of(palette, f"Segmented{name}PaletteColorLookupTableData") for name in ("Red", "Green", "Blue")]
        top = [end[-2] for end in ends if isinstance(end, bytes) and len(end) >= 6 and end[-1] == 0]
    return "".join(f"{part:02X}" for part in top) if len(top) == 3 else None


def palette_table(header: Dataset) -> Array | None:
    """The RGB (value, 3) of every value from the first that a palette maps; None where it has none that can be read."""
    told = numbers(header, "RedPaletteColorLookupTableDescriptor")
    if len(told) != 3:
        return None
    count, first = int(told[0]) or 65536, int(told[1])
    with suppress(Exception):  # pydicom raises anything over damaged tables
        return np.asarray(apply_color_lut(np.arange(first, first + count, dtype=np.int32), header))[:, :3]
    return None


def told_problems(instances: Sequence[Instance]) -> Iterator[str]:
    """What a person should know of the pixels before trusting them."""
    kinds = {LOSSY[one.data.syntax] for one in instances if one.data.syntax in LOSSY}
    for kind in sorted(kinds):
        yield f"The pixels were stored with loss ({kind}): grey values are not as measured"
    if not kinds and any(text(one.header, "LossyImageCompression") == "01" for one in instances):
        yield "The pixels were once stored with loss: grey values are not as measured"
    if any(text(one.header, "BurnedInAnnotation").upper() == "YES" for one in instances):
        yield "There is writing in the pixels (burned-in annotation), which may tell who the patient is"
    if any(one.form.photometric == "MONOCHROME1" for one in instances):
        yield "The highest values are meant to be shown black (MONOCHROME1); the values are kept as they are stored"
    if len({(number(one.header, "RescaleSlope") or 1.0, number(one.header, "RescaleIntercept") or 0.0) for one in instances}) > 1:
        yield "The slices have rescale slopes or intercepts of their own; the values are kept as they are stored"


def flat_headers(instances: Sequence[Instance]) -> dict[str, str]:
    """Every element of the first file by its path, and of the others what differs, below their names."""
    found: dict[str, str] = {}
    for index, instance in enumerate(instances):
        told: dict[str, str] = {}
        header = read_header(instance.path).elements
        for part in (getattr(header, "file_meta", None), header):
            if part is not None:
                _flatten(part, "", told, 0)
        for key, value in told.items():
            if len(found) < _MOST_ENTRIES and (index == 0 or found.get(key) != value):
                found[key if index == 0 else f"{instance.path.name}/{key}"] = value
    return found


def _flatten(data_set: Dataset, path: str, found: dict[str, str], level: int) -> None:
    for tag in sorted(data_set.keys()):
        if tag in _LEFT_OUT or len(found) >= _MOST_ENTRIES:
            continue
        with suppress(Exception):  # an element that cannot be converted is left out
            raw: Any = data_set.get_item(tag)
            if isinstance(raw, RawDataElement) and raw.value is None and raw.length not in (0, None):
                continue  # it was left in the file
            element = data_set[tag]
            key = path + (element.keyword or f"({tag.group:04X},{tag.element:04X}) {element.name.strip('[]')}")
            if element.VR == "SQ":
                for number_, item in enumerate(element.value if level < _MOST_LEVELS else (), 1):
                    _flatten(item, f"{key}[{number_}].", found, level + 1)
            elif element.VR not in _BINARY and (said := _said(element)):
                found[key] = said


def _said(element: DataElement) -> str:
    data_set = Dataset()
    data_set.add(element)
    value = element.value
    if isinstance(value, bytes):
        return ""
    return ", ".join(texts(data_set, element.keyword) if element.keyword else [str(value).strip("\0 ")])[:_LONGEST_VALUE]
