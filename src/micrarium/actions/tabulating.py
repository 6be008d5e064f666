"""When and where the planes of an image were taken, as arrays: from their rows, or from the file where there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import tuple_

from micrarium.actions.acquiring import MOST_PLANES
from micrarium.actions.locating import Location, open_location, source_of
from micrarium.actions.opening import Site
from micrarium.errors import InvalidInput, MicrariumError, NotFound
from micrarium.geometry import KINDS
from micrarium.model import Pixels, PlaneInfo
from micrarium.permissions import ActorSession, visible
from micrarium.pixels.plane_tables import COLUMNS, PlaneTable
from micrarium.pixels.source import Source

MOST_AT_ONCE = 50_000
_PLACE = ("the_t", "the_c", "the_z")
#: What an answer tells of planes in the order of times, channels and slices.
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class PlaneQuery:
    """Which planes are asked for: those at a time, of a channel or a slice, from behind the one that ``cursor`` names."""

    limit: int = 10_000
    cursor: str | None = None
    t: int | None = None
    c: int | None = None
    z: int | None = None

    @property
    def after(self) -> tuple[int, ...] | None:
        """The (t, c, z) that the cursor names. Raises ``InvalidInput`` for what is none."""
        if self.cursor is None:
            return None
        parts = self.cursor.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
            raise InvalidInput("The cursor is not one that this list gave", field="cursor")
        return tuple(int(part) for part in parts)

    def check(self) -> None:
        """Nothing, or ``InvalidInput`` for a limit that is too small or too large."""
        if not 1 <= self.limit <= MOST_AT_ONCE:
            raise InvalidInput(f"limit is from 1 to {MOST_AT_ONCE}", field="limit")


def find_planes(session: ActorSession, site: Site, image_id: int, query: PlaneQuery) -> dict[str, Any] | Location:
    """What is known of the planes of an image, or where its file is, which ``read_planes`` then asks.

    Raises ``NotFound`` for an image the session may not see, ``InvalidInput`` for a query that cannot be.
    """
    query.check()
    assert session.actor is not None
    found = session.scalars(visible(Pixels, session.actor).where(Pixels.image_id == image_id)).first()
    if found is None:
        raise NotFound(f"There is no image:{image_id}, or no pixels of it")
    values = [getattr(PlaneInfo, f"{name}{end}") for name in COLUMNS for end in ("", "_unit", "_canonical")]
    places = [getattr(PlaneInfo, name) for name in _PLACE]
    statement: Any = visible(PlaneInfo, session.actor).where(PlaneInfo.pixels_id == found.id)
    for column, wanted in zip(places, (query.t, query.c, query.z), strict=True):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if query.after is not None:
        statement = statement.where(tuple_(*places) > query.after)
    rows = session.execute(statement.with_only_columns(*places, *values).order_by(*places).limit(query.limit + 1)).all()
    if not rows and found.size_t * found.size_z * found.size_c // found.samples > MOST_PLANES:
        return source_of(session, site, image_id)
    return _told(rows, query)


def read_planes(site: Site, location: Location, query: PlaneQuery) -> dict[str, Any]:
    """What the file knows of the planes of an image whose planes are too many for rows; nothing for a file that is gone."""
    try:
        with open_location(site, location) as source:
            table = source.planes
            rows = [] if table is None else _rows_of(table, source, query)
    except MicrariumError:
        rows = []
    return _told(rows, query)


def _rows_of(table: PlaneTable, source: Source, query: PlaneQuery) -> list[_Row]:
    """The rows that a table of planes would have; one more than asked for, where there are more."""
    known = table.known()
    for axis, wanted in enumerate((query.t, None if query.c is None else query.c // source.samples, query.z)):
        if wanted is not None:
            known &= (np.arange(table.shape[axis]) == wanted).reshape([-1 if axis == one else 1 for one in range(3)])
    places = np.flatnonzero(known)
    if query.after is not None:
        t, c, z = query.after
        behind = (t * table.shape[1] + c // source.samples) * table.shape[2] + z
        places = places[places > behind]
    index = np.unravel_index(places[: query.limit + 1], table.shape)
    columns: list[Sequence[Any]] = [index[0].tolist(), (index[1] * source.samples).tolist(), index[2].tolist()]
    for name in COLUMNS:
        column = table.columns.get(name)
        values = [None] * len(columns[0]) if column is None else [v if v == v else None for v in column.values[index].tolist()]
        factor = None if column is None else column.factor()
        unit = "" if column is None else column.unit
        columns += [values, [unit] * len(values), [None if v is None or factor is None else v * factor for v in values]]
    return list(zip(*columns, strict=True))


def _told(rows: Sequence[Any], query: PlaneQuery) -> dict[str, Any]:
    """Arrays of equal length: places, and what is known anywhere, each in one unit, null for planes of which it is not known."""
    shown = rows[: query.limit]
    told: dict[str, Any] = {"count": len(shown), "next": None}
    if len(rows) > query.limit:
        told["next"] = ".".join(str(at) for at in shown[-1][:3])
    told["columns"] = {name: {"unit": None, "values": [row[n] for row in shown]} for n, name in enumerate(_PLACE)}
    for number, (name, kind) in enumerate(COLUMNS.items()):
        value, unit, canonical = (len(_PLACE) + 3 * number + n for n in range(3))
        if any(row[canonical] is not None for row in shown):
            told["columns"][name] = {"unit": KINDS[kind], "values": [row[canonical] for row in shown]}
        elif any(row[value] is not None for row in shown):  # on a scale of the microscope's own
            first = next(row[unit] for row in shown if row[value] is not None)
            told["columns"][name] = {"unit": first, "values": [row[value] if row[unit] == first else None for row in shown]}
    return told
