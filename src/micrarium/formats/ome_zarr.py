"""OME-Zarr 0.1 to 0.5: images, labels, plates, wells and bioformats2raw collections, in Zarr v2 and v3."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class OmeZarrReader:
    """Reads OME-Zarr folders through tensorstore."""

    name = "ome-zarr"
    suffixes = (".ome.zarr", ".zarr")

    @cached_property
    def version(self) -> str:
        """tensorstore's version and ours."""
        from importlib.metadata import version

        return f"tensorstore {version('tensorstore')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether it is the folder of a Zarr group."""
        return not head and any((path / name).is_file() for name in (".zgroup", ".zattrs", "zarr.json"))

    def open(self, path: Path) -> OpenedFile:
        """The opened folder."""
        from micrarium.formats.ome_zarr_images import OmeZarrFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: OmeZarrFile(path, self.name, self.version))
