"""Imports of many files over HTTP: previewed, with targets, reported, retried, for somebody else, and of files that are known."""

from __future__ import annotations

import csv
import hashlib
import io
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.test_imports import Door, finish, open_upload, send

from micrarium.actions.opening import Site
from micrarium.model import Event, Job
from micrarium.permissions import every, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder of two good files, one that is cut short and one that is no image."""
    folder = tmp_path / "run"
    folder.mkdir()
    whole = [write_ome_tiff(folder / f"{name}.ome.tif", numbered_pixels(1, 1, 1, 64, 64) + i) for i, name in enumerate("ab")]
    (folder / "cut.ome.tif").write_bytes(whole[0].read_bytes()[:700])
    (folder / "notes.txt").write_text("not an image at all")
    return folder


def upload(client: httpx.Client, folder: Path) -> int:
    """The number of an upload with all files of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in files]
    address = open_upload(client, *zip(names, (path.stat().st_size for path in files), strict=True))
    for path, name in zip(files, names, strict=True):
        assert send(client, address, name, path.read_bytes(), offset=0).status_code == 200
    return int(address.rsplit("/", 1)[1])


def ask(client: httpx.Client, wanted: dict[str, Any], *, path: str = "/api/v1/imports") -> dict[str, Any]:
    """The job once it has ended."""
    answer = client.post(path, json=wanted)
    assert answer.status_code == 202, answer.text
    return finish(client, answer.json())


