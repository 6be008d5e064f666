"""Every change is an event that records what was and what is now."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, func, insert, inspect, select, update

from micrarium.model import (
    Base,
    DatasetImageLink,
    Entity,
    Event,
    EventLog,
    EventSubject,
    ExperimenterGroup,
    GroupExperimenterMap,
    MapAnnotation,
    MapEntry,
    Owned,
    Part,
    Personal,
)
from micrarium.permissions.marking import note_taken_out
from micrarium.permissions.origins import current_origin
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.subjects import Roots, Subject, references_in
from micrarium.permissions.wholes import UNHELD, is_new, root_of

#: Under this name stand, among the subjects of events, the groups whose affair an event is besides its own.
OF_GROUP = "(group)"
_BOOKKEEPING = {"version", "update_event_id", "creation_event_id"}


@dataclass(slots=True)
class Change:
    """What a flush does to one object; ``subjects`` are told before where the object will be gone after."""

    obj: Any
    action: str
    old: dict[str, Any] | None = None
    now: dict[str, Any] | None = None
    subjects: set[Subject] | None = None


def values_before(obj: Base) -> dict[str, Any]:
    """What the changed columns of an object held before."""
    state = inspect(obj)
    found = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if history.has_changes() and history.deleted:
            found[column.key] = history.deleted[0]
        elif history.has_changes() and state.persistent:
            found[column.key] = None
    return found


def owned_parts_change(obj: Base) -> bool:
    """Whether parts that live and die with an object were put in or taken out through it."""
    state = inspect(obj)
    names = [relation.key for relation in state.mapper.relationships if relation.cascade.delete_orphan]
    return any(name in state.dict and state.attrs[name].history.has_changes() for name in names)


def event_of(session: ActorSession) -> int:
    """The event of this transaction, made when the first change asks for it."""
    if session.event_id is None:
        actor, origin = session.actor, current_origin()
        values: dict[str, Any] = {"time": datetime.now(UTC), "type": "User" if actor else "System", "version": 1}
        values |= {"experimenter_id": actor.id if actor else None, "group_id": actor.group_id if actor else None}
        values |= {"sudo_experimenter_id": actor.sudo_id if actor else None, "undoes_event_id": session.info.get("undoes")}
        values["grant_id"] = actor.reach.grant_id if actor and actor.reach else None
        values |= {"reason": session.reason or (origin.reason if actor else None), "job_id": origin.job_id}
        values |= {"client": origin.client if actor else "server", "address": origin.address, "token_name": origin.token_name}
        made = session.execute(insert(Event).values(values).returning(Event.id), execution_options=UNHELD)
        session.event_id = made.scalar_one()
    return session.event_id


def note_changes_of(session: ActorSession, new: list[Any], dirty: list[Any], deleted: list[Any]) -> None:
    """Keep what a flush is about to change, to be recorded when it is done and ids are known."""
    pending: list[Change] = session.info.setdefault("pending_logs", [])
    pending.extend(Change(obj, "INSERT") for obj in new if _is_made_of_its_own(session, obj))
    for obj in dirty:
        pending.extend(_changes_of(obj))
    binned = (change.obj for change in pending if change.action == "BIN")
    note_taken_out(session, ((o.parent_id, o.child_id) for o in (*binned, *deleted) if isinstance(o, DatasetImageLink)))
    for obj in deleted:
        if isinstance(obj, Entity) and not isinstance(obj, (Personal, MapEntry)):
            old = {a.key: plain(getattr(obj, a.key)) for a in inspect(obj).mapper.column_attrs}
            references = references_in(obj, None)
            subjects = Roots(session, references).subjects(obj, references)
            pending.append(Change(obj, "DELETE", old, subjects=subjects))


def _is_made_of_its_own(session: ActorSession, obj: Any) -> bool:
    """Whether the making of an object is told apart from that of its whole. Pairs are told as the value of their annotation."""
    if not isinstance(obj, Entity) or isinstance(obj, (Personal, MapEntry)):
        return False
    if not isinstance(obj, Part):
        return True
    root = root_of(session, obj)
    return root is not None and not is_new(root) and root.creation_event_id != session.event_id


def _changes_of(obj: Any) -> Iterator[Change]:
    if not isinstance(obj, Entity) or isinstance(obj, (Personal, MapEntry)):
        return
    before = {k: v for k, v in values_before(obj).items() if k not in _BOOKKEEPING and not k.endswith("_canonical")}
    old, now = {k: plain(v) for k, v in before.items()}, {k: plain(getattr(obj, k)) for k in before}
    if isinstance(obj, MapAnnotation) and owned_parts_change(obj):
        history = inspect(obj).attrs.entries.history
        entries = sorted([*history.deleted, *history.unchanged], key=lambda entry: entry.position)
        old, now = old | {"map_value": [[e.name, e.value] for e in entries]}, now | {"map_value": obj.map_value}
    if old:
        yield Change(obj, _verb(old, now), old, now)


def _verb(old: dict[str, Any], now: dict[str, Any]) -> str:
    if "deleted_event_id" not in old:
        return "UPDATE"
    return "RESTORE" if now["deleted_event_id"] is None else "BIN"


def plain(value: Any) -> Any:
    """A column's value as JSON holds it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def made_values(obj: Entity) -> dict[str, Any]:
    """What a new object holds, as the record keeps it: what was given, and whose it is."""
    names = (a.key for a in inspect(obj).mapper.column_attrs if not a.columns[0].info.get("private"))
    held = {name: plain(inspect(obj).dict.get(name)) for name in names if name not in _BOOKKEEPING}
    if isinstance(obj, MapAnnotation):
        held["map_value"] = obj.map_value
    return {name: value for name, value in held.items() if value is not None and name != "id"}


