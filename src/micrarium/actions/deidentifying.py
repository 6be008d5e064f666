"""Copies of images of people without what tells who the people are, nor who took the images, when and where.

No text that a person or a file brought is copied, for names and numbers of patients are written wherever there is room
for text: names become numbers ("Image 12"); key-values, tags, comments, descriptions, people and dates are left out. What
stays is made of numbers and of words of closed lists: pixels, sizes, units, colours, wavelengths, fluorophores, models of
microscopes and objectives, and the organism, imaging method and licence where they are known ones. Both descriptions are
made anew from what may stay, so that what is added to them later is left out until somebody lets it in. Of a whole slide,
the pictures of its label and of the slide as a whole show the patient's sticker: they are not exported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from micrarium.actions.blinding import neutral_channel, neutral_name
from micrarium.actions.neutralising import neutral, neutral_planes
from micrarium.actions.recognising import is_equipment
from micrarium.errors import InvalidInput
from micrarium.exchange.descriptions import CrateDescription
from micrarium.exchange.licences import known_licence
from micrarium.geometry import Quantity, Region, is_unit
from micrarium.pixels.source import ChannelDescription, ImageDescription, Source
from micrarium.vocabularies.terms import Kind, find_term

_LABEL = re.compile(r"(^|[\W_])(label|macro|overview|barcode)([\W_]+image)?[\W_]*$", re.IGNORECASE)
_SUFFIXES = re.compile(r"(\.[A-Za-z][A-Za-z0-9]{1,4}){1,2}$")
_COLOR = re.compile(r"[0-9A-Fa-f]{6,8}")
#: What a file says of equipment that is text from one of OME's lists, which exports hold it to, or that is a number.
_EQUIPMENT_FIELDS = ("immersion", "correction", "type", "medium")
_WORDS_OF_LISTS = frozenset({
    "oil", "water", "waterdipping", "air", "multi", "glycerol", "other", "uv", "planapo", "planfluor", "superfluor", "violet",
    "vioetcorrected", "violetcorrected", "achro", "achromat", "fluor", "fl", "fluar", "neofluar", "fluotar", "apo", "plan",
    "plananeofluar", "planneofluar", "upright", "inverted", "dissection", "electrophysiology", "brightfield", "phase", "dic",
    "hoffmanmodulation", "obliqueillumination", "polarizedlight", "darkfield", "fluorescence", "widefield",
    "laserscanningconfocalmicroscopy", "spinningdiskconfocal", "slitscanconfocal", "multiphotonmicroscopy",
    "structuredillumination", "singlemoleculeimaging", "totalinternalreflection", "fluorescencelifetime", "spectralimaging",
    "fluorescencecorrelationspectroscopy", "nearfieldscanningopticalmicroscopy", "secondharmonicgenerationimaging", "palm",
    "storm", "sted", "tirf", "fsm", "lcm", "spim", "scanningelectronmicroscopy", "brightfieldmicroscopy",
    "sweptfieldconfocal", "transmitted", "epifluorescence", "oblique", "nonlinear",
})  # fmt: skip


def is_slide_picture(name: str) -> bool:
    """Whether an image is, by its name, a picture of a slide's label or of the whole slide (``label``, ``a_macro.tif``)."""
    return _LABEL.search(name) is not None or _LABEL.search(_SUFFIXES.sub("", name)) is not None


def deidentify_description(description: CrateDescription, *, kind: str, number: int) -> CrateDescription:
    """A crate's description with a neutral name, the terms in it that are known, and nothing else anybody wrote.

    The day of publication, which every crate has to name, is left to be that of the export. Raises ``InvalidInput`` for a
    picture of a slide's label.
    """
    if kind == "image":
        refuse_slide_picture(description.name, number)
    name = neutral_name(kind, number)
    return CrateDescription(
        name=name,
        date_published=date_of_today(),
        description=f"{name}, without what could tell whose it is.",
        kind=description.kind,
        licence=known_licence(description.licence or ""),
        organisms=_known_terms(description.organisms, "organism"),
        modalities=_known_terms(description.modalities, "imaging method"),
    )


