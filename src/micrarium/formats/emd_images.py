"""The images of an EMD file: groups marked by Berkeley's attribute, or those under Velox's ``Data/Image``."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import h5py
import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.emd_metadata import describe_velox, flatten
from micrarium.formats.hdf5_images import Arrangement, Hdf5File, Hdf5Source, attribute, is_number, text
from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

_LARGEST_JSON_BYTES = 4 << 20
_MOST_IMAGES = 1000
_ENERGIES = ("eV", "keV")


class EmdFile(Hdf5File):
    """An opened EMD file."""

    def look(self) -> None:
        """Find the images of either kind."""
        self._notes: dict[str, str] = {}
        self._sources: list[Hdf5Source] = []
        self._problems: list[str] = []
        groups = [(name, one) for name, one in self.walk() if isinstance(one, h5py.Group)]
        berkeley = [(name, one) for name, one in groups if text(attribute(one, "emd_group_type")) == "1"]
        velox = [(name, one) for name, one in groups if name.startswith("Data/Image/") and name.count("/") == 2]
        chosen = (velox or berkeley)[:_MOST_IMAGES]
        for name, group in chosen:
            try:
                (self._add_velox if velox else self._add_berkeley)(name, group, is_only=len(chosen) == 1)
            except UnreadableFile as error:
                self._problems.append(f"Image {name} was left out: {error.detail}")
        if not self._sources:
            why = self._problems[0] if self._problems else "it has neither Velox's nor Berkeley's groups of images"
            raise UnreadableFile(f"{self.path.name} holds no image that can be read: {why}")
        if any(name == "Data/SpectrumStream" for name, _ in groups):
            self._problems.append("Streams of spectra are not read; the images beside them are")
        self.images, self.warnings = tuple(self._sources), tuple(self._problems)

    def _pixels(self, group: h5py.Group, name: str) -> h5py.Dataset:
        data = self.dataset(name)
        if data is None or not is_number(data.dtype) or not 1 <= len(data.shape) <= 5 or min(data.shape) < 1:
            raise UnreadableFile(f"{group.name} has no data of one to five dimensions of numbers")
        return data

    def _add_berkeley(self, name: str, group: h5py.Group, *, is_only: bool) -> None:
        data = self._pixels(group, f"{name}/data")
        dimensions = [self.find(f"{name}/dim{number + 1}") for number in range(len(data.shape))]
        axes = name_axes([text(attribute(one, "name")) for one in dimensions], [_unit(one) for one in dimensions])
        title = self.path.stem if is_only else f"{self.path.stem} {name.rsplit('/', 1)[-1]}"
        found: dict[str, Any] = {"name": title}
        for axis, one, size in zip(axes, dimensions, data.shape, strict=True):
            quantity = _step(one) if size > 1 or axis in "xy" else None
            if quantity is not None and axis in "xyz" and quantity.um is not None:
                found[f"physical_size_{axis}"] = quantity
            elif quantity is not None and axis == "t" and quantity.seconds is not None:
                found["time_increment"] = quantity
            elif axis == "t" and _unit(one) in _ENERGIES:
                found["modulo"] = {"t": "lambda"}
        sizes = dict(zip(axes, data.shape, strict=True))
        shape = Size(*(int(sizes.get(axis, 1)) for axis in "tczyx"))
        found["channels"] = (ChannelDescription(),) * shape.c
        self._add(f"{name}/data", axes, shape, ImageDescription(**found))

    def _add_velox(self, name: str, group: h5py.Group, *, is_only: bool) -> None:
        data = self._pixels(group, f"{name}/Data")
        if len(data.shape) != 3:
            raise UnreadableFile(f"{group.name} has {len(data.shape)} dimensions, where Velox has three")
        height, width, frames = (int(size) for size in data.shape)
        noted = self._velox_notes(name)
        flatten(noted, name, self._notes)
        shape = Size(frames, 1, 1, height, width)
        title = self.path.stem if is_only else f"{self.path.stem} #{len(self._sources) + 1}"
        self._add(f"{name}/Data", "yxt", shape, describe_velox(title, noted, shape))

    def _velox_notes(self, name: str) -> dict[str, Any]:
        """The JSON of the first frame, which lies as a column of bytes."""
        found = self.find(f"{name}/Metadata")
        with suppress(Exception):  # as with all metadata, whatever is wrong with it is no reason to refuse the pixels
            if isinstance(found, h5py.Dataset) and found.shape[0] <= _LARGEST_JSON_BYTES:
                column = found[:, 0] if len(found.shape) == 2 else found[:]
                noted = json.loads(column.astype("u1").tobytes().split(b"\0", 1)[0])
                return noted if isinstance(noted, dict) else {}
        return {}

    def _add(self, dataset: str, axes: str, shape: Size, about: ImageDescription) -> None:
        self._sources.append(Hdf5Source(self, len(self._sources), [Arrangement(lambda _t, _c: dataset, axes, shape)], about))

    def original_metadata(self) -> dict[str, str]:
        """Every attribute by its path, and Velox's notes on the first frame of each image."""
        return super().original_metadata() | self._notes


def name_axes(names: list[str], units: list[str]) -> str:
    """A letter for each dimension: the one it is called by, t for times and energies, then x, y, z, t, c from the last on."""
    letters = [name.strip().lower()[:1] if name.strip().lower() in (*"tczyx", "time") else "" for name in names]
    for number, unit in enumerate(units):
        if not letters[number] and (unit in _ENERGIES or Quantity(1, unit).seconds is not None):
            letters[number] = "t"
    letters = [letter if letter not in letters[:number] else "" for number, letter in enumerate(letters)]
    left = [letter for letter in "xyztc" if letter not in letters]
    for number in reversed(range(len(letters))):
        if not letters[number]:
            letters[number] = left.pop(0)
    return "".join(letters)


def _unit(dimension: Any) -> str:
    """A unit as Berkeley's files write it: ``[n_m]`` is nm, ``[eV]`` is eV."""
    return text(attribute(dimension, "units")).strip().strip("[]").replace("_", "")


def _step(dimension: Any) -> Quantity | None:
    """The distance of the first two values of a dimension's vector, in its unit."""
    with suppress(Exception):  # a vector that cannot be read gives no size
        if isinstance(dimension, h5py.Dataset) and len(dimension.shape) == 1 and dimension.shape[0] > 1 and _unit(dimension):
            first, second = (float(value) for value in dimension[:2])
            if np.isfinite(second - first) and second != first:
                return Quantity(abs(second - first), _unit(dimension))
    return None
