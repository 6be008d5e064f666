"""How an image was acquired, in a browser: settings, planes, and what else its file says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.formats.acquisitions import TOLD, write_everything

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from micrarium.client import Client


pytestmark = pytest.mark.browser


def test_settings_planes_and_original_metadata_open_when_asked_for(page: Page, client: Client, tmp_path: Path) -> None:
    (image_id,) = client.import_files([write_everything(tmp_path / "everything.ome.tif")], dataset="Acquired").images
    page.goto(f"/images/{image_id}")
    page.get_by_role("button", name="Information and annotations").click()
    section = page.get_by_role("region", name="Acquisition")
    section.get_by_role("button", name="Acquisition").click()
    section.get_by_text("Coherent OBIS laser").wait_for()
    section.get_by_text("3 time points, 2.5").wait_for()
    told = section.inner_text().replace("\u00a0", " ")
    for fact in (
        f"{TOLD} Franklin",
        "37 °C",
        "25 % of its light",
        "38 HE",
        "450–490 nm",
        "from 515 nm",
        "gain 700",
        "20 ms",
        "150 ms",
    ):
        assert fact in told
    assert section.get_by_role("row").count() == 0, "planes are read once somebody wants to know"
    section.get_by_role("button", name="Planes").click()
    rows = section.get_by_role("row")
    rows.nth(12).wait_for()
    assert rows.nth(1).inner_text().split("\t")[:5] == ["1", "1", "DAPI", "0", "0.02"]
    metadata = page.get_by_role("region", name="Original metadata")
    metadata.get_by_role("button", name="Original metadata").click()
    metadata.get_by_role("textbox").fill("arc model")
    metadata.get_by_role("row").nth(1).wait_for(state="detached")
    assert metadata.get_by_role("row").inner_text().endswith("\tHBO")
