"""Original files over HTTP: names and paths as they were imported, downloads that go on, and who may have them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from micrarium.actions.exporting import export_object
from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site
from micrarium.errors import NotAllowed
from micrarium.model import Dataset, Entity, Project, Screen
from micrarium.permissions import ActorSession, find_by, load_actor, open_session, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_ome_zarr, write_plate

Door = Callable[[str | None], httpx.Client]
Ids = dict[str, int]


@pytest.fixture
def held(site: Site, people: Ids, tmp_path: Path) -> Ids:
    """Ada's, in the read-only group: a dataset of four filesets, and a plate. Two files have one name, one is a folder."""
    with system_session(site.engine, "a test") as session:
        ada = load_actor(session, people["ada"], group_id=people["read-only"])
    top = tmp_path / "microscope"
    for number, path in enumerate(("day 1/a.ome.tif", "day 2/a.ome.tif", "day 2/β.ome.tif")):
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        write_ome_tiff(top / path, numbered_pixels(1, 1, 1, 8, 8, seed=number))
    write_ome_zarr(top / "day 2" / "folder.ome.zarr", numbered_pixels(1, 1, 1, 16, 16, seed=9))
    found = import_files(site, ada, [top / "day 1", top / "day 2"], dataset="Days", project="Thesis")
    plates = import_files(site, ada, [write_plate(tmp_path / "plate.ome.zarr")], screen="Screens").plates
    with open_session(site.engine, ada) as session:
        ids = {cls.singular(): only_id(session, cls) for cls in (Dataset, Project, Screen)}
    return ids | {"plate": plates[0], "image": found.images[0]}


def only_id(session: ActorSession, entity: type[Entity]) -> int:
    found = find_by(session, entity)
    assert found is not None
    return found.id


