"""What happened and taking it back, in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from micrarium.client import Client


pytestmark = pytest.mark.browser


def test_a_change_is_seen_in_the_inspector_and_undone(page: Page, client: Client) -> None:
    dataset = client.create("dataset", name="Before")
    with client.because("The wrong wash"):
        dataset.update(name="After")
    dataset.tag("seen in the history")
    page.goto(f"/datasets/{dataset.id}")
    section = page.get_by_role("region", name="History")
    section.get_by_role("button", name="History").click()
    section.get_by_text("put “seen in the history” on this dataset").wait_for()
    entry = section.get_by_role("listitem").filter(has_text="The wrong wash")
    assert "Before → After" in entry.inner_text()
    entry.get_by_role("button", name=re.compile("Undo")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("After → Before").wait_for()
    dialog.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Name: Before").wait_for()
    assert client.get(f"dataset:{dataset.id}").name == "Before"
    entry.get_by_role("button", name=re.compile("Undo")).click()
    page.get_by_role("alert").get_by_text(re.compile(r"got its name back with event:\d+ by admin")).wait_for()


def test_the_page_of_history_finds_days_and_reasons(page: Page, client: Client) -> None:
    with client.because("Only here, in this test"):
        client.create("project", name="Found by its reason")
    page.get_by_role("button", name=re.compile("Account of")).click()
    page.get_by_role("menuitem", name="History").click()
    page.get_by_text("made project “Found by its reason”").wait_for()
    page.get_by_label("Reason").fill("only here")
    page.wait_for_function("document.querySelectorAll('[data-event]').length === 1")
    page.locator("[data-day][tabindex='0']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"day=\d{4}-\d\d-\d\d"))
    assert page.locator("[data-event]").count() == 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_text("No change fits these filters.").wait_for()
