"""OME-XML as OME-TIFF, OME-Zarr and companion files carry it: what it says of images, planes and plates.

Source: the OME schema 2016-06 and the older ones, read without their namespaces, which differ from year to year.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from micrarium.errors import UnreadableFile
from micrarium.formats.markup import parse_xml
from micrarium.formats.ome_acquisition import has_odd_values, parse_channel, parse_parts, parse_planes, parse_surroundings
from micrarium.formats.ome_elements import child_of, children_of, flag_of, local_name, number_of, quantity_of, text_of, whole_of
from micrarium.geometry import OME_PIXEL_TYPES, Quantity, Size
from micrarium.pixels.plane_tables import PlaneTable
from micrarium.pixels.source import ChannelDescription, ImageDescription, PlateDescription, WellPosition

_NUMPY_TYPES = {ome: numpy for numpy, ome in OME_PIXEL_TYPES.items()} | {"bit": "uint8"}
_OLD_IMMERSIONS = {"Oi": "Oil", "Wi": "Water", "Wl": "Water", "Gl": "Glycerol"}


@dataclass(frozen=True, slots=True)
class TiffData:
    """Which pages of which file hold which planes. ``filename`` and ``uuid`` are empty for the file itself."""

    ifd: int
    planes: int | None
    first: tuple[int, int, int]
    filename: str = ""
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class OmeImage:
    """One Image element. ``sizes`` counts samples in ``c``; ``samples`` has one number per channel."""

    id: str
    description: ImageDescription
    sizes: Size
    samples: tuple[int, ...]
    dtype: str
    order: str
    tiff_data: tuple[TiffData, ...]


@dataclass(frozen=True, slots=True)
class OmeDocument:
    """What an OME-XML document says. ``metadata_file`` is set where it only points to its companion."""

    images: tuple[OmeImage, ...]
    plates: tuple[PlateDescription, ...]
    uuid: str = ""
    metadata_file: str = ""
    annotations: dict[str, str] = field(default_factory=dict)


def parse_ome_xml(xml: str | bytes) -> OmeDocument:
    """The images and plates of an OME-XML document. Raises ``UnreadableFile`` when it is none."""
    try:
        root = parse_xml(xml)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnreadableFile(f"The OME-XML is not well formed: {error}") from error
    if local_name(root) != "OME":
        raise UnreadableFile(f"This is XML, but not OME-XML: its root is {local_name(root)}")
    binary_only = child_of(root, "BinaryOnly")
    # References and settings carry the id of what they point to.
    defining = (element for element in root.iter() if "ID" in element.attrib and not element.tag.endswith(("Ref", "Settings")))
    parts = {element.attrib["ID"]: element for element in defining}
    wells, plates = _parse_plates(root)
    images = tuple(_parse_image(image, parts, wells) for image in children_of(root, "Image"))
    return OmeDocument(
        images=images,
        plates=plates,
        uuid=root.get("UUID", ""),
        metadata_file="" if binary_only is None else binary_only.get("MetadataFile", ""),
        annotations=dict(_original_metadata(root)),
    )


def parse_time(text: str | None) -> datetime | None:
    """A moment from its ISO 8601 form, UTC where it names no zone; None where it is none."""
    if not text:
        return None
    with suppress(ValueError):
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _length(element: Element, name: str) -> Quantity | None:
    found = quantity_of(element, name, "µm")
    return found if found is not None and found.value > 0 else None


def _color(text: str | None) -> str | None:
    """RRGGBB from OME's signed 32-bit RGBA."""
    if text is None:
        return None
    with suppress(ValueError):
        return f"{(int(text) & 0xFFFFFFFF) >> 8:06X}"
    return None


def _parse_image(image: Element, parts: dict[str, Element], wells: dict[str, WellPosition]) -> OmeImage:
    pixels = child_of(image, "Pixels")
    if pixels is None:
        raise UnreadableFile(f"The OME-XML says nothing about the pixels of image {image.get('ID', '')!r}")
    sizes = Size(*(whole_of(pixels, f"Size{axis}", 0) for axis in "TCZYX"))
    if min(sizes) < 1:
        raise UnreadableFile(f"The OME-XML gives image {image.get('ID', '')!r} impossible sizes: {dict(sizes._asdict())}")
    dtype = _NUMPY_TYPES.get(pixels.get("Type", pixels.get("PixelType", "")).lower())
    if dtype is None:
        raise UnreadableFile(f"The OME-XML names an unknown pixel type: {pixels.get('Type')!r}")
    # Before 2008 an image's channels were its logical channels.
    channels = list(children_of(pixels, "Channel")) or list(children_of(image, "LogicalChannel"))
    samples = tuple(whole_of(channel, "SamplesPerPixel", 1) for channel in channels)
    return OmeImage(
        id=image.get("ID", ""),
        description=_describe(image, pixels, channels, parts, wells),
        sizes=sizes,
        samples=samples,
        dtype=dtype,
        order=pixels.get("DimensionOrder", "XYCZT"),
        tiff_data=tuple(_parse_tiff_data(data) for data in children_of(pixels, "TiffData")),
    )


