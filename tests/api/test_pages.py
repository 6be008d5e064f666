"""The web application's pages, and the page of the API's documents."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

Door = Callable[[str | None], httpx.Client]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_every_object_has_a_page_that_loads_nothing_from_elsewhere(door: Door) -> None:
    for path in ("/", "/images/12", "/datasets/3", "/search?q=x", "/settings/tokens"):
        page = door(None).get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200, path
        assert "default-src 'self'" in page.headers["content-security-policy"]
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert loaded
        assert all(address.startswith("/app/") for address in loaded), loaded
        for address in loaded:
            assert door(None).get(address).status_code == 200


def test_files_with_a_hash_in_their_name_are_kept_by_browsers(door: Door) -> None:
    page = door(None).get("/", headers={"Accept": "text/html"}).text
    hashed = next(a for a in re.findall(r'src="([^"]+)"', page) if "/app/index-" in a)
    assert "immutable" in door(None).get(hashed).headers["cache-control"]
    assert "immutable" not in door(None).get("/app/icon.svg").headers["cache-control"]


def test_no_file_beside_the_bundle_can_be_fetched(door: Door) -> None:
    for path in ("/app/../index.html", "/app/%2e%2e/__init__.py", "/app/nothing.js", "/app/"):
        assert door(None).get(path).status_code == 404, path


def test_the_documents_of_the_api_come_from_this_server_alone(door: Door) -> None:
    page = door(None).get("/api/v1/docs")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert addresses
    for address in addresses:
        assert address.startswith("/"), address
        assert door(None).get(address).status_code == 200, address
    assert '"validatorUrl": null' in page.text


def test_paths_of_omero_stay_free(door: Door) -> None:
    for path in ("/webclient", "/webgateway/render_image/1/", "/api/v0/", "/iviewer", "/assets/x.js", "/static/x.js", "/tile"):
        assert door(None).get(path).status_code == 404, path
