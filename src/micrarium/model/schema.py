"""What can be derived from an entity's class: its fields, its names, and the ways it is found from other entities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, with_polymorphic

from micrarium.model.annotations import ANNOTATION_LINKS, MapAnnotation, MapEntry
from micrarium.model.base import Base, Entity, Enumeration, Link, Owned, Part
from micrarium.model.grants import Grant
from micrarium.model.jobs import Job, Upload
from micrarium.model.people import Token

#: Entities that are reached by routes of their own, or inside of others.
_ELSEWHERE = (MapEntry, Job, Upload, Token, Grant)
#: Fields that are no columns: the pairs of a map annotation are rows of their own.
_COMPUTED: dict[type[Entity], dict[str, Any]] = {MapAnnotation: {"map_value": list[tuple[str, str]]}}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity, as clients see it. ``refers_to`` is the class whose ids it holds."""

    name: str
    type: Any
    is_nullable: bool
    is_read_only: bool
    is_fixed: bool
    is_required: bool
    max_length: int | None = None
    refers_to: type[Entity] | None = None
    enumeration: type[Enumeration] | None = None
    choices: tuple[str, ...] = ()
    has_default: bool = False
    is_wide: bool = False
    pattern: str | None = None


@lru_cache
def entities() -> tuple[type[Entity], ...]:
    """Every entity that has routes of the common kind, by name."""
    found = [m.class_ for m in Base.registry.mappers if m.inherits is None and issubclass(m.class_, Entity)]
    return tuple(sorted((e for e in found if e not in _ELSEWHERE), key=lambda e: e.__name__))


@lru_cache
def entity_by_plural() -> dict[str, type[Entity]]:
    """Entities by their name in URLs."""
    return {entity.plural(): entity for entity in entities()}


@lru_cache
def entity_by_singular() -> dict[str, type[Entity]]:
    """Entities by their name in ``image:12``."""
    return {entity.singular(): entity for entity in entities()}


@lru_cache
def kinds_of(entity: type[Entity]) -> dict[str, type[Entity]]:
    """The kinds of a class by name; none for a class without kinds."""
    return {m.class_.__name__: m.class_ for m in inspect(entity).self_and_descendants if m.class_ is not entity}


@lru_cache
def fields_of(entity: type[Entity]) -> tuple[Field, ...]:
    """The fields of an entity that clients see, those of all its kinds for a class with kinds."""
    found = {column.key: _field(entity, column) for column in inspect(entity).columns if not column.info.get("private")}
    for kind in kinds_of(entity).values():
        for field in fields_of(kind):
            found.setdefault(field.name, field)
    for name, kind_of_value in _COMPUTED.get(entity, {}).items():
        found[name] = Field(name, kind_of_value, True, False, False, False)
    return tuple(found.values())


def _field(entity: type[Entity], column: Column[Any]) -> Field:
    is_read_only = bool(column.info.get("read_only")) or column.primary_key
    is_kind = entity.is_kind()
    has_default = column.default is not None or column.nullable or column.server_default is not None
    is_group = column.key == "group_id"  # the current group, or the parent's
    return Field(
        name=column.key,
        type=_python_type(column),
        is_nullable=bool(column.nullable) and not (is_kind and _is_kinds_own(entity, column.key)),
        is_read_only=is_read_only,
        is_fixed=bool(column.info.get("fixed")),
        is_required=not has_default and not is_read_only and not is_group,
        max_length=getattr(column.type, "length", None),
        refers_to=_target(column),
        enumeration=column.info.get("enumeration"),
        choices=column.info.get("choices", ()),
        has_default=column.default is not None,
        is_wide=isinstance(column.type, BigInteger),
        pattern=column.info.get("pattern"),
    )


def _is_kinds_own(entity: type[Entity], name: str) -> bool:
    """Whether a kind declares a column as always there, which the shared table cannot."""
    annotation = str(vars(entity).get("__annotations__", {}).get(name, ""))
    return bool(annotation) and "None" not in annotation


def _python_type(column: Column[Any]) -> Any:
    if column.type.__class__.__name__ == "UtcDateTime":
        return datetime
    if column.type.__class__.__name__ == "JSON":
        return Any
    return column.type.python_type


def _target(column: Column[Any]) -> type[Entity] | None:
    for key in column.foreign_keys:
        if key.column.name == "id":
            return next((e for e in _all() if e.__table__ is key.column.table), None)
    return None


@lru_cache
def _all() -> tuple[type[Entity], ...]:
    return tuple(m.class_ for m in Base.registry.mappers if m.inherits is None and issubclass(m.class_, Entity))


@lru_cache
def gathering_of(entity: type[Entity]) -> tuple[type[Entity], str] | None:
    """For parts that their wholes refer to, as images do to an instrument: the class of the wholes and their column."""
    declared = entity.__whole__ if issubclass(entity, Part) else ""
    if "." not in declared:
        return None
    name, column = declared.split(".")
    return next(e for e in _all() if e.__name__ == name), column


@lru_cache
def selectable(entity: type[Entity]) -> Any:
    """What to select an entity's fields from: the class itself, or the class with all its kinds' columns."""
    return with_polymorphic(entity, "*") if kinds_of(entity) else entity


