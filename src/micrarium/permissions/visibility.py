"""Which rows an actor may see, as SQL: one criterion for each class, derived from how the class is protected."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, exists, false, or_, select, true
from sqlalchemy.sql.elements import False_

from micrarium.errors import NotFound
from micrarium.model import (
    Base,
    Entity,
    Event,
    Experimenter,
    ExperimenterGroup,
    GroupExperimenterMap,
    Internal,
    Owned,
    Part,
    Personal,
    SearchDocument,
    Shared,
)
from micrarium.permissions.reaching import is_reached_by_shown, reached, reached_unowned
from micrarium.permissions.rules import Actor, Reach

#: A class's columns by name: those of the class itself, of an alias, or of its table.
Columns = Any
#: What a table's name ends with where its rows are known to be reached.
REACHED = " reached"
E = TypeVar("E", bound=Entity)
B = TypeVar("B", bound=Base)
S = TypeVar("S", bound=Select[Any])


def visible(entity: type[E], actor: Actor) -> Select[E]:
    """The statement for all objects of a class that ``actor`` may see; where every query starts.

    The criterion itself is added by the session, to this and to every other statement and lazy load alike. The
    statement remembers for whom it was made, and a session of anyone else refuses it.
    """
    return select(entity).execution_options(micrarium_actor=actor.id)


def every(entity: type[B]) -> Select[B]:
    """The statement for all objects of a class, for a session of the system; that of an actor still shows only its own."""
    return select(entity)


def reached_already(statement: S, entity: type[Base]) -> S:
    """The same statement for rows of a class to which a share link is known to reach, so that no way is looked for again.

    They are links on what its session was shown, or the annotations to which links lead that it was shown.
    """
    return statement.execution_options(micrarium_reached=_table(entity).name)


def criterion(entity: type[Base], columns: Columns, actor: Actor) -> ColumnElement[bool]:
    """What must hold of a row of a class for ``actor`` to see it."""
    if actor.reach is not None:
        return _in_reach(entity, columns, actor, actor.reach)
    for kind, rule in _RULES.items():
        if issubclass(entity, kind):
            return rule(entity, columns, actor)
    raise TypeError(f"{entity.__name__} does not say who may see it")


def criterion_of_reached(entity: type[Base], columns: Columns, actor: Actor) -> ColumnElement[bool]:
    """What is left to hold of a row that is reached by what ``actor`` was shown; see ``reached_already``."""
    if actor.reach is not None and not is_reached_by_shown(entity):
        return criterion(entity, columns, actor)
    sight = true() if actor.reach is not None and actor.reach.is_public else in_sight(columns, actor)
    return and_(columns.deleted_event_id.is_(None), sight)


def _in_reach(entity: type[Base], columns: Columns, actor: Actor, reach: Reach) -> ColumnElement[bool]:
    """What a link's maker may see, as far as the link reaches; a publication reaches all that lies below it."""
    if issubclass(entity, Owned):
        sight = true() if reach.is_public else in_sight(columns, actor)
        path = reached(entity, columns, reach, lambda other, theirs: criterion(other, theirs, actor))
        # Said plainly where nothing is reached, so that no statement looks for it.
        return path if isinstance(path, False_) else and_(columns.deleted_event_id.is_(None), sight, path)
    if issubclass(entity, Part):
        return _part(entity, columns, actor)
    if issubclass(entity, SearchDocument):
        return true()
    return reached_unowned(entity, columns, reach, actor.id)


def _owned(_entity: type[Base], columns: Columns, actor: Actor) -> ColumnElement[bool]:
    return and_(columns.deleted_event_id.is_(None), in_sight(columns, actor))


def in_sight(columns: Columns, actor: Actor) -> ColumnElement[bool]:
    """What must hold of a row with an owner and a group for ``actor`` to see it, were it not in the bin."""
    here = true() if actor.only_group_id is None else columns.group_id == actor.only_group_id
    if actor.is_admin:
        return here
    own = and_(columns.owner_id == actor.id, columns.group_id.in_(actor.close_groups))
    return and_(here, or_(columns.group_id.in_(actor.open_groups), own))


