"""Operetta, Opera Phenix and Columbus: plates with the index that Harmony or Columbus writes beside the images."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.plates.gathering import TIFFS, GatheringReader
from micrarium.formats.plates.listings import list_folder

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
        if not (path.name.lower() in INDEXES or _IMAGE.fullmatch(path.name)):
            return None
        here = (name for index in INDEXES if (name := listing.find(index)) is not None)
        return next((path.parent / name for name in here if listing.derive_from("harmony", name, _is_index)), None)

    def arrange(self, head: Path) -> Layout:
        """The plate of an index."""
        from micrarium.formats.plates.harmony_layout import arrange_plate

        return arrange_plate(head)


def _is_index(path: Path) -> bool:
    """Whether a file with the name of an index is one."""
    try:
        with path.open("rb") as file:
            return b"EvaluationInputData" in file.read(4096)
    except OSError:
        return False
