"""The first level of the tree a person sees: containers with how many things they hold, and what is in none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func

from micrarium.model import Dataset, Entity, Image, Plate, PlateAcquisition, Project, Screen
from micrarium.model.schema import containment_from, is_orphaned
from micrarium.permissions import Actor, ActorSession, shows_none, visible

_CONTAINERS = {entity.__name__ for entity in (Project, Dataset, Screen, Plate)}


def list_tree(session: ActorSession, *, owner_id: int | None = None, group_id: int | None = None) -> dict[str, Any]:
    """Projects, datasets in no project, screens, plates on no screen, by name, and how many images are in nothing.

    ``owner_id`` and ``group_id`` narrow it to one person's or one group's. Five statements, however much there is.
    """
    wanted = {key: value for key, value in (("owner_id", owner_id), ("group_id", group_id)) if value is not None}
    return {
        "projects": _list_containers(session, Project, wanted),
        "datasets": _list_containers(session, Dataset, wanted, is_loose=True),
        "screens": _list_containers(session, Screen, wanted),
        "plates": _list_containers(session, Plate, wanted, is_loose=True),
        "orphaned_images": _count_orphans(session, Image, wanted),
    }


def _list_containers(
    session: ActorSession, entity: Any, wanted: Mapping[str, int], *, is_loose: bool = False
) -> list[dict[str, Any]]:
    actor = _actor(session)
    if shows_none(actor, entity):
        return []
    count = _count_children(entity, actor)
    statement = visible(entity, actor).filter_by(**wanted)
    if is_loose and (orphaned := is_orphaned(entity)) is not None:
        statement = statement.where(orphaned)
    # Names are sorted here: every database has its own idea of the alphabet.
    rows = session.execute(statement.with_only_columns(entity.id, entity.name, entity.owner_id, entity.group_id, count)).all()
    names = ("id", "name", "owner_id", "group_id", "child_count")
    return [dict(zip(names, row, strict=True)) for row in sorted(rows, key=lambda row: (row[1].casefold(), row[0]))]


def _count_children(entity: Any, actor: Actor) -> Any:
    """How many objects a container holds that the actor may see; for a plate, its runs."""
    if entity is Plate:
        runs = visible(PlateAcquisition, actor).where(PlateAcquisition.plate_id == Plate.id)
        return runs.with_only_columns(func.count(PlateAcquisition.id)).scalar_subquery()
    (link,) = containment_from(entity)
    return (
        visible(link, actor)
        .where(link.parent_id == entity.id)
        .with_only_columns(func.count(link.child_id.distinct()))
        .scalar_subquery()
    )


def _count_orphans(session: ActorSession, entity: type[Entity], wanted: Mapping[str, int]) -> int:
    reach = _actor(session).reach
    if reach is not None and reach.roots and not reach.groups and {kind for kind, _ in reach.roots} <= _CONTAINERS:
        return 0  # what is reached through containers is in one
    orphaned = is_orphaned(entity)
    assert orphaned is not None
    statement = visible(entity, _actor(session)).filter_by(**wanted).where(orphaned)
    return session.scalars(statement.with_only_columns(func.count(entity.id))).one()


def _actor(session: ActorSession) -> Actor:
    assert session.actor is not None
    return session.actor
