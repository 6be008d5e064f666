"""When and where each plane of an image was taken: whole arrays, so that a million planes are a few megabytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np

from micrarium.geometry import Quantity
from micrarium.pixels.acquisition import LARGEST

Array = np.ndarray[Any, np.dtype[Any]]

#: What can be said of a plane, with the kind of its unit; by the names of OME's attributes.
COLUMNS = {
    "delta_t": "time", "exposure_time": "time", "position_x": "length", "position_y": "length", "position_z": "length",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class PlaneColumn:
    """One value of all planes, shape (t, c, z), NaN where it is not known, all in one unit as the file gives it."""

    values: Array
    unit: str

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlaneColumn):
            return NotImplemented
        return self.unit == other.unit and np.array_equal(self.values, other.values, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]  # arrays can change

    def factor(self) -> float | None:
        """What makes seconds or micrometres of the values; None where the unit is neither."""
        one = Quantity(1.0, self.unit)
        return one.seconds if one.um is None else one.um


class LazyColumns(Mapping[str, PlaneColumn]):
    """Columns that are read from the file when they are first asked for, as a file may note them beside every plane.

    ``read`` gives arrays with their units, as ``plane_table`` takes them. Where the notes cannot be read there are none.
    """

    def __init__(self, shape: tuple[int, int, int], read: Callable[[], Mapping[str, tuple[Any, str] | None]]) -> None:
        self._shape, self._read = shape, read
        self._lock = Lock()
        self._found: Mapping[str, PlaneColumn] | None = None

    def _columns(self) -> Mapping[str, PlaneColumn]:
        with self._lock:
            if self._found is None:
                # Notes that cannot be read are no reason to refuse the pixels, and libraries raise anything over them.
                with suppress(Exception):
                    self._found = usable_columns(self._shape, self._read())
            return self._found or {}

    def __getitem__(self, name: str) -> PlaneColumn:
        return self._columns()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns())

    def __len__(self) -> int:
        return len(self._columns())


@dataclass(frozen=True, slots=True, eq=False)
class PlaneTable:
    """What is known of the planes of an image; ``c`` counts channels, an RGB channel once."""

    shape: tuple[int, int, int]
    columns: Mapping[str, PlaneColumn]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlaneTable):
            return NotImplemented
        return self.shape == other.shape and dict(self.columns) == dict(other.columns)

    __hash__ = None  # type: ignore[assignment]  # arrays can change

    @property
    def count(self) -> int:
        """How many planes the image has."""
        return self.shape[0] * self.shape[1] * self.shape[2]

    def known(self) -> Array:
        """Which planes anything is known of, shape (t, c, z)."""
        found = np.zeros(self.shape, bool)
        for column in self.columns.values():
            found |= ~np.isnan(column.values)
        return found

    def at(self, t: int, c: int, z: int) -> dict[str, Quantity]:
        """What is known of one plane."""
        found = {name: float(column.values[t, c, z]) for name, column in self.columns.items()}
        return {name: Quantity(value, self.columns[name].unit) for name, value in found.items() if value == value}

    def of_channel(self, name: str, c: int) -> Quantity | None:
        """The first known value of a channel under a name, which is that of all planes most of the time."""
        column = self.columns.get(name)
        if column is None or c >= self.shape[1]:
            return None
        known = column.values[:, c]
        known = known[~np.isnan(known)]
        return Quantity(float(known[0]), column.unit) if known.size else None

    def portions(self, count: int) -> Iterator[tuple[Array, dict[str, Array]]]:
        """The planes anything is known of, at most ``count`` at a time: their (t, c, z) as (n, 3), and their values."""
        places = np.flatnonzero(self.known())
        for start in range(0, len(places), count):
            some = places[start : start + count]
            index = np.unravel_index(some, self.shape)
            yield np.stack(index, axis=1), {name: column.values[index] for name, column in self.columns.items()}


def plane_table(shape: tuple[int, int, int], given: Mapping[str, tuple[Any, str] | None]) -> PlaneTable | None:
    """The table of an image with ``shape`` (t, c, z) from ``usable_columns`` of what is given; None where there are none."""
    columns = usable_columns(shape, given)
    return PlaneTable(shape, columns) if columns else None


def lazy_table(shape: tuple[int, int, int], read: Callable[[], Mapping[str, tuple[Any, str] | None]]) -> PlaneTable:
    """The table of an image with ``shape`` (t, c, z) whose columns are read when they are first asked for."""
    return PlaneTable(shape, LazyColumns(shape, read))


def usable_columns(shape: tuple[int, int, int], given: Mapping[str, tuple[Any, str] | None]) -> dict[str, PlaneColumn]:
    """Columns from arrays that broadcast to ``shape``, each with its unit.

    Values that nobody can have measured (infinite, beyond 1e15, an exposure below zero) become unknown; columns of which
    nothing is known are left out.
    """
    columns: dict[str, PlaneColumn] = {}
    for name in COLUMNS:
        values, unit = given.get(name) or (None, "")
        if values is None:
            continue
        array = np.asarray(values, np.float64)
        with np.errstate(invalid="ignore"):
            is_usable = np.isfinite(array) & (np.abs(array) < LARGEST) & ((array >= 0) | (name != "exposure_time"))
        if is_usable.any():
            columns[name] = PlaneColumn(np.broadcast_to(np.where(is_usable, array, np.nan), shape), unit)
    return columns


def with_exposures(table: PlaneTable | None, shape: tuple[int, int, int], exposures_s: Sequence[float | None]) -> PlaneTable | None:
    """The table of an image of ``shape`` with the exposures of its channels, where it says nothing of exposures itself.

    A table of another shape than the image's, as a file that contradicts itself has, is none.
    """
    if table is not None and table.shape != shape:
        table = None
    if table is not None and "exposure_time" in table.columns:
        return table
    told = [one if one else np.nan for one in exposures_s[: shape[1]]]
    told += [np.nan] * (shape[1] - len(told))
    more = usable_columns(shape, {"exposure_time": (np.reshape(told, (1, -1, 1)), "s")})
    columns = {**more, **(table.columns if table is not None else {})}
    return PlaneTable(shape, columns) if columns else None
