"""Naming roots: the folders, buckets and hosts that files may be imported from, by the groups that may.

What a root says of where it lies, and its keys, is told to administrators alone; the secret key to nobody.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from micrarium.actions.opening import Site
from micrarium.addresses import split_url
from micrarium.errors import Conflict, InvalidInput, NotAllowed, NotFound
from micrarium.model import ExperimenterGroup, OriginalFile, Root, RootGroup, WatchedEntry
from micrarium.model.roots import ROOT_KINDS, WAYS
from micrarium.permissions import Actor, ActorSession, every, find_by, system_session

#: What administrators set about a root.
FIELDS = ("name", "kind", "location", "ways", "endpoint", "region", "access_key", "secret_key", "is_private", "is_watched")
_log = logging.getLogger(__name__)
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?")
_TOLD = "Only administrators who may do everything name the places that files are imported from"


def list_roots(site: Site, actor: Actor) -> list[dict[str, Any]]:
    """The roots that an actor may import from, by name; administrators are told of all of them, and where they lie."""
    with system_session(site.engine, "list roots", is_reading=True) as session:
        found = session.scalars(_open_to(actor).order_by(Root.name)).all()
        groups = _groups_of(session)
    return [describe_root(root, groups.get(root.id, []), actor) for root in found]


def find_root(site: Site, actor: Actor, root_id: int) -> Root:
    """A root that an actor may import from. Raises ``NotFound`` for any other."""
    with system_session(site.engine, f"find root {root_id}", is_reading=True) as session:
        found: Root | None = session.scalars(_open_to(actor).where(Root.id == root_id)).first()
    if found is None:
        raise NotFound(f"There is no root:{root_id} that you may import from", field="root")
    return found


def show_root(site: Site, actor: Actor, root_id: int) -> dict[str, Any]:
    """What is told of one root. Raises ``NotFound``."""
    found = find_root(site, actor, root_id)
    with system_session(site.engine, f"groups of root {root_id}", is_reading=True) as session:
        return describe_root(found, _groups_of(session).get(root_id, []), actor)


def find_root_named(site: Site, actor: Actor, name: str) -> Root:
    """A root that an actor may import from, by its name or number. Raises ``NotFound``."""
    is_number = name.isascii() and name.isdecimal() and len(name) < 19
    with system_session(site.engine, "find a root by name", is_reading=True) as session:
        is_meant = Root.id == int(name) if is_number else Root.name == name
        found: Root | None = session.scalars(_open_to(actor).where(is_meant)).first()
    if found is None:
        raise NotFound(f"There is no place {name!r} that you may import from", field="paths")
    return found


def make_root(site: Site, actor: Actor, values: Mapping[str, Any], group_ids: list[int]) -> dict[str, Any]:
    """A new root, which the members of these groups may import from. Raises ``InvalidInput``, ``Conflict``, ``NotAllowed``."""
    require_all(actor)
    made = Root(**{"ways": list(WAYS)} | {name: values[name] for name in FIELDS if values.get(name) is not None})
    check_root(site, made)
    with system_session(site.engine, f"{actor.ome_name} names the root {made.name}") as session:
        if find_by(session, Root, name=made.name) is not None:
            raise Conflict(f"There is a place called {made.name!r} already", field="name")
        session.add(made)
        session.flush()
        _set_groups(session, made.id, group_ids)
    _log.info("%s named the place %s, %s", actor.ome_name, made.name, made.location)
    return show_root(site, actor, made.id)


def change_root(site: Site, actor: Actor, root_id: int, values: Mapping[str, Any], group_ids: list[int] | None) -> dict[str, Any]:
    """A root after a change of what is named in ``values``; an empty text takes away what may be absent."""
    require_all(actor)
    with system_session(site.engine, f"{actor.ome_name} changes the root {root_id}") as session:
        root = find_by(session, Root, id=root_id)
        if root is None:
            raise NotFound(f"There is no root:{root_id}", field="root")
        _refuse_moving(session, root, values)
        with session.no_autoflush:
            for name in FIELDS:
                if name in values:
                    setattr(root, name, values[name] if values[name] != "" else None)
            other = find_by(session, Root, name=root.name)
            if other is not None and other.id != root_id:
                raise Conflict(f"There is a place called {root.name!r} already", field="name")
            check_root(site, root)
        session.flush()
        if group_ids is not None:
            _set_groups(session, root_id, group_ids)
    _log.info("%s changed the place %s: %s", actor.ome_name, root.name, ", ".join(sorted(values)) or "its groups")
    return show_root(site, actor, root_id)


def remove_root(site: Site, actor: Actor, root_id: int) -> None:
    """Take a root away. ``Conflict`` while originals lie below it, which could no longer be read."""
    require_all(actor)
    with system_session(site.engine, f"{actor.ome_name} removes the root {root_id}") as session:
        root = find_by(session, Root, id=root_id)
        if root is None:
            raise NotFound(f"There is no root:{root_id}", field="root")
        if _has_originals(session, root_id):
            raise Conflict(
                f"Images that were left in place lie below {root.name}; take away its groups, and nobody imports from it"
            )
        for kind in (RootGroup, WatchedEntry):
            for row in session.scalars(every(kind).where(kind.root_id == root_id)):
                session.delete(row)
        session.flush()
        session.delete(root)
    _log.info("%s removed the place %s", actor.ome_name, root.name)


def require_all(actor: Actor) -> None:
    """Nothing for an administrator who may do everything; else ``NotAllowed``."""
    if not _is_keeper(actor):
        raise NotAllowed(_TOLD)
    if actor.is_reading:
        raise NotAllowed("This sign-in is for reading only")


def check_root(site: Site, root: Root) -> None:
    """Nothing for a root that can be used; else ``InvalidInput`` that names the field."""
    _check_name(root.name or "")
    if root.kind not in ROOT_KINDS:
        raise InvalidInput(f"The kind of a place is one of {', '.join(ROOT_KINDS)}", field="kind")
    if not isinstance(root.ways, list) or not root.ways or len(set(root.ways)) != len(root.ways) or set(root.ways) - set(WAYS):
        raise InvalidInput(f"ways lists one or both of {', '.join(WAYS)}", field="ways")
    if root.is_watched and root.kind != "folder":
        raise InvalidInput("Only folders are watched", field="is_watched")
    checks = {"folder": _check_folder, "bucket": _check_bucket, "host": _check_host}
    checks[root.kind](site, root)


def _check_name(name: str) -> None:
    is_plain = name.isprintable() and name == name.strip() and 0 < len(name) <= 100
    if not is_plain or "/" in name or ":" in name or name.isdecimal():
        raise InvalidInput("The name of a place is a text such as NAS, without slash or colon, and no mere number", field="name")


def _check_folder(site: Site, root: Root) -> None:
    path = Path(root.location or "")
    if not path.is_absolute() or not str(path).isprintable():
        raise InvalidInput("A folder is told by its absolute path, such as /mnt/nas", field="location")
    try:
        is_there = path.is_dir()
        real = path.resolve()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be reached: {error.strerror or error}", field="location") from None
    if not is_there:
        raise InvalidInput(f"The server has no folder {path}", field="location")
    if real.is_relative_to(site.data.resolve()):
        raise InvalidInput(f"{path} lies in the data folder of this server", field="location")


def _check_bucket(_site: Site, root: Root) -> None:
    if not _BUCKET.fullmatch(root.location or "") or not is_plain_path(urlsplit(root.location).path.strip("/")):
        raise InvalidInput("A bucket is told as s3://bucket or s3://bucket/prefix", field="location")
    if root.endpoint is not None:
        _check_url(root.endpoint, "The endpoint of a bucket", "endpoint")
    if (root.access_key is None) != (root.secret_key is None):
        raise InvalidInput("An access key and its secret key come together, or neither", field="secret_key")


def _check_host(_site: Site, root: Root) -> None:
    parts = _check_url(root.location or "", "The address of a host", "location")
    if not is_plain_path(parts.path.strip("/")):
        raise InvalidInput("The path of a host has no parts such as .. in it", field="location")


def _check_url(url: str, told: str, field: str) -> Any:
    parts, _ = split_url(url, told=told, field=field)
    if parts.username or parts.password or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise InvalidInput(f"{told} is plain: without a user, a question mark or a hash", field=field)
    return parts


def is_plain_path(path: str) -> bool:
    """Whether a path leads down only: without empty parts, dots, backslashes or control characters; an empty one does."""
    if not path:
        return True
    return path.isprintable() and "\\" not in path and not any(part in ("", ".", "..") for part in path.split("/"))


def describe_root(root: Root, group_ids: list[int], actor: Actor) -> dict[str, Any]:
    """A root as clients see it; where it lies is for administrators, and the secret key for nobody."""
    told: dict[str, Any] = {name: getattr(root, name) for name in ("id", "name", "kind", "ways", "is_watched")}
    if not _is_keeper(actor):
        return told
    own = {name: getattr(root, name) for name in ("location", "endpoint", "region", "access_key", "is_private", "created_at")}
    return told | own | {"has_secret_key": root.secret_key is not None, "group_ids": group_ids}


def _is_keeper(actor: Actor) -> bool:
    return actor.is_admin and actor.privileges is None and actor.reach is None


def _open_to(actor: Actor) -> Any:
    """The roots that an actor may import from."""
    if _is_keeper(actor):
        return every(Root)
    groups = () if actor.reach is not None else tuple(actor.memberships)
    return every(Root).where(
        Root.id.in_(every(RootGroup).where(RootGroup.group_id.in_(groups)).with_only_columns(RootGroup.root_id))
    )


def _groups_of(session: ActorSession) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row in session.scalars(every(RootGroup).order_by(RootGroup.group_id)):
        found.setdefault(row.root_id, []).append(row.group_id)
    return found


def _set_groups(session: ActorSession, root_id: int, group_ids: list[int]) -> None:
    for row in session.scalars(every(RootGroup).where(RootGroup.root_id == root_id)):
        session.delete(row)
    session.flush()
    for group_id in sorted(set(group_ids)):
        if find_by(session, ExperimenterGroup, id=group_id) is None:
            raise InvalidInput(f"There is no experimenter_group:{group_id}", field="group_ids")
        session.add(RootGroup(root_id=root_id, group_id=group_id))
    session.flush()


def _has_originals(session: ActorSession, root_id: int) -> bool:
    return session.scalars(every(OriginalFile).where(OriginalFile.root_id == root_id).limit(1)).first() is not None


def _refuse_moving(session: ActorSession, root: Root, values: Mapping[str, Any]) -> None:
    """Originals that were left in place say where they lie: their root stays there."""
    for name in ("kind", "location"):
        if values.get(name, getattr(root, name)) != getattr(root, name) and _has_originals(session, root.id):
            raise Conflict(f"Images that were left in place lie below {root.name}, so its {name} cannot change", field=name)
