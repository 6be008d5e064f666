"""A PostgreSQL server of one's own for tests: started in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from micrarium.errors import Unavailable

#: A test's database may be lost in a power cut; that buys most of the speed.
CAREFREE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=64MB", "max_connections=200")
START_TIMEOUT_S = 60.0


def find_postgres() -> Path:
    """The folder with PostgreSQL's programs, of the newest version on this machine.

    Raises ``Unavailable``, naming the command that installs it.
    """
    # Debian keeps them out of the PATH, one folder a version.
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found.sort(key=lambda folder: [int(part) for part in folder.parent.name.split(".") if part.isdigit()])
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres", path=str(Path(on_path).parent)):
        found.append(Path(on_path).parent)
    if not found:
        raise Unavailable("PostgreSQL is not installed. Run: apt-get install -y postgresql")
    return found[-1]


def choose_user() -> dict[str, Any]:
    """Arguments for subprocess: PostgreSQL refuses to run as root, so root gives it the user the package made."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise Unavailable("PostgreSQL refuses to run as root, and there is no user postgres. Run: apt-get install -y postgresql")


class PostgresServer:
    """A running PostgreSQL server that listens on a socket in its own folder and on no network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, database: str) -> str:
        """SQLAlchemy's address of one database of this server."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """Run one statement outside of any transaction, as CREATE DATABASE wants it."""
        import psycopg

        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def start_postgres() -> Iterator[PostgresServer]:
    """A new, empty PostgreSQL server, stopped and removed at the end of the context."""
    programs = find_postgres()
    user = choose_user()
    # The path of a socket may have 107 characters, so the folder lies in the temporary folder itself.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if user:
        os.chown(folder, user["user"], user["group"])
    data = folder / "data"
    initdb: list[Any] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]
    process: subprocess.Popen[bytes] | None = None
    try:
        made = subprocess.run(initdb, capture_output=True, text=True, cwd=folder, check=False, **user)
        if made.returncode != 0:
            raise Unavailable(f"PostgreSQL could not make a database cluster: {made.stderr.strip()}")
        process = launch(programs, folder, user)
        wait_until_ready(process, folder)
        yield PostgresServer(folder)
    finally:
        if process is not None:
            stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def launch(programs: Path, folder: Path, user: dict[str, Any]) -> subprocess.Popen[bytes]:
    """The server's process, which ends with ours even when ours is killed."""
    command: list[Any] = [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
    for setting in CAREFREE:
        command += ["-c", setting]
    if shutil.which("setpriv"):
        command = ["setpriv", "--pdeathsig", "INT", *command]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, **user)


def wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Return when the server takes connections; raises ``Unavailable`` with its log when it ends or takes too long."""
    import psycopg

    give_up = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < give_up:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise Unavailable(f"PostgreSQL did not start: {(folder / 'log').read_text(errors='replace').strip()[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server at once, whoever is still connected."""
    if process.poll() is None:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
