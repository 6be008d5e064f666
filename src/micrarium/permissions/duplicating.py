"""Copying what was gathered: new rows for objects, their parts and their links; the bytes of files and pixels are shared."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import Any

from sqlalchemy import JSON, insert, inspect, select, update

from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    Base,
    Entity,
    Link,
    Owned,
    Pixels,
    RenderingDef,
)
from micrarium.model.schema import containment_to
from micrarium.permissions.gathering import Gathering, Key, LinkRow, links_touching, portions
from micrarium.permissions.numbering import greatest_ids
from micrarium.permissions.parting import parts_of
from micrarium.permissions.recording import event_of
from micrarium.permissions.regrouping import log
from micrarium.permissions.rules import Actor
from micrarium.permissions.sessions import dialect_of, note_stale
from micrarium.permissions.wholes import UNHELD, target_of

_BOOKKEEPING = ("owner_id", "group_id", "creation_event_id", "update_event_id", "deleted_event_id")
#: The new ids of rows by their old ones.
Copies = dict[type[Entity], dict[int, int]]


def settings_to_copy(gathering: Gathering, actor: Actor) -> set[int]:
    """Of the rendering settings gathered one for each image: the actor's own, else those of whoever the image belongs to."""
    chosen: dict[int, tuple[bool, int]] = {}
    rows = gathering.going.get(RenderingDef, {})
    for ids in portions(rows):
        statement = select(RenderingDef.id, RenderingDef.pixels_id, Pixels.image_id).join(
            Pixels, Pixels.id == RenderingDef.pixels_id
        )
        for def_id, pixels_id, image_id in gathering.session.execute(
            statement.where(RenderingDef.id.in_(ids)), execution_options=UNHELD
        ):
            image = next(
                (found[image_id] for e, found in gathering.going.items() if e.__name__ == "Image" and image_id in found), None
            )
            is_own, owner_id = rows[def_id].owner_id == actor.id, rows[def_id].owner_id
            if is_own or (image is not None and owner_id == image.owner_id):
                chosen[pixels_id] = max(chosen.get(pixels_id, (False, 0)), (is_own, def_id))
    return {def_id for _, def_id in chosen.values()}


