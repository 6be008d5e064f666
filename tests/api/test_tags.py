"""Tag sets as a tree over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from micrarium.actions.opening import Site
from micrarium.model import Dataset, Image
from micrarium.permissions import system_session

Door = Callable[[str | None], httpx.Client]
NAMESPACE = "openmicroscopy.org/omero/insight/tagset"


def test_a_tag_set_holds_tags_and_each_tells_what_carries_it(door: Door, site: Site, people: dict[str, int]) -> None:
    ada, bob = door("ada"), door("bob")
    with system_session(site.engine, "a test") as session:
        owned = {"owner_id": people["ada"], "group_id": people["read-annotate"]}
        image, dataset = Image(name="i", **owned), Dataset(name="d", **owned)
        session.add_all([image, dataset])
        session.flush()
        image_id, dataset_id = image.id, dataset.id
    here = {"group": people["read-annotate"]}
    wanted = {"name": " Cell cycle ", "tag_names": ["mitosis", "Interphase"], "description": "Stages"}
    made = ada.post("/api/v1/tag_sets", params=here, json=wanted).json()
    assert (made["ns"], made["text_value"], made["group_id"]) == (NAMESPACE, "Cell cycle", people["read-annotate"])
    tag = {"type": "TagAnnotation", "text_value": "mitosis"}
    on_image = ada.post(f"/api/v1/images/{image_id}/annotations", json=tag).json()
    bob.post(f"/api/v1/images/{image_id}/annotations", json={"annotation_id": on_image["id"]})
    ada.post(f"/api/v1/datasets/{dataset_id}/annotations", json=tag)
    bob.post(f"/api/v1/datasets/{dataset_id}/annotations", json=tag | {"text_value": "loose"})
    tree = bob.get("/api/v1/tags", params=here).json()
    (cycle,) = tree["sets"]
    assert (cycle["name"], cycle["description"]) == ("Cell cycle", "Stages")
    assert [(t["name"], t["count"], t["counts"]) for t in cycle["tags"]] == [
        ("Interphase", 0, {}),
        ("mitosis", 2, {"datasets": 1, "images": 1}),
    ]
    assert [t["name"] for t in tree["tags"]] == ["loose"]
    assert [row["id"] for row in bob.get("/api/v1/images", params={"annotation": on_image["id"]}).json()["items"]] == [image_id]
    # Narrowed to one owner, to another group, and to what a stranger sees.
    of_bob = ada.get("/api/v1/tags", params={"owner": people["bob"]}).json()
    assert ([s["name"] for s in of_bob["sets"]], [t["name"] for t in of_bob["tags"]]) == ([], ["loose"])
    assert ada.get("/api/v1/tags", params={"group": people["read-only"]}).json() == {"sets": [], "tags": []}
    assert door("eve").get("/api/v1/tags").json() == {"sets": [], "tags": []}
    # Asked for again, it is the same one; a tag that was in a set and leaves it stays on what carries it.
    assert ada.post("/api/v1/tag_sets", params=here, json={"name": "Cell cycle"}).json()["id"] == made["id"]
    path = f"/api/v1/tag_sets/{made['id']}/tags"
    assert ada.post(path, json={"names": ["prophase", "mitosis"]}).json() == {"added": 1}
    assert ada.post(f"{path}/remove", json={"ids": [on_image["id"]]}).json() == {"removed": 1}
    tree = ada.get("/api/v1/tags", params=here).json()
    assert [t["name"] for t in tree["sets"][0]["tags"]] == ["Interphase", "prophase"]
    assert [(t["name"], t["count"]) for t in tree["tags"]] == [("loose", 1), ("mitosis", 2)]


def test_tag_sets_keep_to_what_their_groups_allow(door: Door, people: dict[str, int]) -> None:
    ada, bob = door("ada"), door("bob")
    made = ada.post("/api/v1/tag_sets", params={"group": people["read-only"]}, json={"name": "Mine"}).json()
    path = f"/api/v1/tag_sets/{made['id']}/tags"
    assert bob.post(path, json={"names": ["x"]}).status_code == 403
    assert door("eve").post(path, json={"names": ["x"]}).status_code == 404
    tag = ada.post("/api/v1/annotations", json={"type": "TagAnnotation", "text_value": "t"}).json()
    comment = ada.post("/api/v1/annotations", json={"type": "CommentAnnotation", "text_value": "c"}).json()
    assert ada.post(path, json={"ids": [tag["id"]]}).json() == {"added": 1}
    for wrong in (comment["id"], made["id"]):
        assert ada.post(path, json={"ids": [wrong]}).status_code == 422
    for wrong in (tag["id"], 987_654):
        assert ada.post(f"/api/v1/tag_sets/{wrong}/tags", json={"names": ["x"]}).status_code == 404
    elsewhere = ada.post(
        "/api/v1/annotations", params={"group": people["private"]}, json={"type": "TagAnnotation", "text_value": "t"}
    )
    assert ada.post(path, json={"ids": [elsewhere.json()["id"]]}).status_code == 422
    assert bob.post(f"{path}/remove", json={"ids": [tag["id"]]}).status_code == 403
    assert ada.post("/api/v1/tag_sets", json={"name": "  "}).status_code == 422
    assert ada.delete(f"/api/v1/annotations/{made['id']}").status_code == 204
    assert [t["name"] for t in ada.get("/api/v1/tags", params={"group": people["read-only"]}).json()["tags"]] == ["t"]
