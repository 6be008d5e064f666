"""The commands share, publish and accesses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import httpx

import micrarium as package
from micrarium.testing.files import numbered_pixels, write_ome_tiff
from micrarium.testing.servers import TemporaryServer

Run = Callable[..., CompletedProcess[str]]


def test_a_dataset_is_shared_published_and_withdrawn(micrarium: Run, server: TemporaryServer, tmp_path: Path) -> None:
    signed_in = {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": server.token}
    file = write_ome_tiff(tmp_path / "shared.ome.tif", numbered_pixels(1, 1, 1, 30, 30, seed=501))
    assert micrarium("import", str(file), "--dataset", "to share", **signed_in).returncode == 0
    (dataset,) = json.loads(micrarium("list", "datasets", "--filter", "name=to share", "--json", **signed_in).stdout)["items"]
    name = f"dataset:{dataset['id']}"
    made = micrarium("share", "add", name, "--expires", "30d", "--name", "for Tim", **signed_in)
    assert made.returncode == 0, made.stderr
    address = made.stdout.strip()
    assert address.startswith(f"{server.url}/s/")
    with package.connect(address) as visitor:
        (image,) = visitor.images()
        assert image.name == "shared.ome.tif"
        assert visitor.session["visit"]["name"] == "for Tim"
        visitor.export(image, tmp_path / "copy.ome.tif", format="original")
    assert (tmp_path / "copy.ome.tif").read_bytes() == file.read_bytes()
    listed = micrarium("share", "list", "--object", name, **signed_in)
    assert "for Tim" in listed.stdout
    assert "open" in listed.stdout
    (told,) = json.loads(micrarium("share", "list", "--object", name, "--json", **signed_in).stdout)
    assert micrarium("share", "revoke", str(told["id"]), **signed_in).returncode == 0
    assert httpx.get(f"{address}/api/v1/images").status_code == 404
    published = micrarium("publish", name, "--embargo", "2999-01-01", **signed_in)
    assert published.stdout.strip() == f"{server.url}/public/datasets/{dataset['id']}"
    assert "waiting" in micrarium("share", "list", "--object", name, **signed_in).stdout
    assert micrarium("set", name, "sensitivity=human", **signed_in).returncode == 0
    refused = micrarium("share", "add", name, **signed_in)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "takes a reason" in refused.stderr
    assert micrarium("share", "add", name, "--reason", "ethics vote 12", **signed_in).returncode == 0
    assert "ethics vote 12" in micrarium("accesses", name, **signed_in).stdout


def test_a_reason_that_is_missing_is_asked_for_by_its_option_and_leaves_nothing(
    micrarium: Run, server: TemporaryServer, tmp_path: Path
) -> None:
    signed_in = {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": server.token}
    file = write_ome_tiff(tmp_path / "patient.ome.tif", numbered_pixels(1, 1, 1, 40, 50, seed=71))
    assert micrarium("import", file, "--dataset", "Patients of a test", **signed_in).returncode == 0
    with package.connect(server.url, token=server.token) as client:
        (dataset,) = client.datasets(name="Patients of a test")
        (image,) = client.images(dataset=dataset.id)
    name, folder = f"dataset:{dataset.id}", tmp_path / "originals"
    assert micrarium("set", name, "sensitivity=human", **signed_in).returncode == 0
    refused = micrarium("download", name, "--originals", folder, **signed_in)
    assert refused.returncode == 1
    assert "say it with --reason" in refused.stderr
    assert not folder.exists()
    kept = micrarium("delete", name, "--exclude", "image", "--yes", **signed_in)
    assert kept.returncode == 1
    assert f"image:{image.id} would be in no dataset any more that is marked as sensitive" in kept.stderr
    assert "say it with --reason" in kept.stderr
    done = micrarium("delete", name, "--exclude", "image", "--yes", "--reason", "It is no patient", **signed_in)
    assert done.returncode == 0, done.stderr
    assert micrarium("download", f"image:{image.id}", "--originals", folder, **signed_in).returncode == 0
    assert [path.name for path in folder.iterdir()] == [file.name]


def test_what_cannot_be_shared_is_one_line(micrarium: Run, server: TemporaryServer) -> None:
    signed_in = {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": server.token}
    for arguments, status, told in (
        (["share", "add", "image:987654"], 4, "no image:987654"),
        (["share", "add", "channel:1"], 1, "cannot be shared"),
        (["share", "add", "search"], 1, "query"),
        (["share", "add", "image:1", "--expires", "soon"], 2, "30d"),
        (["share", "change", "1"], 2, "--expires"),
        (["share", "revoke", "987654"], 4, "no grant:987654"),
        (["accesses", "image:1"], 2, "dataset"),
    ):
        ended = micrarium(*arguments, **signed_in)
        assert (ended.returncode, ended.stdout) == (status, ""), (arguments, ended.stderr)
        assert told in ended.stderr
        assert len(ended.stderr.strip().splitlines()) == 1
