"""The commands verify and relink on a server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import micrarium
from micrarium.cli import run
from micrarium.testing.files import numbered_pixels, write_ome_tiff
from micrarium.testing.servers import TemporaryServer, start_server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporaryServer]:
    with start_server(tmp_path_factory.mktemp("custody") / "data") as found:
        yield found


@pytest.fixture(autouse=True)
def _signed_in(served: TemporaryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("MICRARIUM_"):
            monkeypatch.delenv(name)
    for name, value in {"MICRARIUM_URL": served.url, "MICRARIUM_TOKEN": served.token, "XDG_STATE_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = run([*words])
    return (status, *capsys.readouterr())


def test_damage_is_told_with_its_kind_and_ends_with_1(
    served: TemporaryServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 1, 1, 40, 40))
    with micrarium.connect(served.url, token=served.token) as client:
        (image,) = client.import_files(path).objects
    status, out, err = call(capsys, "verify", f"image:{image.id}", "--quiet")
    assert (status, out) == (0, "")
    assert "1 original and 0 pyramids read" in err
    assert "all as they should be" in err
    (original,) = (served.data / "originals").rglob("a.ome.tif")
    original.chmod(0o644)
    original.write_bytes(path.read_bytes()[:-1] + b"\xff")
    status, out, _ = call(capsys, "verify", "--limit-mb-s", "500", "--quiet")
    assert (status, out.partition(":")[0]) == (1, "changed")
    assert "a.ome.tif is not what was imported" in out
    status, out, _ = call(capsys, "verify", "--json", "--quiet")
    assert (status, json.loads(out)["problems"]) == (1, {"changed": 1})
    original.write_bytes(path.read_bytes())
    assert call(capsys, "verify", "--quiet")[0] == 0
    status, _, err = call(capsys, "verify", "tag:1", "--quiet")
    assert (status, "cannot be verified" in err) == (1, True)


def test_files_that_moved_are_relinked(served: TemporaryServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_ome_tiff(tmp_path / "moving.ome.tif", numbered_pixels(1, 1, 1, 44, 44))
    with micrarium.connect(served.url, token=served.token) as client:
        client.import_files(path, in_place=True)
    (tmp_path / "there").mkdir()
    moved = path.rename(tmp_path / "there" / path.name)
    status, _, err = call(capsys, "relink", str(served.data.parent), "--quiet")
    assert (status, f"still missing: original_file:2: {path}" in err) == (1, True) or "lies in the data folder" in err
    status, out, err = call(capsys, "relink", str(tmp_path / "there"), "--dry-run", "--quiet")
    assert (status, f"{path} -> {moved}" in out, "1 would be relinked" in err) == (0, True, True)
    status, _, err = call(capsys, "relink", str(tmp_path / "there"), "--quiet")
    assert (status, "1 missing; 1 relinked; 0 still missing." in err) == (0, True)
    status, out, _ = call(capsys, "relink", str(tmp_path / "there"), "--json", "--quiet")
    assert (status, json.loads(out)["missing_before"]) == (0, 0)
    assert call(capsys, "relink", str(tmp_path / "nowhere"), "--quiet")[0] == 4
