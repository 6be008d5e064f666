"""What stands in the way of moving, giving away and deleting what was gathered; and what is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import inspect, select

from micrarium.model import (
    Annotation,
    ExperimenterGroup,
    FileAnnotation,
    Fileset,
    FilesetEntry,
    GroupExperimenterMap,
    Image,
    OriginalFile,
    Owned,
    Pixels,
    RenderingDef,
    Roi,
)
from micrarium.permissions.gathering import Gathering, Key, name_of, portions
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD, placings_of, select_roots

#: How many sentences of each sort are told.
_MOST = 5
_VERBS = {"delete": "be deleted", "chgrp": "move to another group", "chown": "be given away"}


def refusals_of(gathering: Gathering, operation: str, *, group_id: int | None) -> list[str]:
    """What stands in the way of doing this to what was gathered, a sentence each; nothing when it may be done."""
    told = list(_torn_filesets(gathering, operation))
    if operation == "delete":
        told += [*_placed_elsewhere(gathering, operation), *_used_files(gathering, operation)]
    if operation == "chgrp":
        told += [*_placed_elsewhere(gathering, operation), *_used_files(gathering, operation)]
        told += [*_forbidden(gathering, operation), *_about_what_stays(gathering, group_id)]
    if operation == "chown":
        told += _forbidden(gathering, operation)
    return told


def _torn_filesets(gathering: Gathering, operation: str) -> Iterator[str]:
    """Images that were imported together go together, or not at all."""
    images = {i for i, row in gathering.going.get(Image, {}).items() if row.deleted_event_id is None}
    torn: dict[int, int] = {}
    for ids in portions(images):
        going = select(Image.fileset_id).where(Image.id.in_(ids), Image.fileset_id.is_not(None))
        statement: Any = select(Image.fileset_id, Image.id, Image.owner_id).where(Image.fileset_id.in_(going))
        statement = statement.where(Image.deleted_event_id.is_(None)).order_by(Image.id)
        for fileset_id, image_id, owner_id in gathering.session.execute(statement, execution_options=UNHELD):
            is_asked = gathering.terms.owner_ids is None or owner_id in gathering.terms.owner_ids
            if image_id not in images and is_asked:
                torn.setdefault(fileset_id, image_id)
    for fileset_id, image_id in sorted(torn.items())[:_MOST]:
        staying = name_of((Image, image_id)) if is_seen(gathering.session, (Image, image_id)) else "an image you cannot see"
        first = select(Image.id).where(Image.fileset_id == fileset_id, Image.id.in_(sorted(images)[:30_000]))
        going_id = gathering.session.scalars(first.order_by(Image.id).limit(1), execution_options=UNHELD).one()
        yield (
            f"image:{going_id} and {staying} were imported together as fileset:{fileset_id}; "
            f"they {_VERBS[operation]} together or not at all"
        )


def _placed_elsewhere(gathering: Gathering, operation: str) -> Iterator[str]:
    """Images that are fields of a plate that stays."""
    count = 0
    for entity, rows in list(gathering.going.items()):
        live = [i for i, row in rows.items() if row.deleted_event_id is None]
        for part, column in placings_of(entity):
            root, statement = select_roots(part)
            placed: Any = getattr(part, column)
            for ids in portions(live):
                here = statement.where(placed.in_(ids), root.deleted_event_id.is_(None)).with_only_columns(placed, root.id)
                for placed_id, root_id in gathering.session.execute(here.distinct(), execution_options=UNHELD):
                    if not gathering.has((root, root_id)) and count < _MOST:
                        count += 1
                        whole = name_of((root, root_id)) if is_seen(gathering.session, (root, root_id)) else "something else"
                        yield f"{name_of((entity, placed_id))} lies in {whole} and cannot {_VERBS[operation]} without it"


def _used_files(gathering: Gathering, operation: str) -> Iterator[str]:
    """Files that something uses which stays."""
    for ids in portions(gathering.going.get(OriginalFile, {})):
        entries = select(FilesetEntry.original_file_id, FilesetEntry.fileset_id).join(
            Fileset, Fileset.id == FilesetEntry.fileset_id
        )
        entries = entries.where(FilesetEntry.original_file_id.in_(ids), Fileset.deleted_event_id.is_(None))
        attached = select(FileAnnotation.file_id, FileAnnotation.id).where(
            FileAnnotation.file_id.in_(ids), FileAnnotation.deleted_event_id.is_(None)
        )
        uses: tuple[tuple[Any, Any], ...] = ((Fileset, entries), (Annotation, attached))
        for user, statement in uses:
            for file_id, user_id in gathering.session.execute(statement, execution_options=UNHELD):
                if not gathering.has((user, user_id)):
                    whose = name_of((user, user_id)) if is_seen(gathering.session, (user, user_id)) else "something else"
                    yield f"original_file:{file_id} is used by {whose}, and cannot {_VERBS[operation]} without it"
                    return


def _forbidden(gathering: Gathering, operation: str) -> Iterator[str]:
    """What belongs to others, and cannot be left behind."""
    found = [key for key in gathering.forbidden if key[0] is not RenderingDef]
    for key in found[:_MOST]:
        if is_seen(gathering.session, key):
            yield f"{name_of(key)} has to {_VERBS[operation]} as well, and you may not do that: it belongs to somebody else"
        else:
            yield f"Something that you cannot see would have to {_VERBS[operation]} as well, and you may not do that"


def _about_what_stays(gathering: Gathering, group_id: int | None) -> Iterator[str]:
    """Regions and rendering settings of images that stay in another group."""
    regions = select(Roi.id, Roi.image_id, Image.group_id).join(Image, Image.id == Roi.image_id)
    settings = select(RenderingDef.id, Image.id, Image.group_id).join(Pixels, Pixels.id == RenderingDef.pixels_id)
    statements: tuple[tuple[Any, Any], ...] = ((Roi, regions), (RenderingDef, settings.join(Image, Image.id == Pixels.image_id)))
    for entity, statement in statements:
        for ids in portions(gathering.going.get(entity, {})):
            found = gathering.session.execute(statement.where(entity.id.in_(ids)), execution_options=UNHELD)
            for i, image_id, image_group in found:
                if not gathering.has((Image, image_id)) and image_group != group_id:
                    yield f"{name_of((entity, i))} is of image:{image_id} and cannot move to another group without it"
                    return


def is_seen(session: ActorSession, key: Key) -> bool:
    """Whether the session's actor may see an object, were it not in the bin."""
    entity: Any = key[0]
    if not issubclass(entity, Owned):
        return False
    row = session.execute(select(entity.owner_id, entity.group_id).where(entity.id == key[1]), execution_options=UNHELD).first()
    return row is not None and (session.actor is None or "view" in session.actor.may(row[1], row[0]))


