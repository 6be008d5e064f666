"""The log of events as each person may see it: filtered, in pages, the newest first.

An event is of the groups of what it changed, whichever group its maker worked in. Of an event whose objects somebody may not
see they are told nothing, not even the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true, union, union_all
from sqlalchemy.orm import aliased

from micrarium.model import Entity, Event, EventLog, EventSubject, Experimenter, ExperimenterGroup
from micrarium.permissions.history import describe_logs, describe_person, select_logs
from micrarium.permissions.past import events_that_undid, sees_any
from micrarium.permissions.recording import OF_GROUP
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.sights import Sights, classes_by_name
from micrarium.permissions.wholes import UNHELD, general

#: Of each event so many changes are looked at to say in short what it did, and so many told.
MOST_COUNTED, MOST_TOLD = 200, 3
#: A class with fewer changes than this is looked up by its changes, one with more by walking through the events.
_FEW = 5000
#: With more groups than this, one index is walked instead of one for each.
_MANY_GROUPS = 60
#: So many times more events are looked at where those before tell of nothing that may be seen.
_MOST_ROUNDS = 20
#: When an event was and its id: where a page begins.
Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events: whose, of things of which group, of which class of objects or which object, from when until when, with
    which words in the reason, through which client."""

    experimenter_id: int | None = None
    group_id: int | None = None
    entity: type[Entity] | None = None
    obj: Entity | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None
    client: str | None = None


def page_of_events(
    session: ActorSession, wanted: EventFilter, *, limit: int, after: Place | None = None
) -> tuple[list[dict[str, Any]], dict[str, str], Place | None]:
    """Events, newest first, that the actor may see, each with what it did in short; names; and where more begin, if any.

    Where many events in a row tell of nothing the actor may see, a page may hold fewer than ``limit`` and more follow all the same.
    """
    conditions, ways = _conditions(session, wanted), sources(session, wanted.group_id)
    items: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for _ in range(_MOST_ROUNDS):
        ids = _newest(ways, [*conditions, *_before(after)], limit + 1)
        rows = session.execute(select_events().where(Event.id.in_(select(ids.c.id))), execution_options=UNHELD).all()
        found = [describe_event(session, row) for row in sorted(rows, key=lambda row: (row.time, row.id), reverse=True)]
        names |= _tell_in_short(session, found)
        items += [item for item in found if _is_told(session, item)]
        if len(items) > limit or len(found) <= limit:
            break
        after = (found[-1]["time"], found[-1]["id"])
    else:
        return items, names, after
    more = len(items) > limit
    items = items[:limit]
    return items, names, (items[-1]["time"], items[-1]["id"]) if more else None


def _before(after: Place | None) -> list[ColumnElement[bool]]:
    return [] if after is None else [or_(Event.time < after[0], and_(Event.time == after[0], Event.id < after[1]))]


def _is_told(session: ActorSession, item: dict[str, Any]) -> bool:
    actor = session.actor
    return actor is None or actor.is_admin or bool(item["counts"]) or (item["has_more"] and sees_any(session, item["id"]))


def _newest(ways: Sequence[ColumnElement[bool]], conditions: Sequence[ColumnElement[bool]], limit: int) -> Any:
    """The newest events as a subquery of ids: each source goes along its own index, cut before they are put together."""
    found = []
    for source in ways:
        statement = select(Event.id, Event.time).where(source, *conditions)
        found.append(statement.order_by(Event.time.desc(), Event.id.desc()).limit(limit).subquery())
    if len(found) == 1:
        return found[0]
    together = union(*(select(part.c.id, part.c.time) for part in found)).subquery()
    return select(together).order_by(together.c.time.desc(), together.c.id.desc()).limit(limit).subquery()


def sources(session: ActorSession, group_id: int | None = None) -> list[ColumnElement[bool]]:
    """What an actor sees of events, as criteria each of which has an index: all, or their own and those of each open group.

    With ``group_id``, what they see of the events of that group.
    """
    actor = session.actor
    is_all = actor is None or actor.is_admin
    if is_all and group_id is None:
        return [true()]
    groups = () if actor is None else actor.open_groups
    own = true() if actor is None else Event.experimenter_id == actor.id
    if group_id is not None:
        inside = [Event.group_id == group_id, *_also_of(session, (group_id,))]
        return inside if is_all or group_id in groups else [and_(own, one) for one in inside]
    also = _also_of(session, groups)
    if len(groups) > _MANY_GROUPS:
        return [own, Event.group_id.in_(groups), *also]
    return [own, *(Event.group_id == one for one in groups), *also]


def _also_of(session: ActorSession, groups: Sequence[int]) -> list[ColumnElement[bool]]:
    """The events that changed things of some groups besides those of their own group, if there are any; they are few."""
    there = select(EventSubject.event_id).where(EventSubject.entity_type == OF_GROUP, EventSubject.entity_id.in_(groups))
    found = _among(session, there, EventSubject.event_id) if groups else None
    return [] if found is None else [found]


def _among(session: ActorSession, there: Any, column: Any) -> ColumnElement[bool] | None:
    """That an event is among those that a statement finds: by their ids where they are few; None where there are none."""
    few = session.scalars(there.limit(_FEW), execution_options=UNHELD).all()
    if len(few) < _FEW:
        return Event.id.in_(set(few)) if few else None
    return there.where(column == Event.id).exists()  # type: ignore[no-any-return]  # statements are untyped here


