"""The contract of the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from micrarium.model.schema import entities

COMMITTED = Path(__file__).parents[2] / "openapi.json"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_committed_contract_is_what_is_served(door: Callable[[str | None], httpx.Client]) -> None:
    served = door(None).get("/api/v1/openapi.json").json()
    assert list(differences(json.loads(COMMITTED.read_text(encoding="utf-8")), served)) == []


def differences(committed: Any, served: Any, place: str = "") -> Iterator[str]:
    """Where two documents differ."""
    if isinstance(committed, dict) and isinstance(served, dict):
        for key in committed.keys() | served.keys():
            yield from differences(committed.get(key), served.get(key), f"{place}/{key}")
    elif committed != served:
        yield f"{place}: {committed!r} became {served!r}"[:500]


def test_the_contract_names_every_entity_and_describes_each_operation() -> None:
    document = json.loads(COMMITTED.read_text(encoding="utf-8"))
    for entity in entities():
        assert f"/api/v1/{entity.plural()}" in document["paths"]
    identifiers = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(identifiers) == len(set(identifiers))
    assert all(operation.get("summary") for path in document["paths"].values() for operation in path.values())
