"""The one way changes go into the database: checked against the table of rules, and recorded with what stood there before."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, insert, inspect, select
from sqlalchemy.orm import Mapper

from micrarium.errors import InvalidInput, NotAllowed, NotFound
from micrarium.model import (
    ANNOTATION_LINKS,
    Base,
    Entity,
    Enumeration,
    Event,
    EventLog,
    Experimenter,
    ExperimenterGroup,
    GroupExperimenterMap,
    Link,
    LogicalChannel,
    MapAnnotation,
    Owned,
    Part,
    Personal,
    RenderingDef,
    Roi,
)  # fmt: skip
from micrarium.permissions.rules import Actor
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.visibility import class_of, whole_of

_BOOKKEEPING = {"version", "update_event_id", "creation_event_id"}
#: What a person may change of their own account.
_OWN_PROFILE = {"first_name", "last_name", "email", "institution", "orcid"}


def allowed_actions(actor: Actor | None, obj: Owned) -> frozenset[str]:
    """What an actor may do to an object; the system may do everything."""
    from micrarium.permissions.rules import ACTIONS

    return frozenset(ACTIONS) if actor is None else actor.may(obj.group_id, obj.owner_id)


def require(session: ActorSession, action: str, obj: Entity) -> None:
    """Nothing when the session's actor may do this to the object, else ``NotAllowed`` with the reason."""
    root = root_of(session, obj)
    actor = session.actor
    if actor is None or root is None or action in allowed_actions(actor, root):
        return
    if actor.level_of(root.group_id) == "private" and root.owner_id != actor.id and not actor.roles(root.group_id, root.owner_id):
        raise NotFound(f"There is no {obj}")
    whose = "it is yours" if root.owner_id == actor.id else "it belongs to somebody else"
    raise NotAllowed(f"You may not {action} {obj}: {whose}, in a {actor.level_of(root.group_id)} group")


def root_of(session: ActorSession, obj: Entity) -> Owned | None:
    """The owned object that an object is, or is a part of."""
    while isinstance(obj, Part):
        whole, column, whole_column = whole_of(type(obj))
        if whole_column == "id":
            found = _referred(session, obj, column)
        else:
            found = (
                session.scalars(select(whole).where(getattr(whole, whole_column) == obj.id).limit(1)).first() if obj.id else None
            )
        if found is None:
            return None
        obj = found
    return obj if isinstance(obj, Owned) else None


def _referred(session: ActorSession, obj: Entity, column: str) -> Entity | None:
    """The object a column refers to, through its relationship when that is set, else by id."""
    mapper: Mapper[Any] = inspect(type(obj))
    attribute = mapper.columns[column]
    for relation in mapper.relationships:
        if attribute in relation.local_columns and obj.__dict__.get(relation.key) is not None and not relation.uselist:
            return obj.__dict__[relation.key]  # type: ignore[no-any-return]  # an instance's dictionary is untyped
    value = getattr(obj, column)
    if value is None:
        return None
    key = next(iter(attribute.foreign_keys))
    return session.get(class_of(key.column.table), value)


@event.listens_for(ActorSession, "before_flush")
def _check_and_stamp(session: ActorSession, _context: Any, _instances: Any) -> None:
    new, deleted = list(session.new), list(session.deleted)
    dirty = [obj for obj in session.dirty if session.is_modified(obj)]
    if not (new or dirty or deleted):
        return
    actor = session.actor
    if actor is not None and actor.is_reading:
        raise NotAllowed("This sign-in is for reading only")
    with session.no_autoflush:
        for obj in new:
            _stamp_new(session, obj)
        for obj in new:
            if isinstance(obj, Entity) and actor is not None:
                _check_new(session, actor, obj)
        for obj in [*dirty, *deleted]:
            if isinstance(obj, Entity) and actor is not None:
                _check_change(session, actor, obj, is_deletion=obj in session.deleted)
        pending = session.info.setdefault("pending_logs", [])
        pending.extend(_changes(new, dirty, deleted))


def _stamp_new(session: ActorSession, obj: Base) -> None:
    _canonise(obj)
    if not isinstance(obj, Owned):
        if isinstance(obj, Personal) and obj.experimenter_id is None and session.actor is not None:
            obj.experimenter_id = session.actor.id
        return
    if obj.owner_id is None and session.actor is not None:
        obj.owner_id = session.actor.id
    if obj.group_id is None:
        context = _referred(session, obj, "parent_id") if isinstance(obj, Link) else None
        root = root_of(session, context) if context is not None else None
        group_id = root.group_id if root is not None else (session.actor.group_id if session.actor else None)
        if group_id is None:
            raise InvalidInput("You are in no group that the new object could go into", field="group_id")
        obj.group_id = group_id
    obj.creation_event_id = obj.update_event_id = _event_id(session)


