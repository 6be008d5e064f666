"""What the readers of filesets of many files share: being recognised by any of the files, or by their folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from micrarium.errors import UnreadableFile

if TYPE_CHECKING:
    from micrarium.formats.planes import OpenedFile
    from micrarium.formats.plates.layouts import Layout

PICTURES = (".tif", ".tiff", ".png", ".jpg", ".jpeg")
TIFFS = (".tif", ".tiff")


class GatheringReader(ABC):
    """A reader of filesets of many files."""

    name: str
    suffixes: tuple[str, ...]
    gathers_files: ClassVar[bool] = True

    @cached_property
    def version(self) -> str:
        """tifffile's version and ours."""
        import tifffile

        return f"tifffile {tifffile.__version__}, micrarium 1"

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether this is a file of such a fileset; folders are walked instead. Cheap: names are looked at, no file is opened."""
        return bool(head) and path.name.lower().endswith(self.suffixes) and self.find_head(path) is not None

    def open(self, path: Path) -> OpenedFile:
        """The opened fileset that a file belongs to, or that lies in a folder."""
        from micrarium.formats.plates.gathered import open_gathered

        return open_gathered(path, self._find, self.name, self.version)

    def _find(self, path: Path) -> Layout:
        head = self._head_in(path) if path.is_dir() else self.find_head(path)
        if head is None:
            raise UnreadableFile(f"{path.name} is no part of a fileset that the reader {self.name} knows")
        return self.arrange(head)

    def _head_in(self, folder: Path) -> Path | None:
        from micrarium.formats.plates.listings import files_below

        fitting = (path for path in files_below(folder) if path.name.lower().endswith(self.suffixes))
        return next((head for path in fitting if (head := self.find_head(path)) is not None), None)

    @abstractmethod
    def find_head(self, path: Path) -> Path | None:
        """The file by which the fileset of this file is known, None where it belongs to none."""

    @abstractmethod
    def arrange(self, head: Path) -> Layout:
        """What the fileset of this head holds. Raises ``UnreadableFile``."""
