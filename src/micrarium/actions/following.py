"""What has changed since a moment, for those who follow it: each change once, in order, and only what they may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func

from micrarium.model import Base, Entity, Event, EventLog, Owned
from micrarium.permissions import Actor, ActorSession, binned, every, open_session, system_session, visible

#: What an event's log calls a change, and what those who follow are told.
KINDS = {"INSERT": "made", "UPDATE": "changed", "BIN": "binned", "RESTORE": "restored", "DELETE": "deleted"}
_GONE = ("BIN", "DELETE")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one object. ``place`` grows from change to change; ``whose`` are group and owner of what is gone."""

    place: int
    event_id: int
    entity: type[Entity]
    object_id: int
    action: str
    time: datetime
    experimenter_id: int | None
    whose: tuple[int, int] | None = None

    def to_json(self) -> dict[str, Any]:
        """The change as those who follow are told of it."""
        return {
            "class": self.entity.__name__,
            "id": self.object_id,
            "event_id": self.event_id,
            "kind": KINDS.get(self.action, "changed"),
            "time": self.time.isoformat().replace("+00:00", "Z"),
        }


def newest_place(engine: Engine) -> int:
    """The place of the newest change there is, 0 where there is none."""
    with system_session(engine, "find the newest change", is_reading=True) as session:
        return int(session.execute(every(EventLog).with_only_columns(func.max(EventLog.id))).scalar() or 0)


def read_changes(engine: Engine, after: int, *, limit: int = 1000, gap_s: float = 2.0) -> list[Change]:
    """The changes after a place, in order; those of all objects, whoever may see them.

    Places are given out before transactions end, so a gap may be a change that is about to appear: what comes after it is
    only read once it is ``gap_s`` old, and the gap then counts as a change that was taken back.
    """
    columns = (
        EventLog.id, EventLog.event_id, EventLog.entity_type, EventLog.entity_id, EventLog.action, EventLog.old_values,
        Event.time, Event.experimenter_id,
    )  # fmt: skip
    with system_session(engine, "follow changes", is_reading=True) as session:
        statement = every(EventLog).join(Event, Event.id == EventLog.event_id).with_only_columns(*columns)
        rows = session.execute(statement.where(EventLog.id > after).order_by(EventLog.id).limit(limit)).all()
    settled = datetime.now(UTC) - timedelta(seconds=gap_s)
    found, expected = [], after + 1
    for row in rows:
        if row.id != expected and row.time > settled:
            break
        expected = row.id + 1
        if (entity := _class_of(row.entity_type)) is not None:
            whose = _whose(row.old_values) if row.action in _GONE else None
            found.append(
                Change(row.id, row.event_id, entity, row.entity_id, row.action, row.time, row.experimenter_id, whose)
            )  # fmt: skip
    return found


def _whose(old: dict[str, Any] | None) -> tuple[int, int] | None:
    return (old["group_id"], old["owner_id"]) if old and "group_id" in old and "owner_id" in old else None


def _class_of(name: str) -> type[Entity] | None:
    """The class that has the routes of what a log names, the general one where there are kinds."""
    for mapper in Base.registry.mappers:
        if mapper.class_.__name__ == name and issubclass(mapper.class_, Entity):
            general: type[Entity] = mapper.base_mapper.class_
            return general
    return None


def seen_by(engine: Engine, actor: Actor, changes: Sequence[Change]) -> list[Change]:
    """Those of some changes that an actor may see now. What is gone is told to those who could see it."""
    wanted: dict[type[Entity], set[int]] = {}
    for change in changes:
        wanted.setdefault(change.entity, set()).add(change.object_id)
    with open_session(engine, actor, is_reading=True) as session:
        known = {(entity, i) for entity, ids in wanted.items() for i in _visible_ids(session, actor, entity, sorted(ids))}
    return [c for c in changes if (c.entity, c.object_id) in known or (c.action in _GONE and _could_see(actor, c))]


def _visible_ids(session: ActorSession, actor: Actor, entity: type[Entity], ids: list[int]) -> list[int]:
    found: list[int] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = entity.id.in_(ids[start : start + _AT_ONCE])
        found += session.scalars(visible(entity, actor).with_only_columns(entity.id).where(some))
        if issubclass(entity, Owned):  # what is in the bin is told of to those who could see it outside
            found += session.scalars(binned(entity, actor).with_only_columns(entity.id).where(some))
    return found


def _could_see(actor: Actor, change: Change) -> bool:
    if change.whose is not None:
        return "view" in actor.may(*change.whose)
    return actor.is_admin or change.experimenter_id == actor.id
