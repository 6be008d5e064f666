"""Any source as OME-Zarr 0.5, made key by key when it is asked for: a pure mapping from keys to bytes.

Arrays are not sharded (a shard's index would need all of its chunks encoded first), and the same source gives the same
bytes each time. Whoever serves it may keep the bytes; nothing is kept here.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from micrarium.geometry import Region, Size
from micrarium.pixels import ome_zarr
from micrarium.pixels.channels import ChannelView, channel_views
from micrarium.pixels.layout import Codec, Layout, array_metadata, live_layout, to_bytes
from micrarium.pixels.source import Source

METADATA = "zarr.json"
_LABELS = "labels/"
_CODEC = Codec()


class LiveGroup(Protocol):
    """What can be asked for the value of a key."""

    def get(self, key: str) -> bytes | None:
        """The bytes of a key, or None when there is nothing there."""


class LiveImage:
    """One image as OME-Zarr 0.5: ``zarr.json``, ``0/zarr.json``, ``0/c/0/0/0/3/5``, ``labels/cells/0/zarr.json``, ...

    ``name``, ``channels`` and ``labels`` take the place of what the source says where they are given. A label image
    is given the relative path of the image it lies over as ``label_of``.
    """

    def __init__(
        self,
        source: Source,
        *,
        name: str | None = None,
        channels: Sequence[ChannelView] | None = None,
        labels: Mapping[str, Source] | None = None,
        label_of: str | None = None,
    ) -> None:
        self.source = source
        self.name = source.description.name if name is None else name
        self._channels = channels
        self._label_of = label_of
        labels = source.labels if labels is None else labels
        self._labels = {
            ome_zarr.path_safe(key): LiveImage(label, name=key, label_of="../../", labels={}) for key, label in labels.items()
        }
        self._layouts = [live_layout(level.shape, level.chunk, source.dtype.itemsize) for level in source.levels]

    def get(self, key: str) -> bytes | None:
        """The bytes of a key, or None when there is nothing there."""
        if key == METADATA:
            return to_bytes(self._group())
        if key.startswith(_LABELS):
            return self._get_label(key.removeprefix(_LABELS))
        first, _, rest = key.partition("/")
        level = _index(first)
        if level is None or level >= len(self.source.levels):
            return None
        if rest == METADATA:
            shape = self.source.levels[level].shape
            return to_bytes(array_metadata(shape, self.source.dtype, self._layouts[level], _CODEC))
        return self._get_chunk(level, rest)

    def _group(self) -> dict[str, Any]:
        is_label = self._label_of is not None or self.source.description.is_label
        channels = () if is_label else self._channels or channel_views(self.source)
        shapes = [level.shape for level in self.source.levels]
        description = dataclasses.replace(self.source.description, name=self.name)
        return ome_zarr.image_group(shapes, description, name=self.name, channels=channels, label_of=self._label_of)

    def _get_label(self, key: str) -> bytes | None:
        if key == METADATA:
            return to_bytes(ome_zarr.labels_group(self._labels)) if self._labels else None
        name, _, rest = key.partition("/")
        label = self._labels.get(name)
        return None if label is None else label.get(rest)

    def _get_chunk(self, level: int, key: str) -> bytes | None:
        region = self.chunk_region(level, key)
        if region is None:
            return None
        block = self.source.read(region, level=level)
        chunk = self._layouts[level].chunk
        if block.shape != chunk:
            whole = np.zeros(chunk, self.source.dtype)
            whole[tuple(slice(0, n) for n in block.shape)] = block
            block = whole
        little = block.astype(self.source.dtype.newbyteorder("<"), copy=False)
        return _CODEC.encode(np.ascontiguousarray(little))

    def chunk_region(self, level: int, key: str) -> Region | None:
        """The region of a level that a chunk's key (``c/0/0/0/3/5``) stands for, or None when there is no such chunk."""
        prefix, *parts = key.split("/")
        indices = [_index(part) for part in parts]
        if prefix != "c" or len(indices) != 5:
            return None
        shape, layout = self.source.levels[level].shape, self._layouts[level]
        start = []
        for index, length, chunk in zip(indices, shape, layout.chunk, strict=True):
            if index is None or index >= math.ceil(length / chunk):
                return None
            start.append(index * chunk)
        return Region(Size(*start), layout.chunk).clipped(shape)

    def layout(self, level: int) -> Layout:
        """How a level is cut into chunks."""
        return self._layouts[level]


