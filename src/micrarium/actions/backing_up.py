"""Backups of a site, taken while it works: the database as of one moment, and every file that it knows.

A target folder holds one folder for each backup, named by its time. Each is whole; files that did not change since the one
before are the same bytes by hard links. The database is copied first: originals never change, so whatever it names is there
to be copied after, and what is imported meanwhile is in the next backup.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from micrarium import __version__
from micrarium.actions.storing import folder_files
from micrarium.errors import InvalidInput, NotFound, UnreadableFile
from micrarium.model.dumping import Dump, dialect_of_url, dump_database
from micrarium.pixels.checksums import copy_with_checksum, sha256_of
from micrarium.pixels.staging import check_apart, staged_folder
from micrarium.settings import Settings

MANIFEST, SEAL, FILES = "manifest.json", "manifest.sha256", "files"
#: What can be made again, is on its way, or belongs to one running server.
_LEFT_OUT = {"lock", "uploads", "exports", "thumbnails", "originals", "derived", "initial-password", "server.log"}
#: How often the database is copied anew because files it named were removed meanwhile.
_ATTEMPTS = 3
_AT_ONCE = 4
Report = Callable[[float, str], None]


@dataclass
class Backup:
    """What came of a backup: where it is, and how much was copied and how much was there already.

    ``missing`` are files the database knows and the disk has not; ``damaged`` are originals that are not what was imported.
    """

    folder: str
    files: int = 0
    copied_files: int = 0
    copied_bytes: int = 0
    linked_bytes: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """All of it by name."""
        return asdict(self)


def back_up(settings: Settings, target: Path, *, report: Report, keep: int | None = None) -> Backup:
    """A new backup in a target folder, which is made when it is missing; ``keep`` removes all but so many of the newest.

    Raises ``InvalidInput`` for a folder of something else, ``UnreadableFile`` for a database that cannot be read.
    """
    data = settings.data.absolute()
    check_apart(data, target)
    earlier = _check_target(target)
    target.mkdir(parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"[:-3] + "Z"
    with staged_folder(target / name) as work:
        work.chmod(0o700)
        copying = _Copying(data, work / FILES, read_manifest(earlier[-1]) if earlier else {}, earlier[-1] if earlier else None)
        told = Backup(str(target / name))
        dump = _copy_all(settings, work, copying, told, report)
        database = work / dump.file_name
        manifest = {
            "format": 1, "made_by": __version__, "made_at": datetime.now(UTC).isoformat(), "revision": dump.revision,
            "dialect": dialect_of_url(settings.database), "rows": dump.rows, "missing": told.missing, "damaged": told.damaged,
            "database": {"path": database.name, "size": database.stat().st_size, "sha256": sha256_of(database)},
            "files": copying.entries,
        }  # fmt: skip
        (work / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        (work / SEAL).write_text(sha256_of(work / MANIFEST) + "\n", encoding="utf-8")
    if keep is not None:
        for old in find_backups(target)[: -max(1, keep)]:
            shutil.rmtree(old)
    return told


def _check_target(target: Path) -> list[Path]:
    """The backups that a target has, the oldest first. Raises ``InvalidInput`` where it has something else."""
    if not target.exists():
        return []
    if not target.is_dir():
        raise InvalidInput(f"{target} is no folder", field="target")
    found = find_backups(target)
    others = [path for path in target.iterdir() if path not in found and not path.name.startswith((".", "lost+found"))]
    if others:
        raise InvalidInput(f"{target} holds something else than backups, such as {others[0].name}; name a folder for them alone")
    return found


def find_backups(target: Path) -> list[Path]:
    """The whole backups in a folder, the oldest first."""
    return sorted(path for path in target.iterdir() if not path.name.startswith(".") and (path / MANIFEST).is_file())


def find_backup(source: Path) -> Path:
    """The backup that a path names: itself, or the newest in it. Raises ``NotFound``."""
    if (source / MANIFEST).is_file():
        return source
    found = find_backups(source) if source.is_dir() else []
    if not found:
        raise NotFound(f"There is no backup in {source}", field="source")
    return found[-1]


def read_manifest(backup: Path) -> dict[str, Any]:
    """What a backup says it holds. Raises ``UnreadableFile`` where that was changed or cut short."""
    path = backup / MANIFEST
    try:
        sealed = (backup / SEAL).read_text(encoding="utf-8").strip()
        if sha256_of(path) != sealed:
            raise UnreadableFile(f"{path} is damaged: its checksum is not the one in {SEAL}")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path} cannot be read: {error}") from error
    if found.get("format") != 1:
        raise UnreadableFile(f"{path} is of a form that this version does not know; install a newer Micrarium")
    return found


def _copy_all(settings: Settings, work: Path, copying: _Copying, told: Backup, report: Report) -> Dump:
    """Copy the database and then its files; where files were removed in between, once more."""
    for attempt in range(_ATTEMPTS):
        report(0.0, "Copying the database")
        dump = dump_database(settings.database, work)
        wanted = dict(_wanted(settings.data.absolute(), dump))
        told.missing = copying.take(wanted, report)
        if not told.missing or attempt == _ATTEMPTS - 1:
            break
    told.damaged = [
        path for path, sha256 in wanted.items() if sha256 and copying.entries.get(path, {}).get("sha256", sha256) != sha256
    ]
    told.files, told.copied_files = len(copying.entries), copying.copied_files
    told.copied_bytes, told.linked_bytes = copying.copied_bytes, copying.linked_bytes
    return dump


def _wanted(data: Path, dump: Dump) -> Iterator[tuple[str, str | None]]:
    """Every file that belongs into a backup, below the data folder, with its SHA-256 where the database knows it."""
    for location, sha256 in dump.originals.items():
        path = data / location
        if path.is_dir():
            yield from ((file.relative_to(data).as_posix(), None) for file in folder_files(path))
            yield f"{location}.sha256", sha256
        else:
            yield location, sha256
    for pyramid in dump.pyramids:
        files = folder_files(data / pyramid)
        yield from ((file.relative_to(data).as_posix(), None) for file in files)
        if not files:
            yield pyramid, None
    for entry in sorted(data.iterdir()):
        if entry.name not in _LEFT_OUT and not entry.name.startswith((".", "micrarium.db")):
            found = folder_files(entry) if entry.is_dir() else [entry]
            yield from ((file.relative_to(data).as_posix(), None) for file in found)


class _Copying:
    """Copies files of a data folder into a backup, or links those that the one before has unchanged."""

    def __init__(self, data: Path, out: Path, before: dict[str, Any], folder: Path | None) -> None:
        self._data, self._out = data, out
        self._before: dict[str, Any] = before.get("files", {})
        self._folder = folder
        #: Where the first copy of a file is that has several names, as the copies of a class room's sample have.
        self._first: dict[tuple[int, int], tuple[Path, dict[str, Any]]] = {}
        self.entries: dict[str, dict[str, Any]] = {}
        self.copied_files = self.copied_bytes = self.linked_bytes = 0

    def take(self, wanted: dict[str, str | None], report: Report) -> list[str]:
        """Have exactly these files, but for those that are not there, which are told."""
        for path in self.entries.keys() - wanted.keys():
            (self._out / path).unlink()
            del self.entries[path]
        todo = [path for path in wanted if path not in self.entries]
        for folder in {(self._out / path).parent for path in todo}:
            folder.mkdir(parents=True, exist_ok=True)
        missing = []
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="micrarium-backup") as pool:
            first, again = self._sort_out(todo)
            taken = chain(zip(first, pool.map(self._take, first), strict=True), ((path, self._take(path)) for path in again))
            for number, (path, entry) in enumerate(taken):
                report(number / len(todo), path)
                if entry is None:
                    missing.append(path)
                    continue
                self._count(entry, is_linked=entry.pop("is_linked"))
                self.entries[path] = entry
        return missing

    def _sort_out(self, paths: list[str]) -> tuple[list[str], list[str]]:
        """The paths to copy, and those of files that are copied under another name then."""
        first: list[str] = []
        again: list[str] = []
        seen: set[tuple[int, int]] = set()
        for path in paths:
            with suppress(OSError):
                found = (self._data / path).stat()
                if found.st_nlink > 1 and (found.st_dev, found.st_ino) in seen:
                    again.append(path)
                    continue
                seen.add((found.st_dev, found.st_ino))
            first.append(path)
        return first, again

    def _count(self, entry: dict[str, Any], *, is_linked: bool) -> None:
        if is_linked:
            self.linked_bytes += entry["size"]
        else:
            self.copied_files += 1
            self.copied_bytes += entry["size"]

    def _take(self, path: str) -> dict[str, Any] | None:
        source, target, known = self._data / path, self._out / path, self._before.get(path)
        try:
            found = source.stat()
            if known and (known["size"], known["mtime_ns"]) == (found.st_size, found.st_mtime_ns) and self._link(path):
                return {**known, "is_linked": True}
            if found.st_nlink > 1 and (shared := self._share(source, target)) is not None:
                return {**shared, "is_linked": True}
            sha256, size = copy_with_checksum(source, target)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        os.utime(target, ns=(found.st_mtime_ns, found.st_mtime_ns))
        entry = {"size": size, "sha256": sha256, "mtime_ns": found.st_mtime_ns}
        if found.st_nlink > 1:
            self._first[found.st_dev, found.st_ino] = (target, entry)
        return {**entry, "is_linked": False}

    def _share(self, source: Path, target: Path) -> dict[str, Any] | None:
        """What is told of the same file under another name, which now stands here too; None where it is the first."""
        found = source.stat()
        first = self._first.get((found.st_dev, found.st_ino))
        if first is None:
            return None
        try:
            os.link(first[0], target)
        except OSError:
            return None
        return first[1]

    def _link(self, path: str) -> bool:
        assert self._folder is not None
        try:
            os.link(self._folder / FILES / path, self._out / path)
        except OSError:
            return False  # the file system knows no links, or somebody removed it: then it is copied
        return True


def verify_backup(backup: Path, *, report: Report) -> tuple[dict[str, Any], list[str]]:
    """The manifest of a backup, and what is wrong with its files, each in a sentence; all of them are read."""
    manifest = read_manifest(backup)
    database = manifest["database"]
    listed = [(backup / database["path"], database), *((backup / FILES / path, e) for path, e in manifest["files"].items())]
    problems = []
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="micrarium-verify") as pool:
        for number, told in enumerate(pool.map(lambda pair: _fault_of(*pair), listed)):
            report(number / len(listed), listed[number][0].name)
            if told:
                problems.append(told)
    return manifest, problems


def _fault_of(path: Path, entry: dict[str, Any]) -> str | None:
    try:
        size = path.stat().st_size
        if size != entry["size"]:
            return f"{path} has {size} bytes and should have {entry['size']}"
        return None if sha256_of(path) == entry["sha256"] else f"{path} is damaged: its checksum is another one"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
