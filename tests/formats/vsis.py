"""VSI and ETS files that the tests write: a tree of tags, and tiles."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile

Array = np.ndarray[Any, np.dtype[Any]]
Field = tuple[int, int, int | None, bytes]
_TYPES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 9}
_CODECS: dict[int, Callable[[Array], bytes | bytearray]] = {
    0: lambda tile: tile.astype(tile.dtype.newbyteorder("<")).tobytes(),
    2: lambda tile: imagecodecs.jpeg_encode(np.squeeze(tile), level=95),
    3: lambda tile: imagecodecs.jpeg2k_encode(np.squeeze(tile), level=0, codecformat="j2k", reversible=True, resolutions=1),
    8: lambda tile: imagecodecs.png_encode(np.squeeze(tile)),
}


def pixels(*shape: int, dtype: str = "uint8") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(23).integers(0, 250, shape).astype(dtype)


def field(tag: int, form: int, code: str, *values: Any, index: int | None = None) -> Field:
    """A field with a value."""
    return form, tag, index, struct.pack(f"<{code}", *values)


def text(tag: int, value: str) -> Field:
    """A field with a text."""
    return 8192, tag, None, value.encode("utf-16-le") + b"\0\0"


def volume(tag: int, *fields: Field, index: int | None = None, form: int = 0) -> Field:
    """A field that holds further fields."""
    return form | 1 << 28, tag, index, pack(fields)


def pack(fields: Sequence[Field]) -> bytes:
    """A volume of fields."""
    out = struct.pack("<HHIqII", 24, 21321, 2, 24, len(fields), 0)
    for number, (form, tag, index, data) in enumerate(fields):
        form |= 0 if index is None else 1 << 27
        extra = b"" if index is None else struct.pack("<i", index)
        following = len(out) + 16 + len(extra) + len(data)
        out += struct.pack("<IiII", form, tag, 0 if number == len(fields) - 1 else following, len(data)) + extra + data
    return out


def dimension(place: int, meaning: int, *more: Field) -> Field:
    """What a dimension is: z 1, t 2, wavelength 3, channel 4."""
    return volume(2007, volume(2008, field(2023, 5, "i", meaning), *more, form=1), index=place)


def image(name: str, size: tuple[int, int], *more: Field, origin: tuple[int, int] | None = None, kind: int = 0) -> Field:
    """The tags of an image of (height, width), measured and taken through an objective."""
    external = [field(2053, 259, "4i", 0, 0, size[1], size[0]), field(20005, 5, "i", 1)]
    external += [] if origin is None else [field(2410, 256, "2i", origin[1], origin[0])]
    objective = volume(
        2043, volume(3, volume(120114, field(120060, 10, "d", 20.0), field(120061, 10, "d", 0.75), text(120063, "UPLXAPO20X"),
                               field(120064, 5, "i", 1), field(120079, 10, "d", 1.0), form=1), form=1), form=1,
    )  # fmt: skip
    stack = volume(
        2005, text(2030, name), field(2074, 5, "i", kind), field(2019, 260, "2d", 0.325, 0.65),
        field(2018, 260, "2d", 1500.0, -20.5), field(2015, 17, "q", 1_700_000_000), objective, form=1,
    )  # fmt: skip
    frame = volume(2002, volume(2018, *external, form=1))
    return volume(2001, frame, stack, *more)


def write_vsi(path: Path, *images: Field, face: Array | None = None) -> Path:
    """A VSI file: a TIFF with a small picture behind the tags."""
    document = volume(2109, text(15, "Ada Lovelace"), text(24, "cellSens"), text(25, "3.2"), form=1)
    tags = pack([volume(2000, *images), document])
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels(30, 40, 3) if face is None else face, photometric="rgb", metadata=None, byteorder="<")
    plain = buffer.getvalue()
    with tifffile.TiffFile(io.BytesIO(plain)) as tiff:
        page = tiff.pages.first
        data = plain[page.dataoffsets[0] : page.dataoffsets[0] + page.databytecounts[0]]
        height, width = page.shape[:2]
    at = 8 + len(tags) + len(tags) % 2
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, at),
               (277, 3, 1, 3), (278, 4, 1, height), (279, 4, 1, len(data))]  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *one) for one in entries) + b"\0" * 4
    where = at + len(data) + len(data) % 2
    path.write_bytes((b"II*\0" + struct.pack("<I", where) + tags).ljust(at, b"\0") + data.ljust(where - at, b"\0") + directory)
    return path


def write_ets(
    path: Path,
    tiles: dict[Any, Array],
    *,
    codec: int = 0,
    has_levels: bool = False,
    background: int = 0,
    order: int = 0,
) -> Path:
    """An ETS file of tiles (y, x, sample) by their coordinates (x, y, ..., level)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = next(iter(tiles.values()))
    dimensions = len(next(iter(tiles)))
    height, width, samples = first.shape
    kind = _TYPES[first.dtype.str[1:]]
    out = bytearray(64)
    more = b"ETS\0" + struct.pack("<9I", 0x30001, kind, samples, 3 if samples == 3 else 1, codec, 90, width, height, 1)
    more += bytes(68) + (first.dtype.newbyteorder("<").type(background).tobytes() * samples).ljust(40, b"\0")
    more += struct.pack("<II", order, int(has_levels)) + bytes(72)
    out += more
    table = b""
    for coordinates, tile in tiles.items():
        data = _CODECS[codec](tile)
        table += struct.pack(f"<I{dimensions}iqII", 0, *coordinates, len(out), len(data), 0)
        out += data
    out[:64] = struct.pack("<4sIIIQIIQIIQII", b"SIS\0", 64, 2, dimensions, 64, len(more), 0, len(out), len(tiles), 0, 0, 0, 0)
    path.write_bytes(bytes(out) + table)
    return path


def cut(plane: Array, side: int, background: int = 0) -> dict[Any, Array]:
    """The tiles of a plane (y, x, sample) by column and row, filled up at the edges."""
    height, width = plane.shape[:2]
    full = np.full((-(-height // side) * side, -(-width // side) * side, plane.shape[2]), background, plane.dtype)
    full[:height, :width] = plane
    return {
        (x // side, y // side): full[y : y + side, x : x + side]
        for y in range(0, len(full), side)
        for x in range(0, full.shape[1], side)
    }
