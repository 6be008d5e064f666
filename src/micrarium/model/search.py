"""Search documents: for each object that can be found, the words to find it by.

The words are made in Python and encoded so that both databases only compare them: SQLite with FTS5, PostgreSQL with a
``tsvector`` made of the very same words. Both therefore give the same answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.base import BigId, Internal

_WORD = re.compile(r"[^\W_]+")


class SearchDocument(Internal):
    """The words of one object. Only ever used to narrow a query that starts from what an actor may see."""

    __table_args__ = (UniqueConstraint("entity_type", "entity_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    entity_type: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[int] = mapped_column(BigId)
    words: Mapped[str] = mapped_column(Text)


def _encode(word: str) -> str:
    """Letters and digits of ASCII stay, all else becomes ``_`` and hex, so that no engine's parser cuts a word."""
    return "".join(c if c.isascii() and c.isalnum() else "".join(f"_{b:02x}" for b in c.encode()) for c in word)


def fold(value: str) -> str:
    """A text without regard to case, width and spacing."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def words_of(value: str) -> list[str]:
    """The encoded words of a text."""
    return [_encode(word) for word in _WORD.findall(fold(value))]


def pair_word(key: str, value: str) -> str:
    """The one encoded word that stands for a key-value pair, or for a key that is there (empty ``value``)."""
    return "kv" + _encode(f"{fold(key)}={fold(value)}")[:1800]


def matching(entity_type: str, *, prefixes: Iterable[str], exact: Iterable[str], dialect: str) -> Select[int]:
    """The ids of the objects of a type that have all the words: some by their beginnings, some whole."""
    found = select(SearchDocument.entity_id).where(SearchDocument.entity_type == entity_type)
    return found.where(_words_match(list(prefixes), list(exact), dialect))


def _words_match(prefixes: list[str], exact: list[str], dialect: str) -> ColumnElement[bool]:
    # The words hold nothing but ASCII letters, digits and underscores, so the quotes below can be relied on.
    if dialect == "postgresql":
        terms = " & ".join([f"'{word}':*" for word in prefixes] + [f"'{word}'" for word in exact])
        clause = text("search_words(search_document.words) @@ CAST(:terms AS tsquery)")
    else:
        terms = " AND ".join([f'"{word}"*' for word in prefixes] + [f'"{word}"' for word in exact])
        clause = text("search_document.id IN (SELECT rowid FROM search_fts WHERE search_fts MATCH :terms)")
    return clause.bindparams(terms=terms)  # type: ignore[return-value]  # a text clause is a valid criterion
