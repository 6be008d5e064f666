"""Ids that were used once are never used again, also where SQLite would: it numbers on from the greatest id that is left.

A page, a link or a copy kept by somebody's program would otherwise show one object as another that was purged. PostgreSQL
counts on by itself. What was numbered is known from the record of changes.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, func, inspect, select

from micrarium.model import Entity, EventLog
from micrarium.model.schema import kinds_of
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD, general

#: The classes whose greatest id was seen to be there still.
_fine: WeakKeyDictionary[Pool, set[type[Any]]] = WeakKeyDictionary()


def number_apart(session: ActorSession, objects: list[Any]) -> None:
    """Give new objects ids that nothing had before, where the database would not."""
    if session.get_bind().dialect.name != "sqlite":
        return
    fine = _fine.setdefault(_pool_of(session), set())
    entities: set[Any] = {general(type(obj)) for obj in objects if isinstance(obj, Entity)}
    for entity in entities - fine:
        greatest, known = greatest_ids(session, entity)
        if known <= greatest:
            fine.add(entity)
            continue
        for obj in objects:
            if isinstance(obj, entity) and inspect(obj).dict.get("id") is None:
                known += 1
                obj.id = known


def greatest_ids(session: ActorSession, entity: Any) -> tuple[int, int]:
    """The greatest id there is of a class, and the greatest that was ever recorded."""
    greatest = session.scalar(select(func.max(entity.id)), execution_options=UNHELD) or 0
    known = 0
    for name in (entity.__name__, *kinds_of(entity)):
        latest = select(func.max(EventLog.entity_id)).where(EventLog.entity_type == name)
        known = max(known, session.scalar(latest, execution_options=UNHELD) or 0)
    return greatest, known


def forget_numbers(session: ActorSession) -> None:
    """Rows were removed: what is there is looked at again."""
    _fine.pop(_pool_of(session), None)


def _pool_of(session: ActorSession) -> Pool:
    """The connections of the session's database, which all sessions on it share."""
    return session.get_bind().engine.pool
