"""KLB, the Keller Lab Block: blocks of five dimensions, each compressed by itself."""

from __future__ import annotations

import struct
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile

HEADER_BYTES = 319


class KlbReader:
    """Reads Keller Lab Block files."""

    name = "klb"
    suffixes = (".klb",)

    @cached_property
    def version(self) -> str:
        """Our version; no library stands beneath."""
        return "micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether version, sizes and types make sense; the format has no mark of its own, so it needs its suffix too."""
        if not path.name.lower().endswith(".klb") or len(head) < HEADER_BYTES:
            return False
        sizes, blocks = struct.unpack_from("<5I", head, 1), struct.unpack_from("<5I", head, 299)
        return head[0] in (1, 2) and head[41] <= 9 and head[42] <= 2 and min(*sizes, *blocks) > 0

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.klb_images import KlbFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: KlbFile(path, self.name, self.version))
