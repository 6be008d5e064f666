"""Tags, key-values and comments edited in place, and found by searching, in a browser."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from micrarium.testing.browsers import Content

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from micrarium.client import Client

pytestmark = pytest.mark.browser


def choose_image(page: Page, content: Content, name: str) -> None:
    """Open the dataset and choose one of its images."""
    page.goto(f"/datasets/{content.dataset_id}")
    page.get_by_role("option", name=name).click()
    page.get_by_label("Add a tag").wait_for()


def key_values(client: Client, image_id: int) -> list[list[str]]:
    """All key-value pairs of an image, in their order."""
    found = client.list("annotations", image=image_id, type="MapAnnotation")
    return [list(pair) for annotation in found for pair in annotation.map_value]


def test_key_values_typed_in_a_row_keep_their_order_and_find_the_image(page: Page, client: Client, content: Content) -> None:
    choose_image(page, content, "halves 1")
    value = f"Danio {secrets.token_hex(4)}"
    page.get_by_label("New key").click()
    for text in ("Organism", value, "Stain", "DAPI", "Stain", "GFP"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expected = [["Organism", value], ["Stain", "DAPI"], ["Stain", "GFP"]]
    page.wait_for_function("document.querySelector('[aria-label=\"My key-values\"]').ariaBusy === 'false'")
    assert key_values(client, content.image_ids[0]) == expected

    page.get_by_label("Key 3").press("Alt+ArrowUp")
    page.get_by_label("Key 2").press("Alt+ArrowUp")
    page.get_by_role("button", name="Remove Organism").focus()
    page.wait_for_function("document.querySelector('[aria-label=\"My key-values\"]').ariaBusy === 'false'")
    assert key_values(client, content.image_ids[0]) == [["Stain", "GFP"], ["Organism", value], ["Stain", "DAPI"]]

    page.get_by_role("heading", name="Halves", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Projects").click()
    page.keyboard.press("/")
    page.keyboard.type(f'organism="{value.lower()}"')
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    page.get_by_role("option", name="halves 1").wait_for()
    assert page.get_by_role("option").count() == 1


def test_a_tag_is_made_offered_again_and_removed(page: Page, client: Client, content: Content) -> None:
    tag = f"mitosis {secrets.token_hex(4)}"
    choose_image(page, content, "halves 1")
    page.get_by_label("Add a tag").fill(tag)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Remove the tag {tag}").wait_for()
    choose_image(page, content, "halves 2")
    page.get_by_label("Add a tag").press_sequentially(tag[:12])
    page.get_by_role("option", name=tag, exact=True).click()
    page.get_by_role("button", name=f"Remove the tag {tag}").wait_for()
    tags = [found.id for found in client.list("annotations", type="TagAnnotation", text_value=tag)]
    assert len(tags) == 1
    page.get_by_role("button", name=f"Remove the tag {tag}").click()
    page.get_by_role("button", name=f"Remove the tag {tag}").wait_for(state="detached")
    assert [image.id for image in client.images(annotation=tags[0])] == [content.image_ids[0]]


def test_several_images_are_tagged_at_once(page: Page, client: Client, content: Content) -> None:
    tag = f"both {secrets.token_hex(4)}"
    page.goto(f"/datasets/{content.dataset_id}")
    page.get_by_role("option").first.click()
    page.get_by_role("option").nth(1).click(modifiers=["Shift"])
    page.get_by_label("Add a tag").fill(tag)
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Tagged 2 images").wait_for()
    made = next(iter(client.list("annotations", type="TagAnnotation", text_value=tag)))
    assert {image.id for image in client.images(annotation=made.id)} == set(content.image_ids)


def test_a_comment_is_written_and_the_description_edited_in_place(page: Page, client: Client, content: Content) -> None:
    choose_image(page, content, "halves 2")
    page.get_by_label("New comment").fill("Focus drifts at the end.")
    page.get_by_role("button", name="Comment", exact=True).click()
    page.get_by_role("article").get_by_text("Focus drifts at the end.").wait_for()
    page.get_by_role("button", name="Description:").click()
    page.keyboard.type("A stack of halves")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Description: A stack of halves").wait_for()
    assert client.get(f"image:{content.image_ids[1]}").description == "A stack of halves"


def test_a_search_without_hits_explains_itself(page: Page) -> None:
    page.goto("/search?q=surelynothingiscalledlikethis")
    page.get_by_text("Nothing found for surelynothingiscalledlikethis").wait_for()
