"""The parts of objects, down to the last: what is copied and removed with them."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from micrarium.model import Base, Part
from micrarium.permissions.gathering import portions
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.visibility import whole_of
from micrarium.permissions.wholes import UNHELD, is_gathered


@lru_cache
def part_classes(whole: type[Base]) -> tuple[type[Part], ...]:
    """The classes whose objects are parts of objects of a class, directly."""
    found = [m.class_ for m in Base.registry.mappers if m.inherits is None and issubclass(m.class_, Part)]
    return tuple(part for part in found if whole_of(part)[0] is whole)


def parts_of(session: ActorSession, whole: type[Base], ids: Any) -> dict[type[Part], set[int]]:
    """The ids of all parts of objects of a class, by class; those that are parts of other objects too are among them."""
    found: dict[type[Part], set[int]] = defaultdict(set)
    for part in part_classes(whole):
        _, part_column, whole_column = whole_of(part)
        for some in portions(ids):
            if is_gathered(part):
                refers = getattr(whole, whole_column)
                statement: Any = select(refers).where(_id(whole).in_(some), refers.is_not(None)).distinct()
            else:
                statement = select(part.id).where(getattr(part, part_column).in_(some))
            found[part].update(session.scalars(statement, execution_options=UNHELD))
        if found[part]:
            for below, below_ids in parts_of(session, part, found[part]).items():
                found[below] |= below_ids
    return {part: part_ids for part, part_ids in found.items() if part_ids}


def spread_elsewhere(session: ActorSession, part: type[Part], ids: Any, *, gone: Any) -> set[int]:
    """Those of the gathered parts with these ids that are parts of objects other than the ones that are gone."""
    whole, _, column = whole_of(part)
    refers, found = getattr(whole, column), set()
    for some in portions(ids):
        statement = select(refers, _id(whole)).where(refers.in_(some))
        found |= {part_id for part_id, whole_id in session.execute(statement, execution_options=UNHELD) if whole_id not in gone}
    return found


def _id(entity: Any) -> Any:
    return entity.id
