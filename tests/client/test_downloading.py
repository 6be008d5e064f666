"""Original files come into a folder as they were imported, and a download goes on where it broke off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from micrarium.client import Client
from micrarium.errors import OutputExists, UsageError
from micrarium.testing.files import write_ome_zarr
from micrarium.testing.servers import TemporaryServer


def test_a_download_goes_on_where_it_broke_off_and_replaces_nothing_unasked(client: Client, tmp_path: Path) -> None:
    run, random = tmp_path / "run", np.random.default_rng()
    for name in ("day 1/a.tif", "day 2/a.tif"):
        (run / name).parent.mkdir(parents=True)
        tifffile.imwrite(run / name, random.integers(0, 255, (40, 50), dtype=np.uint8))
    write_ome_zarr(run / "day 2/z.ome.zarr", random.integers(0, 255, (1, 1, 1, 16, 16), dtype=np.uint8))
    result = client.import_files(run, dataset=f"Download {run}")
    dataset = client.get(f"image:{result.images[0]}", include="containers").fields["containers"][0]
    name, out = f"dataset:{dataset['id']}", tmp_path / "out"
    original = (run / "day 1/a.tif").read_bytes()
    (out / "run/day 1").mkdir(parents=True)
    (out / "run/day 1/a.tif.part").write_bytes(original[:100])
    paths = client.download_originals(name, out)
    expected = {path.relative_to(tmp_path).as_posix() for path in run.rglob("*") if path.is_file()}
    assert {path.relative_to(out).as_posix() for path in paths} == expected
    for path in paths:
        assert path.read_bytes() == (tmp_path / path.relative_to(out)).read_bytes()
    assert not list(out.rglob("*.part"))
    # A part that was not the beginning of the file is told and thrown away; what is complete stays as it is.
    times = {path: path.stat().st_mtime_ns for path in paths}
    assert client.download_originals(name, out) == paths
    assert {path: path.stat().st_mtime_ns for path in paths} == times
    changed = out / "run/day 1/a.tif"
    changed.write_bytes(b"mine")
    with pytest.raises(OutputExists, match="another file"):
        client.download_originals(name, out)
    assert changed.read_bytes() == b"mine"
    client.download_originals(name, out, overwrite=True)
    assert changed.read_bytes() == original
    with pytest.raises(UsageError, match="no folder"):
        client.download_originals(name, changed)


def test_the_command_downloads_and_lists_what_is_orphaned(client: Client, server: TemporaryServer, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "alone.tif", np.random.default_rng().integers(0, 255, (40, 50), dtype=np.uint8))
    result = client.import_files(tmp_path / "alone.tif")
    command = [sys.executable, "-m", "micrarium.cli"]
    environment = {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": server.token, "HOME": str(tmp_path), "PATH": ""}
    environment |= {"PYTHONPATH": ":".join(sys.path)}

    def run(*arguments: str) -> str:
        done = subprocess.run([*command, *arguments], check=False, capture_output=True, text=True, env=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "alone.tif" in run("download", f"image:{result.images[0]}", "--originals", "got", "--json")
    assert (tmp_path / "got/alone.tif").read_bytes() == (tmp_path / "alone.tif").read_bytes()
    dataset = client.create("dataset", name="Placed")
    path = f"{dataset.reference.path}/images"
    orphans = run("list", "images", "--orphaned", "--owner", "me", "--sort", "-id", "--limit", "1", "--json")
    assert f'"id": {result.images[0]},' in orphans
    client.connection.send("POST", path, {"ids": result.images})
    orphans = run("list", "images", "--orphaned", "--owner", "admin", "--group", "all", "--limit", "0", "--json")
    assert f'"id": {result.images[0]},' not in orphans
