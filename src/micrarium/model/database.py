"""Opening the database, and keeping its schema in step with the model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url

from micrarium.errors import OldSchema

_MIGRATIONS = Path(__file__).parent / "migrations"
#: How many statements stay compiled: each entity has its own, and administrators have others than everybody else.
_STATEMENTS = 1200


def open_engine(url: str) -> Engine:
    """An engine for ``sqlite:///PATH`` or ``postgresql://...`` with the settings Micrarium relies on.

    SQLite: write-ahead log, foreign keys, waiting for a lock, and transactions that take the write lock when they begin
    (``BEGIN IMMEDIATE``), so that two writers queue instead of failing. Everything is in UTC on both.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        pooled = {"pool_size": 20, "max_overflow": 20, "pool_pre_ping": True}
        return create_engine(parsed, **pooled, query_cache_size=_STATEMENTS, connect_args={"options": "-c timezone=UTC"})
    given = {"check_same_thread": False, "timeout": 30}
    engine = create_engine(parsed, connect_args=given, pool_size=20, max_overflow=40, query_cache_size=_STATEMENTS)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions on its own
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_reading = connection.get_execution_options().get("micrarium_reading", False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def schema_head() -> str:
    """The newest schema this version of Micrarium knows."""
    names = [path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")]
    return max(re.match(r"(\d+)", name).group(1) for name in names)  # type: ignore[union-attr]  # the glob asks for digits


def schema_revision(engine: Engine) -> str | None:
    """The schema a database has, or None where it has none."""
    with engine.connect().execution_options(micrarium_reading=True) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check_schema(engine: Engine) -> None:
    """Nothing when the database has the schema of this version, else ``OldSchema`` with the command to run."""
    found, wanted = schema_revision(engine), schema_head()
    if found == wanted:
        return
    if found is not None and found > wanted:
        raise OldSchema(
            f"The database has schema {found}, made by a newer Micrarium; this one knows {wanted}. Install the newer version."
        )
    told = f"has schema {found}" if found else "is empty"
    raise OldSchema(f"The database {told}; this version of Micrarium needs {wanted}. Make a backup, then run: micrarium upgrade")


def upgrade_schema(engine: Engine) -> None:
    """Bring a database, empty or old, to the schema of this version."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
