"""Accounts, passwords and groups over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from micrarium.actions.opening import Site
from micrarium.actions.signing_in import sign_in
from micrarium.errors import NotSignedIn

Door = Callable[[str | None], httpx.Client]


def test_an_administrator_makes_an_account_that_can_sign_in(site: Site, door: Door, people: dict[str, int]) -> None:
    account = {"ome_name": "zoe", "password": "long enough", "first_name": "Zoe", "group_ids": [people["read-annotate"]]}
    made = door("admin").post("/api/v1/accounts", json=account)
    assert made.status_code == 201, made.text
    assert "password" not in made.text
    assert sign_in(site.engine, "zoe", "long enough", hours=1).actor.memberships.keys() == {people["read-annotate"]}
    assert door("admin").post("/api/v1/accounts", json=account).status_code == 409
    assert door("admin").post("/api/v1/accounts", json=account | {"ome_name": "yan", "password": "short"}).status_code == 422
    assert door("ada").post("/api/v1/accounts", json=account | {"ome_name": "yan"}).status_code == 403
    assert door("ada").get("/api/v1/experimenters?ome_name=yan").json()["items"] == []


def test_people_change_their_own_password_with_the_current_one(site: Site, door: Door, people: dict[str, int]) -> None:
    path = f"/api/v1/experimenters/{people['ada']}/password"
    assert door("admin").put(path, json={"password": "first password"}).status_code == 204
    assert door("bob").put(path, json={"password": "mine now, Ada"}).status_code == 403
    assert door("eve").put(path, json={"password": "mine now, Ada"}).status_code == 404
    assert door("ada").put(path, json={"password": "second password", "current_password": "wrong"}).status_code == 403
    assert door("ada").put(path, json={"password": "second password"}).status_code == 403
    key = sign_in(site.engine, "ada", "first password", hours=1).key
    done = door("ada").put(path, json={"password": "second password", "current_password": "first password"})
    assert done.status_code == 204, done.text
    with pytest.raises(NotSignedIn):
        sign_in(site.engine, "ada", "first password", hours=1)
    sign_in(site.engine, "ada", "second password", hours=1)
    old = door(None).get("/api/v1/session", headers={"Cookie": f"micrarium_session={key}"})
    assert old.status_code == 401, "a browser that was signed in with the old password still is"


def test_the_owner_of_a_group_looks_after_its_members(door: Door, people: dict[str, int]) -> None:
    path = f"/api/v1/experimenter_groups/{people['private']}/members"
    assert door("ada").post(path, json={"experimenter_id": people["eve"]}).status_code == 403
    assert door("pia").post(path, json={"experimenter_id": people["eve"]}).status_code == 204
    assert door("pia").post(path, json={"experimenter_id": 987654}).status_code == 422
    assert {m["username"]: m["is_owner"] for m in door("pia").get(path).json()["items"]} == {
        "ada": False,
        "bob": False,
        "eve": False,
        "pia": True,
    }
    assert door("ada").delete(f"{path}/{people['eve']}").status_code in (403, 404)
    assert door("pia").delete(f"{path}/{people['eve']}").status_code == 204
    assert door("pia").delete(f"{path}/{people['eve']}").status_code == 404


def test_only_administrators_open_a_group_for_writing(door: Door, people: dict[str, int]) -> None:
    path = f"/api/v1/experimenter_groups/{people['private']}"
    assert door("ada").patch(path, json={"level": "read-only"}).status_code == 403
    assert door("pia").patch(path, json={"level": "read-only"}).status_code == 200
    assert door("pia").patch(path, json={"level": "read-write"}).status_code == 403
    assert door("admin").patch(path, json={"level": "open"}).status_code == 422
    assert door("admin").patch(path, json={"level": "read-write"}).status_code == 200


def test_the_last_administrator_who_may_do_everything_stays_one(door: Door, people: dict[str, int]) -> None:
    admin = door("admin")
    changes: list[dict[str, Any]] = [{"is_active": False}, {"is_admin": False}, {"privileges": []}]
    for change in changes:
        refused = admin.patch("/api/v1/experimenters/1", json=change)
        assert refused.status_code == 409, (change, refused.text)
        assert "last administrator" in refused.json()["detail"]
    admin.patch(f"/api/v1/experimenters/{people['ada']}", json={"is_admin": True}).raise_for_status()
    assert admin.patch("/api/v1/experimenters/1", json={"privileges": []}).status_code == 200
