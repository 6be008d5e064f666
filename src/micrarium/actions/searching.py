"""Finding objects by words, by the beginnings of words, and by key-value pairs.

The order of answers is a rule of our own, the same on every database: objects whose whole name was asked for, then those
whose name begins with what was asked for, then the rest; within that by class and id.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from micrarium.actions.indexing import FOUND
from micrarium.errors import InvalidInput
from micrarium.model import Entity, Plate, Well
from micrarium.model.plates import well_label
from micrarium.model.search import matching, name_word, pair_word, words_of
from micrarium.permissions import ActorSession, dialect_of, visible

MOST_LETTERS = 1000
MAX_LIMIT = 1000
#: Pieces of a query: stretches without spaces, in which quotes hold spaces together.
_PIECE = re.compile(r'(?:"[^"]*"|[^\s"])+')
_NAMED, _BEGINS, _REST = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Query:
    """What a text asks for: words by their beginnings, whole words (those of key-value pairs too), and the plain words in
    their order, by which names are compared; None where more than plain words was asked for."""

    prefixes: tuple[str, ...]
    exact: tuple[str, ...]
    name: str | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.prefixes and not self.exact


def parse_query(text: str) -> Query:
    """What a text asks for.

    ``cell`` is the beginning of a word, ``"cell"`` a whole word, ``organism=human`` and ``"imaging method"="wide field"``
    are pairs, ``organism=`` is a key with any value. Raises ``InvalidInput`` for a text of more than 1,000 letters.
    """
    if len(text) > MOST_LETTERS:
        raise InvalidInput(f"A search has at most {MOST_LETTERS} letters", field="q")
    prefixes, exact, has_plain_only = [], [], True
    for piece in _PIECE.findall(text):
        key, separator, value = _split_pair(piece)
        if separator and words_of(key):
            exact.append(pair_word(key, value))
            has_plain_only = False
        elif piece.startswith('"') and piece.endswith('"'):
            exact += words_of(piece)
            has_plain_only = False
        else:
            prefixes += words_of(piece)
    name = name_word(prefixes) if has_plain_only and prefixes else None
    return Query(tuple(dict.fromkeys(prefixes)), tuple(dict.fromkeys(exact)), name)


def _split_pair(piece: str) -> tuple[str, str, str]:
    """Key, ``=`` and value of a pair, without their quotes; the ``=`` is empty where there is none outside of quotes."""
    quoted = False
    for place, letter in enumerate(piece):
        quoted ^= letter == '"'
        if letter == "=" and not quoted:
            return piece[:place].replace('"', ""), "=", piece[place + 1 :].replace('"', "")
    return piece, "", ""


def search(
    session: ActorSession,
    text: str,
    *,
    types: Sequence[str] = (),
    limit: int = 50,
    cursor: str | None = None,
    owner_id: int | None = None,
) -> dict[str, Any]:
    """One page of what a text finds: ``{"items": [{"type", "id", "name", "description"}], "next": cursor or None}``.

    ``types`` are names such as ``image``; none means all. ``owner_id`` finds one person's. An empty text finds nothing.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"limit is from 1 to {MAX_LIMIT}", field="limit")
    query, entities = parse_query(text), searched_entities(types)
    if query.is_empty:
        return {"items": [], "next": None}
    first = (_REST if query.name is None else _NAMED, 0, 0)
    start = first if cursor is None else _read_cursor(cursor)
    items: list[dict[str, Any]] = []
    last = start
    for rank in range(max(first[0], start[0]), _REST + 1):
        for place, entity in enumerate(FOUND):
            if entity not in entities or (rank, place) < start[:2]:
                continue
            after = start[2] if (rank, place) == start[:2] else 0
            found = _find(session, entity, query, rank, after=after, limit=limit + 1 - len(items), owner_id=owner_id)
            items += found
            if len(items) > limit:
                kept = len(items) - 1
                last = (rank, place, items[kept - 1]["id"]) if found[:-1] else last
                return {"items": items[:kept], "next": _write_cursor(last)}
            last = (rank, place, items[-1]["id"]) if found else last
    return {"items": items, "next": None}


