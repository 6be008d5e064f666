"""Plates of Yokogawa's CellVoyagers, written as their index, detail and setting are described."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.formats.plates.making import first_pixels, write_plane

from micrarium.errors import UnreadableFile
from micrarium.formats import find_filesets, open_image_file
from micrarium.pixels.source import PlateDescription
from micrarium.testing.readers import ReaderTests

_SPACE = 'xmlns:bts="http://www.yokogawa.co.jp/BTS/BTSSchema/1.0"'
_DETAIL = (
    f'<?xml version="1.0" encoding="utf-8"?><bts:MeasurementDetail bts:Version="1.0" {_SPACE} bts:OperatorName="op" bts:Title="T" '
    'bts:BeginTime="2021-06-14T09:13:26+01:00" bts:ColumnCount="24" bts:RowCount="16" bts:TargetSystem="CV8000">'
    '<bts:MeasurementSamplePlate bts:Name="Plate 9"/>'
    '<bts:MeasurementChannel bts:Ch="1" bts:HorizontalPixelDimension="0.325" bts:VerticalPixelDimension="0.325" '
    'bts:InputBitDepth="16" bts:CameraNumber="1"/>'
    '<bts:MeasurementChannel bts:Ch="2" bts:HorizontalPixelDimension="0.325" bts:VerticalPixelDimension="0.325"/>'
    "</bts:MeasurementDetail>"
)
_SETTING = (
    f'<bts:MeasurementSetting {_SPACE}><bts:LightSourceList><bts:LightSource bts:Name="405nm" bts:WaveLength="405"/>'
    '</bts:LightSourceList><bts:ChannelList><bts:Channel bts:Ch="1" bts:Target="DNA" bts:Objective="20x v2" '
    'bts:Acquisition="BP445/45" bts:ExposureTime="50" bts:Color="#FF002FFF" bts:Kind="ConfocalFluorescence">'
    '<bts:LightSourceName>405nm</bts:LightSourceName></bts:Channel><bts:Channel bts:Ch="2" bts:Target="BF" '
    'bts:Acquisition="Through" bts:ExposureTime="20" bts:Kind="Brightfield"/></bts:ChannelList></bts:MeasurementSetting>'
)


def _record(row: int, column: int, field: int, z: int, channel: int, name: str, more: str = "") -> str:
    return (
        f'<bts:MeasurementRecord bts:Type="IMG" bts:Time="2021-06-14T09:13:3{z}.12+01:00" bts:Column="{column}" bts:Row="{row}" '
        f'bts:TimePoint="1" bts:FieldIndex="{field}" bts:ZIndex="{z}" bts:TimelineIndex="1" bts:ActionIndex="1" bts:Action="3D" '
        f'bts:X="{field * 100}" bts:Y="-50" bts:Z="{z * 1.5}" bts:Ch="{channel}"{more}>{name}</bts:MeasurementRecord>'
    )


def write_index(path: Path, records: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    failed = '<bts:MeasurementRecord bts:Type="ERR" bts:Column="14" bts:Row="3">AF Error at C14</bts:MeasurementRecord>'
    text = f'<bts:MeasurementData bts:Version="1.0" {_SPACE}>{"".join(records)}{failed}</bts:MeasurementData>'
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>{text}', "utf-8")
    return path


def write_plate(folder: Path) -> Path:
    """Two wells, two fields, two z steps and two channels; the numbers of planes count up."""
    records, number = [], 0
    for row, column, well in ((2, 3, "B03"), (16, 24, "P24")):
        for field in (1, 2):
            for channel in (1, 2):
                for z in (1, 2):
                    name = f"My plate_{well}_T0001F{field:03d}L01A01Z{z:02d}C{channel:02d}.tif"
                    write_plane(folder / name, number)
                    records.append(_record(row, column, field, z, channel, name))
                    number += 1
    (folder / "MeasurementDetail.mrf").write_text(_DETAIL)
    (folder / "Setting one.mes").write_text(_SETTING)
    write_plane(folder / "DC_sCMOS #1_CAM1.tif", 1)
    write_plane(folder / "SC_BP445-45_40x_M10_CH01.tif", 2)
    return write_index(folder / "MeasurementData.mlf", records)


def plate_index(folder: Path) -> Path:
    return write_plate(folder / "by index")


def plate_folder(folder: Path) -> Path:
    return write_plate(folder / "whole").parent


class TestCellVoyagerPlates(ReaderTests):
    reader = "cellvoyager"
    damages = 40
    paths = (plate_index, plate_folder)


def test_a_plate_is_read_from_any_of_its_files(tmp_path: Path) -> None:
    head = write_plate(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        with open_image_file(path) as opened:
            assert (opened.reader, opened.files[0], len(opened.files)) == ("cellvoyager", head, 21)
    with open_image_file(head) as opened:
        assert opened.plates == (PlateDescription("Plate 9", 16, 24),)
        assert [first_pixels(source) for source in opened.images] == [[[[n, n + 1], [n + 2, n + 3]]] for n in (0, 4, 8, 12)]
        about = opened.images[3].description
        assert about.name == "P24 field 2"
        assert [q.um for q in (about.physical_size_x, about.physical_size_z) if q] == [0.325, 1.5]
        assert about.stage_position_um == (200.0, -50.0, 1.5)
        dna, light = about.channels
        assert (dna.name, dna.excitation_nm, dna.emission_nm, dna.exposure_s, dna.color) == ("DNA", 405, 445, 0.05, "002FFF")
        assert (light.name, light.contrast_method, light.exposure_s) == ("BF", "Brightfield", 0.02)
        assert about.objective == {"model": "20x v2", "nominal_magnification": 20.0}
        assert (about.instrument["model"], about.experimenter, about.significant_bits) == ("CV8000", "op", 16)
        assert about.acquisition_date is not None
        assert opened.warnings == ("The instrument notes 1 errors, such as of its autofocus, in MeasurementData.mlf",)


def test_projections_beside_their_planes_are_channels_of_their_own(tmp_path: Path) -> None:
    records = []
    for number, (action, more) in enumerate((("A01", ""), ("A02", ' bts:ZImageProcessing="MIP"'))):
        name = f"p_B03_T0001F001L01{action}Z01C01.png.tif".replace(".png", "")
        write_plane(tmp_path / name, number)
        records.append(_record(2, 3, 1, 1, 1, name, more).replace('ActionIndex="1"', f'ActionIndex="{number + 1}"'))
    with open_image_file(write_index(tmp_path / "MeasurementData.mlf", records)) as opened:
        assert first_pixels(opened.images[0]) == [[[0], [1]]]
        assert [channel.name for channel in opened.images[0].description.channels] == ["C01", "C01 (MIP)"]
        assert opened.plates[0].name == "p"


def test_a_damaged_setting_is_left_out_and_a_damaged_index_told(tmp_path: Path) -> None:
    head = write_plate(tmp_path)
    (tmp_path / "Setting one.mes").write_text(_SETTING[:300])
    with open_image_file(head) as opened:
        assert [channel.name for channel in opened.images[0].description.channels] == ["C01", "C02"]
        assert any(warning.startswith("Setting one.mes could not be read: ") for warning in opened.warnings)
    text = head.read_text()
    for wrong, why in ((text[:700], "cut short"), (text.replace('Row="2"', 'Row="0"'), "a well in row 0"), ("", "cut short")):
        head.write_text(wrong)
        with pytest.raises(UnreadableFile, match=why):
            open_image_file(tmp_path / "My plate_B03_T0001F001L01A01Z01C01.tif", reader="cellvoyager")
    assert next(iter(find_filesets([tmp_path / "My plate_B03_T0001F001L01A01Z01C01.tif"]))).reader
