"""Reaching originals that were left in place below a root, whenever they are read: the root must be there, and hold them still."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from micrarium.actions.opening import Site
from micrarium.actions.storing import locate
from micrarium.actions.walking import Place, place_of
from micrarium.errors import Unavailable
from micrarium.model import Root
from micrarium.permissions import ActorSession, beside, every


@dataclass(frozen=True, slots=True)
class Below:
    """The root that the files of an image lie below."""

    root: Root

    def path_of(self, _site: Site, location: str) -> Path:
        """Where a file is found on this machine."""
        return Path(location)

    def reach(self, site: Site, path: Path) -> Place:
        """The root as it is found now. Raises ``Unavailable`` while it or the file is not there, ``NotAllowed`` for a link out."""
        place = place_of(site, self.root)
        if not path.exists():
            raise Unavailable(f"{path.name} is not where it was imported from in {self.root.name}; its pixels cannot be read now")
        place.check([path])
        return place


def find_below(system: ActorSession, root_id: int, _fileset_id: int) -> Below:
    """The root of a fileset that was left in place, found by a session of the system."""
    return Below(system.scalars(every(Root).where(Root.id == root_id)).one())


def reach_original(site: Site, session: ActorSession, row: Any) -> Path:
    """Where an original can be read now. Raises ``Unavailable`` and ``NotAllowed`` like ``Below.reach``."""
    if row.root_id is None:
        return locate(site.data, row.location)
    with beside(session, "find the root of an original") as system:
        below = find_below(system, row.root_id, 0)
    path = below.path_of(site, row.location)
    below.reach(site, path).check_all([path])
    return path
