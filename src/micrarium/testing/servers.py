"""A real server for tests: ``micrarium serve`` in its own process, on a data folder of its own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from micrarium.errors import Unavailable

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class TemporaryServer:
    """A running server: its address, its data folder, the password of ``admin``, and a token of theirs that may write."""

    url: str
    data: Path
    database_url: str | None
    admin_password: str
    token: str
    process: subprocess.Popen[bytes]

    @property
    def headers(self) -> dict[str, str]:
        """Headers that sign a request in as ``admin``."""
        return {"Authorization": f"Bearer {self.token}"}


def find_free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def start_server(
    data: Path, *, database_url: str | None = None, admin_password: str | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[TemporaryServer]:
    """A server on a data folder, which is made when it is not there; it is ended when the context ends.

    ``admin_password`` is that of ``admin`` in a data folder that was served before; ``settings`` are others, by the names
    of their variables.
    Raises ``Unavailable`` with what the server printed when it does not answer.
    """
    data.mkdir(parents=True, exist_ok=True)
    password = admin_password or secrets.token_urlsafe(12)
    # Where others must know the address before, they choose the port.
    port = int((settings or {}).get("MICRARIUM_PORT") or find_free_port())
    # Settings of the person who runs the tests are not the server's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MICRARIUM_")}
    environment |= {"MICRARIUM_ADMIN_PASSWORD": password, **(settings or {})}
    if database_url is not None:
        environment["MICRARIUM_DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "micrarium.cli", "serve", "--data", str(data), "--host", "127.0.0.1", "--port", str(port)]
    log = data / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for_server(process, url, log)
        yield TemporaryServer(url, data, database_url, password, make_token(url, password), process)
    finally:
        stop_server(process)


def wait_for_server(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return when the server answers; raises ``Unavailable`` with its log when it ends or takes too long."""
    give_up = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < give_up:
        try:
            httpx.get(f"{url}/api/v1/session", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise Unavailable(f"The server did not start: {log.read_text(errors='replace')[-4000:]}")


def make_token(url: str, password: str) -> str:
    """A token of ``admin`` that may write."""
    with httpx.Client(base_url=f"{url}/api/v1", timeout=30) as client:
        session = client.post("/session", json={"username": "admin", "password": password}).raise_for_status().json()
        csrf = {"X-CSRF-Token": session["csrf_token"]}
        made = client.post("/tokens", json={"name": "tests", "scope": "admin"}, headers=csrf).raise_for_status()
        return str(made.json()["token"])


def stop_server(process: subprocess.Popen[bytes]) -> None:
    """End a server as Ctrl-C does, and for good when it does not heed that."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
