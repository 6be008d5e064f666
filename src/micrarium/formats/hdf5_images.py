"""Images in HDF5 files, whatever software wrote them: datasets whose dimensions are some of ``tczyx``, read by hyperslabs.

HDF5 lets a file name others: by external links, by external storage, by virtual datasets. A stranger's file could so show
what it should not, hence links are followed by ourselves: to files in the same folder and nowhere else.
"""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from threading import RLock
from typing import Any

import h5py
import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.planes import Array, FileSource, OpenedFile
from micrarium.formats.reader import check_claim, damage_told
from micrarium.geometry import Region, Size
from micrarium.pixels.source import ImageDescription, Level

_CACHE_BYTES = 16 << 20
_MOST_DATASETS = 4
_MOST_LINKS = 8
_LARGEST_CHUNK_BYTES = 1 << 30
_LARGEST_CHUNK_SIDE = 512
_LARGEST_ATTRIBUTE = 4096
_LONGEST_VALUE = 65536
#: More groups and datasets than this would take seconds to walk.
MOST_OBJECTS = 4000


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where the pixels of one resolution lie: the dataset of a (t, c), the letter of each of its dimensions, and the size.

    Letters that are no dimension of the datasets choose among them. ``is_unsigned`` says that signed numbers are meant unsigned.
    ``example`` is a dataset that is there, where the first may be absent.
    """

    dataset: Callable[[int, int], str]
    axes: str
    shape: Size
    is_unsigned: bool = False
    example: str = ""

    @property
    def first(self) -> str:
        """A dataset that is there."""
        return self.example or self.dataset(0, 0)


class Hdf5Source(FileSource):
    """One image of an HDF5 file."""

    file: Hdf5File

    def __init__(
        self, file: Hdf5File, index: int, arrangements: list[Arrangement], description: ImageDescription, samples: int = 1
    ) -> None:
        super().__init__(file, index)
        self._arrangements = arrangements
        first = file.dataset(arrangements[0].first)
        if first is None:
            raise UnreadableFile(f"{file.path.name} is damaged: it has no {arrangements[0].first}")
        self.dtype = pixel_type(file.path, first.dtype, is_unsigned=arrangements[0].is_unsigned)
        self.samples = samples
        self.levels = tuple(Level(one.shape, self._chunk(one)) for one in arrangements)
        claimed = prod(arrangements[0].shape) * self.dtype.itemsize
        check_claim(file.path, decoded_bytes=claimed, stored_bytes=file.stored_bytes())
        self.description = description

    def _chunk(self, arrangement: Arrangement) -> Size:
        """The chunk of a resolution, or for what is not chunked the part of a plane that is cheap enough."""
        dataset = self.file.dataset(arrangement.first)
        chunks = None if dataset is None else dataset.chunks
        known = {} if chunks is None else dict(zip(arrangement.axes, chunks, strict=True))
        if chunks is not None and prod(chunks) * self.dtype.itemsize > _LARGEST_CHUNK_BYTES:
            raise UnreadableFile(f"{self.file.path.name} has chunks of {chunks} pixels, more than can be decoded at once")
        natural = [known.get(axis, _LARGEST_CHUNK_SIDE if axis in "yx" else 1) for axis in "tczyx"]
        return Size(*(max(1, min(a, b)) for a, b in zip(natural, arrangement.shape, strict=True)))

    def read(self, region: Region, *, level: int = 0) -> Array:
        """The pixels of a region of one level, ``tczyx``; datasets that are absent read as zeros."""
        self.check(region, level)
        arrangement = self._arrangements[level]
        out = np.zeros(region.shape, self.dtype)
        separate = [range(n) if axis not in arrangement.axes else range(1) for axis, n in zip("tc", region.shape, strict=False)]
        with damage_told(self.file.path):
            for t in separate[0]:
                for c in separate[1]:
                    part = self._read_part(arrangement, region, region.start.t + t, region.start.c + c)
                    if part is not None:
                        times = slice(None) if "t" in arrangement.axes else slice(t, t + 1)
                        channels = slice(None) if "c" in arrangement.axes else slice(c, c + 1)
                        out[times, channels] = part
        return out

    def _read_part(self, arrangement: Arrangement, region: Region, t: int, c: int) -> Array | None:
        """What one dataset has of a region, with all five axes."""
        part = self.file.read(arrangement.dataset(t, c), [region.slices["tczyx".index(axis)] for axis in arrangement.axes])
        if part is None:
            return None
        part = part.view(self.dtype) if part.dtype.itemsize == self.dtype.itemsize and arrangement.is_unsigned else part
        present = [axis for axis in "tczyx" if axis in arrangement.axes]
        ordered = part.transpose([arrangement.axes.index(axis) for axis in present])
        return ordered.reshape([ordered.shape[present.index(axis)] if axis in present else 1 for axis in "tczyx"])


def is_number(dtype: np.dtype[Any]) -> bool:
    """Whether values of this type can be pixels."""
    return dtype.kind in "biufc" and dtype.itemsize <= (16 if dtype.kind == "c" else 8)


def pixel_type(path: Path, dtype: np.dtype[Any], *, is_unsigned: bool = False) -> np.dtype[Any]:
    """The type that pixels of a dataset come in. Raises ``UnreadableFile`` for what is no number."""
    if not is_number(dtype):
        raise UnreadableFile(f"{path.name} holds values of the type {dtype}, which are no pixels")
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    return np.dtype(f"u{dtype.itemsize}" if is_unsigned and dtype.kind == "i" else dtype.str[1:])


class Hdf5File(OpenedFile):
    """An opened HDF5 file and those beside it that its links lead to."""

    def __init__(self, path: Path, reader: str, version: str, *, hdf5: Path | None = None) -> None:
        super().__init__(path, reader, version)
        self._lock = RLock()
        self._closed = False
        self._opened: dict[Path, h5py.File] = {}
        self._datasets: OrderedDict[str, h5py.Dataset | None] = OrderedDict()
        self._main = hdf5 or path
        self.files = tuple(dict.fromkeys([path, self._main]))
        weakref.finalize(self, _close_all, self._opened)  # a source that was unpickled has nobody to close its file
        try:
            self._container(self._main)
            self.look()
        except BaseException:
            self.close()
            raise
        self.files = tuple(dict.fromkeys([path, *self._opened]))

    @abstractmethod
    def look(self) -> None:
        """Find the images. For the formats to say."""

    def stored_bytes(self) -> int:
        """How many bytes the opened files have together."""
        return sum(path.stat().st_size for path in self._opened)

    def _container(self, path: Path) -> h5py.File:
        if self._closed:
            raise UnreadableFile(f"{self.path.name} was closed")
        if path not in self._opened:
            self._opened[path] = h5py.File(path, "r", locking=False, rdcc_nbytes=_CACHE_BYTES)
        return self._opened[path]

    def find(self, name: str) -> Any:
        """The group or dataset at a path, None where there is none. Links lead no further than this folder."""
        with self._lock:
            return self._follow(self._container(self._main), name, _MOST_LINKS)

    def _follow(self, start: h5py.Group, name: str, hops: int) -> Any:
        found: Any = start
        parts = [part for part in name.split("/") if part and part != "."]
        for number, part in enumerate(parts):
            link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
            rest = "/".join(parts[number + 1 :])
            if link is None or hops < 0:
                return None
            if isinstance(link, h5py.HardLink):
                found = found[part]
            elif isinstance(link, h5py.ExternalLink):
                beside = self.beside(link.filename)
                return beside and self._follow(self._container(beside), f"{link.path}/{rest}", hops - 1)
            else:
                base = found.file if link.path.startswith("/") else found
                return self._follow(base, f"{link.path}/{rest}", hops - 1)
        return found

    def beside(self, name: str) -> Path | None:
        """The file of this name in the same folder; None where it is absent, lies elsewhere or is a link to elsewhere."""
        found = self._main.with_name(Path(name).name)
        return found if found.name == name and found.is_file() and not found.is_symlink() else None

    def dataset(self, name: str) -> h5py.Dataset | None:
        """The dataset at a path, kept open with the last few; None where there is none."""
        with self._lock:
            if name not in self._datasets:
                found = self.find(name)
                self._datasets[name] = check_dataset(self.path, found) if isinstance(found, h5py.Dataset) else None
                while len(self._datasets) > _MOST_DATASETS:
                    self._datasets.popitem(last=False)
            self._datasets.move_to_end(name)
            return self._datasets[name]

    def read(self, name: str, slices: list[slice]) -> Array | None:
        """A hyperslab of a dataset; None where there is no such dataset."""
        with self._lock:
            if self._closed:
                raise UnreadableFile(f"{self.path.name} was closed")
            dataset = self.dataset(name)
            return None if dataset is None else np.asarray(dataset[tuple(slices)])

    def walk(self) -> Iterator[tuple[str, Any]]:
        """The groups and datasets that hard links lead to, by their paths, each once; at most ``MOST_OBJECTS``."""
        found: list[tuple[str, Any]] = []

        def visit(name: str, one: Any) -> bool | None:
            found.append((name, one))
            return True if len(found) >= MOST_OBJECTS else None

        with self._lock:
            self._container(self._main).visititems(visit)
        yield from found

    def original_metadata(self) -> dict[str, str]:
        """The attributes of the first ``MOST_OBJECTS`` by their paths; those of more than 4096 values are left out."""
        found: dict[str, str] = {}
        with self._lock, suppress(Exception):  # a group that cannot be walked is no reason to refuse the pixels
            for name, one in [("", self._container(self._main)), *self.walk()]:
                found |= {f"{name}@{key}".lstrip("/"): value for key, value in flat_attributes(one).items()}
        return found

    def close(self) -> None:
        """Close the files; a thread that is reading finishes first."""
        with self._lock:
            self._closed = True
            self._datasets.clear()
            _close_all(self._opened)


def _close_all(opened: dict[Path, h5py.File]) -> None:
    for file in opened.values():
        with suppress(Exception):  # a damaged file may not even close
            file.close()


def check_dataset(path: Path, dataset: h5py.Dataset) -> h5py.Dataset:
    """The dataset of the file at ``path``.

    Raises ``UnreadableFile`` where its values lie in other files, or need a filter that is not installed.
    """
    if dataset.external or (dataset.is_virtual and any(source.file_name != "." for source in dataset.virtual_sources())):
        told = f"its dataset {dataset.name} lies in other files"
        raise UnreadableFile(f"{path.name} cannot be read: {told}, which are not followed")
    properties = dataset.id.get_create_plist()
    for number in range(properties.get_nfilters()):
        code, _, _, name = properties.get_filter(number)
        if not h5py.h5z.filter_avail(code) and not _plugins_help(code):
            shown = name.decode("latin-1").split("\0")[0] or "without a name"
            told = f"its dataset {dataset.name} is compressed by filter {code} ({shown})"
            raise UnreadableFile(f"{path.name} cannot be read: {told}; install the package hdf5plugin to read it")
    return dataset


def _plugins_help(code: int) -> bool:
    """Whether the package hdf5plugin, where it is installed, brings a filter."""
    with suppress(ImportError):
        import hdf5plugin  # type: ignore[import-not-found]  # noqa: F401 (registers filters when it is imported)

        return bool(h5py.h5z.filter_avail(code))
    return False


def attribute(one: Any, name: str) -> Any:
    """An attribute of an object, None where it is absent, too long or damaged."""
    with suppress(Exception):  # HDF5 raises anything over damaged attributes, and they are no reason to refuse the pixels
        if one is not None and name in one.attrs and prod(one.attrs.get_id(name).shape or ()) <= _LARGEST_ATTRIBUTE:
            return one.attrs[name]
    return None


def text(value: Any) -> str:
    """An attribute as text: strings of any kind, arrays of single letters, numbers."""
    if isinstance(value, bytes):
        return value.split(b"\0")[0].decode("utf-8", "replace")
    if isinstance(value, np.ndarray) and value.dtype.kind == "S" and value.dtype.itemsize == 1:
        return bytes(value.tobytes()).split(b"\0")[0].decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return ", ".join(text(part) for part in value.reshape(-1).tolist())
    return "" if value is None else str(value)


def flat_attributes(one: Any) -> dict[str, str]:
    """All attributes of an object as text."""
    names: list[str] = []
    with suppress(Exception):  # as above
        names = list(one.attrs)
    return {name: text(value)[:_LONGEST_VALUE] for name in names if (value := attribute(one, name)) is not None}
