"""PNG and JPEG pictures of every colour type."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]
_MODES = {"L": 1, "1": 1, "LA": 2, "RGB": 3, "RGBA": 4}


def pixels(*shape: int, dtype: str = "uint8") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(5).integers(0, np.iinfo(dtype).max, shape).astype(dtype)


def rgb_png(folder: Path) -> Path:
    notes = PngInfo()
    notes.add_text("Description", "a tissue")
    notes.add_itxt("Title", "µ", zip=True)
    Image.fromarray(pixels(60, 80, 3)).save(folder / "rgb.png", pnginfo=notes, dpi=(25400 * 2, 25400 * 2))
    return folder / "rgb.png"


def grey16_png(folder: Path) -> Path:
    (folder / "deep.png").write_bytes(imagecodecs.png_encode(pixels(60, 80, dtype="uint16")))
    return folder / "deep.png"


def palette_png(folder: Path) -> Path:
    Image.fromarray(pixels(60, 80, 3)).quantize(16).save(folder / "palette.png", transparency=3)
    return folder / "palette.png"


def grey_jpeg(folder: Path) -> Path:
    Image.fromarray(pixels(60, 80)).save(folder / "grey.jpg", comment="seen at night")
    return folder / "grey.jpg"


def progressive_jpeg(folder: Path) -> Path:
    Image.fromarray(pixels(61, 83, 3)).save(folder / "rgb.jpeg", progressive=True, quality=90)
    return folder / "rgb.jpeg"


class TestRasters(ReaderTests):
    reader = "raster"
    paths = (rgb_png, grey16_png, palette_png, grey_jpeg, progressive_jpeg)


def _read(path: Path) -> tuple[Array, int]:
    with open_image_file(path) as opened:
        source = opened.images[0]
        return source.read(Region.whole(source.shape))[0, :, 0], source.samples


@pytest.mark.parametrize("mode", sorted(_MODES))
def test_png_pixels_are_as_pillow_reads_them(mode: str, tmp_path: Path) -> None:
    Image.fromarray(pixels(33, 47, 4), "RGBA").convert(mode).save(tmp_path / "one.png")
    read, samples = _read(tmp_path / "one.png")
    with Image.open(tmp_path / "one.png") as other:
        expected = np.atleast_3d(np.asarray(other.convert("L") if mode == "1" else other))
    np.testing.assert_array_equal(np.moveaxis(read, 0, -1), expected)
    assert samples == (_MODES[mode] if _MODES[mode] > 2 else 1)


def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(grey16_png(tmp_path))[0][0], pixels(60, 80, dtype="uint16"))


def test_a_palette_becomes_colours(tmp_path: Path) -> None:
    path = palette_png(tmp_path)
    with Image.open(path) as other:
        np.testing.assert_array_equal(np.moveaxis(_read(path)[0], 0, -1), np.asarray(other.convert("RGBA")))


def test_png_notes_and_fine_resolution_are_kept(tmp_path: Path) -> None:
    with open_image_file(rgb_png(tmp_path)) as opened:
        about = opened.images[0].description
        assert about.description == "a tissue"
        assert about.physical_size_x == Quantity(0.5, "µm")
        assert opened.original_metadata()["Title"] == "µ"
        assert opened.warnings == ()


def test_jpeg_is_as_pillow_reads_it_and_its_loss_is_told(tmp_path: Path) -> None:
    path = progressive_jpeg(tmp_path)
    with open_image_file(path) as opened, Image.open(path) as other:
        assert opened.images[0].shape == Size(1, 3, 1, 61, 83)
        read = opened.images[0].read(Region.whole(opened.images[0].shape))[0, :, 0]
        assert np.abs(np.moveaxis(read, 0, -1).astype(int) - np.asarray(other)).max() <= 3
        assert "loss" in opened.warnings[0]


def test_a_print_jpeg_has_four_inks(tmp_path: Path) -> None:
    Image.fromarray(pixels(40, 50, 4), "CMYK").save(tmp_path / "print.jpg")
    with open_image_file(tmp_path / "print.jpg") as opened:
        source = opened.images[0]
        assert (source.samples, source.shape.c) == (1, 4)
        assert [channel.name for channel in source.description.channels] == ["Cyan", "Magenta", "Yellow", "Black"]
        assert source.read(Region.whole(source.shape)).std() > 0


def test_a_damaged_png_is_not_decoded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(rgb_png(tmp_path).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "hurt.png").write_bytes(data)
    with pytest.raises(UnreadableFile, match="checksum"):
        _read(tmp_path / "hurt.png")
    (tmp_path / "short.png").write_bytes(data[: len(data) // 3])
    with pytest.raises(UnreadableFile):
        _read(tmp_path / "short.png")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("make", [grey_jpeg, progressive_jpeg])
def test_half_of_a_jpeg_is_not_filled_up_with_grey(make: Callable[[Path], Path], tmp_path: Path) -> None:
    data = make(tmp_path).read_bytes()
    (tmp_path / "short.jpg").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(UnreadableFile, match="cut short"):
        _read(tmp_path / "short.jpg")


def test_a_picture_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(UnreadableFile, match="claim"):
        open_image_file(tmp_path / "bomb.png")
