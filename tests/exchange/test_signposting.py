"""Link headers lead from a page to the crate, the data, the licence and the people."""

from __future__ import annotations

from dataclasses import replace

from tests.exchange.test_ro_crate import DETACHED, HOST, JANE

from micrarium.exchange.descriptions import CrateFile, CratePart
from micrarium.exchange.signposting import MOST_ITEMS, link_values

CRATE = f"{HOST}/api/v1/images/12"


def test_the_links_name_crate_data_licence_people_and_types() -> None:
    links = link_values(replace(DETACHED, licence="CC-BY"), crate_url=CRATE)
    assert f'<{CRATE}>; rel="describedby"; type="application/ld+json"; profile="https://w3id.org/ro/crate"' in links
    assert '<https://doi.org/10.5072/example>; rel="cite-as"' in links
    assert '<https://creativecommons.org/licenses/by/4.0/>; rel="license"' in links
    assert f'<{JANE.orcid}>; rel="author"' in links
    assert f'<{HOST}/api/v1/images/12/original>; rel="item"; type="image/tiff"' in links
    assert f'<{HOST}/zarr/images/12.ome.zarr>; rel="item"; type="application/vnd.zarr"' in links
    assert '<https://schema.org/Dataset>; rel="type"' in links


def test_what_people_typed_cannot_break_out_of_a_header() -> None:
    evil = 'http://x/>; rel="stylesheet"\r\nSet-Cookie: a=b'
    links = link_values(replace(DETACHED, identifier=evil, files=(CrateFile(evil, encoding_format='a"b\r\n'),)), crate_url=CRATE)
    assert all(not set("\r\n") & set(link) for link in links)
    assert all(link.count(">") == 1 and "rel=" in link for link in links)
    "".join(links).encode("latin-1")


def test_a_large_collection_does_not_make_large_headers() -> None:
    parts = (CratePart(f"{HOST}/images/{n}", "x") for n in range(10**9))
    assert len(link_values(replace(DETACHED, files=(), parts=parts), crate_url=CRATE)) < MOST_ITEMS + 10