def rows_of(client: httpx.Client, job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    report = client.get(f"/api/v1/jobs/{job['id']}/report")
    assert report.status_code == 200, report.text
    return {f"{row['path']} {row['outcome']}": row for row in report.json()["rows"]}


def test_an_upload_is_previewed_then_imported_without_what_was_left_out(door: Door, site: Site, run: Path) -> None:
    ada = door("ada")
    number = upload(ada, run)
    seen = ask(ada, {"upload_id": number, "target": "Dataset:name:New"}, path="/api/v1/imports/preview")
    assert (seen["kind"], seen["state"]) == ("preview", "done")
    told = seen["result"]
    assert [(entry["path"], entry["reader"], entry["image_count"]) for entry in told["filesets"]] == [
        ("a.ome.tif", "ome-tiff", 1), ("b.ome.tif", "ome-tiff", 1),
    ]  # fmt: skip
    assert told["filesets"][0]["into"] == [{"kind": "dataset", "id": None, "name": "New"}]
    assert (told["failed"][0]["path"], told["skipped"][0]["path"]) == ("cut.ome.tif", "notes.txt")
    assert str(site.data) not in ada.get(f"/api/v1/jobs/{seen['id']}").text
    assert ada.get("/api/v1/images").json()["items"] == []
    assert ada.get("/api/v1/datasets").json()["items"] == []
    done = ask(ada, {"upload_id": number, "target": "Dataset:name:New", "exclude": ["b.ome.tif"], "name": "{stem} cells"})
    assert [entry["path"] for entry in done["result"]["imported"]] == ["a.ome.tif"]
    assert [image["name"] for image in ada.get("/api/v1/images").json()["items"]] == ["a cells"]


def test_items_of_an_upload_go_each_to_its_own_place(door: Door, run: Path) -> None:
    ada = door("ada")
    items = [
        {"paths": ["a.ome.tif"], "target": "Dataset:name:One", "name": "first"},
        {"paths": ["b.ome.tif"], "target": "regex:(?<Container1>.*/lab/run)", "description": "second"},
    ]
    job = ask(ada, {"upload_id": upload(ada, run), "items": items, "client_base": "/data/lab/run"})
    assert (job["state"], len(job["result"]["images"]), job["result"]["failed"]) == ("done", 2, [])
    assert sorted(dataset["name"] for dataset in ada.get("/api/v1/datasets").json()["items"]) == ["One", "data/lab/run"]
    images = {image["name"]: image for image in ada.get("/api/v1/images").json()["items"]}
    assert set(images) == {"first", "b.ome.tif"}
    assert images["b.ome.tif"]["description"] == "second"


@pytest.mark.parametrize(
    ("wanted", "status", "field"),
    [
        ({"target": "Dataset:x"}, 422, "target"), ({"target": "Dataset:1", "dataset": 1}, 422, "target"),
        ({"target": "Dataset:999"}, 404, None), ({"items": []}, 422, "items"), ({"items": [{"paths": ["../x"]}]}, 422, "path"),
        ({"items": [{"paths": ["/etc/passwd"]}]}, 422, "path"), ({"items": [{"paths": ["none.tif"]}]}, 404, "paths"),
        ({"depth": -1}, 422, None), ({"duplicates": "often"}, 422, None), ({"target": "regex:(?<Container1>"}, 422, "target"),
        ({"owner": "bob"}, 403, None), ({"owner": 3}, 403, None), ({"paths": ["a.ome.tif"]}, 422, "upload_id"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_imported_so_is_refused_before_anything_is_done(
    door: Door, run: Path, wanted: dict[str, Any], status: int, field: str | None
) -> None:
    ada = door("ada")
    number = upload(ada, run)
    for path in ("/api/v1/imports", "/api/v1/imports/preview"):
        refused = ada.post(path, json={"upload_id": number} | wanted)
        assert refused.status_code == status, refused.text
        assert field is None or refused.json()["field"] == field
    assert ada.get("/api/v1/jobs").json()["items"] == []


def test_a_report_says_of_each_file_what_came_of_it_and_what_to_do(door: Door, site: Site, run: Path) -> None:
    ada, bob = door("ada"), door("bob")
    job = ask(ada, {"upload_id": upload(ada, run), "dataset": "D"})
    rows = rows_of(ada, job)
    assert set(rows) == {"a.ome.tif imported", "b.ome.tif imported", "cut.ome.tif failed", "notes.txt skipped"}
    assert rows["a.ome.tif imported"]["images"] == job["result"]["images"][:1]
    for name in ("cut.ome.tif failed", "notes.txt skipped"):
        assert rows[name]["reason"]
        assert rows[name]["advice"]
    answer = ada.get(f"/api/v1/jobs/{job['id']}/report?format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"import-{job['id']}.csv" in answer.headers["Content-Disposition"]
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert {f"{row['path']} {row['outcome']}" for row in table} == set(rows)
    assert str(site.data) not in answer.text
    assert bob.get(f"/api/v1/jobs/{job['id']}/report").status_code == 404
    assert ada.get(f"/api/v1/jobs/{job['id']}/report?format=xls").status_code == 422
    listed = ada.get("/api/v1/jobs").json()["items"][0]["result"]
    assert ("imported" not in listed, listed["totals"]["imported"], listed["totals"]["failed"]) == (True, 2, 1)


def test_a_report_holds_no_formula(door: Door, tmp_path: Path) -> None:
    (tmp_path / "=1+2.txt").write_text("no image")
    ada = door("ada")
    address = open_upload(ada, ("=1+2.txt", 8))
    send(ada, address, "=1+2.txt", b"no image", offset=0)
    job = ask(ada, {"upload_id": int(address.rsplit("/", 1)[1])})
    text = ada.get(f"/api/v1/jobs/{job['id']}/report?format=csv").text
    assert [row["path"] for row in csv.DictReader(io.StringIO(text))] == ["'=1+2.txt"]


def test_a_retry_imports_only_what_failed(door: Door, run: Path) -> None:
    admin = door("admin")
    job = ask(admin, {"paths": [str(run)], "target": "Dataset:name:D"})
    assert (len(job["result"]["images"]), len(job["result"]["failed"])) == (2, 1)
    again = finish(admin, admin.post(f"/api/v1/jobs/{job['id']}/retry").json())
    assert (again["result"]["images"], len(again["result"]["failed"]), again["result"]["skipped"]) == ([], 1, [])
    write_ome_tiff(run / "cut.ome.tif", numbered_pixels(1, 1, 1, 64, 64) + 7)
    mended = finish(admin, admin.post(f"/api/v1/jobs/{again['id']}/retry").json())
    assert (len(mended["result"]["images"]), mended["result"]["failed"]) == (1, [])
    dataset = admin.get("/api/v1/datasets").json()["items"]
    assert [one["name"] for one in dataset] == ["D"]
    assert len(admin.get("/api/v1/dataset_image_links").json()["items"]) == 3
    nothing = admin.post(f"/api/v1/jobs/{mended['id']}/retry")
    assert (nothing.status_code, "nothing to retry" in nothing.json()["detail"]) == (409, True)
    assert admin.get(f"/api/v1/jobs/{mended['id']}/report").json()["retry_of"] == again["id"]
    whole = ask(admin, {"upload_id": upload(admin, run)})  # its upload was removed when all of it was in
    nothing = admin.post(f"/api/v1/jobs/{whole['id']}/retry")
    assert (nothing.status_code, "nothing to retry" in nothing.json()["detail"]) == (409, True)


def test_an_upload_is_retried_until_nothing_of_it_failed_and_is_gone_then(door: Door, run: Path) -> None:
    ada, bob = door("ada"), door("bob")
    (run / "cut.ome.tif").rename(run / "z.ome.tif")
    number = upload(ada, run)
    job = ask(ada, {"upload_id": number})
    assert bob.post(f"/api/v1/jobs/{job['id']}/retry").status_code == 404
    again = finish(ada, ada.post(f"/api/v1/jobs/{job['id']}/retry").json())
    assert [entry["path"] for entry in again["result"]["failed"]] == ["z.ome.tif"]
    assert ada.delete(f"/api/v1/uploads/{number}").status_code == 204
    gone = ada.post(f"/api/v1/jobs/{job['id']}/retry")
    assert (gone.status_code, "removed" in gone.json()["detail"]) == (409, True)


def test_an_import_that_stops_at_a_failure_is_taken_up_by_a_retry(door: Door, run: Path) -> None:
    admin = door("admin")
    (run / "cut.ome.tif").rename(run / "aa-cut.ome.tif")
    job = ask(admin, {"paths": [str(run)], "stop_on_failure": True})
    left = [row["path"] for row in rows_of(admin, job).values() if row["outcome"] == "not reached"]
    assert [Path(path).name for path in left] == ["b.ome.tif", "notes.txt"]
    (run / "aa-cut.ome.tif").unlink()
    write_ome_tiff(run / "aa-cut.ome.tif", numbered_pixels(1, 1, 1, 64, 64) + 7)
    again = finish(admin, admin.post(f"/api/v1/jobs/{job['id']}/retry").json())
    assert sorted(Path(entry["path"]).name for entry in again["result"]["imported"]) == ["aa-cut.ome.tif", "b.ome.tif"]


def test_a_cancelled_import_that_never_began_is_retried_whole(door: Door, site: Site, run: Path) -> None:
    admin = door("admin")
    with system_session(site.engine, "a test") as session:
        arguments = {"paths": [str(run)], "upload_id": None, "dataset": "D"}
        ended = datetime.now(UTC)
        job = Job(kind="import", state="cancelled", arguments=arguments, experimenter_id=1, message="Cancelled", finished_at=ended)
        session.add(job)
        session.flush()
        number = job.id
    again = finish(admin, admin.post(f"/api/v1/jobs/{number}/retry").json())
    assert len(again["result"]["images"]) == 2
    with system_session(site.engine, "a test") as session:
        export = Job(kind="export", state="failed", arguments={}, experimenter_id=1, message="")
        session.add(export)
        session.flush()
    assert admin.post(f"/api/v1/jobs/{export.id}/retry").status_code == 409
    assert admin.get(f"/api/v1/jobs/{export.id}/report").status_code == 404


#: More than are imported before a job notices that it was cancelled.
MANY = 100


def test_what_a_cancelled_import_left_is_imported_by_a_retry_and_nothing_twice(door: Door, site: Site, tmp_path: Path) -> None:
    admin = door("admin")
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(MANY):
        write_ome_tiff(folder / f"{number:03}.ome.tif", numbered_pixels(1, 1, 1, 8, 8) + number)
    job = admin.post("/api/v1/imports", json={"paths": [str(folder)]}).json()
    assert admin.delete(f"/api/v1/jobs/{job['id']}").json()["state"] == "cancelled"
    while (retried := admin.post(f"/api/v1/jobs/{job['id']}/retry")).status_code == 409:
        assert "being stopped" in retried.json()["detail"], retried.text
        time.sleep(0.05)
    outcomes = [row["outcome"] for row in rows_of(admin, job).values()]
    assert set(outcomes) <= {"imported", "not reached"}
    again = finish(admin, retried.json())
    assert len(again["result"]["images"]) == MANY - outcomes.count("imported")
    assert len(admin.get("/api/v1/images", params={"limit": 2 * MANY}).json()["items"]) == MANY
    assert list((site.originals / ".incoming").iterdir()) == []


def test_an_administrator_imports_for_somebody_else(door: Door, site: Site, run: Path, people: dict[str, int]) -> None:
    admin, ada = door("admin"), door("ada")
    number = upload(admin, run)
    target = "Project:name:P/Dataset:name:D"
    job = ask(admin, {"upload_id": number, "owner": "ada", "target": target, "group_id": people["private"]})
    image_ids = job["result"]["images"]
    assert len(image_ids) == 2
    image = ada.get(f"/api/v1/images/{image_ids[0]}").json()
    assert (image["owner_id"], image["group_id"]) == (people["ada"], people["private"])
    assert [one["owner_id"] for one in ada.get("/api/v1/datasets").json()["items"]] == [people["ada"]]
    with system_session(site.engine, "a test") as session:
        event = session.scalars(every(Event).where(Event.id == image["creation_event_id"])).one()
        assert (event.experimenter_id, event.sudo_experimenter_id, event.job_id) == (people["ada"], 1, job["id"])
    assert admin.get(f"/api/v1/jobs/{job['id']}/report").status_code == 200
    again = ask(admin, {"upload_id": upload(admin, run), "owner": people["ada"], "group_id": people["private"]})
    assert (again["result"]["images"], [entry["kind"] for entry in again["result"]["skipped"]][:2]) == ([], ["known", "known"])


def test_only_who_may_work_as_others_imports_for_them_and_never_for_who_may_more(
    door: Door, run: Path, people: dict[str, int]
) -> None:
    admin = door("admin")
    for name, privileges in (("pia", ["Sudo"]), ("eve", ["ModifyUser"])):
        admin.patch(f"/api/v1/experimenters/{people[name]}", json={"is_admin": True, "privileges": privileges})
    for name, owner, status in (
        ("eve", "ada", 403),
        ("pia", "admin", 403),
        ("pia", 999, 404),
        ("pia", "nobody", 404),
        ("bob", 999, 403),
    ):
        client = door(name)
        number = upload(client, run)
        assert client.post("/api/v1/imports", json={"upload_id": number, "owner": owner}).status_code == status, (name, owner)
        assert client.post("/api/v1/imports/known", json={"sizes": [1], "owner": owner}).status_code == status
    pia = door("pia")
    job = ask(pia, {"upload_id": upload(pia, run), "owner": "ada"})
    assert len(job["result"]["images"]) == 2
    assert door("ada").get(f"/api/v1/images/{job['result']['images'][0]}").json()["owner_id"] == people["ada"]


def test_what_is_imported_for_somebody_counts_for_their_quota(door: Door, run: Path, people: dict[str, int]) -> None:
    admin = door("admin")
    assert admin.put(f"/api/v1/admin/quotas/user/{people['ada']}", json={"quota_bytes": 1000}).status_code == 200
    refused = admin.post("/api/v1/imports", json={"paths": [str(run)], "owner": "ada"})
    assert (refused.status_code, refused.json()["type"]) == (413, "/problems/too-large")
    assert len(ask(admin, {"paths": [str(run)]})["result"]["images"]) == 2
    seen = ask(admin, {"paths": [str(run)], "owner": "ada"}, path="/api/v1/imports/preview")
    assert any("quota" in entry["reason"] or "room" in entry["reason"] for entry in seen["result"]["warnings"])


def test_who_has_files_elsewhere_asks_which_are_known_by_their_checksums(door: Door, run: Path) -> None:
    ada, bob = door("ada"), door("bob")
    (image_id, _) = ask(ada, {"upload_id": upload(ada, run)})["result"]["images"]
    path = run / "a.ome.tif"
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    asked = {"sizes": [path.stat().st_size, 1], "filesets": [[checksum], [checksum, "0" * 64], ["0" * 64]]}
    assert ada.post("/api/v1/imports/known", json=asked).json() == {"sizes": [path.stat().st_size], "known": [image_id, None, None]}
    assert bob.post("/api/v1/imports/known", json=asked).json() == {"sizes": [], "known": [None, None, None]}
    assert ada.post("/api/v1/imports/known", json={"filesets": [["x"]]}).status_code == 422
