"""DICOM: single files, series of slices, multi-frame files and whole slides, opened by any of their files or by their folder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.formats.dicom_head import is_dicom

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class DicomReader:
    """Reads DICOM files: slices of a series as one stack, levels of a whole slide as one pyramid."""

    name = "dicom"
    suffixes = (".dcm", ".dicom", ".dic", ".ima")

    @cached_property
    def version(self) -> str:
        """The versions of pydicom, which parses headers, and of imagecodecs, which decodes frames, and ours."""
        from importlib.metadata import version

        return f"pydicom {version('pydicom')}, imagecodecs {version('imagecodecs')}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (the first bytes suffice)
        """Whether these are the first bytes of a DICOM file, with its preamble or without."""
        return is_dicom(head)

    def open(self, path: Path) -> OpenedFile:
        """The opened file, with the other files of its series in the same folder; or the only series of a folder."""
        from micrarium.formats.dicom_images import DicomFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: DicomFile(path, self.name, self.version))
