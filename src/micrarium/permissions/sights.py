"""Which of the objects that events tell of an actor may know of, those in the bin and gone ones included; and their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import inspect, select

from micrarium.model import Annotation, Base, Entity, EventLog, Link, MapEntry, Owned, Part
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.subjects import Subject
from micrarium.permissions.visibility import criterion, whole_of
from micrarium.permissions.wholes import UNHELD, general, is_gathered, select_roots, target_of

_AT_ONCE = 500
#: The columns by which people know things, the telling ones first.
_NAMING = ("name", "ome_name", "text_value", "term_value", "value", "long_value", "double_value", "bool_value", "time_value")
_LONGEST_NAME = 120


@lru_cache
def classes_by_name() -> dict[str, type[Entity]]:
    """Every class by its name, the kinds of others too."""
    return {m.class_.__name__: m.class_ for m in Base.registry.mappers if issubclass(m.class_, Entity)}


def spell(kind: str, object_id: int) -> str:
    """``image:12``: the one name of an object, given its class's; that of the general class for a kind."""
    entity = classes_by_name().get(kind)
    return f"{kind if entity is None else general(entity).singular()}:{object_id}"


class Sights:
    """What is known of some objects: ``seen`` are those the session's actor may know of, ``facts`` what gone ones were,
    ``ends`` what links join."""

    def __init__(self, session: ActorSession, wanted: Iterable[Subject]) -> None:
        self._session = session
        self.seen: set[Subject] = set()
        self.facts: dict[Subject, Mapping[str, Any]] = {}
        self.ends: dict[Subject, tuple[Subject, Subject]] = {}
        self._asked: set[Subject] = set()
        self.look(wanted)

    def look(self, wanted: Iterable[Subject]) -> None:
        """Find out about more objects."""
        new = {subject for subject in wanted if subject not in self._asked and subject[0] in classes_by_name()}
        self._asked |= new
        by_name: dict[str, list[int]] = {}
        for name, object_id in sorted(new):
            by_name.setdefault(name, []).append(object_id)
        wholes: dict[Subject, Subject] = {}
        for name, ids in by_name.items():
            there: set[int] = set()
            for start in range(0, len(ids), _AT_ONCE):
                there |= self._look_at(name, ids[start : start + _AT_ONCE])
            if gone := [i for i in ids if i not in there]:
                wholes |= self._look_back(name, gone)
        if wholes:  # gone parts are seen with their wholes, which may be gone as well
            self.look(wholes.values())
            self.seen |= {part for part, whole in wholes.items() if whole in self.seen}

    def _look_at(self, name: str, ids: list[int]) -> set[int]:
        """The ids of those that are there; what may be seen of them is noted."""
        entity: Any = general(classes_by_name()[name])
        if not issubclass(entity, (Owned, Part)):
            return self._look_at_directory(name, entity, ids)
        root, statement = (entity, select(entity)) if issubclass(entity, Owned) else select_roots(entity)
        ends = (entity.parent_id, entity.child_id) if issubclass(entity, Link) else ()
        columns = statement.with_only_columns(entity.id, root.group_id, root.owner_id, *ends).where(entity.id.in_(ids))
        there = set()
        for object_id, group_id, owner_id, *joined in self._session.execute(columns, execution_options=UNHELD):
            there.add(object_id)
            if self._is_in_sight(group_id, owner_id):
                self.seen.add((name, object_id))
            if joined:
                self._note_ends(entity, (name, object_id), *joined)
        return there

    def _look_at_directory(self, name: str, entity: type[Entity], ids: list[int]) -> set[int]:
        statement = select(entity.id).where(entity.id.in_(ids))
        there = set(self._session.scalars(statement, execution_options=UNHELD))
        actor = self._session.actor
        held = statement if actor is None else statement.where(criterion(entity, entity, actor))
        self.seen |= {(name, i) for i in self._session.scalars(held, execution_options=UNHELD)}
        return there

    def _look_back(self, name: str, ids: list[int]) -> dict[Subject, Subject]:
        """Of what is gone, the record of its removal tells whose it was; of parts, what they were parts of."""
        entity = general(classes_by_name()[name])
        wholes: dict[Subject, Subject] = {}
        for start in range(0, len(ids), _AT_ONCE):
            rows = select(EventLog.entity_id, EventLog.old_values).where(
                EventLog.entity_type == name, EventLog.entity_id.in_(ids[start : start + _AT_ONCE]), EventLog.action == "DELETE"
            )
            for object_id, old in self._session.execute(rows.order_by(EventLog.id), execution_options=UNHELD):
                self.facts[(name, object_id)] = facts = old or {}
                if issubclass(entity, Link) and "parent_id" in facts:  # not told of what was removed for good
                    self._note_ends(entity, (name, object_id), facts["parent_id"], facts["child_id"])
                if issubclass(entity, Owned):
                    is_seen = self._is_in_sight(facts.get("group_id"), facts.get("owner_id"))
                elif issubclass(entity, Part) and not is_gathered(entity):
                    whole, column, _ = whole_of(entity)
                    wholes[(name, object_id)] = (whole.__name__, facts.get(column) or 0)
                    continue
                else:
                    is_seen = self._session.actor is None or self._session.actor.is_admin
                if is_seen:
                    self.seen.add((name, object_id))
        return wholes

    def _is_in_sight(self, group_id: int | None, owner_id: int | None) -> bool:
        actor = self._session.actor
        if actor is None or actor.is_admin:
            return True
        return group_id in actor.open_groups or (owner_id == actor.id and group_id in actor.close_groups)

    def _note_ends(self, link: type[Link], subject: Subject, parent_id: int, child_id: int) -> None:
        self.ends[subject] = (general(link.__parent__).__name__, parent_id), (general(link.__child__).__name__, child_id)