def is_member(session: ActorSession, experimenter_id: int, group_id: int) -> bool:
    """Whether somebody is a member of a group, whoever is asking."""
    statement = select(GroupExperimenterMap.id).filter_by(child_id=experimenter_id, parent_id=group_id)
    return session.execute(statement, execution_options=UNHELD).first() is not None


def groups_of(session: ActorSession, ids: Iterable[int]) -> dict[int, str]:
    """The levels of groups by id."""
    statement = select(ExperimenterGroup.id, ExperimenterGroup.level).where(ExperimenterGroup.id.in_(list(ids)))
    return {row[0]: row[1] for row in session.execute(statement, execution_options=UNHELD)}


def names_told(session: ActorSession, keys: Iterable[Key]) -> list[dict[str, Any]]:
    """Objects as a report names them, those left out that its reader cannot see."""
    return [{"object": name_of(key), "name": _title(session, key)} for key in keys if is_seen(session, key)]


def _title(session: ActorSession, key: Key) -> str | None:
    entity: Any = key[0]
    if entity is Annotation:
        columns = inspect(Annotation).local_table.c
        statement = select(columns.type, columns.text_value).where(columns.id == key[1])
        kind, told = session.execute(statement, execution_options=UNHELD).one()
        return f"{kind.removesuffix('Annotation').lower()} {(told or '')[:60]}".rstrip()
    if "name" not in inspect(entity).columns:
        return None
    found: str | None = session.scalars(select(entity.name).where(entity.id == key[1]), execution_options=UNHELD).first()
    return found


_REASONS = {
    "excluded": "it is left out as asked",
    "kept": "tags, terms and files are kept",
    "others": "it belongs to somebody else",
}


def reasons_told(gathering: Gathering, *, limit: int) -> list[dict[str, Any]]:
    """Some of what stays although it is in, or on, what goes; and why."""
    session = gathering.session
    told: list[dict[str, Any]] = []
    for key, (code, home) in sorted(gathering.stays.items(), key=lambda one: (one[0][0].__name__, one[0][1])):
        if len(told) == limit:
            break
        if not is_seen(session, key):
            continue
        where = "somewhere else" if home is None or not is_seen(session, home) else name_of(home)
        reason = _REASONS.get(code) or f"it is also {'on' if key[0] is Annotation else 'in'} {where}"
        told.append({"object": name_of(key), "name": _title(session, key), "why": reason})
    return told
