"""Yokogawa CellVoyager (CV7000, CV8000, CQ1): plates with MeasurementData.mlf beside the images."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.plates.gathering import GatheringReader
from micrarium.formats.plates.listings import list_folder

if TYPE_CHECKING:
    from micrarium.formats.plates.layouts import Layout

INDEX = "measurementdata.mlf"
IMAGE = re.compile(
    r"(?P<plate>.*)_(?P<well>[A-Z]{1,2}[0-9]{2})_T[0-9]{4}F[0-9]{3}L[0-9]{2}A[0-9]{2}Z[0-9]{2,3}C[0-9]{2}\.(tiff?|png)",
    re.IGNORECASE,
)
#: Files that the instrument writes beside the images.
COMPANIONS = (".mlf", ".mrf", ".mes", ".mff", ".wpi", ".wpp", ".icr")
_CORRECTION = re.compile(r"(DC|SC)_.*\.(tiff?|png)", re.IGNORECASE)


class CellVoyagerReader(GatheringReader):
    """Reads plates of Yokogawa's CellVoyagers by their index, by any of their images or by their folder."""

    name = "cellvoyager"
    suffixes = (*COMPANIONS, ".tif", ".tiff", ".png")

    def find_head(self, path: Path) -> Path | None:
        """The index beside an image, a setting, or a correction image."""
        index = list_folder(path.parent).find(INDEX)
        name = path.name
        is_own = name.lower().endswith(COMPANIONS) or IMAGE.fullmatch(name) or is_correction(name)
        return path.parent / index if index is not None and is_own else None

    def arrange(self, head: Path) -> Layout:
        """The plate of an index."""
        from micrarium.formats.plates.cellvoyager_layout import arrange_plate

        return arrange_plate(head)


def is_correction(name: str) -> bool:
    """Whether a file holds the dark or shading correction of a camera."""
    return _CORRECTION.fullmatch(name) is not None
