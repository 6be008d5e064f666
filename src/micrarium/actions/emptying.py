"""The bin: what is in it, and removing that for good, rows and files.

What is to be removed from the disk is noted there before the rows are gone, and the note is removed last. Should the
server end in between, the next start goes through the notes and removes what no object refers to.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

from sqlalchemy import event

from micrarium.actions.opening import Site
from micrarium.errors import InvalidInput, NotAllowed
from micrarium.jobs import Periodic
from micrarium.model import Image, Link, Owned
from micrarium.model.schema import entity_by_singular
from micrarium.permissions import ActorSession, find_binned, system_session
from micrarium.permissions.bin_listing import Place, binned_in, events_of_bin, list_deleted
from micrarium.permissions.erasing import Erased, Ids, doomed_by, erase, used_places
from micrarium.permissions.gathering import Gathering, Key, Row, Terms, name_of
from micrarium.permissions.graph_checks import names_told
from micrarium.permissions.wholes import general

_log = logging.getLogger(__name__)

NAMED = 20


def list_bin(session: ActorSession, *, limit: int = 50, cursor: str | None = None, is_own: bool = False) -> dict[str, Any]:
    """One page of what was deleted, by whom and when, the latest first: ``{"items": [...], "next"}``."""
    items, place = list_deleted(session, limit=limit, after=_parse_cursor(cursor), is_own=is_own)
    return {"items": items, "next": None if place is None else "-".join(map(str, place))}


def _parse_cursor(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    parts = cursor.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise InvalidInput("This cursor is not one that a list gave", field="cursor")
    return int(parts[0]), int(parts[1]), int(parts[2])


def find_in_bin(session: ActorSession, name: str) -> Owned:
    """The object in the bin with this name, which its actor may delete. Raises ``NotFound`` and ``NotAllowed``."""
    kind, _, number = name.partition(":")
    entity = entity_by_singular().get(kind) or (entity_by_singular()["annotation"] if kind.endswith("_annotation") else None)
    if entity is None or not (number.isascii() and number.isdecimal()):
        raise InvalidInput(f"{name!r} names no object; write its kind and number, such as image:12", field="objects")
    if not issubclass(entity, Owned) or issubclass(entity, Link):
        raise InvalidInput(f"{entity.plural()} do not go into the bin", field="objects")
    return find_binned(session, entity, int(number), doing="purge")


def targets_named(session: ActorSession, names: Iterable[str]) -> dict[int, list[Key]]:
    """Objects in the bin, by the events in which they went there."""
    found: dict[int, list[Any]] = defaultdict(list)
    for name in dict.fromkeys(names):
        obj = find_in_bin(session, name)
        assert obj.deleted_event_id is not None
        found[obj.deleted_event_id].append((general(type(obj)), obj.id))
    if not found:
        raise InvalidInput("Name at least one object, such as image:12", field="objects")
    return found


def targets_older(session: ActorSession, *, days: float | None, is_own: bool) -> dict[int, list[Key]]:
    """What has been in the bin for so many days, as far as the session's actor may delete it."""
    if days is not None and not 0 <= days < 100_000:
        raise InvalidInput("The age is a number of days from 0 on", field="older_than_days")
    before = None if days is None else datetime.now(UTC) - timedelta(days=days)
    events = events_of_bin(session, before=before, is_own=is_own)
    return {event_id: keys for event_id in events if (keys := binned_in(session, event_id))}


def plan_purge(session: ActorSession, targets: dict[int, list[Key]]) -> tuple[Gathering, Ids]:
    """What goes when objects in the bin are purged: the objects, and all rows that go with them."""
    actor = session.actor

    def may(row: Row) -> bool:
        return actor is None or "delete" in actor.may(row.group_id, row.owner_id)

    whole = Gathering(session, Terms(may))
    for event_id, keys in targets.items():
        part = Gathering(session, Terms(may, event_id=event_id, dependents="binned", is_all=True))
        by_class: dict[type[Owned], list[int]] = defaultdict(list)
        for entity, i in keys:
            by_class[entity].append(i)
        for entity, ids in by_class.items():
            part.gather(entity, ids)
        for entity, rows in part.going.items():
            whole.going[entity].update(rows)
    return whole, doomed_by(whole)


