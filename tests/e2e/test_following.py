"""What a colleague changes appears in an open page by itself."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from micrarium.testing.browsers import Content

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from micrarium.client import Client

pytestmark = pytest.mark.browser


def test_a_colleagues_project_appears_changes_its_name_and_goes_without_a_reload(
    page: Page, client: Client, content: Content
) -> None:
    with page.expect_response(lambda response: "/events/stream" in response.url):
        page.goto(f"/datasets/{content.dataset_id}")
    page.get_by_role("option", name="halves 1").wait_for()
    page.evaluate("window.isSamePage = true")
    name, later = f"Seen {secrets.token_hex(4)}", f"Renamed {secrets.token_hex(4)}"
    made = client.connection.send("POST", "/api/v1/projects", {"name": name})
    page.get_by_text(name).first.wait_for()
    client.connection.send("PATCH", f"/api/v1/projects/{made['id']}", {"name": later})
    page.get_by_text(later).first.wait_for()
    client.connection.send("DELETE", f"/api/v1/projects/{made['id']}")
    page.get_by_text(later).first.wait_for(state="detached")
    assert page.evaluate("window.isSamePage")