def _event_id(session: ActorSession) -> int:
    """The event of this transaction, made when the first change asks for it."""
    if session.event_id is None:
        actor = session.actor
        values = {"time": datetime.now(UTC), "type": "User" if actor else "System", "reason": session.reason, "version": 1}
        values |= {"experimenter_id": actor.id if actor else None, "group_id": actor.group_id if actor else None}
        made = session.execute(insert(Event).values(values).returning(Event.id), execution_options={"micrarium_recording": True})
        session.event_id = made.scalar_one()
    return session.event_id


def _check_new(session: ActorSession, actor: Actor, obj: Entity) -> None:
    if isinstance(obj, Owned):
        if not actor.is_admin and obj.group_id not in actor.memberships:
            raise NotAllowed(f"You are not a member of experimenter_group:{obj.group_id}")
        if not actor.is_admin and obj.owner_id != actor.id:
            raise NotAllowed("Only administrators make objects for others")
        _check_references(session, obj, obj.group_id)
    elif isinstance(obj, LogicalChannel):
        return  # checked with the channel that refers to it
    elif isinstance(obj, Part):
        root = root_of(session, obj)
        if root is None:
            whole, column, _ = whole_of(type(obj))
            raise NotFound(f"There is no {whole.singular()}:{getattr(obj, column)}", field=column)
        if root not in session.new:
            require(session, "edit", root)
        _check_references(session, obj, root.group_id)
    else:
        _check_directory(session, actor, obj)


def _check_references(session: ActorSession, obj: Entity, group_id: int) -> None:
    """Whatever an object refers to must be visible, in the same group, and open to being referred to like this."""
    for column in inspect(type(obj)).columns:
        if not column.foreign_keys or column.key in {
            "owner_id",
            "group_id",
            "creation_event_id",
            "update_event_id",
            "deleted_event_id",
        }:
            continue
        target = class_of(next(iter(column.foreign_keys)).column.table)
        if not issubclass(target, (Owned, Part)) or column.key not in inspect(type(obj)).attrs:
            continue
        found = _referred(session, obj, column.key)
        if found is None:
            if getattr(obj, column.key) is not None:
                raise NotFound(f"There is no {target.singular()}:{getattr(obj, column.key)}", field=column.key)
            continue
        if found in session.new:
            continue
        root = root_of(session, found)
        if root is not None and root.group_id != group_id:
            raise InvalidInput(f"{found} is in another group", field=column.key)
        if isinstance(obj, Owned) and root is not None:
            require(session, _needed(obj, column.key), found)


def _needed(obj: Owned, column: str) -> str:
    """What one must be allowed to do to an object in order to refer to it."""
    if isinstance(obj, Link):
        is_annotation = type(obj) in ANNOTATION_LINKS.values()
        return ("annotate" if column == "parent_id" else "view") if is_annotation else "link"
    if isinstance(obj, Roi):
        return "annotate"
    return "view" if isinstance(obj, RenderingDef) else "edit"


def _check_change(session: ActorSession, actor: Actor, obj: Entity, *, is_deletion: bool) -> None:
    if not isinstance(obj, (Owned, Part)):
        _check_directory(session, actor, obj, is_deletion=is_deletion)
        return
    root = root_of(session, obj)
    if root is None or root in session.new:
        return
    if isinstance(obj, Owned) and (before := _before(obj)):
        _check_owned_change(actor, obj, before)
    require(session, "delete" if is_deletion and root is obj else "edit", obj) if not _is_binned(obj) else None
    if isinstance(obj, Owned):
        changed = set(_before(obj))
        if any(c in changed for c in ("parent_id", "child_id", "image_id", "pixels_id")):
            _check_references(session, obj, obj.group_id)
        if changed - _BOOKKEEPING or is_deletion or _entries_change(obj):
            obj.update_event_id = _event_id(session)
    _canonise(obj)


def _is_binned(obj: Entity) -> bool:
    return isinstance(obj, Owned) and "deleted_event_id" in _before(obj)


def _check_owned_change(actor: Actor, obj: Owned, before: dict[str, Any]) -> None:
    """Moving, giving away and binning are actions of their own, judged by what the object was before."""
    group_id, owner_id = before.get("group_id", obj.group_id), before.get("owner_id", obj.owner_id)
    may = actor.may(group_id, owner_id)
    for column, action in (("group_id", "chgrp"), ("owner_id", "chown"), ("deleted_event_id", "delete")):
        if column in before and action not in may:
            raise NotAllowed(f"You may not {action} {obj}: it belongs to somebody else, in a {actor.level_of(group_id)} group")
    if "group_id" in before and not actor.is_admin and obj.group_id not in actor.memberships:
        raise NotAllowed(f"You are not a member of experimenter_group:{obj.group_id}")


