"""Reviewing an import in the browser before it begins, and its report and retry afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from micrarium.testing.browsers import write_halves
from micrarium.testing.files import write_plate

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from micrarium.client import Client

pytestmark = pytest.mark.browser


def choose_review(page: Page) -> None:
    """Ask for a review, as the menu offers it."""
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("menuitemcheckbox", name="Review before importing").click()
    page.keyboard.press("Escape")


def write_run(folder: Path) -> Path:
    """A folder with two images, a plate, one file that is cut short and one that is no image."""
    for name in ("first.ome.tif", "second.ome.tif"):
        folder.mkdir(exist_ok=True)
        write_halves(folder / name, size=64)
    write_plate(folder / "plate.ome.zarr")
    (folder / "cut.ome.tif").write_bytes((folder / "first.ome.tif").read_bytes()[:900])
    (folder / "notes.txt").write_text("no image")
    return folder


def dialog_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Review before importing")


def test_an_upload_is_reviewed_narrowed_and_sent_elsewhere_before_it_is_imported(
    page: Page, client: Client, tmp_path: Path
) -> None:
    dataset = client.create("dataset", name="Reviewed")
    page.goto(f"/datasets/{dataset.id}")
    page.get_by_role("heading", name="Reviewed").first.wait_for()
    choose_review(page)
    page.locator("#upload-folder").set_input_files(write_run(tmp_path / "run"))
    dialog = dialog_of(page)
    dialog.get_by_text("images in 3 filesets on 1 plate").wait_for()
    assert list(client.images(dataset=dataset.id)) == []
    assert dialog.get_by_text("cut.ome.tif").is_visible()
    assert dialog.get_by_text("1 left out").is_visible()
    dialog.get_by_role("button", name="What is in first.ome.tif").click()
    dialog.get_by_text("64 × 64, 3 planes, 2 channels, uint16").wait_for()
    dialog.get_by_role("checkbox", name="Import run/second.ome.tif").uncheck()
    dialog.get_by_role("checkbox", name="Import run/plate.ome.zarr").uncheck()
    dialog.get_by_role("combobox", name="Dataset").fill("Made in review")
    page.keyboard.press("Escape")
    if dialog.is_visible():
        page.keyboard.press("Escape")
    page.get_by_role("region", name="Imports").get_by_role("button", name="Review").click()
    assert not dialog.get_by_role("checkbox", name="Import run/second.ome.tif").is_checked(), "what was chosen is kept"
    dialog.get_by_role("button", name="Import 1 image").click()
    panel = page.get_by_role("region", name="Imports")
    panel.get_by_text("1 image imported").wait_for()
    made = next(iter(client.list("datasets", name="Made in review")))
    assert [image.name for image in client.images(dataset=made.id)] == ["first.ome.tif"]
    assert list(client.images(dataset=dataset.id)) == []


def test_a_review_is_remembered_closed_taken_up_by_keyboard_and_given_up(page: Page, client: Client, tmp_path: Path) -> None:
    choose_review(page)
    page.reload()
    page.get_by_role("button", name="Import", exact=True).click()
    assert page.get_by_role("menuitemcheckbox", name="Review before importing").get_attribute("aria-checked") == "true"
    page.keyboard.press("Escape")
    page.locator("#upload-files").set_input_files(write_halves(tmp_path / "kept back.ome.tif", size=64))
    dialog_of(page).get_by_text("1 image in 1 fileset").wait_for()
    page.keyboard.press("Escape")
    dialog_of(page).wait_for(state="hidden")
    review = page.get_by_role("region", name="Imports").get_by_role("button", name="Review")
    review.focus()
    page.keyboard.press("Enter")
    dialog_of(page).get_by_role("button", name="Do not import").click()
    page.get_by_role("region", name="Imports").get_by_text("Cancelled").wait_for()
    assert not list(client.list("images", name="kept back.ome.tif"))


def test_files_that_are_here_already_are_shown_and_put_where_the_import_goes(page: Page, client: Client, tmp_path: Path) -> None:
    path = write_halves(tmp_path / "known.ome.tif", size=64)
    (image_id,) = client.import_files(path).images
    dataset = client.create("dataset", name="For known files")
    page.goto(f"/datasets/{dataset.id}")
    page.get_by_role("heading", name="For known files").first.wait_for()
    choose_review(page)
    page.locator("#upload-files").set_input_files(path)
    dialog = dialog_of(page)
    dialog.get_by_text("here already").first.wait_for()
    dialog.get_by_role("button", name="Put 1 image there").click()
    page.get_by_role("region", name="Imports").get_by_text("1 that were here already put there").wait_for()
    assert [image.id for image in client.images(dataset=dataset.id)] == [image_id]


def test_a_report_is_downloaded_and_what_failed_is_retried_from_the_list_of_jobs(page: Page, tmp_path: Path) -> None:
    page.locator("#upload-folder").set_input_files(write_run(tmp_path / "run"))
    page.get_by_role("region", name="Imports").get_by_text("1 failed").wait_for()
    page.get_by_role("region", name="Imports").get_by_role("button", name="Close").click()
    page.goto("/jobs")
    job = page.get_by_role("article", name="import, done").first
    with page.expect_download() as download:
        job.get_by_role("link", name="CSV").click()
    saved = tmp_path / "report.csv"
    download.value.save_as(saved)
    assert "run/cut.ome.tif,failed" in saved.read_text()
    job.get_by_role("button", name="Retry").click()
    page.get_by_text("imported again as job:").wait_for()
    page.get_by_role("article", name="import,").nth(1).wait_for()


def test_an_administrator_imports_for_somebody_else(page: Page, client: Client, tmp_path: Path) -> None:
    group = client.create("experimenter_group", name="Reviewers", level="private")
    account = {"ome_name": "rosa", "password": "long enough words", "group_ids": [group.id]}
    client.connection.send("POST", "/api/v1/accounts", account)
    choose_review(page)
    page.locator("#upload-files").set_input_files(write_halves(tmp_path / "hers.ome.tif", size=64))
    dialog = dialog_of(page)
    dialog.get_by_label("For somebody else").fill("nobody")
    dialog.get_by_label("For somebody else").press("Tab")
    dialog.get_by_role("alert").get_by_text("There is no user 'nobody'").wait_for()
    dialog.get_by_label("For somebody else").fill("rosa")
    dialog.get_by_label("For somebody else").press("Tab")
    dialog.get_by_role("button", name="Import 1 image").click()
    page.get_by_role("region", name="Imports").get_by_text("1 image imported").wait_for()
    (image,) = client.list("images", name="hers.ome.tif")
    assert client.get(f"experimenter:{image.owner_id}").ome_name == "rosa"


def test_files_that_were_grouped_are_taken_apart_in_a_review(page: Page, client: Client, tmp_path: Path) -> None:
    dataset = client.create("dataset", name="Taken apart")
    (tmp_path / "series").mkdir()
    for number in range(1, 4):
        pixels = np.random.default_rng().integers(0, 4000, (64, 64), dtype=np.uint16)
        tifffile.imwrite(tmp_path / "series" / f"cells_t{number:03}.tif", pixels)
    page.goto(f"/datasets/{dataset.id}")
    page.get_by_role("heading", name="Taken apart").first.wait_for()
    choose_review(page)
    page.locator("#upload-folder").set_input_files(tmp_path / "series")
    dialog = dialog_of(page)
    dialog.get_by_text("1 image in 1 fileset, 3 files").wait_for()
    dialog.get_by_role("checkbox", name="Each file for itself").check()
    dialog.get_by_text("3 images in 3 filesets, 3 files").wait_for()
    dialog.get_by_role("button", name="Import 3 images").click()
    page.get_by_role("region", name="Imports").get_by_text("3 images imported").wait_for()
    assert len(list(client.images(dataset=dataset.id))) == 3
