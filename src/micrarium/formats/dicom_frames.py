"""The frames of DICOM files: found in the file when they are asked for, decoded one by one, colours turned to RGB."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.descriptors import Descriptors
from micrarium.formats.dicom_codecs import RLE, decode_frame, expand_422, fit_values, ybr_to_rgb
from micrarium.formats.dicom_instances import Instance
from micrarium.formats.planes import Array, Window
from micrarium.formats.reader import check_claim
from micrarium.formats.segments import forget, new_token, remember

_ITEM = b"\xfe\xff\x00\xe0"
_DELIMITER = b"\xfe\xff\xdd\xe0"
_LARGEST_FRAME_BYTES = 4 << 30
_STEP_BYTES = 8 << 20
#: What the first fragment of a frame begins with: JPEG and JPEG-LS, JPEG 2000 bare and boxed, JPEG XL bare and boxed.
_BEGINNINGS = (b"\xff\xd8", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0c", b"\xff\x0a")

#: The pieces of one frame: offset and size of each.
Pieces = tuple[tuple[int, int], ...]


class Frames:
    """The frames of the files of one set, read by any number of threads."""

    def __init__(self) -> None:
        self._descriptors = Descriptors()
        self._token = new_token()
        self._pieces: dict[Path, Callable[[int], Pieces]] = {}
        self._lock = Lock()
        self._is_closed = False

    def check_open(self, path: Path) -> None:
        """Nothing, or ``UnreadableFile`` when the files were closed."""
        if self._is_closed:
            raise UnreadableFile(f"{path.name} was closed")

    def close(self) -> None:
        """Let go of the files."""
        self._is_closed = True
        self._descriptors.close()
        forget(self._token)

    def read(self, instance: Instance, number: int, window: Window) -> Array:
        """A part of a frame: (y, x), or (y, x, 3) for colours, in this machine's byte order."""
        if not instance.is_plain:
            return remember((self._token, (instance.path, number)), lambda: self._read_whole(instance, number))[window.slices]
        form = instance.form
        start = instance.data.start + number * form.frame_bits // 8
        if form.is_planar:
            plane = form.rows * form.columns * form.allocated // 8
            parts = [self._read_rows(instance, start + sample * plane, 1, window) for sample in range(form.samples)]
            return fit_values(np.concatenate(parts, axis=2), form)
        pixels = self._read_rows(instance, start, form.samples, window)
        return fit_values(pixels if form.samples > 1 else pixels[..., 0], form)

    def _bytes(self, instance: Instance, offset: int, size: int) -> bytes:
        if instance.inflated is None:
            return self._descriptors.read(instance.path, offset, size)
        self.check_open(instance.path)
        found = instance.inflated[offset : offset + size]
        if len(found) < size:
            raise UnreadableFile(
                f"{instance.path.name} is cut short: {size - len(found)} bytes are missing at {offset + len(found)}"
            )
        return found

    def _read_rows(self, instance: Instance, start: int, samples: int, window: Window) -> Array:
        """A window of pixels that lie row after row, not compressed."""
        dtype = instance.form.dtype.newbyteorder(instance.data.order)
        pixel = samples * dtype.itemsize
        across = instance.form.columns * pixel
        out = np.empty((window.height, window.width, samples), dtype)
        step = max(1, _STEP_BYTES // across)
        row_bytes = window.width * pixel
        for row in range(0, window.height, step):
            count = min(step, window.height - row)
            first = start + (window.top + row) * across + window.left * pixel
            data = self._bytes(instance, first, (count - 1) * across + row_bytes)
            shape, strides = (count, window.width, samples), (across, pixel, dtype.itemsize)
            out[row : row + count] = np.ndarray(shape, dtype, buffer=data, strides=strides)
        return out.astype(dtype.newbyteorder("="), copy=False)

    def _read_whole(self, instance: Instance, number: int) -> Array:
        form = instance.form
        decoded_bytes = form.rows * form.columns * form.samples * form.dtype.itemsize
        if decoded_bytes > _LARGEST_FRAME_BYTES:
            raise UnreadableFile(f"{instance.path.name} has frames of {decoded_bytes >> 30} GiB, more than can be decoded at once")
        if instance.data.is_encapsulated:
            pieces = self._pieces_of(instance)(number)
            stored = sum(size for _, size in pieces)
            check_claim(instance.path, decoded_bytes=decoded_bytes, stored_bytes=stored)
            data = b"".join(self._bytes(instance, offset, size) for offset, size in pieces)
            return decode_frame(instance, data)
        first, last = number * form.frame_bits, (number + 1) * form.frame_bits
        begin = first // 16 * 2
        data = self._bytes(instance, instance.data.start + begin, min(-(-last // 16) * 2, instance.data.length) - begin)
        if instance.data.has_swapped_bytes and form.allocated <= 8:
            data = np.frombuffer(data[: len(data) // 2 * 2], ">u2").astype("<u2").tobytes()
        if form.allocated == 1:
            bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[first - begin * 8 :]
            return bits[: last - first].reshape(form.rows, form.columns)
        data = data[first // 8 - begin :][: (last - first) // 8]
        return self._colours(instance, data)

    def _colours(self, instance: Instance, data: bytes) -> Array:
        """The RGB of a frame that is stored as brightness and two differences, or as bytes in pairs."""
        form = instance.form
        values = np.frombuffer(data, form.dtype.newbyteorder(instance.data.order)).astype(form.dtype, copy=False)
        if form.photometric == "YBR_FULL_422" and form.samples > 1:
            return ybr_to_rgb(expand_422(values, form.rows, form.columns), form)
        shape = (form.samples, form.rows, form.columns) if form.is_planar else (form.rows, form.columns, form.samples)
        values = values.reshape(shape)
        values = np.moveaxis(values, 0, -1) if form.is_planar else values
        if form.photometric.startswith("YBR"):
            return ybr_to_rgb(values, form)
        return fit_values(np.array(values if form.samples > 1 else values[..., 0]), form)

    def _pieces_of(self, instance: Instance) -> Callable[[int], Pieces]:
        with self._lock:
            found = self._pieces.get(instance.path)
        if found is None:
            found = self._find_pieces(instance)
            with self._lock:
                self._pieces[instance.path] = found
        return found

    def _find_pieces(self, instance: Instance) -> Callable[[int], Pieces]:
        """Where the frames of an encapsulated file lie: by its tables of offsets, or by a walk over all fragments."""
        start = instance.data.start
        table_bytes = self._item_size(instance, start)
        first = start + 8 + table_bytes
        offsets = instance.offsets
        if offsets is None and table_bytes == 4 * instance.frames:
            offsets = np.frombuffer(self._bytes(instance, start + 8, table_bytes), "<u4")
        if offsets is not None and instance.frames > 1 and bool(np.all(np.diff(offsets.astype(np.int64)) > 0)):
            begins = offsets.astype(np.int64)
            ends = np.append(begins[1:], np.iinfo(np.int64).max >> 1)
            return lambda number: self._walk(instance, first + int(begins[number]), first + int(ends[number]))
        frames = self._group(instance, self._walk(instance, first, 1 << 62))

        def of(number: int) -> Pieces:
            if number >= len(frames):
                raise UnreadableFile(f"{instance.path.name} is cut short: it holds {len(frames)} of {instance.frames} frames")
            return frames[number]

        return of

    def _item_size(self, instance: Instance, place: int) -> int:
        """The size of the item at a place; -1 behind the last."""
        head = self._bytes(instance, place, 8)
        if head[:4] == _DELIMITER:
            return -1
        if head[:4] != _ITEM:
            raise UnreadableFile(f"{instance.path.name} is damaged: there is no fragment of a frame at {place}")
        return int(struct.unpack_from("<I", head, 4)[0])

    def _walk(self, instance: Instance, place: int, end: int) -> Pieces:
        """The fragments from one place up to another."""
        size = len(instance.inflated) if instance.inflated is not None else instance.path.stat().st_size
        found: list[tuple[int, int]] = []
        while place + 8 <= min(end, size) and (length := self._item_size(instance, place)) >= 0:
            if place + 8 + length > size:
                raise UnreadableFile(f"{instance.path.name} is cut short: a fragment at {place} claims {length} bytes")
            found.append((place + 8, length))
            place += 8 + length
        if not found:
            raise UnreadableFile(f"{instance.path.name} is damaged: there is no fragment of a frame at {place}")
        return tuple(found)

    def _group(self, instance: Instance, fragments: Pieces) -> list[Pieces]:
        """Fragments put together to frames: one each, all for one, or a new frame wherever a picture begins."""
        if instance.frames == 1:
            return [fragments]
        if len(fragments) <= instance.frames or instance.data.syntax == RLE:
            return [(one,) for one in fragments]
        frames: list[list[tuple[int, int]]] = []
        for one in fragments:
            if not frames or self._bytes(instance, one[0], min(4, one[1])).startswith(_BEGINNINGS):
                frames.append([])
            frames[-1].append(one)
        return [tuple(frame) for frame in frames]
