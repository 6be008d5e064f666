"""HDF5 files of no software in particular, and those of ilastik: every dataset of two to five dimensions is an image."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class Hdf5KindReader:
    """What readers of one kind of HDF5 file share; a kind is one of those that ``hdf5_kinds.kind_of`` tells."""

    name: str
    suffixes: tuple[str, ...]

    @cached_property
    def version(self) -> str:
        """h5py's version and ours."""
        from importlib.metadata import version

        return f"h5py {version('h5py')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether it is an HDF5 file of this kind."""
        from micrarium.formats.hdf5_kinds import kind_of

        return kind_of(head, path) == self.name

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.planes import listen_while_opening
        from micrarium.formats.reader import damage_told
        from micrarium.formats.trying import try_out

        with damage_told(path, "be opened"):
            try_out("micrarium.formats.hdf5_kinds:read_through", path, reader=self.name)
        return listen_while_opening(path, lambda: self.opened(path))

    @abstractmethod
    def opened(self, path: Path) -> OpenedFile:
        """The opened file, whatever the library says over it."""


class Hdf5Reader(Hdf5KindReader):
    """Reads HDF5 files of any software, ilastik's among them: each dataset of two to five dimensions is an image."""

    name = "hdf5"
    suffixes = (".h5", ".hdf5", ".hdf", ".ilp")

    def opened(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.hdf5_datasets import DatasetsFile

        return DatasetsFile(path, self.name, self.version)
