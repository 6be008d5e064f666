"""Fetching files that lie at a distance into a bounded cache on the disk, so that every reader reads them as its own.

A file is fetched once however many ask for it, goes on where it broke off, and appears when it is whole. What was not
used for longest goes when there is too much. Nothing here is lost when it is removed: it is fetched again.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from micrarium.actions.asking_hosts import asking, read_body
from micrarium.actions.naming_roots import is_plain_path
from micrarium.actions.opening import Site
from micrarium.actions.walking import place_of
from micrarium.errors import Conflict, InvalidInput, NotFound, TooLarge, Unavailable
from micrarium.model import Root
from micrarium.pixels.checksums import sha256_of

Report = Callable[[int], None]
_PIECE_BYTES = 1 << 20
#: How often a download that breaks off is gone on with, one after the other.
_TRIES = 4
#: When a file was used is noted no more often than this.
_NOTE_S = 30.0
#: A download that broke off is gone on with as long after that.
_PART_KEPT_S = 7 * 24 * 3600.0
_locks: dict[Path, tuple[threading.Lock, int]] = {}
_held: Counter[Path] = Counter()
_lock = threading.Lock()
#: How many bytes each cache held when it was last gone through, and has been given since.
_counted: dict[Path, int] = {}


def cache_folder(site: Site, root: Root) -> Path:
    """Where what was fetched from below a root lies, each file at its own path."""
    return place_of(site, root).base


def path_of(site: Site, root: Root, key: str) -> Path:
    """Where the file at a key below a root is kept. Raises ``InvalidInput`` for a key that is no plain path."""
    if (
        not key
        or not is_plain_path(key)
        or any(len(part.encode()) > 240 or part.startswith(".micrarium") for part in key.split("/"))
    ):
        raise InvalidInput(f"{root.name} has a name that cannot be kept here: {key[:200]!r}", field="path")
    return cache_folder(site, root) / key


def fetch(
    site: Site, root: Root, key: str, *, sha256: str | None = None, is_new: bool = False, report: Report | None = None
) -> Path:
    """The file at a key below a root, on the disk of this machine.

    With ``sha256`` it is held to what was imported; with ``is_new`` the server is asked whether it is another one by now.
    Raises ``NotFound``, ``Unavailable``, ``Conflict`` for another file than the one that was imported, and ``TooLarge`` for
    one that the cache cannot hold.
    """
    path = path_of(site, root, key)
    with _alone(path):
        if path.is_file() and not (is_new and _is_changed(root, key, _tag_of(site, root, key))):
            _note_use(path)
            return path
        part = _fetch_part(site, root, key, report)
        if sha256 is not None and sha256_of(part) != sha256:
            part.unlink()
            _tag_note(site, root, key).unlink()
            raise Conflict(f"{path.name} is not what was imported from {root.name}: its checksum is another one")
        _put(root, key, part, path)
        _tag_note(site, root, key).rename(_tag_note(site, root, key, is_whole=True))
    if _count(site, path.stat().st_size) > limit_of(site):
        trim(site, spare=path)
    return path


def fetch_to(site: Site, root: Root, key: str, target: Path, *, report: Report | None = None) -> None:
    """Put the file at a key below a root at a path of its own, beside the cache. Raises like ``fetch``."""
    with _alone(path_of(site, root, key)):
        part = _fetch_part(site, root, key, report)
        _tag_note(site, root, key).unlink(missing_ok=True)
        _put(root, key, part, target)


def _tag_note(site: Site, root: Root, key: str, *, is_whole: bool = False) -> Path:
    """Where it is noted which state of a file came, or is coming."""
    name = hashlib.sha256(f"{root.id}/{key}".encode("utf-8", "surrogatepass")).hexdigest()
    return site.data / "cache" / "parts" / f"{name}.{'tag' if is_whole else 'json'}"


def _tag_of(site: Site, root: Root, key: str) -> str:
    return str(_read_note(_tag_note(site, root, key, is_whole=True)).get("tag", ""))


def _is_changed(root: Root, key: str, tag: str) -> bool:
    """Whether the server has another file by now than the one with a tag; yes where nobody can tell."""
    with asking(root, key, headers={"If-None-Match": tag} if tag else {}) as answer:
        return answer.status != 304


def _put(root: Root, key: str, part: Path, target: Path) -> None:
    """Put what came whole at its place, which another name may need as a folder."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.rename(target)
    except OSError as error:
        raise InvalidInput(f"{key} of {root.name} cannot be kept here: {error.strerror}", field="path") from None


def staging_folder(site: Site) -> Path:
    """A new folder on the disk of the cache for what is about to be copied from a distance; whoever asks removes it."""
    folder = site.data.resolve() / "cache" / "parts" / f"staging-{secrets.token_hex(8)}"
    folder.mkdir(parents=True)
    return folder


def clear_cut_off(site: Site) -> None:
    """Remove what downloads left behind that were cut off long ago; called when nothing else works on the site."""
    folder = site.data / "cache" / "parts"
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif time.time() - path.stat().st_mtime > _PART_KEPT_S:
            path.unlink(missing_ok=True)


