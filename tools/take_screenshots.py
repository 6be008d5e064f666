"""Take the pictures of the README from a running demo: ``tools/take_screenshots.py URL PASSWORD``.

Start the demo first (``make demo``). The pictures go to docs/screenshots; look at them before you commit them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from playwright.sync_api import Page

from micrarium.testing.browsers import sign_in, start_browser

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
#: (file, address, colour scheme, what to click first); {a name} in an address stands for the id of the image of that name.
SHOTS: tuple[tuple[str, str, str, str | None], ...] = (
    ("grid", "/", "light", None),
    ("viewer-stack", "/images/{HeLa cytoskeleton, z-stack}", "dark", None),
    ("viewer-labels", "/images/{MDCK monolayer with segmented nuclei}?labels=nuclei", "dark", None),
    ("plate", "/plates/1", "light", None),
    ("inspector", "/search?q=MDCK", "dark", "MDCK monolayer"),
    ("search", "/search?q=organism%3D%22homo%20sapiens%22", "light", None),
)


def take(page: Page, url: str, shot: tuple[str, str, str, str | None]) -> None:
    """One picture."""
    name, address, scheme, clicked = shot
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    if found := re.search(r"\{(.+)\}", address):
        answer = page.request.get(f"{url}/api/v1/images", params={"name": found.group(1)})
        address = address.replace(found.group(0), str(answer.json()["items"][0]["id"]))
    page.goto(url + address)
    page.wait_for_timeout(2500)
    if clicked:
        page.get_by_role("option", name=clicked).first.click()
        page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=88)


def main(url: str, password: str) -> None:
    """All pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with start_browser() as browser:
        page = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=url).new_page()
        sign_in(page, password)
        for shot in SHOTS:
            take(page, url, shot)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
