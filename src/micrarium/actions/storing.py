"""Keeping original files on the disk: copied byte for byte with their SHA-256, or left where they are.

What is kept appears in its place by one rename. Until the rows about it are committed a note lies beside it; at the next
start whatever such a note names, and no row does, is removed.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from micrarium.actions.opening import Site
from micrarium.actions.walking import Place
from micrarium.errors import UnreadableFile
from micrarium.model import Fileset
from micrarium.permissions import Actor, every, system_session
from micrarium.pixels.checksums import Advance, copy_with_checksum, sha256_of

#: ``copy`` leaves the source alone; ``link`` shares its bytes with an upload that is about to be removed; ``stay`` registers it.
Way = Literal["copy", "link", "stay"]
Report = Callable[[float], None]

_INCOMING = ".incoming"
#: How many files of a folder are copied at once.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One original: its name, where its importer had it, its bytes, and where it lies now (as in ``OriginalFile.location``)."""

    name: str
    client_path: str
    location: str
    size_bytes: int
    sha256: str
    is_in_place: bool
    root_id: int | None = None

    @property
    def mimetype(self) -> str | None:
        """What kind of file it is by its name."""
        return mimetypes.guess_type(self.name)[0]


@dataclass
class KeptFileset:
    """The originals of one fileset, the one to open first. They are removed again unless ``keep`` is called."""

    opened: Path
    files: tuple[KeptFile, ...]
    template_prefix: str
    is_kept: bool = field(default=False)

    def keep(self) -> None:
        """The rows about these files are committed."""
        self.is_kept = True


@contextmanager
def keep_originals(
    site: Site,
    actor: Actor,
    main: Path,
    *,
    files: tuple[Path, ...],
    way: Way = "copy",
    client_root: Path | None = None,
    place: Place | None = None,
    report: Report | None = None,
) -> Iterator[KeptFileset]:
    """The originals of a fileset in their places, for as long as the block runs, and for good once ``keep`` was called.

    ``main`` is the path to open: a folder, such as an OME-Zarr, is kept as one original with a list of checksums beside
    it. Below ``client_root`` client paths are relative to it; what stays below the root of a ``place`` is told by its address
    there. Raises ``UnreadableFile`` when a file cannot be read.
    """
    name = uuid4().hex
    now = datetime.now(UTC)
    folder = Path("originals") / f"{_safe(actor.ome_name)}_{actor.id}" / f"{now:%Y-%m}" / name
    incoming = site.originals / _INCOMING
    work, note = incoming / name, incoming / f"{name}.place"
    work.mkdir(parents=True)
    kept: KeptFileset | None = None
    try:
        taken = [main] if main.is_dir() else [main, *(file for file in files if file != main)]
        root = Path(os.path.commonpath([path.parent for path in taken]))
        taking = _Taking(way, _advancing(taken, report), place)
        rows = [_take(path, work, taking, root=root, folder=folder, client_root=client_root) for path in taken]
        _put_in_place(site, work, note, folder)
        opened = main if way == "stay" else site.data / folder / main.relative_to(root)
        kept = KeptFileset(opened, tuple(rows), folder.as_posix())
        yield kept
    except OSError as error:
        raise UnreadableFile(f"{error.filename or main} cannot be imported: {error.strerror or error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if kept is None or not kept.is_kept:
            remove_folder(site.data / folder)
        note.unlink(missing_ok=True)


def _put_in_place(site: Site, work: Path, note: Path, place: Path) -> None:
    if not any(work.iterdir()):  # registered where it is, with nothing to keep here
        return
    final = site.data / place
    note.write_text(place.as_posix(), encoding="utf-8")
    final.parent.mkdir(parents=True, exist_ok=True)
    work.rename(final)
    _sync_folder(final.parent)


@dataclass(frozen=True, slots=True)
class _Taking:
    """How files are taken, and whom to tell of each piece that was read."""

    way: Way
    advance: Advance
    place: Place | None = None


def _advancing(taken: list[Path], report: Report | None) -> Advance:
    """Turns bytes that were read into the part of all bytes."""
    if report is None:
        return lambda _count: None
    total, done = sum(size_of(path) for path in taken) or 1, 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        report(min(1.0, done / total))

    return advance


def _take(path: Path, work: Path, taking: _Taking, *, root: Path, folder: Path, client_root: Path | None) -> KeptFile:
    relative = path.relative_to(root)
    take = _take_folder if path.is_dir() else _take_file
    sha256, size_bytes = take(path, work / relative, taking)
    is_staying = taking.way == "stay"
    place = taking.place if is_staying else None
    location = place.spell(path) if place else str(path) if is_staying else (folder / relative).as_posix()
    shown = path.relative_to(client_root) if client_root is not None and path.is_relative_to(client_root) else path
    return KeptFile(path.name, shown.as_posix(), location, size_bytes, sha256, is_staying, place.root_id if place else None)


def _take_file(path: Path, target: Path, taking: _Taking) -> tuple[str, int]:
    if taking.way == "stay":
        return sha256_of(path, advance=taking.advance), path.stat().st_size
    target.parent.mkdir(parents=True, exist_ok=True)
    if taking.way == "link":
        try:
            os.link(path, target)
        except OSError:
            pass  # another disk, or one that knows no links
        else:
            return _settle(target, taking.advance)
    found = copy_with_checksum(path, target, advance=taking.advance)
    target.chmod(0o444)
    return found


def _settle(path: Path, advance: Advance) -> tuple[str, int]:
    """The checksum and size of a file that came in pieces, once it is safe on the disk."""
    path.chmod(0o444)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return sha256_of(path, advance=advance), path.stat().st_size


def _take_folder(folder: Path, target: Path, taking: _Taking) -> tuple[str, int]:
    """The checksum of a folder's list of checksums, which is kept beside it, and the number of bytes of its files."""
    lines, total = [], 0
    paths = folder_files(folder)
    # Thousands of small files each wait for the disk; together they wait once.
    apart = replace(taking, advance=lambda _count: None)
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="micrarium-keep")
    try:
        taken = pool.map(lambda path: _take_file(path, target / path.relative_to(folder), apart), paths)
        for path, (sha256, size_bytes) in zip(paths, taken, strict=True):
            lines.append(f"{sha256}  {path.relative_to(folder).as_posix()}\n")
            total += size_bytes
            taking.advance(size_bytes)
    finally:
        pool.shutdown(cancel_futures=True)
    listed = "".join(lines).encode("utf-8", "surrogateescape")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.with_name(f"{target.name}.sha256").write_bytes(listed)
    return hashlib.sha256(listed).hexdigest(), total


