"""The history of objects, read: what happened to each, to its links, its annotations and its parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import and_, or_, select, union_all
from sqlalchemy.orm import aliased

from micrarium.errors import InvalidInput
from micrarium.model import ANNOTATION_LINKS, Annotation, Entity, Event, EventLog, EventSubject, Experimenter, Link
from micrarium.permissions.recording import beginning_of
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.sights import Sights, classes_by_name, names_of, referring_columns, spell
from micrarium.permissions.subjects import Subject
from micrarium.permissions.wholes import UNHELD, general

#: Where a change stands in the order of all: its event's id and its own.
Place = tuple[int, int]


def history_of(session: ActorSession, obj: Entity, *, limit: int = 200) -> list[dict[str, Any]]:
    """The changes of an object its actor may see, newest first, each with who made it and the old and new values."""
    found: list[dict[str, Any]] = page_of_history(session, obj, limit=limit)["items"]
    return found


def page_of_history(session: ActorSession, obj: Entity, *, limit: int, cursor: str | None = None) -> dict[str, Any]:
    """One page of the changes of an object and of what belongs to it: ``{"items", "next", "names"}``, the newest first.

    What belongs to it are its links with what they join, its parts, and the annotations it carries now. ``names`` gives
    what the objects in it are called.
    """
    places = _places_of(obj, None if cursor is None else read_place(cursor), limit + 1, beginning=beginning_of(session, obj))
    rows = session.execute(select_logs().where(EventLog.id.in_(select(places.c.id))), execution_options=UNHELD).all()
    rows = sorted(rows, key=lambda row: (row.event_id, row.id), reverse=True)
    more, rows = len(rows) > limit, rows[:limit]
    items, names = describe_logs(session, rows)
    return {"items": items, "next": f"{rows[-1].event_id}.{rows[-1].id}" if more else None, "names": names}


def _places_of(obj: Entity, after: Place | None, limit: int, *, beginning: int) -> Any:
    """The changes that belong to an object's history, as a subquery of ids; each source is cut before they are put together."""
    kind = general(type(obj)).__name__
    own = select(EventLog.id, EventLog.event_id).where(EventLog.entity_type == type(obj).__name__, EventLog.entity_id == obj.id)
    own = own.where(EventLog.event_id >= beginning)
    about = select(EventSubject.log_id, EventSubject.event_id).where(
        EventSubject.entity_type == kind, EventSubject.entity_id == obj.id, EventSubject.event_id >= beginning
    )
    sources = [_cut(own, EventLog.event_id, EventLog.id, after, limit)]
    sources.append(_cut(about, EventSubject.event_id, EventSubject.log_id, after, limit))
    link: Any = ANNOTATION_LINKS.get(general(type(obj)))
    if link is not None:
        names = [name for name, entity in classes_by_name().items() if issubclass(entity, Annotation)]
        carried = select(link.child_id).where(link.parent_id == obj.id, link.deleted_event_id.is_(None))
        said = select(EventLog.id, EventLog.event_id).where(EventLog.entity_type.in_(names), EventLog.entity_id.in_(carried))
        said = said.where(EventLog.action == "UPDATE")
        sources.append(_cut(said, EventLog.event_id, EventLog.id, after, limit))
    together = union_all(*(select(source) for source in sources)).subquery()
    together = select(together.c[0].label("id"), together.c[1].label("event_id")).distinct().subquery()
    return select(together).order_by(together.c.event_id.desc(), together.c.id.desc()).limit(limit).subquery()


def _cut(statement: Any, event_id: Any, log_id: Any, after: Place | None, limit: int) -> Any:
    if after is not None:
        statement = statement.where(or_(event_id < after[0], and_(event_id == after[0], log_id < after[1])))
    return statement.order_by(event_id.desc(), log_id.desc()).limit(limit).subquery()


