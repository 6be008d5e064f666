"""Exports and originals over HTTP."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from micrarium.actions.exporting import export_object
from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site, admin_actor
from micrarium.actions.validating import validate
from micrarium.errors import InvalidInput, NotFound, OutputExists
from micrarium.permissions import load_actor, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_ome_zarr, write_plate

Door = Callable[[str | None], httpx.Client]
PIXELS = numbered_pixels(1, 2, 3, 50, 60, seed=3)


@pytest.fixture
def image_id(site: Site, people: dict[str, int], tmp_path: Path) -> int:
    """An image of Ada's in the read-only group."""
    with system_session(site.engine, "a test") as session:
        ada = load_actor(session, people["ada"], group_id=people["read-only"])
    return import_files(site, ada, [write_ome_tiff(tmp_path / "hela cells.ome.tif", PIXELS, names=("DNA", "Actin"))]).images[0]


def export(client: httpx.Client, name: str, kind: str) -> httpx.Response:
    job = client.post("/api/v1/exports", json={"object": name, "format": kind}).json()
    give_up = time.monotonic() + 60
    while job["state"] in ("queued", "running"):
        assert time.monotonic() < give_up
        time.sleep(0.05)
        job = client.get(f"/api/v1/jobs/{job['id']}").json()
    assert job["state"] == "done", job
    return client.get(job["result"]["download"])


def unpack(answer: httpx.Response, folder: Path) -> Path:
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    (only,) = folder.iterdir()
    return only


def open_array(path: Path) -> Any:
    import zarr

    return zarr.open_array(path, mode="r")


def test_an_image_is_exported_as_ome_zarr_with_a_crate_that_says_what_is_known(door: Door, image_id: int, tmp_path: Path) -> None:
    ada = door("ada")
    path = f"/api/v1/images/{image_id}"
    ada.patch(path, json={"name": "HeLa, first day"})
    pairs = [["Organism", "Homo sapiens"], ["Imaging Method", "confocal microscopy"], ["Licence", "CC0-1.0"]]
    ada.post(f"{path}/annotations", json={"type": "MapAnnotation", "map_value": pairs})
    ada.post(f"{path}/annotations", json={"type": "TagAnnotation", "text_value": "mitosis"})
    ada.put(f"{path}/rendering", json={"channels": [{"index": 1, "color": "AB12CD", "start": 5, "end": 500}]})
    answer = export(ada, f"image:{image_id}", "ome-zarr")
    assert f"HeLa_ first day_{image_id}.ome.zarr.zip" in answer.headers["content-disposition"]
    folder = unpack(answer, tmp_path / "out")
    np.testing.assert_array_equal(open_array(folder / "0")[...], PIXELS)
    omero = json.loads((folder / "zarr.json").read_text())["attributes"]["ome"]["omero"]
    assert [channel["label"] for channel in omero["channels"]] == ["DNA", "Actin"]
    assert (omero["channels"][1]["color"], omero["channels"][1]["window"]["end"]) == ("AB12CD", 500)
    crate = (folder / "ro-crate-metadata.json").read_text()
    for said in ("NCBITaxon_9606", "HeLa, first day", "mitosis", "Ada Test", "datePublished"):
        assert said in crate, said
    report = validate(str(folder))
    assert report.is_valid, report


def test_an_image_is_exported_as_ome_tiff(door: Door, image_id: int, tmp_path: Path) -> None:
    import tifffile

    answer = export(door("bob"), f"image:{image_id}", "ome-tiff")
    (tmp_path / "out.ome.tiff").write_bytes(answer.content)
    with tifffile.TiffFile(tmp_path / "out.ome.tiff") as opened:
        assert opened.is_ome
        np.testing.assert_array_equal(opened.series[0].asarray(), PIXELS[0].transpose(1, 0, 2, 3))


def test_a_plate_is_exported_whole(door: Door, site: Site, tmp_path: Path, people: dict[str, int]) -> None:
    with system_session(site.engine, "a test") as session:
        ada = load_actor(session, people["ada"], group_id=people["read-only"])
    (plate_id,) = import_files(site, ada, [write_plate(tmp_path / "plate.ome.zarr")]).plates
    folder = unpack(export(door("ada"), f"plate:{plate_id}", "ome-zarr"), tmp_path / "out")
    np.testing.assert_array_equal(open_array(folder / "B" / "12" / "1" / "0")[...], numbered_pixels(1, 2, 1, 32, 48, seed=201))
    assert validate(str(folder)).is_valid


def test_originals_come_back_byte_for_byte(door: Door, site: Site, image_id: int, tmp_path: Path) -> None:
    bob = door("bob")
    original = (tmp_path / "hela cells.ome.tif").read_bytes()
    answer = bob.get(f"/api/v1/images/{image_id}/original")
    assert answer.content == original
    assert "hela cells.ome.tif" in answer.headers["content-disposition"]
    part = bob.get(f"/api/v1/images/{image_id}/original", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, original[10:20])
    source = write_ome_zarr(tmp_path / "folder.ome.zarr", numbered_pixels(1, 1, 1, 16, 16))
    (folder_id,) = import_files(site, admin_actor(site), [source]).images
    folder = unpack(door("admin").get(f"/api/v1/images/{folder_id}/original"), tmp_path / "out")
    assert folder.name == "folder.ome.zarr"
    files = {path.relative_to(source): path.read_bytes() for path in source.rglob("*") if path.is_file()}
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == files


def test_nobody_exports_or_fetches_what_they_may_not_see(door: Door, image_id: int) -> None:
    ada, eve = door("ada"), door("eve")
    assert eve.post("/api/v1/exports", json={"object": f"image:{image_id}"}).status_code == 404
    assert eve.get(f"/api/v1/images/{image_id}/original").status_code == 404
    path = export(ada, f"image:{image_id}", "ome-zarr").request.url.path
    assert eve.get(path).status_code == 404
    assert door("bob").get(path).status_code == 404
    assert door(None).get(path).status_code == 401


@pytest.mark.parametrize(
    "asked", [{"object": "dataset:1"}, {"object": "image"}, {"object": "image:x"}, {"object": "image:1", "format": "gif"}]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_exported_is_refused_at_once(door: Door, asked: dict[str, str]) -> None:
    assert door("ada").post("/api/v1/exports", json=asked).status_code == 422
    assert door("ada").get("/api/v1/jobs").json()["items"] == []
    assert door("ada").get("/api/v1/exports/1/file").status_code == 404


def test_an_export_to_a_path_keeps_what_is_there_unless_told(
    site: Site, people: dict[str, int], image_id: int, tmp_path: Path
) -> None:
    with system_session(site.engine, "a test") as session:
        ada, eve = load_actor(session, people["ada"]), load_actor(session, people["eve"])
    out = tmp_path / "out.ome.zarr"
    out.mkdir()
    with pytest.raises(OutputExists):
        export_object(site, ada, f"image:{image_id}", out)
    export_object(site, ada, f"image:{image_id}", out, overwrite=True)
    np.testing.assert_array_equal(open_array(out / "0")[...], PIXELS)
    export_object(site, ada, f"image:{image_id}", tmp_path / "same.ome.tif", format="original")
    assert (tmp_path / "same.ome.tif").read_bytes() == (tmp_path / "hela cells.ome.tif").read_bytes()
    with pytest.raises(NotFound):
        export_object(site, eve, f"image:{image_id}", tmp_path / "none")
    with pytest.raises(InvalidInput):
        export_object(site, ada, "image:1", tmp_path / "none", format="czi")
    assert not (tmp_path / "none").exists()
