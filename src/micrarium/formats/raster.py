"""PNG and JPEG: single planes of grey or colour, decoded whole because the formats allow no other way."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"


class RasterReader:
    """Reads PNG and JPEG pictures."""

    name = "raster"
    suffixes = (".png", ".jpg", ".jpeg", ".jpe", ".jfif")

    @cached_property
    def version(self) -> str:
        """imagecodecs' version and ours."""
        from importlib.metadata import version

        return f"imagecodecs {version('imagecodecs')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether these are the first bytes of a PNG or a JPEG; a JPEG named ``.mrxs`` only stands for a slide."""
        return head.startswith((PNG_MAGIC, JPEG_MAGIC)) and path.suffix.lower() != ".mrxs"

    def open(self, path: Path) -> OpenedFile:
        """The opened picture."""
        from micrarium.formats.planes import listen_while_opening
        from micrarium.formats.raster_images import RasterFile

        return listen_while_opening(path, lambda: RasterFile(path, self.name, self.version))
