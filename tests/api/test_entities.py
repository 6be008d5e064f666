"""The routes every entity has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from micrarium.actions.opening import Site
from micrarium.model import Channel, Entity, Event, Image, LogicalChannel, Pixels
from micrarium.model.schema import entities, fields_of, finders
from micrarium.permissions import system_session

Door = Callable[[str | None], httpx.Client]


def make(client: httpx.Client, plural: str, **values: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{plural}", json=values)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def items(client: httpx.Client, query: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_entity_can_be_listed_filtered_and_asked_for_by_id(door: Door) -> None:
    ada = door("ada")
    for entity in entities():
        plural = entity.plural()
        assert ada.get(f"/api/v1/{plural}?limit=3&sort=-id").status_code == 200, plural
        assert ada.get(f"/api/v1/{plural}?limit=1001").status_code == 422, plural
        for name in finders(entity) if entity is not Event else ():  # the log of events has filters of its own
            assert items(ada, f"{plural}?{name}=987654321") == [], f"{plural} by {name}"
        missing = ada.get(f"/api/v1/{plural}/987654321")
        assert missing.status_code == 404, plural
        assert missing.json()["detail"] == f"There is no {entity.singular()}:987654321"
        refused = ada.get(f"/api/v1/{plural}?nonsense=1").json()
        assert "cannot be filtered" in refused["detail"], plural


@pytest.mark.parametrize("entity", entities(), ids=lambda e: e.__name__)
def test_every_entity_says_what_it_is(entity: type[Entity]) -> None:
    assert entity.__doc__, f"{entity.__name__} has no sentence that says what it is"
    names = [f.name for f in fields_of(entity)]
    assert names[0] == "id"
    assert "version" in names
    assert not any(name.endswith("_canonical") or name == "deleted_event_id" for name in names)


def test_an_object_is_made_shown_changed_and_deleted(door: Door) -> None:
    ada = door("ada")
    made = make(ada, "projects", name="Mitosis")
    path = f"/api/v1/projects/{made['id']}"
    shown = ada.get(path)
    assert shown.headers["etag"] == '"1"'
    assert shown.json() == made
    changed = ada.patch(path, json={"description": "of HeLa cells"}, headers={"If-Match": '"1"'})
    assert changed.json()["description"] == "of HeLa cells"
    assert changed.json()["version"] == 2
    history = ada.get(f"{path}/history").json()["items"]
    assert [event["action"] for event in history] == ["UPDATE", "INSERT"]
    assert history[0]["changes"] == {"description": [None, "of HeLa cells"]}
    assert ada.delete(path).status_code == 204
    assert ada.get(path).status_code == 404
    assert items(ada, "projects") == []


def test_a_change_of_a_version_that_is_gone_is_refused(door: Door) -> None:
    ada = door("ada")
    path = f"/api/v1/datasets/{make(ada, 'datasets', name='a')['id']}"
    ada.patch(path, json={"name": "b"})
    refused = ada.patch(path, json={"name": "c"}, headers={"If-Match": '"1"'})
    assert refused.status_code == 412
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "/problems/stale-version"
    assert ada.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert ada.get(path).json()["name"] == "b"


def test_a_member_of_a_read_only_group_sees_but_cannot_change(door: Door) -> None:
    path = f"/api/v1/projects/{make(door('ada'), 'projects', name='hers')['id']}"
    bob = door("bob")
    assert bob.get(path).json()["name"] == "hers"
    refused = bob.patch(path, json={"name": "his"})
    assert refused.status_code == 403
    assert "belongs to somebody else" in refused.json()["detail"]
    assert bob.delete(path).status_code == 403
    assert bob.get(path + "?include=permissions").json()["permissions"] == dict.fromkeys(
        ("annotate", "edit", "delete", "link"), False
    )


def test_what_one_may_not_see_is_answered_like_what_does_not_exist(door: Door) -> None:
    hers = make(door("ada"), "projects", name="hers")["id"]
    eve = door("eve")
    for method in ("GET", "PATCH", "DELETE"):
        hidden = eve.request(method, f"/api/v1/projects/{hers}", json={"name": "x"} if method == "PATCH" else None)
        absent = eve.request(method, "/api/v1/projects/987654", json={"name": "x"} if method == "PATCH" else None)
        assert hidden.status_code == absent.status_code == 404
        assert hidden.text.replace(str(hers), "ID") == absent.text.replace("987654", "ID")
    assert items(eve, f"projects?id={hers}") == []


def test_nobody_gets_in_without_signing_in(door: Door) -> None:
    nobody = door(None)
    for entity in entities():
        assert nobody.get(f"/api/v1/{entity.plural()}").status_code == 401, entity


def test_pages_follow_each_other_without_gaps(door: Door) -> None:
    ada = door("ada")
    names = [f"d{i % 4}" for i in range(11)]
    for name in names:
        make(ada, "datasets", name=name)
    for sort in ("name", "-name", "id", "-id", "description"):
        seen: list[dict[str, Any]] = []
        query = f"/api/v1/datasets?limit=3&sort={sort}"
        page = ada.get(query).json()
        while page["next"] is not None:
            seen += page["items"]
            page = ada.get(f"{query}&cursor={page['next']}").json()
        seen += page["items"]
        assert len({d["id"] for d in seen}) == len(seen) == 11, sort
        if "name" in sort:
            assert [d["name"] for d in seen] == sorted(names, reverse=sort.startswith("-"))
    assert ada.get("/api/v1/datasets?cursor=nonsense").status_code == 422


def test_fields_and_includes_shape_the_answer(door: Door) -> None:
    ada = door("ada")
    project, dataset = make(ada, "projects", name="p"), make(ada, "datasets", name="d")
    make(ada, "project_dataset_links", parent_id=project["id"], child_id=dataset["id"])
    found = items(ada, "projects?fields=name&include=child_count,owner")[0]
    assert found == {"id": project["id"], "name": "p", "child_count": 1, "owner": found["owner"]}
    assert found["owner"]["username"] == "ada"
    contained = items(ada, f"datasets?project={project['id']}&include=containers")[0]
    assert contained["containers"][0]["name"] == "p"
    assert items(ada, "datasets?orphaned=true") == []
    assert len(items(ada, "datasets?orphaned=false")) == 1
    assert ada.get("/api/v1/projects?orphaned=true").status_code == 422
    assert ada.get("/api/v1/projects?include=pixels").status_code == 422
    assert ada.get("/api/v1/projects?fields=colour").status_code == 422


def test_filters_by_text_take_it_literally(door: Door) -> None:
    ada = door("ada")
    for name in ("100%", "100x", "a_b", "aXb", "O'Neill; DROP TABLE image"):
        make(ada, "datasets", name=name)
    assert [d["name"] for d in items(ada, "datasets?name~=0%25")] == ["100%"]
    assert [d["name"] for d in items(ada, "datasets?name~=A_B")] == ["a_b"]
    assert [d["name"] for d in items(ada, "datasets?name=O'Neill; DROP TABLE image")] == ["O'Neill; DROP TABLE image"]


def test_bad_input_is_one_clear_sentence(door: Door) -> None:
    ada = door("ada")
    cases: list[tuple[str, str, Any, int, str]] = [
        ("POST", "datasets", {}, 422, "name"),
        ("POST", "datasets", {"name": "x", "colour": 1}, 422, "colour"),
        ("POST", "datasets", {"name": "x" * 1001}, 422, "name"),
        ("POST", "annotations", {"type": "Nonsense"}, 422, "type"),
        ("POST", "annotations", {"type": "TagAnnotation"}, 422, "text_value"),
        ("POST", "shapes", {"type": "Point", "roi_id": 5, "x": 1.0, "y": 1.0}, 404, "roi"),
        ("POST", "project_dataset_links", {"parent_id": 5, "child_id": 6}, 404, "project:5"),
        ("GET", "datasets?id=abc", None, 422, "whole numbers"),
        ("GET", "datasets?id=99999999999999999999999", None, 422, "out of range"),
        ("GET", "datasets?sort=colour", None, 422, "sorted"),
        ("GET", "images?acquisition_date=yesterday", None, 422, "acquisition_date"),
        ("GET", "nonsense", None, 404, ""),
    ]
    for method, path, body, status, told in cases:
        answer = ada.request(method, f"/api/v1/{path}", json=body)
        assert answer.status_code == status, (path, answer.text)
        assert told in answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_shapes_keep_to_their_kind(door: Door, people: dict[str, int]) -> None:
    assert people
    ada = door("ada")
    tag = make(ada, "annotations", type="TagAnnotation", text_value="mitosis")
    pairs = [["stain", "DAPI"], ["stain", "GFP"], ["", ""]]
    keyed = make(ada, "annotations", type="MapAnnotation", map_value=pairs)
    assert "map_value" not in tag
    assert "text_value" not in keyed
    assert keyed["map_value"] == pairs
    changed = ada.patch(f"/api/v1/annotations/{keyed['id']}", json={"map_value": [["a", "b"]]}).json()
    assert changed["map_value"] == [["a", "b"]]
    assert changed["version"] == 2
    refused = ada.patch(f"/api/v1/annotations/{tag['id']}", json={"map_value": []})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("given", "is_taken"), [("00FF7f", True), (None, True), ("banana", False), ("F0F", False), ("#00FF00", False)]
)
def test_a_colour_is_six_hexadecimal_digits(
    door: Door, site: Site, people: dict[str, int], given: str | None, is_taken: bool
) -> None:
    with system_session(site.engine, "a channel for a test") as session:
        image = Image(name="a", owner_id=people["ada"], group_id=people["read-only"])
        pixels = Pixels(image=image, pixels_type="uint8", size_x=1, size_y=1, size_z=1, size_c=1, size_t=1)
        channel = Channel(pixels=pixels, logical_channel=LogicalChannel(), channel_index=0)
        session.add_all([image, pixels, channel])
        session.flush()
        number = channel.id
    answer = door("ada").patch(f"/api/v1/channels/{number}", json={"color": given})
    assert answer.status_code == (200 if is_taken else 422), answer.text
    if not is_taken:
        assert "color" in answer.json()["detail"]
        assert "hexadecimal" in answer.json()["detail"]
