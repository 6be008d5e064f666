"""What a colleague changes appears in an open page by itself."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from micrarium.client import Client

pytestmark = pytest.mark.browser


def test_a_colleagues_project_appears_changes_its_name_and_goes_without_a_reload(page: Page, client: Client) -> None:
    # In a group of its own, the tree is short enough to be seen whole.
    group = client.create("experimenter_group", name=f"Followed {secrets.token_hex(4)}", level="read-annotate")
    with page.expect_response(lambda response: "/events/stream" in response.url):
        page.reload()
    page.get_by_role("button", name="Group: All groups").click()
    page.get_by_role("menuitemradio", name=group.name).click()
    page.get_by_text("No projects yet.").wait_for()
    page.evaluate("window.isSamePage = true")
    name, later = f"Seen {secrets.token_hex(4)}", f"Renamed {secrets.token_hex(4)}"
    made = client.connection.send("POST", f"/api/v1/projects?group={group.id}", {"name": name})
    page.get_by_text(name).first.wait_for()
    client.connection.send("PATCH", f"/api/v1/projects/{made['id']}", {"name": later})
    page.get_by_text(later).first.wait_for()
    client.connection.send("DELETE", f"/api/v1/projects/{made['id']}")
    page.get_by_text(later).first.wait_for(state="detached")
    assert page.evaluate("window.isSamePage")
