"""Database sessions that know who is asking, and hold everything they load to it.

A statement, a relationship that loads, a refresh: each passes the hook below, which adds what the actor may see. A
session cannot be made without an actor; what the server does of its own accord opens a system session and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

from cachetools import LRUCache, cached
from sqlalchemy import Column, ColumnClause, Connection, Engine, Table, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import False_, True_
from sqlalchemy.sql.selectable import Select
from sqlalchemy.sql.util import ClauseAdapter, _deep_annotate

from micrarium.errors import Conflict, InvalidInput, NotSignedIn, StaleVersion
from micrarium.model import Base, Experimenter, ExperimenterGroup, GroupExperimenterMap
from micrarium.permissions.rules import Actor, Membership
from micrarium.permissions.visibility import REACHED, criterion, criterion_of_reached

_log = logging.getLogger(__name__)


class ActorSession(Session):
    """A session of one actor; ``actor`` is None in a session of the system itself."""

    def __init__(
        self, engine: Engine | Connection, *, actor: Actor | None, reason: str | None = None, is_reading: bool = False
    ) -> None:
        if actor is None and not reason:
            raise NotSignedIn("A session has an actor, or is the system's and says for what reason")
        bind = engine.execution_options(micrarium_reading=True) if is_reading else engine
        super().__init__(bind, expire_on_commit=False)
        self.actor = actor
        self.reason = reason
        #: The event under which this transaction's changes are recorded, made with the first of them.
        self.event_id: int | None = None

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what has changed. What the database refuses becomes one of our own errors; roll back then."""
        try:
            super().flush(objects)
        except StaleDataError:
            raise StaleVersion("It was changed or removed meanwhile; load it again") from None
        except IntegrityError as error:
            raise _translate(error) from None

    def bulk_save_objects(self, *_args: Any, **_options: Any) -> None:
        """Refused: it would go past the checks and the record."""
        raise RuntimeError("Changes go through objects of the session, where they are checked and recorded")

    def bulk_insert_mappings(self, *_args: Any, **_options: Any) -> None:
        """Refused likewise."""
        self.bulk_save_objects()

    def bulk_update_mappings(self, *_args: Any, **_options: Any) -> None:
        """Refused likewise."""
        self.bulk_save_objects()


def _translate(error: IntegrityError) -> Conflict | InvalidInput:
    told = str(error.orig).lower()
    if "unique" in told:
        return Conflict("There is such an object already")
    if "foreign key" in told:
        return InvalidInput("It refers to something that does not exist, or something still refers to it")
    _log.debug("the database refused a change: %s", error.orig)
    return InvalidInput("It lacks a value that it needs, or has one that the data model does not allow")


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


@contextmanager
def beside(session: ActorSession, reason: str) -> Iterator[ActorSession]:
    """A session of the system in the transaction of another session: it sees what that one has written, and all else."""
    with ActorSession(session.connection(), actor=None, reason=reason) as system:
        yield system
        system.flush()


def note_changes(session: ActorSession, entity: type[Base], ids: Iterable[int]) -> None:
    """Say that rows were changed past the session's objects, for those who keep something in step with them."""
    session.info.setdefault("changed", {}).setdefault(entity, set()).update(ids)


def note_stale(session: ActorSession, entity: type[Base], ids: Iterable[int]) -> None:
    """Say that what is kept about objects is to be made anew, as they themselves were made, removed or unlinked in bulk."""
    session.info.setdefault("stale", {}).setdefault(entity, set()).update(ids)


class _HeldCriteria(LoaderCriteriaOption):
    """A loader criterion that follows its class under any alias, in joins too.

    SQLAlchemy's own adapts an expression to an alias in WHERE but not in the ON of a join. A lambda would be adapted in
    both, but is cached by its code and the plain values it closes over, which the criteria of parts are more than.
    """

    _traverse_internals = LoaderCriteriaOption._traverse_internals

    def _resolve_where_criteria(self, ext_info: Any) -> Any:
        rule = super()._resolve_where_criteria(ext_info)
        if ext_info.is_aliased_class:
            # The adapter of an alias of a kind leaves alone what is said of the class it is a kind of; this one does not.
            return ClauseAdapter(ext_info.selectable).traverse(rule)
        if ext_info.inherits is not None:
            # A join to a kind adapts to its alias only what is said of the kind itself.
            return _deep_annotate(rule, {"parentmapper": ext_info, "parententity": ext_info})
        return rule


def _key(actor: Actor) -> tuple[Any, ...]:
    return actor.id, actor.is_admin, actor.open_groups, actor.close_groups, actor.only_group_id, actor.reach


