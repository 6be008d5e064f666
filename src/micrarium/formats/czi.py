"""CZI, the file of Zeiss ZEN: subblocks in a directory, with scenes, mosaics and pyramids."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class CziReader:
    """Reads Zeiss CZI files by their subblocks."""

    name = "czi"
    suffixes = (".czi",)

    @cached_property
    def version(self) -> str:
        """The version of imagecodecs, which decodes subblocks, and ours."""
        from importlib.metadata import version

        return f"imagecodecs {version('imagecodecs')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether the first segment is the file header of a CZI."""
        return head.startswith(b"ZISRAWFILE")

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.czi_images import CziImageFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: CziImageFile(path, self.name, self.version))
