"""A real browser for tests: Debian's Chromium without a window, and pictures whose colours tell what is shown."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from micrarium.errors import Unavailable
from micrarium.testing.files import write_ome_tiff

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: WebGL is drawn by the software renderer; nothing is asked of the network but what a test asks.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--use-gl=angle",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
#: Two cores draw in software while they serve and test.
PATIENCE_MS = 30_000


@dataclass(frozen=True)
class Content:
    """What the browser tests of one server look at: a dataset of a project, with two stacks."""

    project_id: int
    dataset_id: int
    image_ids: tuple[int, ...]


def write_halves(path: Path, *, size: int = 256) -> Path:
    """A stack of three sections and two channels: one is bright on the left, one on the right, brighter with each section."""
    generator = np.random.default_rng(secrets.randbits(64))
    pixels = generator.integers(90, 110, (1, 2, 3, size, size)).astype(np.uint16)
    for z in range(3):
        pixels[0, 0, z, :, : size // 2] += 1000 * (z + 1)
        pixels[0, 1, z, :, size // 2 :] += 1000 * (z + 1)
    return write_ome_tiff(path, pixels, names=("Left", "Right"))


@contextmanager
def start_browser() -> Iterator[Browser]:
    """Chromium, until the context ends. Raises ``Unavailable`` with the command that installs it."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise Unavailable("The browser tests need Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


def sign_in(page: Page, password: str) -> None:
    """Sign in as ``admin`` by the form and wait for the tree."""
    page.goto("/")
    page.get_by_label("User name").fill("admin")
    page.locator("input[type=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("tree").wait_for()
