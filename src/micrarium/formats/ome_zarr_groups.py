"""The JSON of OME-Zarr folders: groups, arrays and axes, whatever the Zarr and OME-Zarr versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.geometry import AXES, Quantity, Size

_LARGEST_JSON_BYTES = 64 << 20
_LARGEST_CHUNK_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Group:
    """A Zarr group: where it is and its OME attributes (those under ``ome`` in version 0.5)."""

    path: Path
    attributes: dict[str, Any]

    def child(self, name: str) -> Path:
        """The path of something in this group. Raises ``UnreadableFile`` for names that lead out of it."""
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or PurePosixPath(name).is_absolute():
            raise UnreadableFile(f"{self.path.name} names a path outside of itself: {name!r}")
        return self.path.joinpath(*parts)


@dataclass(frozen=True, slots=True)
class ArrayInfo:
    """What the metadata of a Zarr array says; ``chunk`` is the smallest piece that can be read."""

    path: Path
    zarr_format: int
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: np.dtype[Any]


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object, None when there is no such file. Raises ``UnreadableFile`` when it is no JSON object."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_JSON_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        found = json.loads(data)
    except ValueError as error:
        raise UnreadableFile(f"{path.parent.name}/{path.name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise UnreadableFile(f"{path.parent.name}/{path.name} holds no JSON object")
    return found


def read_group(path: Path) -> Group | None:
    """The group in a folder, None when there is none."""
    modern = read_json(path / "zarr.json")
    if modern is not None and modern.get("node_type") == "group":
        attributes = modern.get("attributes") or {}
        inner = attributes.get("ome")
        return Group(path, inner if isinstance(inner, dict) else attributes)
    attributes = read_json(path / ".zattrs") or {}
    if attributes or (path / ".zgroup").is_file():
        return Group(path, attributes)
    return None


def read_array_info(path: Path) -> ArrayInfo:
    """What a Zarr array's metadata says. Raises ``UnreadableFile`` when there is none or it makes no sense."""
    where = f"{path.parent.name}/{path.name}"
    modern = read_json(path / "zarr.json")
    old = None if modern is not None else read_json(path / ".zarray")
    if modern is None and old is None:
        raise UnreadableFile(f"{where} is missing: it should be a Zarr array")
    try:
        info = _modern_array(path, modern) if modern is not None else _old_array(path, old or {})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableFile(f"The Zarr metadata of {where} is damaged: {error}") from error
    fits = len(info.shape) == len(info.chunk) and min((*info.shape, *info.chunk), default=0) >= 1
    if not fits:
        raise UnreadableFile(f"The Zarr metadata of {where} gives impossible sizes: {info.shape} in chunks of {info.chunk}")
    held = [min(size, chunk) for size, chunk in zip(info.shape, info.chunk, strict=True)]
    if float(np.prod([float(size) for size in held])) * info.dtype.itemsize > _LARGEST_CHUNK_BYTES:
        raise UnreadableFile(f"The chunks of {where} are larger than {_LARGEST_CHUNK_BYTES >> 30} GiB each")
    return info


def _modern_array(path: Path, found: dict[str, Any]) -> ArrayInfo:
    if found.get("node_type") != "array":
        raise ValueError("it is a group where an array should be")
    chunk = tuple(int(size) for size in found["chunk_grid"]["configuration"]["chunk_shape"])
    for codec in found.get("codecs") or []:
        if codec.get("name") == "sharding_indexed":
            chunk = tuple(int(size) for size in codec["configuration"]["chunk_shape"])
    return ArrayInfo(path, 3, tuple(int(size) for size in found["shape"]), chunk, np.dtype(found["data_type"]))


def _old_array(path: Path, found: dict[str, Any]) -> ArrayInfo:
    shape, chunk = (tuple(int(size) for size in found[key]) for key in ("shape", "chunks"))
    return ArrayInfo(path, 2, shape, chunk, np.dtype(found["dtype"]).newbyteorder("="))


@dataclass(frozen=True, slots=True)
class AxisMap:
    """Which of ``tczyx`` each axis of an array is, and the units they have."""

    letters: str
    units: tuple[str, ...]

    def size(self, shape: tuple[int, ...]) -> Size:
        """A shape of the array along ``tczyx``, 1 where it has no such axis."""
        if len(shape) != len(self.letters):
            raise UnreadableFile(f"An array has {len(shape)} dimensions, its axes say {len(self.letters)}")
        sizes = dict(zip(self.letters, shape, strict=True))
        return Size(*(sizes.get(letter, 1) for letter in AXES))

    def index(self, slices: tuple[slice, ...]) -> tuple[slice, ...]:
        """An index along ``tczyx`` as one into the array."""
        return tuple(slices[AXES.index(letter)] for letter in self.letters)

    def as_tczyx(self, block: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
        """A block of the array with its axes in ``tczyx`` order."""
        order = [self.letters.index(letter) for letter in AXES if letter in self.letters]
        turned = block.transpose(order)
        shape = [block.shape[self.letters.index(letter)] if letter in self.letters else 1 for letter in AXES]
        return turned.reshape(shape)

    def quantity(self, letter: str, scale: list[float]) -> Quantity | None:
        """The size of a step along one axis, None where the file gives it no unit."""
        if letter not in self.letters:
            return None
        place = self.letters.index(letter)
        unit = self.units[place]
        value = scale[place] if place < len(scale) else 0.0
        return Quantity(float(value), unit) if unit and value > 0 else None


def read_axes(multiscale: dict[str, Any], dimensions: int) -> AxisMap:
    """The axes of a multiscale image: objects since 0.4, names in 0.3, unsaid before."""
    said = multiscale.get("axes")
    if not said:
        return AxisMap(AXES[-dimensions:], ("",) * dimensions)
    letters: list[str] = []
    units: list[str] = []
    for axis in said:
        name, kind, unit = (
            (axis, "", "") if isinstance(axis, str) else (str(axis.get("name", "")), axis.get("type"), axis.get("unit"))
        )
        letters.append({"time": "t", "channel": "c"}.get(kind or "", name.lower()[:1]))
        units.append(str(unit or ""))
    left = [letter for letter in "zyx"[-letters_unknown(letters) :] if letter not in letters] if letters_unknown(letters) else []
    letters = [letter if letter in AXES else (left.pop(0) if left else "?") for letter in letters]
    if "?" in letters or len(set(letters)) != len(letters) or not {"y", "x"} <= set(letters):
        raise UnreadableFile(f"Axes such as these are not supported: {said}")
    return AxisMap("".join(letters), tuple(units))


def letters_unknown(letters: list[str]) -> int:
    """How many axes have names that are none of ``tczyx``."""
    return sum(letter not in AXES for letter in letters)


def scale_of(multiscale: dict[str, Any], dataset: dict[str, Any]) -> list[float]:
    """The scale of one resolution: its own times the one of the whole image."""
    scales = [
        [float(value) for value in transform["scale"]]
        for transforms in (dataset.get("coordinateTransformations"), multiscale.get("coordinateTransformations"))
        for transform in transforms or []
        if isinstance(transform, dict) and transform.get("type") == "scale" and isinstance(transform.get("scale"), list)
    ]
    if not scales:
        return []
    return [float(np.prod(values)) for values in zip(*scales, strict=False)]