def folder_files(folder: Path) -> list[Path]:
    """Every file below a folder, in the order of their paths."""
    found = [Path(base) / name for base, _, names in os.walk(folder) for name in names]
    return sorted((path for path in found if path.is_file()), key=lambda path: path.relative_to(folder).as_posix())


def checksum_of(path: Path) -> str:
    """The SHA-256 that keeping a file or folder would give it."""
    if not path.is_dir():
        return sha256_of(path)
    listed = "".join(f"{sha256_of(file)}  {file.relative_to(path).as_posix()}\n" for file in folder_files(path))
    return hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()


def size_of(path: Path) -> int:
    """The number of bytes of a file, or of all files of a folder."""
    return sum(file.stat().st_size for file in folder_files(path)) if path.is_dir() else path.stat().st_size


def locate(data: Path, location: str) -> Path:
    """Where an original lies: locations are relative to the data folder unless it was registered in place."""
    return data / location  # an absolute location stays as it is


def remove_folder(folder: Path) -> None:
    """Remove a folder that was being made, and the folders above it that this leaves empty."""
    shutil.rmtree(folder, ignore_errors=True)


def clear_leftovers(site: Site) -> None:
    """Remove what an import that was cut off left behind; called when nothing else works on the site."""
    incoming = site.originals / _INCOMING
    if not incoming.is_dir():
        return
    for note in incoming.glob("*.place"):
        place = note.read_text(encoding="utf-8").strip()
        if place.startswith("originals/") and not _is_recorded(site, place):
            remove_folder(site.data / place)
        note.unlink(missing_ok=True)
    for entry in incoming.iterdir():
        shutil.rmtree(entry, ignore_errors=True)


def _is_recorded(site: Site, place: str) -> bool:
    """Whether a fileset is kept there: its files, or the lists of checksums of folders that stay where they are."""
    with system_session(site.engine, "look for files without rows", is_reading=True) as session:
        statement = every(Fileset).where(Fileset.template_prefix == place).with_only_columns(Fileset.id)
        return session.scalars(statement.limit(1)).first() is not None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[:60].lstrip(".") or "user"