def _part(entity: type[Base], columns: Columns, actor: Actor) -> ColumnElement[bool]:
    whole, part_column, whole_column = whole_of(entity)
    # Correlated, so that the cost grows with the rows of the answer and not with the table of wholes; to whatever stands
    # outside, since in the ON of a join that is an alias which the session put there.
    table = _table(whole).alias()
    if isinstance(seen := criterion(whole, table.c, actor), False_):
        return seen
    inner = select(1).select_from(table).where(table.c[whole_column] == getattr(columns, part_column), seen)
    return exists(inner.correlate_except(table))


def _personal(_entity: type[Base], columns: Columns, actor: Actor) -> ColumnElement[bool]:
    return true() if actor.is_admin else columns.experimenter_id == actor.id


def _everyone(_entity: type[Base], _columns: Columns, _actor: Actor) -> ColumnElement[bool]:
    return true()


def _nobody(_entity: type[Base], _columns: Columns, _actor: Actor) -> ColumnElement[bool]:
    return false()


def _event(_entity: type[Base], columns: Columns, actor: Actor) -> ColumnElement[bool]:
    return true() if actor.is_admin else or_(columns.experimenter_id == actor.id, columns.group_id.in_(actor.open_groups))


def _experimenter(_entity: type[Base], columns: Columns, actor: Actor) -> ColumnElement[bool]:
    if actor.is_admin:
        return true()
    maps = _table(GroupExperimenterMap).alias()
    together = select(1).where(maps.c.child_id == columns.id, maps.c.parent_id.in_(actor.open_groups))
    return or_(columns.id == actor.id, exists(together.correlate_except(maps)))


def _group(_entity: type[Base], columns: Columns, actor: Actor) -> ColumnElement[bool]:
    return true() if actor.is_admin else columns.id.in_(tuple(actor.memberships))


def _membership(_entity: type[Base], columns: Columns, actor: Actor) -> ColumnElement[bool]:
    return true() if actor.is_admin else or_(columns.child_id == actor.id, columns.parent_id.in_(actor.open_groups))


_RULES: dict[type[Base], Callable[[type[Base], Columns, Actor], ColumnElement[bool]]] = {
    Owned: _owned,
    Part: _part,
    Personal: _personal,
    Shared: _everyone,
    Event: _event,
    Experimenter: _experimenter,
    ExperimenterGroup: _group,
    GroupExperimenterMap: _membership,
    SearchDocument: _everyone,  # it only narrows statements that start from what an actor may see
    Internal: _nobody,
}


@lru_cache
def whole_of(entity: type[Base]) -> tuple[type[Entity], str, str]:
    """The class of which ``entity`` is a part, the part's column and the whole's column that are equal."""
    declared: str = entity.__whole__  # type: ignore[attr-defined]  # only asked of parts
    if "." in declared:
        name, column = declared.split(".")
        return _by_name(name), "id", column
    key = next(iter(_table(entity).c[declared].foreign_keys))
    return class_of(key.column.table), declared, "id"


@lru_cache
def class_of(table: Table) -> type[Entity]:
    """The class whose rows a table holds, the general one where there are kinds."""
    found = [m.class_ for m in Base.registry.mappers if m.local_table is table and m.inherits is None]
    return found[0]


def _by_name(name: str) -> type[Entity]:
    return next(m.class_ for m in Base.registry.mappers if m.class_.__name__ == name)


def _table(entity: type[Base]) -> Any:
    return entity.__table__


def get_visible(session: Any, entity: type[E], object_id: int) -> E:
    """One object by its id, or ``NotFound``, whether it is absent or merely not to be seen."""
    found: E | None = session.get(entity, object_id)
    if found is None:
        raise NotFound(f"There is no {entity.singular()}:{object_id}")
    return found


def find_by(session: Any, entity: type[B], **values: Any) -> B | None:
    """The one row of a class with these values that the session may see, or None."""
    found: B | None = session.scalars(select(entity).filter_by(**values).limit(1)).first()
    return found
