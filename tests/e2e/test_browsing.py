"""The tree, the grid, the keyboard, the bin, in a browser."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

import pytest

from micrarium.testing.browsers import Content, write_halves

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from micrarium.client import Client

pytestmark = pytest.mark.browser
IS_IN_SIGHT = """() => {
  const box = document.querySelector("[role=treeitem][aria-selected=true]")?.getBoundingClientRect();
  return box !== undefined && box.top > 0 && box.bottom <= innerHeight;
}"""


def test_a_project_opens_into_datasets_and_their_images(page: Page, content: Content) -> None:
    page.goto(f"/projects/{content.project_id}")
    page.get_by_role("treeitem", name="Browser tests", selected=True).click()
    page.keyboard.press("ArrowRight")
    page.get_by_role("treeitem", name="Halves").first.click()
    page.wait_for_url(f"**/datasets/{content.dataset_id}")
    page.get_by_role("option", name="halves 1").wait_for()
    assert page.get_by_role("option").count() == 2
    thumbnail = page.locator("[role=option] img").first
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=thumbnail.element_handle())


def test_an_image_is_chosen_and_opened_with_the_keyboard_alone(page: Page, content: Content) -> None:
    page.goto(f"/datasets/{content.dataset_id}")
    page.get_by_role("option").first.wait_for()
    page.get_by_role("option").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("option", selected=True).count() == 1
    page.keyboard.press("Shift+ArrowLeft")
    page.get_by_role("heading", name="2 images").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/images/\d+"))


def test_a_project_and_a_dataset_are_made_and_renamed(page: Page, client: Client) -> None:
    page.get_by_role("button", name="New project, dataset or screen").click()
    page.get_by_role("menuitem", name="New project").click()
    page.get_by_role("textbox", name="Name").fill("Made by hand")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/projects/\d+"))
    page.get_by_role("button", name="New dataset").click()
    page.get_by_role("textbox", name="Name").fill("First day")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/datasets/\d+"))
    dataset = client.get(f"dataset:{page.url.rsplit('/', 1)[1]}")
    page.get_by_role("button", name="Name: First day. Edit").click()
    page.keyboard.type("Second day")
    page.keyboard.press("Enter")
    page.get_by_role("treeitem", name="Second day").wait_for()
    assert client.get(f"dataset:{dataset.id}").name == "Second day"


def test_what_is_deleted_can_be_undone(page: Page, client: Client) -> None:
    made = client.create("dataset", name="Soon deleted")
    page.goto(f"/datasets/{made.id}")
    page.get_by_role("complementary").get_by_role("button", name="Actions for Soon deleted").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_text("into the bin?").wait_for()
    page.get_by_role("button", name="Put into the bin").click()
    page.get_by_role("treeitem", name="Soon deleted").wait_for(state="detached")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("treeitem", name="Soon deleted").wait_for()
    assert client.get(f"dataset:{made.id}").name == "Soon deleted"


def test_images_are_dragged_from_the_grid_onto_a_dataset(page: Page, client: Client, content: Content) -> None:
    target = client.create("dataset", name="Dragged into")
    client.connection.send("POST", f"/api/v1/projects/{content.project_id}/datasets", {"ids": [target.id]})
    page.goto(f"/datasets/{content.dataset_id}")
    row = page.get_by_role("treeitem", name="Dragged into")
    row.wait_for()
    page.get_by_role("option", name="halves 2").drag_to(row)
    page.get_by_role("status").get_by_text("Added 1 image to Dragged into").wait_for()
    assert [image.id for image in client.images(dataset=target.id)] == [content.image_ids[1]]


def test_the_tree_shows_where_one_is_among_many(page: Page, client: Client) -> None:
    made = [client.create("dataset", name=f"One of many {number:03}") for number in range(60)]
    for dataset in (made[50], made[5]):
        page.goto(f"/datasets/{dataset.id}")
        page.get_by_role("treeitem", name=dataset.name, selected=True).wait_for()
        page.wait_for_function(IS_IN_SIGHT)
    # Elsewhere in the tree, a change of a colleague's does not move it.
    page.get_by_role("tree").evaluate("tree => tree.scrollTop = 0")
    with page.expect_response(lambda response: "/api/v1/tree?" in response.url or response.url.endswith("/api/v1/tree")):
        made[59].update(description="seen")
    page.evaluate("new Promise(requestAnimationFrame)")
    assert page.get_by_role("tree").evaluate("tree => tree.scrollTop") == 0


def test_an_address_that_leads_nowhere_says_so(page: Page) -> None:
    page.goto("/datasets/999999")
    page.get_by_role("alert").first.wait_for()
    assert "does not exist" in page.get_by_role("alert").first.inner_text()


def test_an_image_is_taken_out_of_a_sensitive_dataset_for_a_reason(page: Page, client: Client, tmp_path: Path) -> None:
    name = f"Patients {secrets.token_hex(4)}"
    client.import_files([write_halves(tmp_path / "one.ome.tif", size=16)], dataset=name)
    dataset = next(dataset for dataset in client.list("datasets", name=name))
    client.connection.send("PATCH", dataset.reference.path, {"sensitivity": "human"})
    page.goto(f"/datasets/{dataset.reference.id}")
    page.get_by_text("one.ome.tif").first.click()
    page.get_by_role("complementary", name="Inspector").get_by_role("button", name="Actions for one.ome.tif").click()
    page.get_by_role("menuitem", name="Remove from this dataset").click()
    dialog = page.get_by_role("dialog", name="Why?")
    dialog.get_by_text("sensitive").wait_for()
    dialog.get_by_label("Reason").fill("Patient withdrew")
    page.keyboard.press("Enter")
    page.get_by_text("Removed 1 image from the dataset").wait_for()
    (change,) = client.connection.get("/api/v1/events", limit=1)["items"]
    assert change["reason"] == "Patient withdrew"
    assert client.connection.get("/api/v1/images", dataset=dataset.reference.id)["items"] == []
