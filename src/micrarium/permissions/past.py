"""What an event did to each object, all in all, and the objects themselves wherever they are now: what taking it back needs."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, inspect, select

from micrarium.errors import NotFound
from micrarium.model import Base, Entity, Event, EventLog, Experimenter, Owned, Part
from micrarium.model.base import UtcDateTime
from micrarium.permissions.recording import beginning_of
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.sights import Sights, classes_by_name, spell
from micrarium.permissions.visibility import criterion
from micrarium.permissions.wholes import UNHELD, dependents_of, general

#: The order in which things can be made: what others refer to comes first.
_ORDER = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
BIN = "deleted_event_id"


@dataclass(slots=True)
class Net:
    """What an event did to one object in the end: whether it was there before and is after, and fields with old and new values."""

    kind: str
    id: int
    was_there: bool
    is_there: bool
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    #: All that the object held, where it was removed.
    held: dict[str, Any] = field(default_factory=dict)

    @property
    def entity(self) -> type[Entity]:
        """Its class, the kind where it has kinds."""
        return classes_by_name()[self.kind]

    @property
    def name(self) -> str:
        """``image:12``."""
        return spell(self.kind, self.id)

    @property
    def rank(self) -> int:
        """Its place in the order of making."""
        return _ORDER[general(self.entity).__tablename__ or ""]


def sees_any(session: ActorSession, event_id: int) -> bool:
    """Whether an actor may know of any of the objects that an event changed; of very many, the first are looked at."""
    rows = select(EventLog.entity_type, EventLog.entity_id).where(EventLog.event_id == event_id).limit(1000)
    changed = {(row[0], row[1]) for row in session.execute(rows, execution_options=UNHELD)}
    return bool(Sights(session, changed).seen)


def find_event(session: ActorSession, event_id: int) -> Event:
    """An event its actor may see: their own, one of an open group, one that changed what they may see. Else ``NotFound``."""
    statement = select(Event).where(Event.id == event_id)
    held = statement if session.actor is None else statement.where(criterion(Event, Event, session.actor))
    found = session.scalars(held, execution_options=UNHELD).first()
    if found is None and sees_any(session, event_id):
        found = session.scalars(statement, execution_options=UNHELD).first()
    if found is None:
        raise NotFound(f"There is no event:{event_id}")
    return found


def net_changes(session: ActorSession, event_id: int) -> list[Net]:
    """What an event did to each object, in the order in which it came to them."""
    statement = select(EventLog).where(EventLog.event_id == event_id).order_by(EventLog.id)
    found: dict[tuple[str, int], Net] = {}
    for log in session.scalars(statement, execution_options=UNHELD):
        if log.entity_type not in classes_by_name():
            continue
        key = (log.entity_type, log.entity_id)
        net = found.setdefault(key, Net(*key, was_there=log.action != "INSERT", is_there=True))
        net.is_there = log.action != "DELETE"
        old, new = log.old_values or {}, log.new_values or {}
        if log.action == "DELETE":
            net.held = old | {name: before for name, (before, _) in net.fields.items()}
        elif log.action != "INSERT":
            for name in old:
                net.fields[name] = (net.fields[name][0] if name in net.fields else old[name], new.get(name))
    return list(found.values())


def seen_among(session: ActorSession, changes: Iterable[Net]) -> set[tuple[str, int]]:
    """Those of the changed objects that the actor may see, in the bin or gone or not."""
    return Sights(session, {(net.kind, net.id) for net in changes}).seen


def load_anyhow(session: ActorSession, entity: type[Entity], object_id: int) -> Entity | None:
    """An object by its id, in the bin or not. Whoever asks has made sure that the actor may see it."""
    statement = select(general(entity)).where(general(entity).id == object_id)
    return session.scalars(statement.execution_options(populate_existing=True), execution_options=UNHELD).first()


def load_meant(session: ActorSession, event_id: int, net: Net) -> Entity | None:
    """The object that an event changed; None where it is gone, though another has its number by now."""
    obj = load_anyhow(session, net.entity, net.id)
    if obj is None or removal_since(session, event_id, net) is not None:
        return None
    if isinstance(obj, Part) and beginning_of(session, obj) > event_id:  # parts go unrecorded with their wholes
        return None
    return obj


def removal_since(session: ActorSession, event_id: int, net: Net) -> tuple[int, str] | None:
    """The event that removed for good what another event had left, and who made it; None where it was made again by undoing."""
    statement = (
        select(EventLog.event_id, EventLog.action, Event.undoes_event_id, Experimenter.ome_name)
        .join(Event, Event.id == EventLog.event_id)
        .outerjoin(Experimenter, Experimenter.id == Event.experimenter_id)
        .where(EventLog.entity_type == net.kind, EventLog.entity_id == net.id, EventLog.action.in_(("INSERT", "DELETE")))
        .order_by(EventLog.id)
    )
    lives, now, meant = 0, 0, 0  # every object that has had this number is one life of it; 0 is the first, -1 none
    ended: dict[int, int] = {}
    removal: tuple[int, str] | None = None
    for row in session.execute(statement, execution_options=UNHELD):
        if row.action == "INSERT":
            lives += 1
            now = ended.get(row.undoes_event_id, lives)
        else:
            ended[row.event_id] = now
            if now == meant and row.event_id > event_id:
                removal = row.event_id, row.ome_name or "the server"
            now = -1
        if row.event_id <= event_id:
            meant = now
    return None if now == meant else removal


def changed_by(session: ActorSession, event_id: int | None, *, after: int) -> tuple[set[tuple[str, int]], int]:
    """What an event has changed in its logs behind one of them, and the id of the last log."""
    statement = select(EventLog.entity_type, EventLog.entity_id, EventLog.id)
    rows = session.execute(statement.where(EventLog.event_id == event_id, EventLog.id > after), execution_options=UNHELD).all()
    return {(row[0], row[1]) for row in rows}, max((row[2] for row in rows), default=after)


def value_from(entity: type[Entity], column: str, plain: Any) -> Any:
    """A column's value, as the record keeps it, as the database takes it."""
    kind = inspect(entity).columns[column].type
    if isinstance(plain, str) and isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(plain)
    return base64.b64decode(plain) if isinstance(plain, str) and isinstance(kind, LargeBinary) else plain


