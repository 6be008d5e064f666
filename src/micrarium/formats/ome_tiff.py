"""OME-TIFF: one or many files, described by OME-XML in the first page or in a companion, with pyramids in SubIFDs."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.tiff_head import first_description, is_tiff

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class OmeTiffReader:
    """Reads OME-TIFF filesets through any of their files or through their companion."""

    name = "ome-tiff"
    suffixes = (".ome.tif", ".ome.tiff", ".ome.tf2", ".ome.tf8", ".ome.btf", ".companion.ome")

    @cached_property
    def version(self) -> str:
        """tifffile's version and ours."""
        import tifffile

        return f"tifffile {tifffile.__version__}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether it is a TIFF whose first page carries OME-XML, or an OME-XML document that names TIFF files."""
        if is_tiff(head):
            description = first_description(path)
            return b"<OME" in description or b":OME" in description
        return b"<OME" in head and path.name.lower().endswith((".ome", ".xml")) and not head.startswith(b"PK")

    def open(self, path: Path) -> OpenedFile:
        """The opened fileset."""
        from micrarium.formats.ome_tiff_images import open_ome_tiff
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: open_ome_tiff(path, self.name, self.version))
