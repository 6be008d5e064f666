"""The datasets of an HDF5 file as images: what their dimensions are, by attributes where there are any."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import h5py
import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.axes import guess_axes
from micrarium.formats.hdf5_images import MOST_OBJECTS, Arrangement, Hdf5File, Hdf5Source, attribute, check_dataset, is_number, text
from micrarium.geometry import Quantity, Size
from micrarium.pixels.source import ChannelDescription, ImageDescription

_MOST_IMAGES = 1000
_LETTERS = {
    "time": "t",
    "channel": "c",
    "channels": "c",
    "color": "c",
    "colour": "c",
    "z": "z",
    "y": "y",
    "x": "x",
    "t": "t",
    "c": "c",
}


class DatasetsFile(Hdf5File):
    """An opened HDF5 file: each dataset of two to five dimensions is an image."""

    def look(self) -> None:
        """Find all datasets that can be images."""
        walked = list(self.walk())
        found = [(name, one) for name, one in walked if isinstance(one, h5py.Dataset) and _is_image(one)]
        sources: list[Hdf5Source] = []
        problems = [f"Only the first {_MOST_IMAGES} of {len(found)} datasets are images here"] if len(found) > _MOST_IMAGES else []
        if len(walked) >= MOST_OBJECTS:
            problems.append(f"Only the first {MOST_OBJECTS} groups and datasets were looked at")
        for name, dataset in found[:_MOST_IMAGES]:
            try:
                check_dataset(self.path, dataset)
                sources.append(self._source(name, dataset, len(sources), is_only=len(found) == 1))
            except UnreadableFile as error:
                problems.append(f"Dataset {name} was left out: {error.detail}")
        if not sources:
            why = problems[0] if problems else "none of its datasets has two to five dimensions of numbers"
            raise UnreadableFile(f"{self.path.name} holds no image that can be read: {why}")
        self.images = tuple(sources)
        self.warnings = tuple(problems)

    def _source(self, name: str, dataset: h5py.Dataset, index: int, *, is_only: bool) -> Hdf5Source:
        axes = axes_of(dataset)
        sizes = dict(zip(axes, dataset.shape, strict=True))
        shape = Size(*(int(sizes.get(axis, 1)) for axis in "tczyx"))
        samples = shape.c if text(attribute(dataset, "IMAGE_SUBCLASS")) == "IMAGE_TRUECOLOR" and shape.c in (3, 4) else 1
        title = self.path.stem if is_only else f"{self.path.stem} {name}"
        about = _describe(dataset, title, shape.c // samples)
        return Hdf5Source(self, index, [Arrangement(lambda _t, _c: name, axes, shape)], about, samples)


def _is_image(dataset: h5py.Dataset) -> bool:
    with suppress(Exception):  # types that h5py has no name for are no pixels
        return is_number(dataset.dtype) and 2 <= len(dataset.shape or ()) <= 5 and min(dataset.shape) > 0
    return False


def axes_of(dataset: h5py.Dataset) -> str:
    """The letter of each dimension: by ilastik's axis tags, by labels, by an attribute ``axes``; else a guess."""
    count = len(dataset.shape)
    for told in (_by_axistags(dataset), _by_labels(dataset), _by_axes(dataset)):
        if len(told) == count and len(set(told)) == count and {"y", "x"} <= set(told) <= set("tczyx"):
            return told
    if text(attribute(dataset, "IMAGE_SUBCLASS")) == "IMAGE_TRUECOLOR" and count == 3:
        return "cyx" if text(attribute(dataset, "INTERLACE_MODE")) == "INTERLACE_PLANE" else "yxc"
    return guess_axes(dataset.shape)


def _by_axistags(dataset: h5py.Dataset) -> str:
    with suppress(ValueError, KeyError, TypeError):
        return "".join(str(axis["key"]) for axis in json.loads(text(attribute(dataset, "axistags")))["axes"])
    return ""


def _by_labels(dataset: h5py.Dataset) -> str:
    labels = attribute(dataset, "DIMENSION_LABELS")
    names = [text(label).lower() for label in labels] if isinstance(labels, np.ndarray) else []
    return "".join(_LETTERS.get(name, "?") for name in names)


def _by_axes(dataset: h5py.Dataset) -> str:
    told = attribute(dataset, "axes")
    names = list(text(told)) if isinstance(told, (str, bytes)) else [text(one) for one in told] if told is not None else []
    return "".join(_LETTERS.get(name.lower(), "?") for name in names)


def _describe(dataset: h5py.Dataset, name: str, channels: int) -> ImageDescription:
    found: dict[str, Any] = {"name": name, "description": text(attribute(dataset, "description"))}
    sizes = attribute(dataset, "element_size_um")
    if isinstance(sizes, np.ndarray) and sizes.dtype.kind in "fiu":
        for axis, size in zip("xyz", sizes.reshape(-1)[::-1].tolist(), strict=False):
            found[f"physical_size_{axis}"] = Quantity(size, "µm") if np.isfinite(size) and size > 0 else None
    window = _range(dataset)
    found["channels"] = (ChannelDescription(window=window),) * channels
    # ilastik shows segmentations, and nothing else, in random colours.
    is_label = text(attribute(dataset, "display_mode")) == "random-colortable" and dataset.dtype.kind in "iu"
    found["is_label"] = bool(is_label) and channels == 1
    return ImageDescription(**found)


def _range(dataset: h5py.Dataset) -> tuple[float, float] | None:
    """The display range, by ilastik or by the specification of images in HDF5."""
    for name in ("drange", "IMAGE_MINMAXRANGE"):
        values = re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?", text(attribute(dataset, name)))
        if len(values) == 2 and float(values[0]) < float(values[1]):
            return float(values[0]), float(values[1])
    return None
