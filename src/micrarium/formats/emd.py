"""EMD, two kinds of HDF5 files of electron microscopy: Berkeley's, with a vector for each dimension, and Velox's, with JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.hdf5 import Hdf5KindReader

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class EmdReader(Hdf5KindReader):
    """Reads EMD files of Velox and of Berkeley."""

    name = "emd"
    suffixes = (".emd",)

    def opened(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.emd_images import EmdFile

        return EmdFile(path, self.name, self.version)
