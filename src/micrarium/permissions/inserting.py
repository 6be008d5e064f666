"""Many rows at once: parts of a whole that its maker has only just made, so that neither checks nor record are passed by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, inspect

from micrarium.model import Entity, Part
from micrarium.permissions.numbering import greatest_ids
from micrarium.permissions.sessions import ActorSession, dialect_of
from micrarium.permissions.visibility import whole_of
from micrarium.permissions.wholes import UNHELD, root_of


def insert_parts(session: ActorSession, part: type[Part], whole: Entity, portions: Iterable[Sequence[Mapping[str, Any]]]) -> int:
    """How many parts were made of ``whole``, which this very transaction has made; each portion is one statement.

    The rows of a portion name the same columns, and canonical columns themselves. That parts are made with their whole is
    recorded with the whole, as for parts made one by one. Raises ``RuntimeError`` for a whole that was there before.
    """
    root = root_of(session, whole)
    if root is None or root.creation_event_id != session.event_id or session.event_id is None:
        raise RuntimeError(f"Parts of {whole} cannot be made in bulk: it was not made in this transaction")
    _, column, _ = whole_of(part)
    table: Any = inspect(part).local_table
    following = _next_id(session, part)
    count = 0
    for rows in portions:
        first = {column: whole.id, "version": 1}
        numbered = [
            {**first, **row} if following is None else {**first, **row, "id": following + count + n} for n, row in enumerate(rows)
        ]
        if numbered:
            session.execute(insert(table), numbered, execution_options=UNHELD)
        count += len(numbered)
    return count


def _next_id(session: ActorSession, part: type[Part]) -> int | None:
    """The id to number on from where the database would use one again; None where it counts by itself."""
    if dialect_of(session) != "sqlite":
        return None
    return max(greatest_ids(session, part)) + 1
