"""Working in one group or in all, and looking at another member's data, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from micrarium.actions.opening import Site
from micrarium.model import Dataset, DatasetImageLink, Image, Plate, Project, Well, WellSample
from micrarium.permissions import system_session
from micrarium.testing.people import make_people
from micrarium.testing.transports import call_in_process

Ask = Callable[..., httpx.Response]
GROUPS = ("private", "read-only", "read-annotate", "read-write")


@pytest.fixture
def world(site: Site) -> Iterator[tuple[Callable[[str | None], httpx.Client], dict[str, int]]]:
    """In each of four groups a project, a dataset with one image and an orphaned image of Ada's and of Bob's."""
    people = make_people(site)
    with system_session(site.engine, "a world for a test") as session:
        for group in GROUPS:
            for owner in ("ada", "bob"):
                owned = {"owner_id": people[owner], "group_id": people[group]}
                dataset, placed = Dataset(name=f"{owner}s set", **owned), Image(name=f"{owner} placed", **owned)
                session.add_all([Project(name=f"{owner} {group}", **owned), dataset, placed, Image(name=f"{owner} loose", **owned)])
                session.flush()
                session.add(DatasetImageLink(parent_id=dataset.id, child_id=placed.id, **owned))
        owned = {"owner_id": people["ada"], "group_id": people["read-only"]}
        plate, field = Plate(name="ada plate", **owned), Image(name="ada field", **owned)
        well = Well(plate=plate, row=0, column=0)
        session.add_all([plate, field, well])
        session.flush()
        session.add(WellSample(well=well, image_id=field.id))
    with call_in_process(site) as door:
        yield door, people


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return sorted(row["name"] for row in answer.json()["items"])


def test_people_work_in_one_group_or_in_all(world: Any) -> None:
    door, people = world
    ada, bob = door("ada"), door("bob")
    here = {"group": people["read-only"]}
    # Lists, the tree and searches are narrowed alike; all of one's groups is what nothing asks for.
    assert names(ada.get("/api/v1/projects", params=here)) == ["ada read-only", "bob read-only"]
    assert names(ada.get("/api/v1/projects", headers={"X-Micrarium-Group": str(people["private"])})) == ["ada private"]
    everything = names(ada.get("/api/v1/projects"))
    assert len(everything) == 7
    for every in ("-1", "all"):
        assert names(ada.get("/api/v1/projects", params={"group": every})) == everything
    tree = ada.get("/api/v1/tree", params=here).json()
    assert [p["name"] for p in tree["projects"]] == ["ada read-only", "bob read-only"]
    assert tree["orphaned_images"] == 2
    assert names(ada.get("/api/v1/search", params=here | {"q": "loose"})) == ["ada loose", "bob loose"]
    # What is in another group is not there, one by one either.
    other = ada.get("/api/v1/projects", params={"group": people["read-write"]}).json()["items"][0]["id"]
    assert ada.get(f"/api/v1/projects/{other}", params=here).status_code == 404
    assert ada.get(f"/api/v1/projects/{other}").status_code == 200
    assert bob.patch(f"/api/v1/projects/{other}", params=here, json={"name": "x"}).status_code == 404
    # What is made goes there; without a group into the current one, which is Ada's first.
    made = ada.post("/api/v1/datasets", params={"group": people["private"]}, json={"name": "new"})
    assert made.status_code == 201, made.text
    assert made.json()["group_id"] == people["private"]
    assert ada.post("/api/v1/datasets", json={"name": "new"}).json()["group_id"] == people["read-only"]
    assert ada.post("/api/v1/datasets", params={"group": "all"}, json={"name": "new"}).json()["group_id"] == people["read-only"]
    # Of other people's groups nothing is told; an administrator works in any.
    for strange in (people["elsewhere"], 987_654):
        assert ada.get("/api/v1/projects", params={"group": strange}).status_code == 404
        assert ada.post("/api/v1/datasets", params={"group": strange}, json={"name": "new"}).status_code == 404
    assert names(door("admin").get("/api/v1/projects", params=here)) == ["ada read-only", "bob read-only"]
    assert "group" in ada.get("/api/v1/projects", params={"group": "imaging"}).json()["detail"]
    assert ada.get("/api/v1/projects", params={"group": "imaging"}).status_code == 422


def test_people_look_at_the_data_of_one_member(world: Any) -> None:
    door, people = world
    ada, of_bob = door("ada"), {"owner": people["bob"]}
    assert names(ada.get("/api/v1/projects", params=of_bob)) == ["bob read-annotate", "bob read-only", "bob read-write"]
    assert names(door("pia").get("/api/v1/projects", params=of_bob | {"group": people["private"]})) == ["bob private"]
    tree = ada.get("/api/v1/tree", params=of_bob | {"group": people["read-write"]}).json()
    assert [p["name"] for p in tree["projects"] + tree["datasets"]] == ["bob read-write", "bobs set"]
    assert tree["orphaned_images"] == 1
    assert names(ada.get("/api/v1/search", params=of_bob | {"q": "placed"})) == ["bob placed"] * 3
    assert names(ada.get("/api/v1/search", params={"q": "a1", "type": "well", "owner": people["ada"]})) == ["A1"]
    assert names(ada.get("/api/v1/search", params=of_bob | {"q": "a1", "type": "well"})) == []
    # Whom one may choose from, with what they have, follows the level of the group.
    told = {row["username"]: row["counts"] for row in ada.get("/api/v1/tree/owners").json()["items"]}
    assert list(told) == ["ada", "bob", "pia"]
    assert told["ada"] == {"projects": 4, "datasets": 4, "screens": 0, "plates": 1, "images": 9}
    assert told["bob"]["images"] == 6
    private = {"group": people["private"]}
    assert [row["username"] for row in ada.get("/api/v1/tree/owners", params=private).json()["items"]] == ["ada"]
    seen = door("pia").get("/api/v1/tree/owners", params=private).json()["items"]
    assert [(row["username"], row["counts"]["images"]) for row in seen] == [("pia", 0), ("ada", 2), ("bob", 2)]


def test_a_search_is_counted_by_class_owner_and_group(world: Any) -> None:
    door, people = world
    told = door("ada").get("/api/v1/search/facets", params={"q": "ada"}).json()
    assert {row["type"]: row["count"] for row in told["types"]} == {"image": 9, "project": 4, "dataset": 4, "plate": 1}
    assert [(row["username"], row["count"]) for row in told["owners"]] == [("ada", 18)]
    assert {row["name"]: row["count"] for row in told["groups"]} == dict.fromkeys(GROUPS, 4) | {"read-only": 6}
    params = {"q": "loose", "group": people["read-write"]}
    narrow = door("ada").get("/api/v1/search/facets", params=params | {"owner": people["bob"], "type": "image"}).json()
    assert [row["count"] for row in narrow["types"] + narrow["owners"] + narrow["groups"]] == [1, 1, 1]
    nothing = door("eve").get("/api/v1/search/facets", params={"q": "ada"}).json()
    assert nothing == {"types": [], "owners": [], "groups": []}


def test_orphaned_images_are_in_no_dataset_and_in_no_well(world: Any) -> None:
    door, people = world
    ask = {"orphaned": "true", "group": people["read-only"]}
    assert names(door("ada").get("/api/v1/images", params=ask)) == ["ada loose", "bob loose"]
    assert names(door("ada").get("/api/v1/images", params=ask | {"owner": people["ada"]})) == ["ada loose"]
    held = door("ada").get("/api/v1/images", params=ask | {"orphaned": "false", "owner": people["ada"]})
    assert names(held) == ["ada field", "ada placed"]
