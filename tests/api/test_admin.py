"""What administrators look after over HTTP, and that nobody else does."""

from __future__ import annotations

import email
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tifffile
from aiosmtpd.controller import Controller
from pydantic import SecretStr
from tests.api.conftest import Door

from micrarium.actions.opening import Site
from micrarium.actions.signing_in import sign_in
from micrarium.model import Pixels
from micrarium.permissions import every, system_session
from micrarium.testing.servers import find_free_port


def write_image(path: Path, *, seed: int, size: int = 64) -> Path:
    tifffile.imwrite(path, np.random.default_rng(seed).integers(0, 200, (size, size), dtype=np.uint8))
    return path


def finish(client: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """What came of the job that an answer tells of."""
    assert answer.status_code in (201, 202), answer.text
    job = answer.json().get("job") or answer.json()
    for _ in range(2000):
        found: dict[str, Any] = client.get(f"/api/v1/jobs/{job['id']}").json()
        if found["state"] not in ("queued", "running"):
            assert found["state"] == "done", found
            return dict(found["result"])
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def import_file(client: httpx.Client, path: Path, **options: Any) -> dict[str, Any]:
    """What came of uploading and importing a file."""
    size = path.stat().st_size
    made = client.post("/api/v1/uploads", json={"files": [{"path": path.name, "size": size}]})
    assert made.status_code == 201, made.text
    url = f"/api/v1/uploads/{made.json()['id']}"
    sent = client.patch(url, params={"path": path.name}, headers={"Upload-Offset": "0"}, content=path.read_bytes())
    assert sent.status_code == 200, sent.text
    return finish(client, client.post("/api/v1/imports", json={"upload_id": made.json()["id"], **options}))


def item(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(one) for one in told["items"] if one["name"] == name)


def test_disk_use_is_told_by_user_group_and_project(door: Door, people: dict[str, int], tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.tif", seed=1)
    result = import_file(door("ada"), path, project="Mitosis", dataset="Monday", group_id=people["read-annotate"])
    (image_id,) = result["images"]
    again = door("ada").post("/api/v1/datasets", json={"name": "Tuesday", "group_id": people["read-annotate"]}).json()
    project = door("ada").get("/api/v1/projects").json()["items"][0]
    for link in ({"parent_id": project["id"], "child_id": again["id"]},):
        assert door("ada").post("/api/v1/project_dataset_links", json=link).status_code == 201
    linked = {"parent_id": again["id"], "child_id": image_id}
    assert door("ada").post("/api/v1/dataset_image_links", json=linked).status_code == 201
    admin, size = door("admin"), path.stat().st_size
    for by, name in (("user", "ada"), ("group", "read-annotate"), ("project", "Mitosis")):
        told = admin.get("/api/v1/admin/disk_use", params={"by": by}).json()
        found = item(told, name)
        assert (found["original_bytes"], found["original_count"]) == (size, 1), (by, "a file counts once, in however many datasets")
        assert told["total"]["original_bytes"] == size
    assert item(admin.get("/api/v1/admin/disk_use", params={"by": "user"}).json(), "bob")["total_bytes"] == 0
    assert door("ada").get("/api/v1/admin/disk_use").status_code == 403


def test_pyramids_and_files_in_place_are_told_apart(door: Door, site: Site, tmp_path: Path) -> None:
    large = write_image(tmp_path / "large.tif", seed=2, size=2060)
    import_file(door("ada"), large)
    stays = write_image(tmp_path / "stays.tif", seed=3)
    finish(door("admin"), door("admin").post("/api/v1/imports", json={"paths": [str(stays)], "in_place": True}))
    total = door("admin").get("/api/v1/admin/disk_use").json()["total"]
    on_disk = sum(path.stat().st_size for path in site.derived.rglob("*") if path.is_file())
    assert on_disk > 0
    assert (total["derived_bytes"], total["derived_count"]) == (on_disk, 1)
    assert (total["in_place_bytes"], total["in_place_count"]) == (stays.stat().st_size, 1)
    assert total["total_bytes"] == large.stat().st_size + on_disk


def test_bytes_that_copies_share_count_once_for_whoever_had_them_first(door: Door, people: dict[str, int], tmp_path: Path) -> None:
    admin, ada, bob, group = door("admin"), door("ada"), door("bob"), people["read-annotate"]
    path = write_image(tmp_path / "large.tif", seed=6, size=2060)
    (image_id,) = import_file(ada, path, project="Mitosis", dataset="Monday", group_id=group)["images"]
    dataset = ada.get("/api/v1/datasets").json()["items"][0]["id"]
    before = {by: admin.get("/api/v1/admin/disk_use", params={"by": by}).json() for by in ("user", "group", "project")}
    size = item(before["user"], "ada")["total_bytes"]
    assert size > path.stat().st_size
    for name in ("ada", "bob"):
        admin.put(f"/api/v1/admin/quotas/user/{people[name]}", json={"quota_bytes": size + 10})
        copied = door(name).post("/api/v1/graph/duplicate", json={"objects": [f"dataset:{dataset}"]})
        assert copied.status_code == 200, copied.text
        assert copied.json()["made"]
    for by, told in before.items():
        after = admin.get("/api/v1/admin/disk_use", params={"by": by}).json()
        assert after == told | {"items": after["items"]}, "copies that share bytes add none"
        kept = ("total_bytes", "original_count", "derived_count")
        assert {one["name"]: [one[k] for k in kept] for one in after["items"]} == {
            one["name"]: [one[k] for k in kept] for one in told["items"]
        }, by
    assert ada.get("/api/v1/quotas").json()["user"]["used_bytes"] == size
    assert bob.get("/api/v1/quotas").json()["user"]["used_bytes"] == 0
    gone = ada.get("/api/v1/images", params={"owner": people["ada"]}).json()["items"]
    assert len(gone) == 2
    names = [f"image:{one['id']}" for one in gone]
    removed = ada.post("/api/v1/graph/delete", json={"objects": names, "purge": True})
    assert removed.status_code == 200, removed.text
    assert image_id in [one["id"] for one in gone]
    used = {name: door(name).get("/api/v1/quotas").json()["user"]["used_bytes"] for name in ("ada", "bob")}
    assert used == {"ada": 0, "bob": size}, "what is left of them has the bytes now"
    told = admin.get("/api/v1/admin/disk_use", params={"by": "user"}).json()
    assert (item(told, "bob")["total_bytes"], told["total"]["total_bytes"]) == (size, size)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pyramids_of_older_versions_are_measured_at_start(door: Door, site: Site, tmp_path: Path) -> None:
    from micrarium.actions.tidying import tidy_site

    import_file(door("ada"), write_image(tmp_path / "large.tif", seed=2, size=2060))
    before = door("admin").get("/api/v1/admin/disk_use").json()["total"]["derived_bytes"]
    with system_session(site.engine, "as an older version left it") as session:
        for pixels in session.scalars(every(Pixels)):
            pixels.pyramid_bytes = None
    assert door("admin").get("/api/v1/admin/disk_use").json()["total"]["derived_bytes"] == 0
    tidy_site(site)
    assert door("admin").get("/api/v1/admin/disk_use").json()["total"]["derived_bytes"] == before


def test_an_import_over_the_quota_of_its_user_is_refused_before_a_byte_is_sent(
    door: Door, site: Site, people: dict[str, int], tmp_path: Path
) -> None:
    path = write_image(tmp_path / "a.tif", seed=4)
    size = path.stat().st_size
    admin, ada = door("admin"), door("ada")
    given = admin.put(f"/api/v1/admin/quotas/user/{people['ada']}", json={"quota_bytes": size + 10})
    assert given.json() | {"name": "ada", "remaining_bytes": size + 10} == given.json(), given.text
    import_file(ada, path)
    assert ada.get("/api/v1/quotas").json()["user"]["remaining_bytes"] == 10
    refused = ada.post("/api/v1/uploads", json={"files": [{"path": "b.tif", "size": 11}]})
    assert (refused.status_code, refused.json()["remaining_bytes"]) == (413, 10)
    assert "Your quota has room for 10 bytes more, and this has 11 bytes" in refused.json()["detail"]
    assert list(site.uploads.iterdir()) == []
    assert ada.post("/api/v1/uploads", json={"files": [{"path": "b.tif", "size": 6}]}).status_code == 201
    both = ada.post("/api/v1/uploads", json={"files": [{"path": "c.tif", "size": 6}]})
    assert both.status_code == 413, "two uploads that fit one by one must not fit together"
    admin.put(f"/api/v1/admin/quotas/user/{people['ada']}", json={"quota_bytes": None})
    assert ada.post("/api/v1/uploads", json={"files": [{"path": "c.tif", "size": 600}]}).status_code == 201


def test_an_import_over_the_quota_of_its_group_is_refused_whichever_way_it_comes(
    door: Door, site: Site, people: dict[str, int], tmp_path: Path
) -> None:
    path = write_image(tmp_path / "a.tif", seed=5)
    admin, group = door("admin"), people["read-only"]
    assert admin.put(f"/api/v1/admin/quotas/group/{group}", json={"quota_bytes": 100}).status_code == 200
    meant = door("bob").post("/api/v1/uploads", json={"files": [{"path": "a", "size": 101}], "group_id": group})
    assert meant.status_code == 413
    assert "The quota of the group read-only" in meant.json()["detail"]
    other = door("bob").post("/api/v1/uploads", json={"files": [{"path": "a", "size": 101}]})
    assert other.status_code == 201, "another of Bob's groups has room"
    served = admin.post("/api/v1/imports", json={"paths": [str(path)], "group_id": group})
    assert served.status_code == 413
    in_place = admin.post("/api/v1/imports", json={"paths": [str(path)], "group_id": group, "in_place": True})
    assert in_place.status_code == 202, "a file that stays where it is takes no room"
    finish(admin, in_place)
    assert [p for p in site.originals.rglob("*") if p.is_file()] == []


def test_only_administrators_with_the_privilege_set_quotas(door: Door, people: dict[str, int]) -> None:
    path = f"/api/v1/admin/quotas/group/{people['private']}"
    assert door("pia").put(path, json={"quota_bytes": 5}).status_code == 403, "the owner of a group does not set its quota"
    door("admin").patch(f"/api/v1/experimenters/{people['eve']}", json={"is_admin": True, "privileges": ["ModifyUser"]})
    assert door("eve").put(path, json={"quota_bytes": 5}).status_code == 403
    assert door("eve").put(f"/api/v1/admin/quotas/user/{people['ada']}", json={"quota_bytes": 5}).status_code == 200
    assert door("admin").put(path, json={"quota_bytes": -1}).status_code == 422
    assert door("admin").put("/api/v1/admin/quotas/group/987654", json={"quota_bytes": 1}).status_code == 404
    changed = door("admin").patch(f"/api/v1/experimenters/{people['eve']}", json={"quota_bytes": 1})
    assert changed.status_code == 422, "a quota is not set past the door that checks it"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_settings_are_told_with_their_origin_and_without_secrets(door: Door) -> None:
    told = {one["name"]: one for one in door("admin").get("/api/v1/admin/settings").json()["items"]}
    assert told["data"]["origin"] == "command line"
    assert told["port"] | {"value": 4080, "default": 4080, "origin": "default"} == told["port"]
    assert (told["admin_password"]["value"], told["admin_password"]["is_secret"]) == ("********", True)
    assert door("bob").get("/api/v1/admin/settings").status_code == 403


def test_the_banner_is_shown_to_everybody_until_it_ends(door: Door) -> None:
    given = {"text": "Maintenance on Friday", "level": "warning"}
    assert door("ada").put("/api/v1/banner", json=given).status_code == 403
    assert door("admin").put("/api/v1/banner", json=given).status_code == 200
    for person in (None, "eve"):
        assert door(person).get("/api/v1/banner").json() | given == door(person).get("/api/v1/banner").json()
    past = door("admin").put("/api/v1/banner", json=given | {"ends_at": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["field"]) == (422, "ends_at")
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    door("admin").put("/api/v1/banner", json=given | {"ends_at": soon}).raise_for_status()
    time.sleep(1.1)
    assert door(None).get("/api/v1/banner").json()["text"] == ""


@pytest.fixture
def letters(site: Site) -> Iterator[list[Message]]:
    """What a mail server receives, to which the site sends."""
    received: list[Message] = []

    class Box:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
            received.append(email.message_from_bytes(envelope.content))
            return "250 OK"

    port = find_free_port()
    controller = Controller(Box(), hostname="127.0.0.1", port=port)
    controller.start()
    site.settings.smtp_url = SecretStr(f"smtp://127.0.0.1:{port}")
    site.settings.mail_from = "micrarium@example.org"
    yield received
    controller.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_mail_reaches_those_it_is_for_each_by_themselves(door: Door, people: dict[str, int], letters: list[Message]) -> None:
    admin = door("admin")
    for name in ("ada", "bob", "eve"):
        admin.patch(f"/api/v1/experimenters/{people[name]}", json={"email": f"{name}@example.org"})
    given = {"subject": "Größere Platten", "text": "On Friday.", "group_ids": [people["private"]]}
    assert door("pia").post("/api/v1/admin/mail", json=given).status_code == 403
    result = finish(admin, admin.post("/api/v1/admin/mail", json=given))
    assert (result["count"], result["without_address"], result["failed"]) == (2, ["pia"], [])
    assert sorted(str(one["To"]) for one in letters) == ["ada@example.org", "bob@example.org"]
    assert "=?utf-8?" in str(letters[0]["Subject"])
    assert "On Friday." in letters[0].get_payload()
    assert admin.post("/api/v1/admin/mail", json=given | {"group_ids": []}).status_code == 422


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_mail_without_a_mail_server_is_refused_with_what_to_set(door: Door) -> None:
    refused = door("admin").post("/api/v1/admin/mail", json={"subject": "x", "text": "x", "all": True})
    assert refused.status_code == 409
    assert "MICRARIUM_SMTP_URL" in refused.json()["detail"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_server_examines_itself(door: Door, site: Site, tmp_path: Path) -> None:
    import_file(door("admin"), write_image(tmp_path / "a.tif", seed=8))
    assert door("ada").post("/api/v1/admin/doctor", json={}).status_code == 403
    told = finish(door("admin"), door("admin").post("/api/v1/admin/doctor", json={"all": True}))
    assert told["is_healthy"], told
    next(path for path in site.originals.rglob("*.tif")).unlink()
    told = finish(door("admin"), door("admin").post("/api/v1/admin/doctor", json={}))
    assert [one["advice"] for one in told["findings"] if one["state"] == "error"] == ["Restore it from a backup"]


def test_administrators_see_everybodys_jobs_and_sessions(door: Door, site: Site, tmp_path: Path) -> None:
    import_file(door("ada"), write_image(tmp_path / "a.tif", seed=6))
    jobs = door("admin").get("/api/v1/admin/jobs", params={"state": "done"}).json()["items"]
    assert [(one["kind"], one["username"]) for one in jobs] == [("import", "ada")]
    sign_in(site.engine, "admin", "correct horse", hours=1)
    assert [one["username"] for one in door("admin").get("/api/v1/admin/sessions").json()["items"]] == ["admin"]
    for path in ("jobs", "sessions", "logs", "classrooms"):
        assert door("ada").get(f"/api/v1/admin/{path}").status_code == 403
