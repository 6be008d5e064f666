"""OME-XML of an image that is exported, from its description and what people said about it.

Source: the OME schema 2016-06, through ome-types, which knows its elements, units and enumerations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from micrarium.errors import InvalidInput
from micrarium.exchange.descriptions import CrateDescription
from micrarium.geometry import OME_PIXEL_TYPES, Quantity, Size, normalised_unit
from micrarium.pixels.source import ChannelDescription, Source

if TYPE_CHECKING:
    import numpy as np
    from ome_types import model

CLIENT_NAMESPACE = "openmicroscopy.org/omero/client/mapAnnotation"
#: Planes are listed only where there are not too many of them to keep the header small.
_MOST_PLANES = 4096
_ENUMERATIONS = {
    "contrast_method": "Channel_ContrastMethod",
    "acquisition_mode": "Channel_AcquisitionMode",
    "illumination_type": "Channel_IlluminationType",
    "immersion": "Objective_Immersion",
    "correction": "Objective_Correction",
    "type": "Microscope_Type",
}


def write_ome_xml(source: Source, *, dtype: np.dtype[Any] | None = None, description: CrateDescription | None = None) -> str:
    """The OME-XML of one image whose planes lie in the same file, in the order XYCZT.

    ``dtype`` is the pixel type in the file where it differs from the source's. Names, key-values, tags and comments come
    from ``description``.
    """
    from ome_types import model, to_xml

    instrument, objective = _describe_instrument(source)
    annotations = _describe_annotations(description)
    person = _describe_person(source, description)
    image = model.Image(
        id="Image:0",
        name=_clean(description.name if description else source.description.name) or None,
        description=_clean(description.description if description else source.description.description) or None,
        acquisition_date=source.description.acquisition_date,
        pixels=_describe_pixels(source, dtype or source.dtype),
        annotation_refs=[model.AnnotationRef(id=annotation.id) for annotation in annotations],
        instrument_ref=model.InstrumentRef(id=instrument.id) if instrument else None,
        objective_settings=objective,
        experimenter_ref=model.ExperimenterRef(id=person.id) if person else None,
    )
    document = model.OME(
        creator="Micrarium",
        images=[image],
        instruments=[instrument] if instrument else [],
        experimenters=[person] if person else [],
        structured_annotations=annotations,
    )
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + to_xml(document, indent=0, exclude_unset=True)


def _describe_pixels(source: Source, dtype: np.dtype[Any]) -> model.Pixels:
    from ome_types import model

    known = OME_PIXEL_TYPES.get(dtype.name)
    if known is None or known not in {kind.value for kind in model.PixelType}:
        raise InvalidInput(f"OME-XML has no pixel type for {dtype.name}; export the image as OME-Zarr", field="format")
    shape, described = source.shape, source.description
    more: dict[str, Any] = {}
    for axis in "xyz":
        more |= _quantity(f"physical_size_{axis}", getattr(described, f"physical_size_{axis}"), "UnitsLength", is_positive=True)
    more |= _quantity("time_increment", described.time_increment, "UnitsTime", is_positive=True)
    if described.significant_bits and 0 < described.significant_bits <= dtype.itemsize * 8:
        more["significant_bits"] = described.significant_bits
    channels = shape.c // source.samples
    return model.Pixels(
        id="Pixels:0",
        dimension_order=model.Pixels_DimensionOrder("XYCZT"),
        type=model.PixelType(known),
        **{f"size_{axis}": getattr(shape, axis) for axis in "xyzct"},
        big_endian=False,
        interleaved=source.samples > 1,
        channels=[_describe_channel(source, number) for number in range(channels)],
        tiff_data_blocks=[model.TiffData(ifd=0, plane_count=shape.t * shape.z * channels)],
        planes=list(_describe_planes(source, shape, channels)),
        **more,
    )


def _describe_channel(source: Source, number: int) -> model.Channel:
    from ome_types import model

    described = source.description.channels[number] if number < len(source.description.channels) else ChannelDescription()
    more: dict[str, Any] = {}
    if described.name:
        more["name"] = _clean(described.name)
    if described.color:
        more["color"] = model.Color(f"#{described.color}")
    if described.fluor:
        more["fluor"] = _clean(described.fluor)
    for field, value in (("excitation_wavelength", described.excitation_nm), ("emission_wavelength", described.emission_nm)):
        more |= _quantity(field, Quantity(value, "nm") if value else None, "UnitsLength", is_positive=True)
    more |= _quantity("pinhole_size", Quantity(described.pinhole_um, "µm") if described.pinhole_um else None, "UnitsLength")
    for field in ("contrast_method", "acquisition_mode", "illumination_type"):
        more |= _enumerated(field, getattr(described, field))
    return model.Channel(id=f"Channel:0:{number}", samples_per_pixel=source.samples, **more)


def _describe_planes(source: Source, shape: Size, channels: int) -> Iterable[model.Plane]:
    """Planes with exposure times and the stage's position, where the file knew them."""
    from ome_types import model

    exposures = [channel.exposure_s for channel in source.description.channels[:channels]]
    position = source.description.stage_position_um
    if shape.t * shape.z * channels > _MOST_PLANES or (not any(exposures) and position is None):
        return
    where: dict[str, Any] = {}
    for axis, value in zip("xyz", position or (), strict=False):
        where |= _quantity(f"position_{axis}", Quantity(value, "µm") if value is not None else None, "UnitsLength")
    for t in range(shape.t):
        for z in range(shape.z):
            for c in range(channels):
                exposure = exposures[c] if c < len(exposures) else None
                known = _quantity("exposure_time", Quantity(exposure, "s") if exposure else None, "UnitsTime")
                yield model.Plane(the_t=t, the_z=z, the_c=c, **known, **where)