@lru_cache
def attributes_of(entity: type[Entity]) -> dict[str, InstrumentedAttribute[Any]]:
    """The columns of an entity that clients see, by name, those of its kinds included."""
    source = selectable(entity)
    found = {
        f.name: getattr(source, f.name) for f in fields_of(entity) if hasattr(entity, f.name) and f.name not in _computed(entity)
    }
    for name, kind in kinds_of(entity).items():
        for field in fields_of(kind):
            if field.name not in found and field.name not in _computed(entity):
                found[field.name] = getattr(getattr(source, name), field.name)
    return found


def _computed(entity: type[Entity]) -> set[str]:
    return {name for kind in (entity, *kinds_of(entity).values()) for name in _COMPUTED.get(kind, {})}


@lru_cache
def links_from(entity: type[Entity]) -> tuple[type[Link], ...]:
    """The link classes whose parents are of a class."""
    return tuple(link for link in _links() if link.__parent__ is entity)


@lru_cache
def links_to(entity: type[Entity]) -> tuple[type[Link], ...]:
    """The link classes whose children are of a class."""
    return tuple(link for link in _links() if link.__child__ is entity)


@lru_cache
def containment_to(entity: type[Entity]) -> tuple[type[Link], ...]:
    """The link classes by which objects of a class are contained in others."""
    return tuple(link for link in links_to(entity) if link not in ANNOTATION_LINKS.values())


@lru_cache
def containment_from(entity: type[Entity]) -> tuple[type[Link], ...]:
    """The link classes by which objects of a class contain others."""
    return tuple(link for link in links_from(entity) if link not in ANNOTATION_LINKS.values())


@lru_cache
def _links() -> tuple[type[Link], ...]:
    return tuple(e for e in entities() if issubclass(e, Link))


@lru_cache
def finders(entity: type[Entity]) -> dict[str, type[Entity]]:
    """The names by which an entity's objects are found from others (``dataset`` for images), and whose ids they take."""
    ways = {name: other for name, other in entity_by_singular().items() if other is not entity and not issubclass(other, Link)}
    return {name: other for name, other in ways.items() if found_from(entity, name, [0]) is not None}


@lru_cache
def _placings(entity: type[Entity]) -> tuple[tuple[type[Entity], str], ...]:
    """Parts that place an entity's objects in a whole, as well samples place images in wells, and the column they do it by."""
    found = []
    for part in entities():
        if issubclass(part, Part) and part is not entity and "." not in part.__whole__:
            columns = [f.name for f in fields_of(part) if f.refers_to is entity and f.name != part.__whole__]
            found += [(part, columns[0])] if columns else []
    return tuple(found)


def found_from(entity: type[Entity], name: str, ids: list[int], *, depth: int = 4) -> ColumnElement[bool] | None:
    """The criterion that an entity's objects are found from objects of another, or None where no way leads there.

    Every class on the way is selected as an entity, so that a session adds what its actor may see of each.
    """
    source = selectable(entity)
    for field in fields_of(entity):
        if field.name == f"{name}_id" and field.refers_to is not None:
            return getattr(source, field.name).in_(ids)  # type: ignore[no-any-return]  # an attribute found by name
    for link in links_to(entity):
        if link.__parent__.singular() == name:
            return source.id.in_(select(link.child_id).where(link.parent_id.in_(ids)))  # type: ignore[no-any-return]
    for link in links_from(entity):
        if link.__child__.singular() == name:
            return source.id.in_(select(link.parent_id).where(link.child_id.in_(ids)))  # type: ignore[no-any-return]
    return _found_farther(entity, name, ids, depth=depth)


def _found_farther(entity: type[Entity], name: str, ids: list[int], *, depth: int) -> ColumnElement[bool] | None:
    source = selectable(entity)
    if depth <= 1 or issubclass(entity, Link):
        return None
    for part, column in _placings(entity):
        inner = found_from(part, name, ids, depth=depth - 1)
        if inner is not None:
            return source.id.in_(select(getattr(part, column)).where(inner))  # type: ignore[no-any-return]
    for field in fields_of(entity):
        if field.refers_to not in (None, entity) and issubclass(field.refers_to, (Owned, Part)) and hasattr(source, field.name):
            inner = found_from(field.refers_to, name, ids, depth=depth - 1)
            if inner is not None:
                return getattr(source, field.name).in_(select(field.refers_to.id).where(inner))  # type: ignore[no-any-return]
    for link in containment_to(entity):
        inner = found_from(link.__parent__, name, ids, depth=depth - 1)
        if inner is not None:
            reached = select(link.child_id).where(link.parent_id.in_(select(link.__parent__.id).where(inner)))
            return source.id.in_(reached)  # type: ignore[no-any-return]
    return None


def is_orphaned(entity: type[Entity]) -> ColumnElement[bool] | None:
    """The criterion that an entity's objects are in no container and no well, or None where nothing contains them."""
    source = selectable(entity)
    ways: list[tuple[type[Entity], str]] = [(link, "child_id") for link in containment_to(entity)]
    if ways:
        ways += _placings(entity)
    found: ColumnElement[bool] | None = None
    for way, column in ways:
        is_placed = select(way.id).where(getattr(way, column) == source.id).correlate(source).exists()
        found = ~is_placed if found is None else found & ~is_placed
    return found
