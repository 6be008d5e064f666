"""BigDataViewer: an XML of views, and their pixels in an HDF5 file or an N5 folder beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.hdf5 import Hdf5KindReader

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class BdvReader(Hdf5KindReader):
    """Reads BigDataViewer's datasets, through their XML or their HDF5 file."""

    name = "bdv"
    suffixes = (".xml", ".h5")

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether it is an XML of BigDataViewer, or an HDF5 file with its groups."""
        return b"<SpimData" in head or super().recognises(head, path)

    def opened(self, path: Path) -> OpenedFile:
        """The opened fileset."""
        from micrarium.formats.bdv_images import BdvFile
        from micrarium.formats.bdv_n5 import BdvN5File
        from micrarium.formats.bdv_xml import read_views

        views = read_views(path) if path.suffix.lower() == ".xml" else None
        if views is not None and views.format == "bdv.n5":
            return BdvN5File(path, self.name, self.version, views)
        return BdvFile(path, self.name, self.version)
