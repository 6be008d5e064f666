"""Plain values shared by all pixel code: axes, sizes, regions, quantities with units, pixel types.

Axes are always ``tczyx``. Samples of RGB pixels are folded into ``c``. Nothing here reads or writes anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from micrarium.errors import InvalidInput

AXES = "tczyx"

#: OME-XML pixel types by NumPy's names.
OME_PIXEL_TYPES = {
    "int8": "int8", "int16": "int16", "int32": "int32", "uint8": "uint8", "uint16": "uint16", "uint32": "uint32",
    "float32": "float", "float64": "double", "complex64": "complex", "complex128": "double-complex", "bool": "bit",
    "int64": "int64", "uint64": "uint64", "float16": "float16",
}  # fmt: skip

_METRES = {
    "m": 1.0, "dm": 1e-1, "cm": 1e-2, "mm": 1e-3, "µm": 1e-6, "nm": 1e-9, "pm": 1e-12, "Å": 1e-10, "km": 1e3,
    "in": 0.0254, "ft": 0.3048, "yd": 0.9144, "thou": 2.54e-5, "pt": 0.0254 / 72, "fm": 1e-15, "am": 1e-18,
}  # fmt: skip
_SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0}
_WATTS = {"W": 1.0, "mW": 1e-3, "µW": 1e-6, "nW": 1e-9, "kW": 1e3}
_HERTZ = {"Hz": 1.0, "mHz": 1e-3, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9, "THz": 1e12}
_VOLTS = {"V": 1.0, "mV": 1e-3, "µV": 1e-6, "kV": 1e3, "MV": 1e6}
_PASCALS = {
    "Pa": 1.0, "hPa": 1e2, "kPa": 1e3, "MPa": 1e6, "mbar": 1e2, "bar": 1e5, "atm": 101325.0, "psi": 6894.757293168361,
    "mmHg": 133.322387415, "Torr": 101325.0 / 760,
}  # fmt: skip
#: The factor and then the summand that make degrees Celsius.
_CELSIUS = {"°C": (1.0, 0.0), "K": (1.0, -273.15), "°F": (5 / 9, -160 / 9), "°R": (5 / 9, -273.15)}
#: The kinds of quantities, with the unit each is compared in.
KINDS = {
    "length": "µm", "time": "s", "power": "W", "frequency": "Hz", "electric potential": "V", "pressure": "Pa",
    "temperature": "°C",
}  # fmt: skip
_FACTORS = {"power": _WATTS, "frequency": _HERTZ, "electric potential": _VOLTS, "pressure": _PASCALS}
_ALIASES = {
    "um": "µm", "\u03bcm": "µm", "micron": "µm", "microns": "µm", "micrometer": "µm", "micrometre": "µm", "us": "µs",
    "\u03bcs": "µs", "nanometer": "nm", "nanometre": "nm", "millimeter": "mm", "millimetre": "mm", "centimeter": "cm",
    "centimetre": "cm", "meter": "m", "metre": "m", "inch": "in", "angstrom": "Å", "\u212b": "Å", "second": "s",
    "seconds": "s", "sec": "s", "millisecond": "ms", "microsecond": "µs", "nanosecond": "ns", "minute": "min",
    "hour": "h", "day": "d", "kilometer": "km", "kilometre": "km", "picometer": "pm", "picometre": "pm", "foot": "ft",
    "yard": "yd",
}  # fmt: skip
_NGFF_UNITS = {
    "m": "meter", "dm": "decimeter", "cm": "centimeter", "mm": "millimeter", "µm": "micrometer", "nm": "nanometer",
    "pm": "picometer", "Å": "angstrom", "km": "kilometer", "in": "inch", "ft": "foot", "yd": "yard", "s": "second",
    "ms": "millisecond", "µs": "microsecond", "ns": "nanosecond", "min": "minute", "h": "hour", "d": "day",
}  # fmt: skip


class Size(NamedTuple):
    """Sizes along ``tczyx``."""

    t: int
    c: int
    z: int
    y: int
    x: int


class Region(NamedTuple):
    """A box in one resolution level: where it starts along ``tczyx`` and how large it is."""

    start: Size
    shape: Size

    @classmethod
    def whole(cls, shape: Size) -> Region:
        """All of a level of this shape."""
        return cls(Size(0, 0, 0, 0, 0), Size(*shape))

    @classmethod
    def plane(cls, shape: Size, t: int = 0, c: int = 0, z: int = 0) -> Region:
        """One whole plane of a level of this shape."""
        return cls(Size(t, c, z, 0, 0), Size(1, 1, 1, shape[3], shape[4]))

    @property
    def slices(self) -> tuple[slice, ...]:
        """This region as an index into an array with axes ``tczyx``."""
        return tuple(slice(a, a + n) for a, n in zip(self.start, self.shape, strict=True))

    def clipped(self, shape: Size) -> Region:
        """The part of this region that lies inside a level of this shape."""
        start = [min(max(a, 0), n) for a, n in zip(self.start, shape, strict=True)]
        stop = [min(max(a + k, 0), n) for a, k, n in zip(self.start, self.shape, shape, strict=True)]
        return Region(Size(*start), Size(*(max(b - a, 0) for a, b in zip(start, stop, strict=True))))

    def check(self, shape: Size) -> Region:
        """This region, or ``InvalidInput`` when it does not lie inside a level of this shape."""
        for axis, a, k, n in zip(AXES, self.start, self.shape, shape, strict=True):
            if a < 0 or k < 1 or a + k > n:
                raise InvalidInput(f"The region reaches from {a} to {a + k} along {axis}, where the image has {n}", field=axis)
        return self


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value and its unit as they were given."""

    value: float
    unit: str

    @property
    def um(self) -> float | None:
        """Micrometres, or None where the unit is no length."""
        metres = _METRES.get(normalised_unit(self.unit))
        return None if metres is None else self.value * (metres * 1e6)

    @property
    def seconds(self) -> float | None:
        """Seconds, or None where the unit is no time."""
        factor = _SECONDS.get(normalised_unit(self.unit))
        return None if factor is None else self.value * factor

    def canonical(self, kind: str) -> float | None:
        """The value in the unit that quantities of a kind are compared in, or None where the unit is not of that kind."""
        if kind == "length":
            return self.um
        if kind == "time":
            return self.seconds
        if kind == "temperature":
            scale, shift = _CELSIUS.get(self.unit, (None, 0.0))
            return None if scale is None else self.value * scale + shift
        factor = _FACTORS[kind].get(normalised_unit(self.unit))
        return None if factor is None else self.value * factor


