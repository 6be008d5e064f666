"""The images of a BigDataViewer dataset in N5: a folder of blocks for each view, time and resolution, read by tensorstore."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.bdv_views import describe_views, group_views
from micrarium.formats.bdv_xml import Views, ViewSetup
from micrarium.formats.ome_zarr_store import open_store
from micrarium.formats.planes import Array, FileSource, OpenedFile
from micrarium.formats.reader import check_claim, damage_told
from micrarium.geometry import Region, Size
from micrarium.pixels.source import ImageDescription, Level

_TYPES = {f"{kind}{bits}" for kind in ("uint", "int") for bits in (8, 16, 32, 64)} | {"float32", "float64"}
_MOST_LEVELS = 32
_LARGEST_JSON_BYTES = 1 << 20
_LARGEST_BLOCK_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class _Blocks:
    """What an array says of itself: its size and that of its blocks along zyx, and its type."""

    shape: tuple[int, int, int]
    block: tuple[int, int, int]
    type: str


class N5Source(FileSource):
    """The image that some views make."""

    file: BdvN5File

    def __init__(self, file: BdvN5File, index: int, setups: list[ViewSetup], about: ImageDescription) -> None:
        super().__init__(file, index)
        self._numbers = [setup.number for setup in setups]
        arrays = file.arrays(self._numbers[0])
        self.dtype = np.dtype(arrays[0].type)
        self.levels = tuple(
            Level(
                Size(len(file.views.times), len(setups), *one.shape),
                Size(1, 1, *(min(a, b) for a, b in zip(one.block, one.shape, strict=True))),
            )
            for one in arrays
        )
        claimed = prod(self.levels[0].shape) * self.dtype.itemsize
        check_claim(file.path, decoded_bytes=claimed, stored_bytes=sum(Path(one).stat().st_size for one in file.files))
        self.description = about

    def read(self, region: Region, *, level: int = 0) -> Array:
        """The pixels of a region of one level, ``tczyx``; views that were never taken read as zeros."""
        self.check(region, level)
        out = np.zeros(region.shape, self.dtype)
        z, y, x = region.slices[2:]
        with damage_told(self.file.path):
            for t in range(region.shape.t):
                for c in range(region.shape.c):
                    time, setup = self.file.views.times[region.start.t + t], self._numbers[region.start.c + c]
                    store = self.file.store(time, setup, level)
                    if store is not None:
                        out[t, c] = np.asarray(store[x, y, z].read().result()).transpose(2, 1, 0)
        return out


class BdvN5File(OpenedFile):
    """An opened BigDataViewer dataset whose pixels lie in N5."""

    def __init__(self, path: Path, reader: str, version: str, views: Views) -> None:
        super().__init__(path, reader, version)
        self.views = views
        self._closed = False
        self._root = views.pixels
        if not self._root.is_dir() or self._root.is_symlink():
            raise UnreadableFile(f"{path.name} has its images in {self._root.name}, which is no folder beside it")
        self.files = (path, *sorted(one for one in self._root.rglob("*") if one.is_file() and not one.is_symlink()))
        self.store = lru_cache(64)(self._open_store)
        groups = group_views(views.setups, self._look)
        if not groups:
            raise UnreadableFile(f"{path.name} holds no image: none of its {len(views.setups)} views has pixels")
        sources: list[N5Source] = []
        for setups in groups:
            about = describe_views(
                path.stem, setups, is_deep=self.arrays(setups[0].number)[0].shape[0] > 1, is_only=len(groups) == 1
            )
            sources.append(N5Source(self, len(sources), setups, about))
        self.images = tuple(sources)

    def _look(self, setup: int) -> tuple[Any, ...] | None:
        arrays = self.arrays(setup)
        return (arrays[0].shape, arrays[0].type) if arrays else None

    def _place(self, time: int, setup: int, level: int) -> Path:
        return self._root / f"setup{setup}" / f"timepoint{time}" / f"s{level}"

    def arrays(self, setup: int) -> list[_Blocks]:
        """The resolutions of a view, at the first time that has any."""
        for time in self.views.times:
            found: list[_Blocks] = []
            for level in range(_MOST_LEVELS):
                one = _read_attributes(self._place(time, setup, level))
                if one is None or (found and not _is_smaller(one.shape, found[-1].shape)):
                    break
                found.append(one)
            if found:
                return found
        return []

    def _open_store(self, time: int, setup: int, level: int) -> Any:
        place = self._place(time, setup, level)
        if self._closed:
            raise UnreadableFile(f"{self.path.name} was closed")
        return open_store("n5", place) if (place / "attributes.json").is_file() else None

    def original_metadata(self) -> dict[str, str]:
        """Everything in the XML."""
        return dict(self.views.metadata)

    def close(self) -> None:
        """Read no more; nothing is held open."""
        self._closed = True
        self.store.cache_clear()


def _is_smaller(shape: tuple[int, ...], above: tuple[int, ...]) -> bool:
    return shape != above and all(a <= b for a, b in zip(shape, above, strict=True))


def _read_attributes(folder: Path) -> _Blocks | None:
    """What an array says of itself, None where there is none of three dimensions of numbers."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        with (folder / "attributes.json").open("rb") as file:
            told = json.loads(file.read(_LARGEST_JSON_BYTES))
        (x, y, z), (across, down, deep) = ([int(size) for size in told[key]] for key in ("dimensions", "blockSize"))
        is_sound = min(x, y, z, across, down, deep) > 0 and across * down * deep * 8 <= _LARGEST_BLOCK_BYTES
        if is_sound and told["dataType"] in _TYPES:
            return _Blocks((z, y, x), (deep, down, across), told["dataType"])
    return None
