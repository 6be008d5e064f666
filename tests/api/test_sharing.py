"""Share links and publications over HTTP: what a visitor sees, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site
from micrarium.model import Experimenter
from micrarium.permissions import Actor, every, load_actor, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_plate

Door = Callable[[str | None], httpx.Client]


def actor_of(site: Site, people: dict[str, int], group: str = "read-only", name: str = "ada") -> Actor:
    with system_session(site.engine, "a test") as session:
        return load_actor(session, people[name], group_id=people[group])


@pytest.fixture
def shared(site: Site, people: dict[str, int], door: Door, tmp_path: Path) -> dict[str, int]:
    """Ada's project with a dataset with an image, and a dataset and an image beside it; all in the read-only group."""
    ada, client = actor_of(site, people), door("ada")
    made = {}
    for number, name in enumerate(("inside", "beside")):
        file = write_ome_tiff(tmp_path / f"{name}.ome.tif", numbered_pixels(1, 1, 1, 40, 50, seed=number + 70), names=("DNA",))
        made[name] = import_files(site, ada, [file], dataset=f"set {name}").images[0]
        made[f"set {name}"] = client.get("/api/v1/datasets", params={"image": made[name]}).json()["items"][0]["id"]
    group = {"group_id": people["read-only"]}
    made["project"] = client.post("/api/v1/projects", json={"name": "shared work"} | group).json()["id"]
    client.post(f"/api/v1/projects/{made['project']}/datasets", json={"ids": [made["set inside"]]}).raise_for_status()
    for name in ("inside", "beside"):
        client.post(f"/api/v1/images/{made[name]}/annotations", json={"type": "TagAnnotation", "text_value": f"tag {name}"})
    return made


