"""Plates of Operetta, Opera Phenix and Columbus, written as their indexes are described: an element for every plane."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.formats.plates.making import HEIGHT, WIDTH, first_pixels, make_plane, write_plane

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.pixels.source import PlateDescription
from micrarium.testing.readers import ReaderTests

_CHANNEL = (
    "<ChannelName>{name}</ChannelName><ChannelType>Fluorescence</ChannelType><AcquisitionType>Confocal</AcquisitionType>"
    '<ImageResolutionX Unit="m">2.98E-07</ImageResolutionX><ImageResolutionY Unit="m">2.98E-07</ImageResolutionY>'
    '<MainExcitationWavelength Unit="nm">{excitation}</MainExcitationWavelength>'
    '<MainEmissionWavelength Unit="nm">{emission}</MainEmissionWavelength>'
    '<ObjectiveMagnification Unit="">20</ObjectiveMagnification><ObjectiveNA Unit="">1</ObjectiveNA>'
    '<ExposureTime Unit="s">0.08</ExposureTime>'
)
_CHANNELS = {
    1: _CHANNEL.format(name="HOECHST 33342", excitation=375, emission=456),
    2: _CHANNEL.format(name="Alexa 488 &amp; co", excitation=488, emission=522),
}


def _image(row: int, column: int, field: int, plane: int, time: int, channel: int, url: str, *, inline: bool) -> str:
    return (
        f'<Image Version="1"><id>{row}{column}K{time}F{field}P{plane}R{channel}</id><State>Ok</State>{url}<Row>{row}</Row>'
        f"<Col>{column}</Col><FieldID>{field}</FieldID><PlaneID>{plane}</PlaneID><TimepointID>{time}</TimepointID>"
        f"<ChannelID>{channel}</ChannelID>{_CHANNELS[channel] if inline else ''}"
        f'<PositionX Unit="m">{field}E-04</PositionX><PositionY Unit="m">-0.0002</PositionY>'
        f'<PositionZ Unit="m">{plane * 2}E-06</PositionZ><AbsPositionZ Unit="m">0.135</AbsPositionZ>'
        f"<AbsTime>2021-06-14T09:0{time}:30.1234567+02:00</AbsTime></Image>"
    )


def _write_index(path: Path, images: list[str], *, version: str = "HarmonyV5", maps: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<?xml version="1.0" encoding="utf-8"?><EvaluationInputData xmlns="http://www.perkinelmer.com/PEHH/{version}">'
        "<User>someone</User><InstrumentType>Phenix</InstrumentType><Plates><Plate><PlateID>P1</PlateID><Name>Plate one</Name>"
        '<PlateRows>16</PlateRows><PlateColumns>24</PlateColumns><Well id="0203"/></Plate></Plates>'
        '<Wells><Well><id>0203</id><Row>2</Row><Col>3</Col><Image id="0203K1F1P1R1"/></Well></Wells>'
        f"{maps}<Images>{''.join(images)}</Images></EvaluationInputData>",
        "utf-8",
    )
    return path


def write_plate(folder: Path, *, version: str = "HarmonyV5", index: str = "Index.idx.xml", inline: bool = True) -> Path:
    """Two wells, two fields, two planes, two times and two channels; the numbers of planes count up."""
    images, number, first_time = [], 0, 0 if version == "HarmonyV5" else 1
    for row, column in ((2, 3), (16, 24)):
        for field in (1, 2):
            for time in (first_time, first_time + 1):
                for channel in (1, 2):
                    for plane in (1, 2):
                        name = f"r{row:02d}c{column:02d}f{field:02d}p{plane:02d}-ch{channel}sk{time - first_time + 1}fk1fl1.tiff"
                        write_plane(folder / "Images" / name, number)
                        url = f"<URL>{name}</URL>"
                        images.append(_image(row, column, field, plane, time, channel, url, inline=inline))
                        number += 1
    entries = "".join(f'<Entry ChannelID="{c}">{told}</Entry>' for c, told in _CHANNELS.items())
    flat = '<Map><Entry ChannelID="1"><FlatfieldProfile>{Background: {Profile: 7}}</FlatfieldProfile></Entry></Map>'
    maps = f"<Maps>{flat}<Map>{entries}</Map></Maps>" if not inline else f"<Maps>{flat}</Maps>"
    return _write_index(folder / "Images" / index, images, version=version, maps=maps)


def write_columbus(folder: Path) -> Path:
    """A plate of Columbus: one TIFF of all planes for a well, whose pages the index counts."""
    images = []
    for well, row in enumerate((1, 2)):
        name = f"{row:03d}001-1.tif"
        (folder / "columbus").mkdir(exist_ok=True, parents=True)
        pages = np.stack([make_plane(100 * well + page) for page in range(6)])
        tifffile.imwrite(folder / "columbus" / name, pages, photometric="minisblack")
        for page, (plane, channel) in enumerate((p, c) for p in (1, 2, 3) for c in (1, 2)):
            images.append(_image(row, 1, 1, plane, 1, channel, f'<URL BufferNo="{page}">{name}</URL>', inline=True))
    return _write_index(folder / "columbus" / "ImageIndex.ColumbusIDX.xml", images)


def harmony_5(folder: Path) -> Path:
    return write_plate(folder)


def harmony_6_folder(folder: Path) -> Path:
    return write_plate(folder / "newer", version="HarmonyV6", index="Index.xml", inline=False).parent


def columbus(folder: Path) -> Path:
    return write_columbus(folder)


class TestHarmonyPlates(ReaderTests):
    reader = "harmony"
    damages = 40
    paths = (harmony_5, harmony_6_folder, columbus)


@pytest.mark.parametrize(("version", "inline"), [("HarmonyV5", True), ("HarmonyV6", False)])
def test_a_plate_is_read_whichever_version_wrote_its_index(tmp_path: Path, version: str, inline: bool) -> None:
    write_plate(tmp_path, version=version, inline=inline)
    with open_image_file(tmp_path / "Images" / "r16c24f02p01-ch2sk1fk1fl1.tiff") as opened:
        assert (opened.reader, opened.files[0].name, len(opened.files)) == ("harmony", "Index.idx.xml", 33)
        assert opened.plates == (PlateDescription("Plate one", 16, 24),)
        wells = [source.description.well for source in opened.images]
        assert [(w.row, w.column, w.field) for w in wells if w] == [(1, 2, 0), (1, 2, 1), (15, 23, 0), (15, 23, 1)]
        source = opened.images[3]
        assert tuple(source.shape) == (2, 2, 2, HEIGHT, WIDTH)
        assert first_pixels(source) == [[[24, 25], [26, 27]], [[28, 29], [30, 31]]]
        about = source.description
        assert [q.um for q in (about.physical_size_x, about.physical_size_z) if q] == [0.298, 2.0]
        assert about.time_increment is not None
        assert about.time_increment.seconds == 60
        assert about.stage_position_um == (200.0, -200.0, 135000.0)
        assert about.acquisition_date is not None
        assert about.acquisition_date.utcoffset() is not None
        assert [channel.name for channel in about.channels] == ["HOECHST 33342", "Alexa 488 & co"]
        assert [(c.excitation_nm, c.emission_nm, c.exposure_s) for c in about.channels] == [(375, 456, 0.08), (488, 522, 0.08)]
        assert about.objective == {"nominal_magnification": 20.0, "lens_na": 1.0}
        assert (about.instrument["model"], about.experimenter) == ("Phenix", "someone")
        assert opened.original_metadata()["Channel 1.FlatfieldProfile"] == "{Background: {Profile: 7}}"
        assert opened.warnings == ()


def test_an_index_that_is_written_anew_is_read_anew(tmp_path: Path) -> None:
    head = write_plate(tmp_path)
    whole = head.read_text()
    head.write_text("")
    with open_image_file(head.parent / "r02c03f01p01-ch1sk1fk1fl1.tiff") as opened:
        assert opened.reader == "sequence"
    head.write_text(whole)
    with open_image_file(head.parent / "r02c03f01p01-ch1sk1fk1fl1.tiff") as opened:
        assert opened.reader == "harmony"


def test_pages_of_columbus_are_counted_by_the_index(tmp_path: Path) -> None:
    with open_image_file(write_columbus(tmp_path)) as opened:
        assert [first_pixels(source) for source in opened.images] == [
            [[[n, n + 2, n + 4], [n + 1, n + 3, n + 5]]] for n in (0, 100)
        ]


def test_files_that_the_index_names_and_that_are_missing_are_told(tmp_path: Path) -> None:
    head = write_plate(tmp_path)
    (tmp_path / "Images" / "r02c03f01p02-ch1sk1fk1fl1.tiff").unlink()
    with open_image_file(head) as opened:
        assert first_pixels(opened.images[0])[0][0] == [0, 0]
        assert opened.warnings[0].startswith("1 files of this set are missing, such as r02c03f01p02-ch1sk1fk1fl1.tiff")


def test_a_moved_plate_with_other_case_is_found_once(tmp_path: Path) -> None:
    write_plate(tmp_path / "a")
    shutil.move(tmp_path / "a", tmp_path / "b c")
    for path in list((tmp_path / "b c" / "Images").iterdir()):
        path.rename(path.with_name(path.name.upper()))
    (found,) = find_filesets([tmp_path])
    assert (found.reader, len(found.files), found.problem) == ("harmony", 33, "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<EvaluationInputData><Images>", "Index.idx.xml cannot be read, it may be damaged or cut short"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><EvaluationInputData>&a;</EvaluationInputData>', "declares a document type"),
        ("<EvaluationInputData/>", "names no images"),
        ("<EvaluationInputData><Image><Row>0</Row><Col>1</Col></Image></EvaluationInputData>", "a well in row 0"),
        (
            "<EvaluationInputData><Image><URL>../../secret.tiff</URL><Row>1</Row><Col>1</Col></Image></EvaluationInputData>",
            "none of them is here",
        ),
        ("<EvaluationInputData>" + "<a>" * 300, "more than 200 levels"),
    ],
)
def test_a_damaged_index_is_told_in_a_sentence(tmp_path: Path, text: str, why: str) -> None:
    head = write_plate(tmp_path / "plate")
    write_plane(tmp_path / "secret.tiff", 1)
    head.write_text(text)
    with pytest.raises(UnreadableFile, match=why):
        open_image_file(head)
