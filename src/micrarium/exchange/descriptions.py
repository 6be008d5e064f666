"""What an export says about a data set, as plain values: filled from a database, a file or a test alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from micrarium.exchange.key_names import Person, recognise_values

#: What can be described; each is a ``Dataset`` to RO-Crate.
Kind = Literal["image", "dataset", "project", "screen", "plate", "well"]


@dataclass(frozen=True, slots=True)
class CrateFile:
    """A file that belongs to the data set: a path inside of an attached crate, or the address it is downloaded from."""

    path: str
    name: str = ""
    size_bytes: int | None = None
    sha256: str | None = None
    encoding_format: str | None = None
    #: When the address was looked at; for files on the web.
    date_accessed: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class CratePart:
    """A data set inside this one: its address or folder, its name and kind, and its live OME-Zarr where it has one."""

    url: str
    name: str
    kind: Kind = "image"
    description: str = ""
    zarr_url: str | None = None


@dataclass(frozen=True, slots=True)
class CrateComment:
    """A comment somebody made."""

    text: str
    author: str | None = None
    date_created: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who publishes the data set."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class CrateDescription:
    """All that an RO-Crate says about one data set.

    ``url`` is ``./`` for a crate inside a folder, else the absolute address of the object. ``date_published`` is
    required by RO-Crate: an object that was not formally published gives the day it came into being. ``organisms`` and
    ``modalities`` are names or ids in any spelling. ``files`` and ``parts`` may be generators: they are read once.
    """

    name: str
    date_published: date | datetime
    url: str = "./"
    description: str = ""
    kind: Kind = "image"
    #: A persistent identifier, such as the address of a DOI.
    identifier: str | None = None
    licence: str | None = None
    authors: tuple[Person, ...] = ()
    publisher: Organisation | None = None
    keywords: tuple[str, ...] = ()
    organisms: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    key_values: tuple[tuple[str, str], ...] = ()
    comments: tuple[CrateComment, ...] = ()
    publications: tuple[str, ...] = ()
    funding: tuple[str, ...] = ()
    date_created: date | datetime | None = None
    date_modified: date | datetime | None = None
    #: The live OME-Zarr of the object and its thumbnail, for crates on the web.
    zarr_url: str | None = None
    thumbnail_url: str | None = None
    files: Iterable[CrateFile] = ()
    parts: Iterable[CratePart] = ()


def with_key_values(description: CrateDescription) -> CrateDescription:
    """The description with what its key-value pairs say (organism, imaging method, licence, ...) put in its place.

    What is given outright wins over the pairs for single values; lists are joined. ``key_names.KEYS`` lists the keys.
    """
    said = recognise_values(description.key_values)
    return replace(
        description,
        organisms=_joined(description.organisms, said.organisms),
        modalities=_joined(description.modalities, said.modalities),
        licence=description.licence or said.licence,
        authors=said.authors or description.authors,
        keywords=_joined(description.keywords, said.keywords),
        publications=_joined(description.publications, said.publications),
        funding=_joined(description.funding, said.funding),
        date_published=said.date_published or description.date_published,
    )


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
