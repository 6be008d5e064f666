"""Moving what was gathered to another group, giving it to another owner, and putting it into the bin; and what that cuts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from micrarium.model import DatasetImageLink, EventLog, Folder, Link, Owned, RenderingDef
from micrarium.permissions.binning import set_bin_event
from micrarium.permissions.gathering import Gathering, Key, LinkRow, Row, Rows, links_touching, portions
from micrarium.permissions.marking import note_taken_out
from micrarium.permissions.recording import event_of, say_groups
from micrarium.permissions.sessions import ActorSession, note_stale
from micrarium.permissions.sights import classes_by_name
from micrarium.permissions.wholes import UNHELD, general, references_of, select_roots

#: Links by class, and those of them that are cut.
Links = dict[type[Link], list[LinkRow]]


def links_of_move(gathering: Gathering, group_id: int, *, is_private: bool) -> tuple[Links, Links]:
    """The links that go to another group with what they join, and those that would join two groups and are cut.

    In a private group links between objects of different people, or somebody else's than those, are cut as well.
    """
    kept: Links = defaultdict(list)
    cut: Links = defaultdict(list)
    for link, rows in links_touching(gathering.session, gathering.going, is_any=True):
        for row in rows:
            is_joined = all(
                gathering.has(key) or group == group_id for key, group in zip((row.parent, row.child), row.groups, strict=True)
            )
            is_fine = is_joined and not (is_private and len(row.owners) > 1)
            (kept if is_fine else cut)[link].append(row)
    return kept, cut


def links_of_gift(gathering: Gathering, owner_id: int, *, is_private: bool) -> tuple[Links, Links]:
    """The links that are given away with both their ends, and those that are cut.

    Cut is what would join objects of different people in a private group, and what the new owner has linked already.
    """
    kept: Links = defaultdict(list)
    cut: Links = defaultdict(list)
    owners = gathering.terms.owner_ids or frozenset()
    for link, rows in links_touching(gathering.session, gathering.going):
        theirs = {(row.parent, row.child) for row in rows if row.owner_id == owner_id}
        for row in rows:
            has_both = gathering.has(row.parent) and gathering.has(row.child)
            is_given = has_both and row.owner_id in owners
            if is_given:
                is_double = row.owner_id != owner_id and (row.parent, row.child) in theirs
                theirs.add((row.parent, row.child))
                (cut if is_double else kept)[link].append(row)
            elif is_private and not (has_both and row.owner_id == owner_id):
                cut[link].append(row)
    return kept, cut


def move(gathering: Gathering, group_id: int, *, left: Rows, links: tuple[Links, Links]) -> None:
    """Move what was gathered, and its links, to a group. ``left`` are others' rendering settings, which go into the bin."""
    session = gathering.session
    cut_links(session, links[1])
    set_bin_event(session, RenderingDef, [i for i, row in left.items() if row.deleted_event_id is None], before=None,
                  after=event_of(session))  # fmt: skip
    _cut_folders(gathering)
    for entity, rows in gathering.going.items():
        some = {i: row for i, row in rows.items() if row.group_id != group_id}
        _set(session, entity, "group_id", {i: row.group_id for i, row in some.items()}, group_id, rows)
    for link, found in links[0].items():
        _set(session, link, "group_id", {row.id: row.group_id for row in found if row.group_id != group_id}, group_id)
    session.expire_all()


def give(gathering: Gathering, owner_id: int, *, links: tuple[Links, Links]) -> None:
    """Give what was gathered, and its links, to an owner."""
    session = gathering.session
    cut_links(session, links[1])
    for entity, rows in gathering.going.items():
        _set(session, entity, "owner_id", {i: row.owner_id for i, row in rows.items() if row.owner_id != owner_id}, owner_id, rows)
    for link, found in links[0].items():
        _set(session, link, "owner_id", {row.id: row.owner_id for row in found if row.owner_id != owner_id}, owner_id)
    session.expire_all()


def bin_gathered(gathering: Gathering) -> int:
    """The event in which what was gathered went into the bin, with its links."""
    session = gathering.session
    event_id = event_of(session)
    links = dict(links_touching(session, gathering.going))
    for link, rows in links.items():
        set_bin_event(session, link, [row.id for row in rows], before=None, after=event_id)
    for entity, found in gathering.going.items():
        set_bin_event(session, entity, list(found), before=None, after=event_id)
    session.expunge_all()
    return event_id


def count_links(links: Links) -> Counter[str]:
    """How many links of each class, those of the bin left out."""
    return Counter({
        link.singular(): n for link, rows in links.items() if (n := sum(row.deleted_event_id is None for row in rows))
    })  # fmt: skip


