"""Fixtures that every test may ask for."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from micrarium.testing.samples import sample_folder

# Imported by the fixtures that need them: a test of pixels then starts without the database's libraries.
if TYPE_CHECKING:
    from sqlalchemy import Engine

    from micrarium.actions.opening import Site
    from micrarium.testing.databases import PostgresDatabases, SqliteDatabases
    from micrarium.testing.servers import TemporaryServer


def pytest_configure() -> None:
    """Let Ctrl-C interrupt what tests start, which it does not where a shell started the tests in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


#: Where a browser, a walk, an import or a page of the docs shows the same on either database, `make test` takes SQLite and
#: `make soak` PostgreSQL: what the two do differently is tested below, by the API and the permissions. Folders, files, tests.
_LONG_ON_POSTGRESQL = {
    "e2e", "actions/test_preparing_afar.py", "api/test_custody.py", "api/test_distant_roots.py", "api/test_many_imports.py",
    "api/test_watched_folders.py", "formats/test_bioformats.py",
    "test_the_commands_of_the_guide_run", "test_the_commands_of_the_readme_run",
    "test_no_byte_that_a_blind_link_can_fetch_tells_whose_the_data_are",
    "test_an_actor_in_one_group_sees_what_the_oracle_shows_there",
    "test_a_token_for_reading_changes_nothing", "test_a_project_is_moved_copied_deleted_and_brought_back_by_commands",
    "test_what_is_not_taken_is_sent_again_later_and_given_up_at_last", "test_the_demo_is_there_described_and_made_only_once",
}  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests that would only say the same once more to the long run."""
    for item in items:
        folder, name = item.path.parent.name, item.name.partition("[")[0]
        if "postgresql" in item.name and not _LONG_ON_POSTGRESQL.isdisjoint((folder, f"{folder}/{item.path.name}", name)):
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample data; a test that asks for it is skipped where there is none."""
    folder = sample_folder(Path(__file__).resolve().parents[1])
    if folder is None:
        pytest.skip("no sample data: set MICRARIUM_SAMPLES")
    return folder


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """Makes SQLite databases; the migrations run once for all of them."""
    from micrarium.testing.databases import SqliteDatabases

    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    """Makes databases on a PostgreSQL server of our own. Where PostgreSQL is missing, tests fail and name the command."""
    from micrarium.testing.databases import PostgresDatabases
    from micrarium.testing.postgres import start_postgres

    with start_postgres() as server:
        yield PostgresDatabases(server)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a new, empty database with the newest schema; every test that asks for it runs on each dialect."""
    databases: SqliteDatabases | PostgresDatabases = request.getfixturevalue(
        "sqlite_databases" if request.param == "sqlite" else "postgres_databases"
    )
    with databases.make() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine for a new, empty database with the newest schema, on each dialect."""
    from micrarium.testing.databases import opened

    with opened(database_url) as found:
        yield found


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with an empty data folder, on each dialect. The password of ``admin`` is ``correct horse``."""
    from pydantic import SecretStr

    from micrarium.actions.opening import open_site
    from micrarium.settings import Settings

    settings = Settings(data=tmp_path / "data", database_url=database_url, admin_password=SecretStr("correct horse"))
    with open_site(settings) as found:
        yield found


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporaryServer]:
    """A running server, shared by all tests of the session, on each dialect; tests keep to objects of their own."""
    from micrarium.testing.servers import start_server

    data = tmp_path_factory.mktemp("server") / "data"
    if request.param == "sqlite":
        with start_server(data) as found:
            yield found
    else:
        databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
        with databases.make() as url, start_server(data, database_url=url) as found:
            yield found
