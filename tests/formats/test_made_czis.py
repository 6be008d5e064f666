"""CZI files that the tests write, with Zeiss' own library where it can and subblock by subblock where it cannot."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pylibCZIrw import czi

from micrarium.errors import UnreadableFile
from micrarium.formats import open_image_file
from micrarium.formats.czi_metadata import CziMetadata, telling_parts
from micrarium.geometry import Quantity, Region, Size
from micrarium.testing.readers import ReaderTests

Array = np.ndarray[Any, np.dtype[Any]]
_RGB24, _BGR24 = (bytes.fromhex("24c3dd6f034efe4bb1853d77768dc9") + last for last in (b"\x0d", b"\x0c"))
_TYPES = {("uint8", 1): 0, ("uint16", 1): 1, ("float32", 1): 2, ("uint8", 3): 3, ("uint16", 3): 4}


def pixels(*shape: int, dtype: str = "uint16") -> Array:
    """Noise, the same every time."""
    return np.random.default_rng(13).integers(0, 200, shape).astype(dtype)


@dataclass
class Piece:
    """A subblock to be written: its pixels, where they lie, how they are coded and by how much they are reduced."""

    array: Array
    at: dict[str, int] = field(default_factory=dict)
    codec: str = "raw"
    reduction: int = 1

    def entry(self, position: int) -> bytes:
        """Its entry in the directory."""
        height, width = self.array.shape[:2]
        sizes = {"X": (width * self.reduction, width), "Y": (height * self.reduction, height)}
        kind = _TYPES[self.array.dtype.name, self.array.shape[2] if self.array.ndim == 3 else 1]
        compression = {"raw": 0, "jpegxr": 4, "zstd": 5, "hilo": 6}[self.codec]
        at = {"X": 0, "Y": 0, "C": 0} | self.at
        head = struct.pack("<2siqiiB5xi", b"DV", kind, position, 0, compression, int(self.reduction > 1), len(at))
        rows = [
            struct.pack("<4siifi", name.encode(), at[name], sizes.get(name, (1, 1))[0], 0.0, sizes.get(name, (1, 1))[1])
            for name in at
        ]
        return head + b"".join(rows)

    def data(self) -> bytes:
        """Its coded pixels; colours lie as blue, green, red, except in JPEG XR."""
        array = self.array[..., ::-1] if self.array.ndim == 3 and self.codec != "jpegxr" else self.array
        raw = np.ascontiguousarray(array).tobytes()
        if self.codec == "zstd":
            return bytes(imagecodecs.zstd_encode(raw))
        if self.codec == "hilo":
            halves = np.frombuffer(raw, np.uint8).reshape(-1, 2).T
            return b"\3\1\1" + bytes(imagecodecs.zstd_encode(halves.tobytes()))
        if self.codec == "raw":
            return raw
        # Zeiss' library reads only JPEG XR that names its order blue, green, red.
        return bytes(imagecodecs.jpegxr_encode(np.ascontiguousarray(array), level=1.0)).replace(_RGB24, _BGR24)


def _segment(kind: bytes, data: bytes) -> bytes:
    return struct.pack("<16sqq", kind, len(data), len(data)) + data


def write_czi(path: Path, pieces: list[Piece], xml: str = "<ImageDocument><Metadata/></ImageDocument>") -> Path:
    """A CZI file of these subblocks."""
    body, entries, place = b"", [], 32 + 512
    for piece in pieces:
        entry, data = piece.entry(place), piece.data()
        head = struct.pack("<iiq", 0, 0, len(data)) + entry
        segment = _segment(b"ZISRAWSUBBLOCK", head.ljust(256, b"\0") + data)
        entries.append(entry)
        body += segment
        place += len(segment)
    metadata = _segment(b"ZISRAWMETADATA", struct.pack("<ii", len(xml.encode()), 0).ljust(256, b"\0") + xml.encode())
    directory = _segment(b"ZISRAWDIRECTORY", struct.pack("<i", len(entries)).ljust(128, b"\0") + b"".join(entries))
    header = struct.pack("<iiii16s16siqqiq", 1, 0, 0, 0, b"", b"", 0, place + len(metadata), place, 0, 0)
    path.write_bytes(_segment(b"ZISRAWFILE", header.ljust(512, b"\0")) + body + metadata + directory)
    return path


_XML = """<ImageDocument><Metadata><Scaling><Items><Distance Id="X"><Value>2.5E-07</Value></Distance>
<Distance Id="Y"><Value>2.5E-07</Value></Distance><Distance Id="Z"><Value>1E-06</Value></Distance></Items></Scaling>
<Information><Document><UserName>ada</UserName></Document><Image><AcquisitionDateAndTime>2021-06-15T06:09:43.0304818Z</AcquisitionDateAndTime>
<ComponentBitCount>14</ComponentBitCount><ObjectiveSettings><ObjectiveRef Id="Objective:1"/></ObjectiveSettings>
<Dimensions><Channels><Channel Id="Channel:0" Name="DAPI"><EmissionWavelength>465</EmissionWavelength>
<ExposureTime>2000000</ExposureTime></Channel>
<Channel Id="Channel:1" Name="GFP"><Color>#FF00FF33</Color></Channel></Channels>
<T><Positions><Interval><Increment>4</Increment></Interval></Positions></T></Dimensions></Image>
<Instrument><Objectives><Objective Id="Objective:1">
<LensNA>0.8</LensNA><NominalMagnification>20</NominalMagnification></Objective></Objectives>
</Instrument></Information>
<DisplaySetting><Channels><Channel Id="Channel:0"><Low>0.1</Low><High>0.5</High></Channel></Channels></DisplaySetting>
</Metadata></ImageDocument>"""


def five_dimensions(folder: Path) -> Path:
    stack = pixels(2, 2, 3, 40, 50)
    pieces = [Piece(stack[t, c, z], {"T": t, "C": c, "Z": z + 4}) for t in range(2) for c in range(2) for z in range(3)]
    return write_czi(folder / "five.czi", pieces, _XML)


def pyramid(folder: Path) -> Path:
    """A mosaic of four tiles, the last one's data coded, with one reduced resolution."""
    whole = pixels(80, 100)
    pieces = [
        Piece(whole[y : y + 40, x : x + 50], {"X": x - 7, "Y": y + 3, "M": number}, "zstd")
        for number, (y, x) in enumerate(((0, 0), (0, 50), (40, 0), (40, 50)))
    ]
    pieces.append(Piece(whole[::2, ::2].copy(), {"X": -7, "Y": 3}, "hilo", reduction=2))
    return write_czi(folder / "pyramid.czi", pieces)


