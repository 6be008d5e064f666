"""The PostgreSQL server that tests run on is a real one, and leaves nothing behind."""

from __future__ import annotations

import psycopg

from micrarium.testing.postgres import start_postgres


def test_a_server_of_ones_own_starts_answers_and_goes() -> None:
    with start_postgres() as server:
        folder = server.folder
        server.execute("CREATE DATABASE one")
        server.execute("CREATE DATABASE two TEMPLATE one")
        with psycopg.connect(host=str(folder), user="postgres", dbname="two") as connection:
            row = connection.execute("SELECT current_database(), current_setting('server_version_num')::int >= 130000").fetchone()
            assert row == ("two", True)
    assert not folder.exists()
