"""Importing what lies below a root: its paths are checked when they are asked for, and anew when the job runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from micrarium.actions.asking_hosts import list_bucket
from micrarium.actions.choosing import Item
from micrarium.actions.importing import import_items
from micrarium.actions.importing_from_afar import import_distant
from micrarium.actions.naming_roots import find_root, find_root_named, is_plain_path
from micrarium.actions.noting import ImportResult
from micrarium.actions.opening import Site
from micrarium.actions.storing import Way
from micrarium.actions.walking import Place, describe_entry, find_path, list_folder, place_of
from micrarium.errors import InvalidInput, NotAllowed
from micrarium.model import Root
from micrarium.permissions import Actor

_PREFIX = "root:"


def is_below_root(path: str) -> bool:
    """Whether a path is one below a root, such as ``root:NAS/run1``."""
    return path.startswith(_PREFIX)


def check_root_paths(site: Site, actor: Actor, paths: list[str], *, is_in_place: bool) -> list[str]:
    """These paths with the number of their root in place of its name, once it is sure that an actor may import them so.

    Raises ``NotFound``, ``NotAllowed``, ``InvalidInput``, and ``Unavailable`` while the root is not there.
    """
    if not all(is_below_root(path) for path in paths):
        raise InvalidInput("Paths below a root, such as root:NAS/run1, are imported apart from others", field="paths")
    parts = [path.removeprefix(_PREFIX).partition("/") for path in paths]
    if len({name for name, _, _ in parts}) > 1:
        raise InvalidInput("Import from one root at a time", field="paths")
    root = find_root_named(site, actor, parts[0][0])
    _check_way(root, is_in_place=is_in_place)
    inside = [path.strip("/") for _, _, path in parts]
    place = place_of(site, root)
    for path in inside:
        if root.kind == "folder":
            find_path(place, path)
        elif not is_plain_path(path) or (root.kind == "host" and not path):
            raise InvalidInput(f"A path below {root.name} is such as run1/a.tif, without '..'", field="paths")
    return [f"{_PREFIX}{root.id}/{path}" for path in inside]


def _check_way(root: Root, *, is_in_place: bool) -> None:
    way = "in-place" if is_in_place else "copy"
    if way not in root.ways:
        told = "Files stay where they are: import in place" if is_in_place is False else "Files are copied: do not import in place"
        raise NotAllowed(f"From {root.name} nothing is imported like this. {told}", field="in_place")


def import_from_root(site: Site, actor: Actor, items: Sequence[Item], *, way: Way, **options: Any) -> ImportResult:
    """What came of importing items whose paths ``check_root_paths`` gave, if they may still be imported; see ``import_items``."""
    root, inside = _look_up(site, actor, items)
    _check_way(root, is_in_place=way == "stay")
    if root.kind != "folder":
        return import_distant(site, actor, root, inside, way=way, **options)
    place, found = _place(site, root, inside)
    return import_items(site, actor, found, way=way, place=place, client_root=place.base, **options)


def items_below(site: Site, actor: Actor, items: Sequence[Item]) -> tuple[list[Item], Place]:
    """The same items with the paths of this machine, and the place they are below; for looking at them only.

    Raises ``InvalidInput`` where their root is at a distance: nothing is known of files before they are fetched.
    """
    root, inside = _look_up(site, actor, items)
    if root.kind != "folder":
        raise InvalidInput(f"{root.name} is at a distance: its files are only looked at when they are imported", field="paths")
    place, found = _place(site, root, inside)
    return found, place


def _look_up(site: Site, actor: Actor, items: Sequence[Item]) -> tuple[Root, list[Item]]:
    """The root of some items, and the items with paths inside of it."""
    parts = [[str(path).removeprefix(_PREFIX).partition("/") for path in item.paths] for item in items]
    root = find_root(site, actor, int(parts[0][0][0]))
    return root, [replace(item, paths=tuple(path for _, _, path in part)) for item, part in zip(items, parts, strict=True)]


def _place(site: Site, root: Root, inside: Sequence[Item]) -> tuple[Place, list[Item]]:
    place = place_of(site, root)
    return place, [replace(item, paths=tuple(find_path(place, str(path)) for path in item.paths)) for item in inside]


def list_entries(site: Site, actor: Actor, root_id: int, path: str, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """One page of what lies in a folder below a root. Raises like ``find_root`` and ``list_folder``."""
    root, path = find_root(site, actor, root_id), path.strip("/")
    if root.kind == "host":
        return {"path": path, "items": [], "next": None, "is_listable": False}
    if root.kind == "folder":
        return list_folder(place_of(site, root), path, limit=limit, cursor=cursor) | {"is_listable": True}
    if not is_plain_path(path):
        raise InvalidInput(f"A path below {root.name} is relative, such as run1, without '..'", field="path")
    found, token = list_bucket(root, path, limit=limit, token=cursor)
    items = [
        describe_entry(one.key, is_folder=one.size is None, size=one.size, modified=one.modified_at)
        for one in found
        if one.key and is_plain_path(one.key)
    ]
    return {"path": path, "items": items, "next": token, "is_listable": True}