def found_ids(text: str, *, dialect: str) -> dict[str, Any]:
    """For each class that can be shared, by its name, the statement for the ids of what a text finds."""
    query = parse_query(text)
    return {
        entity.__name__: matching(entity.__name__, prefixes=query.prefixes, exact=query.exact, dialect=dialect)
        for entity in FOUND
        if entity is not Well
    }


def where_found(session: ActorSession, statement: Any, entity: type[Entity], query: Query) -> Any:
    """A statement for objects of a class with only those that a query finds."""
    found = matching(entity.__name__, prefixes=query.prefixes, exact=query.exact, dialect=dialect_of(session))
    return statement.where(entity.id.in_(found))


def _find(
    session: ActorSession, entity: Any, query: Query, rank: int, *, after: int, limit: int, owner_id: int | None
) -> list[dict[str, Any]]:
    """Objects of one class and rank that a query finds, by id."""
    assert session.actor is not None
    dialect, kind = dialect_of(session), entity.__name__
    prefixes, exact, name = list(query.prefixes), list(query.exact), [query.name] if query.name else []
    statement = visible(entity, session.actor).where(entity.id > after)
    if owner_id is not None and entity is not Well:
        statement = statement.where(entity.owner_id == owner_id)
    if rank == _NAMED:
        statement = statement.where(entity.id.in_(matching(kind, prefixes=prefixes, exact=exact + name, dialect=dialect)))
    elif rank == _BEGINS:
        statement = statement.where(entity.id.in_(matching(kind, prefixes=prefixes + name, exact=exact, dialect=dialect)))
        statement = statement.where(entity.id.not_in(matching(kind, prefixes=[], exact=name, dialect=dialect)))
    else:
        statement = statement.where(entity.id.in_(matching(kind, prefixes=prefixes, exact=exact, dialect=dialect)))
        if name:
            statement = statement.where(entity.id.not_in(matching(kind, prefixes=name, exact=[], dialect=dialect)))
    statement = statement.order_by(entity.id).limit(limit)
    if entity is Well:
        return _wells(session, statement if owner_id is None else statement.where(Plate.owner_id == owner_id))
    rows = session.execute(statement.with_only_columns(entity.id, entity.name, entity.description))
    return [{"type": entity.singular(), "id": row[0], "name": row[1], "description": row[2]} for row in rows]


def _wells(session: ActorSession, statement: Any) -> list[dict[str, Any]]:
    """Wells, by their places, with the plates they are in."""
    columns = (Well.id, Well.row, Well.column, Well.plate_id, Plate.name)
    rows = session.execute(statement.join(Plate, Plate.id == Well.plate_id).with_only_columns(*columns))
    return [
        {"type": "well", "id": id_, "name": well_label(row, column), "description": plate, "plate_id": plate_id}
        for id_, row, column, plate_id, plate in rows
    ]


def searched_entities(types: Sequence[str]) -> set[type[Entity]]:
    """The classes with these names, such as ``image``; all that can be found when there are none."""
    by_name = {entity.singular(): entity for entity in FOUND}
    if unknown := [name for name in types if name not in by_name]:
        raise InvalidInput(f"Nothing of type {unknown[0]!r} can be searched; known are: {', '.join(by_name)}", field="type")
    return {by_name[name] for name in types} or set(FOUND)


def _write_cursor(place: tuple[int, int, int]) -> str:
    return ".".join(str(number) for number in place)


def _read_cursor(cursor: str) -> tuple[int, int, int]:
    found = re.fullmatch(r"([0-2])\.(\d)\.(\d{1,18})", cursor, re.ASCII)
    if found is None or int(found.group(2)) >= len(FOUND):
        raise InvalidInput("This cursor was not given by an earlier page", field="cursor")
    return int(found.group(1)), int(found.group(2)), int(found.group(3))
