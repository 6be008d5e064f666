"""IN Cell Analyzer (1000, 2000, 6000, 6500): plates with an .xdce file beside the images."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.plates.gathering import TIFFS, GatheringReader
from micrarium.formats.plates.listings import Listing, list_folder

if TYPE_CHECKING:
    from micrarium.formats.plates.layouts import Layout

SUFFIX = ".xdce"
_IMAGE = re.compile(r"[A-Z]{1,2} ?- ?[0-9]{1,2} ?\(.+\)\.tiff?", re.IGNORECASE)
_LARGEST_BYTES = 512 << 20


class InCellReader(GatheringReader):
    """Reads plates of IN Cell Analyzers by their .xdce, by any of their images or by their folder."""

    name = "incell"
    suffixes = (SUFFIX, *TIFFS)

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether this is an .xdce file, or an image beside the one that names it."""
        is_index = path.name.lower().endswith(SUFFIX)
        return (b"<ImageStack" in head or not is_index) and super().recognises(head, path)

    def find_head(self, path: Path) -> Path | None:
        """The .xdce that names an image."""
        if path.name.lower().endswith(SUFFIX):
            return path
        if not _IMAGE.fullmatch(path.name):
            return None
        listing = list_folder(path.parent)
        indexes = listing.derive("incell", _indexes)
        if len(indexes) < 2:
            return path.parent / indexes[0] if indexes else None
        naming = (name for name in indexes if path.name.lower() in listing.derive_from("incell", name, _named))
        return next((path.parent / name for name in naming), None)

    def arrange(self, head: Path) -> Layout:
        """The plate of an .xdce."""
        from micrarium.formats.plates.incell_layout import arrange_plate

        return arrange_plate(head)


def _indexes(listing: Listing) -> list[str]:
    return [name for name in listing.files if name.lower().endswith(SUFFIX)]


def _named(path: Path) -> frozenset[str]:
    """The names of the images in an .xdce, in lower case; looked for where a folder has several."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_BYTES).decode("latin-1")
    except OSError:
        return frozenset()
    return frozenset(name.lower() for name in re.findall(r'filename="([^"]+)"', text))
