"""The migrations make what the model says, and a server refuses another schema."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from micrarium.errors import OldSchema
from micrarium.model import Base
from micrarium.model.database import check_schema, schema_head, schema_revision, upgrade_schema


def is_ours(item: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """What stands in the model; the index of search words is the migration's alone, as each database has its own."""
    table = item if kind == "table" else getattr(item, "table", None)
    return not str(getattr(table, "name", "")).startswith("search_fts") and name != "ix_search_document_words"


def test_the_migrations_make_what_the_model_says(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
        assert compare_metadata(context, Base.metadata) == []


def test_a_current_schema_is_accepted_and_upgrading_it_changes_nothing(engine: Engine) -> None:
    check_schema(engine)
    assert schema_revision(engine) == schema_head()
    upgrade_schema(engine)
    check_schema(engine)


@pytest.mark.parametrize(("revision", "told"), [("0000", "micrarium upgrade"), ("9999", "Install the newer version")])
def test_another_schema_is_refused_with_what_to_do(engine: Engine, revision: str, told: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    with pytest.raises(OldSchema, match=told):
        check_schema(engine)
