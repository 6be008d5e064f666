"""Fixtures of the tests of the HTTP interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from micrarium.actions.opening import Site
from micrarium.testing.people import make_people
from micrarium.testing.transports import call_in_process

Door = Callable[[str | None], httpx.Client]


@pytest.fixture
def people(site: Site) -> dict[str, int]:
    """The ids of the people and groups of ``make_people``, by name."""
    return make_people(site)


@pytest.fixture
def door(site: Site, people: dict[str, int]) -> Iterator[Door]:
    """Opens the API as a person by name (``ada``, ``bob``, ``pia``, ``eve``, ``admin``), or as nobody."""
    assert people
    with call_in_process(site) as open_as:
        yield open_as
