"""Roots that are buckets and hosts: only those are asked, only at addresses that may be; files come once and are kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tensorstore
from tests.api.stores import Store, serve
from tests.api.test_imports import finish
from tests.formats.test_made_ome_zarr import write_image

from micrarium.actions.asking_hosts import sign
from micrarium.actions.fetching import fetch, trim
from micrarium.actions.locating import close_files
from micrarium.actions.mirroring import mirror
from micrarium.actions.opening import Site
from micrarium.errors import Conflict, NotFound, TooLarge, Unavailable
from micrarium.formats.ome_zarr_store import find_distant
from micrarium.model import Root
from micrarium.permissions import find_by, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_ome_zarr, write_plate

Door = Callable[[str | None], httpx.Client]
Made = dict[str, Any]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """What the servers serve: a picture, folders, and OME-Zarr of both versions."""
    folder = tmp_path / "served"
    (folder / "run1").mkdir(parents=True)
    write_ome_tiff(folder / "run1" / "a.ome.tif", numbered_pixels(1, 2, 1, 40, 50))
    write_ome_tiff(folder / "run1" / "b 1+2#.ome.tif", numbered_pixels(1, 1, 1, 30, 20, seed=1))
    write_ome_zarr(folder / "new.ome.zarr", numbered_pixels(1, 2, 1, 70, 90), label=numbered_pixels(1, 1, 1, 70, 90))
    write_image(folder / "old.ome.zarr", numbered_pixels(2, 70, 90), "cyx", version="0.4")
    return folder


@pytest.fixture
def host(files: Path) -> Iterator[Store]:
    with serve(files) as store:
        yield store


@pytest.fixture
def bucket(files: Path) -> Iterator[Store]:
    with serve(files, bucket="images", access_key="AKIATEST") as store:
        yield store


@pytest.fixture
def make(door: Door, people: dict[str, int]) -> Callable[..., Made]:
    """Names a root of a server as the administrator, in the private network unless told otherwise."""

    def make_root(store: Store, **values: Any) -> Made:
        given: Made = {"name": "Far", "is_private": True, "group_ids": [people["read-write"]]}
        if store.bucket:
            given |= {"kind": "bucket", "location": f"s3://{store.bucket}", "endpoint": store.url}
            given |= {"access_key": store.access_key, "secret_key": "a secret"}
        else:
            given |= {"kind": "host", "location": store.url}
        answer = door("admin").post("/api/v1/roots", json=given | values)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    return make_root


def import_from(client: httpx.Client, *paths: str, in_place: bool = True) -> Made:
    asked = client.post("/api/v1/imports", json={"paths": list(paths), "in_place": in_place})
    assert asked.status_code == 202, asked.text
    return finish(client, asked.json())


def root_of(site: Site, made: Made) -> Root:
    with system_session(site.engine, "a test") as session:
        found = find_by(session, Root, id=made["id"])
        assert found is not None
        return found


def test_requests_are_signed_as_the_documentation_of_s3_shows() -> None:
    # The first example of "Signature Calculations for the Authorization Header", AWS's own keys for examples.
    found = sign(
        "https://examplebucket.s3.amazonaws.com/test.txt", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        region="us-east-1", now=datetime(2013, 5, 24, tzinfo=UTC), headers={"range": "bytes=0-9"},
    )  # fmt: skip
    assert found["Authorization"].endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


def test_files_of_a_host_are_read_in_place_and_fetched_once(
    door: Door, site: Site, host: Store, make: Callable[..., Made], files: Path
) -> None:
    root = make(host)
    ada = door("ada")
    entries = ada.get(f"/api/v1/roots/{root['id']}/entries").json()
    assert (entries["items"], entries["is_listable"]) == ([], False)
    job = import_from(ada, "root:Far/run1/a.ome.tif", "root:Far/run1/b 1+2#.ome.tif")
    assert (job["state"], job["result"]["failed"], len(job["result"]["images"])) == ("done", [], 2), job
    image_id = job["result"]["images"][0]
    assert ada.get(f"/api/v1/images/{image_id}/thumbnail").status_code == 200
    assert ada.get(f"/api/v1/images/{image_id}/plane").status_code == 200
    assert ada.get(f"/zarr/images/{image_id}.ome.zarr/0/c/0/0/0/0/0").status_code == 200
    assert ada.get(f"/api/v1/images/{image_id}/original").content == (files / "run1" / "a.ome.tif").read_bytes()
    assert host.count("/run1/a.ome.tif") == 1
    shown = ada.get("/api/v1/original_files").json()["items"]
    assert [(file["path"], file["is_in_place"]) for file in shown] == [("run1/a.ome.tif", True), ("run1/b 1+2#.ome.tif", True)]
    assert host.url not in ada.get("/api/v1/original_files").text + str(job)
    assert list(site.originals.glob("*/*/*/*.tif")) == []


def test_what_was_fetched_is_fetched_again_and_held_to_its_checksum(
    door: Door, site: Site, host: Store, make: Callable[..., Made], files: Path
) -> None:
    root = make(host)
    ada = door("ada")
    (image_id,) = import_from(ada, "root:Far/run1/a.ome.tif")["result"]["images"]
    kept = site.data / "cache" / "roots" / str(root["id"]) / "run1" / "a.ome.tif"
    url = f"/api/v1/images/{image_id}/plane?format=png&quality="
    kept.unlink()
    assert ada.get(f"{url}71").status_code == 200
    assert host.count("/run1/a.ome.tif") == 2
    kept.unlink()
    original = (files / "run1" / "a.ome.tif").read_bytes()
    write_ome_tiff(files / "run1" / "a.ome.tif", numbered_pixels(1, 2, 1, 40, 50, seed=9))
    changed = ada.get(f"{url}72")
    assert (changed.status_code, "not what was imported from Far" in changed.json()["detail"]) == (409, True)
    assert not kept.exists()
    (files / "run1" / "a.ome.tif").unlink()
    gone = ada.get(f"{url}73")
    assert (gone.status_code, "is not where it was imported from" in gone.json()["detail"]) == (503, True)
    (files / "run1" / "a.ome.tif").write_bytes(original)
    assert ada.get(f"{url}74").status_code == 200


def test_an_import_takes_what_is_there_now_and_what_is_known_does_not_come_again(
    door: Door, host: Store, make: Callable[..., Made], files: Path
) -> None:
    make(host)
    ada = door("ada")
    import_from(ada, "root:Far/run1/a.ome.tif")
    again = import_from(ada, "root:Far/run1/a.ome.tif")
    assert (again["result"]["images"], len(again["result"]["skipped"])) == ([], 1)
    write_ome_tiff(files / "run1" / "a.ome.tif", numbered_pixels(1, 2, 1, 40, 50, seed=8))
    changed = import_from(ada, "root:Far/run1/a.ome.tif")
    (image_id,) = changed["result"]["images"]
    assert ada.get(f"/api/v1/images/{image_id}/original").content == (files / "run1" / "a.ome.tif").read_bytes()


@pytest.mark.parametrize("name", ["new.ome.zarr", "old.ome.zarr"])
def test_an_ome_zarr_of_a_host_is_read_where_it_is(
    door: Door, site: Site, host: Store, make: Callable[..., Made], files: Path, name: str
) -> None:
    root = make(host)
    ada = door("ada")
    job = import_from(ada, f"root:Far/{name}")
    assert (job["state"], job["result"]["failed"]) == ("done", []), job
    (image_id,) = job["result"]["images"]
    folder = site.data / "cache" / "roots" / str(root["id"]) / name
    assert {path.name for path in folder.rglob("*") if path.is_file()} <= {"zarr.json", ".zattrs", ".zgroup", ".zarray"}
    spec = {"driver": "zarr3" if name.startswith("new") else "zarr", "kvstore": f"file://{files / name}/0/"}
    there = np.asarray(tensorstore.open(spec).result().read().result())
    key = f"/zarr/images/{image_id}.ome.zarr/0/c/0/1/0/0/0"
    assert ada.get(key).status_code == 200
    from micrarium.formats import open_image_file
    from micrarium.geometry import Region, Size

    mirror(site, root_of(site, root), name)
    with open_image_file(folder) as opened:
        (source,) = opened.images
        read = source.read(Region(Size(0, 0, 0, 0, 0), source.shape))
    np.testing.assert_array_equal(read.reshape(there.shape), there)
    assert ada.get(f"/api/v1/images/{image_id}/thumbnail").status_code == 200
    original = ada.get(f"/api/v1/images/{image_id}/original")
    assert (original.status_code, "export it" in original.json()["detail"]) == (409, True)
    copied = import_from(ada, f"root:Far/{name}", in_place=False)
    assert (copied["state"], "only be imported in place" in copied["error"]["detail"]) == ("failed", True)


def test_a_plate_at_a_distance_is_mirrored_with_all_its_fields(
    door: Door, host: Store, make: Callable[..., Made], files: Path
) -> None:
    write_plate(files / "plate.ome.zarr")
    make(host)
    job = import_from(door("ada"), "root:Far/plate.ome.zarr")
    assert (len(job["result"]["plates"]), job["result"]["failed"]) == (1, []), job
    for image_id in job["result"]["images"]:
        assert door("ada").get(f"/api/v1/images/{image_id}/thumbnail").status_code == 200


def test_a_bucket_is_listed_and_imported_from_in_place_and_by_copy(
    door: Door, site: Site, bucket: Store, make: Callable[..., Made], files: Path
) -> None:
    root = make(bucket)
    ada = door("ada")
    url = f"/api/v1/roots/{root['id']}/entries"
    listed = ada.get(url, params={"limit": 2}).json()
    assert [(entry["name"], entry["is_folder"]) for entry in listed["items"]] == [("new.ome.zarr", True), ("old.ome.zarr", True)]
    rest = ada.get(url, params={"limit": 2, "cursor": listed["next"]}).json()
    assert [entry["name"] for entry in rest["items"]] == ["run1"]
    (first, _) = ada.get(url, params={"path": "run1"}).json()["items"]
    assert (first["path"], first["size"]) == ("run1/a.ome.tif", (files / "run1" / "a.ome.tif").stat().st_size)
    assert first["modified_at"].startswith("2026-01-02T03:04:05")
    job = import_from(ada, "root:Far")
    assert (len(job["result"]["images"]), job["result"]["failed"]) == (4, []), job
    assert not any("/c/" in path for path, _ in bucket.asked if "?" not in path and "new" in path and "images/old" in path)
    copied = import_from(door("bob"), "root:Far", in_place=False)
    assert (len(copied["result"]["images"]), copied["result"]["failed"]) == (4, []), copied
    assert len(list(site.originals.glob("*/*/*/run1/*.tif"))) + len(list(site.originals.glob("*/*/*/*.tif"))) == 2
    assert [path for path in (site.data / "cache" / "parts").iterdir() if path.is_dir()] == []


def test_wrong_keys_are_told_in_a_sentence(door: Door, bucket: Store, make: Callable[..., Made]) -> None:
    root = make(bucket, access_key="OTHER")
    answer = door("ada").get(f"/api/v1/roots/{root['id']}/entries")
    assert (answer.status_code, "its keys may be wrong" in answer.json()["detail"]) == (503, True)


def test_a_prefix_is_not_left(door: Door, bucket: Store, make: Callable[..., Made]) -> None:
    root = make(bucket, location="s3://images/run1")
    ada = door("ada")
    shown = ada.get(f"/api/v1/roots/{root['id']}/entries").json()["items"]
    assert [entry["path"] for entry in shown] == ["a.ome.tif", "b 1+2#.ome.tif"]
    assert ada.get(f"/api/v1/roots/{root['id']}/entries", params={"path": "../old.ome.zarr"}).status_code == 422
    assert ada.post("/api/v1/imports", json={"paths": ["root:Far/../old.ome.zarr"]}).status_code == 422
    job = import_from(ada, "root:Far/a.ome.tif")
    assert len(job["result"]["images"]) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_addresses_of_the_private_network_are_refused_unless_the_root_says_so(
    door: Door, host: Store, bucket: Store, make: Callable[..., Made]
) -> None:
    for name, store in (("A", host), ("B", bucket)):
        make(store, name=name, is_private=False)
        job = import_from(door("ada"), f"root:{name}/run1/a.ome.tif")
        assert (job["state"], "an address of a private network" in job["error"]["detail"]) == ("failed", True), job
        assert job["error"]["detail"].count("127.0.0.1") == 1
        assert store.asked == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_name_that_comes_to_mean_another_machine_is_asked_at_what_was_checked(
    site: Site, host: Store, monkeypatch: pytest.MonkeyPatch, make: Callable[..., Made]
) -> None:
    import socket

    root = root_of(site, make(host, location="http://files.example.org", is_private=False))
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))]])
    looked: list[str] = []
    connected: list[Any] = []

    def find(name: str, *_: Any, **__: Any) -> Any:
        looked.append(name)
        return next(answers)  # a second look would fail the test

    def connect(_socket: Any, address: Any) -> None:
        connected.append(address)
        raise OSError("nobody there")

    monkeypatch.setattr(socket, "getaddrinfo", find)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Unavailable, match="did not answer"):
        fetch(site, root, "a.tif")
    assert (looked, connected) == (["files.example.org"], [("93.184.216.34", 80)])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_redirections_are_not_followed(site: Site, host: Store, bucket: Store, make: Callable[..., Made]) -> None:
    root = root_of(site, make(host))
    host.redirects["/run1/a.ome.tif"] = f"{bucket.url}/images/run1/a.ome.tif"
    with pytest.raises(Unavailable, match="sends us elsewhere"):
        fetch(site, root, "run1/a.ome.tif")
    assert bucket.asked == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_download_that_breaks_off_goes_on_where_it_stopped(
    site: Site, host: Store, make: Callable[..., Made], files: Path
) -> None:
    body = (files / "run1" / "a.ome.tif").read_bytes()
    root, key = root_of(site, make(host)), "run1/a.ome.tif"
    host.breaks[f"/{key}"] = [1000, 2000]
    assert fetch(site, root, key).read_bytes() == body
    assert [asked for path, asked in host.asked if path == f"/{key}"] == ["", "bytes=1000-", "bytes=3000-"]
    host.asked.clear()
    other = "run1/b 1+2#.ome.tif"
    host.breaks[f"/{other}"] = [100, 0, 0, 0, 0]
    with pytest.raises(Unavailable, match="what came is kept"):
        fetch(site, root, other)
    assert not (site.data / "cache" / "roots" / str(root.id) / other).exists()
    host.breaks.clear()
    host.asked.clear()
    assert fetch(site, root, other).read_bytes() == (files / other).read_bytes()
    assert [asked for _, asked in host.asked] == ["bytes=100-"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_that_changes_while_it_breaks_off_is_begun_anew(
    site: Site, host: Store, make: Callable[..., Made], files: Path
) -> None:
    root, key = root_of(site, make(host)), "run1/a.ome.tif"
    host.breaks[f"/{key}"] = [1000, 0, 0, 0]
    with pytest.raises(Unavailable):
        fetch(site, root, key)
    host.breaks.clear()
    write_ome_tiff(files / key, numbered_pixels(1, 2, 1, 40, 50, seed=7))
    assert fetch(site, root, key).read_bytes() == (files / key).read_bytes()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_many_who_ask_at_once_fetch_a_file_once(site: Site, host: Store, make: Callable[..., Made]) -> None:
    root = root_of(site, make(host))
    host.gate.clear()  # nobody is answered until all ask
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(fetch(site, root, "run1/a.ome.tif"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    host.gate.set()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), host.count("/run1/a.ome.tif")) == (8, 1, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_not_used_for_longest_goes_first(site: Site, host: Store, make: Callable[..., Made], files: Path) -> None:
    import os

    root = root_of(site, make(host))
    for number in range(4):
        (files / f"{number}.bin").write_bytes(bytes(1000))
        path = fetch(site, root, f"{number}.bin")
        os.utime(path, ns=(10**9 * (10 + number), path.stat().st_mtime_ns))
    kept = site.data / "cache" / "roots" / str(root.id)
    site.settings.cache_gb = 2500 / 1e9
    assert fetch(site, root, "0.bin").is_file()  # used now, so it is the newest
    trim(site)
    assert sorted(path.name for path in kept.iterdir()) == ["0.bin", "3.bin"]
    (files / "large.bin").write_bytes(bytes(3000))
    with pytest.raises(TooLarge, match="MICRARIUM_CACHE_GB"):
        fetch(site, root, "large.bin")
    with pytest.raises(NotFound):
        fetch(site, root, "none.bin")
    with pytest.raises(Conflict):
        fetch(site, root, "1.bin", sha256="0" * 64)
    assert {path.suffix for path in (site.data / "cache" / "parts").glob("*")} == {".tag"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_what_the_server_itself_mirrors_is_read_at_a_distance(
    site: Site, host: Store, make: Callable[..., Made], files: Path
) -> None:
    root = root_of(site, make(host))
    folder = mirror(site, root, "new.ome.zarr")
    found = find_distant(folder / "0")
    assert found is not None
    assert found[0] == folder
    door = found[1]
    assert httpx.get(f"{door}zarr.json").json()["node_type"] == "group"
    wrong = door.replace(door.split("/")[3], "x" * 43)
    assert httpx.get(f"{wrong}zarr.json").status_code == 404
    assert httpx.get(f"{door}../../../secret").status_code == 404
    assert httpx.get(f"{door}%2e%2e/run1/a.ome.tif").status_code == 404
    assert find_distant(files / "new.ome.zarr") is None
    close_files()


def test_what_lies_at_a_distance_is_not_told_to_be_missing(door: Door, site: Site, host: Store, make: Callable[..., Made]) -> None:
    make(host)
    assert len(import_from(door("ada"), "root:Far/run1/a.ome.tif")["result"]["images"]) == 1
    for path in (site.data / "cache" / "roots").rglob("*.tif"):
        path.unlink()
    admin = door("admin")
    checked = finish(admin, admin.post("/api/v1/verifications", json={}).json())
    assert (checked["state"], checked["result"]["problems"]) == ("done", {})
    found = finish(admin, admin.post("/api/v1/admin/relink", json={"folders": [str(site.data.parent)]}).json())
    assert (found["state"], found["result"]["still_missing"]) == ("done", 0)