def later_change(session: ActorSession, event_id: int, net: Net, *, fields: Iterable[str] = ()) -> tuple[int, str] | None:
    """The last event that changed an object after another one (any of these fields, where some are given), and who made it."""
    statement = (
        select(EventLog.event_id, EventLog.action, EventLog.new_values, Experimenter.ome_name)
        .join(Event, Event.id == EventLog.event_id)
        .outerjoin(Experimenter, Experimenter.id == Event.experimenter_id)
        .where(EventLog.entity_type == net.kind, EventLog.entity_id == net.id, EventLog.event_id > event_id)
        .order_by(EventLog.event_id.desc(), EventLog.id.desc())
    )
    wanted = set(fields)
    for row in session.execute(statement, execution_options=UNHELD):
        if not wanted or row.action == "DELETE" or wanted & set(row.new_values or {}):
            return row.event_id, row.ome_name or "the server"
    return None


def binning_of(session: ActorSession, obj: Owned) -> tuple[int, str]:
    """The event that put an object into the bin, and who made it."""
    statement = select(Event.id, Experimenter.ome_name).outerjoin(Experimenter, Experimenter.id == Event.experimenter_id)
    row = session.execute(statement.where(Event.id == obj.deleted_event_id), execution_options=UNHELD).one()
    return row[0], row[1] or "the server"


def live_dependents(session: ActorSession, net: Net) -> list[tuple[str, int, int, str]]:
    """What depends on an object and is not in the bin: class, id, the event that made it and who did, the oldest first."""
    found = []
    for entity, column, among in dependents_of(general(net.entity), [net.id]):
        statement = (
            select(entity.id, entity.creation_event_id, Experimenter.ome_name)
            .join(Event, Event.id == entity.creation_event_id)
            .outerjoin(Experimenter, Experimenter.id == Event.experimenter_id)
            .where(getattr(entity, column).in_(among), entity.deleted_event_id.is_(None))
        )
        rows = session.execute(statement, execution_options=UNHELD)
        found += [(entity.__name__, row[0], row[1], row[2] or "the server") for row in rows]
    return sorted(found, key=lambda one: one[2])


def events_that_undid(session: ActorSession, event_ids: Sequence[int]) -> dict[int, int]:
    """For those of some events that were taken back, by which event last."""
    statement = select(Event.undoes_event_id, Event.id).where(
        Event.undoes_event_id.is_not(None), Event.undoes_event_id.in_(event_ids)
    )
    rows = session.execute(statement.order_by(Event.id), execution_options=UNHELD) if event_ids else ()
    return {int(row[0] or 0): row[1] for row in rows}
