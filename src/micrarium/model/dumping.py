"""A database as one consistent file, taken while others write to it, and made a database again."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.engine import URL, make_url

from micrarium.errors import Conflict, InvalidInput, Unavailable, UnreadableFile
from micrarium.model.base import Base
from micrarium.model.database import open_engine
from micrarium.model.files import OriginalFile
from micrarium.model.images import Pixels

#: Where Debian keeps PostgreSQL's programs, one folder a version.
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Dump:
    """What a dumped database says: its schema, how many rows each table has, and the files that belong to them.

    ``originals`` maps the locations of files kept in the data folder to their SHA-256; ``pyramids`` are folders.
    """

    file_name: str
    revision: str
    rows: dict[str, int]
    originals: dict[str, str | None]
    pyramids: list[str]


def dialect_of_url(url: str) -> str:
    """``sqlite`` or ``postgresql``."""
    return make_url(url).get_backend_name()


def dump_database(url: str, folder: Path) -> Dump:
    """Put a database as it is at one moment into a file in a folder. Others go on reading and writing meanwhile.

    Raises ``Unavailable`` where PostgreSQL's programs are missing or older than its server.
    """
    if dialect_of_url(url) == "postgresql":
        return _dump_postgres(make_url(url), folder)
    target = folder / "database.sqlite"
    source = Path(make_url(url).database or "")
    if not source.is_file():
        raise UnreadableFile(f"There is no database {source}", field="data")
    try:
        database = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=60)
        with closing(database), closing(sqlite3.connect(target)) as copy:
            database.backup(copy)  # all pages in one transaction, so all of it is of one moment
        with _reading(f"sqlite:///{target}") as connection:
            told = _describe(connection, target.name)
        _settle_sqlite(target)
    except sqlite3.Error as error:
        raise UnreadableFile(f"The database {source} cannot be read: {error}") from error
    return told


def _settle_sqlite(path: Path) -> None:
    """Put all of a database into its one file, and check that it is whole. Raises ``sqlite3.DatabaseError``."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)


@contextmanager
def _reading(url: str) -> Iterator[Connection]:
    engine = open_engine(url)
    try:
        with engine.connect().execution_options(micrarium_reading=True) as connection:
            yield connection
    finally:
        engine.dispose()


def _describe(connection: Connection, file_name: str) -> Dump:
    if not inspect(connection).has_table("alembic_version"):
        raise InvalidInput("This database has no schema of Micrarium's, so there is nothing to keep")
    there = set(inspect(connection).get_table_names())
    tables = [table for table in Base.metadata.sorted_tables if table.name in there]
    rows = {table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one()) for table in tables}
    revision = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    files = select(OriginalFile.location, OriginalFile.hash).where(OriginalFile.is_in_place.is_(False))
    originals = {row[0]: row[1] for row in connection.execute(files)}
    pyramids = connection.execute(select(Pixels.pyramid).where(Pixels.pyramid.is_not(None))).scalars()
    return Dump(file_name, revision, rows, originals, [str(path) for path in pyramids])


def _dump_postgres(url: URL, folder: Path) -> Dump:
    target = folder / "database.dump"
    with _reading(url.render_as_string(hide_password=False)) as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        server = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
        snapshot = str(connection.execute(text("SELECT pg_export_snapshot()")).scalar_one())
        command = [str(_find_program("pg_dump", server)), "--format=custom", "--no-owner", "--no-privileges"]
        _run([*command, f"--snapshot={snapshot}", f"--file={target}", f"--dbname={_connecting(url)}"], url)
        return _describe(connection, target.name)


def restore_database(dump: Path, url: str, target: Path) -> None:
    """Make a database of a dumped one: at ``target`` for SQLite; for PostgreSQL in the database of ``url``, which is empty.

    All of it is restored or nothing. Raises ``Conflict`` where the database is not empty or of another kind.
    """
    kind = "postgresql" if dump.suffix == ".dump" else "sqlite"
    if kind != dialect_of_url(url):
        told = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[kind]
        hint = "set MICRARIUM_DATABASE_URL to an empty one" if kind == "postgresql" else "unset MICRARIUM_DATABASE_URL"
        raise Conflict(f"This backup is of a {told} database; {hint}")
    if kind == "sqlite":
        shutil.copyfile(dump, target)
        return
    check_empty(url)
    with _reading(url) as connection:
        server = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    command = [str(_find_program("pg_restore", server)), "--single-transaction", "--exit-on-error", "--no-owner"]
    _run([*command, "--no-privileges", f"--dbname={_connecting(make_url(url))}", str(dump)], make_url(url))


def check_empty(url: str) -> None:
    """Nothing for a database without tables, else ``Conflict``."""
    with _reading(url) as connection:
        if inspect(connection).get_table_names():
            raise Conflict("The database to restore into is not empty; make a new one and set MICRARIUM_DATABASE_URL to it")


def count_rows(url: str, tables: dict[str, int]) -> dict[str, int]:
    """How many rows the tables with these names have."""
    with _reading(url) as connection:
        found = [table for table in Base.metadata.sorted_tables if table.name in tables]
        return {table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one()) for table in found}


def _find_program(name: str, server: int) -> Path:
    """A PostgreSQL program that is not older than the server. Raises ``Unavailable`` with what to install."""
    places = [*_DEBIAN.glob(f"*/bin/{name}")]
    if on_path := shutil.which(name):
        places.insert(0, Path(on_path))
    versions = {path: _version_of(path) for path in places}
    fitting = [path for path, version in versions.items() if version >= server]
    if not fitting:
        there = f"the newest here is of version {max(versions.values())}" if versions else "there is none here"
        raise Unavailable(f"{name} of PostgreSQL {server} or later is needed, and {there}; install postgresql-client-{server}")
    return min(fitting, key=lambda path: versions[path])


def _version_of(program: Path) -> int:
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", told)
    return int(found[1]) if found else 0


def _connecting(url: URL) -> str:
    """How libpq's programs reach a database; the password is handed over in the environment."""
    given = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    given |= {name: value for name, value in url.query.items() if isinstance(value, str)}

    def quote(value: object) -> str:
        return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"

    return " ".join(f"{name}={quote(value)}" for name, value in given.items() if value is not None)


def _run(command: list[str], url: URL) -> None:
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[-600:]
        raise Unavailable(f"{Path(command[0]).name} failed: {said}")