def colours(folder: Path) -> Path:
    return write_czi(folder / "colours.czi", [Piece(pixels(40, 50, 3, dtype="uint8"))])


def coded_colours(folder: Path) -> Path:
    return write_czi(folder / "coded.czi", [Piece(pixels(40, 50, 3, dtype="uint8"), codec="jpegxr")])


def scenes(folder: Path) -> Path:
    """Two scenes with overlapping tiles, written by Zeiss' library."""
    path = folder / "scenes.czi"
    with czi.create_czi(str(path), compression_options="zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack") as writer:
        for scene in range(2):
            for number, left in enumerate((0, 40)):
                for c in range(2):
                    tile = pixels(50, 60, 1) + number * 100 + scene * 1000
                    writer.write(tile, location=(left + scene * 500, 0), plane={"C": c}, scene=scene)
        writer.write_metadata("Two scenes", channel_names={0: "A", 1: "B"}, scale_x=1e-7, scale_y=1e-7)
    return path


class TestCzi(ReaderTests):
    reader = "czi"
    paths = (five_dimensions, pyramid, colours, coded_colours, scenes)


def _read(path: Path, index: int = 0, level: int = 0) -> Array:
    with open_image_file(path) as opened:
        source = opened.images[index]
        return source.read(Region.whole(source.levels[level].shape), level=level)


def test_five_dimensions_are_put_in_order(tmp_path: Path) -> None:
    np.testing.assert_array_equal(_read(five_dimensions(tmp_path)), pixels(2, 2, 3, 40, 50))


def test_zens_metadata_is_understood(tmp_path: Path) -> None:
    with open_image_file(five_dimensions(tmp_path)) as opened:
        about = opened.images[0].description
        assert about.physical_size_x is not None
        assert about.physical_size_x.um == pytest.approx(0.25)
        assert about.time_increment == Quantity(4.0, "s")
        assert about.significant_bits == 14
        assert about.acquisition_date is not None
        assert about.acquisition_date.year == 2021
        assert about.experimenter == "ada"
        assert about.objective == {"lens_na": 0.8, "nominal_magnification": 20.0}
        first, second = about.channels
        assert (first.name, first.emission_nm, first.exposure_s) == ("DAPI", 465.0, 0.002)
        assert first.window == pytest.approx((6553.5, 32767.5))
        assert (second.name, second.color) == ("GFP", "00FF33")


def test_channels_named_only_for_display_have_those_names(tmp_path: Path) -> None:
    told = '<Channel Id="Channel:0"/><Channel Id="Channel:1"/>'
    shown = '<Channel Id="Channel:0" Name="DAPI"/><Channel Id="c15b6ce0" Name="GFP"><Color>#FF00FF33</Color></Channel>'
    for listed in (told, ""):
        xml = (
            f"<ImageDocument><Metadata><Information><Image><Dimensions><Channels>{listed}</Channels></Dimensions></Image></Information>"
            f"<DisplaySetting><Channels>{shown}</Channels></DisplaySetting></Metadata></ImageDocument>"
        )
        pieces = [Piece(pixels(40, 50), {"C": c}) for c in range(2)]
        with open_image_file(write_czi(tmp_path / "shown.czi", pieces, xml)) as opened:
            first, second = opened.images[0].description.channels
            assert (first.name, second.name, second.color) == ("DAPI", "GFP", "00FF33")


def test_a_mosaic_is_stitched_and_its_pyramid_used(tmp_path: Path) -> None:
    path = pyramid(tmp_path)
    np.testing.assert_array_equal(_read(path)[0, 0, 0], pixels(80, 100))
    np.testing.assert_array_equal(_read(path, level=1)[0, 0, 0], pixels(80, 100)[::2, ::2])


