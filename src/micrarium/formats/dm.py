"""DM3 and DM4, the files of Gatan's DigitalMicrograph: a tree of tags, images and all that is known of them among it."""

from __future__ import annotations

import struct
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class DmReader:
    """Reads Gatan DM3 and DM4 files."""

    name = "dm"
    suffixes = (".dm3", ".dm4")

    @cached_property
    def version(self) -> str:
        """Our version; no library stands beneath."""
        return "micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether a version, a byte order and the marks of a first folder stand where DM3 or DM4 has them."""
        if head[:4] == b"\0\0\0\3" and len(head) >= 18:
            order, is_sorted, is_open, count = struct.unpack_from(">IBBI", head, 8)
        elif head[:4] == b"\0\0\0\4" and len(head) >= 26:
            order, is_sorted, is_open, count = struct.unpack_from(">IBBQ", head, 12)
        else:
            return False
        return order in (0, 1) and is_sorted in (0, 1) and is_open in (0, 1) and 0 < count < 1 << 16

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.dm_images import DmFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: DmFile(path, self.name, self.version))
