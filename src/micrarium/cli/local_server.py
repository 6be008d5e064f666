"""A data folder opened for one command: the ordinary application on a socket that only this user can reach."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.cli.settings import load_settings
from micrarium.errors import Unavailable

if TYPE_CHECKING:
    from fastapi import FastAPI

    from micrarium.actions.opening import Site
    from micrarium.client import Client
    from micrarium.permissions import Actor

START_TIMEOUT_S = 30.0


@contextmanager
def open_data_folder(folder: Path) -> Iterator[Client]:
    """The administrator's client on a data folder, which is locked meanwhile; ``DataFolderInUse`` when a server has it."""
    from micrarium.actions.opening import open_site
    from micrarium.api.app import make_app
    from micrarium.client import Client
    from micrarium.client.connection import Connection

    with open_site(load_settings(data=folder)) as site, tempfile.TemporaryDirectory(prefix="micrarium-") as name:
        app = make_app(site, acting_as=lambda: _actor(site))
        with _serving(app, f"{name}/socket") as socket, Client(Connection("http://localhost", socket=socket)) as client:
            yield client


def _actor(site: Site) -> Actor:
    """The administrator, or who ``--as`` names."""
    from micrarium.actions.opening import admin_actor
    from micrarium.actions.signing_in import become

    admin, name = admin_actor(site), os.environ.get("MICRARIUM_AS")
    return become(site.engine, admin, name) if name else admin


@contextmanager
def _serving(app: FastAPI, socket: str) -> Iterator[str]:
    """The application answers on a Unix socket while the block runs."""
    import uvicorn

    config = uvicorn.Config(app, uds=socket, log_level="critical", access_log=False, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="micrarium-data-folder")
    thread.start()
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise Unavailable("The data folder could not be opened: its application did not start.")
            time.sleep(0.005)
        yield socket
    finally:
        server.should_exit = True
        thread.join()
