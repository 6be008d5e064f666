"""LIF, LOF, XLIF, XLCF and XLEF, the files of Leica's LAS AF and LAS X: XML and a block of raw pixels for each image."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class LifReader:
    """Reads Leica's LIF and LOF files, and projects of XLEF, XLCF, XLIF and what they name, from any of these."""

    name = "lif"
    suffixes = (".lif", ".lof", ".xlef", ".xlif", ".xlcf")

    @cached_property
    def version(self) -> str:
        """Our version; no library stands beneath."""
        return "micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether these are the first bytes of LIF or LOF, or of XML as Leica writes it."""
        from micrarium.formats.lif_files import is_leica_xml, is_lif, is_lof

        return is_lif(head) or is_lof(head) or is_leica_xml(head)

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.lif_images import LifImageFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: LifImageFile(path, self.name, self.version))
