"""Importing from buckets and hosts: what is left in place is fetched into the cache or mirrored, what is copied is fetched once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from micrarium.actions.asking_hosts import list_all
from micrarium.actions.choosing import Item
from micrarium.actions.fetching import cache_folder, fetch, fetch_to, holding, limit_of, path_of, staging_folder
from micrarium.actions.importing import Progress, import_items
from micrarium.actions.mirroring import GROUP_FILES, is_zarr, mirror
from micrarium.actions.naming_roots import is_plain_path
from micrarium.actions.noting import ImportResult
from micrarium.actions.opening import Site
from micrarium.actions.storing import Way
from micrarium.actions.walking import place_of
from micrarium.errors import InvalidInput, NotFound, TooLarge
from micrarium.model import Root
from micrarium.permissions import Actor

#: The part of the progress that fetching takes.
_FETCHING = 0.4


@dataclass
class _Wanted:
    """What lies at the keys that were asked for: files with their sizes, OME-Zarr folders, and names that cannot be kept."""

    files: dict[str, int | None] = field(default_factory=dict)
    zarrs: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def import_distant(site: Site, actor: Actor, root: Root, items: Sequence[Item], *, way: Way, **options: Any) -> ImportResult:
    """What came of importing items whose paths are keys below a bucket or host; see ``import_items``.

    Raises ``NotFound``, ``Unavailable``, ``InvalidInput``, and ``TooLarge`` for more than the cache holds.
    """
    report: Progress = options.pop("progress", None) or (lambda _part, _doing: None)
    report(0.0, f"Asking {root.name}")
    wanted = _find_wanted(root, _keys(items), is_staying=way == "stay")

    def report_rest(part: float, doing: str) -> None:
        report(_FETCHING + (1 - _FETCHING) * part, doing)

    taking = _leave if way == "stay" else _copy
    result = taking(site, actor, root, wanted, _Told(report, wanted), items=items, progress=report_rest, **options)
    for name in wanted.odd:
        result.skip_unopened(name.encode("unicode_escape").decode("ascii"), "its name cannot be kept here", item=0)
    return result


def _keys(items: Sequence[Item]) -> list[str]:
    return list(dict.fromkeys(str(path) for item in items for path in item.paths))


def _below(folder: Path, items: Sequence[Item]) -> list[Item]:
    """The items with the paths that their keys have below a folder."""
    return [replace(item, paths=tuple(folder / key if (key := str(path)) else folder for path in item.paths)) for item in items]


class _Told:
    """Turns bytes that came into progress, with the name of the file they are of."""

    def __init__(self, report: Progress, wanted: _Wanted) -> None:
        self._report, self._done = report, 0
        self._total = sum(size or 0 for size in wanted.files.values()) or 1

    def of(self, key: str) -> Callable[[int], None]:
        """What is called with the number of bytes of each piece of a file."""

        def advance(count: int) -> None:
            self._done += count
            self._report(_FETCHING * min(1.0, self._done / self._total), f"Fetching {key}")

        return advance


def _find_wanted(root: Root, keys: list[str], *, is_staying: bool) -> _Wanted:
    wanted = _Wanted()
    for key in keys:
        if key and (root.kind == "host" or is_staying) and is_zarr(root, key):
            if not is_staying:
                raise InvalidInput(
                    f"An OME-Zarr of {root.name} can only be imported in place, as a host is not listed", field="paths"
                )
            wanted.zarrs.append(key)
        elif root.kind == "host":
            wanted.files[key] = None
        else:
            _take_listed(root, key, wanted, is_staying=is_staying)
    return wanted


def _take_listed(root: Root, key: str, wanted: _Wanted, *, is_staying: bool) -> None:
    """What a bucket lists below a key; a key below which there is nothing is that of a file."""
    found = {one.key: one.size or 0 for one in list_all(root, key)}
    plain = {name: size for name, size in found.items() if is_plain_path(name)}
    wanted.odd += [name for name in found if name not in plain]
    if not found:
        if not key:
            raise NotFound(f"{root.name} holds nothing", field="paths")
        wanted.files[key] = None
        return
    heads = {name.rpartition("/")[0] for name in plain if name.rpartition("/")[2] in GROUP_FILES} if is_staying else set()
    zarrs = {head for head in heads if head and not any(parent in heads for parent in _parents(head))}
    wanted.zarrs += sorted(zarrs)
    wanted.files |= {name: size for name, size in plain.items() if zarrs.isdisjoint(_parents(name))}


def _parents(key: str) -> list[str]:
    parts = key.split("/")[:-1]
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


def _leave(
    site: Site, actor: Actor, root: Root, wanted: _Wanted, told: _Told, *, items: Sequence[Item], progress: Progress, **options: Any
) -> ImportResult:
    """Import what stays there, fetched into the cache."""
    size = sum(one or 0 for one in wanted.files.values())
    if size > limit_of(site):
        sentence = f"These files have {size / 1e9:.1f} GB and the cache holds {limit_of(site) / 1e9:.1f}"
        raise TooLarge(f"{sentence}; import fewer at once, or let it hold more by MICRARIUM_CACHE_GB")
    place = place_of(site, root)
    held = [path_of(site, root, key) for key in wanted.files]
    with holding(held):
        for key in wanted.files:
            fetch(site, root, key, is_new=True, report=told.of(key))
        for key in wanted.zarrs:
            mirror(site, root, key)
        _forget_others(site, root, _keys(items), wanted)
        found = _below(place.base, items)
        return import_items(site, actor, found, way="stay", place=place, client_root=place.base, progress=progress, **options)


def _forget_others(site: Site, root: Root, keys: list[str], wanted: _Wanted) -> None:
    """Remove from the cache what is below these keys no more, so that it is not taken for part of them."""
    base, zarrs = cache_folder(site, root), set(wanted.zarrs)
    for key in keys:
        for folder, inner, names in os.walk(base / key if key else base):
            here = Path(folder).relative_to(base).as_posix()
            inside = "" if here == "." else f"{here}/"
            if here in zarrs:
                inner.clear()
                continue
            for name in names:
                if f"{inside}{name}" not in wanted.files:
                    (base / folder / name).unlink(missing_ok=True)


def _copy(
    site: Site, actor: Actor, root: Root, wanted: _Wanted, told: _Told, *, items: Sequence[Item], progress: Progress, **options: Any
) -> ImportResult:
    """Import what is copied, fetched into a folder whose files then become the originals."""
    folder = staging_folder(site)
    try:
        for key in wanted.files:
            path_of(site, root, key)  # refused where it cannot be kept
            fetch_to(site, root, key, folder / key, report=told.of(key))
        return import_items(site, actor, _below(folder, items), way="link", client_root=folder, progress=progress, **options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