def _conditions(session: ActorSession, wanted: EventFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (Event.experimenter_id, wanted.experimenter_id),
        (Event.client, wanted.client),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.since is not None:
        found.append(Event.time >= wanted.since)
    if wanted.until is not None:
        found.append(Event.time < wanted.until)
    if wanted.reason is not None:
        escaped = wanted.reason.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found += [Event.reason.is_not(None), func.lower(Event.reason).like(f"%{escaped}%", escape="\\")]
    if wanted.entity is not None:
        found.append(_changed_class(session, wanted.entity))
    if wanted.obj is not None:
        found.append(_changed_object(wanted.obj))
    return found


def _changed_class(session: ActorSession, entity: type[Entity]) -> ColumnElement[bool]:
    names = [name for name, cls in classes_by_name().items() if issubclass(cls, entity)]
    there = select(EventLog.event_id).where(EventLog.entity_type.in_(names))
    found = _among(session, there, EventLog.event_id)
    return false() if found is None else found


def _changed_object(obj: Entity) -> ColumnElement[bool]:
    own = select(EventLog.event_id).where(EventLog.entity_type == type(obj).__name__, EventLog.entity_id == obj.id)
    about = select(EventSubject.event_id).where(
        EventSubject.entity_type == general(type(obj)).__name__, EventSubject.entity_id == obj.id
    )
    return Event.id.in_(union_all(own, about))


def select_events() -> Any:
    """The statement for events with the names of the people and the group they tell of."""
    sudoer = aliased(Experimenter)
    return (
        select(
            Event.id, Event.time, Event.type, Event.reason, Event.client, Event.address, Event.token_name, Event.job_id,
            Event.experimenter_id, Event.sudo_experimenter_id, Event.group_id, Event.grant_id, Event.undoes_event_id,
            Experimenter.ome_name, Experimenter.first_name, Experimenter.last_name,
            sudoer.ome_name.label("sudo_name"), ExperimenterGroup.name.label("group_name"),
        )
        .outerjoin(Experimenter, Experimenter.id == Event.experimenter_id)
        .outerjoin(sudoer, sudoer.id == Event.sudo_experimenter_id)
        .outerjoin(ExperimenterGroup, ExperimenterGroup.id == Event.group_id)
    )  # fmt: skip


def describe_event(session: ActorSession, row: Any) -> dict[str, Any]:
    """An event as clients read it. Its address and token are told to whoever made it, and to administrators."""
    actor = session.actor
    is_told = actor is None or actor.is_admin or actor.id == row.experimenter_id
    sudoer = None if row.sudo_experimenter_id is None else {"id": row.sudo_experimenter_id, "ome_name": row.sudo_name}
    return {
        "id": row.id,
        "time": row.time,
        "type": row.type,
        "experimenter": describe_person(row),
        "sudo_experimenter": sudoer,
        "group": None if row.group_id is None else {"id": row.group_id, "name": row.group_name},
        "client": row.client,
        "address": row.address if is_told else None,
        "token_name": row.token_name if is_told else None,
        "job_id": row.job_id,
        "reason": row.reason,
        "grant_id": row.grant_id,
        "undoes_event_id": row.undoes_event_id,
        "undone_by_event_id": None,
    }


def _tell_in_short(session: ActorSession, items: list[dict[str, Any]]) -> dict[str, str]:
    """Give events ``counts`` of what they did, ``changes`` with the first of it, and by which event they were taken back."""
    ids = [item["id"] for item in items]
    place = func.row_number().over(partition_by=EventLog.event_id, order_by=EventLog.id).label("place")
    ranked = select(EventLog.id, EventLog.event_id, EventLog.entity_type, EventLog.entity_id, EventLog.action, place)
    ranked_ = ranked.where(EventLog.event_id.in_(ids)).subquery()
    logs = session.execute(select(ranked_).where(ranked_.c.place <= MOST_COUNTED), execution_options=UNHELD).all()
    seen = Sights(session, {(log.entity_type, log.entity_id) for log in logs}).seen
    undone = events_that_undid(session, ids)
    told: list[int] = []
    for item in items:
        mine = [log for log in logs if log.event_id == item["id"]]
        shown = sorted((log for log in mine if (log.entity_type, log.entity_id) in seen), key=lambda log: log.place)
        counts: dict[tuple[str, str], int] = {}
        for log in shown:
            kind = general(classes_by_name()[log.entity_type]).singular()
            counts[(log.action, kind)] = counts.get((log.action, kind), 0) + 1
        item["counts"] = [{"action": action, "kind": kind, "count": count} for (action, kind), count in counts.items()]
        item["has_more"] = len(mine) >= MOST_COUNTED
        item["undone_by_event_id"] = undone.get(item["id"])
        told += [log.id for log in shown[:MOST_TOLD]]
    rows = session.execute(select_logs().where(EventLog.id.in_(told)).order_by(EventLog.id), execution_options=UNHELD).all()
    changes, names = describe_logs(session, rows)
    for item in items:
        item["changes"] = [change for change in changes if change["event_id"] == item["id"]]
    return names


def show_event(session: ActorSession, event_id: int) -> dict[str, Any]:
    """One event as clients read it; whoever asks has made sure that the actor may see it."""
    row = session.execute(select_events().where(Event.id == event_id), execution_options=UNHELD).one()
    return describe_event(session, row) | {"undone_by_event_id": events_that_undid(session, [event_id]).get(event_id)}