class _Options(Mapping[str, _HeldCriteria]):
    """What is added to statements for an actor, by the name of the table it holds, each made when it is first needed."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._made: dict[str, _HeldCriteria | None] = {}

    def __getitem__(self, name: str) -> _HeldCriteria:
        if name not in self._made:
            entity = _held_classes()[name.removesuffix(REACHED)]
            rule = (criterion_of_reached if name.endswith(REACHED) else criterion)(entity, entity, self._actor)
            is_everything = isinstance(rule, True_)
            self._made[name] = None if is_everything else _HeldCriteria(entity, rule, include_aliases=True)
        found = self._made[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in _held_classes() if name in self])

    def __len__(self) -> int:
        return len(list(iter(self)))


@lru_cache
def _held_classes() -> dict[str, type[Base]]:
    """The classes by the names of their tables."""
    return {m.local_table.name: m.class_ for m in Base.registry.mappers if m.inherits is None}  # type: ignore[attr-defined]  # our classes are mapped to tables


@cached(LRUCache(maxsize=256), key=_key, lock=Lock())
def _options_for(actor: Actor) -> _Options:
    """What is added to statements for an actor. Loads of relationships pass the hook too."""
    return _Options(actor)


def shows_none(actor: Actor, entity: type[Base]) -> bool:
    """Whether an actor sees nothing of a class whatever there is, as with a link that does not lead there."""
    held = _options_for(actor).get(entity.__table__.name)  # type: ignore[attr-defined]  # our classes have tables
    return held is not None and isinstance(held.where_criteria, False_)


@event.listens_for(ActorSession, "do_orm_execute")
def _hold_to_actor(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, ActorSession)
    if session.actor is None or state.execution_options.get("micrarium_recording"):
        return
    if not state.is_select or state.is_from_statement:
        raise RuntimeError("Changes go through objects of the session, where they are checked and recorded")
    made_for = state.execution_options.get("micrarium_actor")
    if made_for is not None and made_for != session.actor.id:
        raise RuntimeError("A statement made for one actor was given to the session of another")
    if not state.is_column_load:
        options = _options_for(session.actor)
        # Where relationships are to be loaded with the statement, their tables join it later: then everything is held.
        there = getattr(state.statement, "_with_options", ())
        is_plain = all(isinstance(option, _HeldCriteria) for option in there)
        names = set(_tables_in(state.statement, is_ours=not state.is_relationship_load) if is_plain else options)
        names.discard(state.execution_options.get("micrarium_binned", ""))
        if (known := state.execution_options.get("micrarium_reached")) in names:
            names ^= {known, known + REACHED}
        # Loads of relationships bring the options of what they start from: those of this very actor need no repetition.
        held = [options[name] for name in sorted(names) if name in options]
        missing = [one for one in held if not any(one is option for option in there)]
        if missing:
            state.statement = state.statement.options(*missing)


def _tables_in(statement: Any, *, is_ours: bool) -> frozenset[str]:
    """The names of the tables a statement reads. Raises ``RuntimeError`` where it reads one past its class, and so unheld.

    What SQLAlchemy itself writes to load a relationship (not ``is_ours``) does that beside the class, and is held.
    """
    names = set()
    for element in visitors.iterate(statement):
        if isinstance(element, ColumnClause):
            if isinstance(element.table, Table):
                names.add(element.table.name)
        elif isinstance(element, Table):
            names.add(element.name)
        elif isinstance(element, Select) and is_ours:
            _refuse_tables(element)
    return frozenset(names)


def _refuse_tables(statement: Select[Any]) -> None:
    # What comes of a class is annotated with it, and is then of another type than the bare table or column.
    for column in statement._raw_columns:
        if type(column) is Table or any(
            type(part) is Column and isinstance(part.table, Table) for part in visitors.iterate(column)
        ):
            raise RuntimeError("A statement asks for columns of a table instead of its class, and could not be held to its actor")


def load_actor(
    session: Session, experimenter_id: int, *, group_id: int | None = None, is_reading: bool = False, sudo_id: int | None = None
) -> Actor:
    """The actor that a person is now: read in one statement, in a session of the system.

    ``group_id`` is the current group; the person's default group when it is none of theirs, else their first. ``sudo_id``
    is the administrator who acts as them. Raises ``NotSignedIn`` for a person who is not there or whose account is
    switched off.
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
        group_id = person.default_group_id
    if group_id not in memberships:
        group_id = next(iter(memberships), None)
    levels = {row.id: row.level for row in rows}
    privileges = None if person.privileges is None else frozenset(person.privileges)
    return Actor(person.id, person.ome_name, person.is_admin, group_id, memberships, levels, is_reading, privileges, sudo_id)


def dialect_of(session: Session) -> str:
    """``sqlite`` or ``postgresql``."""
    return session.get_bind().dialect.name
