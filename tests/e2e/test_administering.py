"""The console: people, groups and their levels, sessions, jobs, messages, and who gets in, in a browser."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from micrarium.testing.browsers import write_halves
from micrarium.testing.servers import TemporaryServer

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from micrarium.client import Client

pytestmark = pytest.mark.browser
PASSWORD = "long enough"


@pytest.fixture
def api(server: TemporaryServer) -> Any:
    """The administrator's door to the API, to prepare and to check."""
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=server.headers, timeout=60) as found:
        yield found


def make_person(api: httpx.Client, *group_ids: int) -> tuple[int, str]:
    """The id and the login of a new person."""
    login = f"user-{secrets.token_hex(4)}"
    account = {"ome_name": login, "password": PASSWORD, "first_name": "Pat", "last_name": login, "group_ids": list(group_ids)}
    return int(api.post("/accounts", json=account).raise_for_status().json()["id"]), login


def make_group(api: httpx.Client, level: str = "read-annotate") -> tuple[int, str]:
    name = f"group {secrets.token_hex(4)}"
    return int(api.post("/experimenter_groups", json={"name": name, "level": level}).raise_for_status().json()["id"]), name


def sign_in_as(page: Page, login: str, password: str = PASSWORD) -> None:
    page.goto("/")
    page.get_by_label("User name").fill(login)
    page.locator("input[type=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("tree").wait_for()


@contextmanager
def door_of(server: TemporaryServer, login: str) -> Iterator[httpx.Client]:
    """A person's own door to the API."""
    with httpx.Client(base_url=f"{server.url}/api/v1", timeout=60) as found:
        told = found.post("/session", json={"username": login, "password": PASSWORD}).raise_for_status().json()
        found.headers["X-CSRF-Token"] = told["csrf_token"]
        yield found


def make_mixed_link(server: TemporaryServer, api: httpx.Client, group_id: int) -> None:
    """A project and a dataset of different people in a group, joined."""
    with door_of(server, make_person(api, group_id)[1]) as first, door_of(server, make_person(api, group_id)[1]) as second:
        project = first.post("/projects", json={"name": "one's"}).raise_for_status().json()["id"]
        dataset = second.post("/datasets", json={"name": "another's"}).raise_for_status().json()["id"]
        first.post("/project_dataset_links", json={"parent_id": project, "child_id": dataset}).raise_for_status()


def test_an_administrator_adds_a_person_and_a_group_and_brings_them_together(page: Page, server: TemporaryServer) -> None:
    login, name = f"zoe-{secrets.token_hex(4)}", f"zebrafish {secrets.token_hex(4)}"
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("menuitem", name="Administration").click()
    page.get_by_role("button", name="Add person").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_role("button", name="Add", exact=True).is_disabled()
    dialog.get_by_label("First name").fill("Zoe")
    dialog.get_by_label("Login").fill(login)
    dialog.get_by_role("button", name="Make one").click()
    password = dialog.get_by_label("First password").input_value()
    dialog.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("heading", name="Zoe", exact=True).wait_for()

    page.get_by_role("link", name="Groups").click()
    page.get_by_role("button", name="Add group").click()
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("heading", name=name).wait_for()
    page.get_by_role("combobox", name="Login of a new member").fill(login)
    page.get_by_role("region", name="Members").get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("checkbox", name="Zoe is an owner").click()
    page.get_by_role("checkbox", name="Zoe is an owner", checked=True).wait_for()

    told = httpx.post(f"{server.url}/api/v1/session", json={"username": login, "password": password}).raise_for_status().json()
    page.wait_for_function("!document.querySelector('main input[type=checkbox]:disabled')")
    assert [(group["name"], group["level"], group["is_owner"]) for group in told["groups"]] == [(name, "private", True)]


def test_a_person_is_edited_and_switched_off(page: Page, api: httpx.Client) -> None:
    person_id, login = make_person(api)
    page.goto(f"/admin/people/{person_id}")
    page.get_by_label("ORCID").fill("https://orcid.org/0000-0002-1825-0098")
    page.get_by_text("mistyped").wait_for()
    assert page.get_by_role("button", name="Save").is_disabled()
    page.get_by_label("ORCID").fill("https://orcid.org/0000-0002-1825-0097")
    page.get_by_role("combobox", name="Administrator").click()
    page.get_by_role("option", name="Yes, with chosen privileges").click()
    page.get_by_role("checkbox", name="Work as somebody else").check()
    page.get_by_role("switch", name="May sign in").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    kept = api.get(f"/experimenters/{person_id}").json()
    assert (kept["orcid"], kept["is_admin"], kept["privileges"], kept["is_active"]) == (
        "0000-0002-1825-0097",
        True,
        ["Sudo"],
        False,
    )

    page.goto("/admin/people")
    page.get_by_label("Find people").fill(f"pat {login}")
    page.get_by_role("status").get_by_text("1 of ").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/people/{person_id}*")
    page.get_by_role("heading", name=f"Pat {login}").wait_for()
    page.get_by_text("Switched off").last.wait_for()


def test_a_group_is_closed_after_what_that_cuts_was_shown(page: Page, server: TemporaryServer, api: httpx.Client) -> None:
    group_id, name = make_group(api, "read-write")
    make_mixed_link(server, api, group_id)
    page.goto(f"/admin/groups/{group_id}")
    page.get_by_role("button", name="Change level").click()
    page.get_by_role("radio", name="private").check()
    report = page.get_by_label("What will happen")
    report.get_by_text("1 project dataset link").wait_for()
    assert page.get_by_role("button", name="Close the group").is_disabled()
    assert api.get(f"/experimenter_groups/{group_id}").json()["level"] == "read-write", "a dry run changed the group"
    report.get_by_label("Cut these links").check()
    page.get_by_role("button", name="Cut links and change").click()
    page.get_by_text(f"{name} is private now.").wait_for()
    assert api.get(f"/experimenter_groups/{group_id}").json()["level"] == "private"
    assert api.get("/project_dataset_links", params={"group_id": group_id}).json()["items"] == []


def test_a_browser_of_somebody_is_signed_out(page: Page, server: TemporaryServer, api: httpx.Client) -> None:
    person_id, login = make_person(api)
    with door_of(server, login) as theirs:
        page.goto(f"/admin/people/{person_id}")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_text("Not signed in with any browser.").wait_for()
        assert theirs.get("/session").status_code == 401


def test_an_administrator_acts_as_somebody_and_comes_back(page: Page, api: httpx.Client) -> None:
    person_id, login = make_person(api, make_group(api)[0])
    page.goto(f"/admin/people/{person_id}")
    page.get_by_role("button", name="Act as Pat").click()
    strip = page.get_by_label("Acting as somebody else")
    strip.wait_for()
    assert login in strip.inner_text()
    assert page.request.get("/api/v1/session").json()["user"]["username"] == login
    strip.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Account of Site Administrator").wait_for()
    assert page.request.get("/api/v1/session").json()["user"]["username"] == "admin"


def test_a_member_has_no_way_in(new_page: Callable[..., Page], api: httpx.Client) -> None:
    _, login = make_person(api, make_group(api)[0])
    page = new_page()
    sign_in_as(page, login)
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("menuitem", name="API tokens").wait_for()
    assert page.get_by_role("menuitem", name="Administration").count() == 0
    assert page.get_by_role("menuitem", name="My groups").count() == 0
    for path in ("/admin", "/admin/people", "/admin/jobs"):
        page.goto(path)
        page.get_by_text("This page is not for you.").wait_for()
        page.get_by_role("link", name="Go to the start page").wait_for()
        assert page.get_by_role("table").count() == 0


def test_the_owner_of_a_group_looks_after_it_alone(new_page: Callable[..., Page], api: httpx.Client) -> None:
    (group_id, name), (other_id, other) = make_group(api), make_group(api)
    owner_id, login = make_person(api, other_id)
    api.post(f"/experimenter_groups/{group_id}/members", json={"experimenter_id": owner_id, "is_owner": True}).raise_for_status()
    _, stranger = make_person(api)
    page = new_page()
    sign_in_as(page, login)
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("menuitem", name="My groups").click()
    page.get_by_role("link", name=name).wait_for()
    assert page.get_by_role("link", name=other).count() == 0
    assert page.get_by_role("navigation", name="Administration").get_by_role("link").count() == 1
    page.get_by_role("link", name=name).click()
    page.get_by_role("combobox", name="Login of a new member").fill(stranger)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Remove Pat {stranger}").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("button", name=f"Remove Pat {stranger}").wait_for(state="detached")
    members = api.get(f"/experimenter_groups/{group_id}/members").json()["items"]
    assert [member["username"] for member in members] == [login]


def test_jobs_are_found_by_state_and_tell_what_they_made(page: Page, client: Client, api: httpx.Client, tmp_path: Path) -> None:
    client.import_files([write_halves(tmp_path / f"{number}.ome.tif", size=16) for number in range(2)])
    done = api.get("/admin/jobs", params={"state": "done"}).json()["items"]
    job_id = next(job["id"] for job in done if job["kind"] == "import")  # the server's own jobs come in between
    page.goto("/admin/jobs?show=running&q=nothing+like+it")
    page.get_by_text("No job fits.").wait_for()
    page.get_by_role("button", name="Show all jobs").click()
    page.get_by_label("Find jobs").fill("import administrator done")
    page.get_by_role("button", name=f"Job {job_id}, more").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Site Administrator").wait_for()
    facts = dialog.inner_text().split("\n")
    assert facts[facts.index("Images") + 1] == "2"


def test_a_banner_is_seen_by_everyone_and_put_away_until_it_changes(
    page: Page, new_page: Callable[..., Page], api: httpx.Client
) -> None:
    text = f"Away on Friday {secrets.token_hex(4)}"
    page.goto("/admin/messages")
    page.get_by_role("region", name="Banner").get_by_label("Text").fill(text)
    page.get_by_role("button", name="Show to everyone").click()
    page.get_by_role("button", name="Take it away").wait_for()
    other = new_page()
    try:
        other.goto("/")
        strip = other.get_by_label("Message to everyone")
        strip.get_by_text(text).wait_for()
        other.get_by_role("button", name="Put this message away").click()
        strip.wait_for(state="detached")
        other.reload()
        other.get_by_label("User name").wait_for()
        assert strip.count() == 0
        api.put("/banner", json={"text": f"{text}, after all"}).raise_for_status()
        other.reload()
        strip.get_by_text("after all").wait_for()
    finally:
        api.put("/banner", json={"text": ""}).raise_for_status()


def test_a_quota_is_given_and_shown(page: Page, api: httpx.Client) -> None:
    group_id, name = make_group(api)
    page.goto("/admin/disk")
    page.get_by_label("Find", exact=True).fill(name)
    page.get_by_role("button", name=f"Quota of {name}").click()
    page.get_by_label("Quota", exact=True).fill("much")
    page.get_by_text("This is no size").wait_for()
    page.get_by_label("Quota", exact=True).fill("1.5 TB")
    page.get_by_role("button", name="Set quota").click()
    page.get_by_role("cell", name="1.5 TB", exact=True).wait_for()
    assert api.get(f"/experimenter_groups/{group_id}").json()["quota_bytes"] == 1_500_000_000_000


@pytest.mark.parametrize("path", ["settings", "logs", "classrooms"])
def test_every_other_room_opens_with_its_table_or_says_that_there_is_nothing(page: Page, path: str) -> None:
    page.goto(f"/admin/{path}")
    page.locator("main").get_by_role("table").or_(page.get_by_text("No class rooms yet.")).first.wait_for()
    assert page.get_by_role("alert").count() == 0


def test_what_is_not_there_is_said_once_with_a_way_back(page: Page) -> None:
    for path in ("/images/987654", "/datasets/987654"):
        page.goto(path)
        message = page.get_by_role("alert")
        message.wait_for()
        page.wait_for_timeout(200)
        assert message.count() == 1
        box = message.bounding_box()
        assert box is not None
        if path.startswith("/images"):
            assert abs(box["x"] + box["width"] / 2 - 640) < 2, "the message stands in the middle"
        message.get_by_role("link", name="Go to the start page").click()
        page.get_by_role("tree").wait_for()
    answer = page.goto("/nonsense/url")
    assert answer is not None
    assert answer.status == 404
    page.get_by_text("There is no page at this address.").wait_for()


def test_what_is_typed_after_a_slash_while_the_page_loads_is_not_lost(page: Page) -> None:
    def answer_late(route: Route) -> None:
        time.sleep(0.4)
        route.continue_()

    page.route("**/api/v1/session", answer_late)
    page.goto("/", wait_until="domcontentloaded")
    page.keyboard.type("/cells")
    page.get_by_label("Search", exact=True).wait_for()
    page.wait_for_function("document.activeElement.getAttribute('aria-label') === 'Search'")
    assert page.get_by_label("Search", exact=True).input_value() == "cells"
