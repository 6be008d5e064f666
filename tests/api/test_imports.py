"""Uploads, imports and jobs over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from micrarium.actions.opening import Site
from micrarium.testing.files import numbered_pixels, write_ome_tiff

Door = Callable[[str | None], httpx.Client]


def finish(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """The job once it has ended."""
    give_up = time.monotonic() + 60
    while job["state"] in ("queued", "running"):
        assert time.monotonic() < give_up, job
        time.sleep(0.05)
        job = client.get(f"/api/v1/jobs/{job['id']}").json()
    return job


def open_upload(client: httpx.Client, *files: tuple[str, int]) -> str:
    answer = client.post("/api/v1/uploads", json={"files": [{"path": path, "size": size} for path, size in files]})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/uploads/{answer.json()['id']}"
    return answer.headers["Location"]


def send(client: httpx.Client, upload: str, path: str, piece: bytes, *, offset: int) -> httpx.Response:
    return client.patch(upload, params={"path": path}, content=piece, headers={"Upload-Offset": str(offset)})


@pytest.fixture
def picture(tmp_path: Path) -> bytes:
    return write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 2, 1, 40, 50)).read_bytes()


def test_a_file_sent_in_pieces_is_imported_whole_and_the_upload_is_gone(
    door: Door, site: Site, picture: bytes, people: dict[str, int]
) -> None:
    ada = door("ada")
    half = len(picture) // 2
    upload = open_upload(ada, ("run1/a.ome.tif", len(picture)), ("run1/empty.txt", 0))
    assert send(ada, upload, "run1/a.ome.tif", picture[:half], offset=0).json()["received"] == half
    shown = ada.get(upload).json()
    assert [(file["path"], file["received"]) for file in shown["files"]] == [("run1/a.ome.tif", half), ("run1/empty.txt", 0)]
    early = ada.post("/api/v1/imports", json={"upload_id": shown["id"]})
    assert early.status_code == 409
    assert "has not come whole" in early.json()["detail"]
    assert send(ada, upload, "run1/a.ome.tif", picture[half:], offset=half).json()["received"] == len(picture)
    asked = ada.post("/api/v1/imports", json={"upload_id": shown["id"], "dataset": "Run 1", "group_id": people["read-write"]})
    assert asked.status_code == 202
    assert asked.headers["Location"] == f"/api/v1/jobs/{asked.json()['id']}"
    job = finish(ada, asked.json())
    assert (job["state"], job["progress"], job["error"]) == ("done", 1.0, None)
    result = job["result"]
    assert (len(result["images"]), result["failed"]) == (1, [])
    assert [entry["path"] for entry in result["skipped"]] == ["run1/empty.txt"]
    assert ada.get(upload).status_code == 404
    assert list(site.uploads.iterdir()) == []
    image = ada.get(f"/api/v1/images/{result['images'][0]}").json()
    assert (image["name"], image["group_id"]) == ("a.ome.tif", people["read-write"])
    assert ada.get(f"/api/v1/images/{image['id']}/original").content == picture


def test_a_piece_goes_only_where_the_file_stopped(door: Door) -> None:
    ada = door("ada")
    upload = open_upload(ada, ("a.bin", 10))
    assert send(ada, upload, "a.bin", b"01234", offset=0).status_code == 200
    for offset in (0, 4, 6):
        refused = send(ada, upload, "a.bin", b"5", offset=offset)
        assert (refused.status_code, refused.json()["received"]) == (409, 5)
    beyond = send(ada, upload, "a.bin", b"567890", offset=5)
    assert beyond.status_code == 422
    assert ada.get(upload).json()["files"][0]["received"] == 5
    assert send(ada, upload, "a.bin", b"56789", offset=5).json() == {"path": "a.bin", "size": 10, "received": 10}
    assert send(ada, upload, "b.bin", b"", offset=0).status_code == 404
    assert ada.patch(upload, params={"path": "a.bin"}, content=b"").status_code == 422


def test_a_piece_that_is_too_large_is_refused_and_taken_back(door: Door, site: Site) -> None:
    site.settings.upload_piece_mb = 1
    ada = door("ada")
    upload = open_upload(ada, ("a.bin", 5 * 2**20))
    assert send(ada, upload, "a.bin", b"x" * (2**20 + 1), offset=0).status_code == 413

    def stream() -> Any:  # without a Content-Length that would tell at once
        for _ in range(40):
            yield b"x" * 2**16

    answer = ada.patch(upload, params={"path": "a.bin"}, content=stream(), headers={"Upload-Offset": "0"})
    assert answer.status_code == 413
    assert ada.get(upload).json()["files"][0]["received"] == 0
    assert send(ada, upload, "a.bin", b"x" * 2**20, offset=0).json()["received"] == 2**20


@pytest.mark.parametrize(
    "paths",
    [
        ["../a"], ["a/../../b"], ["/etc/passwd"], ["a//b"], ["a/"], ["."], ["a\x00b"], ["a\\b"], ["a\nb"], ["x" * 256], ["a", "a"],
        ["a", "a/b"], ["a/b/c", "a/b"], ["./a"], ["a/./b"], ["/".join(["x" * 200] * 20)],
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_paths_that_lead_elsewhere_are_refused(door: Door, site: Site, paths: list[str]) -> None:
    answer = door("ada").post("/api/v1/uploads", json={"files": [{"path": path, "size": 1} for path in paths]})
    assert (answer.status_code, answer.json()["field"]) == (422, "path"), answer.text
    assert list(site.uploads.iterdir()) == []


def test_an_upload_larger_than_the_disk_is_refused(door: Door) -> None:
    answer = door("ada").post("/api/v1/uploads", json={"files": [{"path": "a", "size": 2**49}]})
    assert answer.status_code == 413
    assert door("ada").post("/api/v1/uploads", json={"files": []}).status_code == 422
    assert door("ada").post("/api/v1/uploads", json={"files": [{"path": "a", "size": -1}]}).status_code == 422


def test_nobody_touches_the_uploads_and_jobs_of_others(door: Door, picture: bytes) -> None:
    ada, bob = door("ada"), door("bob")
    upload = open_upload(ada, ("a.ome.tif", len(picture)))
    send(ada, upload, "a.ome.tif", picture, offset=0)
    number = int(upload.rsplit("/", 1)[1])
    assert bob.get(upload).status_code == 404
    assert bob.delete(upload).status_code == 404
    assert send(bob, upload, "a.ome.tif", b"", offset=len(picture)).status_code == 404
    assert bob.post("/api/v1/imports", json={"upload_id": number}).status_code == 404
    assert door(None).post("/api/v1/uploads", json={"files": []}).status_code == 401
    job = ada.post("/api/v1/imports", json={"upload_id": number}).json()
    assert bob.get(f"/api/v1/jobs/{job['id']}").status_code == 404
    assert bob.delete(f"/api/v1/jobs/{job['id']}").status_code == 404
    assert bob.get("/api/v1/jobs").json()["items"] == []
    assert [entry["id"] for entry in ada.get("/api/v1/jobs").json()["items"]] == [job["id"]]
    assert finish(ada, job)["state"] == "done"


def test_a_forgotten_upload_leaves_no_bytes(door: Door, site: Site) -> None:
    ada = door("ada")
    upload = open_upload(ada, ("a.bin", 4))
    send(ada, upload, "a.bin", b"0123", offset=0)
    assert ada.delete(upload).status_code == 204
    assert ada.get(upload).status_code == 404
    assert send(ada, upload, "a.bin", b"", offset=4).status_code == 404
    assert list(site.uploads.iterdir()) == []


def test_an_upload_with_a_failure_is_kept_to_be_tried_again(door: Door, picture: bytes) -> None:
    ada = door("ada")
    upload = open_upload(ada, ("cut.ome.tif", 900))
    send(ada, upload, "cut.ome.tif", picture[:900], offset=0)
    job = finish(ada, ada.post("/api/v1/imports", json={"upload_id": int(upload.rsplit("/", 1)[1])}).json())
    assert job["state"] == "done"
    assert [entry["path"] for entry in job["result"]["failed"]] == ["cut.ome.tif"]
    assert str(upload) not in job["result"]["failed"][0]["reason"]
    assert ada.get(upload).status_code == 200


def test_only_administrators_import_the_servers_files(door: Door, site: Site, tmp_path: Path, picture: bytes) -> None:
    outside = tmp_path / "nas"
    outside.mkdir()
    path = outside / "b.ome.tif"
    path.write_bytes(picture)
    refused = door("ada").post("/api/v1/imports", json={"paths": [str(path)]})
    assert refused.status_code == 403
    admin = door("admin")
    for wrong, status in (("relative.tif", 422), (str(outside / "none.tif"), 404), (str(site.data / "micrarium.db"), 422)):
        (site.data / "micrarium.db").touch()
        assert admin.post("/api/v1/imports", json={"paths": [wrong]}).status_code == status
    assert admin.post("/api/v1/imports", json={}).status_code == 422
    assert admin.post("/api/v1/imports", json={"paths": [str(path)], "upload_id": 1}).status_code == 422
    job = finish(admin, admin.post("/api/v1/imports", json={"paths": [str(outside)], "in_place": True}).json())
    (image_id,) = job["result"]["images"]
    assert admin.get(f"/api/v1/images/{image_id}/original").content == picture
    assert list(site.originals.glob("*/*/*/*.tif")) == []


def test_an_import_into_what_cannot_be_used_is_refused_at_once(door: Door, picture: bytes, people: dict[str, int]) -> None:
    ada, eve = door("ada"), door("eve")
    dataset = ada.post("/api/v1/datasets", json={"name": "Mine"}).json()["id"]
    upload = open_upload(eve, ("a.ome.tif", len(picture)))
    send(eve, upload, "a.ome.tif", picture, offset=0)
    number = int(upload.rsplit("/", 1)[1])
    assert eve.post("/api/v1/imports", json={"upload_id": number, "dataset": dataset}).status_code == 404
    assert eve.post("/api/v1/imports", json={"upload_id": number, "group_id": people["private"]}).status_code == 422
    assert eve.get("/api/v1/jobs").json() == {"items": [], "next": None}


def test_jobs_are_listed_in_pages_newest_first(door: Door, tmp_path: Path, picture: bytes) -> None:
    (tmp_path / "nas").mkdir()
    (tmp_path / "nas" / "b.ome.tif").write_bytes(picture)
    admin = door("admin")
    asked = {"paths": [str(tmp_path / "nas")]}
    numbers = [finish(admin, admin.post("/api/v1/imports", json=asked).json())["id"] for _ in range(3)]
    first = admin.get("/api/v1/jobs?limit=2").json()
    rest = admin.get(f"/api/v1/jobs?limit=2&cursor={first['next']}").json()
    assert [entry["id"] for entry in (*first["items"], *rest["items"])] == numbers[::-1]
    assert rest["next"] is None
    assert admin.get("/api/v1/jobs?cursor=nonsense").status_code == 422
