"""Every test that asks for a database gets one of its own, with the newest schema, on both dialects."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, inspect, text

from micrarium.errors import OldSchema
from micrarium.model.base import Base
from micrarium.model.database import check_schema, schema_head, schema_revision
from micrarium.testing.databases import PostgresDatabases, SqliteDatabases, opened


def test_a_new_database_has_the_newest_schema_and_every_table(engine: Engine) -> None:
    assert schema_revision(engine) == schema_head()
    check_schema(engine)
    with engine.connect() as connection:
        assert set(Base.metadata.tables) <= set(inspect(connection).get_table_names())


@pytest.mark.parametrize("kind", ["sqlite_databases", "postgres_databases"])
def test_two_databases_share_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    databases: SqliteDatabases | PostgresDatabases = request.getfixturevalue(kind)
    with databases.make() as first, databases.make() as second, opened(first) as one, opened(second) as other:
        with one.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        with pytest.raises(OldSchema, match=r"0000.*micrarium upgrade"):
            check_schema(one)
        check_schema(other)
