"""The page on exports says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from micrarium.exchange.licences import NOT_EVALUATED
from micrarium.exchange.ro_crate import CONTEXT

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "exchange.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("term", ["fbbi_id", "image_acquisition", "resultOf", "sha256"])
def test_terms_of_our_own_are_explained(term: str) -> None:
    definition = CONTEXT[1][term]
    address = definition if isinstance(definition, str) else definition["@reverse"]
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{term}`"))
    assert f"`{address}`" in row


def test_the_licence_of_crates_without_one_is_named() -> None:
    assert f"`{NOT_EVALUATED.url}`" in PAGE
    assert NOT_EVALUATED.name in PAGE
