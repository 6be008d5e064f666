"""Relinking: files that were registered in place and moved are found again, and their rows say where they are now.

A file is looked for by its name and size, then by its size alone; what is found so is the file only if its checksum is the
one that was recorded. The files of a fileset stay together: a file that belongs to another is looked for where it lay from it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from micrarium.actions.comparing import Original, compare_original
from micrarium.actions.opening import Site
from micrarium.actions.reaching_roots import leave_root
from micrarium.actions.requesting import check_server_paths
from micrarium.actions.storing import size_of
from micrarium.errors import InvalidInput
from micrarium.jobs import Work, ask_for, job
from micrarium.model import Fileset, FilesetEntry, Job, OriginalCheck, OriginalFile
from micrarium.permissions import ActorSession, every, get_visible, open_session, system_session

KIND = "relink"
#: How many files of each sort the result names.
_NAMED = 1000
_AT_ONCE = 500
#: What stands in a folder that is one original.
_MARKS = ("zarr.json", ".zgroup", ".zattrs")


@dataclass
class Relinked:
    """What relinking came to: files found again, those still missing, and what looked like them and is not; each by name."""

    is_dry_run: bool = False
    missing_before: int = 0
    relinked: int = 0
    still_missing: int = 0
    refused: int = 0
    found: list[dict[str, str]] = field(default_factory=list)
    missing: list[dict[str, str]] = field(default_factory=list)
    refusals: list[dict[str, str]] = field(default_factory=list)


def request_relinking(session: ActorSession, site: Site, folders: list[str], *, is_dry_run: bool = False) -> Job:
    """A job that looks for files that were registered in place and are missing below folders of the server; for administrators."""
    if not folders:
        raise InvalidInput("Name at least one folder of the server to look in", field="folders")
    check_server_paths(session, site, folders)
    if wrong := [folder for folder in folders if not Path(folder).is_dir()]:
        raise InvalidInput(f"{wrong[0]} is no folder", field="folders")
    return ask_for(session, KIND, {"folders": folders, "is_dry_run": is_dry_run})


@job(KIND)
def run_relinking(site: Site, work: Work) -> dict[str, Any]:
    """Looks for what ``request_relinking`` noted; what was found before this was cut off is no longer missing."""
    noted = work.arguments
    return asdict(relink(site, work, [Path(folder) for folder in noted["folders"]], is_dry_run=noted["is_dry_run"]))


@dataclass(frozen=True, slots=True)
class _Lost:
    """A fileset registered in place of which something is missing; the file to open is the first of its files."""

    id: int
    files: tuple[Original, ...]

    @property
    def main(self) -> Original:
        return self.files[0]


def relink(site: Site, work: Work, folders: Sequence[Path], *, is_dry_run: bool) -> Relinked:
    """What came of looking for missing files below some folders. Filesets are found whole or not at all."""
    result = Relinked(is_dry_run=is_dry_run)
    work.report(0.0, "Looking for what is missing")
    lost = list(_find_lost(site, lambda: work.report(0.0, "Looking for what is missing")))
    result.missing_before = sum(not Path(one.location).exists() for fileset in lost for one in fileset.files)
    index = _Index(folders, [fileset.main for fileset in lost], lambda count: work.report(0.1, f"{count} files looked at"))
    for number, fileset in enumerate(lost):
        name = fileset.main.name

        def beat(_count: int = 0, *, number: int = number, name: str = name) -> None:
            work.report(0.2 + 0.8 * number / len(lost), f"Comparing {name}")

        beat()
        moved, refusals = _find_fileset(site, fileset, index, beat)
        for path, reason in refusals:
            _name(result.refusals, {"path": str(path), "object": f"original_file:{fileset.main.id}", "reason": reason})
        result.refused += len(refusals)
        if moved is None:
            gone = [one for one in fileset.files if not Path(one.location).exists()]
            result.still_missing += len(gone)
            for one in gone:
                _name(result.missing, {"object": f"original_file:{one.id}", "name": one.name, "location": one.location})
            continue
        if not is_dry_run:
            _write(site, work, moved)
        result.relinked += len(moved)
        for one, path in moved:
            _name(result.found, {"object": f"original_file:{one.id}", "from": one.location, "to": str(path)})
    return result


def _name(names: list[dict[str, str]], entry: dict[str, str]) -> None:
    if len(names) < _NAMED:
        names.append(entry)


def _find_lost(site: Site, beat: Callable[[], None]) -> Iterator[_Lost]:
    """The filesets registered in place of which something is not where it was, a portion of rows at a time."""
    after = 0
    while True:
        statement: Any = every(FilesetEntry).join(OriginalFile, OriginalFile.id == FilesetEntry.original_file_id)
        statement = statement.where(OriginalFile.is_in_place, FilesetEntry.fileset_id > after)
        ids = statement.with_only_columns(FilesetEntry.fileset_id).distinct().order_by(FilesetEntry.fileset_id).limit(_AT_ONCE)
        with system_session(site.engine, "look for files registered in place", is_reading=True) as session:
            chosen = list(session.scalars(ids))
            rows = _read_files(session, chosen)
        if not chosen:
            return
        after = chosen[-1]
        beat()
        for fileset_id in chosen:
            files = tuple(rows[fileset_id])
            if any("://" not in one.location and not Path(one.location).exists() for one in files):
                yield _Lost(fileset_id, files)


def _read_files(session: ActorSession, fileset_ids: Iterable[int]) -> dict[int, list[Original]]:
    file = OriginalFile
    statement: Any = every(FilesetEntry).join(file, file.id == FilesetEntry.original_file_id)
    statement = statement.join(Fileset, Fileset.id == FilesetEntry.fileset_id).where(FilesetEntry.fileset_id.in_(fileset_ids))
    columns = (file.id, file.name, file.location, file.size, file.hash, file.is_in_place, Fileset.template_prefix)
    found: dict[int, list[Original]] = defaultdict(list)
    ordered = statement.order_by(FilesetEntry.fileset_id, FilesetEntry.position)
    for fileset_id, *row in session.execute(ordered.with_only_columns(FilesetEntry.fileset_id, *columns)):
        found[fileset_id].append(Original(*row))
    return found


class _Index:
    """What lies below some folders and could be one of the files that are looked for, by name and by size."""

    def __init__(self, folders: Sequence[Path], wanted: Sequence[Original], beat: Callable[[int], None]) -> None:
        self._sizes = {one.size for one in wanted}
        self._by_size: dict[int, list[Path]] = defaultdict(list)
        if not wanted:
            return
        count = 0
        for folder in folders:
            for base, folders_in, names in os.walk(folder):
                count += len(names)
                beat(count)
                if any(mark in names for mark in _MARKS) and self._add(Path(base), size_of(Path(base))):
                    folders_in.clear()  # it is one original; what lies in it is none
                    continue
                for name in names:
                    path = Path(base, name)
                    if path.is_file():
                        self._add(path, path.stat().st_size)

    def _add(self, path: Path, size: int) -> bool:
        if size in self._sizes:
            self._by_size[size].append(path.absolute())
        return size in self._sizes

    def candidates(self, one: Original) -> list[Path]:
        """What could be a file: of its size, those of its name first."""
        name = Path(one.location).name
        return sorted(self._by_size.get(one.size, ()), key=lambda path: (path.name != name, str(path)))


def _find_fileset(
    site: Site, fileset: _Lost, index: _Index, beat: Callable[[int], None]
) -> tuple[list[tuple[Original, Path]] | None, list[tuple[Path, str]]]:
    """Each file of a fileset with where it is now, None where it is not found; and what was taken for it and is not it."""
    refusals: list[tuple[Path, str]] = []
    old = Path(fileset.main.location)
    candidates = [old] if old.exists() else index.candidates(fileset.main)
    for path in candidates:
        moved: list[tuple[Original, Path]] = []
        for one in fileset.files:
            there = path if one is fileset.main else _beside(one, old, path)
            fault = compare_original(site.data, _at(one, there), advance=beat)
            if fault is not None:
                told = "is not there, and belongs to it" if fault.kind == "missing" else fault.told
                refusals.append((there, told))
                break
            moved.append((one, there))
        else:
            return [(one, there) for one, there in moved if str(there) != one.location], []
    return None, refusals


def _beside(one: Original, old: Path, path: Path) -> Path:
    """Where a file lies from the file to open as it did before."""
    return Path(os.path.normpath(path.parent / os.path.relpath(one.location, old.parent)))


def _at(one: Original, path: Path) -> Original:
    return Original(one.id, one.name, str(path), one.size, one.sha256, True, one.prefix)


def _write(site: Site, work: Work, moved: list[tuple[Original, Path]]) -> None:
    """Say where the files of a fileset are, in one transaction."""
    with open_session(site.engine, work.actor) as session:
        for one, path in moved:
            original = get_visible(session, OriginalFile, one.id)
            original.location = str(path)
            leave_root(site, session, original)
    with system_session(site.engine, f"keep what job:{work.job_id} found of files") as session:
        for one, _ in moved:
            session.merge(OriginalCheck(original_file_id=one.id, checked_at=datetime.now(UTC), outcome="ok", detail=""))
