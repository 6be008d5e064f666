"""LIF files that the tests write, for layouts the samples do not have: colours, mosaics, floats, damaged headers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]
_IDS = {"X": 1, "Y": 2, "Z": 3, "T": 4, "λ": 5, "M": 10}


def pixels(*shape: int, dtype: str = "uint8") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(11).integers(0, 200, shape).astype(dtype)


def image_xml(name: str, array: Array, axes: str, tags: Sequence[int]) -> str:
    """The Element of an image whose array has these axes, C among them."""
    steps = dict(zip(axes, array.strides, strict=True))
    channel = '<ChannelDescription DataType="{}" ChannelTag="{}" Resolution="{}" LUTName="Red" Min="0" Max="255" BytesInc="{}"/>'
    kind, bits = int(array.dtype.kind == "f"), array.itemsize * 8
    channels = "".join(channel.format(kind, tag, bits, number * steps["C"]) for number, tag in enumerate(tags))
    dimension = '<DimensionDescription DimID="{}" NumberOfElements="{}" Origin="0" Length="{}" Unit="{}" BytesInc="{}"/>'
    sizes = dict(zip(axes, array.shape, strict=True))
    dimensions = "".join(
        dimension.format(_IDS[axis], sizes[axis], 1e-6 * (sizes[axis] - 1), {"T": "s", "M": ""}.get(axis, "m"), steps[axis])
        for axis in sorted((axis for axis in axes if axis != "C"), key=lambda axis: steps[axis])
    )
    description = f"<Channels>{channels}</Channels><Dimensions>{dimensions}</Dimensions>"
    memory = f'<Memory Size="{array.nbytes}" MemoryBlockID="Block_{name}"/>'
    return (
        f'<Element Name="{name}"><Data><Image><ImageDescription>{description}</ImageDescription></Image></Data>{memory}</Element>'
    )


def write_lif(path: Path, images: dict[str, tuple[Array, str, Sequence[int]]], *, version: int = 2) -> Path:
    """A LIF file of the old or the new form, with one block for each image."""
    elements = "".join(image_xml(name, *image) for name, image in images.items())
    root = f'<Element Name="{path.name}"><Data><Experiment Path=""/></Data><Children>{elements}</Children></Element>'
    xml = f'<LMSDataContainerHeader Version="{version}">{root}</LMSDataContainerHeader>'.encode("utf-16-le")
    parts = [struct.pack("<IIBI", 0x70, len(xml) + 5, 0x2A, len(xml) // 2), xml]
    for name, (array, _, _) in images.items():
        called = f"Block_{name}".encode("utf-16-le")
        size = struct.pack("<Q" if version == 2 else "<I", array.nbytes)
        parts += [
            struct.pack("<IIB", 0x70, len(called) + 14, 0x2A),
            size,
            struct.pack("<BI", 0x2A, len(called) // 2),
            called,
            array.tobytes(),
        ]
    path.write_bytes(b"".join(parts))
    return path


def several(folder: Path) -> Path:
    return write_lif(
        folder / "several.lif", {"stack": (pixels(2, 3, 2, 40, 50), "TZCYX", (0, 0)), "flat": (pixels(1, 33, 44), "CYX", (0,))}
    )


def colours(folder: Path) -> Path:
    return write_lif(folder / "colours.lif", {"rgb": (pixels(40, 50, 3), "YXC", (1, 2, 3))})


def reversed_colours(folder: Path) -> Path:
    return write_lif(folder / "reversed.lif", {"bgr": (pixels(40, 50, 3), "YXC", (3, 2, 1))})


def mosaic(folder: Path) -> Path:
    return write_lif(folder / "mosaic.lif", {"tiles": (pixels(4, 2, 40, 50, dtype="uint16"), "MCYX", (0, 0))})


def old_floats(folder: Path) -> Path:
    return write_lif(folder / "old.lif", {"float": (pixels(1, 40, 50, dtype="float32"), "CYX", (0,))}, version=1)


class TestLif(ReaderTests):
    reader = "lif"
    paths = (several, colours, reversed_colours, mosaic, old_floats)


def _read(path: Path, index: int = 0) -> Array:
    with open_image_file(path) as opened:
        source = opened.images[index]
        return source.read(Region.whole(source.shape))


def test_every_dimension_is_where_its_steps_say(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(several(tmp_path)), pixels(2, 3, 2, 40, 50).swapaxes(1, 2))
    np.testing.assert_array_equal(_read(several(tmp_path), 1)[0, :, 0], pixels(1, 33, 44))
    np.testing.assert_array_equal(_read(old_floats(tmp_path))[0, :, 0], pixels(1, 40, 50, dtype="float32"))


def test_colours_come_out_red_first(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(colours(tmp_path))[0, :, 0], np.moveaxis(pixels(40, 50, 3), -1, 0))
    np.testing.assert_array_equal(_read(reversed_colours(tmp_path))[0, :, 0], np.moveaxis(pixels(40, 50, 3), -1, 0)[::-1])


def test_tiles_that_were_not_stitched_are_images(tmp_path: Path) -> None:
    with open_image_file(mosaic(tmp_path)) as opened:
        assert [source.shape for source in opened.images] == [Size(1, 2, 1, 40, 50)] * 4
        assert opened.images[3].description.name == "tiles tile 4"
        np.testing.assert_array_equal(
            opened.images[3].read(Region.whole(opened.images[3].shape))[0, :, 0], pixels(4, 2, 40, 50, dtype="uint16")[3]
        )


def test_the_distance_of_pixels_is_the_length_by_the_steps_between(tmp_path: Path) -> None:
    with open_image_file(several(tmp_path)) as opened:
        about = opened.images[0].description
        assert [size.um for size in (about.physical_size_x, about.physical_size_z) if size] == pytest.approx([1.0, 1.0])


def test_wavelengths_lie_along_t_and_repeated_lines_along_y(tmp_path: Path) -> None:
    path = write_lif(
        tmp_path / "odd.lif", {"spectrum": (pixels(5, 1, 40, 50), "λCYX", (0,)), "lines": (pixels(60, 1, 50), "TCX", (0,))}
    )
    with open_image_file(path) as opened:
        spectrum, lines = opened.images
        assert (spectrum.shape, spectrum.description.modulo) == (Size(5, 1, 1, 40, 50), {"t": "lambda"})
        assert (lines.shape, lines.description.physical_size_y) == (Size(1, 1, 1, 60, 50), None)
        np.testing.assert_array_equal(lines.read(Region.whole(lines.shape))[0, 0, 0], pixels(60, 1, 50)[:, 0])


def test_an_image_without_pixels_is_left_out_and_told(tmp_path: Path) -> None:
    path = several(tmp_path)
    path.write_bytes(path.read_bytes()[:-700])
    with open_image_file(path) as opened, pytest.raises(UnreadableFile, match="cut short"):
        opened.images[1].read(Region.whole(opened.images[1].shape))
    whole = several(tmp_path).read_bytes()
    path.write_bytes(whole[: whole.rindex("Block_flat".encode("utf-16-le")) - 22])
    with open_image_file(path) as opened:
        assert [source.description.name for source in opened.images] == ["stack"]
        assert "flat" in opened.warnings[0]


def test_a_header_that_claims_too_much_is_one_clear_line(tmp_path: Path) -> None:
    data = several(tmp_path).read_bytes()
    text = 'NumberOfElements="50"'
    huge = data.replace(text.encode("utf-16-le"), 'NumberOfElements="5E"'.encode("utf-16-le"))
    (tmp_path / "huge.lif").write_bytes(huge)
    with open_image_file(tmp_path / "huge.lif") as opened:
        assert len(opened.images) == 1
        assert "\n" not in opened.warnings[0]
