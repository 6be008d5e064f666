"""Accounts and groups that are removed, undone or named twice, over HTTP: one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx

Door = Callable[[str | None], httpx.Client]


def test_who_and_what_is_referred_to_stays_and_it_is_told_why(door: Door, people: dict[str, int]) -> None:
    admin = door("admin")
    for path, told in (
        (f"experimenters/{people['ada']}", "switch the account off"),
        (f"experimenter_groups/{people['private']}", "memberships"),
    ):
        refused = admin.delete(f"/api/v1/{path}")
        assert refused.status_code == 409, refused.text
        assert told in refused.json()["detail"]
        assert "constraint" not in refused.text.lower()


def test_undoing_the_making_of_an_account_in_use_is_refused_in_one_sentence(door: Door, people: dict[str, int]) -> None:
    admin = door("admin")
    given = {"ome_name": "zoe", "password": "long enough", "group_ids": [people["private"]]}
    number = admin.post("/api/v1/accounts", json=given).json()["id"]
    event = admin.get(f"/api/v1/experimenters/{number}/history").json()["items"][-1]["event_id"]
    refused = admin.post(f"/api/v1/events/{event}/undo")
    assert refused.status_code == 409, refused.text
    assert f"experimenter:{number} cannot be removed" in refused.json()["detail"]
    assert "switch the account off" in refused.json()["detail"]
    assert "constraint" not in refused.text.lower()


def test_what_is_taken_is_told_in_good_english(door: Door) -> None:
    admin = door("admin")
    for path, given, told in (
        ("experimenters", {"ome_name": "ada"}, "There is an experimenter with the ome_name 'ada' already"),
        ("experimenter_groups", {"name": "private"}, "There is an experimenter group with the name 'private' already"),
    ):
        refused = admin.post(f"/api/v1/{path}", json=given)
        assert (refused.status_code, refused.json()["detail"]) == (409, told)


def test_what_somebody_published_stays_when_their_account_is_switched_off(door: Door, people: dict[str, int]) -> None:
    ada, admin, visitor = door("ada"), door("admin"), door(None)
    name = f"project:{ada.post('/api/v1/projects', json={'name': 'cited'}).json()['id']}"
    begun = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    refused = ada.post("/api/v1/grants", json={"object": name, "audience": "public", "opens_at": begun})
    assert refused.status_code == 422, refused.text
    assert "in the past" in refused.json()["detail"]
    grant = ada.post("/api/v1/grants", json={"object": name, "audience": "public"}).json()
    admin.patch(f"/api/v1/experimenters/{people['ada']}", json={"is_active": False}).raise_for_status()
    assert [one["name"] for one in visitor.get("/public/api/v1/projects").json()["items"]] == ["cited"]
    admin.delete(f"/api/v1/grants/{grant['id']}").raise_for_status()
    assert visitor.get("/public/api/v1/projects").status_code == 401


def test_what_was_purged_is_not_made_again_and_it_is_told_why(door: Door) -> None:
    ada = door("ada")
    name = f"project:{ada.post('/api/v1/projects', json={'name': 'gone'}).json()['id']}"
    ada.post("/api/v1/graph/delete", json={"objects": [name]}).raise_for_status()
    ada.post("/api/v1/graph/purge", json={"objects": [name]}).raise_for_status()
    (event, *_) = door("admin").get("/api/v1/events").json()["items"]
    refused = door("admin").post(f"/api/v1/events/{event['id']}/undo")
    assert refused.status_code == 409, refused.text
    assert "was removed for good" in refused.json()["detail"]