def share(client: httpx.Client, shared_name: str, /, **terms: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/grants", json={"object": shared_name} | terms)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told | {"path": httpx.URL(told["url"]).path}


def listed(client: httpx.Client, path: str) -> list[int]:
    return [one["id"] for one in client.get(path).raise_for_status().json()["items"]]


@pytest.mark.parametrize("root", ["project", "set inside", "inside"])
def test_a_visitor_sees_what_lies_below_what_was_shared_and_nothing_else(shared: dict[str, int], door: Door, root: str) -> None:
    kind = {"project": "project", "set inside": "dataset", "inside": "image"}[root]
    link = share(door("ada"), f"{kind}:{shared[root]}", name="for Tim")
    visitor, at = door(None), f"{link['path']}/api/v1"
    assert listed(visitor, f"{at}/images") == [shared["inside"]]
    assert listed(visitor, f"{at}/datasets") == ([] if kind == "image" else [shared["set inside"]])
    assert listed(visitor, f"{at}/projects") == ([shared["project"]] if kind == "project" else [])
    inside, beside = f"{at}/images/{shared['inside']}", f"{at}/images/{shared['beside']}"
    shown = visitor.get(f"{inside}?include=pixels,channels,annotations").json()
    assert shown["channels"][0]["name"] == "DNA"
    assert "tag inside" in str(shown["annotations"])
    assert [a["text_value"] for a in visitor.get(f"{at}/annotations").json()["items"]] == ["tag inside"]
    for path in ("/thumbnail", "/region", "/rendering", "/histogram", "/original", "/ro-crate-metadata.json"):
        assert visitor.get(inside + path).status_code == 200, path
    zarr = visitor.get(f"{link['path']}/zarr/images/{shared['inside']}.ome.zarr/zarr.json")
    assert zarr.json()["attributes"]["ome"]["multiscales"]
    assert visitor.head(inside).status_code == 200
    for path in ("", "/thumbnail", "/original", "/annotations"):
        assert visitor.get(beside + path).status_code == 404, path
    assert visitor.get(f"{link['path']}/zarr/images/{shared['beside']}.ome.zarr/zarr.json").status_code == 404
    assert visitor.get(f"{at}/search?q=tag").json()["items"] != []
    assert visitor.get(f"{at}/search?q=beside").json()["items"] == []
    assert visitor.get(f"{at}/session").json()["visit"]["name"] == "for Tim"
    assert f"{link['path']}/" in visitor.get(f"{inside}/ro-crate-metadata.json").text


def test_a_visitor_changes_nothing_and_sees_nothing_of_the_maker(
    shared: dict[str, int], door: Door, people: dict[str, int]
) -> None:
    link = share(door("ada"), f"project:{shared['project']}", may_annotate=True)
    visitor, at = door(None), f"{link['path']}/api/v1"
    image = f"{at}/images/{shared['inside']}"
    for path in (
        "tokens",
        "jobs",
        "grants",
        "bin/images",
        f"experimenters/{people['ada']}/sessions",
        f"images/{shared['inside']}/history",
    ):
        assert visitor.get(f"{at}/{path}").status_code == 403, path
    assert listed(visitor, f"{at}/experimenters") == [people["ada"]]
    assert listed(visitor, f"{at}/experimenter_groups") == []
    for method, path, body in (
        ("PATCH", image, {"name": "mine"}),
        ("DELETE", image, None),
        ("POST", f"{at}/datasets", {"name": "mine"}),
        ("POST", f"{at}/exports", {"object": f"image:{shared['inside']}"}),
        ("POST", f"{at}/tokens", {"name": "mine"}),
        ("POST", f"{at}/grants", {"object": f"image:{shared['inside']}"}),
        ("PATCH", f"{at}/session", {"group_id": people["private"]}),
        ("PATCH", f"{at}/experimenters/{people['ada']}", {"first_name": "Tim"}),
        ("PUT", f"{image}/rendering", {"model": "greyscale"}),
    ):
        assert visitor.request(method, path, json=body).status_code == 403, (method, path)
    assert door("ada").get(f"/api/v1/images/{shared['inside']}").json()["name"] == "inside.ome.tif"


def test_a_visitor_annotates_where_the_link_says_so_and_the_event_names_the_link(shared: dict[str, int], door: Door) -> None:
    ada, visitor = door("ada"), door(None)
    comment = {"type": "CommentAnnotation", "text_value": "looks sharp"}
    path = f"api/v1/images/{shared['inside']}/annotations"
    looking, annotating = (share(ada, f"image:{shared['inside']}", may_annotate=may) for may in (False, True))
    assert visitor.post(f"{looking['path']}/{path}", json=comment).status_code == 403
    made = visitor.post(f"{annotating['path']}/{path}", json=comment)
    assert made.status_code in (200, 201), made.text
    beside = f"{annotating['path']}/api/v1/images/{shared['beside']}/annotations"
    assert visitor.post(beside, json=comment).status_code == 404
    annotation = made.json()["id"]
    assert ada.get(f"/api/v1/annotations/{annotation}").json()["text_value"] == "looks sharp"
    event = ada.get(f"/api/v1/annotations/{annotation}/history").json()["items"][0]["event_id"]
    assert ada.get(f"/api/v1/events/{event}").json()["grant_id"] == annotating["id"]
    gone = visitor.delete(f"{annotating['path']}/{path}/{annotation}")
    assert gone.status_code == 403, "a visitor took away what another may have written"


def test_a_link_ends_when_it_is_withdrawn_expires_or_its_maker_may_see_no_longer(
    shared: dict[str, int], door: Door, people: dict[str, int]
) -> None:
    ada, visitor, name = door("ada"), door(None), f"project:{shared['project']}"
    withdrawn, waiting, kept = (share(ada, name, opens_at=at) for at in (None, "2999-01-01T00:00:00Z", None))
    assert visitor.get(f"{withdrawn['path']}/api/v1/images").status_code == 200
    assert ada.delete(f"/api/v1/grants/{withdrawn['id']}").status_code == 204
    unknown = visitor.get("/s/" + "x" * 32 + "/api/v1/images")
    for link in (withdrawn, waiting):
        answer = visitor.get(f"{link['path']}/api/v1/images")
        assert (answer.status_code, answer.content) == (404, unknown.content)
    assert ada.post("/api/v1/grants", json={"object": name, "expires_at": "2001-01-01T00:00:00Z"}).status_code == 422
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert ada.patch(f"/api/v1/grants/{kept['id']}", json={"expires_at": soon}).json()["is_open"]
    assert visitor.get(f"{kept['path']}/api/v1/images").status_code == 200
    path = f"/api/v1/experimenter_groups/{people['read-only']}/members/{people['ada']}"
    assert door("admin").delete(path).status_code == 204
    assert listed(visitor, f"{kept['path']}/api/v1/images") == [], "Ada is no member any more, her link still shows"
    assert door("admin").patch(f"/api/v1/experimenters/{people['ada']}", json={"is_active": False}).status_code == 200
    assert visitor.get(f"{kept['path']}/api/v1/images").status_code == 404


def test_a_password_guards_a_link(shared: dict[str, int], door: Door) -> None:
    link, visitor = share(door("ada"), f"image:{shared['inside']}", password="open sesame"), door(None)
    at = f"{link['path']}/api/v1"
    refused = visitor.get(f"{at}/images")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Basic realm="share link"')
    assert "inside" not in refused.text
    assert visitor.get(f"{at}/images", auth=("", "wrong")).status_code == 401
    assert visitor.get(f"{at}/images", auth=("", "open sesame")).status_code == 200
    assert visitor.post(f"{at}/visit", json={"password": "wrong"}).status_code == 401
    opened = visitor.post(f"{at}/visit", json={"password": "open sesame"})
    assert opened.status_code == 200
    assert f"Path={link['path']};" in opened.headers["set-cookie"]
    assert "HttpOnly" in opened.headers["set-cookie"]
    proof = opened.headers["set-cookie"].split(";")[0]
    assert visitor.get(f"{at}/images", headers={"Cookie": proof}).status_code == 200
    for _ in range(12):
        last = door(None).get(f"{at}/images", auth=("", "guess"))
    assert last.status_code == 429, "a password can be guessed without end"
    assert link["has_password"]
    assert "open sesame" not in door("ada").get("/api/v1/grants").text


def test_who_may_not_share_is_refused_and_grants_are_their_makers_own(shared: dict[str, int], door: Door) -> None:
    name = f"image:{shared['inside']}"
    assert door("bob").post("/api/v1/grants", json={"object": name}).status_code == 403, "a member shares what is not theirs"
    assert door("eve").post("/api/v1/grants", json={"object": name}).status_code == 404
    assert door("pia").post("/api/v1/grants", json={"object": name}).status_code == 201, "an owner of the group may"
    mine = share(door("ada"), name)
    assert [one["id"] for one in door("ada").get("/api/v1/grants", params={"object": name}).json()["items"]] == [mine["id"]]
    assert door("bob").get("/api/v1/grants").json()["items"] == []
    for method in ("PATCH", "DELETE"):
        assert door("bob").request(method, f"/api/v1/grants/{mine['id']}", json={}).status_code == 404
    assert "key" not in door("ada").get("/api/v1/grants").text.replace("shown_keys", "")
    for wrong in ({"object": "channel:1"}, {"object": "image:x"}, {"object": "search"}, {"object": "search", "query": "  "},
                  {"object": name, "is_blind": True, "may_annotate": True}, {"object": name, "shown_keys": ["a"]},
                  {"object": name, "audience": "public", "password": "abcdef"}, {"object": name, "password": "abc"}):  # fmt: skip
        assert door("ada").post("/api/v1/grants", json=wrong).status_code == 422, wrong
    visits = door(None)
    visits.get(f"{mine['path']}/api/v1/images")
    visits.get(f"{mine['path']}/api/v1/images")
    told = door("ada").get("/api/v1/grants", params={"object": name}).json()["items"][0]
    assert (told["use_count"], told["uses"][0]["count"]) == (1, 1)
    assert told["last_used_at"] is not None


def test_a_shared_search_shows_what_it_finds_at_the_time(shared: dict[str, int], door: Door) -> None:
    ada, visitor = door("ada"), door(None)
    link = share(ada, "search", query='"tag inside"')
    at = f"{link['path']}/api/v1"
    assert listed(visitor, f"{at}/images") == [shared["inside"]]
    ada.post(f"/api/v1/images/{shared['beside']}/annotations", json={"type": "TagAnnotation", "text_value": "tag inside"})
    assert listed(visitor, f"{at}/images") == sorted([shared["inside"], shared["beside"]])
    assert visitor.get(f"{at}/images/{shared['beside']}/thumbnail").status_code == 200
    assert {one["id"] for one in visitor.get(f"{at}/search?q=tag").json()["items"]} == {shared["inside"], shared["beside"]}
    assert listed(visitor, f"{at}/datasets") == []


def test_what_is_published_is_everybodys_after_its_embargo(shared: dict[str, int], door: Door) -> None:
    ada, visitor = door("ada"), door(None)
    assert visitor.get("/public/api/v1/images").status_code == 401, "nothing is published, and it is told so"
    grant = share(ada, f"project:{shared['project']}", audience="public", opens_at="2999-01-01T00:00:00Z")
    assert grant["url"].endswith(f"/public/projects/{shared['project']}")
    assert visitor.get("/public/api/v1/images").status_code == 401
    begun = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    ada.patch(f"/api/v1/grants/{grant['id']}", json={"opens_at": begun}).raise_for_status()
    assert listed(visitor, "/public/api/v1/images") == [shared["inside"]]
    assert visitor.get(f"/public/zarr/images/{shared['inside']}.ome.zarr/zarr.json").status_code == 200
    assert visitor.get("/public/api/v1/tree").json()["projects"][0]["name"] == "shared work"
    assert visitor.get(f"/public/api/v1/images/{shared['beside']}").status_code == 404
    assert listed(visitor, "/public/api/v1/experimenters") == []
    assert visitor.post(f"/public/api/v1/images/{shared['inside']}/annotations", json={}).status_code in (403, 422)
    assert visitor.get(f"/api/v1/images/{shared['inside']}").status_code == 401, "only below /public"
    ada.delete(f"/api/v1/images/{shared['inside']}").raise_for_status()
    assert listed(visitor, "/public/api/v1/images") == []


def test_the_public_groups_data_are_everybodys(site: Site, shared: dict[str, int], door: Door) -> None:
    site.settings.public_group = "read-only"
    try:
        assert listed(door(None), "/public/api/v1/images") == sorted([shared["inside"], shared["beside"]])
    finally:
        site.settings.public_group = None


def test_a_plate_is_shared_with_its_wells(site: Site, people: dict[str, int], door: Door, tmp_path: Path) -> None:
    plate = import_files(site, actor_of(site, people), [write_plate(tmp_path / "plate.ome.zarr")]).plates[0]
    link, visitor = share(door("ada"), f"plate:{plate}"), door(None)
    at = f"{link['path']}/api/v1"
    wells = visitor.get(f"{at}/wells", params={"plate_id": plate}).json()["items"]
    assert wells
    assert len(listed(visitor, f"{at}/images")) == len(listed(door("ada"), f"/api/v1/images?plate={plate}"))
    assert visitor.get(f"{link['path']}/zarr/plates/{plate}.ome.zarr/zarr.json").status_code == 200


def test_sensitive_data_are_shared_and_downloaded_for_a_reason_only_and_looks_are_kept(shared: dict[str, int], door: Door) -> None:
    ada, bob, image = door("ada"), door("bob"), shared["inside"]
    flag = ada.patch(f"/api/v1/datasets/{shared['set inside']}", json={"sensitivity": "human"})
    assert flag.json()["sensitivity"] == "human"
    for name in (f"image:{image}", f"dataset:{shared['set inside']}", f"project:{shared['project']}"):
        refused = ada.post("/api/v1/grants", json={"object": name})
        assert (refused.status_code, refused.json()["field"]) == (422, "reason"), name
    link = share(ada, f"image:{image}", reason="ethics vote 12")
    assert ada.post("/api/v1/exports", json={"object": f"image:{image}"}).status_code == 422
    assert ada.post("/api/v1/exports", json={"object": f"image:{image}", "reason": "a figure"}).status_code == 202
    assert bob.get(f"/api/v1/images/{image}/original").status_code == 422
    assert bob.get(f"/api/v1/images/{image}/original", params={"reason": "a check"}).status_code == 200
    bob.get(f"/api/v1/images/{image}/thumbnail")
    bob.get(f"/api/v1/images/{image}/thumbnail")
    door(None).get(f"{link['path']}/zarr/images/{image}.ome.zarr/zarr.json").raise_for_status()
    looks = ada.get(f"/api/v1/datasets/{shared['set inside']}/accesses").json()["items"]
    told = [(one["action"], one["username"], one["reason"], one["grant_id"]) for one in looks]
    assert ("view", "bob", None, None) in told
    assert told.count(("view", "bob", None, None)) == 1
    assert ("download", "bob", "a check", None) in told
    assert ("share", "ada", "ethics vote 12", None) in told
    assert ("export", "ada", "a figure", None) in told
    assert any(one["action"] == "view" and one["grant_id"] == link["id"] for one in looks)
    assert bob.get(f"/api/v1/datasets/{shared['set inside']}/accesses").status_code == 403
    file = ada.get(f"/api/v1/images/{image}/originals/list").json()["items"][0]["original_file_id"]
    for path in (f"datasets/{shared['set inside']}/originals", f"images/{image}/originals", f"original_files/{file}/file"):
        assert bob.get(f"/api/v1/{path}").status_code == 422, path
        assert bob.get(f"/api/v1/{path}", params={"reason": "a check"}).status_code == 200, path
    assert ada.get(f"/api/v1/images/{shared['beside']}/original").status_code == 200, "what is not sensitive takes no reason"
    search = {"object": "search", "query": "inside"}
    assert ada.post("/api/v1/grants", json=search).status_code == 422, "nobody knows what it will find"
    assert ada.post("/api/v1/grants", json=search | {"reason": "a talk"}).status_code == 201
    copy = ada.post("/api/v1/graph/duplicate", json={"objects": [f"image:{shared['inside']}"]})
    assert (copy.status_code, "marked as sensitive" in copy.json()["detail"]) == (409, True)


#: All that a visitor gets of these classes, by what they are shown as.
SHOWN_TO_VISITORS = {
    "experimenters": {"id", "version", "first_name", "middle_name", "last_name", "orcid"},
    "filesets": {
        "id", "version", "reader", "reader_version", "owner_id", "group_id", "creation_event_id", "update_event_id",
        "created_at", "updated_at",
    },
    "fileset_entries": {"id", "version", "fileset_id", "original_file_id", "position"},
    "original_files": {
        "id", "version", "name", "size", "hash", "hasher", "mimetype", "is_in_place", "owner_id", "group_id", "creation_event_id",
        "update_event_id", "created_at", "updated_at",
    },
}  # fmt: skip


def test_a_visitor_is_told_the_name_of_a_person_and_no_path_of_a_file(shared: dict[str, int], door: Door, site: Site) -> None:
    with system_session(site.engine, "a test") as session:
        ada = session.scalars(every(Experimenter).where(Experimenter.ome_name == "ada")).one()
        ada.email, ada.institution, ada.orcid = "ada@example.org", "Institute of Secrets", "0000-0002-1825-0097"
    link = share(door("ada"), f"project:{shared['project']}")
    at = f"{link['path']}/api/v1"
    visitor = door(None)
    for plural, fields in SHOWN_TO_VISITORS.items():
        items = visitor.get(f"{at}/{plural}").raise_for_status().json()["items"]
        assert len(items) == 1, plural
        assert set(items[0]) == fields, plural
        assert set(visitor.get(f"{at}/{plural}/{items[0]['id']}").json()) == fields, plural
    assert visitor.get(f"{at}/experimenter_groups").json()["items"] == []
    for query in ("email~=ada", "sort=email", "fields=email", "is_admin=false", "ome_name=ada", "quota_bytes="):
        refused = visitor.get(f"{at}/experimenters?{query}")
        assert refused.status_code == 422, query
    for path in ("filesets?template_prefix~=t", "filesets?sort=template_prefix", "original_files?path~=t"):
        assert visitor.get(f"{at}/{path}").status_code == 422, path
    image = f"{at}/images/{shared['inside']}"
    assert visitor.get(f"{image}?include=owner").json()["owner"]["username"] is None
    told = visitor.get(f"{image}/ro-crate-metadata.json").text
    assert "Ada Test" in told
    assert "0000-0002-1825-0097" in told
    assert "Institute of Secrets" not in told
    own = door("ada").get(f"/api/v1/experimenters/{ada.id}").json()
    assert (own["email"], own["institution"]) == ("ada@example.org", "Institute of Secrets")


@pytest.mark.parametrize("plural", [*SHOWN_TO_VISITORS, "experimenter_groups"])
def test_a_blind_link_shows_no_person_and_no_file(shared: dict[str, int], door: Door, plural: str) -> None:
    link = share(door("ada"), f"project:{shared['project']}", is_blind=True)
    assert door(None).get(f"{link['path']}/api/v1/{plural}").status_code == 403
