"""Whose affair an event is: the log of a group tells what was done to its things, and to nobody what they may not see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from micrarium.actions.opening import Site
from micrarium.model import Event, EventLog
from micrarium.permissions import system_session

Door = Callable[[str | None], httpx.Client]
API = "/api/v1"


def make(client: httpx.Client, plural: str, **fields: Any) -> int:
    return int(client.post(f"{API}/{plural}", json=fields).raise_for_status().json()["id"])


def post(client: httpx.Client, path: str, **body: Any) -> None:
    answer = client.post(f"{API}/{path}", json=body)
    assert answer.status_code == 200, answer.text


def in_group(client: httpx.Client, group_id: int, **asked: Any) -> list[list[tuple[str, str]]]:
    """What each event did in short, of those of a group, the newest first."""
    answer = client.get(f"{API}/events", params={"group_id": group_id, **asked})
    assert answer.status_code == 200, answer.text
    return [[(count["action"], count["kind"]) for count in event["counts"]] for event in answer.json()["items"]]


def test_an_event_is_of_the_group_of_what_it_changed_wherever_its_maker_worked(door: Door, people: dict[str, int]) -> None:
    ada, bob, pia, admin = door("ada"), door("bob"), door("pia"), door("admin")
    there = people["read-write"]
    assert ada.get(f"{API}/session").json()["group_id"] == people["read-only"]
    project = make(ada, "projects", name="p", group_id=there)
    dataset = make(ada, "datasets", name="d", group_id=there)
    link = {"ids": [dataset]}
    assert ada.post(f"{API}/projects/{project}/datasets", json=link).status_code == 200
    assert admin.patch(f"{API}/projects/{project}", json={"name": "q"}).status_code == 200
    post(ada, "graph/delete", objects=[f"project:{project}"], reason="Done with it")
    for client in (ada, bob, pia, admin):
        told = in_group(client, there)
        assert ("BIN", "project") in told[0]
        assert told[1:] == [
            [("UPDATE", "project")], [("INSERT", "project_dataset_link")], [("INSERT", "dataset")], [("INSERT", "project")],
        ]  # fmt: skip
    assert in_group(ada, people["read-only"]) == []


def test_what_goes_to_another_group_is_told_in_both(door: Door, people: dict[str, int]) -> None:
    ada, admin = door("ada"), door("admin")
    project = make(ada, "projects", name="p", group_id=people["read-annotate"])
    post(ada, "graph/chgrp", objects=[f"project:{project}"], group=people["read-write"])
    for group in ("read-annotate", "read-write"):
        for client in (ada, door("bob"), admin):
            assert in_group(client, people[group])[0] == [("UPDATE", "project")], group
    assert [("UPDATE", "project")] in in_group(door("bob"), people["read-write"], by="ada", kind="project")
    number = door("bob").get(f"{API}/events", params={"limit": 1}).json()["items"][0]["id"]
    assert door("bob").get(f"{API}/events/{number}").status_code == 200


def test_what_is_done_to_a_group_and_its_members_is_told_there(door: Door, people: dict[str, int]) -> None:
    admin, pia = door("admin"), door("pia")
    group = people["read-annotate"]
    assert admin.post(f"{API}/experimenter_groups/{group}/members", json={"experimenter_id": people["eve"]}).status_code == 204
    assert admin.patch(f"{API}/experimenter_groups/{group}", json={"description": "a laboratory"}).status_code == 200
    for client in (admin, pia):
        assert in_group(client, group)[:2] == [[("UPDATE", "experimenter_group")], [("INSERT", "group_experimenter_map")]]


def test_no_row_and_no_reason_tells_of_what_one_may_not_see(door: Door, people: dict[str, int], site: Site) -> None:
    ada, bob, admin = door("ada"), door("bob"), door("admin")
    project = make(ada, "projects", name="hidden", group_id=people["private"])
    post(ada, "graph/delete", objects=[f"project:{project}"], reason="The patient died")
    for number in range(3):  # events that stand in an open group, as those of older sites do
        with system_session(site.engine, "an event as it was kept before") as session:
            event = Event(experimenter_id=people["ada"], group_id=people["read-only"], reason="The patient died")
            session.add(event)
            session.flush()
            log = {"event_id": event.id, "action": "UPDATE", "entity_type": "Project", "entity_id": project}
            session.add(EventLog(**log, old_values={"name": str(number)}, new_values={"name": "hidden"}))
    make(bob, "projects", name="shown")
    make(ada, "projects", name="also shown")
    pages = [bob.get(f"{API}/events", params={"limit": 1}).json()]
    while pages[-1]["next"]:
        pages.append(bob.get(f"{API}/events", params={"limit": 1, "cursor": pages[-1]["next"]}).json())
    told = [event["changes"][0]["changes"]["name"][1] for page in pages for event in page["items"]]
    assert told == ["also shown", "shown"]
    assert "patient" not in str(pages)
    assert len([event for event in admin.get(f"{API}/events").json()["items"] if event["reason"] == "The patient died"]) == 4
