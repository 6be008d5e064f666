"""Turning any readable file into OME-Zarr 0.5."""

from __future__ import annotations

from pathlib import Path

from micrarium.pixels.staging import check_apart, check_output
from micrarium.pixels.writing import Progress
from micrarium.pixels.writing_files import write_image_file


def convert_file(
    path: Path, out: Path, *, overwrite: bool = False, reader: str | None = None, progress: Progress | None = None
) -> None:
    """Converts a file, or the fileset it belongs to, to OME-Zarr 0.5 at ``out``, which appears complete or not at all.

    ``reader`` names the one to use, else the first bytes choose; ``progress`` is called with the part that is done, from 0
    to 1. Raises ``OutputExists`` when something stands at ``out`` and ``overwrite`` is false, and ``UnreadableFile`` or
    ``UnsupportedFormat`` when the file cannot be read.
    """
    from micrarium.formats import open_image_file

    check_output(out, overwrite=overwrite)
    check_apart(path, out)
    with open_image_file(path, reader=reader) as image_file:
        write_image_file(image_file, out, overwrite=overwrite, progress=progress)
