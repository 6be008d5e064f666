"""Checks that what is written is what others expect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def validate_ngff(request: pytest.FixtureRequest) -> Callable[[dict[str, Any], str], None]:
    """Checks the attributes of a group against a published OME-Zarr 0.5 schema; where these are absent the test is skipped."""
    samples: Path = request.getfixturevalue("samples")
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    schemas = {path.stem: json.loads(path.read_text()) for path in (samples / "ngff-schemas" / "0.5").glob("*.schema")}
    resources = [(schema["$id"], Resource.from_contents(schema)) for schema in schemas.values() if "$schema" in schema]
    registry: Registry[Any] = Registry().with_resources(resources)

    def validate(attributes: dict[str, Any], name: str) -> None:
        Draft202012Validator(schemas[name], registry=registry).validate(attributes)

    return validate
