"""Plates of Olympus ScanR: with LabVIEW's descriptor, with OME-XML beside the images, and by names alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.formats.plates.making import first_pixels, write_plane

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.pixels.source import PlateDescription
from micrarium.testing.readers import ReaderTests


def write_images(folder: Path, *, wells: tuple[tuple[int, str], ...] = ((14, "B2"), (15, "B3"))) -> None:
    """Two wells, two positions, two times and two channels; the numbers of planes count up."""
    number = 0
    for well, label in wells:
        for position in (1, 2):
            for t in (0, 1):
                for channel in ("DAPI", "405 nm #1"):
                    name = f"{label}--W{well:05d}--P{position:05d}--Z00000--T{t:05d}--{channel}.tif"
                    write_plane(folder / name, number)
                    number += 1


def _value(kind: str, name: str, value: object) -> str:
    return f"<{kind}><Name>{name}</Name><Val>{value}</Val></{kind}>"


def write_descriptor(path: Path) -> Path:
    """A descriptor as LabVIEW flattens its clusters, without a word on its encoding."""
    channels = "".join(
        f"<Cluster><Name>channel</Name>{_value('String', 'name', name)}{_value('DBL', 'exposure time', ms)}"
        f"{_value('Boolean', 'idle', 0)}</Cluster>"
        for name, ms in (("DAPI", 40), ("405 nm #1", 100))
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (
        f"<?xml version='1.0' standalone='yes'?><LVData><Cluster><Name>scan</Name>{_value('String', 'plate name', 'Kinase 3')}"
        f"{_value('DBL', 'conversion factor um/pixel', 0.645)}{_value('String', 'comment', 'Zellen für alle')}{channels}"
        f"<Cluster><Name>format typedef</Name>{_value('U16', 'Rows', 8)}{_value('U16', 'Columns', 12)}</Cluster></Cluster></LVData>"
    )
    path.write_text(text, "latin-1")
    return path


def write_metadata(path: Path) -> Path:
    images = "".join(
        f'<Image ID="Image:W{well}P{position}" Name="Well {well}"><InstrumentRef ID="Instrument:0"/>'
        f'<ObjectiveSettings ID="Objective:1"/><Pixels ID="Pixels:W{well}P{position}" DimensionOrder="XYCTZ" Type="uint16" '
        'SizeX="40" SizeY="30" SizeC="2" SizeT="2" SizeZ="1" PhysicalSizeX="0.325" PhysicalSizeY="0.325">'
        '<Channel ID="Channel:0" Name="405 nm #1" EmissionWavelength="450"/><Channel ID="Channel:1" Name="DAPI"/>'
        '<TiffData/><Plane TheC="0" TheT="0" TheZ="0" ExposureTime="0.1" '
        f'PositionX="{well}" PositionY="{position}"/></Pixels></Image>'
        for well in (14, 15)
        for position in (1, 2)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><OME Creator="Olympus, scanR 3.3.0" '
        'xmlns="http://www.openmicroscopy.org/Schemas/OME/2013-06"><Instrument ID="Instrument:0">'
        '<Microscope Manufacturer="Olympus" Model="IX83"/><Objective ID="Objective:1" LensNA="0.8" NominalMagnification="20"/>'
        f"</Instrument>{images}</OME>"
    )
    return path


def by_descriptor(folder: Path) -> Path:
    write_images(folder / "run" / "data")
    return write_descriptor(folder / "run" / "experiment_descriptor.xml")


def by_metadata(folder: Path) -> Path:
    write_images(folder / "newer" / "data")
    return write_metadata(folder / "newer" / "data" / "metadata.ome.xml")


def by_names(folder: Path) -> Path:
    write_images(folder / "names alone" / "data")
    return folder / "names alone"


class TestScanrPlates(ReaderTests):
    reader = "scanr"
    damages = 40
    paths = (by_descriptor, by_metadata, by_names)


def test_a_descriptor_gives_the_plate_its_name_channels_and_scale(tmp_path: Path) -> None:
    head = by_descriptor(tmp_path)
    with open_image_file(next((tmp_path / "run" / "data").glob("B3*"))) as opened:
        assert (opened.reader, opened.files[0], len(opened.files)) == ("scanr", head, 17)
        assert opened.plates == (PlateDescription("Kinase 3", 8, 12),)
        wells = [source.description.well for source in opened.images]
        assert [(w.row, w.column, w.field) for w in wells if w] == [(1, 1, 0), (1, 1, 1), (1, 2, 0), (1, 2, 1)]
        assert first_pixels(opened.images[3]) == [[[12], [13]], [[14], [15]]]
        about = opened.images[3].description
        assert [(c.name, c.exposure_s) for c in about.channels] == [("DAPI", 0.04), ("405 nm #1", 0.1)]
        assert about.physical_size_x is not None
        assert about.physical_size_x.um == 0.645
        assert opened.original_metadata()["comment"] == "Zellen für alle"


def test_ome_xml_beside_the_images_gives_positions_and_the_objective(tmp_path: Path) -> None:
    head = by_metadata(tmp_path)
    with open_image_file(tmp_path / "newer") as opened:
        assert (opened.reader, opened.files[0]) == ("scanr", head)
        about = opened.images[2].description
        assert about.stage_position_um is not None
        assert about.stage_position_um == (15.0, 1.0, None)
        assert (about.objective["lens_na"], about.instrument["model"]) == (0.8, "IX83")
        assert [channel.name for channel in about.channels] == ["405 nm #1", "DAPI"]
        assert about.channels[0].emission_nm == 450
        assert first_pixels(opened.images[2])[0] == [[9], [8]]


@pytest.mark.parametrize(
    ("wells", "expected"),
    [
        (((1, ""), (13, "")), {(0, 0), (1, 0)}),
        (((97, ""), (384, "")), {(4, 0), (15, 23)}),
        (((1, "H12"), (2, "A1")), {(7, 11), (0, 0)}),
    ],
)
def test_wells_without_a_descriptor_are_counted_row_after_row(
    tmp_path: Path, wells: tuple[tuple[int, str], ...], expected: set[tuple[int, int]]
) -> None:
    write_images(tmp_path, wells=wells)
    (found,) = find_filesets([tmp_path])
    with open_image_file(found.path) as opened:
        assert {(w.row, w.column) for source in opened.images if (w := source.description.well)} == expected


def test_damaged_ome_xml_is_told_and_names_suffice(tmp_path: Path) -> None:
    head = by_metadata(tmp_path)
    head.write_text(head.read_text()[:900])
    with open_image_file(head) as opened:
        assert opened.warnings == ("metadata.ome.xml is damaged, so what it says of the images is missing",)
        assert len(opened.images) == 4


def test_a_damaged_or_lonely_descriptor_is_told_in_a_sentence(tmp_path: Path) -> None:
    head = by_descriptor(tmp_path)
    head.write_text(head.read_text("latin-1")[:300], "latin-1")
    with pytest.raises(UnreadableFile, match=r"experiment_descriptor.xml cannot be read, it may be damaged or cut short"):
        open_image_file(head)
    with pytest.raises(UnreadableFile, match="describes a plate, and no image of it is in"):
        open_image_file(write_descriptor(tmp_path / "alone" / "experiment_descriptor.xml"))
