"""Databases for tests: each test gets a new one, on SQLite or PostgreSQL, made by the migrations that users run.

The migrations run once for each dialect; every further database is a copy of that one.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from micrarium.model.database import open_engine, upgrade_schema
from micrarium.testing.postgres import PostgresServer

TEMPLATE = "micrarium_template"


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine for a database, every connection of which is closed at the end of the context."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


class SqliteDatabases:
    """New SQLite databases below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count()
        self.template = folder / f"{TEMPLATE}.db"
        with opened(f"sqlite:///{self.template}") as engine:
            upgrade_schema(engine)

    @contextmanager
    def make(self) -> Iterator[str]:
        """The address of a new database with the newest schema, removed at the end of the context."""
        path = self.folder / f"{next(self.numbers)}.db"
        shutil.copyfile(self.template, path)
        try:
            yield f"sqlite:///{path}"
        finally:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)


class PostgresDatabases:
    """New databases on one PostgreSQL server."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.numbers = itertools.count()
        server.execute(f"CREATE DATABASE {TEMPLATE}")
        with opened(server.url(TEMPLATE)) as engine:
            upgrade_schema(engine)

    @contextmanager
    def make(self) -> Iterator[str]:
        """The address of a new database with the newest schema, removed at the end of the context."""
        name = f"test_{next(self.numbers)}"
        self.server.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        try:
            yield self.server.url(name)
        finally:
            self.server.execute(f"DROP DATABASE {name} WITH (FORCE)")
