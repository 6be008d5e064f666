"""KLB files that the tests write: every type and compression, blocks that do not fill the image, damage."""

from __future__ import annotations

import bz2
import struct
import zlib
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]
_TYPES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8")
_BLOCK = (1, 1, 2, 16, 24)


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(15).integers(0, 120, shape).astype(dtype)


def write_klb(path: Path, array: Array, *, compression: int = 1, pixel: tuple[float, ...] = (0.5, 0.5, 2, 1, 30)) -> Path:
    """A KLB file of pixels along ``tczyx``."""
    pack = (bytes, bz2.compress, zlib.compress)[compression]
    ranges = [range(0, size, block) for size, block in zip(array.shape, _BLOCK, strict=True)]
    blocks = [
        pack(array[tuple(slice(a, a + n) for a, n in zip(start, _BLOCK, strict=True))].tobytes()) for start in product(*ranges)
    ]
    header = struct.pack("<B5I5f2B", 2, *array.shape[::-1], *pixel, _TYPES.index(array.dtype.str[1:]), compression)
    header += b"seen at night".ljust(256, b"\0") + struct.pack("<5I", *_BLOCK[::-1])
    ends = np.cumsum([len(block) for block in blocks]).astype("<u8")
    path.write_bytes(header + ends.tobytes() + b"".join(blocks))
    return path


def packed(folder: Path) -> Path:
    return write_klb(folder / "packed.klb", pixels(2, 3, 5, 40, 50))


def plain(folder: Path) -> Path:
    return write_klb(folder / "plain.klb", pixels(1, 1, 3, 40, 50, dtype="float32"), compression=0)


class TestKlb(ReaderTests):
    reader = "klb"
    damages = 20
    paths = (packed, plain)


@pytest.mark.parametrize("dtype", _TYPES)
@pytest.mark.parametrize("compression", [0, 1, 2])
def test_every_type_and_compression_keeps_its_values(tmp_path: Path, dtype: str, compression: int) -> None:
    array = pixels(2, 2, 3, 20, 30, dtype=dtype)
    with open_image_file(write_klb(tmp_path / "a.klb", array, compression=compression)) as opened:
        mine = opened.images[0].read(Region.whole(opened.images[0].shape))
    assert mine.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(mine, array)


def test_the_header_is_understood(tmp_path: Path) -> None:
    with open_image_file(packed(tmp_path)) as opened:
        about = opened.images[0].description
        assert opened.images[0].shape == Size(2, 3, 5, 40, 50)
        assert opened.original_metadata()["metadata"] == "seen at night"
    assert (about.physical_size_x, about.physical_size_z) == (Quantity(0.5, "µm"), Quantity(2.0, "µm"))
    assert about.time_increment == Quantity(30.0, "s")
    with open_image_file(write_klb(tmp_path / "one.klb", pixels(2, 1, 1, 4, 5), pixel=(1, 1, 1, 1, 1))) as opened:
        about = opened.images[0].description
        assert (about.physical_size_x, about.time_increment) == (None, None)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    whole = packed(tmp_path).read_bytes()
    (tmp_path / "cut.klb").write_bytes(whole[:-100])
    with open_image_file(tmp_path / "cut.klb") as opened, pytest.raises(UnreadableFile, match=r"cut\.klb is cut short"):
        opened.images[0].read(Region.whole(opened.images[0].shape))
    (tmp_path / "huge.klb").write_bytes(whole[:1] + struct.pack("<I", 1 << 31) + whole[5:])
    with pytest.raises(UnreadableFile, match=r"huge\.klb is damaged: it claims \d+ blocks"):
        open_image_file(tmp_path / "huge.klb")
