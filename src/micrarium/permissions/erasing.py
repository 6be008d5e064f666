"""Purging: the rows of what was in the bin are removed for good, in the order in which they depend on one another.

Files are not touched here: what no row refers to any more is told to the caller, who removes it once the rows are gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, inspect, select, update
from sqlalchemy.exc import IntegrityError

from micrarium.errors import Conflict
from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    Base,
    Entity,
    FileAnnotation,
    Fileset,
    FilesetEntry,
    Image,
    Link,
    OriginalFile,
    Owned,
    Part,
    Pixels,
)
from micrarium.permissions.gathering import Gathering, portions
from micrarium.permissions.numbering import forget_numbers
from micrarium.permissions.parting import parts_of, spread_elsewhere
from micrarium.permissions.recording import event_of
from micrarium.permissions.regrouping import log
from micrarium.permissions.sessions import ActorSession, note_stale
from micrarium.permissions.visibility import class_of
from micrarium.permissions.wholes import UNHELD, is_gathered, target_of

Ids = dict[type[Entity], set[int]]


@dataclass
class Erased:
    """What a purge removed: ids by class, and what on the disk nobody refers to any more, relative to the data folder."""

    ids: Ids
    originals: list[str] = field(default_factory=list)
    pyramids: list[str] = field(default_factory=list)
    #: The bytes of the originals.
    size_bytes: int = 0


def doomed_by(gathering: Gathering) -> Ids:
    """All rows that go when what was gathered is purged: objects, files nothing else uses, parts, and links."""
    session = gathering.session
    doomed: Ids = defaultdict(set)
    for owned, rows in gathering.going.items():
        doomed[owned] |= set(rows)
    doomed[Fileset] |= _empty_filesets(session, doomed[Image])
    doomed[OriginalFile] |= _unused_files(session, doomed)
    for entity, ids in list(doomed.items()):
        for part, part_ids in parts_of(session, entity, ids).items():
            doomed[part] |= part_ids
    _spare_shared_parts(session, doomed)
    for mapper in Base.registry.mappers:
        link: Any = mapper.class_
        if issubclass(link, Link) and mapper.local_table is not None:
            for end, column in ((link.__parent__, link.parent_id), (link.__child__, link.child_id)):
                for some in portions(doomed.get(end, ())):
                    found = session.scalars(select(link.id).where(column.in_(some)), execution_options=UNHELD)
                    doomed[link].update(found)
    return {entity: ids for entity, ids in doomed.items() if ids}


def erase(session: ActorSession, doomed: Ids) -> Erased:
    """Remove rows for good, each object recorded; and what files nobody refers to any more."""
    erased = Erased(doomed)
    places = _places(session, doomed)
    event_id = event_of(session)
    for entity, ids in doomed.items():
        if issubclass(entity, Owned):
            _log_removal(session, entity, ids, event_id)
        note_stale(session, entity, ids)
    for link, parent in ((link, entity) for entity, link in ANNOTATION_LINKS.items() if link in doomed):
        for some in portions(doomed[link]):
            statement = select(link.parent_id).where(link.id.in_(some))
            note_stale(session, parent, session.scalars(statement, execution_options=UNHELD))
    try:
        _remove_rows(session, doomed)
    except IntegrityError:
        session.rollback()
        raise Conflict("Something that is not in the bin still refers to what would be removed; nothing was removed") from None
    forget_numbers(session)
    session.expunge_all()
    _find_unused(session, places, erased)
    return erased


def _empty_filesets(session: ActorSession, image_ids: set[int]) -> set[int]:
    """The filesets all of whose images go."""
    found: set[int] = set()
    for ids in portions(image_ids):
        statement = select(Image.fileset_id).where(Image.id.in_(ids), Image.fileset_id.is_not(None)).distinct()
        found.update(i for i in session.scalars(statement, execution_options=UNHELD) if i is not None)
    kept: set[int] = set()
    for ids in portions(found):
        rows = session.execute(select(Image.fileset_id, Image.id).where(Image.fileset_id.in_(ids)), execution_options=UNHELD)
        kept |= {fileset_id for fileset_id, image_id in rows if fileset_id and image_id not in image_ids}
    return found - kept


def _unused_files(session: ActorSession, doomed: Ids) -> set[int]:
    """The files of filesets and annotations that go, which no others use."""
    found: set[int] = set()
    for ids in portions(doomed[Fileset]):
        statement = select(FilesetEntry.original_file_id).where(FilesetEntry.fileset_id.in_(ids))
        found.update(session.scalars(statement, execution_options=UNHELD))
    for ids in portions(doomed.get(Annotation, ())):
        files = select(FileAnnotation.file_id).where(FileAnnotation.id.in_(ids), FileAnnotation.file_id.is_not(None))
        found.update(i for i in session.scalars(files, execution_options=UNHELD) if i is not None)
    used: set[int] = set()
    for ids in portions(found):
        entries = select(FilesetEntry.original_file_id, FilesetEntry.fileset_id).where(FilesetEntry.original_file_id.in_(ids))
        used |= {f for f, fileset in session.execute(entries, execution_options=UNHELD) if fileset not in doomed[Fileset]}
        attached = select(FileAnnotation.file_id, FileAnnotation.id).where(FileAnnotation.file_id.in_(ids))
        gone = doomed.get(Annotation, set())
        taken: Any = session.execute(attached, execution_options=UNHELD)
        used |= {row[0] for row in taken if row[1] not in gone}
    return found - used


def _spare_shared_parts(session: ActorSession, doomed: Ids) -> None:
    """Leave what is a part of objects that stay as well, such as their instrument, with all that is a part of it."""
    for part in [entity for entity in doomed if is_gathered(entity)]:
        assert issubclass(part, Part)
        whole = next(e for e in doomed if e.__name__ == part.__whole__.split(".")[0])
        spared = spread_elsewhere(session, part, doomed[part], gone=doomed[whole])
        doomed[part] -= spared
        for below, ids in parts_of(session, part, spared).items():
            doomed[below] -= ids


def _places(session: ActorSession, doomed: Ids) -> dict[str, dict[str, int]]:
    """Where on the disk rows that go have something, with its size in bytes; files that were registered in place stay there."""
    originals: dict[str, int] = {}
    for ids in portions(doomed.get(OriginalFile, ())):
        columns = select(OriginalFile.location, OriginalFile.size).where(OriginalFile.id.in_(ids), ~OriginalFile.is_in_place)
        originals |= {row[0]: row[1] for row in session.execute(columns, execution_options=UNHELD)}
    for ids in portions(doomed.get(Fileset, ())):  # of what stays there, the lists of checksums of folders are kept here
        lists: Any = select(Fileset.template_prefix, OriginalFile.name).join(FilesetEntry, FilesetEntry.fileset_id == Fileset.id)
        lists = lists.join(OriginalFile, OriginalFile.id == FilesetEntry.original_file_id)
        lists = lists.where(Fileset.id.in_(ids), OriginalFile.is_in_place, FilesetEntry.position == 0)
        originals |= {f"{row[0]}/{row[1]}": 0 for row in session.execute(lists, execution_options=UNHELD)}
    pyramids: dict[str, int] = {}
    for ids in portions(doomed.get(Pixels, ())):
        statement = select(Pixels.pyramid).where(Pixels.id.in_(ids), Pixels.pyramid.is_not(None))
        pyramids |= {place: 0 for place in session.scalars(statement, execution_options=UNHELD) if place}
    return {"originals": originals, "pyramids": pyramids}


def _find_unused(session: ActorSession, places: dict[str, dict[str, int]], erased: Erased) -> None:
    used = set(used_places(session, [*places["originals"], *places["pyramids"]]))
    erased.originals = sorted(set(places["originals"]) - used)
    erased.pyramids = sorted(set(places["pyramids"]) - used)
    erased.size_bytes = sum(places["originals"][place] for place in erased.originals)


def used_places(session: ActorSession, places: Iterable[str]) -> list[str]:
    """Those of the places in the data folder that any object, in the bin or not, refers to."""
    wanted = list(places)
    found: list[str | None] = []
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        found += session.scalars(select(OriginalFile.location).where(OriginalFile.location.in_(some)), execution_options=UNHELD)
        found += session.scalars(select(Pixels.pyramid).where(Pixels.pyramid.in_(some)), execution_options=UNHELD)
        folders = select(Fileset.template_prefix).where(Fileset.template_prefix.in_({one.rpartition("/")[0] for one in some}))
        kept = set(session.scalars(folders, execution_options=UNHELD))
        found += [one for one in some if one.rpartition("/")[0] in kept]
    return [place for place in found if place]


def _log_removal(session: ActorSession, entity: Any, ids: set[int], event_id: int) -> None:
    """Record what was removed: whose it was and what it was called, not what it said."""
    name = [entity.name] if "name" in inspect(entity).columns else []
    kind = [entity.type] if entity is Annotation else []
    for some in portions(ids):
        columns = [entity.id, entity.owner_id, entity.group_id, entity.deleted_event_id, *name, *kind]
        rows = session.execute(select(*columns).where(entity.id.in_(some)), execution_options=UNHELD).mappings().all()
        for one in {row["type"] for row in rows} if kind else {entity.__name__}:
            told = [(row["id"], dict(row), None) for row in rows if not kind or row["type"] == one]
            log(session, one, "DELETE", told, event_id)


def _remove_rows(session: ActorSession, doomed: Ids) -> None:
    _let_go(session, doomed)
    tables = {inspect(entity).local_table: entity for entity in doomed}
    for table in reversed(Base.metadata.sorted_tables):
        entity: Any = tables.get(table)
        for ids in portions(doomed[entity]) if entity is not None else ():
            statement = delete(entity).where(entity.id.in_(ids)).execution_options(synchronize_session=False)
            session.execute(statement, execution_options=UNHELD)


def _let_go(session: ActorSession, doomed: Ids) -> None:
    """Empty columns, in rows of any table, that refer to what goes; rows that cannot be without it go as well.

    Objects and parts that cannot be without it were gathered; what is left are tables of other sorts.
    """
    for mapper in Base.registry.mappers:
        entity: Any = mapper.class_
        for column in mapper.columns if mapper.local_table is not None else ():
            target = target_of(column) if _refers_to_entity(column) else None
            if target not in doomed or column.table is not mapper.local_table or column.key not in mapper.attrs:
                continue
            attribute = getattr(entity, column.key)
            for ids in portions(doomed[target]):
                if column.nullable:
                    change: Any = update(entity).where(attribute.in_(ids)).values({column.key: None})
                elif issubclass(entity, (Owned, Part)):
                    break
                else:
                    change = delete(entity).where(attribute.in_(ids))
                session.execute(change.execution_options(synchronize_session=False), execution_options=UNHELD)


def _refers_to_entity(column: Any) -> bool:
    return any(key.column.name == "id" and issubclass(class_of(key.column.table), Entity) for key in column.foreign_keys)
