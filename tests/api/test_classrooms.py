"""Class rooms: accounts with copies of a sample that are theirs alone, and back to how they began."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import Door
from tests.api.test_admin import finish, import_file, write_image

from micrarium.actions.opening import Site
from micrarium.actions.signing_in import sign_in


def enter(site: Site, client: httpx.Client, user: dict[str, Any]) -> httpx.Client:
    """The API as a student, with the password that was told."""
    found = sign_in(site.engine, user["username"], user["password"], hours=1)
    client.headers["Cookie"] = f"micrarium_session={found.key}"
    client.headers["X-CSRF-Token"] = str(found.csrf_token)
    return client


def make_sample(client: httpx.Client, folder: Path) -> int:
    """The number of a dataset with two images, one of them described."""
    first = import_file(client, write_image(folder / "a.tif", seed=1), dataset="Cells")["images"][0]
    import_file(client, write_image(folder / "b.tif", seed=2), dataset="Cells")
    client.patch(f"/api/v1/images/{first}", json={"name": "Renamed", "description": "HeLa"})
    pairs = {"type": "MapAnnotation", "map_value": [["organism", "human"], ["organism", "mouse"]]}
    assert client.post(f"/api/v1/images/{first}/annotations", json=pairs).status_code in (200, 201)
    roi = client.post("/api/v1/rois", json={"image_id": first, "name": "nucleus"}).json()
    shape = {"type": "Rectangle", "roi_id": roi["id"], "x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0}
    assert client.post("/api/v1/shapes", json=shape).status_code == 201
    return int(client.get("/api/v1/datasets").json()["items"][0]["id"])


def describe(client: httpx.Client) -> list[Any]:
    """What somebody sees: names, descriptions, key-values and shapes of all images."""
    include = {"include": "annotations,rois"}
    images = client.get("/api/v1/images", params=include).json()["items"]
    return sorted(
        [
            one["name"], one["description"] or "", [a["map_value"] for a in one["annotations"]],
            [[s["x"], s["width"]] for roi in one["rois"] for s in roi["shapes"]],
        ]
        for one in images
    )  # fmt: skip


def test_each_of_a_class_has_a_copy_of_their_own_that_a_reset_puts_back(door: Door, site: Site, tmp_path: Path) -> None:
    admin = door("admin")
    sample = make_sample(admin, tmp_path)
    made = admin.post("/api/v1/admin/classrooms", json={"name": "class", "users": 2, "dataset_id": sample})
    assert finish(admin, made) == {"cleared": 0, "copied": 4, "failed": []}
    users = made.json()["users"]
    assert [user["username"] for user in users] == ["class-01", "class-02"]
    first, second = (enter(site, door(None), user) for user in users)
    expected = [["Renamed", "HeLa", [[["organism", "human"], ["organism", "mouse"]]], [[1.0, 3.0]]], ["b.tif", "", [], []]]
    assert describe(first) == describe(second) == expected
    mine = first.get("/api/v1/images").json()["items"]
    assert first.get(f"/api/v1/images/{mine[0]['id']}/original").status_code == 200
    assert first.patch(f"/api/v1/images/{mine[0]['id']}", json={"name": "changed"}).status_code == 200
    assert first.delete(f"/api/v1/images/{mine[1]['id']}").status_code == 204
    first.post("/api/v1/projects", json={"name": "My own"})
    told = admin.get("/api/v1/admin/classrooms/class").json()
    assert (told["users"], told["counts"]["image"], told["counts"]["project"]) == (2, 3, 1)
    assert first.get("/api/v1/admin/classrooms/class").status_code == 403
    members = admin.get(f"/api/v1/experimenter_groups/{made.json()['group_id']}/members").json()["items"]
    assert [one["username"] for one in members] == ["class-01", "class-02"], "who makes a class room does not become a member"
    assert describe(second) == expected, "what one of a class does touches nobody else"
    told = finish(admin, admin.post("/api/v1/admin/classrooms/class/reset"))
    assert (told["copied"], told["failed"]) == (4, [])
    assert first.get("/api/v1/images").status_code == 401, "a reset signs the class out"
    first = enter(site, door(None), users[0])
    assert describe(first) == expected
    assert first.get("/api/v1/projects").json()["items"] == []
    assert [one["name"] for one in admin.get("/api/v1/datasets", params={"id": sample}).json()["items"]] == ["Cells"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_copies_for_a_class_share_the_bytes_of_the_sample(door: Door, site: Site, tmp_path: Path) -> None:
    admin = door("admin")
    image_id = import_file(admin, write_image(tmp_path / "large.tif", seed=9, size=2060), dataset="Large")["images"][0]
    sample = admin.get("/api/v1/datasets").json()["items"][0]["id"]
    made = admin.post("/api/v1/admin/classrooms", json={"name": "class", "users": 3, "dataset_id": sample})
    finish(admin, made)
    for folder, pattern in ((site.originals, "*.tif"), (site.derived, "*")):
        files = [path for path in folder.rglob(pattern) if path.is_file()]
        assert len(files) == 4 * len({path.stat().st_ino for path in files}) > 0, folder
    student = enter(site, door(None), made.json()["users"][0])
    copy_id = student.get("/api/v1/images").json()["items"][0]["id"]
    pictures = [client.get(f"/api/v1/images/{number}/thumbnail") for client, number in ((student, copy_id), (admin, image_id))]
    assert pictures[0].status_code == 200
    assert pictures[0].content == pictures[1].content


def test_a_class_that_was_removed_cannot_come_in_and_its_names_are_free(door: Door, site: Site, tmp_path: Path) -> None:
    admin, given = door("admin"), {"name": "class", "users": 1}
    made = admin.post("/api/v1/admin/classrooms", json=given)
    assert (made.status_code, made.json()["job"]) == (201, None)
    student = enter(site, door(None), made.json()["users"][0])
    import_file(student, write_image(tmp_path / "a.tif", seed=3))
    assert admin.post("/api/v1/admin/classrooms", json=given).status_code == 409
    removed = admin.delete("/api/v1/admin/classrooms/class")
    assert removed.json()["users"] == 1, removed.text
    assert student.get("/api/v1/images").status_code == 401
    assert admin.get("/api/v1/images").json()["items"] == []
    assert admin.get("/api/v1/admin/classrooms").json()["items"] == []
    assert admin.delete("/api/v1/admin/classrooms/class").status_code == 404
    assert admin.post("/api/v1/admin/classrooms", json=given).status_code == 201


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_administrators_who_may_make_users_and_groups_make_a_class(door: Door, people: dict[str, int]) -> None:
    given = {"name": "class", "users": 1}
    assert door("pia").post("/api/v1/admin/classrooms", json=given).status_code == 403
    door("admin").patch(f"/api/v1/experimenters/{people['eve']}", json={"is_admin": True, "privileges": ["ModifyUser"]})
    assert door("eve").post("/api/v1/admin/classrooms", json=given).status_code == 403
    assert door("admin").post("/api/v1/admin/classrooms", json=given | {"users": 0}).status_code == 422
    assert door("admin").post("/api/v1/admin/classrooms", json=given | {"dataset_id": 987654}).status_code == 404
    assert door("admin").get("/api/v1/experimenter_groups", params={"name": "class"}).json()["items"] == []
