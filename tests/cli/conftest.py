"""Fixtures for commands: run as a person runs them, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def micrarium(tmp_path: Path) -> Run:
    """Runs a command in an empty folder, with nobody signed in; what it prints comes back as text."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MICRARIUM_", "XDG_"))}

    def run(*arguments: str | Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "micrarium.cli", *map(str, arguments)]
        given = (
            clean
            | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_STATE_HOME": str(home / "state")}
            | environment
        )
        return subprocess.run(command, check=False, capture_output=True, text=True, input=stdin, cwd=work, env=given, timeout=120)

    return run
