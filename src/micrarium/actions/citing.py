"""What files say of themselves, whether or not OME has a word for it: keys and values, as they were read at the import."""

from __future__ import annotations

from typing import Any

from micrarium.actions.safeguarding import is_sensitive, note_sensitive
from micrarium.errors import InvalidInput, NotFound
from micrarium.model import Fileset, Image
from micrarium.model.search import fold
from micrarium.permissions import ActorSession, get_visible, visible

MOST_AT_ONCE = 1000


def list_original_metadata(
    session: ActorSession, image_id: int, *, text: str = "", limit: int = 200, cursor: str | None = None
) -> dict[str, Any]:
    """One page of what the files of an image say: ``{"items": [[key, value], ...], "count": ..., "next": cursor or None}``.

    ``text`` keeps those whose key or value has all its words; ``count`` is how many they are. In the order of the file.
    Raises ``NotFound``, and ``InvalidInput`` for a limit or cursor that cannot be.
    """
    if not 1 <= limit <= MOST_AT_ONCE:
        raise InvalidInput(f"limit is from 1 to {MOST_AT_ONCE}", field="limit")
    if cursor is not None and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise InvalidInput("The cursor is not one that this list gave", field="cursor")
    image = get_visible(session, Image, image_id)
    assert session.actor is not None
    of_image = visible(Fileset, session.actor).where(Fileset.id == image.fileset_id)
    if session.scalars(visible(Image, session.actor).where(Image.id == image_id, is_sensitive(Image.id))).first() is not None:
        note_sensitive(session, [("Image", image_id)])
    found = session.execute(of_image.with_only_columns(Fileset.original_metadata)).first()
    if found is None:
        raise NotFound(f"{image} came with no files that you may see")
    words = fold(text).split()
    pairs = [[key, value] for key, value in (found[0] or {}).items() if _has_all(f"{key} {value}", words)]
    start = int(cursor or 0)
    more = start + limit < len(pairs)
    return {"items": pairs[start : start + limit], "count": len(pairs), "next": str(start + limit) if more else None}


def _has_all(text: str, words: list[str]) -> bool:
    folded = fold(text) if words else ""
    return all(word in folded for word in words)
