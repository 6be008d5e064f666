"""The bin: an object goes into it with all that has no meaning without it, and comes back with the same.

What depends on an object is derived from the model: the links to and from it, what refers to it (the regions of interest
of an image, the images of a fileset), the same for its parts, and the images of a plate. So a live link always joins two
live objects, and a live region of interest always lies on a live image. Dependents go with the object whoever owns them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, insert, inspect, select, update

from micrarium.errors import Conflict, NotAllowed, NotFound
from micrarium.model import Base, Entity, EventLog, Link, Owned, Part, WellSample
from micrarium.permissions.rules import Actor
from micrarium.permissions.sessions import ActorSession, note_changes
from micrarium.permissions.visibility import class_of, every, in_sight, whole_of
from micrarium.permissions.writing import bin_event, require

_BOOKKEEPING = {"owner_id", "group_id", "creation_event_id", "update_event_id", "deleted_event_id"}
_UNHELD = {"micrarium_recording": True}
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Dependence:
    """That rows of ``entity`` depend on rows of another class: those whose ``column`` is among their ids."""

    entity: type[Entity]
    column: str
    #: The class depends through this column of a part of the other class, as a plate's images do through well samples.
    carried: str | None = None


def put_into_bin(session: ActorSession, objects: Sequence[Owned]) -> None:
    """Put objects of one class into the bin, with what depends on them. Raises ``NotAllowed`` for the first that may not go."""
    if not objects:
        return
    for obj in objects:
        require(session, "delete", obj)
    event_id = bin_event(session)
    for obj in objects:
        obj.deleted_event_id = event_id
    session.flush()
    ids = [obj.id for obj in objects]
    for start in range(0, len(ids), _AT_ONCE):
        for entity, column, found in _dependents(type(objects[0]), ids[start : start + _AT_ONCE]):
            _mark(session, entity, getattr(entity, column).in_(found), before=None, after=event_id)
    _forget_loaded(session, objects)


def restore(session: ActorSession, entity: type[Owned], object_id: int) -> Owned:
    """The object, taken out of the bin with all that went into it together with it.

    Raises ``NotFound`` when it is not in the bin or not to be seen, ``NotAllowed`` when its actor may not delete it
    either, ``Conflict`` when what it depends on is still in the bin.
    """
    obj = find_binned(session, entity, object_id)
    for column in inspect(type(obj)).columns:
        if column.foreign_keys and column.key not in _BOOKKEEPING and (missing := _binned_root(session, obj, column)):
            raise Conflict(f"{obj} is of {missing}, which is in the bin; restore that first")
    event_id = obj.deleted_event_id
    obj.deleted_event_id = None
    session.flush()
    for dependent, name, found in _dependents(type(obj), [object_id]):
        ids = _mark(session, dependent, getattr(dependent, name).in_(found), before=event_id, after=None)
        if issubclass(dependent, Link) and ids:
            _hold_back(session, dependent, ids)
    _forget_loaded(session, [obj])
    return obj


def _binned_root(session: ActorSession, obj: Owned, column: Any) -> str | None:
    """The name of the object in the bin that a column refers to, or to a part of which."""
    target = class_of(next(iter(column.foreign_keys)).column.table)
    ids = [getattr(obj, column.key)]
    if not issubclass(target, (Owned, Part)) or ids == [None]:
        return None
    root, statement = _select_roots(target)
    row = session.execute(statement.where(target.id.in_(ids)), execution_options=_UNHELD).first()
    return f"{root.singular()}:{row.root_id}" if row else None


def _select_roots(entity: type[Entity]) -> tuple[type[Owned], Any]:
    """The class that objects of a class are, or are parts of, and the statement for those in the bin: id, root, event."""
    path, root = [], entity
    while issubclass(root, Part):
        whole, column, whole_column = whole_of(root)
        path.append((whole, getattr(root, column) == getattr(whole, whole_column)))
        root = whole
    assert issubclass(root, Owned)
    statement = select(entity.id, root.id.label("root_id"), root.deleted_event_id).where(root.deleted_event_id.is_not(None))
    for whole, condition in path:
        statement = statement.join(whole, condition)
    return root, statement


def binned(entity: type[Owned], actor: Actor) -> Select[Owned]:
    """The statement for the objects of a class that are in the bin and that ``actor`` could see if they were not."""
    statement = select(entity).where(entity.deleted_event_id.is_not(None), in_sight(entity, actor))
    return statement.execution_options(micrarium_actor=actor.id, micrarium_binned=_table(entity).name)


def find_binned(session: ActorSession, entity: type[Owned], object_id: int) -> Owned:
    """One object that is in the bin, or ``NotFound``."""
    statement = select(entity).where(entity.id == object_id, entity.deleted_event_id.is_not(None))
    obj = session.scalars(statement, execution_options=_UNHELD).first()
    may = frozenset(("view", "delete")) if obj is None or session.actor is None else session.actor.may(obj.group_id, obj.owner_id)
    if obj is None or "view" not in may:
        raise NotFound(f"There is no {entity.singular()}:{object_id} in the bin")
    if "delete" not in may:
        raise NotAllowed(f"You may not restore {obj}: it belongs to somebody else")
    return obj


def _dependents(entity: type[Base], found: Any) -> Iterator[tuple[type[Owned], str, Any]]:
    """Classes with a column, and the ids or subquery of what in that column makes a row depend on what was found."""
    for dependence in dependences_of(_general(entity)):
        dependent, column = dependence.entity, dependence.column
        inner = select(dependent.id).where(getattr(dependent, column).in_(found))
        if dependence.carried is not None:
            target = class_of(next(iter(_table(dependent).c[dependence.carried].foreign_keys)).column.table)
            carried = select(getattr(dependent, dependence.carried)).where(getattr(dependent, column).in_(found))
            yield target, "id", carried  # type: ignore[misc]  # only owned objects are carried
            yield from _dependents(target, carried)
        if issubclass(dependent, Owned):
            yield dependent, column, found
        if not issubclass(dependent, Link):
            yield from _dependents(dependent, inner)


@lru_cache
def dependences_of(entity: type[Base]) -> tuple[Dependence, ...]:
    """What depends on objects of a class, directly."""
    found = []
    for mapper in Base.registry.mappers:
        other = mapper.class_
        if mapper.inherits is not None or not issubclass(other, (Owned, Part)):
            continue
        for column in mapper.columns:
            targets = {class_of(key.column.table) for key in column.foreign_keys if key.column.name == "id"}
            if entity not in targets or column.key in _BOOKKEEPING:
                continue
            if issubclass(other, Owned):
                found.append(Dependence(other, column.key))
            elif whole_of(other)[:2] == (entity, column.key):
                carried = "image_id" if other is WellSample else None
                found.append(Dependence(other, column.key, carried))
    return tuple(sorted(found, key=lambda d: (d.entity.__name__, d.column)))


def _general(entity: type[Base]) -> type[Entity]:
    return class_of(_table(entity))


def _table(entity: type[Base]) -> Any:
    return inspect(entity).local_table


def _mark(session: ActorSession, entity: type[Owned], criterion: Any, *, before: int | None, after: int | None) -> list[int]:
    """The ids of the matching rows of a class that were moved from one state of the bin to another; recorded for each."""
    here = entity.deleted_event_id.is_(None) if before is None else entity.deleted_event_id == before
    ids = list(session.scalars(select(entity.id).where(criterion, here), execution_options=_UNHELD))
    _set_event(session, entity, ids, before=before, after=after)
    return ids


def _set_event(session: ActorSession, entity: type[Owned], ids: Sequence[int], *, before: int | None, after: int | None) -> None:
    event_id, verb = bin_event(session), "RESTORE" if after is None else "BIN"
    old, new = {"deleted_event_id": before}, {"deleted_event_id": after}
    row = {"event_id": event_id, "action": verb, "entity_type": entity.__name__, "old_values": old, "new_values": new}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        change = update(entity).where(entity.id.in_(some)).execution_options(synchronize_session=False)
        change = change.values(deleted_event_id=after, update_event_id=event_id, version=entity.version + 1)
        session.execute(change, execution_options=_UNHELD)
        session.execute(insert(EventLog), [{**row, "entity_id": i} for i in some], execution_options=_UNHELD)
    note_changes(session, entity, ids)


def _hold_back(session: ActorSession, link: type[Link], ids: Sequence[int]) -> None:
    """Links that came back although an end of theirs is in the bin go there with it, and come back with it."""
    for column, other in (("parent_id", link.__parent__), ("child_id", link.__child__)):
        columns = every(link).with_only_columns(link.id, getattr(link, column)).where(link.id.in_(ids))
        ends: dict[int, int] = {row[0]: row[1] for row in session.execute(columns, execution_options=_UNHELD)}
        _, statement = _select_roots(other)
        rows = session.execute(statement.where(other.id.in_(set(ends.values()))), execution_options=_UNHELD)
        events = {row[0]: row[2] for row in rows}
        for link_id, end in ends.items():
            if end in events:
                _set_event(session, link, [link_id], before=None, after=events[end])


def _forget_loaded(session: ActorSession, kept: Sequence[Owned]) -> None:
    """What the session holds may have changed beneath it: it is read again when it is next asked for."""
    for obj in list(session):
        if obj not in kept:
            session.expire(obj)
