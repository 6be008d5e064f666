"""The names of objects: ``image:12`` everywhere a person writes one, ``images/12`` in an address."""

from __future__ import annotations

import re
from typing import NamedTuple

from micrarium.errors import UsageError


class ObjectName(NamedTuple):
    """The kind of an object in the singular, such as ``image``, and its number."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def path(self) -> str:
        """Where the object is in the HTTP interface."""
        return f"/api/v1/{pluralise(self.kind)}/{self.id}"


def parse_name(text: str) -> ObjectName:
    """The object that ``image:12``, ``images/12``, ``Image:12`` or a page's address names; ``UsageError`` for anything else."""
    match = re.fullmatch(r"(?:https?://.*/)?([A-Za-z_-]+)[:/]([0-9]+)/?", text.strip())
    if match is None:
        raise UsageError(f"{text!r} names no object; write its kind and number, such as image:12.", field="object")
    return ObjectName(singularise(spell_kind(match[1])), int(match[2]))


def spell_kind(name: str) -> str:
    """A kind in snake_case: ``MapAnnotation`` is ``map_annotation``, ``map-annotation`` too."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip().replace("-", "_")).lower()


def pluralise(kind: str) -> str:
    """The collection in which objects of a kind live: all types of annotation live in ``annotations``."""
    if kind.endswith("annotation"):
        return "annotations"
    if kind.endswith("y"):
        return kind[:-1] + "ies"
    return kind if kind.endswith("s") else kind + "s"


def singularise(name: str) -> str:
    """The kind whose objects a collection holds; a singular stays as it is."""
    if name in {"pixels", "series"}:
        return name
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name[:-1] if name.endswith("s") else name
