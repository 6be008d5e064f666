"""Search documents: for each object that can be found, the words to find it by.

The words are made in Python and encoded so that both databases only compare them: SQLite with FTS5, PostgreSQL with a
``tsvector`` made of the very same words. Both therefore give the same answers. Beside the words of texts, which hold only
ASCII letters, digits and ``_`` with two hexadecimal digits, there are words with other beginnings: ``_k`` for a key-value
pair and ``_n`` for the whole name, by which answers are ranked.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Text, UniqueConstraint, bindparam, delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from micrarium.model.base import BigId, Internal

_WORD = re.compile(r"[^\W_]+")
#: PostgreSQL takes words of 2,046 bytes; what is longer is told apart by its beginning, or by its hash.
_MOST_LETTERS = 1800
#: What no person would look for: numbers with a unit or exponent behind them, and long hexadecimal ones.
_CODE = re.compile(r"\d+e\d*|[0-9a-f]{8,}")
_LONGEST_METADATA_WORD = 60
_MOST_METADATA_LETTERS = 20_000
#: PostgreSQL takes a megabyte of words for one object.
_MOST_BYTES = 900_000


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
    return [_encode(word)[:_MOST_LETTERS] for word in _WORD.findall(fold(value))]


def pair_word(key: str, value: str) -> str:
    """The one encoded word that stands for a key-value pair, or for a key that is there (empty ``value``)."""
    encoded = _encode(f"{fold(key)}={fold(value)}")
    if len(encoded) > _MOST_LETTERS:
        encoded = hashlib.sha256(encoded.encode()).hexdigest()
    return f"_k{encoded}"


def name_word(words: Iterable[str]) -> str:
    """The one word that stands for a whole name; the beginning of the name is the beginning of the word."""
    return f"_n{'__'.join(words)}"[:_MOST_LETTERS]


def document_words(name: str, texts: Iterable[str | None], pairs: Iterable[tuple[str, str]]) -> str:
    """The words of a document, each once, those of the name first."""
    words = words_of(name)
    found = dict.fromkeys([name_word(words), *words])
    for key, value in pairs:
        found |= dict.fromkeys([pair_word(key, value), pair_word(key, ""), *words_of(key), *words_of(value)])
    for part in sorted((text_ or "" for text_ in texts), key=len):  # where it is too much, the longest text is cut
        found |= dict.fromkeys(words_of(part))
    joined = " ".join(found)
    return joined if len(joined) <= _MOST_BYTES else joined[:_MOST_BYTES].rsplit(" ", 1)[0]


def metadata_words(metadata: Mapping[str, str]) -> str:
    """The words of a file's own metadata that its images are found by: each once, those of short values first.

    Numbers, and what only programs read, are left out, and all beyond some 20,000 letters: files may hold megabytes.
    """
    found: dict[str, None] = {}
    letters = 0
    for key, value in sorted(metadata.items(), key=lambda pair: len(pair[1])):
        for word in _WORD.findall(fold(f"{value} {key}")):
            if word in found or len(word) < 2 or len(word) > _LONGEST_METADATA_WORD or word.isdecimal() or _CODE.fullmatch(word):
                continue
            letters += len(word) + 1
            if letters > _MOST_METADATA_LETTERS:
                return " ".join(found)
            found[word] = None
    return " ".join(found)


def matching(entity_type: str, *, prefixes: Iterable[str], exact: Iterable[str], dialect: str) -> Select[Any]:
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
    return clause.bindparams(bindparam("terms", terms, unique=True))  # type: ignore[return-value]  # a text clause is a criterion


def lock_documents(session: Session, entity_type: str, ids: Sequence[int]) -> None:
    """Make the documents of objects where there are none, and keep others from changing them until this transaction ends.

    What is read of the objects after this is what their documents should say, whoever else changes the objects now.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [{"entity_type": entity_type, "entity_id": i, "words": ""} for i in ids]
    session.execute(dialect.insert(SearchDocument).on_conflict_do_nothing(), rows)
    if dialect is postgresql:  # SQLite has one writer at a time
        mine = SearchDocument.entity_type == entity_type, SearchDocument.entity_id.in_(ids)
        session.execute(select(SearchDocument.id).where(*mine).order_by(SearchDocument.id).with_for_update())


def write_documents(session: Session, entity_type: str, ids: Sequence[int], words: Mapping[int, str]) -> None:
    """Give documents that are there new words; those of objects that have none are removed."""
    mine = SearchDocument.entity_type == entity_type, SearchDocument.entity_id.in_(ids)
    kept = {
        row[1]: (row[0], row[2])
        for row in session.execute(select(SearchDocument.id, SearchDocument.entity_id, SearchDocument.words).where(*mine))
    }
    changed = [{"id": kept[i][0], "words": told} for i, told in words.items() if kept[i][1] != told]
    if changed:
        session.execute(update(SearchDocument), changed)
    if gone := [document_id for object_id, (document_id, _) in kept.items() if object_id not in words]:
        session.execute(delete(SearchDocument).where(SearchDocument.id.in_(gone)), execution_options={"synchronize_session": False})
