"""What any readable image offers, whatever its file: levels, natural chunks, reading a region, and a description.

Readers in ``formats`` implement ``Source``; everything that handles pixels takes one and never learns where it came from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from micrarium.geometry import Quantity, Region, Size
from micrarium.pixels.acquisition import (
    DetectorSettings,
    Experiment,
    FilterSet,
    ImagingEnvironment,
    LightPath,
    LightSettings,
    Parts,
    StageLabel,
)
from micrarium.pixels.plane_tables import PlaneTable, with_exposures


class Level(NamedTuple):
    """One resolution of an image: its shape and the chunk it is cheapest to read, both along ``tczyx``."""

    shape: Size
    chunk: Size


@dataclass(frozen=True, slots=True)
class ChannelDescription:
    """What a file says of one channel. ``color`` is RRGGBB; wavelengths are in nanometres; ``window`` is a display range.

    ``nd_filter`` is the fraction of light a neutral density filter lets through.
    """

    name: str = ""
    color: str | None = None
    fluor: str | None = None
    excitation_nm: float | None = None
    emission_nm: float | None = None
    contrast_method: str | None = None
    acquisition_mode: str | None = None
    illumination_type: str | None = None
    pinhole_um: float | None = None
    exposure_s: float | None = None
    window: tuple[float, float] | None = None
    active: bool = True
    detector: DetectorSettings | None = None
    light: LightSettings | None = None
    filter_set: FilterSet | None = None
    light_path: LightPath | None = None
    nd_filter: float | None = None
    pockel_cell_setting: int | None = None


@dataclass(frozen=True, slots=True)
class WellPosition:
    """Where an image lies on a plate: zero-based row, column and field; ``acquisition`` is the run."""

    plate: int
    row: int
    column: int
    field: int
    acquisition: int = 0


@dataclass(frozen=True, slots=True)
class PlateDescription:
    """A multi-well plate: its name and how many rows and columns it has."""

    name: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class ImageDescription:
    """What a file says of one image beside its pixels, in OME's terms.

    ``physical_size_x`` and so on keep the unit as the file gives it. ``is_label`` marks integers that name objects,
    which are never averaged. ``channels`` has one entry per channel; an RGB channel counts once. ``objective`` and
    ``instrument`` have OME's attributes of Objective with its settings, and of Microscope with ``software``; ``parts`` are
    what else the instrument has. ``stage`` is a position that the file names.
    """

    name: str = ""
    description: str = ""
    acquisition_date: datetime | None = None
    physical_size_x: Quantity | None = None
    physical_size_y: Quantity | None = None
    physical_size_z: Quantity | None = None
    time_increment: Quantity | None = None
    significant_bits: int | None = None
    channels: tuple[ChannelDescription, ...] = ()
    objective: Mapping[str, Any] = field(default_factory=dict)
    instrument: Mapping[str, Any] = field(default_factory=dict)
    experimenter: str | None = None
    stage_position_um: tuple[float | None, float | None, float | None] | None = None
    well: WellPosition | None = None
    is_label: bool = False
    is_thumbnail: bool = False
    modulo: Mapping[str, str] = field(default_factory=dict)
    parts: Parts = field(default_factory=Parts)
    planes: PlaneTable | None = None
    environment: ImagingEnvironment | None = None
    stage: StageLabel | None = None
    experiment: Experiment | None = None


class Source(ABC):
    """One image that can be read region by region, from any number of threads at once.

    Axes are ``tczyx``. The samples of RGB pixels are folded into ``c`` (``samples`` consecutive indices for each
    channel). Bytes are little-endian. A source can be pickled: it opens its file again on the other side.
    """

    #: Resolutions from the full one down.
    levels: tuple[Level, ...]
    dtype: np.dtype[Any]
    #: Samples per pixel folded into ``c``: 1, or 3 and 4 for RGB and RGBA.
    samples: int = 1
    description: ImageDescription = ImageDescription()

    @property
    def shape(self) -> Size:
        """The size of the full resolution along ``tczyx``."""
        return self.levels[0].shape

    @property
    def labels(self) -> Mapping[str, Source]:
        """Label images that lie over this image, by name."""
        return {}

    @property
    def planes(self) -> PlaneTable | None:
        """What is known of the planes, the exposures of their channels among it; (t, c, z) with ``c`` counting channels."""
        size = self.shape.t, self.shape.c // self.samples, self.shape.z
        return with_exposures(self.description.planes, size, [one.exposure_s for one in self.description.channels])

    @abstractmethod
    def read(self, region: Region, *, level: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
        """The pixels of a region of one level, with axes ``tczyx`` and the region's shape.

        Reads no more of the file than the chunks the region touches. Raises ``InvalidInput`` for a region outside of
        the level, ``UnreadableFile`` when the file cannot be decoded.
        """


class ImageFile(ABC):
    """An opened fileset: the images in it and all else the files say. Close it, or use it as a context manager."""

    #: The reader's name and version, recorded with an import.
    reader: str
    reader_version: str
    #: Every file that belongs to the fileset, absolute paths, the one it was opened by first.
    files: tuple[Any, ...]
    images: tuple[Source, ...]
    plates: tuple[PlateDescription, ...] = ()
    #: Sentences a person should see at import, such as that the pixels were stored with loss.
    warnings: tuple[str, ...] = ()

    def original_metadata(self) -> dict[str, str]:
        """All metadata of the file as flat keys and values, whether or not OME has a place for it."""
        return {}

    def ome_xml(self) -> str | None:
        """The OME-XML the file carries, or None."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Let go of the files. Sources of a closed file cannot be read any more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