def names_in(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text[:500]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_the_originals_of_a_dataset_have_the_names_and_paths_they_were_imported_with(door: Door, held: Ids, tmp_path: Path) -> None:
    path, bob = f"/api/v1/datasets/{held['dataset']}/originals", door("bob")
    answer = bob.get(path)
    top = f"dataset_{held['dataset']}_originals"
    files = [name.removeprefix(f"{top}/") for name in names_in(answer)]
    assert {name for name in files if ".zarr/" not in name} == {"day 1/a.ome.tif", "day 2/a.ome.tif", "day 2/β.ome.tif"}
    assert "day 2/folder.ome.zarr/zarr.json" in files
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        for name in files:
            assert archive.read(f"{top}/{name}") == (tmp_path / "microscope" / name).read_bytes()
    # Its length is told before, and any part of it can be had again.
    size = int(answer.headers["content-length"])
    assert size == len(answer.content)
    for asked, part in (
        ("bytes=0-99", slice(0, 100)),
        (f"bytes={size // 2}-", slice(size // 2, None)),
        ("bytes=-7", slice(-7, None)),
    ):
        some = bob.get(path, headers={"Range": asked, "If-Range": answer.headers["etag"]})
        assert (some.status_code, some.content) == (206, answer.content[part])
    assert bob.get(path, headers={"Range": "bytes=5-9", "If-Range": '"other"'}).status_code == 200
    assert bob.get(path, headers={"Range": f"bytes={size}-"}).status_code == 416


def test_a_range_that_cannot_be_had_is_a_problem_like_any_other(door: Door, held: Ids) -> None:
    bob = door("bob")
    file = bob.get(f"/api/v1/datasets/{held['dataset']}/originals/list").json()["items"][0]
    for path in (f"/api/v1/original_files/{file['original_file_id']}/file", f"/api/v1/datasets/{held['dataset']}/originals"):
        whole = bob.get(path)
        size = len(whole.content)
        behind = bob.get(path, headers={"Range": f"bytes={size}-"})
        assert (behind.status_code, behind.headers["content-type"]) == (416, "application/problem+json"), path
        assert behind.headers["content-range"] == f"bytes */{size}"
        assert behind.json()["size_bytes"] == size
        for asked in ("bytes=abc", "bytes=9-3", "lines=1-2", "bytes=0-1,4-5"):  # passed over, as RFC 9110 has it
            passed = bob.get(path, headers={"Range": asked})
            assert (passed.status_code, passed.content) == (200, whole.content), (path, asked)
        part = bob.get(path, headers={"Range": "bytes=3-9"})
        assert (part.status_code, part.content) == (206, whole.content[3:10]), path
        assert part.headers["content-range"] == f"bytes 3-9/{size}"


def test_projects_and_screens_keep_what_they_hold_apart_and_nothing_has_no_originals(door: Door, held: Ids) -> None:
    ada = door("ada")
    files = ada.get(f"/api/v1/projects/{held['project']}/originals/list").json()["items"]
    assert "Days/day 1/a.ome.tif" in [file["name"] for file in files]
    assert all(re.fullmatch("[0-9a-f]{64}", file["sha256"]) for file in files if file["part"] is None)
    plate = [file["name"] for file in ada.get(f"/api/v1/plates/{held['plate']}/originals/list").json()["items"]]
    assert "plate.ome.zarr/zarr.json" in plate
    screen = [file["name"] for file in ada.get(f"/api/v1/screens/{held['screen']}/originals/list").json()["items"]]
    assert [name.split("/", 1)[1] for name in screen] == plate
    empty = ada.post("/api/v1/datasets", json={"name": "empty"}).json()["id"]
    assert ada.get(f"/api/v1/datasets/{empty}/originals").status_code == 404
    assert door("eve").get(f"/api/v1/datasets/{held['dataset']}/originals").status_code == 404


def test_the_parts_of_a_folder_are_had_one_by_one_and_nothing_beside_it(door: Door, held: Ids) -> None:
    ada = door("ada")
    files = ada.get(f"/api/v1/datasets/{held['dataset']}/originals/list").json()["items"]
    part = next(file for file in files if file["part"] == "zarr.json")
    path = f"/api/v1/original_files/{part['original_file_id']}/file"
    assert len(ada.get(path, params={"part": "zarr.json"}).content) == part["size_bytes"]
    assert "folder.ome.zarr/zarr.json" in names_in(ada.get(path))
    for wrong in ("../folder.ome.zarr.sha256", "/etc/passwd", "nothing", "", "0/../zarr.json", "0", "a\0b"):
        assert ada.get(path, params={"part": wrong}).status_code in (404, 422), wrong
    single = next(file for file in files if file["part"] is None)
    assert ada.get(f"/api/v1/original_files/{single['original_file_id']}/file", params={"part": "x"}).status_code == 422


#: Routes that give the bytes of originals, or say which there are.
BYTES = re.compile(r"/originals?(/list)?$|/original_files/.+/file$")
WAYS = (
    "images/{image}/original", "images/{image}/originals", "images/{image}/originals/list", "filesets/{fileset}/originals",
    "filesets/{fileset}/originals/list", "datasets/{dataset}/originals", "datasets/{dataset}/originals/list",
    "projects/{project}/originals", "projects/{project}/originals/list", "original_files/{file}/file",
)  # fmt: skip
WAYS_OF_PLATES = (
    "images/{placed}/original", "images/{placed}/originals", "images/{placed}/originals/list", "filesets/{plates}/originals",
    "filesets/{plates}/originals/list", "plates/{plate}/originals", "plates/{plate}/originals/list",
    "screens/{screen}/originals", "screens/{screen}/originals/list", "original_files/{platefile}/file",
)  # fmt: skip
#: Who may download the originals of an image and of a plate of Ada's, with each setting: she and her group's owner may edit.
MAY = {
    "all": ("ada bob pia admin sid", "ada bob pia admin sid"),
    "members": ("ada bob pia admin sid", ""),
    "editors-and-plates": ("ada pia admin", "ada pia admin"),
    "editors": ("ada pia admin", ""),
    "none": ("", ""),
}


def test_the_group_says_who_may_download_and_every_way_to_the_bytes_asks_it(
    door: Door, held: Ids, people: Ids, site: Site, tmp_path: Path
) -> None:
    admin, group = door("admin"), f"/api/v1/experimenter_groups/{people['read-only']}"
    account = {"ome_name": "sid", "password": "long enough", "is_admin": True, "privileges": ["ModifyGroup"], "group_ids": []}
    assert admin.post("/api/v1/accounts", json=account).status_code == 201
    doors = {name: door(name) for name in ("ada", "bob", "pia", "admin", "sid")}
    plates = doors["ada"].get(f"/api/v1/plates/{held['plate']}/originals/list").json()["items"]
    placed = doors["ada"].get("/api/v1/images", params={"plate": held["plate"]}).json()["items"][0]
    image = doors["ada"].get(f"/api/v1/images/{held['image']}").json()
    files = doors["ada"].get(f"/api/v1/images/{held['image']}/originals/list").json()["items"]
    ways = {"image": list(WAYS), "plate": list(WAYS_OF_PLATES)}
    # No route that could give original bytes is left out.
    document = admin.get("/api/v1/openapi.json").json()["paths"]
    told = {path.removeprefix("/api/v1/") for path, methods in document.items() if "get" in methods and BYTES.search(path)}
    walked = {re.sub(r"\{\w+\}", "{}", way) for some in ways.values() for way in some}
    assert {re.sub(r"\{\w+\}", "{}", path) for path in told} == walked
    ids = held | {"fileset": image["fileset_id"], "file": files[0]["original_file_id"], "placed": placed["id"]}
    ids |= {"plates": placed["fileset_id"], "platefile": plates[0]["original_file_id"]}
    for value, allowed in MAY.items():
        assert admin.patch(group, json={"binary_access": value}).status_code == 200
        for kind, who in zip(("image", "plate"), allowed, strict=True):
            for name, client in doors.items():
                for way in ways[kind]:
                    answer = client.get("/api/v1/" + way.format(**ids))
                    assert answer.status_code == (200 if name in who.split() else 403), (value, way, name, answer.text[:300])
                    if answer.status_code == 403:
                        assert "the group read-only lets" in answer.json()["detail"]
    # What is exported as the original asks it too; pixels are looked at as before.
    with system_session(site.engine, "a test") as session:
        bob = load_actor(session, people["bob"])
    with pytest.raises(NotAllowed, match="lets nobody download originals"):
        export_object(site, bob, f"image:{held['image']}", tmp_path / "out", format="original")
    assert doors["bob"].get(f"/zarr/images/{held['image']}.ome.zarr/zarr.json").status_code == 200
    # Only those who look after groups say so; not the group's owner, whom it binds.
    assert doors["pia"].patch(group, json={"binary_access": "all"}).status_code == 403
    assert doors["ada"].patch(group, json={"binary_access": "all"}).status_code == 403
    assert admin.patch(group, json={"binary_access": "everybody"}).status_code == 422
    assert doors["sid"].patch(group, json={"binary_access": "all"}).status_code == 200
    assert doors["bob"].get(f"/api/v1/images/{held['image']}/original").status_code == 200
