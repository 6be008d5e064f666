"""What files say of an acquisition is told in OME's terms with its units; what nobody can have measured is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.formats.acquisitions import EXPOSURES_MS, STEP_S, TOLD, write_everything

from micrarium.formats import open_image_file
from micrarium.formats.lif_acquisition import describe_camera
from micrarium.formats.markup import parse_xml
from micrarium.formats.nd2_acquisition import describe_text
from micrarium.formats.tiff_acquisition import describe_metaseries, describe_stk_planes, read_micromanager
from micrarium.geometry import Quantity
from micrarium.pixels.acquisition import Parts, measured, usable
from micrarium.pixels.plane_tables import plane_table
from micrarium.pixels.source import ImageDescription


def near(value: float, **terms: Any) -> Any:
    """As ``pytest.approx``, for places where a number is expected."""
    return pytest.approx(value, **terms)


@pytest.fixture
def told(tmp_path: Path) -> ImageDescription:
    with open_image_file(write_everything(tmp_path / "a.ome.tif")) as opened:
        return opened.images[0].description


def test_parts_of_the_instrument_are_told_with_their_units(told: ImageDescription) -> None:
    laser, pump, arc, filament, diode, other = told.parts.light_sources
    assert (laser.kind, laser.type, laser.medium, laser.pulse) == ("Laser", "SolidState", "NdYAG", "CW")
    assert (laser.power, laser.wavelength, laser.repetition_rate) == (
        Quantity(25, "mW"),
        Quantity(488, "nm"),
        Quantity(80, "MHz"),
    )
    assert (laser.frequency_multiplication, laser.tuneable, laser.pockel_cell, laser.pump) == (2, False, True, pump.id)
    assert [one.kind for one in (arc, filament, diode, other)] == [
        "Arc",
        "Filament",
        "LightEmittingDiode",
        "GenericExcitationSource",
    ]
    assert (arc.type, arc.power, filament.type, diode.model) == ("Hg", Quantity(100, "W"), "Halogen", "Colibri")
    one, other_detector = told.parts.detectors
    assert one != other_detector, "two detectors alike are two"
    assert (one.type, one.gain, one.offset, one.voltage, one.zoom, one.amplification_gain) == (
        "PMT",
        1.5,
        0.1,
        Quantity(650, "V"),
        2,
        3,
    )
    first, second = told.parts.filters
    assert (first.type, first.cut_in, first.cut_out, first.transmittance) == (
        "BandPass",
        Quantity(450, "nm"),
        Quantity(490, "nm"),
        0.9,
    )
    assert (first.cut_in_tolerance, first.cut_out_tolerance) == (Quantity(2, "nm"), Quantity(3, "nm"))
    assert (second.type, second.cut_in, second.cut_out) == ("LongPass", Quantity(515, "nm"), None)
    (filter_set,) = told.parts.filter_sets
    assert (filter_set.excitation, filter_set.emission, filter_set.dichroic) == ((first,), (second,), told.parts.dichroics[0])


def test_settings_of_a_channel_name_the_parts_they_are_settings_of(told: ImageDescription) -> None:
    channel, second = told.channels
    assert channel.detector is not None
    assert channel.detector.detector == told.parts.detectors[0]
    assert (channel.detector.binning, channel.detector.gain, channel.detector.offset, channel.detector.zoom) == (
        "2x2",
        700,
        0.2,
        1.5,
    )
    assert (channel.detector.voltage, channel.detector.read_out_rate) == (Quantity(600, "V"), Quantity(10, "MHz"))
    assert channel.detector.integration == 4
    assert channel.light is not None
    assert channel.light.source == told.parts.light_sources[0]
    assert (channel.light.attenuation, channel.light.wavelength) == (0.75, Quantity(405, "nm"))
    assert channel.filter_set == told.parts.filter_sets[0]
    assert channel.light_path is not None
    assert (channel.light_path.excitation, channel.light_path.emission) == (told.parts.filters[:1], told.parts.filters[1:])
    assert (channel.nd_filter, channel.pockel_cell_setting, channel.pinhole_um) == (0.5, 7, 50)
    assert second.light is not None
    assert second.light.source.kind == "LightEmittingDiode"


def test_surroundings_and_the_experiment_are_told(told: ImageDescription) -> None:
    assert told.environment is not None
    assert (told.environment.temperature, told.environment.air_pressure) == (Quantity(37, "°C"), Quantity(1013, "mbar"))
    assert (told.environment.humidity, told.environment.co2, told.environment.pairs) == (0.6, 0.05, (("Chamber", TOLD),))
    assert told.stage is not None
    assert (told.stage.name, told.stage.x, told.stage.z) == (TOLD, Quantity(1.5, "mm"), Quantity(10, "µm"))
    assert told.experiment is not None
    (bleaching,) = told.experiment.manipulations
    assert (told.experiment.type, bleaching.type, bleaching.lights[0].attenuation) == ("Photobleaching", "FRAP", 0.25)
    assert {"refractive_index": 1.518, "correction_collar": 0.17, "medium": "Oil", "iris": True}.items() <= told.objective.items()
    assert told.experimenter == f"{TOLD} Franklin"


def test_planes_are_arrays_and_nonsense_is_left_out(told: ImageDescription, tmp_path: Path) -> None:
    planes = told.planes
    assert planes is not None
    assert (planes.shape, planes.count) == ((3, 2, 2), 12)
    assert set(planes.columns) == {"delta_t", "exposure_time", "position_x", "position_y"}
    assert planes.at(1, 1, 1) == {
        "delta_t": Quantity(STEP_S + 0.25 + 0.125, "s"),
        "exposure_time": Quantity(EXPOSURES_MS[1], "ms"),
        "position_x": Quantity(1001, "µm"),
        "position_y": Quantity(-5.5, "reference frame"),
    }
    assert set(planes.at(2, 1, 1)) == {"position_x", "position_y"}
    assert [one.exposure_s for one in told.channels] == [ms / 1000 for ms in EXPOSURES_MS]
    with open_image_file(tmp_path / "a.ome.tif") as opened:
        kept = opened.original_metadata()
    assert [value for key, value in kept.items() if key.endswith("PositionZ")] == ["1e300"], "what is nonsense stays to be read"


def test_a_table_of_planes_holds_what_can_have_been_measured() -> None:
    table = plane_table((2, 1, 3), {"exposure_time": ([[[0.1, -0.1, np.nan]]], "s"), "position_x": (np.inf, "µm"), "delta_t": None})
    assert table is not None
    assert list(table.columns) == ["exposure_time"]
    assert table.known().tolist() == [[[True, False, False]], [[True, False, False]]]
    assert plane_table((1, 1, 1), {"delta_t": (np.nan, "s")}) is None
    places = [place.tolist() for some, _ in table.portions(1) for place in some]
    assert places == [[0, 0, 0], [1, 0, 0]]


@pytest.mark.parametrize("value", ["", "abc", float("nan"), float("inf"), 1e300, None, True, "9" * 400])
def test_what_is_no_number_is_no_measurement(value: object) -> None:
    assert usable(value) is None
    assert measured(value, "V") is None


def test_a_measurement_is_brought_into_its_unit() -> None:
    assert measured("488e-9", "nm", scale=1e9) == Quantity(near(488), "nm")
    assert usable(-1, least=0) is None


def test_metaseries_says_where_a_plane_was_taken_and_for_how_long() -> None:
    plane = {
        "stage-position-x": 22985.0, "stage-position-y": 19885.0, "z-position": 9988.88, "Exposure Time": "100 ms",
        "_Temperature_": 29.6, "_MagSetting_": "40X Plan Apo Lambda", "_MagNA_": 0.95, "_MagRI_": 1.0, "camera-binning-x": 8,
        "camera-binning-y": 8, "Instrument Serial Number": "5165008", "IXConfocal Module Emission Wheel": "DAPI (5075707)",
    }  # fmt: skip
    told = describe_metaseries(plane)
    assert told["planes"].at(0, 0, 0) == {
        "exposure_time": Quantity(100, "ms"),
        "position_x": Quantity(22985, "µm"),
        "position_y": Quantity(19885, "µm"),
        "position_z": Quantity(9988.88, "µm"),
    }
    assert told["environment"].temperature == Quantity(29.6, "°C")
    assert told["objective"] == {
        "model": "40X Plan Apo Lambda", "lens_na": 0.95, "refractive_index": 1.0, "nominal_magnification": 40.0,
    }  # fmt: skip
    assert (told["channel"]["exposure_s"], told["channel"]["detector"].binning) == (pytest.approx(0.1), "8x8")
    assert told["channel"]["light_path"].emission[0].model == "DAPI (5075707)"
    assert describe_metaseries({})["planes"] is None


def test_metamorph_notes_times_and_places_of_each_plane_of_a_stack() -> None:
    noted = {
        "StagePosition": np.array([[1.0, 2.0], [3.0, 4.0]]),
        "DatetimeCreated": np.array(["2020-01-01T10:00:00", "2020-01-01T10:00:02.5"], "datetime64[ms]"),
        "AbsoluteZ": np.array([7.0, 8.0]),
        "AbsoluteZValid": np.array([1, 1]),
    }
    table = describe_stk_planes(noted, (2, 1, 1), lambda t, _c, _z: t)
    assert table is not None
    assert table.at(1, 0, 0) == {
        "delta_t": Quantity(2.5, "s"),
        "position_x": Quantity(3, "µm"),
        "position_y": Quantity(4, "µm"),
        "position_z": Quantity(8, "µm"),
    }
    assert describe_stk_planes({"StagePosition": np.zeros((2, 2))}, (2, 1, 1), lambda t, _c, _z: t) is None


def test_nis_elements_tells_settings_of_channels_in_a_text() -> None:
    text = (
        "Camera Name: Andor, SN:12\r\nPlane #1:\r\n Exposure: 50 ms\r\n  Binning: 1x1\r\n Microscope: Ti2\r\n"
        "  Ti, FilterChanger(Turret-Lo): 2 (DAPI)\r\n  LUN, MultiLaser(LUN):\r\n     Line:1; ExW:405; Power: 5.0; On\r\n"
        "Plane #2:\r\n Exposure: 2 s\r\n  LUN, MultiLaser(LUN):\r\n     Line:1; ExW:405; Power: 5.0; On\r\n"
        "     Line:2; ExW:488; Power: 5.0; On\r\n  CSU, FilterChanger(EM1 Wheel): 1 (525/50)\r\n"
    )
    instrument, parts, (first, second) = describe_text(text, 2)
    assert instrument == {"manufacturer": "Nikon", "model": "Ti2"}
    assert (first["exposure_s"], second["exposure_s"]) == (pytest.approx(0.05), 2)
    assert (first["filter_set"].model, first["light"].wavelength) == ("DAPI", Quantity(405, "nm"))
    assert "light" not in second, "which of two lines lit it is not said"
    assert [one.model for one in second["light_path"].emission] == ["525/50"]
    assert [(one.model, one.serial_number) for one in parts.detectors] == [("Andor", "12")]
    assert describe_text(text, 3) == ({"manufacturer": "Nikon", "model": "Ti2"}, Parts(), [{}, {}, {}])


def test_micromanager_writes_what_it_knows_of_a_plane_into_its_page(tmp_path: Path) -> None:
    path = tmp_path / "mm.tif"
    notes = [{"ElapsedTime-ms": 100.0 * n, "Exposure-ms": 20, "ZPositionUm": 1.5 * n, "XPositionUm": "nowhere"} for n in range(3)]
    with tifffile.TiffWriter(path) as tiff:
        for note in notes:
            data = json.dumps(note)
            tiff.write(
                np.zeros((8, 9), np.uint16), contiguous=False, metadata=None, extratags=[(51123, 2, len(data) + 1, data, True)]
            )
    with tifffile.TiffFile(path) as tiff:
        given = read_micromanager(list(tiff.series[0]), (3, 1, 1), lambda t, _c, _z: t)
    table = plane_table((3, 1, 1), given)
    assert table is not None
    assert table.at(2, 0, 0) == {
        "delta_t": Quantity(200, "ms"),
        "exposure_time": Quantity(20, "ms"),
        "position_z": Quantity(3, "µm"),
    }


def test_a_wide_field_leica_names_its_camera_cube_and_exposure() -> None:
    info = (
        '<WideFieldChannelInfo ExposureTime="{}" EmissionWavelength="520" FluoCubeName="GFP" ContrastingMethodName="FLUO"'
        ' UserDefName="EGFP" FFW_Emission1FilterName="Empty"/>'
    )
    inside = "".join(info.format(time) for time in ("0.02", "150 ms", "n/a"))
    camera = parse_xml(
        f'<ATLCameraSettingDefinition><WideFieldChannelConfigurator CameraName="DFC9000">{inside}</WideFieldChannelConfigurator>'
        "</ATLCameraSettingDefinition>"
    )
    parts, told = describe_camera(camera, 3)
    assert [one.get("exposure_s") for one in told] == [0.02, pytest.approx(0.15), None]
    first = told[0]
    assert (first["fluor"], first["emission_nm"], first["contrast_method"]) == ("EGFP", 520, "Fluorescence")
    assert (first["detector"].detector.model, first["filter_set"].model) == ("DFC9000", "GFP")
    assert "light_path" not in first
    assert (len(parts.detectors), len(parts.filter_sets)) == (1, 1)
    assert describe_camera(camera, 2) == (Parts(), [{}, {}])
