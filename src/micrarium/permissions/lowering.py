"""Closing a group: what joins objects of different people there, who would no longer see each other's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, inspect, or_, select

from micrarium.errors import Conflict
from micrarium.model import Base, Entity, ExperimenterGroup, Link, Owned
from micrarium.permissions.recording import values_before
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD, select_roots


def count_mixed_links(session: ActorSession, group_id: int) -> dict[type[Link], int]:
    """How many live links of each class join objects of different people in a group, or are somebody else's than they."""
    found = {}
    for link, statement in _mixed_links(group_id):
        ids = statement.subquery()
        count = session.scalar(select(func.count()).select_from(ids), execution_options=UNHELD) or 0
        if count:
            found[link] = count
    return found


def find_mixed_links(session: ActorSession, link: type[Link], group_id: int, *, limit: int) -> list[Link]:
    """Some of the links of a class that join objects of different people in a group."""
    statement = next(statement for kind, statement in _mixed_links(group_id) if kind is link)
    return list(session.scalars(select(link).where(link.id.in_(statement.limit(limit))), execution_options=UNHELD))


def check_closing(session: ActorSession, group: ExperimenterGroup) -> None:
    """Nothing when a group's level can be written as it is; ``Conflict`` when closing it would leave such links behind."""
    if "level" not in values_before(group) or group.level != "private":
        return
    if mixed := count_mixed_links(session, group.id):
        told = ", ".join(f"{count} {link.plural().replace('_', ' ')}" for link, count in mixed.items())
        raise Conflict(
            f"{group.name} cannot become private: {told} join objects of different people, who would no longer see each "
            f"other's; have them cut, or take them away first",
            field="level",
        )


def _mixed_links(group_id: int) -> Iterator[tuple[type[Link], Select[Any]]]:
    """Each class of links with the statement for the ids of those that join objects of different people in a group."""
    for mapper in Base.registry.mappers:
        link = mapper.class_
        if not issubclass(link, Link) or inspect(link).local_table is None:
            continue
        parent, child = _owners(link.__parent__), _owners(link.__child__)
        statement = (
            select(link.id)
            .join(parent, parent.c.part_id == link.parent_id)
            .join(child, child.c.part_id == link.child_id)
            .where(link.group_id == group_id, link.deleted_event_id.is_(None))
            .where(or_(parent.c.owner_id != child.c.owner_id, link.owner_id != child.c.owner_id))
        )
        yield link, statement.distinct()


def _owners(entity: type[Entity]) -> Any:
    """The ids of a class's objects with whom they belong to."""
    root, statement = select_roots(entity)
    assert issubclass(root, Owned)
    return statement.with_only_columns(entity.id.label("part_id"), root.owner_id.label("owner_id")).subquery()