def read_place(cursor: str) -> Place:
    """The place that a cursor stands for, or ``InvalidInput``."""
    first, _, second = cursor.partition(".")
    if not (first.isascii() and first.isdecimal() and second.isascii() and second.isdecimal() and len(cursor) < 39):
        raise InvalidInput("This cursor was not given by an earlier page", field="cursor")
    return int(first), int(second)


def select_logs() -> Any:
    """The statement for changes with their events and who made them."""
    sudoer = aliased(Experimenter)
    return (
        select(
            EventLog.id, EventLog.event_id, EventLog.action, EventLog.entity_type, EventLog.entity_id, EventLog.old_values,
            EventLog.new_values, Event.time, Event.reason, Event.client, Event.experimenter_id, Event.sudo_experimenter_id,
            Event.undoes_event_id, Experimenter.ome_name, Experimenter.first_name, Experimenter.last_name,
            sudoer.ome_name.label("sudo_name"),
        )
        .join(Event, Event.id == EventLog.event_id)
        .outerjoin(Experimenter, Experimenter.id == Event.experimenter_id)
        .outerjoin(sudoer, sudoer.id == Event.sudo_experimenter_id)
    )  # fmt: skip


def logs_of_event(
    session: ActorSession, event_id: int, *, limit: int, after: int = 0
) -> tuple[list[dict[str, Any]], dict[str, str], int | None]:
    """What an event did, in order, as far as the actor may see it; the names in it; and the id to go on after, if there is more."""
    statement = select_logs().where(EventLog.event_id == event_id, EventLog.id > after).order_by(EventLog.id).limit(limit + 1)
    rows = session.execute(statement, execution_options=UNHELD).all()
    items, names = describe_logs(session, rows[:limit])
    return items, names, rows[limit - 1].id if len(rows) > limit else None


def describe_logs(session: ActorSession, rows: Sequence[Any]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Changes as clients read them, those of objects the actor may not see left out, and the names of what stands in them."""
    sights = Sights(session, {(row.entity_type, row.entity_id) for row in rows})
    shown = [row for row in rows if (row.entity_type, row.entity_id) in sights.seen]
    items = [_describe(row, sights) for row in shown]
    wanted: set[Subject] = set()
    for row in shown:
        subject = (row.entity_type, row.entity_id)
        wanted |= {subject, *sights.ends.get(subject, ()), *_referred(row)}
    return items, names_of(session, sights, wanted)


def _describe(row: Any, sights: Sights) -> dict[str, Any]:
    old, new = row.old_values or {}, row.new_values or {}
    told: dict[str, Any] = {
        "event_id": row.event_id,
        "time": row.time,
        "action": row.action,
        "object": spell(row.entity_type, row.entity_id),
        "type": row.entity_type,
        "experimenter": describe_person(row),
        "sudo_experimenter_id": row.sudo_experimenter_id,
        "reason": row.reason,
        "client": row.client,
        "undoes_event_id": row.undoes_event_id,
        "changes": {key: [old.get(key), new.get(key)] for key in {**old, **new}},
    }
    if ends := sights.ends.get((row.entity_type, row.entity_id)):
        told |= {"parent": spell(*ends[0]), "child": spell(*ends[1])}
    return told


def describe_person(row: Any) -> dict[str, Any]:
    """Who made a change: id, user name, full name."""
    full = " ".join(part for part in (row.first_name, row.last_name) if part)
    return {"id": row.experimenter_id, "ome_name": row.ome_name, "name": full or row.ome_name}


def _referred(row: Any) -> Iterable[Subject]:
    """The objects whose ids stand among the old and new values of a change."""
    for column, name in referring_columns(row.entity_type).items():
        for values in (row.old_values, row.new_values):
            value = (values or {}).get(column)
            if isinstance(value, int) and name != Event.__name__:
                yield name, value


def is_link(name: str) -> bool:
    """Whether the class with a name is one of links."""
    entity = classes_by_name().get(name)
    return entity is not None and issubclass(entity, Link)
