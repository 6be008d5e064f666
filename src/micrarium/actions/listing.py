"""Listing and showing objects of any class: filters, sorting, pages, and what can be included, all derived."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Select, func
from sqlalchemy.orm import aliased

from micrarium.actions.including import NEEDS, embed
from micrarium.errors import InvalidInput, NotFound
from micrarium.model import Entity, Event, MapAnnotation, Owned
from micrarium.model.schema import (
    Field,
    attributes_of,
    fields_of,
    finders,
    found_from,
    is_orphaned,
    kinds_of,
    selectable,
)
from micrarium.permissions import ActorSession, among, every, pairs_of, reached_already, shown_attributes, shown_fields

MAX_LIMIT = 1000
MAX_FILTERS = 100
_TIMES = ("created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What is asked of a list. ``filters`` are names with texts, as they come from a URL."""

    limit: int = 50
    cursor: str | None = None
    sort: str | None = None
    fields: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = field(default=())


def list_objects(session: ActorSession, entity: type[Entity], query: ListQuery) -> dict[str, Any]:
    """One page of the objects of a class: ``{"items": [...], "next": cursor or None}``."""
    if not 1 <= query.limit <= MAX_LIMIT:
        raise InvalidInput(f"limit is from 1 to {MAX_LIMIT}", field="limit")
    is_visitor = _is_visitor(session)
    key, is_descending = _sort_key(entity, query.sort, is_visitor=is_visitor)
    statement, names = _select_fields(entity, query.fields, query.include, key, is_visitor=is_visitor)
    statement = _apply_filters(statement, entity, query.filters, is_visitor=is_visitor)
    column, ident = attributes_of(entity)[key], attributes_of(entity)["id"]
    if query.cursor is not None:
        place = _read_cursor(query.cursor, next(f for f in fields_of(entity) if f.name == key))
        statement = statement.where(_after(column, ident, place, is_descending=is_descending))
    orders = (column, ident) if key != "id" else (ident,)
    if column.nullable and key != "id":
        orders = (column.is_(None), *orders)
    statement = statement.order_by(*(order.desc() if is_descending else order.asc() for order in orders)).limit(query.limit + 1)
    rows = session.execute(statement).all()
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    cursor = _write_cursor(rows[-1][names.index(key)], rows[-1][names.index("id")]) if more else None
    return {"items": _complete(session, entity, _shape(entity, names, rows), query.include, query.fields), "next": cursor}


def show_object(
    session: ActorSession, entity: type[Entity], object_id: int, *, include: Sequence[str] = (), fields: Sequence[str] = ()
) -> dict[str, Any]:
    """One object as its fields. Raises ``NotFound`` when it is absent or not to be seen."""
    statement, names = _select_fields(entity, tuple(fields), tuple(include), "id", is_visitor=_is_visitor(session))
    row = session.execute(statement.where(attributes_of(entity)["id"] == object_id)).first()
    if row is None:
        raise NotFound(f"There is no {entity.singular()}:{object_id}")
    return _complete(session, entity, _shape(entity, names, [row]), include, fields)[0]


def read_objects(
    session: ActorSession, entity: type[Entity], ids: Sequence[int], *, include: Sequence[str] = (), is_reached: bool = False
) -> list[dict[str, Any]]:
    """The objects with these ids that may be seen, by id, however many there are.

    ``is_reached``: they are annotations, and their ids come from links that this session was shown.
    """
    statement, names = _select_fields(entity, (), tuple(include), "id", is_visitor=_is_visitor(session))
    ident = attributes_of(entity)["id"]
    if is_reached:
        statement = reached_already(statement, entity)
    rows = session.execute(statement.where(among(ident, ids)).order_by(ident)).all()
    return _complete(session, entity, _shape(entity, names, rows), include, ())


def _is_visitor(session: ActorSession) -> bool:
    return session.actor is not None and session.actor.is_visitor


