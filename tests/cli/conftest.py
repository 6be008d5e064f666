"""Fixtures for commands: run as a person runs them, in a process of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.command_host import CommandHost, start_host

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def host() -> Iterator[CommandHost]:
    """Runs the commands of all tests of the session."""
    with start_host() as found:
        yield found


@pytest.fixture
def micrarium(tmp_path: Path, host: CommandHost) -> Run:
    """Runs a command in an empty folder, with nobody signed in; what it prints comes back as text."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MICRARIUM_", "XDG_"))}
    clean |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_STATE_HOME": str(home / "state")}

    def run(*arguments: str | Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return host.run([str(argument) for argument in arguments], stdin=stdin, cwd=work, env=clean | environment)

    return run
