"""Reaching originals that were left in place below a root, whenever they are read: the root must be there, and hold them still."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from micrarium.actions.fetching import cache_folder, fetch, holding
from micrarium.actions.mirroring import mirror
from micrarium.actions.opening import Site
from micrarium.actions.storing import checksum_of, locate
from micrarium.actions.walking import Place, place_of
from micrarium.errors import Conflict, NotFound, Unavailable
from micrarium.model import FilesetEntry, OriginalFile, Root
from micrarium.permissions import ActorSession, beside, every


@dataclass(frozen=True, slots=True)
class Below:
    """The root that the originals of a fileset lie below, and where each of them is with its checksum."""

    root: Root
    originals: tuple[tuple[str, str | None], ...]

    def path_of(self, site: Site, location: str) -> Path:
        """Where an original is found on this machine, once it was reached."""
        if self.root.kind == "folder":
            return Path(location)
        return cache_folder(site, self.root) / _key_of(self.root, location)

    def reach(self, site: Site, path: Path) -> Place:
        """The root as it is found now, and all originals of the fileset, fetched where they are at a distance.

        Raises ``Unavailable`` while it or a file is not there, ``NotAllowed`` for a link that leads out, ``Conflict`` for a file
        at a distance that is another one now.
        """
        place = place_of(site, self.root)
        if self.root.kind != "folder":
            with holding([self.path_of(site, location) for location, _ in self.originals]):
                for location, sha256 in self.originals:
                    _reach_distant(site, self.root, location, sha256)
        if not path.exists():
            raise Unavailable(f"{path.name} is not where it was imported from in {self.root.name}; its pixels cannot be read now")
        place.check([path])
        return place


def _key_of(root: Root, location: str) -> str:
    return location.removeprefix(root.location.rstrip("/")).strip("/")


def _reach_distant(site: Site, root: Root, location: str, sha256: str | None) -> None:
    key = _key_of(root, location)
    try:
        if not location.endswith("/"):
            fetch(site, root, key, sha256=sha256)
            return
        was_there = (cache_folder(site, root) / key).is_dir()
        folder = mirror(site, root, key)
    except NotFound:
        told = f"{key} is not where it was imported from in {root.name}; its pixels cannot be read now"
        raise Unavailable(told) from None
    if not was_there and sha256 is not None and checksum_of(folder) != sha256:
        raise Conflict(f"{key} in {root.name} is described otherwise than when it was imported; import it anew")


def find_below(system: ActorSession, root_id: int, fileset_id: int) -> Below:
    """The root of a fileset that was left in place, found by a session of the system."""
    entries = every(FilesetEntry).join(OriginalFile, OriginalFile.id == FilesetEntry.original_file_id)
    rows = system.execute(
        entries.where(FilesetEntry.fileset_id == fileset_id)
        .order_by(FilesetEntry.position)
        .with_only_columns(OriginalFile.location, OriginalFile.hash)
    )
    root = system.scalars(every(Root).where(Root.id == root_id)).one()
    # Those of a folder are read by their paths, and may be many.
    return Below(root, () if root.kind == "folder" else tuple((row.location, row.hash) for row in rows))


def reach_original(site: Site, session: ActorSession, row: Any) -> Path:
    """Where an original can be read now. Raises ``Unavailable`` and ``NotAllowed`` like ``Below.reach``.

    ``Conflict`` for an OME-Zarr at a distance, whose chunks are not here.
    """
    if row.root_id is None:
        return locate(site.data, row.location)
    with beside(session, "find the root of an original") as system:
        root = system.scalars(every(Root).where(Root.id == row.root_id)).one()
    if row.location.endswith("/") and root.kind != "folder":
        raise Conflict(f"This OME-Zarr was left where it is, in {root.name}; export it to have its pixels in a file")
    below = Below(root, ((row.location, row.hash),))
    path = below.path_of(site, row.location)
    below.reach(site, path).check_all([path])
    return path


def leave_root(site: Site, session: ActorSession, original: OriginalFile) -> None:
    """An original that was found again outside of its root belongs to none; whoever relinks may name any file of the server."""
    if original.root_id is None:
        return
    with beside(session, "find the root of an original") as system:
        root = system.scalars(every(Root).where(Root.id == original.root_id)).one()
    try:
        is_below = place_of(site, root).holds(Path(original.location))
    except Unavailable:
        is_below = False
    if not is_below:
        original.root_id = None
