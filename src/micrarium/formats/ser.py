"""SER, the series of images or spectra of FEI's TIA (TEM Imaging and Analysis), with what the EMI beside it says of them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class SerReader:
    """Reads FEI SER series, and the notes of the EMI file beside them."""

    name = "ser"
    suffixes = (".ser",)

    @cached_property
    def version(self) -> str:
        """Our version; no library stands beneath."""
        return "micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether the byte order, the mark of a series and the kind of its data stand where SER has them."""
        return head[:4] == b"II\x97\x01" and head[6:10] in (b"\x20\x41\0\0", b"\x22\x41\0\0")

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.planes import listen_while_opening
        from micrarium.formats.ser_images import SerFile

        return listen_while_opening(path, lambda: SerFile(path, self.name, self.version))
