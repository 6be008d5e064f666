"""Which object decides about an object: itself, or the whole it is a part of; and what depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Select, inspect, select
from sqlalchemy.orm import Mapper

from micrarium.model import Base, Entity, Link, Owned, Part, WellSample
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.visibility import class_of, whole_of

#: Columns of an owned object that refer to who and when, not to what it is about.
BOOKKEEPING = frozenset({"owner_id", "group_id", "creation_event_id", "update_event_id", "deleted_event_id"})
#: For statements that must see what their actor does not; only ever used inside of this room.
UNHELD = {"micrarium_recording": True}


def root_of(session: ActorSession, obj: Entity) -> Owned | None:
    """The owned object that an object is, or is a part of; None where the actor cannot see it, or there is none."""
    while isinstance(obj, Part):
        whole, column, whole_column = whole_of(type(obj))
        found: Entity | None = None
        if whole_column == "id":
            found = referred(session, obj, column)
        elif obj.id:
            found = session.scalars(select(whole).where(getattr(whole, whole_column) == obj.id).limit(1)).first()
        if found is None:
            return None
        obj = found
    return obj if isinstance(obj, Owned) else None


def referred(session: ActorSession, obj: Entity, column: str) -> Entity | None:
    """The object a column refers to, through its relationship when that is set, else by id."""
    mapper: Mapper[Any] = inspect(type(obj))
    attribute = mapper.columns[column]
    for relation in mapper.relationships:
        if attribute in relation.local_columns and obj.__dict__.get(relation.key) is not None and not relation.uselist:
            return obj.__dict__[relation.key]  # type: ignore[no-any-return]  # an instance's dictionary is untyped
    value = getattr(obj, column)
    return None if value is None else session.get(target_of(attribute), value)


def is_new(obj: Any) -> bool:
    """Whether an object is about to be made. (``session.new`` says so too, but gathers all new objects each time.)"""
    return bool(inspect(obj).pending)


def target_of(column: Column[Any]) -> type[Entity]:
    """The class whose rows a column refers to."""
    return class_of(next(iter(column.foreign_keys)).column.table)


@lru_cache
def references_of(entity: type[Base]) -> tuple[tuple[str, type[Entity]], ...]:
    """The columns by which objects of a class refer to what they are about, with the classes they refer to."""
    mapper = inspect(entity)
    found = []
    for column in mapper.columns:
        if column.foreign_keys and column.key not in BOOKKEEPING and column.key in mapper.attrs:
            target = target_of(column)
            if issubclass(target, (Owned, Part)):
                found.append((column.key, target))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Dependence:
    """That rows of ``entity`` depend on rows of another class: those whose ``column`` is among their ids.

    ``carried`` is a column of what else goes with them, as a plate's images do through its well samples.
    """

    entity: type[Entity]
    column: str
    carried: str | None = None


@lru_cache
def dependences_of(entity: type[Base]) -> tuple[Dependence, ...]:
    """What depends on objects of a class, directly."""
    found = []
    for mapper in Base.registry.mappers:
        other = mapper.class_
        if mapper.inherits is not None or not issubclass(other, (Owned, Part)):
            continue
        for column, target in references_of(other):
            if target is not entity:
                continue
            if issubclass(other, Owned):
                found.append(Dependence(other, column))
            elif whole_of(other)[:2] == (entity, column):
                found.append(Dependence(other, column, "image_id" if other is WellSample else None))
    return tuple(sorted(found, key=lambda d: (d.entity.__name__, d.column)))


@lru_cache
def placings_of(entity: type[Base]) -> tuple[tuple[type[Part], str], ...]:
    """The parts of other objects by which objects of a class are placed in those, as images are by well samples; and the column."""
    found = []
    for mapper in Base.registry.mappers:
        part = mapper.class_
        if mapper.inherits is None and issubclass(part, Part):
            whole_column = whole_of(part)[1]
            found += [(part, column) for column, target in references_of(part) if target is entity and column != whole_column]
    return tuple(found)


def dependents_of(entity: type[Base], ids: Any) -> Iterator[tuple[type[Owned], str, Any]]:
    """What depends on rows of a class, directly or through parts: a class, its column, and what it is among (ids or a subquery)."""
    dependences = dependences_of(general(entity))
    for own in (d for d in dependences if d.entity is general(entity)):  # folders in folders, to any depth
        below = _below(own, ids)
        yield own.entity, "id", below  # type: ignore[misc]  # only owned objects lie in their like
        ids = select(general(entity).id).where(general(entity).id.in_(ids) | general(entity).id.in_(below))
    for dependence in dependences:
        dependent: Any = dependence.entity
        if dependent is general(entity):
            continue
        refers = getattr(dependent, dependence.column).in_(ids)
        if dependence.carried is not None:
            target = target_of(inspect(dependent).columns[dependence.carried])
            carried = select(getattr(dependent, dependence.carried)).where(refers)
            yield target, "id", carried  # type: ignore[misc]  # only owned objects are carried
            yield from dependents_of(target, carried)
        if issubclass(dependent, Owned):
            yield dependent, dependence.column, ids
        if not issubclass(dependent, Link):
            yield from dependents_of(dependent, select(dependent.id).where(refers))


def _below(own: Dependence, ids: Any) -> Select[Any]:
    """The ids of the rows of a class that lie in others of it, directly or farther down."""
    entity: Any = own.entity
    first = select(entity.id).where(getattr(entity, own.column).in_(ids)).cte("below", recursive=True)
    farther = select(entity.id).join(first, getattr(entity, own.column) == first.c.id)
    return select(first.union(farther).c.id)


def is_gathered(entity: type[Base]) -> bool:
    """Whether objects of a class are parts of all that refer to them, as a logical channel is of its channels."""
    return issubclass(entity, Part) and "." in entity.__whole__


@lru_cache
def is_spread(entity: type[Base]) -> bool:
    """Whether objects of a class may be parts of several roots: they are gathered, or parts of what is."""
    while issubclass(entity, Part):
        if is_gathered(entity):
            return True
        entity = whole_of(entity)[0]
    return False


def select_roots(entity: type[Entity]) -> tuple[type[Owned], Select[Any]]:
    """The class that objects of a class are, or are parts of, and the statement that pairs their ids with those objects."""
    root, path = entity, []
    while issubclass(root, Part):
        whole, column, whole_column = whole_of(root)
        path.append((whole, getattr(root, column) == getattr(whole, whole_column)))
        root = whole
    assert issubclass(root, Owned)
    statement: Any = select(entity.id.label("part_id"), root)
    for whole, condition in path:
        statement = statement.join(whole, condition)
    return root, statement


def general(entity: type[Base]) -> type[Entity]:
    """The class itself, or the one that a kind is a kind of."""
    return class_of(inspect(entity).local_table)
