"""To whose history a change belongs besides its own object's: the ends of a link, what is referred to, the wholes of a part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import inspect

from micrarium.model import Entity, Image, Part, Roi
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD, general, references_of, select_roots

#: A class's name and an id.
Subject = tuple[str, int]
_AT_ONCE = 500


def references_in(obj: Entity, old: Mapping[str, Any] | None) -> set[tuple[type[Entity], int]]:
    """What an object refers to, or did before it was changed; for a part, itself too, as it stands for its whole."""
    found: set[tuple[type[Entity], int]] = set()
    for column, target in references_of(type(obj)):
        values = (inspect(obj).dict.get(column), (old or {}).get(column))
        found |= {(general(target), value) for value in values if isinstance(value, int)}
    if isinstance(obj, Part) and obj.id is not None:
        found.add((general(type(obj)), obj.id))
    return found


class Roots:
    """The objects that parts belong to, with the groups of those; read in one statement for each class."""

    def __init__(self, session: ActorSession, parts: Iterable[tuple[type[Entity], int]]) -> None:
        wanted: dict[type[Entity], set[int]] = {}
        for entity, object_id in parts:
            if issubclass(entity, Part):
                wanted.setdefault(entity, set()).add(object_id)
        self.groups: dict[Subject, int] = {}
        self._found: dict[Subject, set[Subject]] = {}
        for entity, ids in wanted.items():
            self._read(session, entity, sorted(ids))

    def _read(self, session: ActorSession, entity: type[Entity], ids: list[int]) -> None:
        root: Any
        root, statement = select_roots(entity)
        lies_on = (root.image_id,) if root is Roi else ()  # what lies on an image belongs to its history
        columns = statement.with_only_columns(entity.id, root.id, root.group_id, *lies_on).distinct()
        for start in range(0, len(ids), _AT_ONCE):
            some = columns.where(entity.id.in_(ids[start : start + _AT_ONCE]))
            for part_id, root_id, group_id, *image_ids in session.execute(some, execution_options=UNHELD):
                found = {(root.__name__, root_id), *((Image.__name__, image_id) for image_id in image_ids)}
                self._found.setdefault((entity.__name__, part_id), set()).update(found)
                self.groups[(root.__name__, root_id)] = group_id

    def subjects(self, obj: Entity, references: Iterable[tuple[type[Entity], int]]) -> set[Subject]:
        """All to whose history a change of an object belongs, itself left out."""
        found: set[Subject] = set()
        for entity, object_id in references:
            subject = (entity.__name__, object_id)
            found |= {subject} | self._found.get(subject, set())
        return found - {(general(type(obj)).__name__, obj.id)}
