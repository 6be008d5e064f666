"""The bin: an object goes into it with all that has no meaning without it, and comes back with the same.

What depends on an object is derived from the model: the links to and from it, what refers to it (the regions of interest
of an image, the images of a fileset), the same for its parts, and the images of a plate. So a live link always joins two
live objects, and a live region of interest always lies on a live image. Dependents go with the object whoever owns them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, inspect, select, update

from micrarium.errors import Conflict, NotAllowed, NotFound
from micrarium.model import Annotation, Base, DatasetImageLink, Entity, Link, Owned
from micrarium.permissions.checking import require
from micrarium.permissions.gathering import Gathering, Terms, links_touching
from micrarium.permissions.marking import note_taken_out
from micrarium.permissions.recording import event_of, say_groups, write_logs
from micrarium.permissions.rules import Actor
from micrarium.permissions.sessions import ActorSession, note_changes
from micrarium.permissions.visibility import every, in_sight
from micrarium.permissions.wholes import UNHELD, dependents_of, general, is_gathered, references_of, select_roots

_AT_ONCE = 500


def put_into_bin(session: ActorSession, objects: Sequence[Owned]) -> None:
    """Put objects of one class into the bin, with what depends on them. Raises ``NotAllowed`` for the first that may not go."""
    if not objects:
        return
    for obj in objects:
        require(session, "delete", obj)
    event_id = event_of(session)
    for obj in objects:
        obj.deleted_event_id = event_id
    session.flush()
    ids = [obj.id for obj in objects]
    for start in range(0, len(ids), _AT_ONCE):
        for entity, column, found in dependents_of(type(objects[0]), ids[start : start + _AT_ONCE]):
            _mark(session, entity, getattr(entity, column).in_(found), before=None, after=event_id)
    _forget_loaded(session, objects)


def restore(session: ActorSession, entity: type[Owned], object_id: int) -> Owned:
    """The object, taken out of the bin with all that went into it together with it.

    Raises ``NotFound`` when it is not in the bin or not to be seen, ``NotAllowed`` when its actor may not delete it
    either, ``Conflict`` when what it depends on is still in the bin.
    """
    obj = find_binned(session, entity, object_id)
    for column, target in references_of(type(obj)):
        if is_gathered(target):
            continue  # it comes back with whichever of its wholes
        if missing := _binned_root(session, obj, column, target):
            raise Conflict(f"{obj} is of {missing}, which is in the bin; restore that first")
    gathering = _gather_binned(session, obj)
    for dependent, rows in gathering.going.items():
        set_bin_event(session, dependent, list(rows), before=obj.deleted_event_id, after=None)
    for link, found in list(links_touching(session, gathering.going, event_id=obj.deleted_event_id)):
        ids = [row.id for row in found]
        set_bin_event(session, link, ids, before=obj.deleted_event_id, after=None)
        _hold_back(session, link, ids)
    session.expire_all()
    return obj


def _gather_binned(session: ActorSession, obj: Owned) -> Gathering:
    """What went into the bin together with an object: what depends on it, and what it held that its actor may delete."""
    actor = session.actor
    terms = Terms(
        lambda row: actor is None or "delete" in actor.may(row.group_id, row.owner_id), event_id=obj.deleted_event_id, is_all=True
    )
    gathering = Gathering(session, terms)
    gathering.gather(type(obj), [obj.id])
    return gathering


def _binned_root(session: ActorSession, obj: Owned, column: str, target: type[Entity]) -> str | None:
    """The name of the object in the bin that a column refers to, or to a part of which."""
    root, statement = select_roots(target)
    statement = statement.where(target.id == getattr(obj, column), root.deleted_event_id.is_not(None))
    found = session.scalars(statement.with_only_columns(root.id), execution_options=UNHELD).first()
    return None if found is None else f"{root.singular()}:{found}"


def binned(entity: type[Owned], actor: Actor) -> Select[Owned]:
    """The statement for the objects of a class that are in the bin and that ``actor`` could see if they were not."""
    statement = select(entity).where(entity.deleted_event_id.is_not(None), in_sight(entity, actor))
    return statement.execution_options(micrarium_actor=actor.id, micrarium_binned=str(inspect(entity).local_table))


def find_binned(session: ActorSession, entity: type[Owned], object_id: int, *, doing: str = "restore") -> Owned:
    """One object that is in the bin, or ``NotFound``; ``doing`` is what a refusal names."""
    statement = select(entity).where(entity.id == object_id, entity.deleted_event_id.is_not(None))
    obj = session.scalars(statement, execution_options=UNHELD).first()
    may = frozenset(("view", "delete")) if obj is None or session.actor is None else session.actor.may(obj.group_id, obj.owner_id)
    if obj is None or "view" not in may:
        raise NotFound(f"There is no {entity.singular()}:{object_id} in the bin")
    if "delete" not in may:
        raise NotAllowed(f"You may not {doing} {obj}: it belongs to somebody else")
    return obj


def _mark(session: ActorSession, entity: type[Owned], criterion: Any, *, before: int | None, after: int | None) -> list[int]:
    """The ids of the matching rows of a class that were moved from one state of the bin to another; recorded for each."""
    here = entity.deleted_event_id.is_(None) if before is None else entity.deleted_event_id == before
    ids = list(session.scalars(select(entity.id).where(criterion, here), execution_options=UNHELD))
    set_bin_event(session, entity, ids, before=before, after=after)
    return ids


def set_bin_event(session: ActorSession, entity: type[Owned], ids: Sequence[int], *, before: int | None, after: int | None) -> None:
    """Move rows of a class from one state of the bin to another; recorded for each."""
    event_id, verb = event_of(session), "RESTORE" if after is None else "BIN"
    old, new = {"deleted_event_id": before}, {"deleted_event_id": after}
    row = {"event_id": event_id, "action": verb, "old_values": old, "new_values": new}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        change = update(entity).where(entity.id.in_(some)).execution_options(synchronize_session=False)
        change = change.values(deleted_event_id=after, update_event_id=event_id, version=entity.version + 1)
        session.execute(change, execution_options=UNHELD)
        columns = [getattr(entity, name) for name, _ in references_of(entity)]
        names = [general(target).__name__ for _, target in references_of(entity)]
        rows = select(entity.id, entity.group_id, *columns).where(entity.id.in_(some))
        found = session.execute(rows, execution_options=UNHELD).all()
        subjects = [[(n, v) for n, v in zip(names, values[2:], strict=True) if v is not None] for values in found]
        kinds = _kinds(session, entity, some)
        told = [{**row, "entity_type": kinds.get(values[0], entity.__name__), "entity_id": values[0]} for values in found]
        write_logs(session, told, subjects)
        say_groups(session, {values[1] for values in found})
        if entity is DatasetImageLink and after is not None:
            note_taken_out(session, ((row.parent_id, row.child_id) for row in found))
    note_changes(session, entity, ids)


def _kinds(session: ActorSession, entity: type[Owned], ids: Sequence[int]) -> dict[int, str]:
    """The kinds of annotations by id, by which their history is found."""
    if not issubclass(entity, Annotation):
        return {}
    rows = session.execute(select(Annotation.id, Annotation.type).where(Annotation.id.in_(ids)), execution_options=UNHELD)
    return {row[0]: row[1] for row in rows}


def _hold_back(session: ActorSession, link: type[Link], ids: Sequence[int]) -> None:
    """Links that came back although an end of theirs is in the bin go there with it, and come back with it."""
    for column, other in (("parent_id", link.__parent__), ("child_id", link.__child__)):
        columns = every(link).with_only_columns(link.id, getattr(link, column)).where(link.id.in_(ids))
        ends: dict[int, int] = {row[0]: row[1] for row in session.execute(columns, execution_options=UNHELD)}
        root, statement = select_roots(other)
        statement = statement.where(other.id.in_(set(ends.values())), root.deleted_event_id.is_not(None))
        rows = session.execute(statement.with_only_columns(other.id, root.deleted_event_id), execution_options=UNHELD)
        events = {row[0]: row[1] for row in rows}
        for link_id, end in ends.items():
            if end in events:
                set_bin_event(session, link, [link_id], before=None, after=events[end])


def _forget_loaded(session: ActorSession, kept: Sequence[Owned]) -> None:
    """What the session holds may have changed beneath it: it is read again when it is next asked for."""
    for obj in list(session):
        if obj not in kept:
            session.expire(obj)
    for binned_ in (o for o in kept if o.deleted_event_id is not None):
        session.expunge(binned_)  # it is not to be found any more, by this session either


def bin_owned(session: ActorSession, group_id: int, owner_ids: Sequence[int]) -> int:
    """How many objects of these owners in a group went into the bin, all of them, not counting what went along."""
    count = 0
    for entity in _from_the_outside():
        mine = _live_of(entity, group_id, owner_ids)
        while found := session.scalars(mine.limit(_AT_ONCE)).all():
            put_into_bin(session, found)
            count += len(found)
    return count


def count_owned(session: ActorSession, group_id: int, owner_ids: Sequence[int]) -> dict[str, int]:
    """How many objects of each class these owners have in a group, links left out: what ``bin_owned`` would take."""
    found: dict[str, int] = {}
    for entity in (one for one in _from_the_outside() if not issubclass(one, Link)):
        mine: Any = _live_of(entity, group_id, owner_ids).with_only_columns(func.count(entity.id))
        if number := session.execute(mine).scalar_one():
            found[entity.singular()] = number
    return found


def _live_of(entity: type[Owned], group_id: int, owner_ids: Sequence[int]) -> Any:
    return every(entity).where(entity.group_id == group_id, entity.owner_id.in_(owner_ids), entity.deleted_event_id.is_(None))


def _from_the_outside() -> list[type[Owned]]:
    """Every class of owned objects, links last: most of them go with what they join."""
    found = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Owned) and mapper.inherits is None]
    return sorted(found, key=lambda entity: (issubclass(entity, Link), entity.__name__))
