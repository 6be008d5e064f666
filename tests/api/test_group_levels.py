"""Opening and closing a group, and what becomes of links between objects of different people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Door = Callable[[str | None], httpx.Client]


@pytest.fixture
def group(people: dict[str, int]) -> int:
    return people["read-annotate"]


@pytest.fixture
def dataset(door: Door, group: int) -> int:
    """Ada's dataset, with a tag of her own and a comment of Bob's."""
    made: dict[str, Any] = door("ada").post("/api/v1/datasets", json={"name": "Hers", "group_id": group}).json()
    own = {"type": "TagAnnotation", "text_value": "hers"}
    assert door("ada").post(f"/api/v1/datasets/{made['id']}/annotations", json=own).is_success
    others = {"type": "CommentAnnotation", "text_value": "chrysanthemum"}
    assert door("bob").post(f"/api/v1/datasets/{made['id']}/annotations", json=others).is_success
    return int(made["id"])


def found(client: httpx.Client, words: str) -> list[int]:
    return [hit["id"] for hit in client.get("/api/v1/search", params={"q": words}).json()["items"] if hit["type"] == "dataset"]


def test_a_group_with_links_of_others_does_not_become_private_by_itself(door: Door, group: int, dataset: int) -> None:
    pia = door("pia")
    for refused in (
        pia.post(f"/api/v1/experimenter_groups/{group}/level", json={"level": "private"}),
        pia.patch(f"/api/v1/experimenter_groups/{group}", json={"level": "private"}),
    ):
        assert refused.status_code == 409, refused.text
        assert "1 dataset annotation links" in refused.json()["detail"]
    assert pia.get(f"/api/v1/experimenter_groups/{group}").json()["level"] == "read-annotate"
    assert len(door("bob").get(f"/api/v1/datasets/{dataset}?include=annotations").json()["annotations"]) == 2


def test_a_dry_run_tells_what_would_be_cut_and_cuts_nothing(door: Door, group: int, dataset: int) -> None:
    pia, path = door("pia"), f"/api/v1/experimenter_groups/{group}/level"
    told = pia.post(path, json={"level": "private", "dry_run": True}).json()
    assert (told["links"], told["is_possible"]) == ({"dataset_annotation_links": 1}, False)
    told = pia.post(path, json={"level": "private", "dry_run": True, "unlink": True}).json()
    assert told["is_possible"]
    assert pia.get(f"/api/v1/experimenter_groups/{group}").json()["level"] == "read-annotate"
    assert found(door("ada"), "chrysanthemum") == [dataset]


def test_cutting_links_keeps_ones_own_and_takes_others_words_out_of_search(door: Door, group: int, dataset: int) -> None:
    path = f"/api/v1/experimenter_groups/{group}/level"
    told = door("pia").post(path, json={"level": "private", "unlink": True})
    assert told.status_code == 200, told.text
    ada = door("ada")
    kept = ada.get(f"/api/v1/datasets/{dataset}?include=annotations").json()["annotations"]
    assert [one["text_value"] for one in kept] == ["hers"]
    assert (found(ada, "chrysanthemum"), found(ada, "hers")) == ([], [dataset])
    assert door("bob").get(f"/api/v1/datasets/{dataset}").status_code == 404


def test_a_member_neither_changes_the_level_nor_learns_what_it_would_do(door: Door, group: int, dataset: int) -> None:
    assert dataset
    for given in ({"level": "read-write"}, {"level": "private", "dry_run": True}):
        assert door("ada").post(f"/api/v1/experimenter_groups/{group}/level", json=given).status_code == 403
    assert door("eve").post(f"/api/v1/experimenter_groups/{group}/level", json={"level": "private"}).status_code == 404
    assert door("pia").post(f"/api/v1/experimenter_groups/{group}/level", json={"level": "ajar"}).status_code == 422
