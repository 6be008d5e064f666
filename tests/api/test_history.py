"""What happened, over HTTP: the log of events, the history of an object, the calendar, and taking events back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from micrarium.actions.opening import Site, open_site
from micrarium.model import Experimenter, ExperimenterGroup, Image
from micrarium.permissions import every, system_session
from micrarium.settings import Settings
from micrarium.testing.people import make_people
from micrarium.testing.transports import call_in_process

Door = Callable[[str | None], httpx.Client]
API = "/api/v1"
NAMES = {"ada", "bob", "pia", "eve", "private", "read-only", "read-annotate", "read-write", "elsewhere"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Door]]:
    """A site that all tests of this module share, on each dialect, and the door to it."""
    databases = request.getfixturevalue("sqlite_databases" if request.param == "sqlite" else "postgres_databases")
    with databases.make() as url:
        settings = Settings(data=tmp_path_factory.mktemp("history") / "data", database_url=url)
        with open_site(settings) as site, call_in_process(site) as door:
            yield site, door


@pytest.fixture
def site(shared: tuple[Site, Door]) -> Site:
    """The shared site, instead of one for each test."""
    return shared[0]


@pytest.fixture
def people(site: Site) -> dict[str, int]:
    """People and groups of a test's own; those of earlier tests are renamed, so that everyone starts with an empty log."""
    with system_session(site.engine, "make room for a test's people") as session:
        for entity, name in ((Experimenter, "ome_name"), (ExperimenterGroup, "name")):
            for found in session.scalars(every(entity)):
                if getattr(found, name) in NAMES:
                    setattr(found, name, f"{getattr(found, name)}-{found.id}")
    return make_people(site)


@pytest.fixture
def door(shared: tuple[Site, Door], people: dict[str, int]) -> Door:
    """Opens the shared site as one of the test's people."""
    assert people
    return shared[1]


def make(client: httpx.Client, plural: str, **fields: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/{plural}", json=fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def last_event(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{API}/events", params={"limit": 1}).json()["items"][0]
    return found


def undo(client: httpx.Client, event: int, **given: Any) -> httpx.Response:
    return client.post(f"{API}/events/{event}/undo", json=given)


def make_image(site: Site, people: dict[str, int], *, owner: str, group: str) -> str:
    with system_session(site.engine, "an image for a test") as session:
        image = Image(name="cells.tif", owner_id=people[owner], group_id=people[group])
        session.add(image)
        session.flush()
        return f"{API}/images/{image.id}"


def test_an_event_says_who_when_from_where_and_why(door: Door) -> None:
    ada = door("ada")
    reason = "Färbung war falsch: 100 %"
    ada.post(f"{API}/projects", json={"name": "p"}, headers={"X-Reason": quote(reason)})
    event = last_event(ada)
    assert event["experimenter"]["ome_name"] == "ada"
    assert (event["reason"], event["client"], event["token_name"]) == (reason, "api", "test")
    assert event["address"]
    raw = {b"X-Reason": "plain é".encode(), b"User-Agent": b"micrarium-cli/0.1.0"}
    ada.post(f"{API}/projects", json={"name": "q"}, headers=raw)
    assert (last_event(ada)["reason"], last_event(ada)["client"]) == ("plain é", "cli")
    refused = ada.post(f"{API}/projects", json={"name": "r"}, headers={"X-Reason": "x" * 1001})
    assert refused.status_code == 422
    assert refused.json()["field"] == "X-Reason"


def test_where_somebody_sat_is_told_to_nobody_but_them_and_administrators(door: Door) -> None:
    make(door("ada"), "projects", name="p")
    event = last_event(door("ada"))
    assert event["group"]["name"] == "read-only"
    for person, is_told in (("ada", True), ("admin", True), ("bob", False)):
        shown = door(person).get(f"{API}/events/{event['id']}").json()
        assert (shown["address"] is not None, shown["token_name"] is not None) == (is_told, is_told)


