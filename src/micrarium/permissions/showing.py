"""Which fields of what they reach visitors are shown: of a person no more than the name and ORCID, of files no path.

A visitor came by a share link, or to what is published. What they are not shown they cannot filter or sort by either.
"""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy.orm import InstrumentedAttribute

from micrarium.model import Entity, Experimenter, ExperimenterGroup, Fileset, FilesetEntry, OriginalFile
from micrarium.model.schema import Field, attributes_of, fields_of

_ONLY: dict[type[Entity], frozenset[str]] = {
    Experimenter: frozenset({"id", "version", "first_name", "middle_name", "last_name", "orcid"}),
    ExperimenterGroup: frozenset({"id", "version", "name"}),
}
#: Where files lay on somebody's computer, which names people and projects; warnings of readers name the paths too.
_NOT: dict[type[Entity], frozenset[str]] = {
    Fileset: frozenset({"template_prefix", "warnings"}),
    FilesetEntry: frozenset({"client_path"}),
    OriginalFile: frozenset({"path"}),
}


def shown_fields(entity: type[Entity], *, is_visitor: bool) -> dict[str, Field]:
    """The fields of a class that members or visitors are shown, by name; those of all its kinds for a class with kinds."""
    return {field.name: field for field in fields_of(entity) if not is_visitor or _is_shown(entity, field.name)}


def shown_attributes(entity: type[Entity], *, is_visitor: bool) -> dict[str, InstrumentedAttribute[object]]:
    """The columns of a class that members or visitors are shown, by name, those of its kinds included."""
    return _shown_to_visitors(entity) if is_visitor else attributes_of(entity)


@lru_cache
def _shown_to_visitors(entity: type[Entity]) -> dict[str, InstrumentedAttribute[object]]:
    return {name: column for name, column in attributes_of(entity).items() if _is_shown(entity, name)}


def _is_shown(entity: type[Entity], name: str) -> bool:
    return name in _ONLY[entity] if entity in _ONLY else name not in _NOT.get(entity, ())