def _check_directory(session: ActorSession, actor: Actor, obj: Entity, *, is_deletion: bool = False) -> None:
    """People, groups and enumerations are the administrators'; group owners look after their groups."""
    if actor.is_admin and not isinstance(obj, Event):
        return
    changed = set(_before(obj))
    if isinstance(obj, Personal):
        is_allowed = obj.experimenter_id == actor.id and "experimenter_id" not in changed
    elif isinstance(obj, Experimenter):
        is_allowed = obj.id == actor.id and not is_deletion and changed <= _OWN_PROFILE and obj not in session.new
    elif isinstance(obj, ExperimenterGroup):
        is_allowed = _owns_group(actor, obj.id) and not is_deletion and (obj.level != "read-write" or "level" not in changed)
    elif isinstance(obj, GroupExperimenterMap):
        is_allowed = _owns_group(actor, obj.parent_id) and not changed & {"parent_id", "child_id"}
        is_allowed = is_allowed or (obj in session.new and _owns_group(actor, obj.parent_id))
    else:
        is_allowed = False
    if not is_allowed:
        kind = "enumeration" if isinstance(obj, Enumeration) else obj.singular()
        raise NotAllowed(f"Only administrators may change this {kind}")


def _owns_group(actor: Actor, group_id: int | None) -> bool:
    membership = actor.memberships.get(group_id or 0)
    return membership is not None and membership.is_owner


def _before(obj: Base) -> dict[str, Any]:
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


def _entries_change(obj: Base) -> bool:
    return isinstance(obj, MapAnnotation) and inspect(obj).attrs.entries.history.has_changes()


def _canonise(obj: Base) -> None:
    """Keep the column a quantity is searched by in step with the number and unit as given."""
    from micrarium.geometry import Quantity

    for column in inspect(type(obj)).columns:
        if kind := column.info.get("quantity"):
            value, unit = getattr(obj, column.key), getattr(obj, f"{column.key}_unit")
            given = None if value is None else Quantity(value, unit or ("µm" if kind == "length" else "s"))
            setattr(obj, f"{column.key}_canonical", given and (given.um if kind == "length" else given.seconds))


def _plain(value: Any) -> Any:
    """A column's value as JSON holds it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _changes(new: list[Any], dirty: list[Any], deleted: list[Any]) -> Iterator[tuple[Any, str, Any, Any]]:
    """What goes into the log: (object, action, old values, new values). The making of a part belongs to its whole."""
    for obj in new:
        if isinstance(obj, Entity) and not isinstance(obj, Part):
            yield obj, "INSERT", None, None
    for obj in dirty:
        if isinstance(obj, Entity) and not isinstance(obj, Personal):
            old = {k: _plain(v) for k, v in _before(obj).items() if k not in _BOOKKEEPING and not k.endswith("_canonical")}
            now = {k: _plain(getattr(obj, k)) for k in old}
            if isinstance(obj, MapAnnotation) and _entries_change(obj):
                history = inspect(obj).attrs.entries.history
                before = sorted([*history.deleted, *history.unchanged], key=lambda entry: entry.position)
                old, now = old | {"map_value": [[e.name, e.value] for e in before]}, now | {"map_value": obj.map_value}
            if old:
                yield obj, _verb(old, now), old, now
    for obj in deleted:
        if isinstance(obj, Entity) and not isinstance(obj, (Part, Personal)):
            yield obj, "DELETE", {a.key: _plain(getattr(obj, a.key)) for a in inspect(obj).mapper.column_attrs}, None


def _verb(old: dict[str, Any], now: dict[str, Any]) -> str:
    if "deleted_event_id" not in old:
        return "UPDATE"
    return "RESTORE" if now["deleted_event_id"] is None else "BIN"


@event.listens_for(ActorSession, "after_flush")
def _record(session: ActorSession, _context: Any) -> None:
    pending = session.info.pop("pending_logs", [])
    if not pending:
        return
    event_id = _event_id(session)
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
    session.execute(insert(EventLog), rows, execution_options={"micrarium_recording": True})


@event.listens_for(ActorSession, "after_commit")
@event.listens_for(ActorSession, "after_rollback")
def _end_event(session: ActorSession) -> None:
    session.event_id = None
    session.info.pop("pending_logs", None)


def bin_event(session: ActorSession) -> int:
    """The event to put into ``deleted_event_id`` of what goes into the bin in this transaction."""
    return _event_id(session)


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
            Experimenter.ome_name,
        )
        .join(Event, Event.id == EventLog.event_id)
        .outerjoin(Experimenter, Experimenter.id == Event.experimenter_id)
        .where(EventLog.entity_type == type(obj).__name__, EventLog.entity_id == obj.id)
        .order_by(EventLog.event_id.desc(), EventLog.id.desc())
        .limit(limit)
    )
    rows = session.execute(statement, execution_options={"micrarium_recording": True}).all()
    return [
        {
            "event_id": row.event_id,
            "time": row.time,
            "action": row.action,
            "experimenter": {"id": row.experimenter_id, "ome_name": row.ome_name},
            "changes": {key: [value, (row.new_values or {}).get(key)] for key, value in (row.old_values or {}).items()},
        }
        for row in rows
    ]
