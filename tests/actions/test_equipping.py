"""The equipment a file names becomes an instrument with its parts, seen and changed with the images it took."""

from __future__ import annotations

from pathlib import Path

import pytest

from micrarium.actions.changing import change_object, make_object
from micrarium.actions.importing import import_files
from micrarium.actions.listing import show_object
from micrarium.actions.opening import Site
from micrarium.errors import MicrariumError, NotAllowed, NotFound
from micrarium.model import Image, Instrument, Objective
from micrarium.permissions import Actor, every, get_visible, load_actor, open_session, system_session
from micrarium.testing.files import numbered_pixels
from micrarium.testing.people import make_people

OME = """<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">
  <Instrument ID="Instrument:0">
    <Microscope Manufacturer="Zeiss" Model="Axio Imager.Z2" Type="Upright" SerialNumber="12"/>
    <Detector ID="Detector:0" Model="Orca Flash" Type="CMOS"/>
    <Objective ID="Objective:0" Model="Plan-Apochromat" NominalMagnification="63" LensNA="1.4" Immersion="Oil"
               WorkingDistance="0.19" WorkingDistanceUnit="mm"/>
  </Instrument>
  {images}
</OME>"""
IMAGE = """<Image ID="Image:{n}" Name="{n}"><InstrumentRef ID="Instrument:0"/>
  <ObjectiveSettings ID="Objective:0" RefractiveIndex="1.518"/>
  <Pixels ID="Pixels:{n}" DimensionOrder="XYCZT" Type="uint16" SizeX="20" SizeY="16" SizeZ="1" SizeC="1" SizeT="1">
  <Channel ID="Channel:{n}:0" SamplesPerPixel="1"/><TiffData IFD="{n}" PlaneCount="1"/></Pixels></Image>"""


def write_described(path: Path) -> Path:
    import tifffile

    images = "".join(IMAGE.format(n=n) for n in range(2))
    with tifffile.TiffWriter(path) as tiff:
        for n in range(2):
            told = OME.format(images=images).encode() if n == 0 else None
            tiff.write(numbered_pixels(16, 20, seed=n), contiguous=False, metadata=None, description=told)
    return path


def act_as(site: Site, people: dict[str, int], name: str) -> Actor:
    with system_session(site.engine, "a test") as session:
        return load_actor(session, people[name])


@pytest.fixture
def people(site: Site) -> dict[str, int]:
    return make_people(site)


@pytest.fixture
def images(site: Site, people: dict[str, int], tmp_path: Path) -> list[int]:
    return import_files(site, act_as(site, people, "ada"), [write_described(tmp_path / "a.ome.tif")]).images


def test_images_that_name_the_same_equipment_share_one_instrument(site: Site, people: dict[str, int], images: list[int]) -> None:
    with open_session(site.engine, act_as(site, people, "ada"), is_reading=True) as session:
        one, other = (show_object(session, Image, number, include=("instrument",)) for number in images)
    assert one["instrument_id"] == other["instrument_id"]
    instrument = one["instrument"]
    assert instrument["name"] == "Zeiss Axio Imager.Z2"
    assert (instrument["microscope"]["type"], instrument["microscope"]["serial_number"]) == ("Upright", "12")
    assert [detector["model"] for detector in instrument["detectors"]] == ["Orca Flash"]
    (lens,) = instrument["objectives"]
    assert (lens["model"], lens["nominal_magnification"], lens["lens_na"], lens["immersion"]) == ("Plan-Apochromat", 63, 1.4, "Oil")
    assert lens["working_distance"] == pytest.approx(190)
    assert one["objective_settings"]["objective_id"] == lens["id"]
    assert other["objective_settings"]["refractive_index"] == pytest.approx(1.518)


@pytest.mark.usefixtures("images")
def test_a_working_distance_is_found_by_any_unit(site: Site, people: dict[str, int]) -> None:
    with open_session(site.engine, act_as(site, people, "ada")) as session:
        lens = session.scalars(every(Objective)).one()
        change_object(session, lens, {"working_distance": 0.5, "working_distance_unit": "mm"})
    with system_session(site.engine, "a test", is_reading=True) as session:
        assert session.scalars(every(Objective)).one().working_distance_canonical == pytest.approx(500)  # type: ignore[attr-defined]  # made for each quantity


@pytest.mark.usefixtures("images")
def test_who_may_not_see_the_images_does_not_see_the_instrument(site: Site, people: dict[str, int]) -> None:
    with open_session(site.engine, act_as(site, people, "eve")) as session:
        assert session.scalars(every(Instrument)).all() == []
        assert session.scalars(every(Objective)).all() == []
    with pytest.raises(NotAllowed), open_session(site.engine, act_as(site, people, "bob")) as session:
        change_object(session, session.scalars(every(Objective)).one(), {"lens_na": 9.0})


def test_an_instrument_is_made_for_an_image_and_gone_with_nothing(site: Site, people: dict[str, int], images: list[int]) -> None:
    ada, eve = act_as(site, people, "ada"), act_as(site, people, "eve")
    with open_session(site.engine, ada) as session:
        made = make_object(session, Instrument, {"name": "Home-built", "image_id": images[0]})
        make_object(session, Objective, {"instrument_id": made.id, "model": "10x"})
        number = made.id
    with open_session(site.engine, ada, is_reading=True) as session:
        assert show_object(session, Image, images[0])["instrument_id"] == number
    with pytest.raises(NotFound), open_session(site.engine, eve) as session:
        make_object(session, Instrument, {"name": "Hers", "image_id": images[0]})
    with pytest.raises(MicrariumError), open_session(site.engine, eve) as session:
        make_object(session, Objective, {"instrument_id": number, "model": "hers"})
    with open_session(site.engine, ada) as session:
        assert get_visible(session, Instrument, number).name == "Home-built"
