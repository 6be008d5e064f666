"""Slides in the formats of scanner makers that OpenSlide knows and no other reader of ours: MRXS, SCN, VMS, VMU, BIF, SVSLIDE."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.tiff_head import first_description, is_tiff

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile

_SECTIONS = (b"[Virtual Microscope Specimen]", b"[Uncompressed Virtual Microscope Specimen]")
_LEICA = b"http://www.leica-microsystems.com/scn/"


def is_mirax(path: Path) -> bool:
    """Whether a JPEG picture is the face of a Mirax slide."""
    return path.suffix.lower() == ".mrxs"


def mirax_index(path: Path) -> Path:
    """The index of a Mirax slide, in the folder of its name that holds all its data."""
    return path.with_suffix("") / "Slidedat.ini"


class OpenSlideReader:
    """Reads slides of Mirax, Leica SCN, Hamamatsu VMS and VMU, Ventana and Sakura through OpenSlide, where it is installed."""

    name = "openslide"
    suffixes = (".mrxs", ".scn", ".vms", ".vmu", ".bif", ".svslide")

    @cached_property
    def version(self) -> str:
        """The versions of OpenSlide and of its Python package, and ours."""
        from importlib.metadata import version

        try:
            return f"openslide {version('openslide-bin')}, openslide-python {version('openslide-python')}, micrarium 1"
        except PackageNotFoundError:
            return "openslide not installed, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether a file belongs to a slide that this reader is for; slides in plain TIFF, such as SVS, are for ``tiff``."""
        name = path.name.lower()
        if head.startswith(b"\xff\xd8"):  # the picture that stands for a Mirax slide; its data lie in a folder
            return is_mirax(path)
        if is_tiff(head):
            return name.endswith(".bif") or _LEICA in first_description(path)
        return head.lstrip(b"\xef\xbb\xbf\r\n ").startswith(_SECTIONS) or (
            name.endswith(".svslide") and head.startswith(b"SQLite format 3\0")
        )

    def open(self, path: Path) -> OpenedFile:
        """The opened slide. Raises ``UnreadableFile`` also where OpenSlide is not installed."""
        from micrarium.formats.openslide_images import SlideFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: SlideFile(path, self.name, self.version))
