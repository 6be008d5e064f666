"""The command tag."""

from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from uuid import uuid4

from micrarium.testing.servers import TemporaryServer

Run = Callable[..., "CompletedProcess[str]"]


def test_tag_sets_are_made_filled_and_shown(micrarium: Run, server: TemporaryServer) -> None:
    here = {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": server.token}
    name = f"Cycle {uuid4().hex[:6]}"
    made = micrarium("tag", "set", "add", name, "mitosis", "late", "--json", **here)
    assert made.returncode == 0, made.stderr
    number = json.loads(made.stdout)["id"]
    assert micrarium("tag", "set", "put", f"annotation:{number}", "prophase", **here).returncode == 0
    assert micrarium("tag", "set", "remove", name, "late", **here).returncode == 0
    shown = micrarium("tag", "tree", "--owner", "me", **here).stdout
    assert f"{name}  (tag set, annotation:{number})\n  mitosis  (annotation:" in shown
    assert "\n  prophase  (annotation:" in shown
    wrong = micrarium("tag", "set", "remove", name, "late", **here)
    assert (wrong.returncode, wrong.stderr) == (4, f"micrarium: There is no tag 'late' in {name}\n")
