"""HDF5 files of no software in particular, and those of ilastik: every dataset of two to five dimensions is an image."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class Hdf5Reader:
    """Reads HDF5 files of any software, ilastik's among them: each dataset of two to five dimensions is an image."""

    name = "hdf5"
    suffixes = (".h5", ".hdf5", ".hdf", ".ilp")

    @cached_property
    def version(self) -> str:
        """h5py's version and ours."""
        from importlib.metadata import version

        return f"h5py {version('h5py')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether it is an HDF5 file of none of the kinds that have a reader of their own."""
        from micrarium.formats.hdf5_kinds import kind_of

        return kind_of(head, path) == "hdf5"

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.hdf5_datasets import DatasetsFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: DatasetsFile(path, self.name, self.version))
