"""Working as somebody else and back, members named by their login, and the pages of addresses that nothing answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from micrarium.actions.opening import Site
from micrarium.jobs import ask_for
from micrarium.permissions import Actor, load_actor, open_session, system_session

#: The first account of every site.
ADMIN = 1
Door = Callable[[str | None], httpx.Client]


def actor_of(site: Site, experimenter_id: int, *, sudo_id: int | None = None) -> Actor:
    with system_session(site.engine, "a test", is_reading=True) as session:
        return load_actor(session, experimenter_id, sudo_id=sudo_id)


def ask(site: Site, actor: Actor) -> int:
    """The id of a job that fails at once: what it should export is not there."""
    with open_session(site.engine, actor) as session:
        return ask_for(session, "export", {"object": "image:987654", "format": "ome-tiff", "file_name": "x.ome.tif"}).id


def wait_for(client: httpx.Client, job_id: int) -> dict[str, Any]:
    for _ in range(600):
        found: dict[str, Any] = client.get(f"/api/v1/jobs/{job_id}").json()
        if found["state"] not in ("queued", "running"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"job:{job_id} never ended")


def test_a_job_asked_for_in_the_name_of_another_names_both(site: Site, door: Door, people: dict[str, int]) -> None:
    job_id = ask(site, actor_of(site, people["ada"], sudo_id=ADMIN))
    told = wait_for(door("ada"), job_id)
    assert (told["experimenter_id"], told["sudo_experimenter_id"]) == (people["ada"], ADMIN)


def test_ending_the_work_as_somebody_else_leads_back_to_ones_own_session(door: Door) -> None:
    browser = door(None)
    own = browser.post("/api/v1/session", json={"username": "admin", "password": "correct horse"}).json()
    entered = browser.post("/api/v1/session/sudo", json={"username": "ada"}, headers={"X-CSRF-Token": own["csrf_token"]})
    assert entered.status_code == 200, entered.text
    kept = next(line for line in entered.headers.get_list("set-cookie") if line.startswith("micrarium_own_session="))
    assert "HttpOnly" in kept
    assert "Path=/api/v1/session" in kept
    assert browser.get("/api/v1/session").json()["user"]["username"] == "ada"
    csrf = {"X-CSRF-Token": entered.json()["csrf_token"]}
    assert browser.delete("/api/v1/session", headers=csrf).status_code == 204
    back = browser.get("/api/v1/session").json()
    assert (back["user"]["username"], back["sudo_experimenter_id"]) == ("admin", None)
    assert browser.delete("/api/v1/session", headers={"X-CSRF-Token": back["csrf_token"]}).status_code == 204
    assert browser.get("/api/v1/session").status_code == 401


def test_a_session_kept_aside_is_of_no_use_to_others(door: Door) -> None:
    admin, bob = door(None), door(None)
    key = admin.post("/api/v1/session", json={"username": "admin", "password": "correct horse"}).cookies["micrarium_session"]
    admins = admin.post("/api/v1/accounts", headers={"X-CSRF-Token": admin.get("/api/v1/session").json()["csrf_token"]}, json={
        "ome_name": "carl", "password": "long enough"})  # fmt: skip
    assert admins.status_code == 201, admins.text
    own = bob.post("/api/v1/session", json={"username": "carl", "password": "long enough"}).json()
    bob.cookies.set("micrarium_own_session", key, path="/api/v1/session")
    assert bob.delete("/api/v1/session", headers={"X-CSRF-Token": own["csrf_token"]}).status_code == 204
    assert bob.get("/api/v1/session").status_code == 401, "a plain session ended in that of an administrator"


def test_the_owner_of_a_group_adds_by_login_somebody_they_do_not_see(door: Door, people: dict[str, int]) -> None:
    path = f"/api/v1/experimenter_groups/{people['private']}/members"
    assert door("pia").get("/api/v1/experimenters?ome_name=eve").json()["items"] == []
    assert door("ada").post(path, json={"username": "eve"}).status_code in (403, 404)
    assert door("pia").post(path, json={"username": "nobody"}).status_code == 404
    assert door("pia").post(path, json={}).status_code == 422
    assert door("pia").post(path, json={"username": "eve"}).status_code == 204
    assert "eve" in {member["username"] for member in door("pia").get(path).json()["items"]}


def test_an_unknown_address_is_answered_by_the_application_to_browsers_alone(door: Door) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = door(None).get("/nonsense/url", headers=browser)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert '<div id="root">' in page.text
    assert door(None).get("/nonsense/url").headers["content-type"] == "application/problem+json"
    for path in ("/api/v1/nonsense", "/zarr/nonsense", "/app/nothing.js"):
        answer = door(None).get(path, headers=browser)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
    assert door(None).get("/admin/people/3", headers=browser).status_code == 200
