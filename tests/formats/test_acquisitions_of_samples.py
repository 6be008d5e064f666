"""What sample files say of their acquisition, with the values that other readers see in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from micrarium.formats import open_image_file
from micrarium.geometry import Quantity
from micrarium.pixels.plane_tables import PlaneTable
from micrarium.pixels.source import ImageDescription
from micrarium.testing.samples import sample_folder


def near(value: float, **terms: Any) -> Any:
    """As ``pytest.approx``, for places where a number is expected."""
    return pytest.approx(value, **terms)


_SAMPLES = sample_folder(Path(__file__).resolve().parents[2])
pytestmark = pytest.mark.skipif(_SAMPLES is None, reason="no sample data: set MICRARIUM_SAMPLES")


def describe(name: str, number: int = 0) -> tuple[ImageDescription, dict[str, Any]]:
    """The description of an image of a sample, and its columns of planes, which are read while the file is open."""
    assert _SAMPLES is not None
    with open_image_file(_SAMPLES / "files" / name) as opened:
        told = opened.images[number].description
        return told, {} if told.planes is None else dict(told.planes.columns)


def values(told: ImageDescription, columns: dict[str, Any], place: tuple[int, int, int]) -> dict[str, Quantity]:
    assert told.planes is not None
    return PlaneTable(told.planes.shape, columns).at(*place)


def test_a_czi_file_notes_times_and_positions_beside_its_planes() -> None:
    told, columns = describe("czi/CellDivision_T3_Z5_CH2_X240_Y170.czi")
    first, last = (values(told, columns, place) for place in ((0, 0, 0), (0, 1, 1)))
    assert first["delta_t"] == Quantity(near(365.788, abs=1e-3), "s")  # as Bio-Formats
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


def test_a_lif_file_says_when_frames_were_taken_and_how_detectors_and_lasers_were_set() -> None:
    told, columns = describe("lif/xz-example.lif")
    assert told.planes is not None
    assert told.planes.shape == (20, 2, 1)
    # As Bio-Formats has them, to the microsecond that it keeps.
    seconds = columns["delta_t"].values[:, :, 0]
    assert seconds[:5, 1].tolist() == pytest.approx([0, 0.53, 1.06, 1.59, 2.12], abs=2e-6)
    assert (seconds[:, 0] == seconds[:, 1]).all()
    fitc, tritc = told.channels
    assert fitc.detector is not None
    assert tritc.detector is not None
    assert (fitc.detector.detector.model, fitc.detector.gain) == ("HyD 1", near(41.5023978574987))
    assert (tritc.detector.detector.model, tritc.detector.gain) == ("HyD 3", near(105.842364225212))
    assert (fitc.detector.zoom, fitc.detector.offset) == (near(10.3574655270055), near(-6.6666666666606e-3))
    assert fitc.light_path is not None
    (band,) = fitc.light_path.emission
    assert (band.cut_in, band.cut_out) == (Quantity(492.993555750951, "nm"), Quantity(541.093325251024, "nm"))
    assert [(one.model, one.wavelength) for one in told.parts.light_sources] == [
        ("WLL", Quantity(488, "nm")),
        ("WLL", Quantity(552, "nm")),
    ]
    assert (fitc.light, len(told.parts.detectors)) == (None, 4), "which of two lines lit a channel is not said"
    assert told.instrument["type"] == "Inverted"


def test_each_tile_of_a_lif_mosaic_has_its_own_times() -> None:
    told, columns = describe("lif/PR2729_frameOrderCombinedScanTypes.lif", 1)
    assert told.planes is not None
    assert told.planes.shape == (2, 2, 3)
    assert columns["delta_t"].values[0, 0, 0] >= 0
    assert sorted(columns["delta_t"].values.ravel()) == columns["delta_t"].values.transpose(0, 2, 1).ravel().tolist()


def test_an_nd2_file_records_times_places_and_exposures_with_its_frames() -> None:
    told, columns = describe("nd2/example-timelapse.nd2")
    first, second = (values(told, columns, (t, 0, 0)) for t in range(2))
    assert first["delta_t"] == Quantity(4.227198097657412, "s")
    assert second["delta_t"] == Quantity(4.727358009766787, "s")
    assert first["exposure_time"] == Quantity(500, "ms")
    assert (first["position_x"], first["position_y"]) == (Quantity(9744, "µm"), Quantity(18491.4, "µm"))
    assert second["position_z"] == Quantity(near(5677.44), "µm")
    (channel,) = told.channels
    assert channel.exposure_s == 0.5
    assert channel.detector is not None
    assert (channel.detector.detector.model, channel.detector.detector.serial_number, channel.detector.binning) == (
        "Fusion",
        "500651",
        "2x2",
    )
    assert channel.light is not None
    assert (channel.light.source.model, channel.light.wavelength) == ("LUN-F", Quantity(488, "nm"))
    assert channel.light_path is not None
    assert channel.light_path.dichroic is not None
    assert channel.light_path.dichroic.model == "Di01-T405/488/532/647-13x15x0.5"
    assert [one.model for one in channel.light_path.emission] == ["86000v2 - Sedat Quad (Em3)", "86000v2 - Sedat Quad (Em2)"]
    assert told.instrument == {"manufacturer": "Nikon", "model": "Ti2 Microscope"}


def test_an_nd2_file_tells_the_exposure_of_each_channel() -> None:
    told, columns = describe("nd2/example-multichannel.nd2")
    assert [one.exposure_s for one in told.channels] == [0.02, 1, 1, 1]
    assert columns["exposure_time"].values.ravel().tolist() == [0.02, 1, 1, 1]
    assert columns["position_x"].values[0, 0, 0] == pytest.approx(31650.69003396694)
    assert told.channels[0].light is None, "several lines were on"
    assert told.channels[1].light is not None
    assert told.channels[1].light.wavelength == Quantity(405, "nm")
