"""What rendering needs of an image, and how it reads no more of it than is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from micrarium.errors import InvalidInput
from micrarium.geometry import Region, Size
from micrarium.render.projecting import project_maximum
from micrarium.render.settings import RenderingSettings

Array = np.ndarray[Any, np.dtype[Any]]


class ReadableLevel(Protocol):
    """One resolution: its shape and natural chunk along ``tczyx``."""

    @property
    def shape(self) -> Size:
        """Its size."""

    @property
    def chunk(self) -> Size:
        """The piece it is cheapest to read by."""


class ReadableDescription(Protocol):
    """What has to be known about an image beside its pixels."""

    @property
    def is_label(self) -> bool:
        """Whether its pixels name objects."""


class Readable(Protocol):
    """An image that can be read region by region."""

    @property
    def levels(self) -> Sequence[ReadableLevel]:
        """Its resolutions from the full one down."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its pixels."""

    @property
    def description(self) -> ReadableDescription:
        """What is known of it."""

    def read(self, region: Region, *, level: int = 0) -> Array:
        """The pixels of a region of a level, with axes ``tczyx``."""


def read_shown(image: Readable, settings: RenderingSettings, region: Region, *, level: int) -> list[Array]:
    """The planes (y, x) of the channels that are shown, projected where the settings say so.

    ``region`` is one plane's part; its c is not used, nor its z for a projection. Raises ``InvalidInput`` when the
    settings are for another number of channels.
    """
    shape = image.levels[level].shape
    if len(settings.channels) != shape.c:
        raise InvalidInput(f"The settings are for {len(settings.channels)} channels, the image has {shape.c}", field="channels")
    indices = [index for index, _ in settings.shown]
    if settings.projection == "none":
        return _read_planes(image, indices, region, level=level)
    first, last = projected_planes(settings, shape.z)

    def read_at(z: int) -> list[Array]:
        return _read_planes(image, indices, region._replace(start=region.start._replace(z=z)), level=level)

    return project_maximum(read_at, range(first, last + 1))


def projected_planes(settings: RenderingSettings, size_z: int) -> tuple[int, int]:
    """The first and the last plane of a projection; ``InvalidInput`` when these are not in the stack."""
    first = 0 if settings.z_start is None else settings.z_start
    last = size_z - 1 if settings.z_end is None else settings.z_end
    if not 0 <= first <= last < size_z:
        raise InvalidInput(
            f"The projection goes from plane {first} to {last}; the image has planes 0 to {size_z - 1}", field="z_start"
        )
    return first, last


def _read_planes(image: Readable, indices: Sequence[int], region: Region, *, level: int) -> list[Array]:
    """One plane for each index along c; neighbours are read together, which suits interleaved samples and stored chunks alike."""
    if not indices:
        return []
    if list(indices) == list(range(indices[0], indices[-1] + 1)):
        together = Region(region.start._replace(c=indices[0]), region.shape._replace(t=1, c=len(indices), z=1))
        block = image.read(together, level=level)
        return [np.ascontiguousarray(block[0, i, 0]) for i in range(len(indices))]
    planes = []
    for index in indices:
        single = Region(region.start._replace(c=index), region.shape._replace(t=1, c=1, z=1))
        planes.append(np.ascontiguousarray(image.read(single, level=level)[0, 0, 0]))
    return planes
