"""OIF and OIB, the files of Olympus FluoView: settings and a TIFF for each plane, in a folder or in one compound file."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class OifReader:
    """Reads Olympus FluoView files."""

    name = "oif"
    suffixes = (".oif", ".oib")

    @cached_property
    def version(self) -> str:
        """tifffile's version and ours."""
        import tifffile

        return f"tifffile {tifffile.__version__}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether it begins as Olympus' settings do, or is a compound file, which many others are, with their suffix."""
        from micrarium.formats.compound import MAGIC

        is_settings = head.startswith(b"\xff\xfe[\0") and "ProfileSaveInfo".encode("utf-16-le") in head
        return is_settings or (head.startswith(MAGIC) and path.name.lower().endswith(".oib"))

    def open(self, path: Path) -> OpenedFile:
        """The opened fileset."""
        from micrarium.formats.oif_images import OifFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: OifFile(path, self.name, self.version))