@lru_cache(maxsize=1024)
def _select_fields(
    entity: type[Entity], fields: tuple[str, ...], include: tuple[str, ...], key: str, *, is_visitor: bool
) -> tuple[Select[Any], tuple[str, ...]]:
    """The statement for the fields of an entity as flat rows, and their names; of few ``fields``, only what they need.

    ``key`` is the field that the rows are sorted by. Raises ``InvalidInput`` for a field there is not. To make a statement
    takes longer than to run most of them, so it is kept; it is held to whoever asks when it is run.
    """
    columns = dict(shown_attributes(entity, is_visitor=is_visitor))
    times: tuple[str, ...] = _TIMES if issubclass(entity, Owned) else ()
    if fields:
        known = {*shown_fields(entity, is_visitor=is_visitor)} | set(_TIMES) | {"map_value"}
        if unknown := [name for name in fields if name not in known]:
            raise InvalidInput(f"{entity.plural()} have no field {unknown[0]!r}", field="fields")
        needed = {"id", key, entity.__kinds__, *fields, *(name for part in include for name in NEEDS.get(part, ()))}
        columns = {name: column for name, column in columns.items() if name in needed}
        times = tuple(name for name in times if name in fields)
    statement: Any = every(selectable(entity))
    source, selected = selectable(entity), list(columns.values())
    for name in times:
        change = _change_of(name)
        made_by = source.creation_event_id if name == "created_at" else source.update_event_id
        statement = statement.outerjoin(change, change.id == made_by)
        selected.append(change.time)
    return statement.with_only_columns(*selected), (*columns, *times)


@lru_cache
def _change_of(_name: str) -> Any:
    """The event that tells a time; always the same one of a name, since to make one takes longer than most statements."""
    return aliased(Event)