def cut_links(session: ActorSession, links: Links) -> None:
    """Remove links for good; each is recorded with what it joined."""
    event_id = event_of(session)
    for link, rows in links.items():
        ids = [row.id for row in rows]
        for some in portions(ids):
            columns = [link.id, link.parent_id, link.child_id, link.owner_id, link.group_id, link.deleted_event_id]
            found = session.execute(select(*columns).where(link.id.in_(some)), execution_options=UNHELD).mappings().all()
            log(session, link.__name__, "DELETE", [(row["id"], dict(row), None) for row in found], event_id)
            session.execute(_remove(link, some), execution_options=UNHELD)
            note_stale(session, link.__parent__, [row["parent_id"] for row in found])
            if link is DatasetImageLink:
                note_taken_out(session, ((row["parent_id"], row["child_id"]) for row in found if row["deleted_event_id"] is None))


def _remove(entity: Any, ids: Sequence[int]) -> Any:
    return delete(entity).where(entity.id.in_(ids)).execution_options(synchronize_session=False)


def _cut_folders(gathering: Gathering) -> None:
    """Folders whose folder stays lie in none."""
    for ids in portions(gathering.going.get(Folder, {})):
        statement = select(Folder.id, Folder.parent_folder_id).where(Folder.id.in_(ids), Folder.parent_folder_id.is_not(None))
        found = gathering.session.execute(statement, execution_options=UNHELD).all()
        outside = {i: parent for i, parent in found if parent and not gathering.has((Folder, parent))}
        _set(gathering.session, Folder, "parent_folder_id", outside, None)


def move_in_bin(session: ActorSession, obj: Owned, group_id: int) -> bool:
    """Move what lies in the bin after what it is about, whoever's it is; what is about nothing, only where the actor may."""
    found = [(getattr(obj, column), target) for column, target in references_of(type(obj)) if getattr(obj, column) is not None]
    for object_id, target in found:
        root, statement = select_roots(general(target))
        here = statement.with_only_columns(root.group_id).where(general(target).id == object_id)
        if session.scalars(here, execution_options=UNHELD).first() != group_id:
            return False
    actor = session.actor
    if not found and actor is not None:
        is_open = actor.has("Chgrp") or group_id in actor.memberships
        if not is_open or "chgrp" not in actor.may(obj.group_id, obj.owner_id):
            return False
    row = Row(obj.owner_id, obj.group_id, obj.deleted_event_id, type(obj).__name__)
    entity: Any = general(type(obj))
    _set(session, entity, "group_id", {obj.id: obj.group_id}, group_id, {obj.id: row})
    session.expunge(obj)
    return True


def _set(
    session: ActorSession, entity: type[Owned], column: str, before: dict[int, Any], after: Any, rows: Rows | None = None
) -> None:
    """Set a column of rows, whose values before are given; recorded for each."""
    event_id = event_of(session)
    for ids in portions(before):
        change = update(entity).where(entity.id.in_(ids)).execution_options(synchronize_session=False)
        change = change.values({column: after, "update_event_id": event_id, "version": entity.version + 1})
        session.execute(change, execution_options=UNHELD)
        told = [(i, {column: before[i]}, {column: after}) for i in ids]
        for kind in {rows[i].kind for i in ids} if rows else {entity.__name__}:
            log(session, kind, "UPDATE", [one for one in told if not rows or rows[one[0]].kind == kind], event_id)


def log(session: ActorSession, kind: str, action: str, told: Sequence[tuple[int, Any, Any]], event_id: int) -> None:
    """Record what was done to objects of a kind: their ids with the old and the new values."""
    rows = [
        {"event_id": event_id, "action": action, "entity_type": kind, "entity_id": i, "old_values": old, "new_values": new}
        for i, old, new in told
    ]
    if rows:
        session.execute(insert(EventLog), rows, execution_options=UNHELD)
        say_groups(session, _groups_of(session, kind, told))


def _groups_of(session: ActorSession, kind: str, told: Sequence[tuple[int, Any, Any]]) -> set[int]:
    """The groups of what is recorded: those that are told, else those the objects are in."""
    found = {values["group_id"] for _, *both in told for values in both if values and values.get("group_id")}
    entity: Any = classes_by_name()[kind]
    if found or not issubclass(entity, Owned):
        return found
    for ids in portions([one[0] for one in told]):
        groups = select(entity.group_id).where(entity.id.in_(ids)).distinct()
        found.update(session.scalars(groups, execution_options=UNHELD))
    return found


def keys_of(gathering: Gathering) -> list[Key]:
    """All that goes, by class and id."""
    return [(entity, i) for entity, rows in sorted(gathering.going.items(), key=lambda one: one[0].__name__) for i in sorted(rows)]
