"""How a file says it was acquired becomes rows of the OME model, planes among them, whatever their number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.formats.acquisitions import EXPOSURES_MS, STEP_S, TOLD, write_everything

from micrarium.actions import acquiring, tabulating
from micrarium.actions.citing import list_original_metadata
from micrarium.actions.importing import import_files
from micrarium.actions.listing import show_object
from micrarium.actions.locating import Location
from micrarium.actions.opening import Site
from micrarium.actions.searching import search
from micrarium.actions.tabulating import PlaneQuery, find_planes, read_planes
from micrarium.errors import InvalidInput, NotFound
from micrarium.model import EventLog, Image, Instrument, PlaneInfo
from micrarium.model.search import metadata_words
from micrarium.permissions import Actor, every, get_visible, insert_parts, load_actor, open_session, system_session
from micrarium.testing.people import make_people


def act_as(site: Site, people: dict[str, int], name: str) -> Actor:
    with system_session(site.engine, "a test") as session:
        return load_actor(session, people[name])


@pytest.fixture
def people(site: Site) -> dict[str, int]:
    return make_people(site)


@pytest.fixture
def image_id(site: Site, people: dict[str, int], tmp_path: Path) -> int:
    result = import_files(site, act_as(site, people, "ada"), [write_everything(tmp_path / "a.ome.tif")])
    assert result.failed == []
    return result.images[0]


def planes_of(site: Site, actor: Actor, image_id: int, query: PlaneQuery | None = None) -> dict[str, Any]:
    query = query or PlaneQuery()
    with open_session(site.engine, actor, is_reading=True) as session:
        found = find_planes(session, site, image_id, query)
    return read_planes(site, found, query) if isinstance(found, Location) else found


def test_everything_a_file_says_of_an_acquisition_is_recorded(site: Site, people: dict[str, int], image_id: int) -> None:
    with open_session(site.engine, act_as(site, people, "ada"), is_reading=True) as session:
        shown = show_object(session, Image, image_id, include=("instrument", "acquisition"))
    instrument, told = shown["instrument"], shown["acquisition"]
    assert shown["acquired_by"] == f"{TOLD} Franklin"
    assert (instrument["microscope"]["model"], instrument["microscope"]["lot_number"]) == ("LSM 880", f"{TOLD}L")
    laser, pump, arc, filament, diode, other = instrument["light_sources"]
    assert (laser["type"], laser["laser_type"], laser["laser_medium"], laser["pulse"]) == ("Laser", "SolidState", "NdYAG", "CW")
    assert (laser["power"], laser["power_unit"], laser["wavelength"], laser["wavelength_unit"]) == (25, "mW", 488, "nm")
    assert (laser["repetition_rate"], laser["repetition_rate_unit"], laser["tuneable"], laser["pockel_cell"]) == (
        80,
        "MHz",
        False,
        True,
    )
    assert (laser["pump_id"], pump["wavelength"], arc["arc_type"], filament["filament_type"]) == (pump["id"], 808, "Hg", "Halogen")
    assert (diode["type"], other["type"], other["model"]) == ("LightEmittingDiode", "GenericExcitationSource", "Sun")
    first, second = instrument["filters"]
    assert (first["cut_in"], first["cut_out"], first["cut_in_tolerance"], first["transmittance"]) == (450, 490, 2, 0.9)
    (filter_set,) = instrument["filter_sets"]
    assert (filter_set["excitation_filter_ids"], filter_set["emission_filter_ids"]) == ([first["id"]], [second["id"]])
    assert filter_set["dichroic_id"] == instrument["dichroics"][0]["id"]
    assert len(instrument["detectors"]) == 2
    settings = shown["objective_settings"]
    assert (settings["medium"], settings["correction_collar"], settings["refractive_index"]) == ("Oil", 0.17, 1.518)
    surroundings = told["imaging_environment"]
    assert (surroundings["temperature"], surroundings["temperature_unit"], surroundings["co2_percent"]) == (37, "°C", 0.05)
    assert (surroundings["air_pressure"], surroundings["humidity"], surroundings["map_value"]) == (1013, 0.6, [["Chamber", TOLD]])
    assert (told["stage_label"]["name"], told["stage_label"]["position_x"], told["stage_label"]["position_x_unit"]) == (
        TOLD,
        1.5,
        "mm",
    )
    (bleaching,) = told["experiment"]["microbeam_manipulations"]
    assert (told["experiment"]["type"], bleaching["type"]) == ("Photobleaching", "FRAP")
    (light,) = bleaching["light_settings"]
    assert (light["light_source_id"], light["attenuation"], light["wavelength"]) == (laser["id"], 0.25, 405)


def test_channels_are_told_with_their_settings(site: Site, people: dict[str, int], image_id: int) -> None:
    with open_session(site.engine, act_as(site, people, "ada"), is_reading=True) as session:
        shown = show_object(session, Image, image_id, include=("instrument", "acquisition"))
    instrument = shown["instrument"]
    first, second = shown["acquisition"]["channels"]
    detector, light, path = first["detector_settings"], first["light_settings"], first["light_path"]
    assert detector["detector_id"] == instrument["detectors"][0]["id"]
    assert second["detector_settings"]["detector_id"] == instrument["detectors"][1]["id"]
    assert (second["detector_settings"]["gain"], second["detector_settings"]["offset"]) == (None, None), "1e300 is no gain"
    assert (detector["binning"], detector["gain"], detector["voltage"], detector["voltage_unit"]) == ("2x2", 700, 600, "V")
    assert (detector["read_out_rate"], detector["integration"], detector["zoom"]) == (10, 4, 1.5)
    assert (light["attenuation"], light["wavelength"], light["wavelength_unit"]) == (0.75, 405, "nm")
    assert path["excitation_filter_ids"] + path["emission_filter_ids"] == [one["id"] for one in instrument["filters"]]
    assert (first["filter_set_id"], path["dichroic_id"]) == (instrument["filter_sets"][0]["id"], instrument["dichroics"][0]["id"])
    assert (first["nd_filter"], first["pockel_cell_setting"], first["pin_hole_size"]) == (0.5, 7, 50)
    assert [one["exposure_time"] for one in (first, second)] == list(EXPOSURES_MS)
    assert first["exposure_time_unit"] == "ms"
    assert shown["acquisition"]["plane_count"] == 12


def test_planes_come_as_arrays_in_one_unit_page_by_page(site: Site, people: dict[str, int], image_id: int) -> None:
    ada = act_as(site, people, "ada")
    whole = planes_of(site, ada, image_id)
    assert (whole["count"], whole["next"]) == (12, None)
    columns = whole["columns"]
    assert set(columns) == {"the_t", "the_c", "the_z", "delta_t", "exposure_time", "position_x", "position_y"}
    assert columns["delta_t"]["values"][:5] == [0, 0.25, 0.125, 0.375, STEP_S]
    assert columns["delta_t"]["values"][-1] is None, "NaN is nothing"
    assert (columns["exposure_time"]["unit"], columns["exposure_time"]["values"][0]) == ("s", EXPOSURES_MS[0] / 1000)
    assert (columns["position_x"]["unit"], columns["position_y"]["unit"]) == ("µm", "reference frame")
    assert set(columns["position_y"]["values"]) == {-5.5}
    pages, cursor = [], None
    while True:
        page = planes_of(site, ada, image_id, PlaneQuery(limit=5, cursor=cursor))
        pages.append(page["columns"]["the_t"]["values"])
        if (cursor := page["next"]) is None:
            break
    assert [len(page) for page in pages] == [5, 5, 2]
    assert [t for page in pages for t in page] == columns["the_t"]["values"]
    some = planes_of(site, ada, image_id, PlaneQuery(t=1, c=1))["columns"]
    assert (some["the_t"]["values"], some["the_c"]["values"], some["the_z"]["values"]) == ([1, 1], [1, 1], [0, 1])


def test_planes_that_are_too_many_for_rows_are_read_from_the_file(
    site: Site, people: dict[str, int], image_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = act_as(site, people, "ada")
    expected = planes_of(site, ada, image_id)
    monkeypatch.setattr(acquiring, "MOST_PLANES", 11)
    monkeypatch.setattr(tabulating, "MOST_PLANES", 11)
    other = write_everything(tmp_path / "b.ome.tif")
    other.write_bytes(other.read_bytes() + b"another")
    (second,) = import_files(site, ada, [other]).images
    with system_session(site.engine, "a test") as session:
        assert session.scalar(select(func.count(PlaneInfo.id))) == 12
    assert planes_of(site, ada, second) == expected
    query = PlaneQuery(limit=5, cursor="0.1.1", z=1)
    assert planes_of(site, ada, second, query) == planes_of(site, ada, image_id, query)


@pytest.mark.parametrize(
    "query", [PlaneQuery(limit=0), PlaneQuery(limit=10**6), PlaneQuery(cursor="1.2"), PlaneQuery(cursor="a.b.c")]
)
def test_a_query_that_cannot_be_is_refused(site: Site, people: dict[str, int], image_id: int, query: PlaneQuery) -> None:
    with pytest.raises(InvalidInput):
        planes_of(site, act_as(site, people, "ada"), image_id, query)


def test_planes_of_what_one_may_not_see_are_not_there(site: Site, people: dict[str, int], image_id: int) -> None:
    with pytest.raises(NotFound):
        planes_of(site, act_as(site, people, "eve"), image_id)


def test_rows_in_bulk_are_made_only_with_their_whole(site: Site, people: dict[str, int], image_id: int) -> None:
    with open_session(site.engine, act_as(site, people, "ada")) as session:
        pixels = get_visible(session, Image, image_id).pixels
        with pytest.raises(RuntimeError, match="not made in this transaction"):
            insert_parts(session, PlaneInfo, pixels, [[{"the_t": 7, "the_c": 0, "the_z": 0}]])


def test_planes_are_found_by_any_unit_and_are_no_changes_of_their_own(site: Site, image_id: int) -> None:
    with system_session(site.engine, "a test", is_reading=True) as session:
        rows = session.scalars(every(PlaneInfo).where(PlaneInfo.exposure_time_canonical > 0.1)).all()  # type: ignore[attr-defined]  # made for each quantity
        assert len(rows) == 5
        assert {row.exposure_time for row in rows} == {EXPOSURES_MS[1]}
        assert session.scalars(select(EventLog.id).where(EventLog.entity_type == "PlaneInfo")).all() == []
    assert image_id


def test_images_that_differ_in_their_parts_have_instruments_of_their_own(
    site: Site, people: dict[str, int], image_id: int, tmp_path: Path
) -> None:
    other = write_everything(tmp_path / "other.ome.tif")
    other.write_bytes(other.read_bytes().replace(b"OBIS", b"Obis"))
    import_files(site, act_as(site, people, "ada"), [other])
    with system_session(site.engine, "a test", is_reading=True) as session:
        assert len(session.scalars(every(Instrument)).all()) == 2
    assert image_id


def test_images_are_found_by_what_their_files_say_of_themselves(site: Site, people: dict[str, int], image_id: int) -> None:
    for words in ("NdYAG", "obis coherent", "Photobleaching", TOLD, "hbo"):
        with open_session(site.engine, act_as(site, people, "ada"), is_reading=True) as session:
            found = [(hit["type"], hit["id"]) for hit in search(session, words)["items"]]
        assert found == [("image", image_id)], words
    with open_session(site.engine, act_as(site, people, "eve"), is_reading=True) as session:
        assert search(session, "NdYAG")["items"] == []


def test_words_of_metadata_are_bounded_and_leave_out_what_nobody_looks_for() -> None:
    many = {f"key{n}": f"value{n:05} {n} 1e-05 0123456789abcdef" for n in range(5000)}
    words = metadata_words({"laser": "Argon", **many}).split(" ")
    assert words[:2] == ["argon", "laser"], "short values come first"
    assert 10_000 < len(" ".join(words)) <= 20_000
    assert not [word for word in words if word.isdecimal() or word == "0123456789abcdef"]
    assert len(set(words)) == len(words)


def test_original_metadata_is_read_page_by_page_and_looked_through(site: Site, people: dict[str, int], image_id: int) -> None:
    with open_session(site.engine, act_as(site, people, "ada"), is_reading=True) as session:
        whole = list_original_metadata(session, image_id, limit=1000)
        first = list_original_metadata(session, image_id, limit=3)
        second = list_original_metadata(session, image_id, limit=3, cursor=first["next"])
        found = list_original_metadata(session, image_id, text="laser MEDIUM")
        with pytest.raises(InvalidInput):
            list_original_metadata(session, image_id, cursor="x")
    assert first["items"] + second["items"] == whole["items"][:6]
    assert (whole["next"], whole["count"]) == (None, len(whole["items"]))
    assert found["items"] == [["OME.Instrument.Laser.LaserMedium", "NdYAG"]]
    with open_session(site.engine, act_as(site, people, "eve"), is_reading=True) as session, pytest.raises(NotFound):
        list_original_metadata(session, image_id)
