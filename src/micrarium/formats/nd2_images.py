"""The images of an ND2 file: one for each position, made of frames that hold all channels."""

from __future__ import annotations

import weakref
from contextlib import suppress
from dataclasses import replace
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any

import nd2
import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.nd2_acquisition import read_events
from micrarium.formats.nd2_metadata import describe_position, flat_metadata
from micrarium.formats.planes import Array, OpenedFile, PlaneSource, Window
from micrarium.formats.segments import forget, new_token, remember
from micrarium.geometry import Size
from micrarium.pixels.plane_tables import lazy_table
from micrarium.pixels.source import Level

_LARGEST_FRAME_BYTES = 8 << 30
_MOST_FRAMES = 1_000_000


class Nd2Source(PlaneSource):
    """One position of an ND2 file."""

    file: Nd2ImageFile

    def __init__(self, file: Nd2ImageFile, index: int, shape: Size, samples: int, frames: dict[tuple[int, int], int]) -> None:
        super().__init__(file, index)
        self.samples = samples
        self.dtype = file.dtype
        self._frames = frames
        # All channels of a frame lie interleaved, so reading one costs as much as reading all.
        rows = shape.y if file.is_compressed else min(512, shape.y)
        self.levels = (Level(shape, Size(1, shape.c, 1, rows, shape.x)),)
        told = describe_position(file.nd2, file.path, index, shape, samples, frames.get((0, 0), 0))
        size, exposures = (shape.t, shape.c // samples, shape.z), [one.exposure_s for one in told.channels]
        planes = lazy_table(size, lambda: file.read_planes(frames, size, exposures))
        self.description = replace(told, planes=planes)

    def read_plane(self, level: int, t: int, channel: int, z: int, window: Window) -> Array | None:  # noqa: ARG002 (one level)
        """A part of one plane; frames that were never taken read as zeros."""
        number = self._frames.get((t, z))
        if number is None:
            return None
        part = self.file.read_frame(number, window)
        return part[channel] if self.samples == 1 else part[channel, :, :, :]


class Nd2ImageFile(OpenedFile):
    """An opened ND2 file."""

    def __init__(self, path: Path, reader: str, version: str) -> None:
        super().__init__(path, reader, version)
        self.token = new_token()
        self._lock = Lock()
        self._metadata: dict[str, str] | None = None
        self.nd2: Any = nd2.ND2File(path)
        weakref.finalize(self, self.nd2.close)  # a source that was unpickled has nobody to close its file
        try:
            self._look()
        except BaseException:
            self.nd2.close()
            raise

    def _look(self) -> None:
        attributes = self.nd2.attributes
        self.dtype = np.dtype(self.nd2.dtype).newbyteorder("=")
        self.is_compressed = bool(self.nd2.is_legacy or attributes.compressionType)
        self._channels, self._height, self._width, self._samples = self._frame_shape()
        frame_bytes = self._channels * self._samples * self._height * self._width * self.dtype.itemsize
        if not 0 < frame_bytes <= _LARGEST_FRAME_BYTES:
            raise UnreadableFile(f"{self.path.name} is damaged: a frame of it claims {frame_bytes} bytes")
        positions = self._frames_by_position()
        samples = self._samples if self._samples in (3, 4) else 1
        sources: list[Nd2Source] = []
        for frames in positions.values():
            t, z = (max(place[axis] for place in frames) + 1 for axis in (0, 1))
            shape = Size(t, self._channels * self._samples, z, self._height, self._width)
            sources.append(Nd2Source(self, len(sources), shape, samples, frames))
        self.images = tuple(sources)

    def _frame_shape(self) -> tuple[int, int, int, int]:
        """Channels, rows, columns and samples of a frame."""
        attributes = self.nd2.attributes
        channels = attributes.channelCount or 1
        samples = self.nd2.components_per_channel
        if samples not in (1, 3):
            channels, samples = attributes.componentCount, 1
        return int(channels), int(attributes.heightPx), int(attributes.widthPx or 0), int(samples)

    def _frames_by_position(self) -> dict[int, dict[tuple[int, int], int]]:
        """The number of the frame at each (t, z) of each position."""
        count = int(self.nd2.attributes.sequenceCount or 1)
        if prod(loop.count for loop in self.nd2.experiment) > max(_MOST_FRAMES, 100 * count):
            raise UnreadableFile(f"{self.path.name} is damaged: its experiment claims far more frames than it holds")
        positions: dict[int, dict[tuple[int, int], int]] = {}
        indices = self.nd2.loop_indices
        for number, place in enumerate(indices[:count] if indices else [{}]):
            t, z = place.get("T", 0), place.get("Z", 0)
            # Loops that OME has no axis for become time, as do repeated places.
            beyond = [value for key, value in place.items() if key not in "TZPCYXS"]
            frames = positions.setdefault(int(place.get("P", 0)), {})
            t = t if not any(beyond) else len({key[0] for key in frames})
            frames[(int(t), int(z))] = number
        return positions or {0: {(0, 0): 0}}

    def read_frame(self, number: int, window: Window) -> Array:
        """A part of a frame with axes (channel, y, x, sample), or without the last where there is one sample."""
        if self.is_compressed:
            part = remember((self.token, number), lambda: self._read(number, None))[:, *window.slices]
        else:
            part = self._read(number, window)
        return part if self._samples > 1 else part[..., 0]

    def _read(self, number: int, window: Window | None) -> Array:
        with self._lock:
            # A copy is taken under the lock, so that closing the file never pulls a memory map from under a reader.
            if self.nd2.closed:
                raise UnreadableFile(f"{self.path.name} was closed")
            frame = self.nd2.read_frame(number)
            frame = frame.reshape(self._channels, self._height, self._width, self._samples)
            part = frame if window is None else frame[:, *window.slices]
            if self._samples == 3 and not self.nd2.is_legacy:
                part = part[..., ::-1]  # colours lie as blue, green, red, and the library leaves them so
            return np.array(part, dtype=self.dtype)

    def read_planes(
        self, frames: dict[tuple[int, int], int], size: tuple[int, int, int], exposures_s: list[float | None]
    ) -> dict[str, Any]:
        """Columns of the planes of one position, from what was recorded with its frames."""
        with self._lock:
            return read_events(self.nd2, frames, size, exposures_s)

    def original_metadata(self) -> dict[str, str]:
        """All metadata chunks of the file, flattened."""
        if self._metadata is None:
            with self._lock, suppress(Exception):  # as with the rest of the metadata
                self._metadata = flat_metadata(self.nd2)
        return self._metadata or {}

    def close(self) -> None:
        """Close the file and its memory map."""
        with self._lock:
            self.nd2.close()
        forget(self.token)
