"""Thumbnails kept on the disk, so that a page of hundreds is answered without opening an image."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import get_ident

#: How many pictures of one image are kept: sizes and formats, and what other people's settings show.
_MOST_OF_ONE = 12
#: A picture takes less than this to write.
_CUT_OFF_S = 600.0


class ThumbnailStore:
    """Encoded pictures by image and by a key that changes with whatever they show; the oldest of an image make room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _place(self, image_id: int) -> Path:
        return self.folder / f"{image_id // 1000}" / f"{image_id}"

    def get(self, image_id: int, key: str) -> bytes | None:
        """The picture, or None when it was not kept."""
        try:
            return (self._place(image_id) / key).read_bytes()
        except OSError:
            return None

    def put(self, image_id: int, key: str, picture: bytes) -> None:
        """Keep a picture. A disk that cannot hold it only costs drawing it again."""
        place = self._place(image_id)
        work = place / f".{key}.{os.getpid()}.{get_ident()}"
        with suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            work.write_bytes(picture)
            work.replace(place / key)
            self._make_room(place)

    def _make_room(self, place: Path) -> None:
        kept = [path for path in place.iterdir() if not path.name.startswith(".")]
        for path in place.glob(".*"):
            if path.stat().st_mtime < time.time() - _CUT_OFF_S:  # the server ended while it was written
                path.unlink(missing_ok=True)
        if len(kept) > _MOST_OF_ONE:
            kept.sort(key=lambda path: path.stat().st_mtime_ns)
            for path in kept[: len(kept) - _MOST_OF_ONE]:
                path.unlink(missing_ok=True)
