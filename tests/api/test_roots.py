"""Roots: places that an administrator names, which members of some groups browse and import from, and nobody leaves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.test_imports import finish

from micrarium.actions.opening import Site
from micrarium.errors import NotAllowed, NotFound
from micrarium.model import OriginalFile
from micrarium.permissions import every, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_ome_zarr

Door = Callable[[str | None], httpx.Client]
SECRET_KEY = "wJalrXUtnFEMI"


@pytest.fixture
def nas(tmp_path: Path) -> Path:
    """A folder tree with two pictures, one of them below a folder."""
    folder = tmp_path / "nas"
    (folder / "run1").mkdir(parents=True)
    write_ome_tiff(folder / "run1" / "a.ome.tif", numbered_pixels(1, 2, 1, 40, 50))
    write_ome_tiff(folder / "b.ome.tif", numbered_pixels(1, 1, 1, 30, 20))
    return folder


@pytest.fixture
def make(door: Door, people: dict[str, int], nas: Path) -> Callable[..., dict[str, Any]]:
    """Names a root as the administrator: the folder, open to the read-write group, unless told otherwise."""

    def make_root(**values: Any) -> dict[str, Any]:
        given = {"name": "NAS", "kind": "folder", "location": str(nas), "group_ids": [people["read-write"]]} | values
        answer = door("admin").post("/api/v1/roots", json=given)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    return make_root


def import_from(client: httpx.Client, *paths: str, in_place: bool = True, **values: Any) -> dict[str, Any]:
    asked = client.post("/api/v1/imports", json={"paths": list(paths), "in_place": in_place} | values)
    assert asked.status_code == 202, asked.text
    return finish(client, asked.json())


def test_only_administrators_name_roots_and_only_they_are_told_where_those_lie(
    door: Door, make: Callable[..., dict[str, Any]], nas: Path, people: dict[str, int]
) -> None:
    given = {"name": "Mine", "kind": "folder", "location": str(nas)}
    assert door("ada").post("/api/v1/roots", json=given).status_code == 403
    assert door(None).post("/api/v1/roots", json=given).status_code == 401
    made = make()
    assert (made["location"], made["group_ids"], made["ways"]) == (str(nas), [people["read-write"]], ["in-place", "copy"])
    shown = door("ada").get("/api/v1/roots").json()["items"]
    assert shown == [{"id": made["id"], "name": "NAS", "kind": "folder", "ways": ["in-place", "copy"], "is_watched": False}]
    assert door("eve").get("/api/v1/roots").json()["items"] == []
    for url in (f"/api/v1/roots/{made['id']}", f"/api/v1/roots/{made['id']}/entries"):
        assert door("ada").get(url).status_code == 200
        assert door("eve").get(url).status_code == 404
        assert door(None).get(url).status_code == 401
    assert door("ada").patch(f"/api/v1/roots/{made['id']}", json={"name": "X"}).status_code == 403
    assert door("ada").delete(f"/api/v1/roots/{made['id']}").status_code == 403


def test_keys_are_kept_and_told_to_nobody(door: Door, make: Callable[..., dict[str, Any]]) -> None:
    made = make(name="Store", kind="bucket", location="s3://images/lab", access_key="AKIA", secret_key=SECRET_KEY)
    assert made["has_secret_key"]
    for person in ("admin", "ada"):
        for url in ("/api/v1/roots", f"/api/v1/roots/{made['id']}"):
            assert SECRET_KEY not in door(person).get(url).text
    assert "AKIA" not in door("ada").get("/api/v1/roots").text
    changed = door("admin").patch(f"/api/v1/roots/{made['id']}", json={"access_key": "", "secret_key": ""}).json()
    assert (changed["has_secret_key"], changed["access_key"]) == (False, None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "a/b"}, "name"), ({"name": "a:b"}, "name"), ({"name": "12"}, "name"), ({"name": " x"}, "name"),
        ({"name": "a\nb"}, "name"), ({"location": "relative"}, "location"), ({"location": "/there/is/none"}, "location"),
        ({"ways": []}, "ways"), ({"ways": ["copy", "copy"]}, "ways"), ({"group_ids": [987654]}, "group_ids"),
        ({"kind": "bucket", "location": "bucket"}, "location"), ({"kind": "bucket", "location": "s3://b/../c"}, "location"),
        ({"kind": "bucket", "location": "s3://images", "access_key": "x"}, "secret_key"),
        ({"kind": "host", "location": "ftp://x"}, "location"), ({"kind": "host", "location": "https://u:p@x/"}, "location"),
        ({"kind": "host", "location": "https://example.org/a", "is_watched": True}, "is_watched"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_root_that_cannot_be_is_refused_with_its_field(door: Door, nas: Path, values: dict[str, Any], field: str) -> None:
    given = {"name": "NAS", "kind": "folder", "location": str(nas)} | values
    answer = door("admin").post("/api/v1/roots", json=given)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert door("admin").get("/api/v1/roots").json()["items"] == []


def test_a_root_below_the_data_folder_is_refused_and_one_above_it_does_not_show_it(
    door: Door, site: Site, make: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    for path in (site.data, site.data / "originals"):
        answer = door("admin").post("/api/v1/roots", json={"name": "Data", "kind": "folder", "location": str(path)})
        assert (answer.status_code, answer.json()["field"]) == (422, "location")
    above = make(location=str(tmp_path))
    names = [entry["name"] for entry in door("ada").get(f"/api/v1/roots/{above['id']}/entries").json()["items"]]
    assert names == ["nas"]
    refused = door("ada").get(f"/api/v1/roots/{above['id']}/entries", params={"path": "data"})
    assert refused.status_code == 403
    asked = door("ada").post("/api/v1/imports", json={"paths": ["root:NAS/data/originals"]})
    assert asked.status_code == 403


def test_folders_are_listed_in_pages_folders_first(door: Door, make: Callable[..., dict[str, Any]], nas: Path) -> None:
    for number in range(5):
        (nas / f"c{number}.txt").write_bytes(b"x" * number)
    (nas / "c5.tif").touch()
    (nas / ".hidden").touch()
    (nas / "odd\nname.tif").touch()
    (nas / "cells.ome.zarr").mkdir()
    url, seen, cursor = f"/api/v1/roots/{make()['id']}/entries", [], None
    while True:
        page = door("ada").get(url, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += page["items"]
        if (cursor := page["next"]) is None:
            break
        assert len(page["items"]) == 3
    assert [entry["name"] for entry in seen] == [
        "cells.ome.zarr", "run1", "b.ome.tif", "c0.txt", "c1.txt", "c2.txt", "c3.txt", "c4.txt", "c5.tif",
    ]  # fmt: skip
    told = {entry["name"]: (entry["is_folder"], entry["size"], entry["format"]) for entry in seen}
    assert told["run1"] == (True, None, None)
    assert told["cells.ome.zarr"] == (True, None, "ome-zarr")
    assert told["b.ome.tif"] == (False, (nas / "b.ome.tif").stat().st_size, "ome-tiff")
    assert told["c3.txt"] == (False, 3, None)
    assert told["c5.tif"] == (False, 0, "tiff")
    inside = door("ada").get(url, params={"path": "run1"}).json()["items"]
    assert [entry["path"] for entry in inside] == ["run1/a.ome.tif"]
    assert door("ada").get(url, params={"cursor": "x"}).status_code == 422


@pytest.mark.parametrize("path", ["..", "run1/../..", "/etc", "run1/./a", "a\x00b", "run1\\a", "run1//a", "a\nb"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_path_leads_out_of_a_root(door: Door, make: Callable[..., dict[str, Any]], path: str) -> None:
    url = f"/api/v1/roots/{make()['id']}/entries"
    shown = door("ada").get(url, params={"path": path})
    assert shown.status_code in (404, 422), shown.text
    asked = door("ada").post("/api/v1/imports", json={"paths": [f"root:NAS/{path}"]})
    assert asked.status_code in (404, 422), asked.text
    assert door("ada").get("/api/v1/jobs").json()["items"] == []


def test_links_that_lead_out_are_neither_shown_nor_followed(
    door: Door, make: Callable[..., dict[str, Any]], nas: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    write_ome_tiff(outside / "secret.ome.tif", numbered_pixels(1, 1, 1, 10, 10))
    (nas / "out").symlink_to(outside)
    (nas / "run1" / "out.ome.tif").symlink_to(outside / "secret.ome.tif")
    (nas / "again.ome.tif").symlink_to(nas / "b.ome.tif")  # one that stays inside is fine
    root = make()
    ada = door("ada")
    url = f"/api/v1/roots/{root['id']}/entries"
    assert [entry["name"] for entry in ada.get(url).json()["items"]] == ["run1", "again.ome.tif", "b.ome.tif"]
    assert [entry["name"] for entry in ada.get(url, params={"path": "run1"}).json()["items"]] == ["a.ome.tif"]
    for path in ("out", "out/secret.ome.tif", "run1/out.ome.tif"):
        refused = ada.post("/api/v1/imports", json={"paths": [f"root:NAS/{path}"]})
        assert (refused.status_code, "leads out of NAS" in refused.json()["detail"]) == (403, True), refused.text
    job = import_from(ada, "root:NAS")
    assert len(job["result"]["images"]) == 2
    told = {entry["path"]: entry["reason"] for entry in job["result"]["skipped"]}
    assert "leads out of NAS" in told["run1/out.ome.tif"]
    assert "leads out of NAS" in told["out"]
    assert str(tmp_path) not in str(job)


def test_what_becomes_a_link_while_it_is_imported_is_left_out(
    door: Door, site: Site, make: Callable[..., dict[str, Any]], nas: Path, people: dict[str, int], tmp_path: Path
) -> None:
    from micrarium.actions.choosing import Item
    from micrarium.actions.importing_from_roots import check_root_paths, import_from_root
    from micrarium.permissions import load_actor

    make()
    secret = write_ome_tiff(tmp_path / "secret.ome.tif", numbered_pixels(1, 1, 1, 30, 20))
    with system_session(site.engine, "a test") as session:
        ada = load_actor(session, people["ada"])

    def swap(_part: float, doing: str) -> None:
        if doing == "b.ome.tif" and not (nas / "b.ome.tif").is_symlink():  # it is about to be read
            (nas / "b.ome.tif").unlink()
            (nas / "b.ome.tif").symlink_to(secret)

    noted = check_root_paths(site, ada, ["root:NAS/b.ome.tif"], is_in_place=False)
    result = import_from_root(site, ada, [Item(tuple(noted))], way="copy", progress=swap)
    assert result.images == []
    assert [(entry["path"], "leads out of NAS" in entry["reason"]) for entry in result.failed] == [("b.ome.tif", True)]
    assert list(site.originals.glob("*/*/*/*.tif")) == []
    with pytest.raises(NotAllowed):  # and it is not even asked for any more
        check_root_paths(site, ada, ["root:NAS/b.ome.tif"], is_in_place=False)
    assert door("ada").get("/api/v1/images").json()["items"] == []


def test_a_folder_with_a_chunk_that_leads_out_is_left_out(
    door: Door, make: Callable[..., dict[str, Any]], nas: Path, tmp_path: Path
) -> None:
    write_ome_zarr(nas / "cells.ome.zarr", numbered_pixels(1, 1, 1, 40, 50))
    chunk = next(path for path in (nas / "cells.ome.zarr" / "0" / "c").rglob("*") if path.is_file())
    chunk.rename(tmp_path / "elsewhere")
    chunk.symlink_to(tmp_path / "elsewhere")
    make()
    result = import_from(door("ada"), "root:NAS/cells.ome.zarr")["result"]
    assert result["images"] == []
    (entry,) = result["failed"]
    assert (entry["path"], "leads out of NAS" in entry["reason"]) == ("cells.ome.zarr", True)


def test_links_in_circles_end(door: Door, make: Callable[..., dict[str, Any]], nas: Path) -> None:
    (nas / "run1" / "back").symlink_to(nas)
    (nas / "itself").symlink_to(nas / "itself")
    root = make()
    names = [entry["name"] for entry in door("ada").get(f"/api/v1/roots/{root['id']}/entries").json()["items"]]
    assert names == ["run1", "b.ome.tif"]
    result = import_from(door("ada"), "root:NAS")["result"]
    assert len(result["images"]) == 2


def test_what_becomes_a_link_after_it_was_imported_is_not_read(
    door: Door, make: Callable[..., dict[str, Any]], nas: Path, tmp_path: Path
) -> None:
    make()
    ada = door("ada")
    (image_id,) = import_from(ada, "root:NAS/b.ome.tif")["result"]["images"]
    secret = write_ome_tiff(tmp_path / "secret.ome.tif", numbered_pixels(1, 1, 1, 30, 20))
    (nas / "b.ome.tif").unlink()
    (nas / "b.ome.tif").symlink_to(secret)
    for url in (
        f"/api/v1/images/{image_id}/original", f"/zarr/images/{image_id}.ome.zarr/0/c/0/0/0/0/0",
        f"/api/v1/images/{image_id}/plane?format=png",
    ):  # fmt: skip
        answer = ada.get(url)
        assert (answer.status_code, "leads out of NAS" in answer.text) == (403, True), (url, answer.text)


def test_members_import_in_place_and_nothing_is_written_beside_the_data(
    door: Door, site: Site, make: Callable[..., dict[str, Any]], nas: Path, people: dict[str, int]
) -> None:
    for path in (*nas.rglob("*"), nas):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in (nas, *nas.rglob("*"))}
    make()
    ada = door("ada")
    job = import_from(ada, "root:NAS/run1", "root:NAS/b.ome.tif", dataset="Run", group_id=people["read-write"])
    assert job["state"] == "done", job
    result = job["result"]
    assert (len(result["images"]), result["failed"]) == (2, [])
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in (nas, *nas.rglob("*"))} == before
    assert list(site.originals.glob("*/*/*/*.tif")) == []
    original = ada.get(f"/api/v1/images/{result['images'][0]}/original")
    assert original.content == (nas / "run1" / "a.ome.tif").read_bytes()
    files = ada.get("/api/v1/original_files").json()["items"]
    assert sorted((file["path"], file["is_in_place"]) for file in files) == [("b.ome.tif", True), ("run1/a.ome.tif", True)]
    assert str(nas) not in ada.get("/api/v1/original_files").text + ada.get("/api/v1/filesets").text + str(job)
    assert ada.get(f"/api/v1/images/{result['images'][0]}/thumbnail").status_code == 200


def test_what_a_root_does_not_allow_is_refused(door: Door, make: Callable[..., dict[str, Any]], nas: Path) -> None:
    make(ways=["copy"])
    ada = door("ada")
    refused = ada.post("/api/v1/imports", json={"paths": ["root:NAS/run1"], "in_place": True})
    assert (refused.status_code, refused.json()["field"]) == (403, "in_place")
    job = import_from(ada, "root:NAS/run1", in_place=False)
    (image_id,) = job["result"]["images"]
    shutil.rmtree(nas)
    assert ada.get(f"/api/v1/images/{image_id}/original").status_code == 200
    assert door("eve").post("/api/v1/imports", json={"paths": ["root:NAS/run1"]}).status_code == 404
    mixed = door("admin").post("/api/v1/imports", json={"paths": ["root:NAS/run1", str(nas)]})
    assert mixed.status_code == 422


def test_a_right_that_was_taken_away_ends_a_job_that_waits(
    door: Door, site: Site, make: Callable[..., dict[str, Any]], people: dict[str, int]
) -> None:
    from micrarium.actions.choosing import Item
    from micrarium.actions.importing_from_roots import check_root_paths, import_from_root
    from micrarium.permissions import load_actor

    root = make()
    with system_session(site.engine, "a test") as session:
        ada = load_actor(session, people["ada"])
    noted = check_root_paths(site, ada, ["root:NAS/run1"], is_in_place=True)
    assert noted == [f"root:{root['id']}/run1"]
    door("admin").patch(f"/api/v1/roots/{root['id']}", json={"group_ids": []})
    with pytest.raises(NotFound):
        import_from_root(site, ada, [Item(tuple(noted))], way="stay")


def test_a_place_that_is_gone_is_told_in_a_sentence(door: Door, make: Callable[..., dict[str, Any]], nas: Path) -> None:
    root = make()
    ada = door("ada")
    (image_id,) = import_from(ada, "root:NAS/run1")["result"]["images"]
    nas.rename(nas.with_name("elsewhere"))
    for url in (
        f"/api/v1/roots/{root['id']}/entries", f"/api/v1/images/{image_id}/original",
        f"/api/v1/images/{image_id}/plane?z=0", f"/api/v1/images/{image_id}/region",
    ):  # fmt: skip
        answer = ada.get(url)
        assert answer.status_code == 503, (url, answer.text)
        assert "NAS cannot be reached now" in answer.json()["detail"]
        assert str(nas) not in answer.text
    nas.with_name("elsewhere").rename(nas)
    (nas / "run1" / "a.ome.tif").unlink()
    gone = ada.get(f"/api/v1/images/{image_id}/original")
    assert (gone.status_code, "a.ome.tif is not where it was imported from" in gone.json()["detail"]) == (503, True)


def test_a_root_with_images_stays_where_it_is(door: Door, site: Site, make: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    root = make()
    import_from(door("ada"), "root:NAS/run1")
    admin, url = door("admin"), f"/api/v1/roots/{root['id']}"
    assert admin.patch(url, json={"location": str(tmp_path)}).status_code == 409
    assert admin.delete(url).status_code == 409
    assert admin.patch(url, json={"name": "Store", "ways": ["copy"]}).json()["name"] == "Store"
    with system_session(site.engine, "a test") as session:
        assert [file.root_id for file in session.scalars(every(OriginalFile))] == [root["id"]]
    other = admin.post("/api/v1/roots", json={"name": "Other", "kind": "folder", "location": str(tmp_path)}).json()
    assert admin.post("/api/v1/roots", json={"name": "Other", "kind": "folder", "location": str(tmp_path)}).status_code == 409
    assert admin.delete(f"/api/v1/roots/{other['id']}").status_code == 204
    assert admin.get(f"/api/v1/roots/{other['id']}").status_code == 404


def test_a_file_that_moved_out_of_its_root_is_relinked_by_its_checksum(
    door: Door, site: Site, make: Callable[..., dict[str, Any]], nas: Path, tmp_path: Path
) -> None:
    make()
    (image_id,) = import_from(door("ada"), "root:NAS/run1")["result"]["images"]
    archive = tmp_path / "archive"
    (nas / "run1").rename(archive)
    assert door("ada").get(f"/api/v1/images/{image_id}/original").status_code == 503
    admin = door("admin")
    job = finish(admin, admin.post("/api/v1/admin/relink", json={"folders": [str(archive)]}).json())
    assert job["state"] == "done", job
    content = door("ada").get(f"/api/v1/images/{image_id}/original").content
    assert content == (archive / "a.ome.tif").read_bytes()
    with system_session(site.engine, "a test") as session:
        assert [file.root_id for file in session.scalars(every(OriginalFile))] == [None]
