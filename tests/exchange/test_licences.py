"""Licences as people write them become one address."""

from __future__ import annotations

import pytest

from micrarium.exchange.licences import recognise_licence

BY = "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("CC-BY", BY), ("CC BY 4.0", BY), ("cc-by-4.0", BY), ("CC BY 4.0 License", BY),
        ("http://creativecommons.org/licenses/by/4.0", BY),
        ("https://creativecommons.org/licenses/by/4.0/legalcode", BY), ("https://creativecommons.org/licenses/by/4.0/deed.de", BY),
        ("Creative Commons Attribution 4.0 International", BY), ("CC0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("MIT", "https://opensource.org/licenses/MIT"), ("https://example.org/my-terms", "https://example.org/my-terms"),
        ("CC BY-NC 4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
    ],
)  # fmt: skip
def test_a_licence_is_recognised_however_it_is_written(text: str, url: str) -> None:
    assert recognise_licence(text).url == url


def test_terms_in_words_are_kept_as_words() -> None:
    assert recognise_licence("Ask  us first") == (None, "Ask us first", "Ask us first")