def read_small(root: Root, key: str, *, most: int) -> bytes | None:
    """The bytes at a key below a root, None where there is nothing. Raises ``Unavailable``, ``TooLarge``."""
    with asking(root, key) as answer:
        if answer.status != 200:
            return None
        body = read_body(root, answer, most + 1)
    if len(body) > most:
        raise TooLarge(f"{key} in {root.name} is larger than {most >> 20} MB, which is no description of pixels")
    return body


def _fetch_part(site: Site, root: Root, key: str, report: Report | None) -> Path:
    """The whole file, not yet at its place. What came before it broke off is kept, and belongs to one state of the file."""
    note = _tag_note(site, root, key)
    note.parent.mkdir(parents=True, exist_ok=True)
    part = note.with_suffix("")
    for left in reversed(range(_TRIES)):
        try:
            _go_on(site, root, key, part, note, report)
            break
        except _Broken as error:
            if not left:
                raise Unavailable(f"{key} broke off: {error}; what came is kept, so try again") from None
    return part


class _Broken(Exception):
    """The connection ended before the file did."""


def _go_on(site: Site, root: Root, key: str, part: Path, note: Path, report: Report | None) -> None:
    state = _read_note(note)
    come = part.stat().st_size if state and part.is_file() else 0
    ask = {"If-Range": state["tag"]} if come and state else {}
    with asking(root, key, offset=come, headers=ask) as answer:
        if answer.status == 404:
            raise NotFound(f"{root.name} has no {key!r}", field="path")
        if answer.status == 416:
            part.unlink(missing_ok=True)
            note.unlink(missing_ok=True)
            raise _Broken("the server could not go on where it stopped")
        tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        if answer.status == 200 or not state:
            come = 0
        total = None if answer.length is None else come + answer.length
        _check_room(site, key, total)
        is_resumable = bool(tag) and not tag.startswith("W/")
        note.write_text(json.dumps({"tag": tag}) if is_resumable else "{}", encoding="utf-8")
        _write(answer, part, come, report)
        if total is not None and part.stat().st_size != total:
            raise _Broken(f"{part.stat().st_size} of {total} bytes came")


def _read_note(note: Path) -> dict[str, Any]:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("tag") else {}


def _write(answer: http.client.HTTPResponse, part: Path, come: int, report: Report | None) -> None:
    with _room_told(), part.open("r+b" if come else "wb") as file:
        file.seek(come)
        file.truncate()
        while True:
            try:
                piece = answer.read(_PIECE_BYTES)
            except (OSError, http.client.HTTPException) as error:
                raise _Broken(str(error) or type(error).__name__) from None
            if not piece:
                break
            file.write(piece)
            if report is not None:
                report(len(piece))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _room_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"The cache cannot be written: {error.strerror or error}") from None


def _check_room(site: Site, key: str, size: int | None) -> None:
    if size is not None and size > limit_of(site):
        told = f"{key} has {size / 1e9:.1f} GB and the cache holds {limit_of(site) / 1e9:.1f}; MICRARIUM_CACHE_GB lets it hold more"
        raise TooLarge(told)


def limit_of(site: Site) -> int:
    """How many bytes the cache may hold."""
    return int(site.settings.cache_gb * 1e9)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one thread at a time has to do with a file of the cache."""
    with _lock:
        own, users = _locks.get(path, (threading.Lock(), 0))
        _locks[path] = own, users + 1
    try:
        with own:
            yield
    finally:
        with _lock:
            own, users = _locks[path]
            if users == 1:
                del _locks[path]
            else:
                _locks[path] = own, users - 1


@contextmanager
def holding(paths: list[Path]) -> Iterator[None]:
    """Files of the cache that are not removed from it while the block runs."""
    with _lock:
        _held.update(paths)
    try:
        yield
    finally:
        with _lock:
            _held.subtract(paths)
            for path in paths:
                if _held[path] <= 0:
                    del _held[path]


def _note_use(path: Path) -> None:
    """When it was used is the time of the last access; that of the last change tells one state of a file from another."""
    with suppress(OSError):
        about = path.stat()
        if time.time() - about.st_atime > _NOTE_S:
            os.utime(path, ns=(time.time_ns(), about.st_mtime_ns))


def _count(site: Site, size: int) -> int:
    """How many bytes the cache holds at most, with so many more."""
    if site.data not in _counted:
        trim(site)
    with _lock:
        _counted[site.data] = _counted.get(site.data, 0) + size
        return _counted[site.data]


def trim(site: Site, *, spare: Path | None = None) -> None:
    """Remove what was not used for longest until the cache is as small as it should be; what describes pixels stays."""
    from micrarium.actions.mirroring import is_description

    found: list[tuple[float, int, Path]] = []
    for base, _, names in os.walk(site.data / "cache" / "roots"):
        for name in names:
            path = Path(base) / name
            with suppress(OSError):
                about = path.stat()
                found.append((about.st_atime, about.st_size, path))
    total, most = sum(size for _, size, _ in found), limit_of(site)
    with _lock:
        held = set(_held)
    for _, size, path in sorted(found):
        if total <= most:
            break
        if path != spare and path not in held and not is_description(path.name):
            path.unlink(missing_ok=True)
            total -= size
    with _lock:
        _counted[site.data] = total
