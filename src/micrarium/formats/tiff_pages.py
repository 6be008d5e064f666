"""Pages of TIFF files: parsed by tifffile when they are first needed, read a strip or a tile at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

import numpy as np
import tifffile
from cachetools import LRUCache

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.planes import Array, Window
from micrarium.formats.reader import check_claim
from micrarium.formats.segments import forget, new_token, remember

#: Photometric interpretations whose samples are colours.
RGB = (2, 6)
_JPEG = {6, 7, 34892, 33007}
_JPEG_2000 = {33003, 33004, 33005, 34712}
_RAW_STEP_BYTES = 8 << 20
_RAW_WHOLE_BYTES = 64 << 20


class StoredPlane(NamedTuple):
    """Where one plane lies: a page, the slice of it along depth, and for virtual stacks the offset of its bytes."""

    path: Path
    page: Any
    depth: int = 0
    offset: int | None = None


class TiffPages:
    """The TIFF files of one fileset. Their handles are open only while pages are parsed; pixels go by ``Descriptors``."""

    def __init__(self) -> None:
        self.descriptors = Descriptors()
        self.token = new_token()
        self._files: LRUCache[Path, Any] = LRUCache(256)
        self._pages: LRUCache[tuple[Path, int, int | None], Any] = LRUCache(512)
        self._lock = RLock()

    @contextmanager
    def parsing(self, path: Path) -> Iterator[Any]:
        """The ``TiffFile`` of a path, its handle open until the outermost of these ends; one thread at a time."""
        with self._lock:
            tiff = self._files.get(path)
            if tiff is not None and not tiff.filehandle.closed:
                yield tiff
                return
            try:
                if tiff is None:
                    tiff = self._files[path] = tifffile.TiffFile(path)
                else:
                    tiff.filehandle.open()
                yield tiff
            finally:
                if tiff is not None:
                    tiff.filehandle.close()

    def count(self, path: Path) -> int:
        """How many pages a file has."""
        with self.parsing(path) as tiff:
            return len(tiff.pages)

    def page(self, path: Path, ifd: int, sub: int | None = None) -> Any:
        """A page by its number, or one of its SubIFDs. Raises ``UnreadableFile`` when the file has no such page."""
        key = (path, ifd, sub)
        with self._lock:
            if (found := self._pages.get(key)) is not None:
                return found
            with self.parsing(path) as tiff:
                try:
                    page = tiff.pages.get(ifd)
                except IndexError as error:
                    raise UnreadableFile(f"{path.name} is cut short or damaged: it has no page {ifd + 1}") from error
                page = page.aspage()
                if sub is not None:
                    offsets = page.subifds or ()
                    if sub >= len(offsets):
                        raise UnreadableFile(f"{path.name} is damaged: page {ifd + 1} has no reduced resolution {sub + 1}")
                    tiff.filehandle.seek(offsets[sub])
                    page = tifffile.TiffPage(tiff, (ifd, sub))
            self._pages[key] = page
            return page

    def read(self, plane: StoredPlane, window: Window) -> Array:
        """A part of a plane, (y, x) or (y, x, sample), in the file's byte order."""
        keyframe = plane.page.keyframe
        if keyframe.dtype is None or 0 in keyframe.shaped:
            raise UnreadableFile(f"{plane.path.name} holds pixels of {keyframe.bitspersample} bits, which cannot be read")
        samples = range(keyframe.shaped[0])
        parts = [self._read_sample(plane, sample, window) for sample in samples]
        if len(parts) > 1:
            return np.concatenate(parts, axis=2)
        return parts[0] if parts[0].shape[2] > 1 else parts[0][:, :, 0]

    def _read_sample(self, plane: StoredPlane, sample: int, window: Window) -> Array:
        offset = plane.offset if plane.offset is not None else raw_offset(plane.page)
        if offset is None:
            return self._read_segments(plane, sample, window)
        _, depth, height, width, contiguous = plane.page.keyframe.shaped
        itemsize = plane.page.keyframe.dtype.itemsize
        first = offset + (sample * depth + plane.depth) * height * width * contiguous * itemsize
        return self._read_raw(plane, first, window)

    def _read_raw(self, plane: StoredPlane, first: int, window: Window) -> Array:
        """Rows of uncompressed pixels that lie one after the other."""
        keyframe = plane.page.keyframe
        dtype = np.dtype(plane.page.parent.byteorder + keyframe.dtype.char)
        *_, width, contiguous = keyframe.shaped
        pixel = contiguous * dtype.itemsize
        if window.width == width and window.height * width * pixel <= _RAW_WHOLE_BYTES:
            data = self.descriptors.read(plane.path, first + window.top * width * pixel, window.height * width * pixel)
            return np.frombuffer(data, dtype).reshape(window.height, width, contiguous)
        out = np.empty((window.height, window.width, contiguous), dtype)
        whole_rows = window.width * 4 >= width or width * pixel <= 16384
        step = max(1, _RAW_STEP_BYTES // (width * pixel)) if whole_rows else 1
        for row in range(0, window.height, step):
            rows = min(step, window.height - row)
            start = first + (window.top + row) * width * pixel
            if whole_rows:
                data = self.descriptors.read(plane.path, start, rows * width * pixel)
                block = np.frombuffer(data, dtype).reshape(rows, width, contiguous)
                out[row : row + rows] = block[:, window.left : window.left + window.width]
            else:
                data = self.descriptors.read(plane.path, start + window.left * pixel, window.width * pixel)
                out[row] = np.frombuffer(data, dtype).reshape(window.width, contiguous)
        return out

    def _read_segments(self, plane: StoredPlane, sample: int, window: Window) -> Array:
        """Strips or tiles, decoded one by one; those that were left out of the file are zeros."""
        keyframe = plane.page.keyframe
        _, depth, height, width, contiguous = keyframe.shaped
        across, down, deep = segment_shape(keyframe)
        columns, rows = -(-width // across), -(-height // down)
        slabs = -(-depth // deep)
        out = np.zeros((window.height, window.width, contiguous), keyframe.dtype)
        for row in range(window.top // down, -(-(window.top + window.height) // down)):
            for column in range(window.left // across, -(-(window.left + window.width) // across)):
                index = ((sample * slabs + plane.depth // deep) * rows + row) * columns + column
                segment = self._segment(plane, index)
                if segment is not None:
                    piece = segment[min(plane.depth % deep, segment.shape[0] - 1)]
                    _paste(piece, row * down, column * across, out, window)
        return out

    def _segment(self, plane: StoredPlane, index: int) -> Array | None:
        """One decoded strip or tile with axes (depth, y, x, sample)."""
        page, keyframe = plane.page, plane.page.keyframe
        if index >= len(page.dataoffsets) or index >= len(page.databytecounts):
            raise UnreadableFile(f"{plane.path.name} is damaged: a page names {len(page.dataoffsets)} pieces and needs {index + 1}")
        offset, size = page.dataoffsets[index], page.databytecounts[index]
        if not offset or not size:
            return None
        across, down, deep = segment_shape(keyframe)
        claimed = across * down * deep * keyframe.shaped[4] * keyframe.dtype.itemsize
        check_claim(plane.path, decoded_bytes=claimed, stored_bytes=size)

        def decode() -> Array:
            data = self.descriptors.read(plane.path, offset, size)
            extra: dict[str, Any] = {}
            if keyframe.compression in _JPEG:
                extra = {"jpegtables": page.jpegtables, "jpegheader": keyframe.jpegheader}
            decoded = self._decoder(keyframe)(data, index, _fullsize=False, **extra)[0]
            if decoded is None:
                raise UnreadableFile(f"{plane.path.name} is damaged: piece {index} of a page holds nothing")
            return np.asarray(decoded)

        return remember((self.token, (plane.path, page.offset, index)), decode)

    def _decoder(self, keyframe: Any) -> Any:
        """tifffile's decoder of a page, kept by the page; one of JPEG looks into the file when it is made."""
        with self._lock:
            if "decode" in vars(keyframe) or keyframe.compression not in _JPEG:
                return keyframe.decode
            handle = keyframe.parent.filehandle
            try:
                handle.open()
                return keyframe.decode
            finally:
                handle.close()

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            for tiff in self._files.values():
                tiff.close()
        self.descriptors.close()
        forget(self.token)


def _paste(piece: Array, top: int, left: int, out: Array, window: Window) -> None:
    """Copy what a segment at (top, left) shares with the window; it may be smaller than it should at the edges."""
    y0, y1 = max(top, window.top), min(top + piece.shape[0], window.top + window.height)
    x0, x1 = max(left, window.left), min(left + piece.shape[1], window.left + window.width)
    if y0 < y1 and x0 < x1:
        out[y0 - window.top : y1 - window.top, x0 - window.left : x1 - window.left] = piece[
            y0 - top : y1 - top, x0 - left : x1 - left
        ]


def segment_shape(keyframe: Any) -> tuple[int, int, int]:
    """Columns, rows and depth of a page's tiles or strips."""
    if keyframe.is_tiled:
        return max(1, keyframe.tilewidth), max(1, keyframe.tilelength), max(1, keyframe.tiledepth)
    _, _, height, width, _ = keyframe.shaped
    return max(1, width), max(1, min(keyframe.rowsperstrip, height)), 1


def raw_offset(page: Any) -> int | None:
    """Where the pixels of a page begin that are stored uncompressed in one run, or None for any other page."""
    keyframe = page.keyframe
    plain = keyframe.compression == 1 and keyframe.predictor == 1 and keyframe.fillorder == 1 and not keyframe.is_tiled
    if not plain or keyframe.is_subsampled or keyframe.sampleformat == 5 or keyframe.bitspersample not in (8, 16, 32, 64):
        return None
    offsets, counts = page.dataoffsets, page.databytecounts
    if not offsets or not offsets[0]:
        return None
    together = all(offsets[i] + counts[i] == offsets[i + 1] for i in range(min(len(offsets), len(counts)) - 1))
    return int(offsets[0]) if together and (len(offsets) == 1 or sum(counts) >= keyframe.nbytes) else None


def loss_warnings(compressions: Iterable[int]) -> tuple[str, ...]:
    """What a person should know of how the pixels were compressed; a sentence for each way that loses something."""
    told = {}
    for code in compressions:
        if code in _JPEG:
            told["JPEG"] = "The pixels were stored with loss (JPEG): grey values are not as measured"
        elif code in _JPEG_2000:
            told["JPEG 2000"] = "The pixels were stored as JPEG 2000, perhaps with loss: grey values may not be as measured"
    return tuple(told[name] for name in sorted(told))


def natural_chunk(keyframe: Any) -> tuple[int, int]:
    """The (y, x) that are cheapest to read from a page."""
    _, _, height, width, _ = keyframe.shaped
    across, down, _ = segment_shape(keyframe)
    if keyframe.is_tiled:
        return down, across
    if keyframe.compression == 1:
        return min(height, 512), min(width, 512)
    return min(height, down * max(1, 256 // down)), width