def _describe_instrument(source: Source) -> tuple[model.Instrument | None, model.ObjectiveSettings | None]:
    from ome_types import model

    microscope, lens = dict(source.description.instrument), dict(source.description.objective)
    if not microscope and not lens:
        return None, None
    parts: dict[str, Any] = {}
    texts = {key: _clean(str(microscope[key])) for key in ("manufacturer", "model", "serial_number") if microscope.get(key)}
    if kind := _enumerated("type", microscope.get("type")):
        texts |= kind
    if texts:
        parts["microscope"] = model.Microscope(**texts)
    settings = None
    if lens:
        parts["objectives"] = [model.Objective(id="Objective:0", **_describe_lens(lens))]
        index = lens.get("refractive_index")
        settings = model.ObjectiveSettings(id="Objective:0", **({"refractive_index": index} if index and index > 0 else {}))
    return model.Instrument(id="Instrument:0", **parts), settings


def _describe_lens(lens: dict[str, Any]) -> dict[str, Any]:
    found = {key: _clean(str(lens[key])) for key in ("manufacturer", "model", "serial_number") if lens.get(key)}
    for key in ("nominal_magnification", "calibrated_magnification", "lens_na"):
        if isinstance(lens.get(key), int | float) and math.isfinite(lens[key]):
            found[key] = lens[key]
    distance = lens.get("working_distance_um")
    found |= _quantity("working_distance", Quantity(distance, "µm") if distance else None, "UnitsLength")
    return found | _enumerated("immersion", lens.get("immersion")) | _enumerated("correction", lens.get("correction"))


def _describe_person(source: Source, description: CrateDescription | None) -> model.Experimenter | None:
    from ome_types import model

    name = source.description.experimenter or (description.authors[0].name if description and description.authors else None)
    if not name or not (clean := _clean(name)):
        return None
    first, _, last = clean.rpartition(" ")
    return model.Experimenter(id="Experimenter:0", last_name=last, **({"first_name": first} if first else {}))


def _describe_annotations(description: CrateDescription | None) -> list[Any]:
    from ome_types import model

    if description is None:
        return []
    found: list[Any] = []
    if description.key_values:
        pairs = [model.Map.M(k=_clean(key), value=_clean(value)) for key, value in description.key_values]
        found.append(model.MapAnnotation(id="Annotation:0", namespace=CLIENT_NAMESPACE, value=model.Map(ms=pairs)))
    for tag in description.keywords:
        found.append(model.TagAnnotation(id=f"Annotation:{len(found)}", value=_clean(tag)))
    for comment in description.comments:
        found.append(model.CommentAnnotation(id=f"Annotation:{len(found)}", value=_clean(comment.text)))
    return found


def _quantity(field: str, quantity: Quantity | None, units: str, *, is_positive: bool = False) -> dict[str, Any]:
    """A value and its unit as OME's fields, or nothing where OME has no such unit or value."""
    from ome_types import model

    if quantity is None or not math.isfinite(quantity.value) or (is_positive and quantity.value <= 0):
        return {}
    try:
        unit = getattr(model, units)(normalised_unit(quantity.unit))
    except ValueError:
        return {}
    return {field: quantity.value, f"{field}_unit": unit}


def _enumerated(field: str, value: Any) -> dict[str, Any]:
    """A value of one of OME's enumerations as a field, or nothing where it is none of them."""
    from ome_types import model

    wanted = str(value or "").casefold()
    kinds = getattr(model, _ENUMERATIONS[field])
    return next(({field: kind} for kind in kinds if wanted and kind.value.casefold() == wanted), {})


def _clean(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not 0xD800 <= ord(c) <= 0xDFFF))
