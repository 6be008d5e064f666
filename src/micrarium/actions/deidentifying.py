"""Copies of images of people without what tells who the people are.

What is left out follows the basic profile of DICOM's PS3.15, annex E: fields about the patient, and all free text, in
which names and numbers of patients are written. Of a whole slide, the pictures of its label and of the slide as a whole
show the patient's sticker: they are not exported.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from micrarium.actions.blinding import neutral_channel, neutral_name
from micrarium.errors import InvalidInput
from micrarium.exchange.descriptions import CrateDescription
from micrarium.geometry import Region
from micrarium.pixels.source import Source

#: Fields about a patient and their visit, by the words of their names, in whatever spelling.
_PATIENT = re.compile(
    r"patient|birth|accession|medical record|\bmrn\b|insurance|physician|referring|performing|operator"
    r"|institution|hospital|clinic|address|telephone|phone|e ?mail|study (date|time|id|description)"
    r"|series (date|time)|acquisition (date|time)|content (date|time)|admission|ethnic|occupation|religio"
    r"|next of kin|responsible|guardian|case (id|number)|barcode|label text|slide (id|label)|specimen (id|label)"
    r"|container id|social security|\bssn\b|\bname\b|\bage\b|\bsex\b|\bdate\b|\btime\b|filename|file name"
    r"|\bpath\b|\buid\b"
)
_LABEL = re.compile(r"(^|[\W_])(label|macro|overview|barcode)([\W_]+image)?[\W_]*$", re.IGNORECASE)


def is_slide_picture(name: str) -> bool:
    """Whether an image is, by its name, a picture of a slide's label or of the whole slide."""
    return _LABEL.search(name) is not None


def is_patient_field(key: str) -> bool:
    """Whether a field is about a patient, by its name (``PatientName``, ``patient_id``, ``Date of birth``)."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key)
    return _PATIENT.search(re.sub(r"[\W_]+", " ", spaced).strip().lower()) is not None


def deidentify_description(description: CrateDescription, *, kind: str, number: int) -> CrateDescription:
    """A crate's description with a neutral name, without texts, dates and the fields about patients.

    Raises ``InvalidInput`` for a picture of a slide's label.
    """
    if kind == "image" and is_slide_picture(description.name):
        raise InvalidInput(f"{kind}:{number} shows the label of a slide; it cannot be exported without telling whose it is")
    return replace(
        description,
        name=neutral_name(kind, number),
        description="",
        keywords=(),
        comments=(),
        key_values=tuple(pair for pair in description.key_values if not is_patient_field(pair[0])),
        date_created=None,
        date_modified=None,
        files=(),
    )


class DeidentifiedSource(Source):
    """An image that says nothing of people: not its name, its date, its operator, nor what somebody wrote of it."""

    def __init__(self, base: Source, *, name: str) -> None:
        self.base = base
        self.levels, self.dtype, self.samples = base.levels, base.dtype, base.samples
        told = base.description
        channels = tuple(replace(one, name=neutral_channel(one.name, index)) for index, one in enumerate(told.channels))
        self.description = replace(
            told, name=name, description="", acquisition_date=None, experimenter=None, channels=channels, instrument={}, modulo={}
        )

    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region of one level."""
        return self.base.read(region, level=level)
