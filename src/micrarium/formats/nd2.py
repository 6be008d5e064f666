"""ND2, the file of Nikon's NIS-Elements, modern and legacy."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile

_MODERN = b"\xda\xce\xbe\x0a"
_LEGACY = b"\x00\x00\x00\x0cjP  "


class Nd2Reader:
    """Reads Nikon ND2 files."""

    name = "nd2"
    suffixes = (".nd2",)

    @cached_property
    def version(self) -> str:
        """nd2's version and ours."""
        from importlib.metadata import version

        return f"nd2 {version('nd2')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether it begins as a modern ND2; a legacy one is a JPEG 2000 file, told by its suffix alone."""
        return head.startswith(_MODERN) or (head.startswith(_LEGACY) and path.name.lower().endswith(".nd2"))

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.nd2_images import Nd2ImageFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: Nd2ImageFile(path, self.name, self.version))
