"""OIR files that the tests write, read by us and by Bio-Formats."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.formats.bioformats import provide_bioformats

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.geometry import Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]
_IDS = ("93e4632f-0342-4d98-bdc1-4ce305b92525", "0a1b2c3d-0000-4d98-bdc1-4ce305b92526")
_ROWS = 17
_SPACES = " ".join(
    f'xmlns:{name}="http://{name}"'
    for name in (
        "lsmimage",
        "lsmframe",
        "commonimage",
        "commonframe",
        "base",
        "commonphase",
        "commonparam",
        "opticalelement",
        "xsi",
    )
)


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(31).integers(0, 4000 if dtype == "uint16" else 250, shape).astype(dtype)


def _chunk(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", len(data), kind) + data


def _plane(name: str, plane: Array) -> bytes:
    """A plane in blocks of so many rows, each behind its name."""
    parts = []
    for number, top in enumerate(range(0, len(plane), _ROWS)):
        data, called = plane[top : top + _ROWS].astype(plane.dtype.newbyteorder("<")).tobytes(), f"{name}_{number}".encode()
        parts += [_chunk(3, struct.pack("<III", 0, len(data), len(called)) + called), _chunk(4, data)]
    return b"".join(parts)


def _document(kind: int, xml: str) -> bytes:
    data = f'<?xml version="1.0" encoding="UTF-8"?>{xml}'.encode()
    return struct.pack("<9I", kind, 1, 0, 0, 1, 1, 1, 1, 1) + struct.pack("<I", len(data)) + data


def image_xml(shape: Sequence[int], *, channels: int, bits: int, axes: str = "") -> str:
    """What the software notes of an image."""
    described = "".join(
        f'<commonphase:channel id="{_IDS[n]}" order="{n + 1}"><commonphase:name>CH{n + 1}</commonphase:name>'
        f"<commonphase:imageDefinition><commonphase:depth>{2 if bits > 8 else 1}</commonphase:depth>"
        f"<commonphase:bitCounts>{bits}</commonphase:bitCounts></commonphase:imageDefinition>"
        "<commonphase:length><commonparam:x>0.25</commonparam:x><commonparam:y>0.5</commonparam:y><commonparam:z>1.5</commonparam:z>"
        "</commonphase:length><commonphase:pixelUnit><commonphase:x>micrometer</commonphase:x>"
        "<commonphase:y>micrometer</commonphase:y><commonphase:z>micrometer</commonphase:z></commonphase:pixelUnit>"
        f"<opticalelement:startWavelength>{500 + 100 * n}</opticalelement:startWavelength>"
        f"<opticalelement:endWavelength>{540 + 100 * n}</opticalelement:endWavelength></commonphase:channel>"
        for n in reversed(range(channels))
    )
    lens = (
        "<commonimage:microscopeConfiguration><commonimage:objectiveLens><opticalelement:displayName>UPLSAPO60XS</opticalelement:displayName>"
        "<opticalelement:magnification>60</opticalelement:magnification><opticalelement:naValue>1.3</opticalelement:naValue>"
        "<opticalelement:wdValue>0.3</opticalelement:wdValue><opticalelement:immersion>OIL</opticalelement:immersion>"
        "</commonimage:objectiveLens></commonimage:microscopeConfiguration>"
    )
    used = "".join(
        f'<lsmimage:channel xsi:type="lsmimage:NormalChannel" id="{_IDS[n]}" order="{n + 1}" enable="true">'
        f"<commonimage:name>CH{n + 1}</commonimage:name></lsmimage:channel>"
        for n in range(channels)
    )
    return (
        f"<lsmimage:imageProperties {_SPACES}><commonimage:general>"
        f"<base:creationDateTime>2024-05-06T07:08:09</base:creationDateTime></commonimage:general><commonimage:imageInfo><commonimage:width>{shape[1]}</commonimage:width>"
        f"<commonimage:height>{shape[0]}</commonimage:height><commonimage:phase><commonphase:group>{described}</commonphase:group>"
        f"</commonimage:phase></commonimage:imageInfo><commonimage:acquisition>{lens}{used}<commonimage:imagingParam>{axes}"
        "</commonimage:imagingParam></commonimage:acquisition></lsmimage:imageProperties>"
    )


def frame_xml(shape: Sequence[int], depth: int) -> str:
    """What the software notes of each picture."""
    return (
        f"<lsmframe:frameProperties {_SPACES}><commonframe:general><base:name>z001t001</base:name></commonframe:general>"
        f"<commonframe:imageDefinition><base:width>{shape[1]}</base:width><base:height>{shape[0]}</base:height>"
        f"<base:depth>{depth}</base:depth><base:bitCounts>{12 if depth == 2 else 8}</base:bitCounts></commonframe:imageDefinition>"
        "</lsmframe:frameProperties>"
    )


def axis_xml(name: str, size: int, step: float) -> str:
    """An axis that was switched on."""
    return (
        f'<commonparam:axis enable="true"><commonparam:axis>{name}</commonparam:axis>'
        f"<commonparam:maxSize>{size}</commonparam:maxSize><commonparam:startPosition>100</commonparam:startPosition><commonparam:endPosition>0</commonparam:endPosition>"
        f"<commonparam:step>{step}</commonparam:step></commonparam:axis>"
    )


def write_oir(path: Path, planes: dict[str, Array], *xml: str) -> Path:
    """An OIR file of planes by their names, behind a reference image and the documents."""
    body = _plane("REF_LSM0_0_1_" + _IDS[0], pixels(20, 30))
    body += _chunk(0, b"".join(_document(2, one) for one in xml)) if xml else b""
    body += b"".join(_plane(name, plane) for name, plane in planes.items())
    end = 0x60 + len(body)
    head = b"OLYMPUSRAWFORMAT" + struct.pack("<4IQQ4IQ", 12, 0, 1, 2, end + 8, end, 17, 0, 1, 0, 0) + b"FLUOVIEW"
    path.write_bytes(head + struct.pack("<II", 1, 1) + b"\xff" * 8 + body + struct.pack("<II", 0xFFFFFFFF, 96))
    return path


STACK = pixels(2, 2, 3, 40, 50)


def _names(array: Array) -> dict[str, Array]:
    return {
        f"z{z + 1:03}t{t + 1:03}_0_1_{_IDS[c]}": array[t, c, z]
        for t in range(array.shape[0]) for z in range(array.shape[2]) for c in range(array.shape[1])
    }  # fmt: skip


_STACK_XML = (
    image_xml((40, 50), channels=2, bits=12, axes=axis_xml("ZSTACK", 3, -0.75) + axis_xml("TIMELAPSE", 2, 1)),
    frame_xml((40, 50), 2),
)


def stack(folder: Path) -> Path:
    return write_oir(folder / "stack.oir", _names(STACK), *_STACK_XML)


def flat(folder: Path) -> Path:
    """One plane of bytes, named by its time alone."""
    return write_oir(
        folder / "flat.oir",
        {f"t001_0_1_{_IDS[0]}": pixels(33, 44, dtype="uint8")},
        image_xml((33, 44), channels=1, bits=8),
        frame_xml((33, 44), 1),
    )


def parts(folder: Path) -> Path:
    """A recording in three files, the parts without a suffix."""
    names = list(_names(STACK).items())
    write_oir(folder / "long_00001", dict(names[4:8]), frame_xml((40, 50), 2))
    write_oir(folder / "long_00002", dict(names[8:]), frame_xml((40, 50), 2))
    return write_oir(folder / "long.oir", dict(names[:4]), *_STACK_XML)


def spectrum(folder: Path) -> Path:
    """Four wavelengths of one plane."""
    planes = {f"l{n + 1:03}z001t001_0_1_{_IDS[0]}": plane for n, plane in enumerate(pixels(4, 40, 50))}
    return write_oir(folder / "spectrum.oir", planes, image_xml((40, 50), channels=1, bits=12))


class TestOir(ReaderTests):
    reader = "oir"
    paths = (stack, flat, parts, spectrum)


def _read(path: Path) -> Array:
    with open_image_file(path) as opened:
        assert opened.reader == "oir"
        return opened.images[0].read(Region.whole(opened.images[0].shape))


def test_every_plane_is_where_its_name_says(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(stack(tmp_path)), STACK)
    np.testing.assert_array_equal(_read(flat(tmp_path))[0, 0, 0], pixels(33, 44, dtype="uint8"))


def test_wavelengths_lie_along_t(tmp_path: Path) -> None:
    with open_image_file(spectrum(tmp_path)) as opened:
        assert (opened.images[0].shape, opened.images[0].description.modulo) == (Size(4, 1, 1, 40, 50), {"t": "lambda"})
        np.testing.assert_array_equal(opened.images[0].read(Region.whole(opened.images[0].shape))[:, 0, 0], pixels(4, 40, 50))


def test_parts_of_a_long_recording_are_one_fileset_whichever_is_opened(tmp_path: Path) -> None:
    path = parts(tmp_path)
    files = {path, tmp_path / "long_00001", tmp_path / "long_00002"}
    for file in files:
        np.testing.assert_array_equal(_read(file), STACK)
        with open_image_file(file) as opened:
            assert (set(opened.files), opened.files[0]) == (files, file)
    (one,) = find_filesets([tmp_path])
    assert (one.path, set(one.files), one.reader) == (path, files, "oir")


def test_a_recording_of_its_own_that_is_called_like_a_part_is_one(tmp_path: Path) -> None:
    stack(tmp_path)
    flat(tmp_path).rename(tmp_path / "stack_00001.oir")
    assert [(one.path.name, len(one.files)) for one in find_filesets([tmp_path])] == [("stack.oir", 1), ("stack_00001.oir", 1)]
    np.testing.assert_array_equal(_read(tmp_path / "stack_00001.oir")[0, 0, 0], pixels(33, 44, dtype="uint8"))


def test_the_documents_are_told_in_omes_terms(tmp_path: Path) -> None:
    with open_image_file(stack(tmp_path)) as opened:
        about = opened.images[0].description
        assert [size.um for size in (about.physical_size_x, about.physical_size_y, about.physical_size_z) if size] == [
            0.25,
            0.5,
            0.75,
        ]
        assert [(one.name, one.emission_nm) for one in about.channels] == [("CH1", 520), ("CH2", 620)]
        assert about.objective == {
            "nominal_magnification": 60, "lens_na": 1.3, "working_distance_um": 300, "model": "UPLSAPO60XS", "immersion": "Oil",
        }  # fmt: skip
        assert (about.acquisition_date, about.significant_bits) == (datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), 12)
        assert opened.original_metadata()["imageProperties.imageInfo.width"] == "50"


def test_planes_that_were_never_recorded_read_as_zeros_and_are_told(tmp_path: Path) -> None:
    names = _names(STACK)
    del names[f"z002t002_0_1_{_IDS[1]}"]
    expected = STACK.copy()
    expected[1, 1, 1] = 0
    path = write_oir(tmp_path / "broken.oir", names, *_STACK_XML)
    np.testing.assert_array_equal(_read(path), expected)
    with open_image_file(path) as opened:
        assert opened.warnings == ("1 of 12 planes are missing or not whole, and read as zeros",)


def test_a_file_that_is_cut_short_gives_its_whole_blocks_and_says_so(tmp_path: Path) -> None:
    path = stack(tmp_path)
    path.write_bytes(path.read_bytes()[:-3000])
    with open_image_file(path) as opened:
        assert "1 of 12 planes" in opened.warnings[0]
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UnreadableFile, match="holds no planes"):
        open_image_file(path)


class TestBesideBioFormats:
    """Another program's reading of the same files, which knows FluoView's own."""

    @pytest.fixture(autouse=True)
    def _bioformats(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        yield from provide_bioformats(monkeypatch)

    @pytest.mark.parametrize("make", [stack, flat, parts])
    def test_bioformats_reads_the_same(self, tmp_path: Path, make: object) -> None:
        assert callable(make)
        path = make(tmp_path)
        with open_image_file(path) as ours, open_image_file(path, reader="bioformats") as theirs:
            (mine,), (other,) = ours.images, theirs.images
            assert (mine.shape, mine.dtype) == (other.shape, other.dtype)
            np.testing.assert_array_equal(mine.read(Region.whole(mine.shape)), other.read(Region.whole(other.shape)))
            about, told = mine.description, other.description
            assert about.physical_size_x is not None
            assert told.physical_size_x is not None
            assert about.physical_size_x.um == told.physical_size_x.um
            assert [one.name for one in about.channels] == [one.name for one in told.channels]
            assert about.objective["nominal_magnification"] == told.objective["nominal_magnification"]
            assert about.acquisition_date == told.acquisition_date
            assert set(ours.files) == set(theirs.files)
