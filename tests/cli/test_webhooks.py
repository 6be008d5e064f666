"""The command webhook, as a person runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

from micrarium.testing.servers import TemporaryServer

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_webhook_is_added_listed_tried_and_removed(micrarium: Run, server: TemporaryServer) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return micrarium("webhook", *arguments, MICRARIUM_URL=server.url, MICRARIUM_TOKEN=server.token)

    refused = run("add", "http://127.0.0.1:9/hook")
    assert refused.returncode == 1
    assert "private network" in refused.stderr
    made = micrarium("create", "project", "name=Told of", MICRARIUM_URL=server.url, MICRARIUM_TOKEN=server.token)
    project = made.stdout.strip()
    url = "http://nobody.invalid/hook"
    added = run("add", url, "--class", "Image", "--in", project, "--name", "mine")
    assert added.returncode == 0, added.stderr
    number = added.stderr.split("webhook:")[1].split(".")[0]
    assert len(added.stdout.strip()) >= 32
    (listed,) = [hook for hook in json.loads(run("list", "--json").stdout) if str(hook["id"]) == number]
    assert (listed["url"], listed["classes"], listed["containers"]) == (url, ["Image"], [project])
    assert added.stdout.strip() not in run("list").stdout
    tried = run("test", number)
    assert tried.returncode == 1
    assert "cannot be found" in tried.stderr
    assert "waiting" in run("log", number).stdout
    assert run("remove", number).returncode == 0
    assert run("remove", number).returncode == 4
    assert run("add", "ftp://example.org").returncode == 1
