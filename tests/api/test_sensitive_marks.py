"""The mark of sensitive data is not lost by the way: who takes it from an image says for what reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.api.test_history import make_image

from micrarium.actions.opening import Site

Door = Callable[[str | None], httpx.Client]
API = "/api/v1"
WHY = {"X-Reason": "Anonymised by the clinic"}
#: Ways to take an image out of a dataset: what is asked, given the ids of the dataset, its link, another dataset and the image.
WAYS: dict[str, Callable[[dict[str, int]], tuple[str, str, Any]]] = {
    "unlinked": lambda i: ("POST", f"datasets/{i['marked']}/images/remove", {"ids": [i["image"]]}),
    "link deleted": lambda i: ("DELETE", f"dataset_image_links/{i['link']}", None),
    "moved": lambda i: ("POST", f"datasets/{i['plain']}/images", {"ids": [i["image"]], "move_from": i["marked"]}),
    "dataset deleted": lambda i: ("DELETE", f"datasets/{i['marked']}", None),
    "dataset deleted without images": lambda i: (
        "POST", "graph/delete", {"objects": [f"dataset:{i['marked']}"], "exclude": ["image"]},
    ),
    "link deleted as object": lambda i: ("POST", "graph/delete", {"objects": [f"dataset_image_link:{i['link']}"]}),
    "to another group": lambda i: ("POST", "graph/chgrp", {"objects": [f"image:{i['image']}"], "group": i["group"]}),
    "undone": lambda i: ("POST", f"events/{i['event']}/undo", None),
}  # fmt: skip


@pytest.fixture
def ids(site: Site, people: dict[str, int], door: Door) -> dict[str, int]:
    """An image of Ada's in a sensitive dataset, and another dataset."""
    ada, group = door("ada"), people["read-annotate"]

    def make(plural: str, **fields: Any) -> int:
        return int(ada.post(f"{API}/{plural}", json=fields | {"group_id": group}).raise_for_status().json()["id"])

    found = {"marked": make("datasets", name="patients", sensitivity="human"), "plain": make("datasets", name="plain")}
    found["image"] = int(make_image(site, people, owner="ada", group="read-annotate").rpartition("/")[2])
    found["link"] = make("dataset_image_links", parent_id=found["marked"], child_id=found["image"])
    found["event"] = ada.get(f"{API}/events", params={"limit": 1}).json()["items"][0]["id"]
    return found | {"group": people["read-write"]}


def is_marked(client: httpx.Client, ids: dict[str, int]) -> bool:
    """Whether sharing the image takes a reason."""
    shared = client.post(f"{API}/grants", json={"object": f"image:{ids['image']}"})
    assert shared.status_code in (201, 422), shared.text
    return shared.status_code == 422


@pytest.mark.parametrize("way", WAYS)
def test_an_image_keeps_its_mark_unless_a_reason_is_given(door: Door, ids: dict[str, int], way: str) -> None:
    ada = door("ada")
    method, path, body = WAYS[way](ids)
    refused = ada.request(method, f"{API}/{path}", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, "reason"), refused.text
    assert f"image:{ids['image']} would be in no dataset any more that is marked as sensitive" in refused.json()["detail"]
    assert is_marked(ada, ids)
    assert ada.get(f"{API}/datasets/{ids['marked']}").status_code == 200
    done = ada.request(method, f"{API}/{path}", json=body, headers=WHY)
    assert done.is_success, done.text
    assert not is_marked(ada, ids)
    assert ada.get(f"{API}/events", params={"limit": 2, "reason": "anonymised"}).json()["items"] != [], "the reason is kept"


def test_what_keeps_its_mark_or_goes_away_itself_needs_no_reason(door: Door, ids: dict[str, int]) -> None:
    ada = door("ada")
    assert ada.patch(f"{API}/datasets/{ids['plain']}", json={"sensitivity": "re-identifiable"}).status_code == 200
    moved = ada.post(f"{API}/datasets/{ids['plain']}/images", json={"ids": [ids["image"]], "move_from": ids["marked"]})
    assert moved.status_code == 200, moved.text
    assert is_marked(ada, ids)
    assert ada.delete(f"{API}/datasets/{ids['marked']}").status_code == 204
    gone = ada.post(f"{API}/graph/delete", json={"objects": [f"dataset:{ids['plain']}"]})
    assert gone.status_code == 200, gone.text
    assert ada.get(f"{API}/images/{ids['image']}").status_code == 404
