"""Signing in and out, the colour scheme, and tokens, in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest

from micrarium.testing.browsers import sign_in
from micrarium.testing.servers import TemporaryServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def background(page: Page) -> int:
    """How bright the page is, from 0 to 255."""
    color: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return int(color.split("(")[1].split(",")[0])


def test_a_wrong_password_is_refused_with_a_sentence(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto("/")
    page.get_by_label("User name").fill("admin")
    page.locator("input[type=password]").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert "password" in page.get_by_role("alert").inner_text().lower()
    assert page.get_by_role("tree").count() == 0


def test_an_address_opens_after_signing_in(new_page: Callable[..., Page], server: TemporaryServer) -> None:
    page = new_page()
    page.goto("/jobs")
    page.get_by_label("User name").fill("admin")
    page.locator("input[type=password]").fill(server.admin_password)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Jobs").wait_for()


def test_signing_out_ends_the_session(page: Page) -> None:
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
    assert page.request.get("/api/v1/session").status == 401


def test_colours_follow_the_system_until_one_is_chosen(new_page: Callable[..., Page], server: TemporaryServer) -> None:
    page = new_page(color_scheme="dark")
    sign_in(page, server.admin_password)
    assert background(page) < 64
    page.get_by_role("button", name="Colours follow the system").click()
    page.wait_for_function("document.documentElement.dataset.mantineColorScheme === 'light'")
    assert background(page) > 200
    page.reload()
    page.get_by_role("tree").wait_for()
    assert background(page) > 200


def test_a_token_made_in_the_browser_signs_a_script_in_until_it_is_withdrawn(page: Page, server: TemporaryServer) -> None:
    page.goto("/settings/tokens")
    page.get_by_role("textbox", name="Name").fill("from a test")
    page.get_by_role("button", name="Make token").click()
    token = page.get_by_test_id("new-token").inner_text()
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{server.url}/api/v1/session", headers=headers).json()["user"]["username"] == "admin"
    page.get_by_role("button", name="Withdraw from a test").click()
    page.get_by_role("button", name="Withdraw", exact=True).click()
    page.get_by_role("button", name="Withdraw from a test").wait_for(state="detached")
    assert httpx.get(f"{server.url}/api/v1/session", headers=headers).status_code == 401
