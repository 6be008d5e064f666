"""VSI of Olympus' and Evident's cellSens: a description in a TIFF, and tiles in ETS files in a folder beside it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.tiff_head import is_tiff

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile

#: How a volume of tags begins: the size of its header, and a mark. The first one stands right behind the head of the TIFF.
VOLUME_MARK = b"\x18\0IS"
ETS_MAGIC = b"SIS\0"


class VsiReader:
    """Reads cellSens images by their VSI file or by any of their ETS files."""

    name = "vsi"
    suffixes = (".vsi", ".ets")

    @cached_property
    def version(self) -> str:
        """The version of imagecodecs, which decodes tiles, and ours."""
        from importlib.metadata import version

        return f"imagecodecs {version('imagecodecs')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether cellSens' tags follow the head of a TIFF, or these are the first bytes of an ETS file."""
        return (is_tiff(head) and head[8:12] == VOLUME_MARK) or (head.startswith(ETS_MAGIC) and head[4:8] == b"\x40\0\0\0")

    def open(self, path: Path) -> OpenedFile:
        """The opened fileset."""
        from micrarium.formats.planes import listen_while_opening
        from micrarium.formats.vsi_images import VsiFile

        return listen_while_opening(path, lambda: VsiFile(path, self.name, self.version))