def test_the_log_is_filtered_and_comes_in_pages(door: Door, people: dict[str, int]) -> None:
    ada, bob = door("ada"), door("bob")
    for number in range(5):
        make(ada, "projects", name=f"p{number}")
    dataset = make(bob, "datasets", name="d")
    bob.patch(f"{API}/datasets/{dataset['id']}", json={"name": "e"}, headers={"X-Reason": "Typing Error"})
    seen: list[int] = []
    cursor = None
    while True:
        page = ada.get(f"{API}/events", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [event["id"] for event in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 7

    def found(**asked: Any) -> list[str]:
        answer = ada.get(f"{API}/events", params=asked)
        assert answer.status_code == 200, answer.text
        return [event["counts"][0]["action"] + " " + event["counts"][0]["kind"] for event in answer.json()["items"]]

    assert found(by="bob") == found(by=people["bob"]) == ["UPDATE dataset", "INSERT dataset"]
    assert found(kind="dataset") == ["UPDATE dataset", "INSERT dataset"]
    assert found(object=f"dataset:{dataset['id']}", limit=1) == ["UPDATE dataset"]
    assert found(reason="typing") == ["UPDATE dataset"]
    assert found(since="2999-01-01") == found(until="1999-01-01") == found(client="web") == []
    assert len(found(since="2020-01-01", group_id=people["read-only"])) == 7
    for asked in ({"since": "yesterday"}, {"kind": "thing"}, {"object": "12"}, {"cursor": "x"}):
        refused = ada.get(f"{API}/events", params=asked)
        assert (refused.status_code, refused.json()["field"]) == (422, *asked)


def test_the_log_shows_nobody_what_they_may_not_see(door: Door, people: dict[str, int]) -> None:
    ada, bob = door("ada"), door("bob")
    make(ada, "projects", name="hidden", group_id=people["private"])
    assert last_event(ada)["group"]["name"] == "private"
    assert bob.get(f"{API}/events").json()["items"] == []
    number = last_event(ada)["id"]
    assert bob.get(f"{API}/events/{number}").status_code == 404
    assert undo(bob, number).status_code == 404
    assert "hidden" in door("admin").get(f"{API}/events/{number}").text
    assert "hidden" in door("pia").get(f"{API}/events").text, "who owns a private group sees what is in it"


def test_of_an_event_one_sees_the_changes_of_what_one_may_see(door: Door, people: dict[str, int]) -> None:
    ada = door("ada")
    shown = make(ada, "projects", name="shown", group_id=people["read-only"])
    hidden = make(ada, "projects", name="hidden", group_id=people["private"])
    with_both = ada.get(f"{API}/events").json()["items"]
    assert [e["group"]["name"] for e in with_both[:2]] == ["private", "read-only"]
    given = {"type": "TagAnnotation", "text_value": "t", "ids": [shown["id"], hidden["id"]]}
    assert ada.post(f"{API}/projects/annotations", json=given).status_code == 200
    number = last_event(ada)["id"]
    assert len(ada.get(f"{API}/events/{number}").json()["changes"]) == 4
    seen = door("bob").get(f"{API}/events/{number}").json()
    assert [change["type"] for change in seen["changes"]] == ["TagAnnotation", "ProjectAnnotationLink"]
    assert seen["names"][f"project:{shown['id']}"] == "shown"
    assert "hidden" not in str(seen)


def test_the_history_of_an_image_tells_of_its_links_annotations_and_parts(site: Site, door: Door, people: dict[str, int]) -> None:
    ada, path = door("ada"), make_image(site, people, owner="ada", group="read-only")
    image_id = int(path.rpartition("/")[2])
    dataset = make(ada, "datasets", name="Mitosis")
    ada.post(f"{API}/datasets/{dataset['id']}/images", json={"ids": [image_id]})
    tag = ada.post(f"{path}/annotations", json={"type": "TagAnnotation", "text_value": "good"}).json()
    ada.patch(f"{API}/annotations/{tag['id']}", json={"text_value": "better"})
    ada.delete(f"{path}/annotations/{tag['id']}")
    roi = make(ada, "rois", image_id=image_id)
    point = make(ada, "shapes", roi_id=roi["id"], type="Point", x=1.0, y=2.0)
    ada.patch(f"{API}/shapes/{point['id']}", json={"x": 3.0})
    ada.delete(f"{API}/shapes/{point['id']}")
    told = ada.get(f"{path}/history").json()
    happened = [(change["action"], change["type"]) for change in told["items"]]
    assert happened == [
        ("DELETE", "Point"), ("UPDATE", "Point"), ("INSERT", "Point"), ("INSERT", "Roi"),
        ("DELETE", "ImageAnnotationLink"), ("INSERT", "ImageAnnotationLink"), ("INSERT", "DatasetImageLink"), ("INSERT", "Image"),
    ]  # fmt: skip
    untagged = told["items"][4]
    assert (untagged["parent"], untagged["child"]) == (f"image:{image_id}", f"annotation:{tag['id']}")
    assert told["names"][untagged["child"]] == "better"
    assert told["names"][f"dataset:{dataset['id']}"] == "Mitosis"
    assert told["items"][1]["changes"] == {"x": [1.0, 3.0]}
    first = ada.get(f"{path}/history", params={"limit": 5}).json()
    rest = ada.get(f"{path}/history", params={"limit": 5, "cursor": first["next"]}).json()
    assert first["items"] + rest["items"] == told["items"]
    assert rest["next"] is None
    in_dataset = ada.get(f"{API}/datasets/{dataset['id']}/history").json()["items"]
    assert [change["type"] for change in in_dataset] == ["DatasetImageLink", "Dataset"]


def test_what_is_said_in_a_tag_that_an_image_carries_belongs_to_its_history(site: Site, door: Door, people: dict[str, int]) -> None:
    ada, path = door("ada"), make_image(site, people, owner="ada", group="read-only")
    tag = ada.post(f"{path}/annotations", json={"type": "TagAnnotation", "text_value": "good"}).json()
    ada.patch(f"{API}/annotations/{tag['id']}", json={"text_value": "better"})
    assert ada.get(f"{path}/history").json()["items"][0]["changes"] == {"text_value": ["good", "better"]}


def test_a_change_is_undone_and_its_undoing_too(door: Door) -> None:
    ada = door("ada")
    project = make(ada, "projects", name="first")
    path = f"{API}/projects/{project['id']}"
    ada.patch(path, json={"name": "second"})
    renamed = last_event(ada)["id"]
    tried = undo(ada, renamed, dry_run=True).json()
    assert tried == {
        "event_id": None, "undone_event_id": renamed, "dry_run": True,
        "changes": [{"object": f"project:{project['id']}", "action": "UPDATE", "changes": {"name": ["second", "first"]}}],
    }  # fmt: skip
    assert ada.get(path).json()["name"] == "second"
    done = undo(ada, renamed).json()
    assert ada.get(path).json()["name"] == "first"
    assert last_event(ada)["undoes_event_id"] == renamed
    assert ada.get(f"{API}/events/{renamed}").json()["undone_by_event_id"] == done["event_id"]
    assert undo(ada, done["event_id"]).status_code == 200
    assert ada.get(path).json()["name"] == "second"


def test_a_change_that_was_changed_again_is_not_undone_but_the_later_one_named(door: Door) -> None:
    ada = door("ada")
    project = make(ada, "projects", name="first", description="a")
    path = f"{API}/projects/{project['id']}"
    ada.patch(path, json={"name": "second"})
    renamed = last_event(ada)["id"]
    ada.patch(path, json={"description": "b"})
    ada.patch(path, json={"name": "third"})
    later = last_event(ada)["id"]
    refused = undo(ada, renamed)
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"project:{project['id']} got another name with event:{later} by ada"
    assert refused.json()["event_id"] == later
    assert undo(ada, later).status_code == 200
    assert undo(ada, renamed).status_code == 200
    assert ada.get(path).json() | {"version": 0, "update_event_id": 0, "updated_at": ""} == project | {
        "description": "b", "version": 0, "update_event_id": 0, "updated_at": "",
    }  # fmt: skip
    again = undo(ada, renamed)
    assert again.status_code == 409
    assert "got its name back with event:" in again.json()["detail"]


def test_what_was_made_goes_into_the_bin_unless_something_later_depends_on_it(door: Door) -> None:
    ada = door("ada")
    project = make(ada, "projects", name="p")
    made = last_event(ada)["id"]
    dataset = make(ada, "datasets", name="d")
    ada.post(f"{API}/projects/{project['id']}/datasets", json={"ids": [dataset["id"]]})
    linked = last_event(ada)["id"]
    refused = undo(ada, made)
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"project:{project['id']} cannot be taken back: event:{linked} by ada has used it since"
    assert undo(ada, linked).json()["changes"][0]["action"] == "DELETE"
    unmade = undo(ada, made).json()
    assert ada.get(f"{API}/projects/{project['id']}").status_code == 404
    assert [entry["id"] for entry in ada.get(f"{API}/bin/projects").json()["items"]] == [project["id"]]
    assert undo(ada, unmade["event_id"]).json()["changes"][0]["action"] == "RESTORE"
    assert ada.get(f"{API}/projects/{project['id']}").json()["name"] == "p"


def test_a_link_that_was_cut_comes_back_unless_an_end_is_in_the_bin(door: Door) -> None:
    ada = door("ada")
    project, dataset = make(ada, "projects", name="p"), make(ada, "datasets", name="d")
    ada.post(f"{API}/projects/{project['id']}/datasets", json={"ids": [dataset["id"]]})
    ada.post(f"{API}/projects/{project['id']}/datasets/remove", json={"ids": [dataset["id"]]})
    cut = last_event(ada)["id"]
    ada.delete(f"{API}/datasets/{dataset['id']}")
    binned = last_event(ada)["id"]
    refused = undo(ada, cut)
    assert refused.status_code == 409
    assert f"dataset:{dataset['id']} went into the bin with event:{binned} by ada" in refused.json()["detail"]
    assert undo(ada, binned).status_code == 200
    assert undo(ada, cut).status_code == 200
    inside = ada.get(f"{API}/datasets", params={"project": project["id"]}).json()["items"]
    assert [entry["id"] for entry in inside] == [dataset["id"]]
    again = undo(ada, cut)
    assert again.status_code == 409
    assert "already" in again.json()["detail"]


def test_what_was_deleted_comes_back_with_its_tags_by_undoing(door: Door) -> None:
    ada = door("ada")
    dataset = make(ada, "datasets", name="d")
    for kind in ("TagAnnotation", "CommentAnnotation"):
        ada.post(f"{API}/datasets/{dataset['id']}/annotations", json={"type": kind, "text_value": "kept"}).raise_for_status()
    ada.post(f"{API}/graph/delete", json={"objects": [f"dataset:{dataset['id']}"]}).raise_for_status()
    undone = undo(ada, last_event(ada)["id"])
    assert undone.status_code == 200, undone.text
    carried = ada.get(f"{API}/datasets/{dataset['id']}/annotations").json()["items"]
    assert sorted(one["type"] for one in carried) == ["CommentAnnotation", "TagAnnotation"]


def test_the_log_still_tells_of_links_that_were_removed_for_good(door: Door) -> None:
    ada = door("ada")
    project, dataset = make(ada, "projects", name="p"), make(ada, "datasets", name="d")
    ada.post(f"{API}/projects/{project['id']}/datasets", json={"ids": [dataset["id"]]})
    linked = last_event(ada)["id"]
    for operation in ("delete", "purge"):
        ada.post(f"{API}/graph/{operation}", json={"objects": [f"project:{project['id']}"]}).raise_for_status()
    told = ada.get(f"{API}/events").raise_for_status().json()["items"]
    assert ("DELETE", "project") in {(one["action"], one["kind"]) for one in told[0]["counts"]}
    assert linked in [event["id"] for event in told]
    assert ada.get(f"{API}/events/{linked}").raise_for_status().json()["changes"][0]["type"] == "ProjectDatasetLink"


def test_one_undoes_what_one_may_do_by_hand(door: Door, people: dict[str, int]) -> None:
    ada, bob = door("ada"), door("bob")
    project = make(ada, "projects", name="hers")
    made = last_event(ada)["id"]
    assert undo(bob, made).status_code == 403
    shared = make(ada, "projects", name="theirs", group_id=people["read-write"])
    ada.patch(f"{API}/projects/{shared['id']}", json={"name": "ours"})
    assert undo(bob, last_event(bob)["id"]).status_code == 200
    assert ada.get(f"{API}/projects/{shared['id']}").json()["name"] == "theirs"
    assert ada.get(f"{API}/projects/{project['id']}").json()["name"] == "hers"


def test_what_an_event_did_to_one_object_is_undone_alone(door: Door) -> None:
    ada = door("ada")
    ids = [make(ada, "projects", name=name)["id"] for name in "ab"]
    ada.post(f"{API}/projects/annotations", json={"type": "CommentAnnotation", "text_value": "c", "ids": ids})
    event = last_event(ada)
    link = next(change["object"] for change in event["changes"] if change.get("parent") == f"project:{ids[0]}")
    assert undo(ada, event["id"], objects=["project:99999"]).status_code == 404
    assert undo(ada, event["id"], objects=[link]).status_code == 200
    carried = [len(ada.get(f"{API}/projects/{i}/annotations").json()["items"]) for i in ids]
    assert carried == [0, 1]
    assert undo(ada, event["id"]).status_code == 200, "what is undone already is passed over"
    assert ada.get(f"{API}/projects/{ids[1]}/annotations").json()["items"] == []


def test_the_calendar_counts_what_one_sees(door: Door, people: dict[str, int]) -> None:
    ada, bob = door("ada"), door("bob")
    for level in ("private", "read-only", "read-only"):
        make(ada, "projects", name="p", group_id=people[level])
    year = last_event(ada)["time"][:4]
    told = ada.get(f"{API}/events/calendar", params={"year": year}).json()
    assert told["total"] == sum(told["days"].values()) == 3
    assert set(told["days"]) <= {event["time"][:10] for event in ada.get(f"{API}/events").json()["items"]}
    assert bob.get(f"{API}/events/calendar", params={"year": year}).json()["total"] == 2
    assert bob.get(f"{API}/events/calendar", params={"year": year, "by": "bob"}).json()["total"] == 0
    assert ada.get(f"{API}/events/calendar", params={"year": 1999}).json()["days"] == {}
    assert ada.get(f"{API}/events/calendar", params={"year": 0}).status_code == 422


def test_what_has_the_number_of_something_that_was_removed_is_left_alone(door: Door, people: dict[str, int]) -> None:
    admin, ada = door("admin"), door("ada")
    members = f"{API}/experimenter_groups/{people['elsewhere']}/members"
    admin.post(members, json={"experimenter_id": people["ada"]}).raise_for_status()
    joined = last_event(admin)
    admin.delete(f"{members}/{people['ada']}").raise_for_status()
    left = last_event(admin)["id"]
    admin.post(members, json={"experimenter_id": people["bob"]}).raise_for_status()
    refused = undo(admin, joined["id"])
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"{joined['changes'][0]['object']} was removed with event:{left} by admin"
    assert people["bob"] in [one["id"] for one in admin.get(members).json()["items"]]

    project, first, second = make(ada, "projects", name="p"), make(ada, "datasets", name="a"), make(ada, "datasets", name="b")
    path = f"{API}/projects/{project['id']}/datasets"
    ada.post(path, json={"ids": [first["id"]]}).raise_for_status()
    linked = last_event(ada)["id"]
    ada.post(f"{path}/remove", json={"ids": [first["id"]]}).raise_for_status()
    cut = last_event(ada)["id"]
    ada.post(path, json={"ids": [second["id"]]}).raise_for_status()
    assert f"was removed with event:{cut} by ada" in undo(ada, linked).json()["detail"]

    def inside() -> set[int]:
        return {one["id"] for one in ada.get(f"{API}/datasets", params={"project": project["id"]}).json()["items"]}

    assert inside() == {second["id"]}
    assert undo(ada, cut).status_code == 200
    assert inside() == {first["id"], second["id"]}
