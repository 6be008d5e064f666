"""Custody in the browser: what administrators see of files, and an upload that outlives its server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import micrarium
from micrarium.testing.browsers import sign_in, write_halves
from micrarium.testing.files import write_ome_tiff
from micrarium.testing.servers import TemporaryServer, find_free_port, start_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from micrarium.client import Client

pytestmark = pytest.mark.browser

MIB = 2**20


def test_an_administrator_sees_what_is_wrong_with_which_file(
    page: Page, client: Client, server: TemporaryServer, tmp_path: Path
) -> None:
    path = write_halves(tmp_path / "watched.ome.tif")
    (image,) = client.import_files(path, dataset="Watched").objects
    client.verify(image)
    look_at(page, client, image.name)
    page.get_by_text("As imported, verified").wait_for()
    (original,) = (server.data / "originals").rglob("watched.ome.tif")
    original.chmod(0o644)
    original.write_bytes(original.read_bytes()[:-1] + b"\xff")
    page.goto("/admin/custody")
    page.get_by_role("heading", name="Custody").wait_for()
    page.get_by_role("button", name="Verify now").click()
    row = page.get_by_role("table", name="Problems of files").get_by_role("row").filter(has_text="watched.ome.tif")
    row.get_by_text("is not what was imported: its checksum is another one").wait_for()
    assert "Changed" in row.inner_text()
    page.get_by_text("with problems").first.wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = Path(download.value.path()).read_text()
    assert f"changed,original_file:{_number(client, image.id)},watched.ome.tif,{image.id}," in text
    row.get_by_role("link", name=image.name).click()
    page.wait_for_url(f"**/images/{image.id}*")
    look_at(page, client, image.name)
    page.get_by_role("complementary").get_by_text("its checksum is another one").wait_for()
    original.write_bytes(path.read_bytes())
    client.verify(image)
    page.goto("/admin/custody")
    page.get_by_text("Nothing is known to be wrong.").wait_for()


def look_at(page: Page, client: Client, name: str) -> None:
    """Choose an image of the dataset, so that the inspector shows it."""
    page.goto(f"/datasets/{client.datasets(name='Watched').first().id}")
    page.get_by_role("option", name=name).click()


def _number(client: Client, image_id: int) -> int:
    fileset = client.get(f"image:{image_id}").fields["fileset_id"]
    return int(client.list("fileset_entries", fileset_id=fileset).first().fields["original_file_id"])


def test_files_that_moved_are_found_again_from_the_browser(page: Page, client: Client, tmp_path: Path) -> None:
    path = write_halves(tmp_path / "moving.ome.tif")
    (image,) = client.import_files(path, in_place=True).objects
    (tmp_path / "elsewhere").mkdir()
    path.rename(tmp_path / "elsewhere" / "moving.ome.tif")
    page.goto("/admin/custody")
    page.get_by_role("button", name="Find moved files").click()
    page.get_by_label("Folders of the server").fill(str(tmp_path))
    page.get_by_role("button", name="Look").click()
    page.get_by_text("1 can be relinked").wait_for()
    page.get_by_role("button", name="Relink 1").click()
    page.get_by_text("1 relinked").wait_for()
    assert client.connection.request("GET", f"/api/v1/images/{image.id}/thumbnail").status_code == 200


def test_an_upload_in_the_browser_goes_on_when_its_server_was_killed(browser: Browser, tmp_path: Path) -> None:
    path = write_ome_tiff(
        tmp_path / "large.ome.tif", np.random.default_rng(8).integers(0, 2**16, (1, 1, 1, 2800, 2800)).astype(np.uint16)
    )
    data, port = tmp_path / "data", str(find_free_port())
    sent: list[tuple[int, str | None]] = []
    with start_server(data, settings={"MICRARIUM_PORT": port}) as server:
        password, token = server.admin_password, server.token
        context = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 800})
        context.set_default_timeout(60_000)
        page = context.new_page()
        sign_in(page, password)
        kill = _killing_at(8 * MIB, server, sent)
        page.route("**/api/v1/uploads/*", kill)
        page.locator("#upload-files").set_input_files(path)
        page.get_by_role("region", name="Imports").get_by_text("The connection was lost").wait_for()
        assert server.process.wait(20) != 0
    before = len(sent)
    with start_server(data, admin_password=password, settings={"MICRARIUM_PORT": port}) as server:
        page.get_by_role("region", name="Imports").get_by_text("1 image imported").wait_for()
        assert sent[before][0] == 8 * MIB, "it went on where it stopped"
        assert all(digest is not None and digest.startswith("sha-256=:") for _, digest in sent)
        with micrarium.connect(server.url, token=token) as client:
            (image,) = client.list("images")
            client.export(image, tmp_path / "again.tif", format="original")
    context.close()
    assert (tmp_path / "again.tif").read_bytes() == path.read_bytes()


def _killing_at(offset: int, server: TemporaryServer, sent: list[tuple[int, str | None]]) -> Callable[[Route], None]:
    """Kills the server before the piece from an offset on is sent, once; keeps what else is sent."""

    def pass_on(route: Route) -> None:
        headers = route.request.headers
        if route.request.method == "PATCH":
            if int(headers["upload-offset"]) == offset and server.process.poll() is None:
                server.process.kill()
                server.process.wait()
            else:
                sent.append((int(headers["upload-offset"]), headers.get("content-digest")))
        route.continue_()

    return pass_on
