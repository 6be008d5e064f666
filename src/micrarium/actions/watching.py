"""Watching folders: what people put below a root, each in a folder by their user name, is imported once it stays as it is.

Folders are looked through again and again, as network shares tell nobody of changes. What was seen is kept in the database,
so that nothing is imported twice; a folder none of whose folders changed is passed over.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from micrarium.actions.opening import Site
from micrarium.actions.walking import Place, place_of
from micrarium.errors import Unavailable
from micrarium.jobs import Periodic
from micrarium.model import Experimenter, GroupExperimenterMap, Job, Root, RootGroup, WatchedEntry
from micrarium.permissions import ActorSession, every, load_actor, system_session

_log = logging.getLogger(__name__)

KIND = "watched"
#: What programs call files that they are still writing.
_UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload", "~")
_ZARR_HEADS = ("zarr.json", ".zgroup", ".zattrs")
_AT_ONCE = 500
#: A folder is gone through, though none of its folders changed, as often as this: files can be written over in place.
_FULL_S = 3600.0


@dataclass(frozen=True, slots=True)
class _State:
    """What tells one state of a file, or of a folder that is one file to its users, from another."""

    size: int
    mtime_ns: int


@dataclass
class _Unit:
    """What settles together: the files right in somebody's folder, or all that lies in one folder there."""

    root: Root
    person: int
    path: str
    files: dict[str, _State] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)


@dataclass
class Watch:
    """What one process remembers of watched folders between rounds; it may be lost at any time."""

    #: The folders of units in which nothing is awaited, and what failed there, with the times of their last changes; and when
    #: they were gone through.
    quiet: dict[tuple[int, str], tuple[float, dict[str, int]]] = field(default_factory=dict)
    #: By the number of a root, the names of folders in it that belong to nobody who may import from it.
    strangers: dict[int, list[str]] = field(default_factory=dict)


_watches: dict[Path, Watch] = {}


def watch_of(site: Site) -> Watch:
    """What this process remembers of a site's watched folders."""
    return _watches.setdefault(site.data, Watch())


def watching(site: Site, wake: Callable[[], None]) -> Periodic:
    """The look into watched folders, again and again; ``wake`` is called when jobs were queued."""

    def look(stopping: Event) -> None:
        if watch_roots(site, stopping=stopping):
            wake()

    every_s = site.settings.watch_interval_s
    return Periodic("watching", look, first_s=min(5.0, every_s), every_s=every_s)


def with_strangers(site: Site, told: dict[str, Any]) -> dict[str, Any]:
    """What administrators are told of a root, with the folders in it that belong to nobody who may import, where it is watched."""
    if "location" not in told or not told["is_watched"]:
        return told
    return told | {"strangers": watch_of(site).strangers.get(told["id"], [])}


def watch_roots(site: Site, *, now: datetime | None = None, stopping: Event | None = None) -> int:
    """Look once through all watched folders, and queue an import of what has settled; how many jobs were queued."""
    now, queued = now or datetime.now(UTC), 0
    with system_session(site.engine, "look for watched folders", is_reading=True) as session:
        roots = session.scalars(every(Root).where(Root.is_watched.is_(True), Root.kind == "folder").order_by(Root.id)).all()
    for root in roots:
        try:
            place = place_of(site, root)
        except Unavailable as error:
            _log.warning("The watched folder %s is passed over: %s", root.name, error.detail)
            continue
        _give_up_on_ended(site, root)
        for unit in _units(site, root, place):
            if stopping is not None and stopping.is_set():
                return queued
            queued += _look_into(site, place, unit, now)
    return queued


def _give_up_on_ended(site: Site, root: Root) -> None:
    """What a job was to import that ended without, has failed; it is tried again when it is written anew."""
    with system_session(site.engine, f"imports from {root.name} that ended") as session:
        ended = every(WatchedEntry).join(Job, Job.id == WatchedEntry.job_id)
        ended = ended.where(WatchedEntry.root_id == root.id, WatchedEntry.state == "queued")
        for entry in session.scalars(ended.where(Job.state.in_(("failed", "cancelled"))).limit(_AT_ONCE)):
            entry.state = "failed"


