"""An OpenID provider of one's own for tests: the npm package oidc-provider in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from micrarium.errors import Unavailable
from micrarium.testing.servers import find_free_port

CLIENT_ID, CLIENT_SECRET = "micrarium", "a secret/of both+"
START_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Provider:
    """A running provider: its address, and the file of the accounts it knows."""

    issuer: str
    accounts: Path

    def know(self, accounts: Mapping[str, Mapping[str, Any]]) -> None:
        """From the next sign-in on, know these people and their claims."""
        self.accounts.write_text(json.dumps(accounts))


def sign_in_there(url: str, name: str) -> str:
    """Where the provider sends a browser back to, after somebody gave it their name."""
    with httpx.Client(follow_redirects=False, timeout=20) as browser:
        answer = browser.get(url)
        for _ in range(6):
            target = str(httpx.URL(str(answer.url)).join(answer.headers["location"]))
            if "/callback" in target:
                return target
            answer = browser.get(target, params={"as": name} if "/interaction/" in target else None)
    raise AssertionError("the provider sends nobody back")


@contextmanager
def start_provider(program: Path, folder: Path, *, redirect_uri: str) -> Iterator[Provider]:
    """A provider on a free port, ended with the context. Raises ``Unavailable``, naming the command that installs it.

    ``program`` is what Node runs; ``folder`` is for its files.
    """
    node = shutil.which("node")
    if node is None or not (program.parent / "node_modules").is_dir():
        raise Unavailable(f"The provider for tests is not installed. Run: cd {program.parent} && npm ci --ignore-scripts")
    port, accounts = find_free_port(), folder / "accounts.json"
    accounts.write_text("{}")
    with (folder / "provider.log").open("wb") as log:
        command = [node, str(program), str(port), str(accounts), redirect_uri]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait(process, f"http://127.0.0.1:{port}", folder / "provider.log")
        yield Provider(f"http://127.0.0.1:{port}", accounts)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], issuer: str, log: Path) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < give_up:
        try:
            httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise Unavailable(f"The provider did not start: {log.read_text(errors='replace')[-2000:]}")