@event.listens_for(ActorSession, "after_flush")
def _record(session: ActorSession, _context: Any) -> None:
    pending: list[Change] = session.info.pop("pending_logs", [])
    if not pending:
        return
    event_id = event_of(session)
    references = [references_in(change.obj, change.old) if change.subjects is None else set() for change in pending]
    roots = Roots(session, {reference for some in references for reference in some})
    rows = [
        {
            "event_id": event_id,
            "action": change.action,
            "entity_type": type(change.obj).__name__,
            "entity_id": change.obj.id,
            "old_values": change.old,
            "new_values": made_values(change.obj) if change.action == "INSERT" else change.now,
        }
        for change in pending
    ]
    subjects = [
        roots.subjects(change.obj, some) if change.subjects is None else change.subjects
        for change, some in zip(pending, references, strict=True)
    ]
    write_logs(session, rows, subjects)
    groups = {group for change in pending for group in _groups_of(change)}
    gone = {change.obj.id for change in pending if isinstance(change.obj, ExperimenterGroup) and change.action == "DELETE"}
    say_groups(session, (groups | set(roots.groups.values())) - gone)


def _groups_of(change: Change) -> set[int]:
    """The groups whose affair a change is: that of the object, the one it was in before, the group that is changed itself."""
    obj = change.obj
    if isinstance(obj, Owned):
        return {group for group in (obj.group_id, (change.old or {}).get("group_id")) if group is not None}
    if isinstance(obj, GroupExperimenterMap):
        return {obj.parent_id}
    return {obj.id} if isinstance(obj, ExperimenterGroup) and change.action != "DELETE" else set()


def write_logs(session: ActorSession, rows: Sequence[dict[str, Any]], subjects: Iterable[Iterable[Subject]]) -> None:
    """Write what an event did to some objects, each with those to whose history it belongs besides."""
    made = insert(EventLog).returning(EventLog.id, sort_by_parameter_order=True)
    ids = session.scalars(made, rows, execution_options=UNHELD).all()
    found = [
        {"entity_type": entity_type, "entity_id": entity_id, "event_id": row["event_id"], "log_id": log_id}
        for row, log_id, some in zip(rows, ids, subjects, strict=True)
        for entity_type, entity_id in some
    ]
    if found:
        session.execute(insert(EventSubject), found, execution_options=UNHELD)


def say_groups(session: ActorSession, groups: set[int]) -> None:
    """An event is of the groups of what it changed: whoever works in one group and changes things of others is seen there.

    One of them stands in the event itself, the actor's own where that is among them; the others, of the few events that
    have any, are kept beside it.
    """
    if session.actor is None or not groups:
        return
    said: dict[int, set[int]] = session.info.setdefault("said_groups", {})
    event_id = event_of(session)
    if event_id not in said:
        first = session.actor.group_id if session.actor.group_id in groups else min(groups)
        said[event_id] = {first}
        if first != session.actor.group_id:
            change = update(Event).where(Event.id == event_id).values(group_id=first)
            session.execute(change.execution_options(synchronize_session=False), execution_options=UNHELD)
    if new := groups - said[event_id]:
        log_id = session.scalars(select(func.max(EventLog.id)).where(EventLog.event_id == event_id), execution_options=UNHELD).one()
        row = {"entity_type": OF_GROUP, "event_id": event_id, "log_id": log_id}
        session.execute(insert(EventSubject), [row | {"entity_id": group} for group in sorted(new)], execution_options=UNHELD)
        said[event_id] |= new


@event.listens_for(ActorSession, "after_commit")
@event.listens_for(ActorSession, "after_rollback")
def _end_event(session: ActorSession) -> None:
    session.event_id = None
    for name in ("pending_logs", "said_groups", "undoes"):
        session.info.pop(name, None)


def bin_event(session: ActorSession) -> int:
    """The event to put into ``deleted_event_id`` of what goes into the bin in this transaction."""
    return event_of(session)


def beginning_of(session: ActorSession, obj: Entity) -> int:
    """The event that an object, or what it is a part of, was made in: its number may have been another's before."""
    whole = root_of(session, obj) if isinstance(obj, Part) else obj
    return whole.creation_event_id if isinstance(whole, Owned) else 0
