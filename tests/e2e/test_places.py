"""Places: an administrator names a folder of the server, and a member imports from it, in a browser."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.e2e.test_administering import make_group, make_person, sign_in_as

from micrarium.testing.files import numbered_pixels, write_ome_tiff
from micrarium.testing.servers import TemporaryServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def name_place(page: Page, name: str, folder: Path, group: str) -> None:
    """Names a folder of the server in the console, after one that is not there was refused."""
    page.goto("/admin/places")
    page.get_by_role("button", name="Add place").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Path on the server").fill("/there/is/none")
    dialog.get_by_role("combobox", name="Groups").click()
    page.get_by_role("option", name=group).click()
    page.keyboard.press("Tab")  # closes the list, which may lie over the button
    dialog.get_by_role("button", name="Add", exact=True).click()
    dialog.get_by_role("alert").get_by_text("The server has no folder").wait_for()
    dialog.get_by_label("Path on the server").fill(str(folder))
    dialog.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("cell", name=str(folder)).wait_for()


def import_some(page: Page) -> None:
    """Imports a file and a folder beside it into a new dataset."""
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("menuitem", name="From the server").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="run 1").click()
    dialog.get_by_role("button", name="day 2").wait_for()
    dialog.get_by_role("checkbox", name="Choose a.ome.tif").check()
    dialog.get_by_role("button", name="day 2").click()
    dialog.get_by_role("checkbox", name="Choose b.ome.tif").wait_for()
    dialog.get_by_role("navigation", name="Folder").get_by_role("button", name="run 1").click()
    dialog.get_by_role("checkbox", name="Choose day 2").check()
    dialog.get_by_role("status").get_by_text("2 chosen").wait_for()
    dialog.get_by_role("combobox", name="Dataset").fill("From the NAS")
    dialog.get_by_text("A new one").wait_for()
    dialog.get_by_role("button", name="Import", exact=True).click()
    dialog.wait_for(state="hidden")
    page.get_by_role("link", name="job:").click()
    page.get_by_text("2 images imported").first.wait_for()


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_a_place_is_named_by_an_administrator_and_imported_from_by_a_member(
    page: Page, new_page: Callable[..., Page], server: TemporaryServer, tmp_path: Path
) -> None:
    nas = tmp_path / "nas"
    (nas / "run 1" / "day 2").mkdir(parents=True)
    seed = secrets.randbelow(10**6)
    for number, path in enumerate((nas / "run 1" / "a.ome.tif", nas / "run 1" / "day 2" / "b.ome.tif", nas / "c.ome.tif")):
        write_ome_tiff(path, numbered_pixels(1, 1, 1, 40, 50, seed=seed + number))
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=server.headers, timeout=60) as api:
        group_id, group = make_group(api)
        _, login = make_person(api, group_id)
        name_place(page, f"NAS {seed}", nas, group)
        theirs = new_page()
        sign_in_as(theirs, login)
        import_some(theirs)
        assert str(nas) not in theirs.content()
        files = api.get("/original_files", params={"group": group_id}).json()["items"]
        assert sorted((file["path"], file["is_in_place"]) for file in files) == [
            ("run 1/a.ome.tif", True), ("run 1/day 2/b.ome.tif", True),
        ]  # fmt: skip
        datasets = api.get("/datasets", params={"group": group_id}).json()["items"]
        assert [dataset["name"] for dataset in datasets] == ["From the NAS"]
