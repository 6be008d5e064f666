"""Licences as people write them, made one address and one name each."""

from __future__ import annotations

import re
from typing import NamedTuple


class Licence(NamedTuple):
    """A licence: its address (None where it is known by its text only), its name, and a sentence on what it allows."""

    url: str | None
    name: str
    description: str


_CC = "https://creativecommons.org/licenses/"

#: Used where nobody named a licence: it claims no rights and grants none.
NOT_EVALUATED = Licence(
    "https://rightsstatements.org/vocab/CNE/1.0/",
    "Copyright Not Evaluated",
    "No licence was stated. Nobody has looked into the rights; ask the authors before using the data.",
)

CC0 = Licence("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0", "In the public domain, without conditions.")
CC_BY = Licence(f"{_CC}by/4.0/", "CC-BY-4.0", "May be shared and adapted when the authors are named.")

_KNOWN = (
    CC0,
    CC_BY,
    Licence(f"{_CC}by-sa/4.0/", "CC-BY-SA-4.0", "May be shared and adapted under the same terms when the authors are named."),
    Licence(f"{_CC}by-nc/4.0/", "CC-BY-NC-4.0", "May be shared and adapted for non-commercial ends when the authors are named."),
    Licence(f"{_CC}by-nd/4.0/", "CC-BY-ND-4.0", "May be shared unchanged when the authors are named."),
    Licence(f"{_CC}by-nc-sa/4.0/", "CC-BY-NC-SA-4.0", "Non-commercial use under the same terms when the authors are named."),
    Licence(f"{_CC}by-nc-nd/4.0/", "CC-BY-NC-ND-4.0", "Non-commercial sharing, unchanged, when the authors are named."),
    Licence(f"{_CC}by/3.0/", "CC-BY-3.0", "May be shared and adapted when the authors are named."),
    Licence(f"{_CC}by-sa/3.0/", "CC-BY-SA-3.0", "May be shared and adapted under the same terms when the authors are named."),
    Licence("https://opensource.org/licenses/MIT", "MIT", "May be used freely when the notice is kept."),
    Licence("https://opensource.org/licenses/BSD-2-Clause", "BSD-2-Clause", "May be used freely when the notice is kept."),
    Licence("https://opensource.org/licenses/BSD-3-Clause", "BSD-3-Clause", "May be used freely when the notice is kept."),
    Licence("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0", "May be used freely when the notice is kept."),
    Licence("https://opendatacommons.org/licenses/by/1-0/", "ODC-By-1.0", "May be shared and adapted when the source is named."),
    Licence("https://opendatacommons.org/licenses/odbl/1-0/", "ODbL-1.0", "May be shared and adapted under the same terms."),
    Licence("https://opendatacommons.org/licenses/pddl/1-0/", "PDDL-1.0", "In the public domain, without conditions."),
)

_OTHER_NAMES = {
    "cc0": "CC0-1.0", "cczero": "CC0-1.0", "cc zero": "CC0-1.0", "public domain": "CC0-1.0", "publicdomain": "CC0-1.0",
    "cc by": "CC-BY-4.0", "cc by sa": "CC-BY-SA-4.0", "cc by nc": "CC-BY-NC-4.0", "cc by nd": "CC-BY-ND-4.0",
    "cc by nc sa": "CC-BY-NC-SA-4.0", "cc by nc nd": "CC-BY-NC-ND-4.0", "attribution 4 0 international": "CC-BY-4.0",
    "creative commons attribution 4 0 international": "CC-BY-4.0", "creative commons attribution 4 0": "CC-BY-4.0",
    "creative commons zero v1 0 universal": "CC0-1.0", "bsd": "BSD-3-Clause", "apache": "Apache-2.0", "odbl": "ODbL-1.0",
}  # fmt: skip


def recognise_licence(text: str) -> Licence:
    """The licence that a name or an address stands for; other addresses and texts are kept as they were written."""
    text = " ".join(text.split())
    by_name = {_folded(licence.name): licence for licence in _KNOWN}
    by_url = {_bare(licence.url or ""): licence for licence in (*_KNOWN, NOT_EVALUATED)}
    if found := by_url.get(_bare(text)):
        return found
    folded = _folded(text.removesuffix(" license").removesuffix(" licence").removesuffix(" License").removesuffix(" Licence"))
    if found := by_name.get(_folded(_OTHER_NAMES.get(folded, folded))):
        return found
    if re.match(r"https?://[^\s<>\"]+$", text):
        return Licence(text, text.rstrip("/").rsplit("/", 1)[-1] or text, f"The terms are those of {text}.")
    return Licence(None, text, text)


def known_licence(text: str) -> str | None:
    """The address of the licence that a text stands for, where it is one of those listed here."""
    found = recognise_licence(text) if text.strip() else None
    return found.url if found is not None and found in (*_KNOWN, NOT_EVALUATED) else None


def _folded(text: str) -> str:
    return " ".join(re.split(r"[^a-z0-9]+", text.casefold())).strip()


def _bare(url: str) -> str:
    bare = re.sub(r"^https?://(www\.)?", "", url.strip().casefold()).rstrip("/")
    return re.sub(r"/(legalcode|deed)(\.\w+)*$", "", bare)
