"""What files say of an acquisition is told in OME's terms with its units; what nobody can have measured is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.formats.acquisitions import EXPOSURES_MS, STEP_S, TOLD, write_everything

from micrarium.formats import open_image_file
from micrarium.geometry import Quantity
from micrarium.pixels.acquisition import measured, usable
from micrarium.pixels.plane_tables import plane_table
from micrarium.pixels.source import ImageDescription


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
    assert measured("488e-9", "nm", scale=1e9) == Quantity(pytest.approx(488), "nm")
    assert usable(-1, least=0) is None
