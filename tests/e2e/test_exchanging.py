"""Files in and out through the browser: chosen, dropped, interrupted, exported."""

from __future__ import annotations

import base64
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from micrarium.testing.browsers import Content, write_halves
from micrarium.testing.files import write_ome_tiff

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from micrarium.client import Client

pytestmark = pytest.mark.browser

MIB = 2**20
DROP = """async ({name, data}) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  for (const type of ["dragover", "drop"]) {
    document.querySelector("main").dispatchEvent(new DragEvent(type, {dataTransfer: transfer, bubbles: true, cancelable: true}));
  }
}"""


def test_chosen_files_are_imported_into_the_open_dataset(page: Page, client: Client, tmp_path: Path) -> None:
    dataset = client.create("dataset", name="Chosen files")
    (tmp_path / "notes.txt").write_text("no image")
    write_halves(tmp_path / "chosen.ome.tif")
    page.goto(f"/datasets/{dataset.id}")
    page.get_by_role("heading", name="Chosen files").first.wait_for()
    page.locator("#upload-files").set_input_files([tmp_path / "chosen.ome.tif", tmp_path / "notes.txt"])
    panel = page.get_by_role("region", name="Imports")
    panel.get_by_text("1 image imported, 1 skipped").wait_for()
    image = next(iter(client.images(dataset=dataset.id)))
    panel.get_by_role("link", name=f"Open image {image.id}").wait_for()
    page.get_by_role("option", name=image.name).wait_for()


def test_a_folder_keeps_its_paths(page: Page, client: Client, tmp_path: Path) -> None:
    (tmp_path / "run1" / "day2").mkdir(parents=True)
    write_halves(tmp_path / "run1" / "day2" / "deep.ome.tif")
    dataset = client.create("dataset", name="A folder")
    page.goto(f"/datasets/{dataset.id}")
    page.get_by_role("heading", name="A folder").first.wait_for()
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/uploads")) as opened:
        page.locator("#upload-folder").set_input_files(tmp_path / "run1")
    assert [file["path"] for file in json.loads(opened.value.post_data or "")["files"]] == ["run1/day2/deep.ome.tif"]
    page.get_by_role("region", name="Imports").get_by_text("1 image imported").wait_for()


def test_a_dropped_file_is_imported(page: Page, client: Client, tmp_path: Path) -> None:
    dataset = client.create("dataset", name="Dropped files")
    path = write_halves(tmp_path / "dropped.ome.tif", size=64)
    page.goto(f"/datasets/{dataset.id}")
    page.get_by_role("heading", name="Dropped files").first.wait_for()
    page.evaluate(DROP, {"name": path.name, "data": base64.b64encode(path.read_bytes()).decode()})
    page.get_by_role("region", name="Imports").get_by_text("1 image imported").wait_for()
    assert [image.name for image in client.images(dataset=dataset.id)]


def test_a_broken_file_is_named_with_its_reason(page: Page, tmp_path: Path) -> None:
    (tmp_path / "broken.tif").write_bytes(b"II*\0\x08\0\0\0 no tiff at all")
    page.locator("#upload-files").set_input_files(tmp_path / "broken.tif")
    panel = page.get_by_role("region", name="Imports")
    panel.get_by_text("1 failed").wait_for()
    assert "broken.tif" in panel.inner_text()


def test_an_upload_goes_on_after_a_reload_where_it_stopped(page: Page, client: Client, tmp_path: Path) -> None:
    pixels = np.random.default_rng().integers(0, 2**16, (1, 1, 1, 2400, 2400)).astype(np.uint16)
    path = write_ome_tiff(tmp_path / "large.ome.tif", pixels)
    assert path.stat().st_size > 10 * MIB
    dataset = client.create("dataset", name="Interrupted")
    page.goto(f"/datasets/{dataset.id}")
    page.get_by_role("heading", name="Interrupted").first.wait_for()

    def let_only_the_first_piece_pass(route: Route) -> None:
        if route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0":
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*", let_only_the_first_piece_pass)
    page.locator("#upload-files").set_input_files(path)
    page.get_by_role("region", name="Imports").get_by_text("The connection was lost").wait_for()
    page.unroute("**/api/v1/uploads/*")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_text("1 file into Interrupted: interrupted").wait_for()

    offsets: list[int] = []
    page.on("request", lambda r: offsets.append(int(r.headers["upload-offset"])) if r.method == "PATCH" else None)
    page.locator("#upload-files").set_input_files(path)
    page.get_by_role("region", name="Imports").get_by_text("1 image imported").wait_for()
    assert min(offsets) == 4 * MIB
    original = next(iter(client.images(dataset=dataset.id)))
    client.export(original, tmp_path / "again.tif", format="original")
    assert (tmp_path / "again.tif").read_bytes() == path.read_bytes()


def test_an_export_is_downloaded_when_it_is_ready(page: Page, content: Content, tmp_path: Path) -> None:
    page.goto(f"/datasets/{content.dataset_id}")
    page.get_by_role("option", name="halves 1").click()
    page.get_by_role("complementary").get_by_role("button", name="Actions for halves 1").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export as OME-Zarr").click()
    download.value.save_as(tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        names = archive.namelist()
    assert any(name.endswith("ro-crate-metadata.json") for name in names)
    assert any(name.endswith("0/zarr.json") for name in names)
    page.goto("/jobs")
    page.get_by_role("article", name="export, done").first.wait_for()
