"""The command roots, as an administrator runs it, and imports from what it names."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from micrarium.testing.files import numbered_pixels, write_ome_tiff
from micrarium.testing.servers import TemporaryServer

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_place_is_named_shown_imported_from_changed_and_removed(micrarium: Run, server: TemporaryServer, tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    (nas / "run1").mkdir(parents=True)
    seed = sum(map(ord, server.url))
    picture = write_ome_tiff(nas / "run1" / "a.ome.tif", numbered_pixels(1, 1, 1, 31, 37, seed=seed))

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return micrarium(*arguments, stdin=stdin, MICRARIUM_URL=server.url, MICRARIUM_TOKEN=server.token)

    added = run("roots", "add", "NAS", str(nas), "--group", "default")
    assert added.returncode == 0, added.stderr
    assert run("roots", "add", "NAS", str(nas)).returncode == 5
    assert run("roots", "add", "Bad", "/there/is/none").returncode == 1
    assert "NAS" in run("roots", "list").stdout
    shown = run("roots", "show", "NAS", "run1", "--json")
    assert [(one["path"], one["size"]) for one in json.loads(shown.stdout)] == [("run1/a.ome.tif", picture.stat().st_size)]
    assert "run1/" in run("roots", "show", "NAS").stdout
    imported = run("import", "root:NAS/run1", "--in-place", "--json")
    assert imported.returncode == 0, imported.stderr
    (image,) = json.loads(imported.stdout)["images"]
    run("export", f"image:{image}", "back.ome.tif", "--format", "original")
    assert (tmp_path / "work" / "back.ome.tif").read_bytes() == picture.read_bytes()
    again = run("import", "root:NAS/run1/a.ome.tif")
    assert f"already imported as image:{image}" in again.stderr
    missing = run("import", "root:NAS/run2")
    assert (missing.returncode, "NAS has no 'run2'" in missing.stderr) == (4, True)
    assert run("roots", "remove", "NAS").returncode == 5
    assert run("roots", "edit", "NAS", "--name", f"Shelf {seed}", "--way", "copy").returncode == 0
    assert run("import", f"root:Shelf {seed}/run1", "--in-place").returncode == 4
    assert run("roots", "edit", "none", "--way", "copy").returncode == 4
    assert run("roots", "edit", f"Shelf {seed}").returncode == 2


def test_the_secret_of_a_bucket_is_read_from_standard_input_and_not_shown(micrarium: Run, server: TemporaryServer) -> None:
    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return micrarium(*arguments, stdin=stdin, MICRARIUM_URL=server.url, MICRARIUM_TOKEN=server.token)

    given = ("roots", "add", "Store", "s3://images/lab", "--endpoint", "http://127.0.0.1:9", "--access-key", "AKIA")
    assert run(*given).returncode == 2
    added = run(*given, "--secret-stdin", stdin="very secret\n")
    assert added.returncode == 0, added.stderr
    listed = run("roots", "list", "--json").stdout
    assert "very secret" not in listed + added.stdout + added.stderr
    (store,) = [one for one in json.loads(listed) if one["name"] == "Store"]
    assert (store["kind"], store["has_secret_key"], store["is_private"]) == ("bucket", True, False)
    refused = run("roots", "show", "Store")
    assert (refused.returncode, "private network" in refused.stderr) == (1, True)
    assert run("roots", "remove", "Store").returncode == 0
