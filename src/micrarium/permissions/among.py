"""That a column holds one of many ids, as one value of the statement instead of one for each id.

A list of a thousand objects asks for what belongs to each of them. With a value for each, making the statement, sending
it and reading it takes as long as finding the rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Ids(TypeDecorator[list[int]]):
    """Ids as one value: an array, or where there is none the text of a JSON array."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)


class _Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002  # as SQLAlchemy has it
        """Itself: it would be compared with 1 otherwise where there are no truth values, and no index would serve."""
        return self


@compiles(_Among)
def _in_json(element: _Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({ids})"


def among(column: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    """What must hold of a row whose ``column`` is one of some ids."""
    return _Among(column, bindparam(None, list(ids), type_=_Ids(), unique=True))
