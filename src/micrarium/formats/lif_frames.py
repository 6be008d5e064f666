"""The bytes of a block that an XLIF keeps in pictures: TIFF, JPEG, PNG or BMP files, each a run of whole rows."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path
from threading import RLock

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.lif_files import Frame
from micrarium.geometry import Region, Size
from micrarium.pixels.source import ImageFile, Source

_MOST_OPEN = 16


class FrameBytes:
    """Reads bytes at given places of a block out of its pictures, no more rows than they touch."""

    def __init__(self, frames: tuple[Frame, ...]) -> None:
        self._frames = frames
        self._starts = [one.offset for one in frames]
        self._open: OrderedDict[Path, ImageFile] = OrderedDict()
        self._lock = RLock()
        self._is_closed = False

    def read(self, path: Path, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` on. Raises ``UnreadableFile`` where no picture holds them."""
        parts = []
        while size > 0:
            number = bisect_right(self._starts, offset) - 1
            frame = self._frames[max(number, 0)]
            count = min(size, frame.offset + frame.size - offset)
            if number < 0 or count <= 0:
                raise UnreadableFile(f"{path.name} is damaged: none of its pictures holds the byte {offset}")
            parts.append(self._read_rows(frame, offset - frame.offset, count))
            offset, size = offset + count, size - count
        return b"".join(parts)

    def _read_rows(self, frame: Frame, start: int, count: int) -> bytes:
        with self._lock:
            source = self._source(frame)
            shape, samples = source.shape, source.samples
            row_bytes = shape.x * samples * source.dtype.itemsize
            planes = shape.t * (shape.c // samples) * shape.z
            kept = samples
            if row_bytes * shape.y * planes == samples * frame.size and samples > 1:
                kept, row_bytes = 1, row_bytes // samples  # a grey picture that was kept in colours
            elif row_bytes * shape.y * planes != frame.size:
                raise UnreadableFile(f"{frame.path.name} does not have the {frame.size} bytes of pixels that it is said to hold")
            first, last = start // row_bytes, -(-(start + count) // row_bytes)
            parts = []
            while first < last:
                plane, row = divmod(first, shape.y)
                rows = min(last - first, shape.y - row)
                parts.append(_read_part(source, plane, row, rows, kept))
                first += rows
        skipped = start - start // row_bytes * row_bytes
        return b"".join(parts)[skipped : skipped + count]

    def _source(self, frame: Frame) -> Source:
        from micrarium.formats.opening import open_image_file

        if self._is_closed:
            raise UnreadableFile(f"{frame.path.name} was closed")
        found = self._open.get(frame.path)
        if found is None:
            found = self._open[frame.path] = open_image_file(frame.path, is_grouping=False)
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(frame.path)
        return found.images[0]

    def close(self) -> None:
        """Close all pictures."""
        with self._lock:
            self._is_closed = True
            while self._open:
                self._open.popitem()[1].close()


def _read_part(source: Source, plane: int, row: int, rows: int, kept: int) -> bytes:
    """Rows of one plane with its samples side by side, as TIFF has them."""
    shape, samples = source.shape, source.samples
    rest, z = divmod(plane, shape.z)
    t, channel = divmod(rest, shape.c // samples)
    region = Region(Size(t, channel * samples, z, row, 0), Size(1, samples, 1, rows, shape.x))
    pixels = np.moveaxis(source.read(region)[0, :kept, 0], 0, -1)
    return np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).tobytes()
