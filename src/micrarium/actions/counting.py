"""Counting what an actor sees: by owner, for choosing whose data to look at, and what a search finds, by its facets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func

from micrarium.actions.searching import parse_query, searched_entities, where_found
from micrarium.model import Dataset, Experimenter, ExperimenterGroup, GroupExperimenterMap, Image, Plate, Project, Screen, Well
from micrarium.permissions import Actor, ActorSession, visible

#: What is counted for each owner.
COUNTED: tuple[Any, ...] = (Project, Dataset, Screen, Plate, Image)


def count_by_owner(session: ActorSession) -> list[dict[str, Any]]:
    """Those whose data the actor may look at in their group, or in all of theirs, by name, and how much of it there is.

    The actor comes first. Members who have nothing are told too where the group shows its members to each other.
    """
    actor = _actor(session)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for entity in COUNTED:
        statement = visible(entity, actor).with_only_columns(entity.owner_id, func.count(entity.id)).group_by(entity.owner_id)
        for owner_id, count in session.execute(statement):
            counts[owner_id][entity.plural()] = count
    people = _people(session, {actor.id, *counts, *_members(session, actor)})
    rows = [person | {"counts": {e.plural(): counts[person["id"]].get(e.plural(), 0) for e in COUNTED}} for person in people]
    return sorted(rows, key=lambda row: (row["id"] != actor.id, _told(row).casefold(), row["id"]))


def count_found(session: ActorSession, text: str, *, types: Sequence[str] = (), owner_id: int | None = None) -> dict[str, Any]:
    """How much a search finds of each class, of each owner and in each group, the most first.

    ``{"types": [{"type", "count"}], "owners": [{"id", "username", ..., "count"}], "groups": [{"id", "name", "count"}]}``.
    """
    actor, query = _actor(session), parse_query(text)
    by_type: Counter[str] = Counter()
    by_owner: Counter[int] = Counter()
    by_group: Counter[int] = Counter()
    for entity in () if query.is_empty else searched_entities(types):
        source: Any = Plate if entity is Well else entity
        statement = visible(entity, actor)
        statement = statement.join(Plate, Plate.id == Well.plate_id) if entity is Well else statement
        statement = where_found(session, statement, entity, query)
        if owner_id is not None:
            statement = statement.where(source.owner_id == owner_id)
        columns = (source.owner_id, source.group_id, func.count(entity.id))
        grouped = statement.with_only_columns(*columns).group_by(source.owner_id, source.group_id)
        for owner, group, count in session.execute(grouped):
            by_type[entity.singular()] += count
            by_owner[owner] += count
            by_group[group] += count
    names = _group_names(session, by_group)
    people = {person["id"]: person for person in _people(session, set(by_owner))}
    return {
        "types": [{"type": name, "count": count} for name, count in by_type.most_common()],
        "owners": [people[owner] | {"count": count} for owner, count in by_owner.most_common()],
        "groups": [{"id": group, "name": names.get(group), "count": count} for group, count in by_group.most_common()],
    }


def _people(session: ActorSession, ids: set[int]) -> list[dict[str, Any]]:
    """People as they are told; of somebody the actor does not know, as one who left the group, only the id."""
    columns = (Experimenter.id, Experimenter.ome_name, Experimenter.first_name, Experimenter.last_name)
    known: dict[int, Any] = {}
    for some in _portions(sorted(ids)):
        statement: Any = visible(Experimenter, _actor(session)).where(Experimenter.id.in_(some))
        known |= {row[0]: row for row in session.execute(statement.with_only_columns(*columns))}
    names = ("id", "username", "first_name", "last_name")
    return [dict(zip(names, known.get(i, (i, None, None, None)), strict=True)) for i in sorted(ids)]


def _members(session: ActorSession, actor: Actor) -> list[int]:
    """The members of the actor's group, or of all of theirs, as far as the groups show them."""
    groups = list(actor.memberships) if actor.only_group_id is None else [actor.only_group_id]
    statement = visible(GroupExperimenterMap, actor).where(GroupExperimenterMap.parent_id.in_(groups))
    return list(session.scalars(statement.with_only_columns(GroupExperimenterMap.child_id).distinct()))


def _group_names(session: ActorSession, ids: Iterable[int]) -> dict[int, str]:
    statement: Any = visible(ExperimenterGroup, _actor(session)).where(ExperimenterGroup.id.in_(list(ids)))
    return {row[0]: row[1] for row in session.execute(statement.with_only_columns(ExperimenterGroup.id, ExperimenterGroup.name))}


def _portions(ids: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _told(person: dict[str, Any]) -> str:
    full = " ".join(part for part in (person["last_name"], person["first_name"]) if part)
    return full or person["username"] or ""


def _actor(session: ActorSession) -> Actor:
    assert session.actor is not None
    return session.actor
