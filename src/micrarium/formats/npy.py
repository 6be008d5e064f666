"""NPY and NPZ, the files of NumPy: one array, or several in a ZIP archive."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile

NPY_MAGIC = b"\x93NUMPY"
ZIP_MAGIC = b"PK\3\4"


class NpyReader:
    """Reads arrays of numbers that NumPy saved."""

    name = "npy"
    suffixes = (".npy", ".npz")

    @cached_property
    def version(self) -> str:
        """NumPy's version and ours."""
        from importlib.metadata import version

        return f"numpy {version('numpy')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether it begins as an array of NumPy, or as an archive whose first member is one."""
        name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
        return head.startswith(NPY_MAGIC) or (head.startswith(ZIP_MAGIC) and name.endswith(b".npy"))

    def open(self, path: Path) -> OpenedFile:
        """The opened file."""
        from micrarium.formats.npy_images import NpyFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: NpyFile(path, self.name, self.version))
