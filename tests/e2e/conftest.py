"""A real browser on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from micrarium.testing.browsers import PATIENCE_MS, Content, sign_in, start_browser, write_halves
from micrarium.testing.servers import TemporaryServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from micrarium.client import Client


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with start_browser() as found:
        yield found


@pytest.fixture
def client(server: TemporaryServer) -> Iterator[Client]:
    """The administrator's client of the server, to prepare and to check by another door."""
    from micrarium.client import connect

    with connect(server.url, token=server.token) as found:
        yield found


@pytest.fixture(scope="session")
def content(server: TemporaryServer, tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Two stacks in a dataset of a project, imported once for each server."""
    from micrarium.client import connect

    folder = tmp_path_factory.mktemp("browser")
    paths = [write_halves(folder / f"halves {number}.ome.tif") for number in (1, 2)]
    with connect(server.url, token=server.token) as client:
        result = client.import_files(paths, project="Browser tests", dataset="Halves")
        dataset = next(iter(client.list("datasets", image=result.images[0])))
        project = next(iter(client.list("projects", dataset=dataset.id)))
        return Content(project.id, dataset.id, tuple(sorted(result.images)))


@pytest.fixture
def new_page(browser: Browser, server: TemporaryServer) -> Iterator[Callable[..., Page]]:
    """Makes pages with cookies and storage of their own; an error that a page did not catch fails its test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: Any) -> Page:
        context = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 800}, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def page(new_page: Callable[..., Page], server: TemporaryServer) -> Page:
    """A page on which ``admin`` has signed in."""
    page = new_page()
    sign_in(page, server.admin_password)
    return page