def _complete(
    session: ActorSession, entity: type[Entity], rows: list[dict[str, Any]], include: Sequence[str], fields: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows with what is computed and included, cut down to the fields asked for."""
    if kinds_of(entity):
        _fill_kinds(session, rows, has_pairs=not fields or "map_value" in fields)
    embed(session, entity, rows, include)
    if not fields:
        return rows
    wanted = {"id", *fields, *include}
    return [{key: value for key, value in row.items() if key in wanted} for row in rows]


def _shape(entity: type[Entity], names: tuple[str, ...], rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows as fields by name; of each only those of its own kind, where there are kinds."""
    if not kinds_of(entity):
        return [dict(zip(names, row, strict=True)) for row in rows]
    shapes, kind = _shapes(entity, names), names.index(entity.__kinds__ or "")
    return [dict(zip(own, pick(row), strict=True)) for row in rows for own, pick in (shapes[row[kind]],)]


@lru_cache
def _shapes(entity: type[Entity], names: tuple[str, ...]) -> Mapping[str, tuple[tuple[str, ...], Callable[[Any], Any]]]:
    """For each kind those of the names that it has, and what picks their values from a row."""
    found = {}
    for name, kind in kinds_of(entity).items():
        known = {f.name for f in fields_of(kind)} | set(_TIMES)
        places = [place for place, one in enumerate(names) if one in known]
        found[name] = tuple(names[place] for place in places), itemgetter(*places)  # always more than one: id and type
    return found


def _fill_kinds(session: ActorSession, rows: list[dict[str, Any]], *, has_pairs: bool) -> None:
    """The pairs of map annotations, read in one statement, and bytes as text."""
    maps = {row["id"]: row for row in rows if has_pairs and row["type"] == MapAnnotation.__name__}
    if maps:
        pairs = pairs_of(session, maps)
        for annotation_id, row in maps.items():
            row["map_value"] = pairs.get(annotation_id, [])
    for row in rows:
        if isinstance(row.get("bytes"), bytes):
            row["bytes"] = base64.b64encode(row["bytes"]).decode()


def _apply_filters(
    statement: Select[Any], entity: type[Entity], filters: Sequence[tuple[str, str]], *, is_visitor: bool
) -> Select[Any]:
    columns = shown_attributes(entity, is_visitor=is_visitor)
    types = shown_fields(entity, is_visitor=is_visitor)
    if len(filters) > MAX_FILTERS:
        raise InvalidInput(f"A list takes at most {MAX_FILTERS} filters; this request has {len(filters)}")
    for name, text in filters:
        if name == "orphaned":
            orphaned = is_orphaned(entity)
            if orphaned is None:
                raise InvalidInput(f"{entity.plural()} are in no containers", field=name)
            statement = statement.where(orphaned if _boolean(text, name) else ~orphaned)
        elif name.endswith("~") and name[:-1] in columns:
            escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            statement = statement.where(func.lower(columns[name[:-1]]).like(f"%{escaped}%", escape="\\"))
        elif name == "owner" and "owner_id" in columns:
            statement = statement.where(_equal(columns["owner_id"], types["owner_id"], text))
        elif name in columns:
            statement = statement.where(_equal(columns[name], types[name], text))
        elif name in finders(entity):
            criterion = found_from(entity, name, [_whole_number(part, name) for part in text.split(",")])
            assert criterion is not None
            statement = statement.where(criterion)
        else:
            known = ", ".join(sorted([*columns, *finders(entity), "orphaned"]))
            raise InvalidInput(f"{entity.plural()} cannot be filtered by {name!r}; known are: {known}", field=name)
    return statement


def _equal(column: Any, kind: Field, text: str) -> Any:
    if text == "" and kind.is_nullable and kind.type is not str:
        return column.is_(None)
    if kind.type is int:
        return column.in_([_whole_number(part, kind.name) for part in text.split(",")])
    return column == parse_text(kind, text)


def parse_text(kind: Field, text: str) -> Any:
    """The value of a field that a text stands for."""
    try:
        if kind.type is bool:
            return _boolean(text, kind.name)
        if kind.type is float:
            return float(text)
        if kind.type is datetime:
            return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{kind.name} is no {kind.type.__name__}: {text!r}", field=kind.name) from None
    return text


def _boolean(text: str, name: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise InvalidInput(f"{name} is 'true' or 'false', not {text!r}", field=name)
    return text.lower() in ("true", "1")


def _whole_number(text: str, name: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise InvalidInput(f"{name} takes whole numbers, not {text!r}", field=name) from None
    if not -(2**63) <= value < 2**63:
        raise InvalidInput(f"{name} is out of range: {text}", field=name)
    return value


def _sort_key(entity: type[Entity], sort: str | None, *, is_visitor: bool) -> tuple[str, bool]:
    key = (sort or "id").removeprefix("-")
    key = {"created_at": "id", "updated_at": "update_event_id"}.get(key, key)
    column = shown_attributes(entity, is_visitor=is_visitor).get(key)
    if column is None or next(f for f in fields_of(entity) if f.name == key).type not in (int, str, float, datetime, bool):
        raise InvalidInput(f"{entity.plural()} cannot be sorted by {key!r}", field="sort")
    return key, bool(sort) and str(sort).startswith("-")


def _after(column: Any, ident: Any, place: tuple[Any, int], *, is_descending: bool) -> Any:
    """What comes after a place in the order: by value, ties by id, empty values at the end (at the start when descending)."""
    value, last_id = place
    is_same = column is ident
    later = ident < last_id if is_descending else ident > last_id
    if is_same:
        return later
    if value is None:
        tie = column.is_(None) & later
        return tie | column.is_not(None) if is_descending else tie
    beyond = column < value if is_descending else (column > value) | column.is_(None)
    return beyond | ((column == value) & later)


def _write_cursor(value: Any, object_id: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([value, object_id])).decode().rstrip("=")


def _read_cursor(cursor: str, kind: Field) -> tuple[Any, int]:
    try:
        value, object_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = datetime.fromisoformat(value) if kind.type is datetime and value is not None else value
        is_number = kind.type in (int, float)
        if type(object_id) is not int or (value is not None and not isinstance(value, (int, float) if is_number else kind.type)):
            raise ValueError
    except (ValueError, TypeError):
        raise InvalidInput("This cursor was not given by an earlier page", field="cursor") from None
    return value, object_id
