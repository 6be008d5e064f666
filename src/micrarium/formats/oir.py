"""OIR of Olympus' and Evident's FluoView (FV3000 and later): XML, and planes in many blocks, in one file or several."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile

OIR_MAGIC = b"OLYMPUSRAWFORMAT"


class OirReader:
    """Reads OIR files and the parts that long recordings are split into."""

    name = "oir"
    suffixes = (".oir",)

    @cached_property
    def version(self) -> str:
        """Our version; no library stands beneath."""
        return "micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether the file starts with the name of the format."""
        return head.startswith(OIR_MAGIC)

    def open(self, path: Path) -> OpenedFile:
        """The opened fileset."""
        from micrarium.formats.oir_images import OirFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: OirFile(path, self.name, self.version))
