"""DV and R3D, the files of DeltaVision microscopes and of Priism."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile

ORDERS = {b"\xa0\xc0": "<", b"\xc0\xa0": ">"}


class DeltaVisionReader:
    """Reads DeltaVision and Priism files."""

    name = "deltavision"
    suffixes = (".dv", ".r3d", ".r3d_d3d")

    @cached_property
    def version(self) -> str:
        """Our version; no library stands beneath."""
        return "micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether DeltaVision's number stands in a header that has a size."""
        order = ORDERS.get(head[96:98])
        if order is None or len(head) < 1024:
            return False
        sizes = [int.from_bytes(head[n : n + 4], "little" if order == "<" else "big", signed=True) for n in (0, 4, 8)]
        return min(sizes) > 0

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.deltavision_images import DeltaVisionFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: DeltaVisionFile(path, self.name, self.version))
