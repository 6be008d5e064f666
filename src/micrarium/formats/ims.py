"""IMS, the HDF5 file of Imaris 5.5 and later: resolutions, time points and channels in groups of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.hdf5 import Hdf5KindReader

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class ImsReader(Hdf5KindReader):
    """Reads Imaris files with their resolutions."""

    name = "ims"
    suffixes = (".ims",)

    def opened(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.ims_images import ImsFile

        return ImsFile(path, self.name, self.version)
