"""Sharing in a browser: a link is made in one, and opened in another that nobody signed in to."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from micrarium.testing.browsers import Content


def make_link(page: Page, content: Content, *, name: str, password: str = "", is_blind: bool = False) -> str:
    page.goto(f"/datasets/{content.dataset_id}")
    page.get_by_role("complementary", name="Inspector").get_by_role("button", name="Actions for Halves").click()
    page.get_by_role("menuitem", name="Share…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    if password:
        dialog.get_by_role("textbox", name="Password").fill(password)
    if is_blind:
        dialog.get_by_label("Double-blind review").check()
    dialog.get_by_role("button", name="Make link").click()
    return str(dialog.get_by_test_id("share-url").text_content())


def test_whoever_has_the_link_and_its_password_looks_and_changes_nothing(
    page: Page, new_page: Callable[..., Page], content: Content
) -> None:
    name = f"For {secrets.token_hex(4)}"
    link = make_link(page, content, name=name, password="open sesame")
    visitor = new_page()
    visitor.goto(link)
    visitor.get_by_role("textbox", name="Password of the link").fill("wrong")
    visitor.get_by_role("button", name="Open").click()
    visitor.get_by_role("alert").get_by_text("The password of this link is wrong").wait_for()
    visitor.get_by_role("textbox", name="Password of the link").fill("open sesame")
    visitor.get_by_role("button", name="Open").click()
    visitor.get_by_text(f"{name} · Read only").wait_for()
    assert visitor.url == f"{link}/datasets/{content.dataset_id}"
    visitor.get_by_role("option", name="halves 1.ome.tif").wait_for()
    for hidden in ("Import", "Account of", "New project"):
        assert visitor.get_by_role("button", name=hidden).count() == 0, hidden
    page.goto("/settings/shares")
    page.get_by_role("row", name=name).get_by_role("button", name=f"End {name}").click()
    page.get_by_role("row", name=name).get_by_text("withdrawn").wait_for()
    visitor.reload()
    visitor.get_by_text("There is no such link, or it has ended").wait_for()


def test_a_reviewer_sees_images_without_names(page: Page, new_page: Callable[..., Page], content: Content) -> None:
    link = make_link(page, content, name="Reviewers", is_blind=True)
    visitor = new_page()
    visitor.goto(link)
    visitor.get_by_text("Blind review").wait_for()
    first = content.image_ids[0]
    visitor.get_by_role("option", name=f"Image {first}").wait_for()
    assert "halves" not in visitor.content().lower()
    visitor.goto(f"{link}/images/{first}")
    visitor.get_by_role("heading", name=f"Image {first}").wait_for()
    assert "halves" not in visitor.content().lower()
