"""Walking below a root: what lies in a folder of it, and the one check that a path does not lead out of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from micrarium.actions.naming_roots import is_plain_path
from micrarium.actions.opening import Site
from micrarium.errors import InvalidInput, NotAllowed, NotFound, Unavailable
from micrarium.model import Root

if TYPE_CHECKING:
    from micrarium.formats import FoundFileset


@dataclass(frozen=True, slots=True)
class Place:
    """A root as it is used: the folder on this machine below which its files are found, and what may not be reached by it.

    ``base`` has no links in it. ``url`` is the address of ``base`` where the files are at a distance.
    """

    root_id: int
    name: str
    base: Path
    data: Path
    url: str | None = None

    def holds(self, path: Path) -> bool:
        """Whether a path, all links followed, lies below the root, and not in the data folder."""
        real = Path(os.path.realpath(path))
        return real.is_relative_to(self.base) and (self.url is not None or not real.is_relative_to(self.data))

    def check(self, paths: Iterable[Path]) -> None:
        """Nothing while all paths lie below the root; else ``NotAllowed`` with the name of the first that does not."""
        for path in paths:
            if not self.holds(path):
                raise NotAllowed(f"{path.name} is a link that leads out of {self.name}, and is not followed")

    def check_all(self, paths: Iterable[Path]) -> None:
        """The same for paths and, where they are folders, all that lies in them."""
        for path in paths:
            self.check([path, *(_links_in(path) if path.is_dir() else ())])

    def spell(self, path: Path) -> str:
        """Where a file lies, as ``OriginalFile.location`` keeps it."""
        if self.url is None:
            return str(path)
        return f"{self.url}/{path.relative_to(self.base).as_posix()}{'/' if path.is_dir() else ''}"


def _links_in(folder: Path) -> Iterator[Path]:
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    yield Path(entry.path)
                elif entry.is_dir():
                    waiting.append(entry.path)


def examine_below(place: Place, examine: Callable[[Path], FoundFileset | None], path: Path) -> FoundFileset | None:
    """The fileset that a path below a root opens, by ``examine``; what leads out is not opened, and comes with its problem."""
    from micrarium.formats import FoundFileset

    try:
        place.check([path])
        found = examine(path)
        if found is not None:
            place.check_all(f for f in (found.path, *found.files) if f == found.path or not f.is_relative_to(found.path))
    except NotAllowed as error:
        return FoundFileset(path, "", (path,), problem=error.detail)
    return found


def place_of(site: Site, root: Root) -> Place:
    """Where the files of a root are found. Raises ``Unavailable`` while its folder is not there.

    What is at a distance is found below a folder of the cache, once it was fetched.
    """
    data = site.data.resolve()
    if root.kind != "folder":
        return Place(root.id, root.name, data / "cache" / "roots" / str(root.id), data, root.location.rstrip("/"))
    base = Path(root.location)
    try:
        base = base.resolve(strict=True)
        is_there = base.is_dir() and os.access(base, os.R_OK | os.X_OK)
    except OSError as error:
        raise Unavailable(f"{root.name} cannot be reached now: {error.strerror or error}") from None
    if not is_there:
        raise Unavailable(f"{root.name} cannot be read now: its folder is none that this server may open")
    return Place(root.id, root.name, base, data)


def find_path(place: Place, path: str) -> Path:
    """The file or folder at a path below a root, all links followed.

    Raises ``InvalidInput`` for a path that is none, ``NotFound`` for one that leads nowhere, ``NotAllowed`` for one that
    leads out.
    """
    if not is_plain_path(path):
        raise InvalidInput(f"A path below {place.name} is relative, such as run1/a.tif, without '..'", field="path")
    try:
        found = (place.base / path).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        if isinstance(error, PermissionError):
            raise NotAllowed(f"This server may not read {path} below {place.name}") from None
        raise NotFound(f"{place.name} has no {path!r}", field="path") from None
    if not place.holds(found):
        raise NotAllowed(f"{path} is a link that leads out of {place.name}, and is not followed", field="path")
    return found


def list_folder(place: Place, path: str, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """One page of what lies in a folder below a root, folders first, by name: ``{"path", "items", "next"}``.

    Hidden names, names that are no text, and links that lead out are left out. Raises like ``find_path``.
    """
    folder = find_path(place, path)
    if not folder.is_dir():
        raise InvalidInput(f"{path} below {place.name} is no folder", field="path")
    try:
        with os.scandir(folder) as entries:
            found = sorted((not entry.is_dir(), entry.name) for entry in entries if _is_shown(place, entry))
    except OSError as error:
        raise NotAllowed(f"This server may not list {path or 'the folder'} below {place.name}: {error.strerror}") from None
    after = _parse_cursor(cursor)
    rest = found if after is None else [one for one in found if one > after]
    page = rest[:limit]
    items = [_describe(folder / name, f"{path}/{name}" if path else name, is_folder=not is_file) for is_file, name in page]
    last = page[-1] if len(rest) > limit else None
    return {"path": path, "items": items, "next": None if last is None else f"{'f' if last[0] else 'd'}:{last[1]}"}


def _is_shown(place: Place, entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or not entry.name.isprintable() or "\\" in entry.name:
        return False
    try:
        if entry.is_symlink():
            return place.holds(Path(entry.path)) and Path(entry.path).exists()  # one to itself leads nowhere
        return not entry.is_dir() or Path(entry.path) != place.data
    except OSError:
        return False


def _parse_cursor(cursor: str | None) -> tuple[bool, str] | None:
    if cursor is None:
        return None
    if cursor[:2] not in ("d:", "f:"):
        raise InvalidInput("This cursor is not one that a list gave", field="cursor")
    return cursor[0] == "f", cursor[2:]


def _describe(path: Path, shown: str, *, is_folder: bool) -> dict[str, Any]:
    try:
        about = path.stat()
    except OSError:  # gone meanwhile, or a link to nothing
        return describe_entry(shown, is_folder=is_folder, size=None, modified=None)
    modified = datetime.fromtimestamp(about.st_mtime, UTC)
    return describe_entry(shown, is_folder=is_folder, size=None if is_folder else about.st_size, modified=modified)


def describe_entry(path: str, *, is_folder: bool, size: int | None, modified: datetime | None) -> dict[str, Any]:
    """A file or folder below a root as clients see it; ``format`` is what its name alone lets one expect."""
    name = path.rsplit("/", 1)[-1]
    told = {"name": name, "path": path, "is_folder": is_folder, "size": size, "modified_at": modified}
    return told | {"format": guess_format(name, is_folder=is_folder)}


def guess_format(name: str, *, is_folder: bool) -> str | None:
    """The reader whose suffix a name has, the longest; no file is opened for it, nor looked for what it belongs to."""
    fitting = [(len(suffix), is_alone, reader) for suffix, is_alone, reader in _suffixes() if name.lower().endswith(suffix)]
    found = max(fitting, default=(0, False, ""))[2]
    return found if found and (not is_folder or found == "ome-zarr") else None


@lru_cache(maxsize=1)
def _suffixes() -> tuple[tuple[str, bool, str], ...]:
    """All suffixes with their readers, and whether these read a file for itself, not as one of a plate or sequence."""
    from micrarium.formats import readers
    from micrarium.formats.opening import gathers_files

    return tuple((suffix, not gathers_files(reader), reader.name) for reader in readers() for suffix in reader.suffixes)