@pytest.mark.parametrize("make", [colours, coded_colours])
def test_colours_come_out_red_first(make: Any, tmp_path: Path) -> None:
    path = make(tmp_path)
    np.testing.assert_array_equal(np.moveaxis(_read(path)[0, :, 0], 0, -1), pixels(40, 50, 3, dtype="uint8"))
    with czi.open_czi(str(path)) as other:
        np.testing.assert_array_equal(other.read()[..., ::-1], pixels(40, 50, 3, dtype="uint8"))


def test_scenes_are_images_and_later_tiles_lie_on_top(tmp_path: Path) -> None:
    path = scenes(tmp_path)
    with open_image_file(path) as opened, czi.open_czi(str(path)) as other:
        assert [source.shape for source in opened.images] == [Size(1, 2, 1, 50, 100)] * 2
        for scene, source in enumerate(opened.images):
            assert [channel.name for channel in source.description.channels] == ["A", "B"]
            for c in range(2):
                expected = other.read(plane={"C": c}, scene=scene)[..., 0]
                np.testing.assert_array_equal(source.read(Region.plane(source.shape, c=c))[0, 0, 0], expected)


def test_a_missing_tile_reads_as_zeros(tmp_path: Path) -> None:
    path = write_czi(tmp_path / "holes.czi", [Piece(pixels(20, 20), {"X": x}) for x in (0, 40)])
    whole = _read(path)[0, 0, 0]
    assert whole.shape == (20, 60)
    assert not whole[:, 20:40].any()


def test_only_the_tiles_of_a_region_are_read(tmp_path: Path) -> None:
    path = pyramid(tmp_path)
    data = bytearray(path.read_bytes())
    where = [place for place in range(len(data)) if data[place : place + 14] == b"ZISRAWSUBBLOCK"]
    data[where[3] + 32 + 256 : where[3] + 32 + 266] = b"\xff" * 10
    path.write_bytes(data)
    with open_image_file(path) as opened:
        source = opened.images[0]
        np.testing.assert_array_equal(
            source.read(Region(Size(0, 0, 0, 0, 0), Size(1, 1, 1, 40, 100)))[0, 0, 0], pixels(80, 100)[:40]
        )
        with pytest.raises(UnreadableFile):
            source.read(Region.whole(source.shape))


def test_places_that_no_image_could_have_are_damage(tmp_path: Path) -> None:
    for number, at in enumerate(({"X": 2_000_000_000, "Y": 2_000_000_000}, {"T": 2_000_000_000}, {"Z": 1_000_000})):
        path = write_czi(tmp_path / f"{number}.czi", [Piece(pixels(20, 20)), Piece(pixels(20, 20), at)])
        with pytest.raises(UnreadableFile, match="damaged"):
            open_image_file(path)


def test_a_file_cut_short_is_told(tmp_path: Path) -> None:
    data = pyramid(tmp_path).read_bytes()
    for size in (20, 100, 600, len(data) - 10):
        (tmp_path / "short.czi").write_bytes(data[:size])
        with pytest.raises(UnreadableFile, match="cut short"):
            open_image_file(tmp_path / "short.czi")


TRACK = "<TrackSetup><Detectors><Detector/></Detectors></TrackSetup>"
INDENTED = f"""<ImageDocument>
  <Metadata>
    <Experiment Version="1.1">
      <Blocks>
        <Experiment Version="1.1"><Plan>p</Plan>{TRACK}</Experiment>
        <HardwareSetting Name="Before"/>
      </Blocks>
    </Experiment>
    <HardwareSetting>
      <Metadata>m</Metadata>
    </HardwareSetting>
    <Information><Document><Title>t</Title></Document></Information>
  </Metadata>
</ImageDocument>"""


def test_of_the_hardware_nothing_is_parsed_and_of_plans_their_tracks_until_all_is_asked_for() -> None:
    told = telling_parts(INDENTED)
    assert "Before" not in told
    assert "<Plan>" not in told
    assert TRACK in told
    assert "<Title>t</Title>" in told
    flat = CziMetadata(INDENTED).flat()
    assert flat["HardwareSetting.Metadata"] == "m"
    assert flat["Experiment.Blocks.Experiment.Plan"] == "p"
    for other in (INDENTED.replace("    <", "<"), INDENTED.replace("\n    </Experiment>", "</Experiment>"), "", "<Hardware"):
        assert telling_parts(other).count("<Experiment") == other.count("<Experiment")


def test_the_samples_say_the_same_of_their_images_whole_or_not(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in sorted((samples / "files" / "czi").glob("*.czi")):
        with open_image_file(path) as opened:
            told = [replace(image.description, planes=None) for image in opened.images]
        with monkeypatch.context() as patch, open_whole(patch, path) as opened:
            assert [replace(image.description, planes=None) for image in opened.images] == told


def open_whole(patch: pytest.MonkeyPatch, path: Path) -> Any:
    patch.setattr("micrarium.formats.czi_metadata.telling_parts", lambda xml: xml)
    return open_image_file(path)
