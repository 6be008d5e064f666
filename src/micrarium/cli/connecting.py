"""Which server a command talks to: a data folder opened for the command, a named server, or the one signed in to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.errors import NotFound, NotSignedIn

if TYPE_CHECKING:
    from micrarium.client import Client

DEFAULT_DATA = Path("micrarium-data")


def find_data_folder(given: Path | None) -> Path:
    """The data folder to serve: the one given, else ``$MICRARIUM_DATA``, else ``./micrarium-data``."""
    return given or Path(os.environ.get("MICRARIUM_DATA") or DEFAULT_DATA)


def choose_data_folder(given: Path | None) -> Path | None:
    """The data folder to work on directly, or None when a server is to be asked.

    What is nearest wins: ``--data``, ``$MICRARIUM_URL``, ``$MICRARIUM_DATA``, the kept sign-in, ``./micrarium-data``.
    """
    from micrarium.client.logins import read_login

    if given is not None:
        return given
    if os.environ.get("MICRARIUM_URL"):
        return None
    if os.environ.get("MICRARIUM_DATA"):
        return Path(os.environ["MICRARIUM_DATA"])
    return None if read_login() is not None else DEFAULT_DATA


@contextmanager
def _working_as(client: Client, name: str | None) -> Iterator[None]:
    """The client is somebody else's during the block, if a name is given; the server records both."""
    if not name:
        yield
        return
    client.work_as(name)
    try:
        yield
    finally:
        client.connection.send("DELETE", "/api/v1/session")


@contextmanager
def open_client(data: Path | None, *, may_make: bool = False, reason: str | None = None) -> Iterator[Client]:
    """A client for one command. On a data folder it is the administrator's, and the folder is locked meanwhile.

    ``may_make`` lets a data folder be made where there is none; ``reason`` is kept with what is changed.
    """
    with _open_any(data, may_make=may_make) as client:
        client.connection.agent, client.connection.reason = "micrarium-cli", reason
        yield client


@contextmanager
def _open_any(data: Path | None, *, may_make: bool) -> Iterator[Client]:
    folder = choose_data_folder(data)
    if folder is None:
        from micrarium.client import connect

        with connect() as client, _working_as(client, os.environ.get("MICRARIUM_AS")):
            yield client
        return
    if not folder.exists() and not may_make:
        if data is None and not os.environ.get("MICRARIUM_DATA"):
            raise NotSignedIn(
                "There is no server to ask and no data folder here. Sign in with 'micrarium login URL --user NAME', "
                "or name a folder with --data DIR."
            )
        raise NotFound(f"There is no data folder {folder}.", field="data")
    from micrarium.cli.local_server import open_data_folder

    with open_data_folder(folder) as client:
        yield client
