"""Which keys of key-value pairs say something that exports have a place for, in one table.

Keys are compared without regard to case, punctuation and spaces (``Imaging_Method``, ``imaging method``); the square
brackets of IDR's sheets (``Characteristics [Organism]``) are looked into.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

Field = Literal[
    "organism", "modality", "licence", "author", "orcid", "affiliation", "keyword", "publication", "funding", "released"
]

#: The keys recognised, by what they say. This table is also what the documentation shows.
KEYS: dict[Field, tuple[str, ...]] = {
    "organism": (
        "organism", "organism name", "species", "scientific name", "organism scientific name", "taxon", "taxonomy", "ncbi taxon",
        "ncbi taxon id", "ncbi taxonomy", "ncbitaxon", "taxon id", "organism classification", "model organism",
    ),
    "modality": (
        "imaging method", "imaging methods", "imaging modality", "modality", "imaging technique", "microscopy method",
        "microscopy technique", "microscopy type", "microscopy modality", "microscopy", "acquisition method", "fbbi", "fbbi id",
        "imaging method name", "imaging type",
    ),
    "licence": ("licence", "license", "licence url", "license url", "data licence", "data license", "rights", "usage rights"),
    "author": ("author", "authors", "creator", "creators", "contributor", "contributors", "data author", "data authors"),
    "orcid": ("orcid", "orcid id", "author orcid", "orcids"),
    "affiliation": ("affiliation", "affiliations", "institution", "institute", "organisation", "organization"),
    "keyword": ("keyword", "keywords"),
    "publication": ("publication", "publication doi", "doi", "article doi", "paper", "paper doi", "reference"),
    "funding": ("funding", "funder", "grant", "grant number", "funding statement"),
    "released": ("release date", "releasedate", "publication date", "date published", "datepublished", "published"),
}  # fmt: skip

_FIELDS = {name: field for field, names in KEYS.items() for name in names}
_BRACKETED = re.compile(r"\s*(?:characteristics|comment|factor value|parameter value)\s*\[(.+)\]\s*", re.IGNORECASE)
_ORCID = re.compile(r"(?:https?://)?(?:orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who made the data: a name, and an ORCID (its address) and an institution where known."""

    name: str
    orcid: str | None = None
    affiliation: str | None = None
    affiliation_url: str | None = None


@dataclass(frozen=True, slots=True)
class RecognisedValues:
    """What key-value pairs say in the places that exports have for it; values as they were written, in their order."""

    organisms: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    licence: str | None = None
    authors: tuple[Person, ...] = ()
    keywords: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    funding: tuple[str, ...] = ()
    date_published: date | None = None


def recognise_key(key: str) -> Field | None:
    """What a key is about, or None where exports have no place for it."""
    if found := _BRACKETED.fullmatch(key):
        key = found.group(1)
    return _FIELDS.get(" ".join(re.split(r"[\W_]+", key.casefold())).strip())


def recognise_values(pairs: Iterable[tuple[str, str]]) -> RecognisedValues:
    """What these key-value pairs say in the places that exports have for it."""
    found: dict[Field, list[str]] = {field: [] for field in KEYS}
    for key, value in pairs:
        field = recognise_key(key)
        if field is not None and value.strip():
            found[field].append(value.strip())
    return RecognisedValues(
        organisms=_unique(part for value in found["organism"] for part in _split(value)),
        modalities=_unique(part for value in found["modality"] for part in _split(value)),
        licence=found["licence"][0] if found["licence"] else None,
        authors=_people(found["author"], orcids=found["orcid"], affiliations=found["affiliation"]),
        keywords=_unique(part for value in found["keyword"] for part in _split(value, also=",")),
        publications=_unique(found["publication"]),
        funding=_unique(found["funding"]),
        date_published=next((day for value in found["released"] if (day := _read_date(value))), None),
    )


def read_orcid(text: str) -> str | None:
    """The address of the ORCID that stands in a text, or None."""
    found = _ORCID.search(text)
    return f"https://orcid.org/{found.group(1).upper()}" if found else None


def _people(names: list[str], *, orcids: list[str], affiliations: list[str]) -> tuple[Person, ...]:
    pieces = _unique(piece for value in names for piece in _split_names(value))
    separate = [orcid for value in orcids for part in _split(value, also=",") if (orcid := read_orcid(part))]
    people = []
    for number, piece in enumerate(pieces):
        own = read_orcid(piece)
        name = re.sub(r"[\s(<\[]*$", "", _ORCID.sub("", piece).strip(" ()<>[],")) or piece
        orcid = own or (separate[number] if number < len(separate) and len(separate) == len(pieces) else None)
        people.append(Person(name, orcid, _nth(affiliations, number, of=len(pieces))))
    return tuple(people)


def _nth(values: list[str], number: int, *, of: int) -> str | None:
    """The value that belongs to the number-th of several people: each has one, or one stands for all."""
    if len(values) == 1:
        return values[0]
    return values[number] if len(values) == of else None


def _split_names(value: str) -> list[str]:
    parts = _split(value)
    commas = [part.strip() for part in value.split(",")]
    # "Jane Doe, John Roe" names two people, "Doe, Jane" names one.
    if len(parts) == 1 and len(commas) > 1 and all(" " in part or _ORCID.search(part) for part in commas):
        return commas
    return parts


def _split(value: str, *, also: str = "") -> list[str]:
    return [part.strip() for part in re.split(f"[;|\n{also}]", value) if part.strip()]


def _read_date(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
