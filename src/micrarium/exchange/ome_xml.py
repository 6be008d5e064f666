"""OME-XML of an image that is exported, from its description and what people said about it.

Source: the OME schema 2016-06, through ome-types, which knows its elements, units and enumerations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from micrarium.errors import InvalidInput
from micrarium.exchange.descriptions import CrateDescription
from micrarium.exchange.ome_acquisition import Instrumentation, describe_experiment, describe_surroundings, plane_elements
from micrarium.exchange.ome_values import clean, enumerated, quantity
from micrarium.geometry import OME_PIXEL_TYPES, Quantity
from micrarium.pixels.source import ChannelDescription, Source

if TYPE_CHECKING:
    import numpy as np
    from ome_types import model

CLIENT_NAMESPACE = "openmicroscopy.org/omero/client/mapAnnotation"
_ENUMERATIONS = {
    "contrast_method": "Channel_ContrastMethod",
    "acquisition_mode": "Channel_AcquisitionMode",
    "illumination_type": "Channel_IlluminationType",
}


def write_ome_xml(
    source: Source, *, dtype: np.dtype[Any] | None = None, description: CrateDescription | None = None, has_tiff: bool = True
) -> str:
    """The OME-XML of one image whose planes lie in the same TIFF in the order XYCZT, or elsewhere (not ``has_tiff``).

    ``dtype`` is the pixel type in the file where it differs from the source's. Names, key-values, tags and comments come
    from ``description``. Raises ``InvalidInput`` for a pixel type that OME has no word for.
    """
    from ome_types import model, to_xml

    parts = Instrumentation(source.description)
    annotations = _describe_annotations(description)
    person = _describe_person(source, description)
    pixels = _describe_pixels(source, dtype or source.dtype, parts, has_tiff=has_tiff)
    experiment = describe_experiment(source.description)
    instrument, objective = parts.instrument()
    image = model.Image(
        id="Image:0",
        name=clean(description.name if description else source.description.name) or None,
        description=clean(description.description if description else source.description.description) or None,
        acquisition_date=source.description.acquisition_date,
        pixels=pixels,
        annotation_refs=[model.AnnotationRef(id=annotation.id) for annotation in annotations],
        instrument_ref=model.InstrumentRef(id=instrument.id) if instrument else None,
        objective_settings=objective,
        experimenter_ref=model.ExperimenterRef(id=person.id) if person else None,
        experiment_ref=model.ExperimentRef(id=experiment.id) if experiment else None,
        **describe_surroundings(source.description),
    )
    document = model.OME(
        creator="Micrarium",
        images=[image],
        instruments=[instrument] if instrument else [],
        experimenters=[person] if person else [],
        experiments=[experiment] if experiment else [],
        structured_annotations=annotations,
    )
    text = to_xml(document, indent=0, exclude_unset=True)
    head, end, tail = text.rpartition("</Pixels>")  # planes, which may be very many, come last in Pixels
    return "".join(('<?xml version="1.0" encoding="UTF-8"?>\n', head, *plane_elements(source), end, tail))


def _describe_pixels(source: Source, dtype: np.dtype[Any], parts: Instrumentation, *, has_tiff: bool) -> model.Pixels:
    from ome_types import model

    known = OME_PIXEL_TYPES.get(dtype.name)
    if known is None or known not in {kind.value for kind in model.PixelType}:
        raise InvalidInput(f"OME-XML has no pixel type for {dtype.name}; export the image as OME-Zarr", field="format")
    shape, described = source.shape, source.description
    more: dict[str, Any] = {}
    for axis in "xyz":
        more |= quantity(f"physical_size_{axis}", getattr(described, f"physical_size_{axis}"), "UnitsLength", is_positive=True)
    more |= quantity("time_increment", described.time_increment, "UnitsTime", is_positive=True)
    if described.significant_bits and 0 < described.significant_bits <= dtype.itemsize * 8:
        more["significant_bits"] = described.significant_bits
    channels = shape.c // source.samples
    if has_tiff:
        more["tiff_data_blocks"] = [model.TiffData(ifd=0, plane_count=shape.t * shape.z * channels)]
    else:
        more["metadata_only"] = model.MetadataOnly()
    return model.Pixels(
        id="Pixels:0",
        dimension_order=model.Pixels_DimensionOrder("XYCZT"),
        type=model.PixelType(known),
        **{f"size_{axis}": getattr(shape, axis) for axis in "xyzct"},
        big_endian=False,
        interleaved=source.samples > 1,
        channels=[_describe_channel(source, number, parts) for number in range(channels)],
        **more,
    )


def _describe_channel(source: Source, number: int, parts: Instrumentation) -> model.Channel:
    from ome_types import model

    described = source.description.channels[number] if number < len(source.description.channels) else ChannelDescription()
    more: dict[str, Any] = {}
    if described.name:
        more["name"] = clean(described.name)
    if described.color:
        more["color"] = model.Color(f"#{described.color}")
    if described.fluor:
        more["fluor"] = clean(described.fluor)
    for field, value in (("excitation_wavelength", described.excitation_nm), ("emission_wavelength", described.emission_nm)):
        more |= quantity(field, Quantity(value, "nm") if value else None, "UnitsLength", is_positive=True)
    more |= quantity("pinhole_size", Quantity(described.pinhole_um, "µm") if described.pinhole_um else None, "UnitsLength")
    for field in ("contrast_method", "acquisition_mode", "illumination_type"):
        more |= enumerated(field, getattr(described, field), _ENUMERATIONS[field])
    return model.Channel(id=f"Channel:0:{number}", samples_per_pixel=source.samples, **more, **parts.channel(described))


def _describe_person(source: Source, description: CrateDescription | None) -> model.Experimenter | None:
    from ome_types import model

    name = source.description.experimenter or (description.authors[0].name if description and description.authors else None)
    if not name or not (full := clean(name)):
        return None
    first, _, last = full.rpartition(" ")
    return model.Experimenter(id="Experimenter:0", last_name=last, **({"first_name": first} if first else {}))


def _describe_annotations(description: CrateDescription | None) -> list[Any]:
    from ome_types import model

    if description is None:
        return []
    found: list[Any] = []
    if description.key_values:
        pairs = [model.Map.M(k=clean(key), value=clean(value)) for key, value in description.key_values]
        found.append(model.MapAnnotation(id="Annotation:0", namespace=CLIENT_NAMESPACE, value=model.Map(ms=pairs)))
    for tag in description.keywords:
        found.append(model.TagAnnotation(id=f"Annotation:{len(found)}", value=clean(tag)))
    for comment in description.comments:
        found.append(model.CommentAnnotation(id=f"Annotation:{len(found)}", value=clean(comment.text)))
    return found
