"""Linked data at the addresses of objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.exchange.conftest import RocIssues, roc_issues

from micrarium.actions.opening import Site
from micrarium.api.crates import prefers
from micrarium.model import Image
from micrarium.permissions import system_session

__all__ = ["roc_issues"]

Door = Callable[[str | None], httpx.Client]
LINKED_DATA = {"Accept": "application/ld+json"}


def make(client: httpx.Client, path: str, **values: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{path}", json=values)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def things(site: Site, people: dict[str, int], door: Door) -> dict[str, int]:
    """A project with a dataset with three images of Ada's, the first of which is described; ids by path."""
    ada = door("ada")
    project, dataset = make(ada, "projects", name="Mitosis")["id"], make(ada, "datasets", name="Day 1")["id"]
    with system_session(site.engine, "images for a test") as session:
        owned = {"owner_id": people["ada"], "group_id": people["read-only"]}
        images = [Image(name=f"cell {n}.tif", **owned) for n in range(3)]
        session.add_all(images)
        session.flush()
        ids = [image.id for image in images]
    make(ada, f"projects/{project}/datasets", ids=[dataset])
    make(ada, f"datasets/{dataset}/images", ids=ids)
    pairs = [
        ["Organism", "Homo sapiens"],
        ["Imaging Method", "confocal microscopy"],
        ["Licence", "CC BY 4.0"],
        ["Antibody", "α-tubulin"],
    ]
    make(ada, f"images/{ids[0]}/annotations", type="MapAnnotation", map_value=pairs)
    make(ada, f"images/{ids[0]}/annotations", type="TagAnnotation", text_value="mitosis")
    make(ada, f"images/{ids[0]}/annotations", type="CommentAnnotation", text_value="Look at the spindle")
    return {"projects": project, "datasets": dataset, "images": ids[0]}


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_an_image_answers_linked_data_at_its_address_and_in_the_api(door: Door, things: dict[str, int], prefix: str) -> None:
    answer = door("ada").get(f"{prefix}/images/{things['images']}", headers=LINKED_DATA)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/ld+json")
    assert "Accept" in answer.headers["vary"]
    graph = {entity["@id"]: entity for entity in answer.json()["@graph"]}
    root_id = f"http://testserver/images/{things['images']}/"
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": root_id}
    root = graph[root_id]
    assert root["name"] == "cell 0.tif"
    assert root["license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert root["keywords"] == "mitosis"
    assert "http://purl.obolibrary.org/obo/NCBITaxon_9606" in graph
    assert any(entity.get("name") == "Antibody" and entity["value"] == "α-tubulin" for entity in graph.values())
    links = answer.headers.get_list("link")
    assert any('rel="describedby"' in link and "ro-crate-metadata.json" in link for link in links)
    assert any('rel="license"' in link for link in links)
    assert any('rel="item"' in link and f"/zarr/images/{things['images']}.ome.zarr" in link for link in links)


def test_containers_name_what_they_hold(door: Door, things: dict[str, int]) -> None:
    ada = door("ada")
    project = ada.get(f"/projects/{things['projects']}", headers=LINKED_DATA).json()["@graph"]
    dataset = ada.get(f"/datasets/{things['datasets']}", headers=LINKED_DATA).json()["@graph"]
    assert f"http://testserver/datasets/{things['datasets']}/" in {entity["@id"] for entity in project}
    names = [entity["name"] for entity in dataset if entity.get("additionalType", "").endswith("/Image")]
    assert names == ["cell 0.tif", "cell 1.tif", "cell 2.tif"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("plural", ["projects", "datasets", "images"])
def test_a_validator_finds_nothing_that_is_required(door: Door, things: dict[str, int], plural: str, roc_issues: RocIssues) -> None:
    crate = door("ada").get(f"/{plural}/{things[plural]}", headers=LINKED_DATA).json()
    assert roc_issues(crate) == []


def test_browsers_get_the_page_and_programs_the_json_both_naming_the_crate(door: Door, things: dict[str, int]) -> None:
    ada, address = door("ada"), f"/images/{things['images']}"
    page = ada.get(address, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert any('rel="license"' in link for link in page.headers.get_list("link"))
    json = ada.get(f"/api/v1{address}", headers={"Accept": "*/*"})
    assert json.json()["name"] == "cell 0.tif"
    for answer in (page, json):
        assert "Accept" in answer.headers["vary"]
        (crate,) = [link for link in answer.headers.get_list("link") if "describedby" in link]
        named = ada.get(crate.split(">")[0].strip("<"))
        assert named.json()["@context"][0] == "https://w3id.org/ro/crate/1.1/context"


def test_a_crate_shows_only_what_its_reader_may_see(door: Door, things: dict[str, int]) -> None:
    path = f"/images/{things['images']}"
    assert door("eve").get(path, headers=LINKED_DATA).status_code == 404
    assert door(None).get(path, headers=LINKED_DATA).status_code == 401
    told = door("eve").get(path).headers.get_list("link")
    assert not any("license" in link for link in told), "a page tells strangers what an image is about"


def test_a_crate_can_be_asked_for_by_its_head(door: Door, things: dict[str, int]) -> None:
    answer = door("ada").head(f"/images/{things['images']}", headers=LINKED_DATA)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.content == b""


@pytest.mark.parametrize(
    ("accept", "is_wanted"),
    [
        ("application/ld+json", True),
        ("application/ld+json, text/html;q=0.5", True),
        ("text/html, application/ld+json;q=0.9", False),
        ("application/json, application/ld+json", False),
        ("*/*", False),
        ("application/*", False),
        ("application/ld+json;q=0", False),
        ("", False),
        ('application/ld+json;profile="https://w3id.org/ro/crate"', True),
    ],
)
def test_what_is_preferred_follows_the_accept_header(accept: str, is_wanted: bool) -> None:
    assert prefers(accept, "application/ld+json", over=("application/json", "text/html")) == is_wanted
