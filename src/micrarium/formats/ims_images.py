"""The image of an Imaris file, and what its groups say of it in OME's terms.

Layout: "Imaris 5.5 File Format Description" (Bitplane). Attributes are arrays of single letters.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import h5py
import numpy as np

from micrarium.errors import UnreadableFile
from micrarium.formats.hdf5_images import Arrangement, Hdf5File, Hdf5Source, attribute, flat_attributes, text
from micrarium.geometry import Quantity, Size
from micrarium.pixels.plane_tables import PlaneTable, plane_table
from micrarium.pixels.source import ChannelDescription, ImageDescription

_MOST_LEVELS = 32
_MOST_TIMES = 100_000
_MOST_CHANNELS = 1000


class ImsFile(Hdf5File):
    """An opened Imaris file: one image."""

    def look(self) -> None:
        """Find the resolutions, time points and channels."""
        first = self._numbered("DataSet/ResolutionLevel 0", "TimePoint")
        channels = self._numbered("DataSet/ResolutionLevel 0/TimePoint 0", "Channel")
        if not first or not channels:
            raise UnreadableFile(f"{self.path.name} holds no image: its group DataSet has no time point or no channel")
        if channels > _MOST_CHANNELS:
            raise UnreadableFile(f"{self.path.name} is damaged: it claims {channels} channels")
        levels: list[Arrangement] = []
        for number in range(_MOST_LEVELS):
            level = self._arrangement(number, first, channels)
            if level is None or (levels and not _is_smaller(level.shape, levels[-1].shape)):
                break
            levels.append(level)
        if not levels:
            raise UnreadableFile(f"{self.path.name} holds no image: the first channel of its full resolution has no data")
        self.images = (Hdf5Source(self, 0, levels, self._describe(levels[0].shape)),)

    def _numbered(self, group: str, name: str) -> int:
        """How many groups are numbered under a name without a gap, from 0."""
        found = self.find(group)
        if not isinstance(found, h5py.Group):
            return 0
        names = set(found)
        return next(number for number in range(len(names) + 1) if f"{name} {number}" not in names)

    def _arrangement(self, number: int, times: int, channels: int) -> Arrangement | None:
        """A resolution. Its datasets are filled up to whole chunks; attributes of a channel say how large it is."""
        level = f"DataSet/ResolutionLevel {number}"
        dataset, group = self.dataset(f"{level}/TimePoint 0/Channel 0/Data"), self.find(f"{level}/TimePoint 0/Channel 0")
        if dataset is None or len(dataset.shape) != 3:
            return None
        sizes = [_number(attribute(group, f"ImageSize{axis}")) for axis in "ZYX"]
        z, y, x = (int(min(told or stored, stored)) for told, stored in zip(sizes, dataset.shape, strict=True))
        if min(z, y, x) < 1:
            return None
        return Arrangement(lambda t, c: f"{level}/TimePoint {t}/Channel {c}/Data", "zyx", Size(times, channels, z, y, x))

    def _describe(self, shape: Size) -> ImageDescription:
        image, times = self.find("DataSetInfo/Image"), self.find("DataSetInfo/TimeInfo")
        found: dict[str, Any] = {"name": self.path.stem, "description": text(attribute(image, "Description"))}
        unit = text(attribute(image, "Unit")).strip() or "um"
        for number, (axis, count) in enumerate(zip("xyz", (shape.x, shape.y, shape.z), strict=True)):
            low, high = (_number(attribute(image, f"{end}{number}")) for end in ("ExtMin", "ExtMax"))
            if low is not None and high is not None and high != low:
                found[f"physical_size_{axis}"] = Quantity(abs(high - low) / count, unit)
        if shape.z == 1:
            found.pop("physical_size_z", None)
        first, last = (_moment(attribute(times, f"TimePoint{number}")) for number in (1, shape.t))
        found["acquisition_date"] = first or _moment(attribute(image, "RecordingDate"))
        if shape.t > 1 and first is not None and last is not None and last > first:
            found["time_increment"] = Quantity((last - first).total_seconds() / (shape.t - 1), "s")
        found["planes"] = self._describe_planes(times, shape, first)
        found["channels"] = tuple(_describe_channel(self.find(f"DataSetInfo/Channel {number}")) for number in range(shape.c))
        found["objective"] = _describe_objective(image)
        return ImageDescription(**found)

    def _describe_planes(self, times: Any, shape: Size, first: datetime | None) -> PlaneTable | None:
        """The seconds since the first time point, which are those of all its planes."""
        if first is None or not 1 < shape.t <= _MOST_TIMES:
            return None
        moments = [_moment(attribute(times, f"TimePoint{number + 1}")) for number in range(shape.t)]
        seconds = [np.nan if moment is None else (moment - first).total_seconds() for moment in moments]
        return plane_table((shape.t, shape.c, shape.z), {"delta_t": (np.reshape(seconds, (-1, 1, 1)), "s")})

    def original_metadata(self) -> dict[str, str]:
        """Every attribute of the root and of the groups under ``DataSetInfo``."""
        found: dict[str, str] = {}
        with self._lock, suppress(Exception):  # a group that cannot be walked is no reason to refuse the pixels
            found |= flat_attributes(self.find(""))
            info = self.find("DataSetInfo")
            for name in info:
                found |= {f"{name}.{key}": value for key, value in flat_attributes(self.find(f"DataSetInfo/{name}")).items()}
        return found


def _is_smaller(shape: Size, above: Size) -> bool:
    return shape != above and all(a <= b for a, b in zip(shape, above, strict=True))


def _number(value: Any) -> float | None:
    """The first number in an attribute."""
    with suppress(ValueError, IndexError):
        number = float(text(value).split()[0])
        return number if np.isfinite(number) else None
    return None


def _numbers(value: Any) -> list[float]:
    with suppress(ValueError):
        return [float(part) for part in text(value).split()]
    return []


def _moment(value: Any) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text(value).strip()).replace(tzinfo=UTC)
    return None


def _describe_channel(group: Any) -> ChannelDescription:
    color, limits = _numbers(attribute(group, "Color")), _numbers(attribute(group, "ColorRange"))
    is_color = len(color) == 3 and all(0 <= part <= 1 for part in color)
    is_range = len(limits) == 2 and bool(np.isfinite(limits).all()) and limits[0] < limits[1]
    return ChannelDescription(
        name=text(attribute(group, "Name")).strip(),
        color="{:02X}{:02X}{:02X}".format(*(round(part * 255) for part in color)) if is_color else None,
        fluor=text(attribute(group, "DyeName")).strip() or None,
        emission_nm=_positive(attribute(group, "LSMEmissionWavelength")),
        excitation_nm=_positive(attribute(group, "LSMExcitationWavelength")),
        pinhole_um=_positive(attribute(group, "LSMPinhole")),
        window=(limits[0], limits[1]) if is_range else None,
    )


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _describe_objective(image: Any) -> dict[str, Any]:
    power = re.search(r"[\d.]+", text(attribute(image, "LensPower")))
    found = {
        "nominal_magnification": _number(power[0]) if power else None,
        "lens_na": _positive(attribute(image, "NumericalAperture")),
    }
    return {key: value for key, value in found.items() if value}
