"""The contract of the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from micrarium.model.schema import entities

COMMITTED = Path(__file__).parents[2] / "openapi.json"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_committed_contract_is_what_is_served(door: Callable[[str | None], httpx.Client]) -> None:
    served = door(None).get("/api/v1/openapi.json").json()
    assert served == json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_the_contract_names_every_entity_and_describes_each_operation() -> None:
    document = json.loads(COMMITTED.read_text(encoding="utf-8"))
    for entity in entities():
        assert f"/api/v1/{entity.plural()}" in document["paths"]
    identifiers = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(identifiers) == len(set(identifiers))
    assert all(operation.get("summary") for path in document["paths"].values() for operation in path.values())