def _units(site: Site, root: Root, place: Place) -> Iterator[_Unit]:
    """What lies in the folders of people who may import from a root; other folders are told of once."""
    people = _people_of(site, root)
    strangers = []
    for name, is_folder in _children(place.base):
        if not is_folder:
            continue
        if name not in people:
            strangers.append(name)
            continue
        yield _Unit(root, people[name], f"{name}/.")
        for inner, is_inner_folder in _children(place.base / name):
            if is_inner_folder:
                yield _Unit(root, people[name], f"{name}/{inner}")
    watch = watch_of(site)
    if new := set(strangers) - set(watch.strangers.get(root.id, ())):
        _log.warning("The watched folder %s has folders of nobody who may import from it: %s", root.name, ", ".join(sorted(new)))
    watch.strangers[root.id] = sorted(strangers)


def _people_of(site: Site, root: Root) -> dict[str, int]:
    """The active members of the groups that may import from a root, by their user names."""
    with system_session(site.engine, f"who may import from {root.name}", is_reading=True) as session:
        groups = every(RootGroup).where(RootGroup.root_id == root.id).with_only_columns(RootGroup.group_id)
        maps = every(GroupExperimenterMap).where(GroupExperimenterMap.parent_id.in_(groups))
        members = maps.with_only_columns(GroupExperimenterMap.child_id)
        people = every(Experimenter).where(Experimenter.id.in_(members), Experimenter.is_active.is_(True))
        rows = session.execute(people.with_only_columns(Experimenter.ome_name, Experimenter.id))
        return {row[0]: row[1] for row in rows}


def _children(folder: Path) -> list[tuple[str, bool]]:
    """The names in a folder, and whether each is a folder; hidden and unfinished ones, links, pipes and odd names are left out."""
    found: list[tuple[str, bool]] = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            is_odd = entry.name[0] == "." or not entry.name.isprintable() or "\\" in entry.name
            if not is_odd and not entry.name.lower().endswith(_UNFINISHED) and not entry.is_symlink():
                is_folder = entry.is_dir(follow_symlinks=False)
                if is_folder or entry.is_file(follow_symlinks=False):  # no pipes and devices
                    found.append((entry.name, is_folder))
    return sorted(found)


def _look_into(site: Site, place: Place, unit: _Unit, now: datetime) -> int:
    """Look into one unit, unless nothing can have changed; whether a job was queued."""
    watch, key = watch_of(site), (unit.root.id, unit.path)
    remembered = watch.quiet.get(key)
    if remembered is not None and time.monotonic() - remembered[0] < _FULL_S and _is_unchanged(remembered[1]):
        return 0
    is_flat = unit.path.endswith("/.")
    _gather(place.base / unit.path, unit, place, is_flat=is_flat)
    is_quiet, queued = _compare(site, place, unit, now)
    if is_quiet:
        watch.quiet[key] = time.monotonic(), unit.folders
    else:
        watch.quiet.pop(key, None)
    return queued


def _is_unchanged(folders: dict[str, int]) -> bool:
    try:
        return all(Path(folder).stat().st_mtime_ns == mtime_ns for folder, mtime_ns in folders.items())
    except OSError:
        return False


def _gather(folder: Path, unit: _Unit, place: Place, *, is_flat: bool) -> None:
    """The files of a unit with their states, and its folders with the times of their last changes."""
    with suppress(OSError):
        unit.folders[str(folder)] = folder.stat().st_mtime_ns
    names = _children(folder)
    if not is_flat and (folder.suffix == ".zarr" or any((folder / head).is_file() for head in _ZARR_HEADS)):
        unit.files[folder.relative_to(place.base).as_posix()] = _state_of_folder(folder, unit)
        return
    for name, is_folder in names:
        path = folder / name
        if is_folder and not is_flat:
            _gather(path, unit, place, is_flat=False)
        elif not is_folder:
            with suppress(OSError):
                about = path.stat()
                unit.files[path.relative_to(place.base).as_posix()] = _State(about.st_size, about.st_mtime_ns)


