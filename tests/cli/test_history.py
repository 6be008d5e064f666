"""What happened, and taking it back, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_a_change_is_seen_with_its_reason_and_undone(micrarium: Run, tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    name = micrarium("create", "project", "name=Thesis", *data).stdout.strip()
    assert micrarium("set", name, "name=Thesys", "--reason", "Kürzer & schöner", *data).returncode == 0
    told = json.loads(micrarium("log", "--kind", "project", "--json", *data).stdout)
    renamed = told["items"][0]
    assert (renamed["reason"], renamed["client"]) == ("Kürzer & schöner", "cli")
    history = micrarium("history", name, *data).stdout
    assert "name: 'Thesis' → 'Thesys'" in history
    assert f"made {name} (Thesys)" in history
    tried = micrarium("undo", f"event:{renamed['id']}", "--dry-run", *data).stdout
    assert "would be" in tried
    assert "'Thesys' → 'Thesis'" in tried
    assert json.loads(micrarium("show", name, "--json", *data).stdout)["name"] == "Thesys"
    undone = micrarium("undo", str(renamed["id"]), *data)
    assert (undone.returncode, f"event:{renamed['id']} was undone by event:" in undone.stderr) == (0, True)
    again = micrarium("undo", f"event:{renamed['id']}", *data)
    assert again.returncode == 5
    assert "got its name back with event:" in again.stderr
    log = micrarium("log", "--since", "2020-01-01", "--by", "admin", "--limit", "1", *data)
    assert f"undid event:{renamed['id']}: changed {name} (Thesis)" in log.stdout
    assert micrarium("log", "--since", "some day", *data).returncode == 1
    assert micrarium("undo", "event:999999", *data).returncode == 4
