"""LSM files that the tests write: channels apart, a thumbnail behind every plane, and Zeiss's notes on the recording."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tifffile import TIFF

from micrarium.formats import open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]
_END = struct.pack("<3I", 0xFFFFFFFF, 0, 0)


def pixels(*shape: int) -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(13).integers(0, 255, shape).astype("uint8")


def _entry(code: int, value: float | str | None = None) -> bytes:
    if value is None:
        return struct.pack("<3I", code, 0, 0)
    if isinstance(value, str):
        return struct.pack("<3I", code, 2, len(value) + 1) + value.encode() + b"\0"
    return (
        struct.pack("<3I", code, 4, 4) + struct.pack("<i", value)
        if isinstance(value, int)
        else (struct.pack("<3Id", code, 5, 8, value))
    )


def _scan_information(channels: int) -> bytes:
    tracks = b""
    for number in range(channels):
        detection = _entry(0x70000000) + _entry(0x70000009, 90.5 + number) + _entry(0x7000000B, 1)
        detection += _entry(0x70000003, 600.0 + number) + _entry(0x70000005, 1.5) + _entry(0x70000010, "BP 500-540")
        detection += _entry(0x70000022, 500.0) + _entry(0x70000023, 540.0 + number) + _entry(0x70000026, f"dye {number}") + _END
        laser = (
            _entry(0x90000000)
            + _entry(0x90000001, "Argon")
            + _entry(0x90000002, 10.0)
            + _entry(0x90000003, 488.0)
            + _entry(0x90000004, 1)
            + _END
        )
        tracks += _entry(0x40000000) + _entry(0x60000000) + detection + _END + _entry(0x80000000) + laser + _END + _END
    recording = _entry(0x10000002, "seen at night") + _entry(0x10000004, "Plan-Apochromat 63x/1.4 Oil DIC")
    recording += _entry(0x10000036, 43831.5) + _entry(0x10000047, "Ada")
    return struct.pack("<3I", 0x10000000, 0, 0) + recording + _entry(0x20000000) + tracks + _END + _END


def _colors(channels: int) -> bytes:
    names = b"".join(struct.pack("<I", 5) + f"Ch{n}".encode() + b"\0\0" for n in range(channels))
    colors = b"\x00\xff\x80\x00" * channels
    return struct.pack("<6I", 24 + len(colors) + len(names), channels, channels, 24, 24 + len(colors), 0) + colors + names


def write_lsm(path: Path, array: Array) -> Path:
    """An LSM file of pixels along ``tzcyx``; every plane holds its channels one after the other."""
    t, z, c, height, width = array.shape
    data = bytearray(b"II*\0\0\0\0\0")

    def put(blob: bytes) -> int:
        place = len(data)
        data.extend(blob)
        return place

    info = np.zeros((), np.dtype([(name or "reserved", form) for name, form in TIFF.CZ_LSMINFO]))
    info["MagicNumber"], info["StructureSize"] = 67127628, info.dtype.itemsize
    info["DimensionX"], info["DimensionY"], info["DimensionZ"] = width, height, z
    info["DimensionChannels"], info["DimensionTime"], info["ScanType"], info["TimeIntervall"] = c, t, 6 if t > 1 else 0, 2.5
    info["VoxelSizeX"], info["VoxelSizeY"], info["VoxelSizeZ"] = 1e-7, 2e-7, 5e-7
    info["OffsetChannelColors"], info["OffsetScanInformation"] = put(_colors(c)), put(_scan_information(c))
    info["OffsetTimeStamps"] = put(struct.pack("<2i", 8 + 8 * t, t) + np.arange(100, 100 + 2.5 * t, 2.5).tobytes())
    notes = put(info.tobytes())
    link = 4
    for number, plane in enumerate(array.reshape(t * z, c, height, width)):
        for is_small, part in ((0, plane), (1, plane[:, ::4, ::4])):
            offsets, sizes = [put(channel.tobytes()) for channel in part], [channel.size for channel in part]
            tags = [(254, 4, 1, is_small), (256, 4, 1, part.shape[2]), (257, 4, 1, part.shape[1])]
            tags += [(258, 3, c, put(struct.pack(f"<{c}H", *[8] * c)) if c > 2 else 8 | 8 << 16), (259, 3, 1, 1), (262, 3, 1, 1)]
            tags += [(273, 4, c, put(struct.pack(f"<{c}I", *offsets)) if c > 1 else offsets[0]), (277, 3, 1, c)]
            tags += [(279, 4, c, put(struct.pack(f"<{c}I", *sizes)) if c > 1 else sizes[0]), (284, 3, 1, 2)]
            tags += [(34412, 1, info.dtype.itemsize, notes)] if number == 0 and not is_small else []
            here = put(struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4))
            struct.pack_into("<I", data, link, here)
            link = len(data) - 4
    path.write_bytes(data)
    return path


def stack(folder: Path) -> Path:
    return write_lsm(folder / "stack.lsm", pixels(2, 3, 3, 40, 52))


class TestLsm(ReaderTests):
    reader = "tiff"
    paths = (stack,)


def test_channels_slices_and_times_are_where_they_belong(tmp_path: Path) -> None:
    with open_image_file(stack(tmp_path)) as opened:
        source = opened.images[0]
        assert source.shape == Size(2, 3, 3, 40, 52)
        np.testing.assert_array_equal(source.read(Region.whole(source.shape)), pixels(2, 3, 3, 40, 52).swapaxes(1, 2))
        assert [one.description.is_thumbnail for one in opened.images] == [False, True]


def test_the_notes_on_the_recording_are_understood(tmp_path: Path) -> None:
    with open_image_file(stack(tmp_path)) as opened:
        about = opened.images[0].description
    sizes = (about.physical_size_x, about.physical_size_y, about.physical_size_z)
    assert [size.um for size in sizes if size] == pytest.approx([0.1, 0.2, 0.5])
    assert about.time_increment == Quantity(2.5, "s")
    assert about.objective == {"model": "Plan-Apochromat 63x/1.4 Oil DIC", "nominal_magnification": 63.0, "lens_na": 1.4}
    assert (about.experimenter, about.description) == ("Ada", "seen at night")
    assert about.acquisition_date is not None
    assert about.acquisition_date.isoformat() == "2020-01-01T12:00:00+00:00"
    assert [channel.name for channel in about.channels] == ["Ch0", "Ch1", "Ch2"]
    second = about.channels[1]
    assert (second.color, second.fluor, second.pinhole_um) == ("00FF80", "dye 1", 91.5)
    assert (second.excitation_nm, second.emission_nm) == (488.0, 520.5)
    assert about.planes is not None
    assert about.planes.columns["delta_t"].values[:, 2, 1].tolist() == [0, 2.5], "counted from the first"
    assert second.detector is not None
    assert (second.detector.gain, second.detector.detector.amplification_gain) == (601.0, 1.5)
    assert second.light is not None
    assert (second.light.source.model, second.light.attenuation, second.light.wavelength) == ("Argon", 0.9, Quantity(488, "nm"))
    assert second.light_path is not None
    (filter_,) = second.light_path.emission
    assert (filter_.model, filter_.cut_in, filter_.cut_out) == ("BP 500-540", Quantity(500, "nm"), Quantity(541, "nm"))
