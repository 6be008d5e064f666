"""Database sessions that know who is asking, and hold everything they load to it.

A statement, a relationship that loads, a refresh: each passes the hook below, which adds what the actor may see. A
session cannot be made without an actor; what the server does of its own accord opens a system session and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from cachetools import LRUCache, cached
from sqlalchemy import Engine, event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql.elements import True_

from micrarium.errors import NotSignedIn
from micrarium.model import Base, Experimenter, ExperimenterGroup, GroupExperimenterMap
from micrarium.permissions.rules import Actor, Membership
from micrarium.permissions.visibility import criterion

_log = logging.getLogger(__name__)


class ActorSession(Session):
    """A session of one actor; ``actor`` is None in a session of the system itself."""

    def __init__(self, engine: Engine, *, actor: Actor | None, reason: str | None = None, is_reading: bool = False) -> None:
        bind = engine.execution_options(micrarium_reading=True) if is_reading else engine
        super().__init__(bind, expire_on_commit=False)
        self.actor = actor
        self.reason = reason
        #: The event under which this transaction's changes are recorded, made with the first of them.
        self.event_id: int | None = None


@contextmanager
def open_session(engine: Engine, actor: Actor, *, is_reading: bool = False) -> Iterator[ActorSession]:
    """A session of an actor: committed when the block ends well, rolled back when it raises."""
    with ActorSession(engine, actor=actor, is_reading=is_reading) as session:
        yield session
        session.commit()


@contextmanager
def system_session(engine: Engine, reason: str, *, is_reading: bool = False) -> Iterator[ActorSession]:
    """A session that sees everything, for what the server does of its own accord; ``reason`` is logged.

    One that only reads waits for nobody who writes.
    """
    _log.debug("system session: %s", reason)
    with ActorSession(engine, actor=None, reason=reason, is_reading=is_reading) as session:
        yield session
        session.commit()


def _key(actor: Actor) -> tuple[Any, ...]:
    return actor.id, actor.is_admin, actor.open_groups, actor.close_groups


@cached(LRUCache(maxsize=256), key=_key, lock=Lock())
def _options_for(actor: Actor) -> tuple[Any, ...]:
    options = []
    for mapper in Base.registry.mappers:
        if mapper.inherits is None:
            rule = criterion(mapper.class_, mapper.class_, actor)
            if not isinstance(rule, True_):
                options.append(with_loader_criteria(mapper.class_, rule, include_aliases=True))
    return tuple(options)


@event.listens_for(ActorSession, "do_orm_execute")
def _hold_to_actor(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, ActorSession)
    if session.actor is None or state.execution_options.get("micrarium_recording"):
        return
    if not state.is_select:
        raise RuntimeError("Changes go through objects of the session, where they are checked and recorded")
    made_for = state.execution_options.get("micrarium_actor")
    if made_for is not None and made_for != session.actor.id:
        raise RuntimeError("A statement made for one actor was given to the session of another")
    if not state.is_column_load:
        state.statement = state.statement.options(*_options_for(session.actor))


def load_actor(session: Session, experimenter_id: int, *, group_id: int | None = None, is_reading: bool = False) -> Actor:
    """The actor that a person is now: read in one statement, in a session of the system.

    ``group_id`` is the current group, the person's first group when it is none of theirs. Raises ``NotSignedIn`` for a
    person who is not there or whose account is switched off.
    """
    person = session.get(Experimenter, experimenter_id)
    if person is None or not person.is_active:
        raise NotSignedIn("This account is switched off")
    maps = (
        select(ExperimenterGroup.id, ExperimenterGroup.level, GroupExperimenterMap.owner, GroupExperimenterMap.child_id)
        .outerjoin(
            GroupExperimenterMap,
            (GroupExperimenterMap.parent_id == ExperimenterGroup.id) & (GroupExperimenterMap.child_id == person.id),
        )
        .order_by(GroupExperimenterMap.id)
    )
    rows = session.execute(maps if person.is_admin else maps.where(GroupExperimenterMap.child_id == person.id)).all()
    memberships = {row.id: Membership(row.level, bool(row.owner)) for row in rows if row.child_id is not None}
    if group_id not in memberships:
        group_id = next(iter(memberships), None)
    levels = {row.id: row.level for row in rows}
    return Actor(person.id, person.ome_name, person.is_admin, group_id, memberships, levels, is_reading)


def dialect_of(session: Session) -> str:
    """``sqlite`` or ``postgresql``."""
    return session.get_bind().dialect.name


def is_loaded(obj: Any, name: str) -> bool:
    """Whether an attribute of an object is there without asking the database."""
    return name not in inspect(obj).unloaded
