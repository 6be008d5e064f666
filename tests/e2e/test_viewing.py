"""The viewer: what is on the screen is what the settings say."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest
from PIL import Image as Picture

from micrarium.testing.browsers import Content
from micrarium.testing.servers import TemporaryServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from micrarium.client import Client

pytestmark = pytest.mark.browser

Rgb = tuple[int, int, int]


def open_image(page: Page, address: str) -> None:
    """Open an address of the viewer and wait until its picture is complete."""
    page.goto(address)
    page.locator('[data-rendered]:not([data-rendered=""])').wait_for()


def colors(page: Page) -> tuple[Rgb, Rgb]:
    """The colours left and right of the middle of the picture."""
    shot = page.get_by_role("application").screenshot()
    pixels = np.asarray(Picture.open(BytesIO(shot)).convert("RGB")).astype(int)
    height, width, _ = pixels.shape
    rows = slice(height // 3, height // 3 + 20)

    def mean(column: int) -> Rgb:
        r, g, b = pixels[rows, column - 10 : column + 10].mean(axis=(0, 1))
        return round(r), round(g), round(b)

    return mean(width // 2 - 100), mean(width // 2 + 100)


def wait_for_colors(page: Page, expected: tuple[Rgb, Rgb]) -> None:
    """Return once the picture has these colours, within 12 grey values."""
    for _ in range(100):
        found = colors(page)
        if np.abs(np.array(found) - np.array(expected)).max() <= 12:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"The picture is {found}, not {expected}")


BLACK, RED, GREEN, BLUE, WHITE = (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
#: Both channels, with windows above the noise and below the signal of the first section.
BOTH = "c=1|200:1000$FF0000,2|200:1000$00FF00"


def test_the_address_says_what_is_seen(page: Page, content: Content) -> None:
    open_image(page, f"/images/{content.image_ids[0]}?z=0&{BOTH}")
    wait_for_colors(page, (RED, GREEN))
    open_image(page, f"/images/{content.image_ids[0]}?z=0&c=-1|200:1000$FF0000,2|200:1000$0000FF")
    wait_for_colors(page, (BLACK, BLUE))
    open_image(page, f"/images/{content.image_ids[0]}?z=0&{BOTH}&m=g")
    wait_for_colors(page, (WHITE, BLACK))


def test_a_channel_changes_its_colour_and_can_be_switched_off(page: Page, content: Content) -> None:
    open_image(page, f"/images/{content.image_ids[0]}?z=0&{BOTH}")
    wait_for_colors(page, (RED, GREEN))
    page.get_by_role("button", name="Colour of Left").click()
    page.get_by_label("Colour as RRGGBB").fill("0000FF")
    wait_for_colors(page, (BLUE, GREEN))
    page.keyboard.press("Escape")
    page.get_by_role("checkbox", name="Show Right").uncheck()
    wait_for_colors(page, (BLUE, BLACK))
    page.wait_for_url(re.compile(r"0000FF.*-2"))
    page.reload()
    page.locator('[data-rendered]:not([data-rendered=""])').wait_for()
    wait_for_colors(page, (BLUE, BLACK))


def test_a_window_changes_the_picture_without_fetching_pixels_again(page: Page, content: Content) -> None:
    open_image(page, f"/images/{content.image_ids[0]}?z=0&{BOTH}")
    wait_for_colors(page, (RED, GREEN))
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if "/c/" in request.url else None)
    field = page.get_by_label("Left: end")
    field.fill("2000")
    field.press("Enter")
    wait_for_colors(page, ((127, 0, 0), GREEN))
    assert fetched == []


def test_only_active_channels_are_fetched(page: Page, content: Content) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if "/0/c/" in request.url else None)
    open_image(page, f"/images/{content.image_ids[1]}?z=0&c=1|200:1000$FF0000,-2")
    assert fetched
    assert {url.split("/0/c/")[1].split("/")[1] for url in fetched} == {"0"}


def test_keys_step_through_the_sections(page: Page, content: Content) -> None:
    open_image(page, f"/images/{content.image_ids[0]}?z=0&c=1|0:4000$FFFFFF,2|0:4000$FFFFFF")
    first = colors(page)[0][0]
    page.keyboard.press("]")
    page.locator('[data-rendered="1/0"]').wait_for()
    second = colors(page)[0][0]
    assert second > first + 30
    slider = page.get_by_role("slider", name="z section")
    slider.press("ArrowRight")
    page.locator('[data-rendered="2/0"]').wait_for()
    assert colors(page)[0][0] > second + 30
    page.get_by_text("3 / 3").wait_for()


def test_the_pointer_reads_pixels(page: Page, content: Content) -> None:
    open_image(page, f"/images/{content.image_ids[0]}?z=1&{BOTH}&x=128&y=128&zoom=2")
    box = page.get_by_role("application").bounding_box()
    assert box is not None
    # Forty image pixels left of the middle, at two screen pixels each.
    page.mouse.move(box["x"] + box["width"] / 2 - 80, box["y"] + box["height"] / 2)
    readout = page.get_by_test_id("cursor-readout")
    readout.wait_for()
    left, right, x, *_ = readout.inner_text().split("\n")
    assert 2090 <= int(left) <= 2110
    assert 90 <= int(right) <= 110
    assert abs(int(x.split()[1]) - 88) <= 1
    assert "µm" in page.get_by_role("img", name="Scale bar").inner_text()


def test_saved_settings_are_the_persons_and_change_the_thumbnail(page: Page, client: Client, content: Content) -> None:
    image = client.get(f"image:{content.image_ids[1]}")
    before = image.thumbnail(64)
    open_image(page, f"/images/{image.id}?z=2&c=1|200:1000$FF00FF,2|200:1000$FF00FF")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("status").get_by_text("Settings saved").wait_for()
    assert image.thumbnail(64) != before
    open_image(page, f"/images/{image.id}")
    wait_for_colors(page, ((255, 0, 255), (255, 0, 255)))
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("!document.querySelector('[aria-label^=\"Colour of Left\"]').ariaLabel.includes('FF00FF')")


def test_the_copied_link_opens_as_ome_zarr(page: Page, server: TemporaryServer, content: Content) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_image(page, f"/images/{content.image_ids[0]}")
    page.get_by_role("button", name="Actions for").first.click()
    page.get_by_role("menuitem", name="Copy OME-Zarr link").click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    link: str = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{server.url}/zarr/images/{content.image_ids[0]}.ome.zarr"
    found = httpx.get(f"{link}/zarr.json", headers=server.headers)
    assert found.json()["attributes"]["ome"]["version"] == "0.5"
