"""Plates described by a table: ``tiles.csv`` names the file of each tile, its well, and where it begins."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from micrarium.errors import UnreadableFile
from micrarium.formats.plates.gathering import PICTURES, GatheringReader
from micrarium.formats.plates.listings import list_folder

if TYPE_CHECKING:
    from micrarium.formats.plates.layouts import Layout

TABLE = "tiles.csv"
DETAILS = "acquisition_details.toml"
REQUIRED = ("file_path", "row", "column", "start_x", "start_y", "length_x", "length_y")
_LARGEST_BYTES = 256 << 20


class TilesReader(GatheringReader):
    """Reads plates by their tiles.csv, by any of the images it names or by their folder."""

    name = "tiles"
    suffixes = (TABLE, *PICTURES)

    def recognises(self, head: bytes, path: Path) -> bool:
        """Whether this is a table with a column for files, or an image that one names."""
        is_other = path.name.lower() == TABLE and b"file_path" not in head
        return not is_other and super().recognises(head, path)

    def find_head(self, path: Path) -> Path | None:
        """The table that names an image, beside it or in the folder above."""
        if path.name.lower() == TABLE:
            return path
        for folder in (path.parent, path.parent.parent):
            listing = list_folder(folder)
            table = listing.find(TABLE)
            if table is not None and path.name.lower() in listing.derive_from("tiles", table, _names):
                return folder / table
        return None

    def arrange(self, head: Path) -> Layout:
        """The plate of a table."""
        from micrarium.formats.plates.tiles_layout import arrange_plate

        return arrange_plate(head)


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a table of tiles. Raises ``UnreadableFile`` for what is none."""
    if path.stat().st_size > _LARGEST_BYTES:
        raise UnreadableFile(f"{path.name} is larger than {_LARGEST_BYTES >> 20} MiB, which no table of tiles is")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lacking = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
            if lacking:
                raise UnreadableFile(f"{path.name} has no column {', '.join(lacking)}")
            return [{key: (value or "").strip() for key, value in row.items() if isinstance(key, str)} for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path.name} is damaged or no table: {error}") from error


def _names(path: Path) -> frozenset[str]:
    """The names of the files in a table, in lower case; none for a table of something else."""
    try:
        rows = read_table(path)
    except (UnreadableFile, OSError):
        return frozenset()
    return frozenset(row["file_path"].replace("\\", "/").rsplit("/", 1)[-1].lower() for row in rows)
