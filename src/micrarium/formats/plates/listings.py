"""What lies in a folder, listed once and kept for a moment: a thousand files of one folder are asked about one by one."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock, RLock
from typing import Any, TypeVar

_Found = TypeVar("_Found")

_MOST_FOLDERS = 64
_MOST_ENTRIES = 2_000_000
#: A folder that changed so shortly before it was listed may have changed again within the same tick of its clock.
_SETTLED_S = 2.0
#: Long enough to be asked about every file of a folder, too short to miss that a file has come whole.
_AWHILE_S = 3.0


class Listing:
    """The names in a folder, without regard to case where they are looked up, and what was made out from them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name[0] != "." and len(files) + len(folders) < _MOST_ENTRIES:
                        with suppress(OSError):  # a link that leads to itself
                            if entry.is_dir():
                                folders.append(entry.name)
                            elif entry.is_file() or not Path(entry.path).exists():  # no pipe: nobody may write into it
                                files.append(entry.name)
        except OSError:
            pass
        self.files = tuple(sorted(files))
        self.folders = tuple(sorted(folders))
        self._by_lower = {name.lower(): name for name in reversed(self.folders + self.files)}
        self._names = frozenset(self.files + self.folders)
        self._derived: dict[Hashable, Any] = {}
        self._lock = RLock()

    def find(self, name: str) -> str | None:
        """The name as it is written here, None where there is no such entry."""
        return name if name in self._names else self._by_lower.get(name.lower())

    def derive(self, key: Hashable, make: Callable[[Listing], _Found]) -> _Found:
        """What ``make`` says of the names in this listing, asked once."""
        with self._lock:
            if key not in self._derived:
                self._derived[key] = make(self)
            found: _Found = self._derived[key]
            return found

    def derive_from(self, key: Hashable, name: str, make: Callable[[Path], _Found]) -> _Found:
        """What ``make`` says of a file in this folder, asked again when the file has changed."""
        path = self.folder / name
        try:
            state = path.stat()
            stamp = (state.st_ino, state.st_mtime_ns, state.st_size)
        except OSError:
            return make(path)
        with self._lock:
            kept = self._derived.get((key, name))
            if kept is None or kept[0] != stamp:
                kept = self._derived[key, name] = stamp, make(path)
            found: _Found = kept[1]
            return found

    def derive_awhile(self, key: Hashable, make: Callable[[Listing], _Found]) -> _Found:
        """What ``make`` says of the contents of many files here, asked again after a moment."""
        with self._lock:
            kept = self._derived.get((key, "awhile"))
            if kept is None or time.monotonic() - kept[0] > _AWHILE_S:
                found = make(self)
                kept = self._derived[key, "awhile"] = time.monotonic(), found
            again: _Found = kept[1]
            return again


_kept: OrderedDict[Path, tuple[tuple[int, int], float, Listing]] = OrderedDict()
_lock = Lock()


def list_folder(folder: Path) -> Listing:
    """What lies in a folder now; nothing where it cannot be read."""
    try:
        state = folder.stat()
    except OSError:
        return Listing(folder)
    stamp = (state.st_ino, state.st_mtime_ns)
    with _lock:
        kept = _kept.get(folder)
        if kept is not None and kept[0] == stamp:
            was_settled = kept[1] - state.st_mtime > _SETTLED_S
            if was_settled or time.time() - kept[1] < _SETTLED_S:
                _kept.move_to_end(folder)
                return kept[2]
    now, listing = time.time(), Listing(folder)
    with _lock:
        _kept[folder] = stamp, now, listing
        while len(_kept) > _MOST_FOLDERS:
            _kept.popitem(last=False)
    return listing


def find_below(folder: Path, name: str) -> Path | None:
    """The file that an index in ``folder`` names, whatever its case and its slashes; None where it is not there.

    A name that leads out of the folder finds nothing: an index must not be able to name files of others.
    """
    place = folder
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    for part in parts:
        found = None if part == ".." else list_folder(place).find(part)
        if found is None:
            return None
        place = place / found
    return place if parts else None


def files_below(folder: Path, *, levels: int = 4, limit: int = 20_000) -> Iterator[Path]:
    """The first files below a folder, those that lie higher first."""
    waiting = [(folder, levels)]
    count = 0
    while waiting:
        place, left = waiting.pop(0)
        listing = list_folder(place)
        for name in listing.files:
            count += 1
            if count > limit:
                return
            yield place / name
        if left:
            waiting += [(place / name, left - 1) for name in listing.folders]
