"""What sample files say of their acquisition, with the values that other readers see in them."""

from __future__ import annotations

from typing import Any

import pytest

from micrarium.formats import open_image_file
from micrarium.geometry import Quantity
from micrarium.pixels.plane_tables import PlaneTable
from micrarium.pixels.source import ImageDescription
from micrarium.testing.samples import sample


def describe(name: str, number: int = 0) -> tuple[ImageDescription, dict[str, Any]]:
    """The description of an image of a sample, and its columns of planes, which are read while the file is open."""
    with open_image_file(sample(name)) as opened:
        told = opened.images[number].description
        return told, {} if told.planes is None else dict(told.planes.columns)


def values(told: ImageDescription, columns: dict[str, Any], place: tuple[int, int, int]) -> dict[str, Quantity]:
    assert told.planes is not None
    return PlaneTable(told.planes.shape, columns).at(*place)


def test_a_czi_file_notes_times_and_positions_beside_its_planes() -> None:
    told, columns = describe("czi/CellDivision_T3_Z5_CH2_X240_Y170.czi")
    first, last = (values(told, columns, place) for place in ((0, 0, 0), (0, 1, 1)))
    assert first["delta_t"] == Quantity(pytest.approx(365.788, abs=1e-3), "s")  # as Bio-Formats
    assert last["delta_t"].value == pytest.approx(367.008, abs=1e-3)
    assert (first["position_x"], first["position_y"], first["position_z"]) == (
        Quantity(16977.153, "µm"),
        Quantity(18621.489, "µm"),
        Quantity(1114.49, "µm"),
    )
    assert (last["position_z"].value, last["exposure_time"]) == (1114.81, Quantity(0.2, "s"))
    channel = told.channels[0]
    assert channel.detector is not None
    assert (channel.detector.detector.model, channel.detector.binning) == ("Axiocam506m", "1x1")
    assert channel.light is not None
    assert (channel.light.source.kind, channel.light.source.model, channel.light.attenuation) == (
        "LightEmittingDiode",
        "LED-Module 567nm",
        0.5,
    )
    assert channel.filter_set == told.parts.filter_sets[0]
    assert channel.filter_set is not None
    bands = [(one.cut_in, one.cut_out) for one in channel.filter_set.emission]
    assert bands[0] == (Quantity(412, "nm"), Quantity(438, "nm"))
    assert (len(told.parts.filters), len(bands), told.objective["medium"]) == (8, 4, "Water")


def test_a_czi_file_of_a_laser_scanning_microscope_says_how_its_laser_and_detector_were_set() -> None:
    told, _ = describe("czi/neubias_xyz__multiple_images.czi")
    (channel,) = told.channels
    assert channel.light is not None
    laser = channel.light.source
    assert (laser.kind, laser.model, laser.power, laser.wavelength) == (
        "Laser",
        "DPSS 561-10",
        Quantity(20, "mW"),
        Quantity(561, "nm"),
    )
    assert (channel.light.attenuation, channel.light.wavelength) == (0.98, Quantity(561, "nm"))
    assert channel.detector is not None
    assert (channel.detector.gain, channel.detector.voltage, channel.detector.zoom) == (630, Quantity(630, "V"), 0.7)
    assert channel.light_path is not None
    assert channel.light_path.dichroic is not None
    assert channel.light_path.dichroic.model == "MBS 488/561"


def test_a_plane_of_many_tiles_was_taken_at_no_one_place() -> None:
    told, columns = describe("czi/mvstitcher_mosaic_test.czi")
    found = values(told, columns, (0, 0, 0))
    assert set(found) == {"delta_t", "exposure_time", "position_z"}
    assert found["exposure_time"].value == pytest.approx(0.075031578947368)
