"""Custody over HTTP: who may verify what, what is told of images, and how administrators hear of problems."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from micrarium.actions.opening import Site
from micrarium.model import WebhookDelivery
from micrarium.permissions import every, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff

Door = Callable[[str | None], httpx.Client]


def finish(client: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    give_up = time.monotonic() + 60
    while True:
        job: dict[str, Any] = client.get(answer.headers["Location"]).json()
        if job["state"] not in ("queued", "running"):
            return job
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.fixture
def image(door: Door, people: dict[str, int], tmp_path: Path) -> dict[str, Any]:
    """An image of Ada's in her private group."""
    ada = door("ada")
    path = write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 1, 1, 40, 40))
    content = path.read_bytes()
    upload = ada.post("/api/v1/uploads", json={"files": [{"path": path.name, "size": len(content)}]})
    ada.patch(upload.headers["Location"], params={"path": path.name}, content=content, headers={"Upload-Offset": "0"})
    asked = ada.post("/api/v1/imports", json={"upload_id": upload.json()["id"], "group_id": people["private"]})
    (number,) = finish(ada, asked)["result"]["images"]
    found: dict[str, Any] = ada.get(f"/api/v1/images/{number}").json()
    return found


def damage(site: Site) -> None:
    (path,) = site.originals.rglob("a.ome.tif")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")


def test_the_state_of_an_images_files_is_told_to_those_who_see_it(door: Door, site: Site, image: dict[str, Any]) -> None:
    ada, address = door("ada"), f"/api/v1/images/{image['id']}"
    assert ada.get(address, params={"include": "custody"}).json()["custody"] == {"checked_at": None, "outcome": None, "reasons": []}
    job = finish(ada, ada.post("/api/v1/verifications", json={"objects": [f"image:{image['id']}"], "limit_mb_s": 1000}))
    assert (job["state"], job["result"]["originals"], job["result"]["problems"]) == ("done", 1, {})
    told = ada.get(address, params={"include": "custody"}).json()["custody"]
    assert told["outcome"] == "ok"
    assert told["checked_at"] is not None
    damage(site)
    job = finish(ada, ada.post("/api/v1/verifications", json={"objects": [f"image:{image['id']}"]}))
    assert job["result"]["problems"] == {"changed": 1}
    told = ada.get("/api/v1/images", params={"include": "custody"}).json()["items"][0]["custody"]
    assert told["outcome"] == "changed"
    assert told["reasons"] == ["a.ome.tif is not what was imported: its checksum is another one"]
    assert str(site.data) not in str(job) + str(told), "where the server keeps it is nobody's business"
    refused = ada.get("/api/v1/datasets", params={"include": "custody"})
    assert refused.status_code == 422


def test_everything_and_groups_are_for_administrators(door: Door, image: dict[str, Any], people: dict[str, int]) -> None:
    name = f"image:{image['id']}"
    for person, objects, status in (
        ("ada", [], 403), ("ada", [f"group:{people['private']}"], 403), ("bob", [name], 404), (None, [name], 401),
        ("ada", ["image:1x"], 422), ("admin", [], 202),
    ):  # fmt: skip
        answer = door(person).post("/api/v1/verifications", json={"objects": objects})
        assert answer.status_code == status, (person, objects)
    for person, status in (("ada", 403), (None, 401), ("admin", 200)):
        for path in ("admin/custody", "admin/custody/problems", "admin/custody/problems.csv"):
            assert door(person).get(f"/api/v1/{path}").status_code == status, (person, path)


def test_problems_are_listed_downloaded_mailed_and_told_to_webhooks(door: Door, site: Site, image: dict[str, Any]) -> None:
    site.settings.smtp_url, site.settings.mail_from = None, None
    admin = door("admin")
    hook = admin.post("/api/v1/webhooks", json={"url": "https://hooks.example.org/x", "name": "all"})
    assert hook.status_code == 201, hook.text
    damage(site)
    finish(admin, admin.post("/api/v1/verifications", json={}))
    (found,) = admin.get("/api/v1/admin/custody/problems").json()["items"]
    assert (found["kind"], found["image_id"], found["name"]) == ("changed", image["id"], "a.ome.tif")
    told = admin.get("/api/v1/admin/custody").json()
    assert (told["originals"]["problems"], told["originals"]["checked"]) == ({"changed": 1}, 1)
    assert told["last"]["state"] == "done"
    csv = admin.get("/api/v1/admin/custody/problems.csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text.splitlines()[1].startswith(f"changed,{found['object']},a.ome.tif,{image['id']},")
    with system_session(site.engine, "look at deliveries", is_reading=True) as session:
        payloads = [one.payload for one in session.scalars(every(WebhookDelivery)) if "custody" in one.payload]
    assert [one["custody"]["problems"] for one in payloads] == [{"changed": 1}]


def test_mail_goes_to_administrators_where_mail_is_sent(door: Door, site: Site, image: dict[str, Any]) -> None:
    from pydantic import SecretStr

    site.settings.smtp_url, site.settings.mail_from = SecretStr("smtp://127.0.0.1:1"), "micrarium@example.org"
    admin = door("admin")
    assert image
    damage(site)
    finish(admin, admin.post("/api/v1/verifications", json={}))
    jobs = admin.get("/api/v1/admin/jobs").json()["items"]
    assert [job["kind"] for job in jobs if job["kind"] in ("mail", "verify")] == ["mail", "verify"]


def test_a_purged_image_takes_what_was_found_of_it_along(door: Door, image: dict[str, Any]) -> None:
    admin = door("admin")
    finish(admin, admin.post("/api/v1/verifications", json={}))
    name = f"image:{image['id']}"
    assert door("ada").post("/api/v1/graph/delete", json={"objects": [name]}).status_code == 200
    assert door("ada").post("/api/v1/graph/purge", json={"objects": [name]}).status_code in (200, 202)
    give_up = time.monotonic() + 30
    while admin.get("/api/v1/admin/custody").json()["originals"]["total"]:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    assert admin.get("/api/v1/admin/custody").json()["originals"]["checked"] == 0


def test_relinking_is_asked_for_as_a_job(door: Door, tmp_path: Path) -> None:
    admin, here, there = door("admin"), tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    path = write_ome_tiff(here / "b.ome.tif", numbered_pixels(1, 1, 1, 30, 30, seed=5))
    (number,) = finish(admin, admin.post("/api/v1/imports", json={"paths": [str(path)], "in_place": True}))["result"]["images"]
    path.rename(there / path.name)
    assert finish(admin, admin.post("/api/v1/verifications", json={}))["result"]["problems"] == {"away": 1}
    job = finish(admin, admin.post("/api/v1/admin/relink", json={"folders": [str(tmp_path)], "dry_run": True}))
    assert (job["result"]["relinked"], job["result"]["is_dry_run"]) == (1, True)
    job = finish(admin, admin.post("/api/v1/admin/relink", json={"folders": [str(tmp_path)]}))
    assert job["result"]["still_missing"] == 0
    assert admin.get("/api/v1/admin/custody/problems").json()["items"] == []
    assert admin.get(f"/api/v1/images/{number}/thumbnail").status_code == 200
    assert door("ada").post("/api/v1/admin/relink", json={"folders": [str(tmp_path)]}).status_code == 403