def normalised_unit(unit: str) -> str:
    """OME's symbol of a unit, from any usual spelling of it (``micrometer``, ``um``, both mu signs)."""
    return _ALIASES.get(unit, _ALIASES.get(unit.lower(), unit))


def is_unit(unit: str) -> bool:
    """Whether a text is a unit of a known kind, in any usual spelling."""
    known = {*_METRES, *_SECONDS, *_CELSIUS, *(name for table in _FACTORS.values() for name in table)}
    return normalised_unit(unit) in known


def ngff_unit(unit: str) -> str | None:
    """The name OME-Zarr gives to a unit, or None where it has none."""
    return _NGFF_UNITS.get(normalised_unit(unit))


def pyramid_shapes(shape: Size, *, largest: int = 512) -> list[Size]:
    """Shapes of a 2 x 2 pyramid, from ``shape`` down until y and x both fit ``largest`` pixels."""
    shapes = [Size(*shape)]
    while max(shapes[-1].y, shapes[-1].x) > largest:
        last = shapes[-1]
        shapes.append(last._replace(y=(last.y + 1) // 2, x=(last.x + 1) // 2))
    return shapes


def tiles(shape: Size, tile: Size) -> Iterator[Region]:
    """The regions of a grid of tiles over a level, in C order, those at the far edges cut."""
    for t in range(0, shape[0], tile[0]):
        for c in range(0, shape[1], tile[1]):
            for z in range(0, shape[2], tile[2]):
                for y in range(0, shape[3], tile[3]):
                    for x in range(0, shape[4], tile[4]):
                        yield Region(Size(t, c, z, y, x), Size(*tile)).clipped(shape)
