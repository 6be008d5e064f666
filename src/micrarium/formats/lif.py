"""LIF, the file of Leica's LAS AF and LAS X: one XML header and a block of raw pixels for each image."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class LifReader:
    """Reads Leica LIF files."""

    name = "lif"
    suffixes = (".lif",)

    @cached_property
    def version(self) -> str:
        """Our version; no library stands beneath."""
        return "micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether a test value and the beginning of an UTF-16 header stand where LIF has them."""
        return head[:4] == b"\x70\0\0\0" and head[8:9] == b"\x2a" and b"<\0L\0M\0S\0" in head[:64]

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.lif_images import LifImageFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: LifImageFile(path, self.name, self.version))
