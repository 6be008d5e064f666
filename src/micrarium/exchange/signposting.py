"""Signposting: what the Link headers of an object's pages say, from the description its crate is made of.

https://signposting.org/FAIR/ and, for finding a crate from a page, the RO-Crate specification's section on retrieval.
"""

from __future__ import annotations

from itertools import islice
from urllib.parse import quote

from micrarium.exchange.descriptions import CrateDescription, with_key_values
from micrarium.exchange.ro_crate import MEDIA_TYPE, crate_licence

#: Headers have to stay small: a page names this many items and leaves the rest to the crate.
MOST_ITEMS = 20

#: A crate without its version, as the RO-Crate specification asks for in links.
CRATE_PROFILE = "https://w3id.org/ro/crate"


def link_values(description: CrateDescription, *, crate_url: str) -> list[str]:
    """The values of Link headers for an object's page: type, describedby, cite-as, license, author and item."""
    description = with_key_values(description)
    links = [
        _link("https://schema.org/AboutPage", "type"),
        _link("https://schema.org/Dataset", "type"),
        _link(crate_url, "describedby", kind=MEDIA_TYPE, profile=CRATE_PROFILE),
    ]
    if description.identifier and "://" in description.identifier:
        links.append(_link(description.identifier, "cite-as"))
    if licence := crate_licence(description).url:
        links.append(_link(licence, "license"))
    links += [_link(person.orcid, "author") for person in description.authors if person.orcid]
    if description.zarr_url:
        links.append(_link(description.zarr_url, "item", kind="application/vnd.zarr"))
    for file in islice(description.files, MOST_ITEMS):
        if "://" in file.path:
            links.append(_link(file.path, "item", kind=file.encoding_format))
    links += [_link(part.url, "item") for part in islice(description.parts, MOST_ITEMS) if "://" in part.url]
    return links


def _link(address: str, relation: str, *, kind: str | None = None, profile: str | None = None) -> str:
    # Addresses may come from what people typed: nothing in them may end the value or the header.
    value = f'<{quote(address, safe=":/?#[]@!$&*+,;=%~.-_()")}>; rel="{relation}"'
    if kind:
        value += f'; type="{quote(kind, safe="/+.;= -")}"'
    return f'{value}; profile="{profile}"' if profile else value
