"""Every change is an event that records what was and what is now."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, insert, inspect, select

from micrarium.model import Base, Entity, Event, EventLog, Experimenter, MapAnnotation, MapEntry, Owned, Part, Personal
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD, is_new, root_of

_BOOKKEEPING = {"version", "update_event_id", "creation_event_id"}


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
        actor = session.actor
        values = {"time": datetime.now(UTC), "type": "User" if actor else "System", "reason": session.reason, "version": 1}
        values |= {"experimenter_id": actor.id if actor else None, "group_id": actor.group_id if actor else None}
        values["sudo_experimenter_id"] = actor.sudo_id if actor else None
        values["grant_id"] = actor.scope.grant_id if actor and actor.scope else None
        made = session.execute(insert(Event).values(values).returning(Event.id), execution_options=UNHELD)
        session.event_id = made.scalar_one()
    return session.event_id


def note_changes_of(session: ActorSession, new: list[Any], dirty: list[Any], deleted: list[Any]) -> None:
    """Keep what a flush is about to change, to be recorded when it is done and ids are known."""
    pending = session.info.setdefault("pending_logs", [])
    pending.extend((obj, "INSERT", None, None) for obj in new if _is_made_of_its_own(session, obj))
    for obj in dirty:
        pending.extend(_changes_of(obj))
    for obj in deleted:
        if isinstance(obj, Entity) and not isinstance(obj, (Personal, MapEntry)):
            old = {a.key: plain(getattr(obj, a.key)) for a in inspect(obj).mapper.column_attrs}
            pending.append((obj, "DELETE", old, None))


def _is_made_of_its_own(session: ActorSession, obj: Any) -> bool:
    """Whether the making of an object is told apart from that of its whole. Pairs are told as the value of their annotation."""
    if not isinstance(obj, Entity) or isinstance(obj, (Personal, MapEntry)):
        return False
    if not isinstance(obj, Part):
        return True
    root = root_of(session, obj)
    return root is not None and not is_new(root) and root.creation_event_id != session.event_id


def _changes_of(obj: Any) -> Iterator[tuple[Any, str, Any, Any]]:
    if not isinstance(obj, Entity) or isinstance(obj, (Personal, MapEntry)):
        return
    before = {k: v for k, v in values_before(obj).items() if k not in _BOOKKEEPING and not k.endswith("_canonical")}
    old, now = {k: plain(v) for k, v in before.items()}, {k: plain(getattr(obj, k)) for k in before}
    if isinstance(obj, MapAnnotation) and owned_parts_change(obj):
        history = inspect(obj).attrs.entries.history
        entries = sorted([*history.deleted, *history.unchanged], key=lambda entry: entry.position)
        old, now = old | {"map_value": [[e.name, e.value] for e in entries]}, now | {"map_value": obj.map_value}
    if old:
        yield obj, _verb(old, now), old, now


def _verb(old: dict[str, Any], now: dict[str, Any]) -> str:
    if "deleted_event_id" not in old:
        return "UPDATE"
    return "RESTORE" if now["deleted_event_id"] is None else "BIN"


def plain(value: Any) -> Any:
    """A column's value as JSON holds it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


@event.listens_for(ActorSession, "after_flush")
def _record(session: ActorSession, _context: Any) -> None:
    pending = session.info.pop("pending_logs", [])
    if not pending:
        return
    event_id = event_of(session)
    rows = [
        {
            "event_id": event_id,
            "action": verb,
            "entity_type": type(obj).__name__,
            "entity_id": obj.id,
            "old_values": old,
            "new_values": now,
        }
        for obj, verb, old, now in pending
    ]
    session.execute(insert(EventLog), rows, execution_options=UNHELD)


@event.listens_for(ActorSession, "after_commit")
@event.listens_for(ActorSession, "after_rollback")
def _end_event(session: ActorSession) -> None:
    session.event_id = None
    session.info.pop("pending_logs", None)


def bin_event(session: ActorSession) -> int:
    """The event to put into ``deleted_event_id`` of what goes into the bin in this transaction."""
    return event_of(session)


def _beginning_of(session: ActorSession, obj: Entity) -> int:
    """The event that an object, or what it is a part of, was made in: its number may have been another's before."""
    whole = root_of(session, obj) if isinstance(obj, Part) else obj
    return whole.creation_event_id if isinstance(whole, Owned) else 0


def history_of(session: ActorSession, obj: Entity, *, limit: int = 200) -> list[dict[str, Any]]:
    """The changes of an object its actor may see, newest first, each with who made it and the old and new values."""
    statement = (
        select(
            EventLog.event_id,
            EventLog.action,
            EventLog.old_values,
            EventLog.new_values,
            Event.time,
            Event.experimenter_id,
            Event.sudo_experimenter_id,
            Experimenter.ome_name,
        )
        .join(Event, Event.id == EventLog.event_id)
        .outerjoin(Experimenter, Experimenter.id == Event.experimenter_id)
        .where(EventLog.entity_type == type(obj).__name__, EventLog.entity_id == obj.id)
        .where(EventLog.event_id >= _beginning_of(session, obj))
        .order_by(EventLog.event_id.desc(), EventLog.id.desc())
        .limit(limit)
    )
    rows = session.execute(statement, execution_options=UNHELD).all()
    return [
        {
            "event_id": row.event_id,
            "time": row.time,
            "action": row.action,
            "experimenter": {"id": row.experimenter_id, "ome_name": row.ome_name},
            "sudo_experimenter_id": row.sudo_experimenter_id,
            "changes": {key: [value, (row.new_values or {}).get(key)] for key, value in (row.old_values or {}).items()},
        }
        for row in rows
    ]