def tell_purge(session: ActorSession, plan: tuple[Gathering, Ids], *, is_dry_run: bool) -> dict[str, Any]:
    """The report of a purge, as JSON holds it."""
    gathering, doomed = plan
    counts = Counter({entity.singular(): len(ids) for entity, ids in doomed.items() if _is_told(entity)})
    named = [(entity, i) for entity, rows in gathering.going.items() for i in sorted(rows)]
    return {
        "operation": "purge",
        "dry_run": is_dry_run,
        "counts": dict(sorted(counts.items())),
        "named": names_told(session, named[:NAMED]),
        "objects": [name_of(key) for key in named[:NAMED]],
        "files": None,
        "refused": [],
    }


def _is_told(entity: type[Any]) -> bool:
    return issubclass(entity, Owned) and not issubclass(entity, Link)


def purge(session: ActorSession, site: Site, targets: dict[int, list[Key]]) -> dict[str, Any]:
    """The report of removing objects in the bin for good, with the files that nothing else uses once that is committed."""
    if session.actor is not None and session.actor.is_reading:
        raise NotAllowed("This sign-in is for reading only")
    plan = plan_purge(session, targets)
    told = tell_purge(session, plan, is_dry_run=False)
    erased = erase(session, plan[1])
    remove_after_commit(session, site, erased)
    return told | {"files": {"count": len(erased.originals), "bytes": erased.size_bytes}}


def empty_old(site: Site, *, stop: Event | None = None) -> int:
    """How many events' worth of the bin was removed, as ``MICRARIUM_BIN_DAYS`` says; each event in its own transaction."""
    days = site.settings.bin_days
    if not days:
        return 0
    with system_session(site.engine, "look for what has been in the bin long enough", is_reading=True) as session:
        events = list(targets_older(session, days=days, is_own=False))
    for done, event_id in enumerate(events):
        if stop is not None and stop.is_set():
            return done
        with system_session(site.engine, f"empty the bin of what is older than {days:g} days") as session:
            if keys := binned_in(session, event_id):
                purge(session, site, {event_id: keys})
    return len(events)


def keep_bin_small(site: Site) -> Periodic:
    """What empties the bin of a site while it is served: soon after its start, and every hour."""
    return Periodic("bin", partial(_empty_until, site), first_s=20.0, every_s=3600.0)


def _empty_until(site: Site, stop: Event) -> int:
    return empty_old(site, stop=stop)


def remove_after_commit(session: ActorSession, site: Site, erased: Erased) -> None:
    """Have what nobody refers to any more removed from the disk when, and only when, the session's transaction is committed."""
    thumbnails = [f"thumbnails/{i // 1000}/{i}" for i in sorted(erased.ids.get(Image, ()))]
    places = [*erased.originals, *erased.pyramids, *thumbnails]
    if not places:
        return
    note = _notes(site) / f"{uuid4().hex}.json"
    note.parent.mkdir(exist_ok=True)
    note.write_text(json.dumps(places), encoding="utf-8")

    def remove(_session: Any) -> None:
        if note.exists():  # gone where the rows are back
            _remove_places(site, places)
            note.unlink(missing_ok=True)

    def forget(_session: Any) -> None:
        note.unlink(missing_ok=True)

    event.listen(session, "after_commit", remove, once=True)
    event.listen(session, "after_rollback", forget, once=True)


def clear_purged(site: Site) -> None:
    """Remove from the disk what a purge left there because the server ended; called when nothing else works on the site."""
    for note in _notes(site).glob("*.json"):
        try:
            places = [str(place) for place in json.loads(note.read_text(encoding="utf-8"))]
        except ValueError:
            places = []  # the server ended while it was written: then no row was removed either
        with system_session(site.engine, "look for files of purged objects", is_reading=True) as session:
            used = set(used_places(session, places))
        _remove_places(site, [place for place in places if place not in used])
        note.unlink(missing_ok=True)


def _notes(site: Site) -> Path:
    return site.data / "purging"


def _remove_places(site: Site, places: Iterable[str]) -> None:
    root = site.data.resolve()
    for place in places:
        path = root / place
        if ".." in Path(place).parts or not place.startswith(("originals/", "derived/", "thumbnails/")):
            _log.warning("%s is not in the data folder and was left alone", place)
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.sha256").unlink(missing_ok=True)  # the checksums of a folder lie beside it
        _remove_empty_folders(root, path.parent)


def _remove_empty_folders(root: Path, folder: Path) -> None:
    """Remove folders that are empty now; the three that the data folder always has stay."""
    while folder.parent != root and folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
