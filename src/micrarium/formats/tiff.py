"""TIFF in all its kinds but OME-TIFF: ImageJ hyperstacks, BigTIFF, tiles and strips, pyramids, any codec."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.tiff_head import is_tiff

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class TiffReader:
    """Reads TIFF files by the series tifffile finds in them."""

    name = "tiff"
    suffixes = (".tif", ".tiff", ".tf2", ".tf8", ".btf", ".lsm", ".stk", ".svs")

    @cached_property
    def version(self) -> str:
        """tifffile's version and ours."""
        import tifffile

        return f"tifffile {tifffile.__version__}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether these are the first bytes of a TIFF or BigTIFF file."""
        return is_tiff(head)

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.planes import listen_while_opening
        from micrarium.formats.tiff_images import TiffImageFile

        return listen_while_opening(path, lambda: TiffImageFile(path, self.name, self.version))
