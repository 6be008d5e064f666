"""Whatever else Bio-Formats reads, through Bio-Formats itself in a process of its own, where the user provides it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.errors import MicrariumError

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile


class BioFormatsReader:
    """Reads what no other reader knows, through Bio-Formats' jar and Java, where both are there."""

    name = "bioformats"
    suffixes = ()
    #: Asked only when nobody else knows the first bytes, or when preferred.
    is_last_resort = True

    @property
    def version(self) -> str:
        """The version of Bio-Formats, as its jar says, and ours."""
        from micrarium.formats.bioformats_java import find_jar, jar_version

        try:
            return f"Bio-Formats {jar_version(find_jar())}, micrarium 1"
        except MicrariumError:
            return "Bio-Formats not installed, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:  # noqa: ARG002 (Bio-Formats looks by itself)
        """Whether Bio-Formats says that it knows the file; it is only asked over suffixes that it knows."""
        from micrarium.formats.bioformats_java import has_bioformats
        from micrarium.formats.bioformats_process import is_known

        return has_bioformats() and path.is_file() and is_known(path)

    def hint(self) -> str:
        """How to switch Bio-Formats on, or what is wrong with it; empty where it works."""
        from micrarium.formats.bioformats_java import problem

        return problem()

    def open(self, path: Path) -> OpenedFile:
        """The opened file. Raises ``UnsupportedFormat`` where Bio-Formats or Java are missing."""
        from micrarium.formats.bioformats_images import BioFormatsFile
        from micrarium.formats.planes import listen_while_opening

        return listen_while_opening(path, lambda: BioFormatsFile(path, self.name, self.version))
