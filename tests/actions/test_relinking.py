"""Files registered in place that moved are found by name, size and checksum; what only looks like them is not taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.api.killing import write_set

from micrarium.actions.importing import import_files
from micrarium.actions.locating import open_location, source_of
from micrarium.actions.opening import Site, admin_actor
from micrarium.actions.relinking import request_relinking, run_relinking
from micrarium.errors import InvalidInput, NotAllowed, NotFound
from micrarium.geometry import Region
from micrarium.jobs import Work
from micrarium.model import EventLog, OriginalFile
from micrarium.permissions import every, load_actor, open_session, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_ome_zarr
from micrarium.testing.people import make_people


class House:
    """A site with a file, a fileset of two files and a folder that stay where they are, and its administrator."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.actor, self.here, self.there = site, admin_actor(site), folder / "here", folder / "there"
        self.here.mkdir(parents=True)
        self.there.mkdir()
        self.file = write_ome_tiff(self.here / "a.ome.tif", numbered_pixels(1, 1, 1, 40, 40))
        self.set, _ = write_set(self.here, "set", seed=3)
        self.folder = write_ome_zarr(self.here / "b.ome.zarr", numbered_pixels(1, 1, 1, 64, 64))
        self.images = import_files(site, self.actor, [self.file, self.set, self.folder], way="stay").images
        self.pixels = [self.read(image) for image in self.images]

    def read(self, image_id: int) -> bytes:
        with system_session(self.site.engine, "find pixels", is_reading=True) as session:
            location = source_of(session, self.site, image_id)
        with open_location(self.site, location) as source:
            return source.read(Region.whole(source.shape)).tobytes()

    def relink(self, *folders: Path, is_dry_run: bool = False) -> dict[str, Any]:
        """The result of looking in some folders."""
        with open_session(self.site.engine, self.actor) as session:
            job = request_relinking(session, self.site, [str(folder) for folder in folders], is_dry_run=is_dry_run)
        nothing: Any = lambda *_: None  # noqa: E731
        return run_relinking(self.site, Work(job.id, self.actor, dict(job.arguments), nothing, nothing))

    def places(self) -> set[str]:
        """Where the originals are said to be."""
        with system_session(self.site.engine, "look", is_reading=True) as session:
            return set(session.scalars(every(OriginalFile).with_only_columns(OriginalFile.location)))


@pytest.fixture
def house(site: Site, tmp_path: Path) -> House:
    return House(site, tmp_path / "nas")


def test_a_folder_that_moved_with_all_in_it_is_found_again(house: House) -> None:
    before = house.places()
    house.here.rename(house.there / "deep")
    told = house.relink(house.there, is_dry_run=True)
    assert (told["missing_before"], told["relinked"], told["still_missing"]) == (4, 4, 0)
    assert house.places() == before, "a dry run changes nothing"
    done = house.relink(house.there)
    assert (done["relinked"], done["still_missing"], done["refusals"]) == (4, 0, [])
    assert {Path(place).parent for place in house.places()} == {house.there / "deep"}
    assert [house.read(image) for image in house.images] == house.pixels
    assert house.relink(house.there)["missing_before"] == 0


def test_a_change_of_place_stands_in_the_history_with_who_made_it(house: House) -> None:
    house.file.rename(house.there / "a.ome.tif")
    house.relink(house.there)
    with system_session(house.site.engine, "look", is_reading=True) as session:
        logs = session.scalars(every(EventLog).where(EventLog.entity_type == "OriginalFile", EventLog.action == "UPDATE"))
        (log,) = logs
        assert (log.old_values or {})["location"] == str(house.file)
        assert (log.new_values or {})["location"] == str(house.there / "a.ome.tif")


def test_what_was_renamed_too_is_found_by_its_size_and_checksum(house: House) -> None:
    house.file.rename(house.there / "other name.tif")
    house.folder.rename(house.there / "other name.zarr")
    assert house.relink(house.there)["relinked"] == 2
    assert [house.read(image) for image in house.images] == house.pixels


def test_what_has_the_name_and_size_but_not_the_bytes_is_refused(house: House) -> None:
    content = house.file.read_bytes()
    house.file.unlink()
    false = house.there / "a.ome.tif"
    false.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    told = house.relink(house.there)
    assert (told["relinked"], told["still_missing"], told["refused"]) == (0, 1, 1)
    assert (told["refusals"][0]["path"], "checksum" in told["refusals"][0]["reason"]) == (str(false), True)
    assert str(house.file) in house.places()
    (house.there / "true").mkdir()
    (house.there / "true" / "z.tif").write_bytes(content)
    assert house.relink(house.there)["relinked"] == 1
    assert str(house.there / "true" / "z.tif") in house.places()


def test_a_folder_of_which_a_file_changed_is_refused(house: House) -> None:
    moved = house.folder.rename(house.there / "b.ome.zarr")
    chunk = max((path for path in moved.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = chunk.read_bytes()
    chunk.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    told = house.relink(house.there)
    assert (told["relinked"], told["refused"]) == (0, 1)
    chunk.write_bytes(content)
    assert house.relink(house.there)["relinked"] == 1


def test_files_that_belong_together_are_found_together_or_not_at_all(house: House) -> None:
    first, second = house.here / "set0.ome.tif", house.here / "set1.ome.tif"
    (house.there / "x").mkdir()
    (house.there / "y").mkdir()
    first = first.rename(house.there / "x" / first.name)
    second = second.rename(house.there / "y" / second.name)
    told = house.relink(house.there)
    assert (told["relinked"], told["still_missing"]) == (0, 2)
    assert "belongs to it" in told["refusals"][0]["reason"]
    second.rename(first.parent / second.name)
    assert house.relink(house.there)["relinked"] == 2
    assert [house.read(image) for image in house.images] == house.pixels


def test_only_administrators_look_in_folders_of_the_server(house: House) -> None:
    people = make_people(house.site)
    with system_session(house.site.engine, "ada", is_reading=True) as session:
        ada = load_actor(session, people["ada"])
    with open_session(house.site.engine, ada) as session, pytest.raises(NotAllowed):
        request_relinking(session, house.site, [str(house.there)])
    with open_session(house.site.engine, house.actor) as session:
        for folders, error in (([], InvalidInput), (["there"], InvalidInput), (["/no/such"], NotFound)):
            with pytest.raises(error):
                request_relinking(session, house.site, folders)
        for wrong in (house.file, house.site.data):
            with pytest.raises(InvalidInput):
                request_relinking(session, house.site, [str(wrong)])