class Copying:
    """One copying: what goes, and the ids of its copies as they are made."""

    def __init__(self, gathering: Gathering, actor: Actor) -> None:
        self._gathering, self._session, self._actor = gathering, gathering.session, actor
        self.copies: Copies = defaultdict(dict)
        self._event_id = event_of(gathering.session)

    def copy(self, targets: list[Key]) -> list[Key]:
        """The copies of the targets, all else that goes being copied with them. They belong to the actor."""
        wanted: dict[type[Entity], set[int]] = defaultdict(set)
        for entity, rows in self._gathering.going.items():
            wanted[entity] |= set(rows)
            for part, ids in parts_of(self._session, entity, rows).items():
                wanted[part] |= ids
        tables = {inspect(entity).local_table: entity for entity in wanted}
        for table in Base.metadata.sorted_tables:
            if (found := tables.get(table)) is not None:
                self._copy_rows(found, wanted[found])
        self._copy_links(set(targets))
        self._session.expire_all()
        return [(entity, self.copies[entity][i]) for entity, i in targets]

    def _copy_rows(self, entity: type[Entity], ids: set[int]) -> None:
        table: Any = inspect(entity).local_table
        refers = {c.key: target_of(c) for c in table.columns if c.key not in _BOOKKEEPING and _is_id(c)}
        own = [key for key, target in refers.items() if target is entity]
        for some in portions(ids):
            found = self._session.execute(select(table).where(table.c.id.in_(some)), execution_options=UNHELD).mappings().all()
            rows = [self._copied(entity, dict(row), refers, own) for row in found]
            self._insert(entity, [row["id"] for row in found], rows)
        for key in own:  # a folder in a folder: known once both are there
            for some in portions(ids):
                pairs = self._session.execute(
                    select(table.c.id, table.c[key]).where(table.c.id.in_(some)), execution_options=UNHELD
                )
                for old, referred in pairs.all():
                    if referred is not None:
                        new = self.copies[entity].get(referred, referred)
                        change: Any = update(entity).where(table.c.id == self.copies[entity][old]).values({key: new})
                        change = change.execution_options(synchronize_session=False)
                        self._session.execute(change, execution_options=UNHELD)

    def _copied(self, entity: type[Entity], row: dict[str, Any], refers: dict[str, Any], own: list[str]) -> dict[str, Any]:
        del row["id"]
        for key, target in refers.items():
            row[key] = None if key in own else self.copies.get(target, {}).get(row[key], row[key])
        row["version"] = 1
        if issubclass(entity, Owned):
            row |= {"owner_id": self._actor.id, "creation_event_id": self._event_id, "update_event_id": self._event_id}
        return row

    def _insert(self, entity: type[Entity], old_ids: list[int], rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        table: Any = inspect(entity).local_table
        if dialect_of(self._session) == "sqlite":
            greatest, known = greatest_ids(self._session, entity)
            rows = [{**row, "id": max(greatest, known) + n} for n, row in enumerate(rows, 1)]
        new_ids: list[int] = []
        statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        for _, some in groupby((_without_empty_json(entity, row) for row in rows), key=tuple):
            new_ids += self._session.scalars(statement, list(some), execution_options=UNHELD)
        self.copies[entity] |= dict(zip(old_ids, new_ids, strict=True))
        if issubclass(entity, Owned):
            kinds = {row["type"] for row in rows} if entity is Annotation else {entity.__name__}
            for kind in kinds:
                told = [(i, None, None) for i, row in zip(new_ids, rows, strict=True) if row.get("type") == kind or len(kinds) == 1]
                log(self._session, kind, "INSERT", told, self._event_id)
        note_stale(self._session, entity, new_ids)

    def _copy_links(self, targets: set[Key]) -> None:
        """Links within what goes; from containers that stay to the targets; and to annotations that stay."""
        for link, rows in links_touching(self._session, self._gathering.going):
            made: dict[tuple[int, int], LinkRow] = {}  # two people's links become one
            for row in rows:
                if self._is_copied(link, row, targets):
                    ends = self._new(link.__parent__, row.parent_id), self._new(link.__child__, row.child_id)
                    made.setdefault(ends, row)
            self._insert(link, [row.id for row in made.values()], [self._new_link(row, ends) for ends, row in made.items()])

    def _new_link(self, row: LinkRow, ends: tuple[int, int]) -> dict[str, Any]:
        bookkeeping = {"creation_event_id": self._event_id, "update_event_id": self._event_id, "version": 1}
        group = row.groups[0] if self._gathering.has(row.parent) else row.groups[1]
        return {"parent_id": ends[0], "child_id": ends[1], "owner_id": self._actor.id, "group_id": group, **bookkeeping}

    def _is_copied(self, link: type[Link], row: LinkRow, targets: set[Key]) -> bool:
        has_parent, has_child = self._gathering.has(row.parent), self._gathering.has(row.child)
        if has_parent and has_child:
            return True
        if has_parent:  # to a tag that stays; in a private group links join only what is one's own
            is_own = self._actor.level_of(row.groups[1]) != "private" or row.end_owners[1] == self._actor.id
            is_left_out = self._gathering.stays.get(row.child, ("", None))[0] == "excluded"
            return link in ANNOTATION_LINKS.values() and is_own and not is_left_out
        is_container = link in containment_to(link.__child__)
        return is_container and row.child in targets and "link" in self._actor.may(row.groups[0], row.end_owners[0])

    def _new(self, entity: type[Entity], old_id: int) -> int:
        return self.copies.get(entity, {}).get(old_id, old_id)


def _is_id(column: Any) -> bool:
    return any(key.column.name == "id" for key in column.foreign_keys)


def _without_empty_json(entity: type[Entity], row: dict[str, Any]) -> dict[str, Any]:
    """A row without its empty columns of JSON, which would otherwise be filled with JSON's own null."""
    table = inspect(entity).local_table
    return {key: value for key, value in row.items() if value is not None or not isinstance(table.c[key].type, JSON)}


def copy_gathered(gathering: Gathering, actor: Actor, targets: list[Key]) -> list[Key]:
    """The copies of objects, made with all that was gathered for them."""
    return Copying(gathering, actor).copy(targets)