def _state_of_folder(folder: Path, unit: _Unit) -> _State:
    """The bytes of all files of a folder that is one file to its users, and the newest of their times."""
    size, newest = 0, 0
    for base, _, names in os.walk(folder):
        with suppress(OSError):
            unit.folders[base] = Path(base).stat().st_mtime_ns
        for name in names:
            with suppress(OSError):
                about = os.lstat(f"{base}/{name}")
                size, newest = size + about.st_size, max(newest, about.st_mtime_ns)
    return _State(size, newest)


def _compare(site: Site, place: Place, unit: _Unit, now: datetime) -> tuple[bool, int]:
    """Hold what was found against what was seen; whether nothing is awaited, and whether a job was queued."""
    with system_session(site.engine, f"what was seen in {unit.path}") as session:
        known = _entries_of(session, unit.root.id, unit.files)
        settled, replaced, is_changing = [], [], False
        wait = timedelta(seconds=site.settings.watch_settled_s)
        for path, state in unit.files.items():
            entry = known.get(path)
            if entry is None:
                entry = WatchedEntry(root_id=unit.root.id, path=path, path_hash=_hash(path), state="changing")
                _note(entry, state, now)
                session.add(entry)
            elif (entry.size, entry.mtime_ns) != (state.size, state.mtime_ns) and entry.state != "queued":
                if entry.state in ("done", "replaced"):
                    replaced.append(entry)
                entry.state = "replaced" if entry.state in ("done", "replaced") else "changing"
                _note(entry, state, now)
            if entry.state == "changing":
                is_settled = now - entry.seen_at >= wait and entry.id is not None
                is_changing |= not is_settled
                settled += [entry] if is_settled else []
            if entry.state == "failed":  # mended in place, which its folder does not show
                unit.folders[str(place.base / path)] = state.mtime_ns
        awaited = any(entry.state == "queued" for entry in known.values())
        begun = [] if is_changing else settled
        if begun or replaced:
            _queue(session, unit, begun, replaced)
        return not (is_changing or settled or awaited), int(bool(begun or replaced))


def _note(entry: WatchedEntry, state: _State, now: datetime) -> None:
    entry.size, entry.mtime_ns, entry.seen_at = state.size, state.mtime_ns, now


def _entries_of(session: ActorSession, root_id: int, paths: Iterable[str]) -> dict[str, WatchedEntry]:
    hashes = [_hash(path) for path in paths]
    found: dict[str, WatchedEntry] = {}
    for start in range(0, len(hashes), _AT_ONCE):
        some = every(WatchedEntry).where(WatchedEntry.root_id == root_id)
        for entry in session.scalars(some.where(WatchedEntry.path_hash.in_(hashes[start : start + _AT_ONCE]))):
            found[entry.path] = entry
    return found


def _hash(path: str) -> str:
    return hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()


def _queue(session: ActorSession, unit: _Unit, begun: list[WatchedEntry], replaced: list[WatchedEntry]) -> None:
    """The job that imports what has settled, as the person whose folder it is in, and tells of what was replaced."""
    actor = load_actor(session, unit.person)
    noted = {"root_id": unit.root.id, "paths": [one.path for one in begun], "replaced": [one.path for one in replaced]}
    made = Job(kind=KIND, arguments=noted, experimenter_id=unit.person, group_id=actor.group_id, message="Waiting")
    session.add(made)
    session.flush()
    for entry in begun:
        entry.state, entry.job_id = "queued", made.id


def note_imported(site: Site, root_id: int, paths: list[str], failed: set[str]) -> None:
    """Keep what came of importing these paths of a watched folder."""
    with system_session(site.engine, "what came of a watched folder") as session:
        for entry in _entries_of(session, root_id, paths).values():
            if entry.state == "queued":
                entry.state = "failed" if entry.path in failed else "done"