def _parse_tiff_data(data: Element) -> TiffData:
    uuid = child_of(data, "UUID") if len(data) else None
    count = number_of(data, "PlaneCount") if "PlaneCount" in data.attrib else number_of(data, "NumPlanes")
    # A block without IFD and PlaneCount speaks of all planes; one with an IFD alone of a single plane.
    planes = int(count) if count is not None else (1 if "IFD" in data.attrib else None)
    first = (whole_of(data, "FirstT", 0), whole_of(data, "FirstC", 0), whole_of(data, "FirstZ", 0))
    return TiffData(
        ifd=whole_of(data, "IFD", 0),
        planes=planes,
        first=first,
        filename="" if uuid is None else uuid.get("FileName", ""),
        uuid="" if uuid is None or uuid.text is None else uuid.text.strip(),
    )


def _describe(
    image: Element, pixels: Element, channels: list[Element], parts: dict[str, Element], wells: dict[str, WellPosition]
) -> ImageDescription:
    planes = list(children_of(pixels, "Plane"))
    date = (
        image.get("AcquisitionDate")
        or image.get("AcquiredDate")
        or text_of(image, "AcquisitionDate")
        or text_of(image, "CreationDate")
    )
    bits = number_of(pixels, "SignificantBits")
    name = image.get("Name", "")
    sizes = [whole_of(pixels, f"Size{axis}", 1) for axis in "TCZ"]
    samples = sum(whole_of(channel, "SamplesPerPixel", 1) for channel in channels)
    # Where samples are counted as channels, as some writers do, planes are still those of channels.
    table = parse_planes(planes, (sizes[0], len(channels) if samples == sizes[1] and channels else sizes[1], sizes[2]))
    described = tuple(_describe_channel(channel, table, number, parts) for number, channel in enumerate(channels))
    instrument = _referred(image, "InstrumentRef", parts)
    return ImageDescription(
        name=name,
        description=text_of(image, "Description"),
        acquisition_date=parse_time(date),
        physical_size_x=_length(pixels, "PhysicalSizeX"),
        physical_size_y=_length(pixels, "PhysicalSizeY"),
        physical_size_z=_length(pixels, "PhysicalSizeZ"),
        time_increment=quantity_of(pixels, "TimeIncrement", "s"),
        significant_bits=None if bits is None else int(bits),
        channels=described,
        objective=_describe_objective(image, parts),
        instrument=_equipment(child_of(instrument, "Microscope")),
        experimenter=_describe_experimenter(image, parts),
        stage_position_um=_stage_position(planes),
        well=wells.get(image.get("ID", "")),
        is_thumbnail=name.lower() in ("label image", "macro image", "thumbnail image", "label", "macro", "thumbnail"),
        modulo=_modulo(image, parts),
        parts=parse_parts(instrument, parts),
        planes=table,
        **parse_surroundings(image, parts),
    )


def _describe_channel(channel: Element, planes: PlaneTable | None, number: int, parts: dict[str, Element]) -> ChannelDescription:
    def nm(name: str) -> float | None:
        quantity = quantity_of(channel, name, "nm")
        um = None if quantity is None else quantity.um
        return None if um is None else um * 1000

    pinhole = quantity_of(channel, "PinholeSize", "µm")
    exposure = None if planes is None else planes.of_channel("exposure_time", number)
    return ChannelDescription(
        name=channel.get("Name", ""),
        color=_color(channel.get("Color")),
        fluor=channel.get("Fluor"),
        excitation_nm=nm("ExcitationWavelength") or nm("ExWave"),
        emission_nm=nm("EmissionWavelength") or nm("EmWave"),
        contrast_method=channel.get("ContrastMethod"),
        acquisition_mode=channel.get("AcquisitionMode"),
        illumination_type=channel.get("IlluminationType"),
        pinhole_um=None if pinhole is None else pinhole.um,
        exposure_s=None if exposure is None else exposure.seconds,
        **parse_channel(channel, parts),
    )


def _referred(image: Element, name: str, parts: dict[str, Element]) -> Element | None:
    reference = child_of(image, name)
    return None if reference is None else parts.get(reference.get("ID", ""))


def _equipment(element: Element | None) -> dict[str, Any]:
    if element is None:
        return {}
    wanted = {
        "Manufacturer": "manufacturer",
        "Model": "model",
        "SerialNumber": "serial_number",
        "LotNumber": "lot_number",
        "Type": "type",
    }
    return {key: element.attrib[name] for name, key in wanted.items() if element.get(name)}


