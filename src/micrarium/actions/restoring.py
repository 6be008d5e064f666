"""Making a data folder of a backup: all of it is checked first, and nothing is there until everything is."""

from __future__ import annotations

import os
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from micrarium.actions.backing_up import FILES, Report, find_backup, verify_backup
from micrarium.errors import OutputExists, UnreadableFile
from micrarium.model.database import schema_head
from micrarium.model.dumping import check_empty, count_rows, dialect_of_url, restore_database
from micrarium.pixels.checksums import copy_with_checksum
from micrarium.settings import Settings, read_file

_AT_ONCE = 4


def restore_site(settings: Settings, source: Path, *, report: Report) -> dict[str, Any]:
    """What was restored from a backup, or from the newest in a folder, into a data folder that is missing or empty.

    Raises ``OutputExists`` where the folder is not empty, ``Conflict`` where the database is not, and ``UnreadableFile``
    naming a file of the backup that is damaged; nothing is changed then.
    """
    data = settings.data.absolute()
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise OutputExists(f"{data} is not empty; restore into a new folder, or move this one away", field="data")
    backup = find_backup(source)
    if dialect_of_url(settings.database) == "postgresql":
        check_empty(settings.database)
    manifest, problems = verify_backup(backup, report=lambda part, doing: report(part / 2, f"Checking {doing}"))
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise UnreadableFile(f"This backup cannot be restored: {problems[0]}{more}", field="source")
    work = _stage_for(data)
    work.mkdir(parents=True)
    try:
        work.chmod(0o700)
        _copy_files(backup, work, manifest, lambda part, doing: report(0.5 + part / 2, f"Restoring {doing}"))
        restore_database(backup / manifest["database"]["path"], settings.database, work / "micrarium.db")
        _check_rows(settings, manifest, work)
        _put_in_place(work, data)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    names_another = read_file(data).get("database_url", settings.database_url) != settings.database_url
    told = {
        "names_another_database": names_another,
        "data": str(data),
        "backup": str(backup),
        "made_at": manifest["made_at"],
        "files": len(manifest["files"]),
    }
    return told | {
        "missing": manifest["missing"],
        "damaged": manifest["damaged"],
        "needs_upgrade": manifest["revision"] < schema_head(),
    }


def _stage_for(data: Path) -> Path:
    """Where to gather what is restored: beside the folder, or in it where it is a disk of its own."""
    name = f".{data.name}.{secrets.token_hex(4)}.partial"
    return data / name if os.path.ismount(data) else data.with_name(name)


def _put_in_place(work: Path, data: Path) -> None:
    if work.parent != data:
        work.rename(data)  # over an empty folder too, at once
        return
    # The database last: a folder without one is no site yet.
    for entry in sorted(work.iterdir(), key=lambda path: path.name == "micrarium.db"):
        entry.rename(data / entry.name)


def _copy_files(backup: Path, work: Path, manifest: dict[str, Any], report: Report) -> None:
    paths = list(manifest["files"])
    for folder in {(work / path).parent for path in paths}:
        folder.mkdir(parents=True, exist_ok=True)

    first: dict[int, str] = {}
    again: dict[str, str] = {}
    for path in paths:  # files of one content under several names keep being one
        number = (backup / FILES / path).stat().st_ino
        if number in first:
            again[path] = first[number]
        else:
            first[number] = path

    def copy(path: str) -> str:
        entry, target = manifest["files"][path], work / path
        sha256, _ = copy_with_checksum(backup / FILES / path, target)
        if sha256 != entry["sha256"]:
            raise UnreadableFile(f"{backup / FILES / path} changed while it was restored")
        os.utime(target, ns=(entry["mtime_ns"], entry["mtime_ns"]))
        if path.startswith("originals/"):
            target.chmod(0o444)
        return path

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="micrarium-restore") as pool:
        for number, path in enumerate(pool.map(copy, first.values())):
            report(number / len(first), path)
    for path, other in again.items():
        os.link(work / other, work / path)


def _check_rows(settings: Settings, manifest: dict[str, Any], work: Path) -> None:
    """Every table has as many rows as when the backup was made."""
    is_sqlite = manifest["dialect"] == "sqlite"
    found = count_rows(f"sqlite:///{work / 'micrarium.db'}" if is_sqlite else settings.database, manifest["rows"])
    for table, count in manifest["rows"].items():
        if found.get(table) != count:
            raise UnreadableFile(f"The table {table} has {found.get(table)} rows after restoring and should have {count}")
