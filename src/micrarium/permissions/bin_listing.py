"""What is in the bin: what was deleted, when and by whom; what went along with something else is part of that."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, exists, inspect, or_, select
from sqlalchemy.orm import aliased

from micrarium.model import ANNOTATION_LINKS, Annotation, Base, Event, Experimenter, Link, Owned, RenderingDef
from micrarium.model.schema import links_to
from micrarium.permissions.gathering import Key, name_of
from micrarium.permissions.rules import Actor
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.visibility import in_sight
from micrarium.permissions.wholes import UNHELD, is_spread, placings_of, references_of, select_roots

#: Where a page of the bin begins: an event, the rank of a class, and an id.
Place = tuple[int, int, int]


@lru_cache
def binned_classes() -> tuple[type[Owned], ...]:
    """The classes of what people delete, as the bin lists them."""
    found = [m.class_ for m in Base.registry.mappers if m.inherits is None and issubclass(m.class_, Owned)]
    return tuple(sorted((e for e in found if not issubclass(e, (Link, RenderingDef))), key=lambda e: e.__name__))


def list_deleted(session: ActorSession, *, limit: int, after: Place | None = None, is_own: bool = False) -> (
    tuple[list[dict[str, Any]], Place | None]
):  # fmt: skip
    """One page of what was deleted, the latest first, and where the next begins; ``is_own`` leaves out what others deleted."""
    rows: list[tuple[Place, dict[str, Any]]] = []
    for rank, entity in enumerate(binned_classes()):
        found = session.execute(_page(session, entity, rank, limit, after, is_own), execution_options=UNHELD).mappings()
        rows += [((-row["event_id"], rank, -row["id"]), _told(session, entity, dict(row))) for row in found]
    rows.sort(key=lambda one: one[0])
    event, rank, last = rows[limit - 1][0] if len(rows) > limit else (0, 0, 0)
    return [told for _, told in rows[:limit]], (-event, rank, -last) if len(rows) > limit else None


def _page(session: ActorSession, entity: Any, rank: int, limit: int, after: Place | None, is_own: bool) -> Any:
    name = entity.name if "name" in inspect(entity).columns else entity.type if entity is Annotation else entity.id
    columns = [entity.id, name.label("name"), entity.owner_id, entity.group_id, Event.id.label("event_id"), Event.time]
    columns += [Event.reason, Event.experimenter_id, Experimenter.ome_name]
    statement = select(*columns).join(Event, Event.id == entity.deleted_event_id)
    statement = statement.outerjoin(Experimenter, Experimenter.id == Event.experimenter_id)
    statement = statement.where(*(~went_along for went_along in _went_along(entity)))
    if session.actor is not None:
        statement = statement.where(in_sight(entity, session.actor))
        if is_own:
            statement = statement.where(Event.experimenter_id == session.actor.id)
    if after is not None:
        in_event = Event.id == after[0]
        later = entity.id < after[2] if rank == after[1] else entity.id > 0 if rank > after[1] else entity.id < 0
        statement = statement.where(or_(Event.id < after[0], and_(in_event, later)))
    return statement.order_by(Event.id.desc(), entity.id.desc()).limit(limit + 1)


def _told(session: ActorSession, entity: type[Owned], row: dict[str, Any]) -> dict[str, Any]:
    actor: Actor | None = session.actor
    name = row["name"] if isinstance(row["name"], str) else None
    return {
        "object": name_of((entity, row["id"])),
        "type": entity.singular(),
        "id": row["id"],
        "name": name.removesuffix("Annotation").lower() if name and entity is Annotation else name,
        "owner_id": row["owner_id"],
        "group_id": row["group_id"],
        "event_id": row["event_id"],
        "deleted_at": row["time"],
        "deleted_by": {"id": row["experimenter_id"], "ome_name": row["ome_name"]},
        "reason": row["reason"],
        "may_restore": actor is None or "delete" in actor.may(row["group_id"], row["owner_id"]),
    }


@lru_cache
def _went_along(entity: Any) -> tuple[Any, ...]:
    """What holds of an object that went into the bin with another: something it is in, on or of went there in the same event."""
    found = []
    for link in links_to(entity):
        if is_spread(link.__parent__):
            continue
        ends = _ends(link.__parent__)
        inner = select(1).join_from(link, ends, ends.c.part_id == link.parent_id)
        found.append(exists(inner.where(link.child_id == entity.id, ends.c.event_id == entity.deleted_event_id).correlate(entity)))
    for column, target in references_of(entity):
        if is_spread(target):
            continue
        ends = _ends(target)
        inner = select(1).select_from(ends).where(ends.c.part_id == getattr(entity, column))
        found.append(exists(inner.where(ends.c.event_id == entity.deleted_event_id).correlate(entity)))
    for part, column in placings_of(entity):
        ends, placing = _ends(part), aliased(part)
        inner = select(1).join_from(placing, ends, ends.c.part_id == placing.id).where(getattr(placing, column) == entity.id)
        found.append(exists(inner.where(ends.c.event_id == entity.deleted_event_id).correlate(entity)))
    return tuple(found)


def _ends(entity: Any) -> Any:
    """The ids of objects, or parts, with the events in which their roots went into the bin."""
    root, statement = select_roots(entity)
    return statement.with_only_columns(entity.id.label("part_id"), root.deleted_event_id.label("event_id")).subquery()


def events_of_bin(session: ActorSession, *, before: datetime | None, is_own: bool = False) -> list[int]:
    """The events in which what is in the bin went there, before a time, the earliest first."""
    found: set[int] = set()
    for entity in (*binned_classes(), *ANNOTATION_LINKS.values()):
        columns: Any = entity
        statement = select(Event.id).join(columns, columns.deleted_event_id == Event.id)
        if before is not None:
            statement = statement.where(Event.time < before)
        if is_own and session.actor is not None:
            statement = statement.where(Event.experimenter_id == session.actor.id)
        found.update(session.scalars(statement.distinct(), execution_options=UNHELD))
    return sorted(found)


def binned_in(session: ActorSession, event_id: int) -> list[Key]:
    """What went into the bin in an event and is there still, as far as the session's actor may delete it."""
    found: list[Key] = []
    actor = session.actor
    for entity in binned_classes():
        columns: Any = entity
        statement = select(columns.id, columns.group_id, columns.owner_id).where(columns.deleted_event_id == event_id)
        for i, group_id, owner_id in session.execute(statement.order_by(columns.id), execution_options=UNHELD):
            if actor is None or "delete" in actor.may(group_id, owner_id):
                found.append((entity, i))
    return found