def _describe_objective(image: Element, parts: dict[str, Element]) -> dict[str, Any]:
    settings = child_of(image, "ObjectiveSettings")
    if settings is None:
        settings = child_of(image, "ObjectiveRef")
    objective = None if settings is None else parts.get(settings.get("ID", ""))
    if objective is None:
        return {}
    found = _equipment(objective)
    numbers = {
        "NominalMagnification": "nominal_magnification",
        "CalibratedMagnification": "calibrated_magnification",
        "LensNA": "lens_na",
    }
    for name, key in numbers.items():
        if (value := number_of(objective, name)) is not None:
            found[key] = value
    immersion = objective.get("Immersion")
    if immersion:
        found["immersion"] = _OLD_IMMERSIONS.get(immersion, immersion)
    if objective.get("Correction"):
        found["correction"] = objective.attrib["Correction"]
    distance = quantity_of(objective, "WorkingDistance", "µm")
    if distance is not None and distance.um is not None:
        found["working_distance_um"] = distance.um
    for name, key in (("RefractiveIndex", "refractive_index"), ("CorrectionCollar", "correction_collar")):
        if (value := number_of(settings, name)) is not None:
            found[key] = value
    if settings is not None and settings.get("Medium"):
        found["medium"] = settings.attrib["Medium"]
    iris = flag_of(objective, "Iris")
    return found if iris is None else found | {"iris": iris}


def _describe_experimenter(image: Element, parts: dict[str, Element]) -> str | None:
    person = _referred(image, "ExperimenterRef", parts)
    if person is None:
        return None
    names = [person.get(name) or text_of(person, name) for name in ("FirstName", "LastName")]
    full = " ".join(name for name in names if name)
    return full or person.get("UserName") or person.get("Email") or None


def _stage_position(planes: list[Element]) -> tuple[float | None, float | None, float | None] | None:
    if not planes:
        return None
    # The default unit of a stage position is the "reference frame", which is no length.
    quantities = [quantity_of(planes[0], f"Position{axis}", "reference frame") for axis in "XYZ"]
    x, y, z = (None if quantity is None else quantity.um for quantity in quantities)
    return None if (x, y, z) == (None, None, None) else (x, y, z)


def _modulo(image: Element, parts: dict[str, Element]) -> dict[str, str]:
    found: dict[str, str] = {}
    for reference in children_of(image, "AnnotationRef"):
        annotation = parts.get(reference.get("ID", ""))
        for element in () if annotation is None else annotation.iter():
            if local_name(element).startswith("ModuloAlong"):
                found[local_name(element)[-1].lower()] = element.get("Type", element.get("TypeDescription", "other"))
    return found


def _parse_plates(root: Element) -> tuple[dict[str, WellPosition], tuple[PlateDescription, ...]]:
    wells: dict[str, WellPosition] = {}
    plates: list[PlateDescription] = []
    for number, plate in enumerate(children_of(root, "Plate")):
        runs = [
            reference.get("ID") for run in children_of(plate, "PlateAcquisition") for reference in children_of(run, "WellSampleRef")
        ]
        run_of = dict.fromkeys(runs, 0)
        for index, run in enumerate(children_of(plate, "PlateAcquisition")):
            run_of.update({reference.get("ID"): index for reference in children_of(run, "WellSampleRef")})
        rows = columns = 1
        for well in children_of(plate, "Well"):
            row, column = whole_of(well, "Row", 0), whole_of(well, "Column", 0)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
            for place, sample in enumerate(children_of(well, "WellSample")):
                image = child_of(sample, "ImageRef")
                if image is not None:
                    run_number = run_of.get(sample.get("ID"), 0)
                    wells[image.get("ID", "")] = WellPosition(number, row, column, place, run_number)
        size = max(rows, whole_of(plate, "Rows", 1)), max(columns, whole_of(plate, "Columns", 1))
        plates.append(PlateDescription(plate.get("Name", f"Plate {number + 1}"), *size))
    return wells, tuple(plates)


def _original_metadata(root: Element) -> Iterator[tuple[str, str]]:
    """Keys and values that writers keep in structured annotations."""
    for element in root.iter():
        if element.tag.endswith("OriginalMetadata"):
            key, value = text_of(element, "Key"), text_of(element, "Value")
            if key:
                yield key, value
        elif element.tag.endswith("M") and local_name(element) == "M" and element.get("K"):
            yield element.attrib["K"], (element.text or "").strip()


def flat_ome_xml(xml: str | bytes) -> dict[str, str]:
    """Every attribute and text of the document by its path, for reading over; repeated elements are numbered."""
    root = parse_xml(xml)
    found: dict[str, str] = {}

    def walk(element: Element, path: str) -> None:
        for name, value in element.attrib.items():
            found[f"{path}.{name.rsplit('}', 1)[-1]}"] = value
        if element.text and element.text.strip():
            found[path] = element.text.strip()
        seen: dict[str, int] = {}
        for child in element:
            name = local_name(child)
            # Plane and TiffData have one element a plane; they are the pixels' index, not metadata to read over.
            if name not in ("TiffData", "Plane", "BinData") or (name == "Plane" and has_odd_values(child)):
                seen[name] = seen.get(name, 0) + 1
                walk(child, f"{path}.{name}[{seen[name]}]" if seen[name] > 1 else f"{path}.{name}")

    walk(root, local_name(root))
    return found
