"""MRC, the file of electron microscopy and of density maps (also called MAP and CCP4), plain or compressed by gzip or bzip2."""

from __future__ import annotations

import struct
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile

HEADER_BYTES = 1024
MODES = (0, 1, 2, 3, 4, 6, 12, 16, 101)
_NAMES = (".mrc", ".mrcs", ".map", ".ccp4", ".rec", ".st", ".ali", ".preali")
_STAMPS = {b"\x44\x44": "<", b"\x44\x41": "<", b"\x11\x11": ">"}
_DELTAVISION = (b"\xa0\xc0", b"\xc0\xa0")


def byte_order(header: bytes) -> str:
    """``<`` or ``>`` by the machine stamp, or by which of them makes sense; empty when neither does."""
    stamped = _STAMPS.get(header[212:214], "<")
    for order in (stamped, "<>"[stamped == "<"]):
        if len(header) >= 256 and _makes_sense(order, header):
            return order
    return ""


def _makes_sense(order: str, header: bytes) -> bool:
    nx, ny, nz, mode = struct.unpack_from(f"{order}4i", header)
    axes = sorted(struct.unpack_from(f"{order}3i", header, 64))
    return min(nx, ny, nz) > 0 and mode in MODES and axes in ([1, 2, 3], [0, 0, 0])


class MrcReader:
    """Reads MRC, MAP and CCP4 files, plain or compressed by gzip or bzip2."""

    name = "mrc"
    suffixes = tuple(name + packing for name in _NAMES for packing in ("", ".gz", ".bz2"))

    @cached_property
    def version(self) -> str:
        """mrcfile's version and ours."""
        from importlib.metadata import version

        return f"mrcfile {version('mrcfile')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether the word MAP stands in the header; files from before the year 2000 lack it and need one of the suffixes."""
        from micrarium.formats.spooling import first_bytes, is_compressed

        is_named = path.name.lower().endswith(self.suffixes)
        if is_compressed(head):
            head = first_bytes(path, HEADER_BYTES) if is_named else b""
        has_word = head[208:211] == b"MAP" and bool(byte_order(head))
        return has_word or (is_named and head[96:98] not in _DELTAVISION and bool(byte_order(head)))

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.mrc_images import MrcFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: MrcFile(path, self.name, self.version))
