"""OIF and OIB filesets that the tests write; those in compound files are read by oiffile too."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import oiffile
import pytest
import tifffile

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]
_SETTINGS = """[ProfileSaveInfo]
Version="1.0"
Name="OIF"
[Axis Parameter Common]
AxisCount=5
AxisOrder="XYCZT"
[Axis 3 Parameters Common]
AxisCode="Z"
MaxSize={z}
StartPosition=0
EndPosition={depth}
UnitName="nm"
[Axis 4 Parameters Common]
AxisCode="T"
MaxSize={t}
StartPosition=0
EndPosition={duration}
UnitName="ms"
[Reference Image Parameter]
ValidBitCounts=12
WidthConvertValue=0.25
WidthUnit="um"
HeightConvertValue=0.5
HeightUnit="um"
[Acquisition Parameters Common]
ImageCaputreDate='2006-05-04 03:02:01'
PinholeDiameter=110000
Magnification=60
ObjectiveLens Name="UPLSAPO  60X W NA:1.20"
ObjectiveLens NAValue=1.2
[GUI Channel 1 Parameters]
CH Name="CHS1"
DyeName="Alexa Fluor 488"
ExcitationWavelength=488
EmissionWavelength=520
AnalogPMTVoltage=525
AnalogPMTGain=1.25
BF Name="BA505-540"
ExcitationDM Name="DM405/488"
[GUI Channel 2 Parameters]
CH Name="CHS2"
DyeName="None"
[Version Info]
SystemName="FLUOVIEW FV1000"
"""


def pixels(*shape: int) -> Array:
    """Noise over 12 bits, the same every time."""
    return np.random.default_rng(14).integers(0, 4095, shape).astype("uint16")


def _settings(array: Array) -> bytes:
    t, _, z, _, _ = array.shape
    text = _SETTINGS.format(t=t, z=z, depth=500 * (z - 1), duration=2000 * (t - 1))
    return b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le")


def _planes(array: Array, letters: str = "CZT") -> dict[str, bytes]:
    """The TIFF of every plane of pixels along ``tczyx``, numbered by these letters."""
    found = {}
    for t, c, z in np.ndindex(array.shape[:3]):
        file = BytesIO()
        tifffile.imwrite(file, array[t, c, z], metadata=None, photometric="minisblack")
        numbers = {"T": t, "L": t, "C": c, "Z": z}
        found["s_" + "".join(f"{letter}{numbers[letter] + 1:03}" for letter in letters) + ".tif"] = file.getvalue()
    return found


def write_oif(path: Path, array: Array, letters: str = "CZT") -> Path:
    """An OIF with its folder of planes."""
    path.write_bytes(_settings(array))
    folder = path.with_name(path.name + ".files")
    folder.mkdir(exist_ok=True)
    for name, data in _planes(array, letters).items():
        (folder / name).write_bytes(data)
    return path


def write_compound(path: Path, streams: dict[str, bytes]) -> Path:
    """A compound file of version 3: the first stream in the root, the others in a storage, short ones among small sectors."""
    small, table, small_next = bytearray(), [], []
    sectors: list[bytes] = []

    def store(data: bytes) -> int:
        first, count = len(sectors), -(-len(data) // 512)
        sectors.extend(data[n * 512 : (n + 1) * 512].ljust(512, b"\0") for n in range(count))
        table.extend([*range(first + 1, first + count), 0xFFFFFFFE][:count])
        return first

    inside = 3 if len(streams) > 1 else 0xFFFFFFFF
    entries: list[Any] = [["Root Entry", 5, 1, 0, 0], ["Storage00001", 1, inside, 0, 0]]
    for name, data in streams.items():
        if len(data) < 4096:
            first = len(small) // 64
            small.extend(data.ljust(-(-len(data) // 64) * 64, b"\0"))
            small_next.extend([*range(first + 1, len(small) // 64), 0xFFFFFFFE])
        else:
            first = store(data)
        entries.append([name, 2, 0xFFFFFFFF, first, len(data)])
    entries[0][3], entries[0][4] = store(bytes(small)), len(small)
    words = np.array(small_next + [0xFFFFFFFF] * (-len(small_next) % 128), "<u4").tobytes()
    small_start, small_count = store(words), len(words) // 512
    listed = b""
    for number, (name, kind, child, first, size) in enumerate(entries):
        coded = str(name).encode("utf-16-le")
        right = 2 if number == 1 else number + 1 if 3 <= number < len(entries) - 1 else 0xFFFFFFFF
        head = struct.pack("<64sHBBIII", coded, len(coded) + 2, kind, 1, 0xFFFFFFFF, right, child)
        listed += head + bytes(36) + struct.pack("<IQ", first, size)
    folders = store(listed.ljust(-(-len(listed) // 512) * 512, b"\0"))
    tables = -(-len(table) // 127)  # each holds 128 numbers, and one of them stands for itself
    places = list(range(len(sectors), len(sectors) + tables))
    full = np.array([*table, *[0xFFFFFFFD] * tables, *[0xFFFFFFFF] * (tables * 128 - len(table) - tables)], "<u4")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIIII", 0, tables, folders, 0, 4096, small_start, small_count, 0xFFFFFFFE, 0, places[0])
    header += struct.pack(f"<{len(places) - 1}I", *places[1:])
    path.write_bytes(header.ljust(512, b"\xff") + b"".join(sectors) + full.tobytes())
    return path


def write_oib(path: Path, array: Array) -> Path:
    """An OIB: the streams, and the list of what they are called."""
    parts = {"main.oif": _settings(array)} | {f"Storage00001/{name}": data for name, data in _planes(array).items()}
    streams = {f"Stream{number:05}": data for number, data in enumerate(parts.values())}
    lines = [f"{stream}={name}" for stream, name in zip(streams, parts, strict=True)]
    info = "\r\n".join(["[OibSaveInfo]", "Version=2.0.0.0", "Name=OIBSaveInfo", "MainFileName=Stream00000", *lines, ""])
    return write_compound(path, {"OibInfo.txt": b"\xff\xfe" + info.encode("utf-16-le")} | streams)


def beside(folder: Path) -> Path:
    return write_oif(folder / "beside.oif", pixels(2, 2, 3, 40, 50))


def within(folder: Path) -> Path:
    return write_oib(folder / "within.oib", pixels(2, 2, 3, 40, 50))


class TestOif(ReaderTests):
    reader = "oif"
    damages = 20
    paths = (beside, within)


@pytest.mark.parametrize("make", [beside, within])
def test_planes_are_where_their_names_say(tmp_path: Path, make: Any) -> None:
    path = make(tmp_path)
    with open_image_file(path) as opened:
        (source,) = opened.images
        np.testing.assert_array_equal(source.read(Region.whole(source.shape)), pixels(2, 2, 3, 40, 50))
    with oiffile.OifFile(path) as other:
        assert other.series[0].shape == (2, 3, 2)
        np.testing.assert_array_equal(other.asarray().transpose(2, 0, 1, 3, 4), pixels(2, 2, 3, 40, 50))


@pytest.mark.parametrize("make", [beside, within])
def test_the_settings_are_understood(tmp_path: Path, make: Any) -> None:
    with open_image_file(make(tmp_path)) as opened:
        about, kept = opened.images[0].description, opened.original_metadata()
    assert (about.physical_size_x, about.physical_size_y) == (Quantity(0.25, "um"), Quantity(0.5, "um"))
    assert (about.physical_size_z, about.time_increment) == (Quantity(500.0, "nm"), Quantity(2000.0, "ms"))
    assert [(channel.name, channel.fluor, channel.excitation_nm) for channel in about.channels] == [
        ("Alexa Fluor 488", "Alexa Fluor 488", 488.0),
        ("CHS2", None, None),
    ]
    first = about.channels[0]
    assert first.pinhole_um == 110.0
    assert first.detector is not None
    assert (first.detector.voltage, first.detector.gain) == (Quantity(525, "V"), 1.25)
    assert first.light is not None
    assert first.light.source.wavelength == Quantity(488, "nm")
    assert first.light_path is not None
    assert first.light_path.dichroic is not None
    assert (first.light_path.dichroic.model, [one.model for one in first.light_path.emission]) == ("DM405/488", ["BA505-540"])
    assert about.objective == {"model": "UPLSAPO 60X W NA:1.20", "nominal_magnification": 60.0, "lens_na": 1.2}
    assert (about.significant_bits, about.instrument["model"]) == (12, "FLUOVIEW FV1000")
    assert about.acquisition_date is not None
    assert about.acquisition_date.isoformat() == "2006-05-04T03:02:01+00:00"
    assert kept["Axis 3 Parameters Common.UnitName"] == "nm"


def test_wavelengths_lie_along_t_and_absent_planes_are_zeros(tmp_path: Path) -> None:
    path = write_oif(tmp_path / "spectrum.oif", pixels(4, 1, 2, 40, 50), letters="CZL")
    (tmp_path / "spectrum.oif.files" / "s_C001Z002L003.tif").unlink()
    expected = pixels(4, 1, 2, 40, 50)
    expected[2, 0, 1] = 0
    with open_image_file(path) as opened:
        source = opened.images[0]
        assert (source.shape, source.description.modulo) == (Size(4, 1, 2, 40, 50), {"t": "lambda"})
        np.testing.assert_array_equal(source.read(Region.whole(source.shape)), expected)


def test_the_folder_of_planes_belongs_to_its_file(tmp_path: Path) -> None:
    beside(tmp_path)
    assert [(one.path.name, len(one.files), one.problem) for one in find_filesets([tmp_path])] == [("beside.oif", 13, "")]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    alone = tmp_path / "alone.oif"
    alone.write_bytes(_settings(pixels(1, 1, 1, 4, 5)))
    with pytest.raises(UnreadableFile, match=r"alone\.oif\.files, which is not beside it"):
        open_image_file(alone)
    write_compound(tmp_path / "other.oib", {"Book": bytes(5000)})
    with pytest.raises(UnreadableFile, match=r"without OibInfo\.txt"):
        open_image_file(tmp_path / "other.oib")
    whole = within(tmp_path).read_bytes()
    (tmp_path / "cut.oib").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match=r"cut\.oib is cut short"):
        open_image_file(tmp_path / "cut.oib")
    circle = bytearray(whole)
    last = circle[-(-len(circle) // 512) * 512 - 512 :]
    circle[-len(last) :] = np.frombuffer(bytes(last), "<u4").clip(0, 3).astype("<u4").tobytes()
    (tmp_path / "circle.oib").write_bytes(circle)
    with pytest.raises(UnreadableFile, match=r"circle\.oib"), open_image_file(tmp_path / "circle.oib") as opened:
        opened.images[0].read(Region.whole(opened.images[0].shape))
