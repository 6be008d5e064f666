"""Lists of objects that fetch their pages while one goes through them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, overload

from micrarium.client.tables import choose_columns, describe_value, render_rows
from micrarium.errors import MicrariumError, NotFound

if TYPE_CHECKING:
    from micrarium.client import Client
    from micrarium.client.entities import Entity

SHOWN = 20
PAGE = 200


class Listing:
    """The objects that a question to the server finds, in its order; going through them twice asks twice.

    ``for image in listing``, ``listing[0]``, ``listing[:10]`` and ``listing.first()`` fetch no more pages than they need.
    """

    def __init__(self, client: Client, path: str, params: dict[str, Any], *, kind: str | None) -> None:
        self._client = client
        self._path = path
        self._params = params
        self._kind = kind

    def __iter__(self) -> Iterator[Entity]:
        for row in self.rows():
            yield self._client.wrap(row, kind=self._kind or str(row.get("type", "")))

    def rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """The answers themselves as dictionaries, at most ``limit`` of them."""
        for page, _cursor in self._pages(limit):
            yield from page

    def take(self, limit: int | None = None) -> tuple[list[dict[str, Any]], str | None]:
        """At most ``limit`` answers as dictionaries, and the cursor at which the rest begins, or None."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        for page, cursor in self._pages(limit):  # noqa: B007 - the last one is used
            found += page
        return found, cursor

    def _pages(self, limit: int | None) -> Iterator[tuple[list[dict[str, Any]], str | None]]:
        left = limit
        cursor = self._params.get("cursor")
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            answer = self._client.connection.get(self._path, **(self._params | {"limit": size, "cursor": cursor}))
            cursor = answer.get("next")
            yield answer["items"], cursor
            left = None if left is None else left - len(answer["items"])
            if not cursor:
                return

    def first(self) -> Entity:
        """The first object; ``NotFound`` when there is none."""
        for row in self.rows(1):
            return self._client.wrap(row, kind=self._kind or str(row.get("type", "")))
        raise NotFound(f"Nothing in {self._path} fits {describe_value(self._params) or 'the question'}.")

    @overload
    def __getitem__(self, position: int) -> Entity: ...

    @overload
    def __getitem__(self, position: slice) -> list[Entity]: ...

    def __getitem__(self, position: int | slice) -> Entity | list[Entity]:
        if isinstance(position, slice):
            if min(position.start or 0, position.stop or 0) < 0:
                raise IndexError("A list on a server has no end to count from; use list(...) first.")
            return list(islice(self, position.start, position.stop, position.step))
        found = list(islice(self, position, position + 1)) if position >= 0 else list(self)[position:][:1]
        if not found:
            raise IndexError(position)
        return found[0]

    def __repr__(self) -> str:
        rows = list(self.rows(SHOWN + 1))
        names = [repr(self._client.wrap(row, kind=self._kind or str(row.get("type", "")))) for row in rows[:SHOWN]]
        return "[" + ",\n ".join(names + (["..."] if len(rows) > SHOWN else [])) + "]"

    def _repr_html_(self) -> str:
        found = list(islice(self, SHOWN + 1))
        rows = [entity.fields for entity in found[:SHOWN]]
        pictures = [_take_picture(entity) for entity in found[:SHOWN]] if any(entity.kind == "image" for entity in found) else []
        more = f"<p>The first {SHOWN}; there are more.</p>" if len(found) > SHOWN else ""
        return render_rows(choose_columns(rows), rows, pictures=pictures) + more


def _take_picture(entity: Entity) -> bytes | None:
    from micrarium.client.entities import Image

    if not isinstance(entity, Image):
        return None
    try:
        return entity.thumbnail(size=64)
    except MicrariumError:
        return None