def _index(text: str) -> int | None:
    """A whole number written the one way Zarr writes it, else None."""
    if not text.isascii() or not text.isdecimal() or (len(text) > 1 and text[0] == "0") or len(text) > 12:
        return None
    return int(text)


@dataclass(frozen=True, slots=True)
class LiveField:
    """One field of a well: ``load`` gives its image when it is asked for; ``acquisition`` is the run it belongs to."""

    load: Callable[[], LiveGroup]
    acquisition: int = 0


class LivePlate:
    """A plate as OME-Zarr 0.5: ``zarr.json``, ``A/1/zarr.json``, ``A/1/0/0/c/0/0/0/0/0``, ...

    ``wells`` gives the fields of each well by zero-based (row, column), in order. Images are loaded only when a key
    below them is asked for.
    """

    def __init__(self, name: str, *, rows: int, columns: int, wells: Mapping[tuple[int, int], Sequence[LiveField]]) -> None:
        self.name, self.rows, self.columns = name, rows, columns
        self._wells = {where: tuple(fields) for where, fields in wells.items() if fields}
        self._paths = {ome_zarr.well_path(*where): where for where in self._wells}
        self._row_names = {ome_zarr.row_name(row) for row, _ in self._wells}

    def get(self, key: str) -> bytes | None:
        """The bytes of a key, or None when there is nothing there."""
        if key == METADATA:
            return to_bytes(self._group())
        row, _, rest = key.partition("/")
        if rest == METADATA:
            return to_bytes(ome_zarr.group()) if row in self._row_names else None
        column, _, rest = rest.partition("/")
        where = self._paths.get(f"{row}/{column}")
        if where is None:
            return None
        fields = self._wells[where]
        if rest == METADATA:
            return to_bytes(ome_zarr.well_group([(str(i), field.acquisition) for i, field in enumerate(fields)]))
        number, _, rest = rest.partition("/")
        index = _index(number)
        return fields[index].load().get(rest) if index is not None and index < len(fields) else None

    def _group(self) -> dict[str, Any]:
        fields = [field for fields in self._wells.values() for field in fields]
        return ome_zarr.plate_group(
            self.name,
            rows=self.rows,
            columns=self.columns,
            wells=self._wells,
            field_count=max((len(fields) for fields in self._wells.values()), default=1),
            acquisitions={field.acquisition for field in fields},
        )


class LiveCollection:
    """Several images in the layout of bioformats2raw: ``zarr.json``, ``OME/zarr.json``, ``OME/METADATA.ome.xml``, ``0/...``"""

    def __init__(self, loaders: Sequence[Callable[[], LiveGroup]], *, ome_xml: str | None = None) -> None:
        self._loaders = tuple(loaders)
        self._ome_xml = ome_xml

    def get(self, key: str) -> bytes | None:
        """The bytes of a key, or None when there is nothing there."""
        if key == METADATA:
            return to_bytes(ome_zarr.collection_group())
        if key == f"OME/{METADATA}":
            return to_bytes(ome_zarr.series_group([str(i) for i in range(len(self._loaders))]))
        if key == "OME/METADATA.ome.xml":
            return None if self._ome_xml is None else self._ome_xml.encode()
        number, _, rest = key.partition("/")
        index = _index(number)
        return self._loaders[index]().get(rest) if index is not None and index < len(self._loaders) else None
