"""SER files that the tests write: frames of one and of several sizes, maps of spectra, notes beside them, damage."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]
_CODES = {"u1": 1, "u2": 2, "u4": 3, "i1": 4, "i2": 5, "i4": 6, "f4": 7, "f8": 8, "c8": 9, "c16": 10}
_NOTES = """rubbish <ObjectInfo><AcquireDate>Thu Jun 11 15:27:03 2015</AcquireDate><ExperimentalConditions><MicroscopeConditions>
<Manufacturer>FEI (ISAS)</Manufacturer></MicroscopeConditions></ExperimentalConditions><ExperimentalDescription><Root>
<Data><Label>User</Label><Value>Ada</Value><Unit></Unit></Data><Data><Label>Microscope</Label><Value>Titan</Value><Unit/></Data>
<Data><Label>Magnification</Label><Value>40000</Value><Unit>x</Unit></Data></Root></ExperimentalDescription></ObjectInfo> rubbish"""


def pixels(*shape: int, dtype: str = "int16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(4).integers(0, 120, shape).astype(dtype)


def write_ser(
    path: Path,
    elements: Sequence[Array] | Array,
    *,
    wide: bool = True,
    sizes: Sequence[int] = (),
    unit: str = "",
    tags: bool = True,
    lost: int = 0,
) -> Path:
    """A SER file of frames (two axes each) or spectra (one axis each); ``lost`` more elements were asked for than taken."""
    is_frame = elements[0].ndim == 2
    counts, total = sizes or (len(elements) + lost,), len(elements) + lost
    dimensions = b"".join(
        struct.pack("<iddii", count, 0.0, 2e-9, 0, 4) + b"Here" + struct.pack("<i", len(unit)) + unit.encode() for count in counts
    )
    form = "q" if wide else "i"
    table = 26 + struct.calcsize(form) + len(dimensions)
    place = table + 2 * total * struct.calcsize(form)
    bodies, places, tag_places = [], [], []
    for element in elements:
        code = _CODES[element.dtype.str[1:]]
        if is_frame:
            head = struct.pack("<ddiddihii", 0.0, 1e-9, 0, 0.0, 1.5e-9, 0, code, element.shape[1], element.shape[0])
        else:
            head = struct.pack("<ddihi", 0.0, 10.0, 0, code, len(element))
        places.append(place)
        bodies += [head, element.tobytes()]
        place += len(head) + element.nbytes
    for number in range(len(elements)):
        tag_places.append(place)
        bodies.append(struct.pack("<hhidd", 0x4142, 0, 1_600_000_000 + 5 * number, 1e-6 * number, 2e-6))
        place += 24
    if not tags:
        tag_places = [0] * len(elements)
    lists = struct.pack(f"<{2 * total}{form}", *places, *[0] * lost, *tag_places, *[0] * lost)
    kind = 0x4122 if is_frame else 0x4120
    head = struct.pack("<HHHiiii", 0x4949, 0x0197, 0x220 if wide else 0x210, kind, 0x4142, total, len(elements))
    path.write_bytes(head + struct.pack(f"<{form}i", table, len(counts)) + dimensions + lists + b"".join(bodies))
    return path


def series(folder: Path) -> Path:
    (folder / "series.emi").write_text(_NOTES)
    return write_ser(folder / "series_1.ser", pixels(3, 40, 50), lost=2)


def mixed(folder: Path) -> Path:
    return write_ser(folder / "mixed.ser", [pixels(40, 50), pixels(20, 30), pixels(40, 50) + 1], wide=False)


def spectra(folder: Path) -> Path:
    return write_ser(folder / "map.ser", list(pixels(12, 64, dtype="uint32")), sizes=(4, 3), unit="meters")


class TestSer(ReaderTests):
    reader = "ser"
    damages = 20
    paths = (series, mixed, spectra)


def _read(path: Path, index: int = 0) -> Array:
    with open_image_file(path) as opened:
        return opened.images[index].read(Region.whole(opened.images[index].shape))


@pytest.mark.parametrize("dtype", list(_CODES))
def test_every_type_keeps_its_values(tmp_path: Path, dtype: str) -> None:
    mine = _read(write_ser(tmp_path / "a.ser", pixels(2, 7, 9, dtype=dtype)))
    assert mine.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(mine[:, 0, 0], pixels(2, 7, 9, dtype=dtype))


def test_frames_of_a_series_lie_along_t_and_elements_never_taken_are_left_out(tmp_path: Path) -> None:
    with open_image_file(series(tmp_path)) as opened:
        source = opened.images[0]
        assert source.shape == Size(3, 1, 1, 40, 50)
        np.testing.assert_array_equal(source.read(Region.whole(source.shape))[:, 0, 0], pixels(3, 40, 50))
        about, kept = source.description, opened.original_metadata()
    assert (about.physical_size_x, about.physical_size_y) == (Quantity(1e-9, "m"), Quantity(1.5e-9, "m"))
    assert about.time_increment == Quantity(5.0, "s")
    assert about.stage_position_um == (0.0, 2.0, None)
    assert about.acquisition_date is not None
    assert about.acquisition_date.isoformat() == "2020-09-13T12:26:40+00:00"
    assert (about.experimenter, about.objective) == ("Ada", {"nominal_magnification": 40000.0})
    assert about.instrument == {"manufacturer": "FEI (ISAS)", "model": "Titan"}
    assert kept["Magnification"] == "40000 x"
    assert kept["ObjectInfo.AcquireDate"] == "Thu Jun 11 15:27:03 2015"


def test_a_series_over_lengths_is_a_stack(tmp_path: Path) -> None:
    with open_image_file(write_ser(tmp_path / "z.ser", pixels(3, 7, 9), unit="m", tags=False)) as opened:
        assert opened.images[0].shape == Size(1, 1, 3, 7, 9)
        assert opened.images[0].description.physical_size_z == Quantity(2e-9, "m")
        assert opened.images[0].description.acquisition_date is None


def test_frames_of_another_size_are_another_image(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(mixed(tmp_path))[:, 0, 0], [pixels(40, 50), pixels(40, 50) + 1])
    np.testing.assert_array_equal(_read(mixed(tmp_path), 1)[0, 0, 0], pixels(20, 30))


def test_spectra_are_a_map_with_energies_along_t(tmp_path: Path) -> None:
    with open_image_file(spectra(tmp_path)) as opened:
        source = opened.images[0]
        assert (source.shape, source.description.modulo) == (Size(64, 1, 1, 3, 4), {"t": "lambda"})
        expected = pixels(12, 64, dtype="uint32").reshape(3, 4, 64).transpose(2, 0, 1)
        np.testing.assert_array_equal(source.read(Region.whole(source.shape))[:, 0, 0], expected)
    np.testing.assert_array_equal(_read(write_ser(tmp_path / "one.ser", [pixels(64)]))[0, 0, 0], [pixels(64)])


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    whole = write_ser(tmp_path / "whole.ser", pixels(3, 40, 50), tags=False).read_bytes()
    (tmp_path / "cut.ser").write_bytes(whole[:-200])
    with pytest.raises(UnreadableFile, match=r"cut\.ser is cut short"):
        open_image_file(tmp_path / "cut.ser")
    (tmp_path / "never.ser").write_bytes(whole[:18] + bytes(4) + whole[22:])
    with pytest.raises(UnreadableFile, match="none of its elements was ever taken"):
        open_image_file(tmp_path / "never.ser")
    with pytest.raises(UnreadableFile, match="spectra of different lengths"):
        open_image_file(write_ser(tmp_path / "odd.ser", [pixels(64), pixels(32)]))
