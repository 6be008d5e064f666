"""Olympus ScanR: plates with an experiment descriptor, images in its folder ``data``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.plates.gathering import TIFFS, GatheringReader
from micrarium.formats.plates.listings import Listing, list_folder

if TYPE_CHECKING:
    from micrarium.formats.plates.layouts import Layout

DESCRIPTOR = "experiment_descriptor.xml"
METADATA = "metadata.ome.xml"
#: Files of the instrument that lie beside the descriptor.
NOTES = (DESCRIPTOR, "experiment_descriptor.dat", "acquisitionlog.dat", "acquisitionlog.xml")
IMAGE = re.compile(
    r"(?P<label>.*?)-{0,2}W(?P<well>[0-9]{5})--P(?P<position>[0-9]{5})--Z(?P<z>[0-9]{5})--T(?P<t>[0-9]{5})--(?P<c>.*)\.tiff?",
    re.IGNORECASE,
)


class ScanrReader(GatheringReader):
    """Reads plates of ScanR by their descriptor, by their OME-XML, by any of their images or by their folder."""

    name = "scanr"
    suffixes = (DESCRIPTOR, METADATA, *TIFFS)

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether this is a descriptor or the OME-XML of ScanR, or an image whose name is of ScanR."""
        is_other = path.name.lower() == METADATA and b"scanr" not in head.lower()
        return not is_other and super().recognises(head, path)

    def find_head(self, path: Path) -> Path | None:
        """The descriptor above the images, else the OME-XML beside them, else the first of them."""
        lower = path.name.lower()
        if lower not in (DESCRIPTOR, METADATA) and not IMAGE.fullmatch(path.name):
            return None
        data, root = image_folder(path)
        if (descriptor := list_folder(root).find(DESCRIPTOR)) is not None:
            return root / descriptor
        if (metadata := list_folder(data).find(METADATA)) is not None:
            return data / metadata
        first = list_folder(data).derive("scanr", _first_image)
        return None if first is None else data / first

    def arrange(self, head: Path) -> Layout:
        """The plate of a descriptor, of an OME-XML, or of names alone."""
        from micrarium.formats.plates.scanr_layout import arrange_plate

        return arrange_plate(head)


def image_folder(path: Path) -> tuple[Path, Path]:
    """The folder with the images of a file's plate, and the one with its descriptor."""
    folder = path.parent
    if folder.name.lower() == "data":
        return folder, folder.parent
    below = list_folder(folder).find("data")
    has_own = list_folder(folder).derive("scanr", _first_image) is not None
    return (folder / below if below and not has_own else folder), folder


def _first_image(listing: Listing) -> str | None:
    return next((name for name in listing.files if IMAGE.fullmatch(name)), None)
