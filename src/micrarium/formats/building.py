"""Building the pyramid of an image of a file, wherever that is done: here, in a process of its own, on a cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from micrarium.errors import UnreadableFile
from micrarium.formats.opening import open_image_file
from micrarium.pixels.pyramids import build_pyramid


def build_pyramid_of(path: Path, *, reader: str, series: int, out: str, progress: Callable[[float], None]) -> None:
    """Write what the image with this number in a file lacks of resolutions to ``out``, replacing what was there.

    Raises ``UnreadableFile``, also for a number that the file does not have.
    """
    with open_image_file(path, reader=reader) as opened:
        if series >= len(opened.images):
            raise UnreadableFile(f"{path.name} has {len(opened.images)} images and no number {series}")
        build_pyramid(opened.images[series], Path(out), progress=progress)
