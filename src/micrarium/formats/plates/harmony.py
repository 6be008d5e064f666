"""Operetta, Opera Phenix and Columbus: plates with the index that Harmony or Columbus writes beside the images."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.plates.gathering import TIFFS, GatheringReader
from micrarium.formats.plates.listings import Listing, list_folder

if TYPE_CHECKING:
    from micrarium.formats.plates.layouts import Layout

#: The names of indexes; the first one that is there is read.
INDEXES = ("index.idx.xml", "index.xml", "index.ref.xml", "imageindex.columbusidx.xml")
_IMAGE = re.compile(r"(r[0-9]{2}c[0-9]{2}f[0-9]{2,}(p[0-9]{2,})?-.*|[0-9]{6}(-[0-9]+)?)\.(tiff?|flex)", re.IGNORECASE)


class HarmonyReader(GatheringReader):
    """Reads plates of Operetta and Opera Phenix by their index, by any of their images or by their folder."""

    name = "harmony"
    suffixes = (*INDEXES, *TIFFS)

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether this is an index of Harmony or Columbus, or an image beside one."""
        is_index = path.name.lower() in INDEXES
        return (b"EvaluationInputData" in head or not is_index) and super().recognises(head, path)

    def find_head(self, path: Path) -> Path | None:
        """The index in the folder of an image or of another index."""
        listing = list_folder(path.parent)
        index = listing.derive("harmony", _index)
        if index is None or not (path.name.lower() in INDEXES or _IMAGE.fullmatch(path.name)):
            return None
        return path.parent / index

    def arrange(self, head: Path) -> Layout:
        """The plate of an index."""
        from micrarium.formats.plates.harmony_layout import arrange_plate

        return arrange_plate(head)


def _index(listing: Listing) -> str | None:
    for name in INDEXES:
        if (found := listing.find(name)) is not None and _is_index(listing.folder / found):
            return found
    return None


def _is_index(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"EvaluationInputData" in file.read(4096)
    except OSError:
        return False