def names_of(session: ActorSession, sights: Sights, wanted: Iterable[Subject]) -> dict[str, str]:
    """What objects are called, by ``image:12``; only of those that may be known of and have a name."""
    sights.look(wanted := set(wanted))
    found: dict[str, str] = {}
    by_class: dict[type[Entity], list[int]] = {}
    for name, object_id in sorted(wanted & sights.seen):
        if (name, object_id) in sights.facts:
            _note_name(found, spell(name, object_id), [sights.facts[(name, object_id)].get(column) for column in _NAMING])
        else:
            by_class.setdefault(general(classes_by_name()[name]), []).append(object_id)
    for entity, ids in by_class.items():
        table: Any = entity.__table__
        columns = [table.c[name] for name in _NAMING if name in table.c]
        for start in range(0, len(ids) if columns else 0, _AT_ONCE):
            rows = select(table.c.id, *columns).where(table.c.id.in_(ids[start : start + _AT_ONCE]))
            for object_id, *values in session.execute(rows, execution_options=UNHELD):
                _note_name(found, f"{entity.singular()}:{object_id}", values)
        if entity is Annotation:
            _note_pairs(session, found, [i for i in ids if f"{entity.singular()}:{i}" not in found])
    return found


def _note_pairs(session: ActorSession, found: dict[str, str], ids: list[int]) -> None:
    """Key-value pairs are known by the first of them."""
    for start in range(0, len(ids), _AT_ONCE):
        rows = select(MapEntry.annotation_id, MapEntry.name, MapEntry.value).where(
            MapEntry.annotation_id.in_(ids[start : start + _AT_ONCE]), MapEntry.position == 0
        )
        for annotation_id, name, value in session.execute(rows, execution_options=UNHELD):
            _note_name(found, f"{Annotation.singular()}:{annotation_id}", [f"{name} = {value}"])


def _note_name(found: dict[str, str], spelled: str, values: Iterable[Any]) -> None:
    told = next((str(value) for value in values if value is not None), None)
    if told is not None:
        found[spelled] = told if len(told) <= _LONGEST_NAME else told[: _LONGEST_NAME - 1] + "…"


@lru_cache
def referring_columns(name: str) -> dict[str, str]:
    """The columns of a class that hold ids, with the names of the classes they are of."""
    entity = classes_by_name().get(name)
    columns = inspect(entity).columns if entity is not None else ()
    keys = ((column.key, next(iter(column.foreign_keys), None)) for column in columns)
    return {
        key: target_of(inspect(entity).columns[key]).__name__
        for key, foreign in keys
        if foreign is not None and foreign.column.name == "id"
    }