def date_of_today() -> date:
    """The day of an export."""
    return datetime.now(UTC).date()


def refuse_slide_picture(name: str, number: int) -> None:
    """Nothing, unless an image of this name is the picture of a slide's label: then ``InvalidInput``."""
    if is_slide_picture(name):
        raise InvalidInput(f"image:{number} shows the label of a slide; it cannot be exported without telling whose it is")


def _known_terms(texts: Iterable[str], kind: Kind) -> tuple[str, ...]:
    """The names of the terms that texts stand for, by the table of terms; texts that stand for none are left out."""
    return tuple(dict.fromkeys(term.label for text in texts if (term := find_term(text, kind=kind)) is not None))


class DeidentifiedSource(Source):
    """An image that says nothing of people: not its name, its date, its operator, nor what somebody wrote of it."""

    def __init__(self, base: Source, *, name: str) -> None:
        self.base = base
        self.levels, self.dtype, self.samples = base.levels, base.dtype, base.samples
        told = base.description
        self.description = ImageDescription(
            name=name,
            physical_size_x=_known_quantity(told.physical_size_x),
            physical_size_y=_known_quantity(told.physical_size_y),
            physical_size_z=_known_quantity(told.physical_size_z),
            time_increment=_known_quantity(told.time_increment),
            significant_bits=told.significant_bits,
            channels=tuple(_known_channel(one, index) for index, one in enumerate(told.channels)),
            objective=_known_equipment(told.objective),
            instrument=_known_equipment(told.instrument),
            stage_position_um=told.stage_position_um,
            well=told.well,
            is_label=told.is_label,
            is_thumbnail=told.is_thumbnail,
            parts=neutral(told.parts),
            planes=neutral_planes(told.planes),
            environment=neutral(told.environment),
            stage=neutral(told.stage),
            experiment=neutral(told.experiment),
        )

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region of one level."""
        return self.base.read(region, level=level)


def _known_quantity(quantity: Quantity | None) -> Quantity | None:
    return quantity if quantity is not None and is_unit(quantity.unit) else None


def _known_channel(told: ChannelDescription, index: int) -> ChannelDescription:
    """A channel whose texts are words of closed lists; other names become numbers, other texts are left out."""
    return ChannelDescription(
        name=neutral_channel(told.name, index),
        color=told.color if told.color and _COLOR.fullmatch(told.color) else None,
        fluor=told.fluor if told.fluor and neutral_channel(told.fluor, index) == told.fluor else None,
        excitation_nm=told.excitation_nm,
        emission_nm=told.emission_nm,
        contrast_method=_listed(told.contrast_method),
        acquisition_mode=_listed(told.acquisition_mode),
        illumination_type=_listed(told.illumination_type),
        pinhole_um=told.pinhole_um,
        exposure_s=told.exposure_s,
        window=told.window,
        active=told.active,
        detector=neutral(told.detector),
        light=neutral(told.light),
        filter_set=neutral(told.filter_set),
        light_path=neutral(told.light_path),
        nd_filter=told.nd_filter,
        pockel_cell_setting=told.pockel_cell_setting,
    )


def _known_equipment(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a microscope or an objective in numbers and in words of closed lists; no serial numbers."""
    kept: dict[str, Any] = {}
    for key, value in told.items():
        is_number = isinstance(value, int | float) and key != "serial_number"
        is_model = key in ("manufacturer", "model") and is_equipment(str(value))
        if is_number or is_model or (key in _EQUIPMENT_FIELDS and _listed(str(value))):
            kept[key] = value
    return kept


def _listed(text: str | None) -> str | None:
    """The text where it is from one of OME's lists."""
    return text if text and text.casefold() in _WORDS_OF_LISTS else None
