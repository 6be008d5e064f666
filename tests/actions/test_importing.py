"""Importing files: what becomes of them, and what is left when something goes wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from micrarium.actions.filing import Filing
from micrarium.actions.importing import import_files
from micrarium.actions.locating import close_files, open_location, source_of
from micrarium.actions.opening import Site
from micrarium.actions.storing import clear_leftovers, locate
from micrarium.errors import InvalidInput, NotAllowed, NotFound, UnreadableFile
from micrarium.geometry import Region
from micrarium.jobs import JobCancelledError
from micrarium.model import (
    Dataset,
    DatasetImageLink,
    Fileset,
    Image,
    OriginalFile,
    Plate,
    Project,
    ProjectDatasetLink,
    Screen,
    ScreenPlateLink,
    Well,
    WellSample,
)
from micrarium.permissions import Actor, every, load_actor, open_session, system_session, visible
from micrarium.testing.files import numbered_pixels, write_big_tiff, write_ome_tiff, write_ome_zarr, write_plate, write_rgb_png
from micrarium.testing.people import make_people


@pytest.fixture
def people(site: Site) -> Iterator[dict[str, int]]:
    yield make_people(site)
    close_files()


def act_as(site: Site, people: dict[str, int], name: str, *, group: str | None = None) -> Actor:
    with system_session(site.engine, "a test") as session:
        return load_actor(session, people[name], group_id=people[group] if group else None)


@pytest.fixture
def ada(site: Site, people: dict[str, int]) -> Actor:
    return act_as(site, people, "ada")


def read_whole(site: Site, image_id: int, *, level: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    with system_session(site.engine, "a test", is_reading=True) as session:
        location = source_of(session, site, image_id)
    with open_location(site, location) as source:
        return source.read(Region.whole(source.levels[level].shape), level=level)


def test_an_image_keeps_its_pixels_its_description_and_its_original(site: Site, ada: Actor, tmp_path: Path) -> None:
    pixels = numbered_pixels(2, 3, 4, 30, 50)
    path = write_ome_tiff(tmp_path / "cells.ome.tif", pixels, names=("DAPI", "GFP", "mCherry"))
    result = import_files(site, ada, [path])
    assert (result.skipped, result.failed) == ([], [])
    (image_id,) = result.images
    np.testing.assert_array_equal(read_whole(site, image_id), pixels)
    with open_session(site.engine, ada, is_reading=True) as session:
        image = session.get_one(Image, image_id)
        assert image.name == "cells.ome.tif"
        assert image.owner_id == ada.id
        sizes = image.pixels
        assert (sizes.size_t, sizes.size_c, sizes.size_z, sizes.size_y, sizes.size_x) == pixels.shape
        assert (sizes.pixels_type, sizes.physical_size_x, sizes.physical_size_x_unit) == ("uint16", 0.5, "µm")
        assert [channel.logical_channel.name for channel in sizes.channels] == ["DAPI", "GFP", "mCherry"]
        assert [channel.stats_info.global_max for channel in sizes.channels if channel.stats_info] == [
            float(pixels[:, c].max()) for c in range(3)
        ]
        original = session.scalars(visible(OriginalFile, ada)).one()
        assert original.hash == hashlib.sha256(path.read_bytes()).hexdigest()
        assert original.path == str(path)
        kept = locate(site.data, original.location)
        assert kept.read_bytes() == path.read_bytes()
        assert kept.is_relative_to(site.originals)
        fileset = session.scalars(visible(Fileset, ada)).one()
        assert fileset.reader == "ome-tiff"


def test_a_picture_in_colour_has_a_channel_for_each_sample(site: Site, ada: Actor, tmp_path: Path) -> None:
    path, pixels = write_rgb_png(tmp_path / "stain.png")
    (image_id,) = import_files(site, ada, [path]).images
    np.testing.assert_array_equal(read_whole(site, image_id)[0, :, 0], pixels.transpose(2, 0, 1))
    with open_session(site.engine, ada, is_reading=True) as session:
        channels = session.get_one(Image, image_id).pixels.channels
        assert [channel.color for channel in channels] == ["FF0000", "00FF00", "0000FF"]


def test_a_folder_that_is_one_image_is_one_original_with_a_list_of_checksums(site: Site, ada: Actor, tmp_path: Path) -> None:
    pixels = numbered_pixels(1, 2, 1, 64, 64)
    path = write_ome_zarr(tmp_path / "cells.ome.zarr", pixels, label=(pixels[:, :1] % 7).astype("uint32"))
    (image_id,) = import_files(site, ada, [tmp_path]).images
    np.testing.assert_array_equal(read_whole(site, image_id), pixels)
    with open_session(site.engine, ada, is_reading=True) as session:
        original = session.scalars(visible(OriginalFile, ada)).one()
        kept = locate(site.data, original.location)
    listed = kept.with_name("cells.ome.zarr.sha256").read_bytes()
    assert hashlib.sha256(listed).hexdigest() == original.hash
    lines = {name: checksum for checksum, name in (line.split("  ") for line in listed.decode().splitlines())}
    files = [file for file in path.rglob("*") if file.is_file()]
    assert set(lines) == {file.relative_to(path).as_posix() for file in files}
    for file in files:
        assert lines[file.relative_to(path).as_posix()] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert (kept / file.relative_to(path)).read_bytes() == file.read_bytes()
    assert original.size == sum(file.stat().st_size for file in files)


def test_a_plate_gets_its_wells_and_goes_into_its_screen(site: Site, ada: Actor, tmp_path: Path) -> None:
    result = import_files(site, ada, [write_plate(tmp_path / "plate.ome.zarr")], screen="Kinases", dataset="Not for plates")
    assert len(result.images) == 6
    with open_session(site.engine, ada, is_reading=True) as session:
        plate = session.scalars(visible(Plate, ada)).one()
        assert ([plate.id], plate.rows, plate.columns) == (result.plates, 8, 12)
        wells = session.scalars(visible(Well, ada).order_by(Well.row, Well.column)).all()
        assert [(well.row, well.column, len(well.well_samples)) for well in wells] == [(0, 0, 2), (0, 1, 2), (1, 11, 2)]
        assert {sample.image_id for sample in session.scalars(visible(WellSample, ada))} == set(result.images)
        link = session.scalars(visible(ScreenPlateLink, ada)).one()
        assert session.get_one(Screen, link.parent_id).name == "Kinases"
        assert session.scalars(visible(Dataset, ada)).all() == []


def test_containers_are_found_by_name_or_made_and_never_made_twice(site: Site, ada: Actor, tmp_path: Path) -> None:
    for number in range(3):
        path = write_ome_tiff(tmp_path / f"{number}.ome.tif", numbered_pixels(1, 1, 1, 8, 8, seed=number))
        assert len(import_files(site, ada, [path], project="Thesis", dataset="Mitosis").images) == 1
    with open_session(site.engine, ada, is_reading=True) as session:
        assert [p.name for p in session.scalars(visible(Project, ada))] == ["Thesis"]
        dataset = session.scalars(visible(Dataset, ada)).one()
        assert dataset.name == "Mitosis"
        assert len(session.scalars(visible(ProjectDatasetLink, ada)).all()) == 1
        assert {link.parent_id for link in session.scalars(visible(DatasetImageLink, ada))} == {dataset.id}
        assert len(session.scalars(visible(DatasetImageLink, ada)).all()) == 3


def test_a_dataset_given_by_id_decides_the_group(site: Site, people: dict[str, int], tmp_path: Path) -> None:
    ada = act_as(site, people, "ada", group="read-write")
    with open_session(site.engine, ada) as session:
        dataset = Dataset(name="Shared")
        session.add(dataset)
    path = write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 1, 1, 8, 8))
    (image_id,) = import_files(site, act_as(site, people, "bob", group="private"), [path], dataset=dataset.id).images
    with system_session(site.engine, "a test") as session:
        image = session.get_one(Image, image_id)
        assert (image.group_id, image.owner_id) == (people["read-write"], people["bob"])


def test_a_container_that_cannot_be_used_stops_the_import_before_it_begins(
    site: Site, people: dict[str, int], tmp_path: Path
) -> None:
    with open_session(site.engine, act_as(site, people, "ada", group="read-only")) as session:
        dataset = Dataset(name="Mine")
        session.add(dataset)
    path = write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 1, 1, 8, 8))
    with pytest.raises(NotAllowed):
        import_files(site, act_as(site, people, "bob"), [path], dataset=dataset.id)
    with pytest.raises(NotFound):
        import_files(site, act_as(site, people, "eve"), [path], dataset=dataset.id)
    with pytest.raises(InvalidInput, match="not a member"):
        import_files(site, act_as(site, people, "eve"), [path], group_id=people["private"])
    with pytest.raises(InvalidInput, match="empty"):
        import_files(site, act_as(site, people, "bob"), [path], dataset=" ")
    assert find_kept(site) == []


def test_what_the_same_person_has_is_skipped_and_what_another_has_is_not(
    site: Site, people: dict[str, int], tmp_path: Path
) -> None:
    path = write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 1, 1, 8, 8))
    ada, bob = act_as(site, people, "ada"), act_as(site, people, "bob")
    (image_id,) = import_files(site, ada, [path]).images
    again = import_files(site, ada, [path])
    assert (again.images, again.failed) == ([], [])
    assert [(entry["path"], entry["reason"]) for entry in again.skipped] == [(str(path), f"already imported as image:{image_id}")]
    path.rename(tmp_path / "renamed.ome.tif")
    assert import_files(site, ada, [tmp_path / "renamed.ome.tif"]).skipped != []
    assert len(import_files(site, bob, [tmp_path / "renamed.ome.tif"]).images) == 1
    other_group = act_as(site, people, "ada", group="private")
    assert len(import_files(site, other_group, [tmp_path / "renamed.ome.tif"]).images) == 1
    assert len(find_kept(site)) == 3


def test_a_bad_file_is_told_in_one_sentence_and_the_rest_is_imported(site: Site, ada: Actor, tmp_path: Path) -> None:
    good = write_ome_tiff(tmp_path / "b-good.ome.tif", numbered_pixels(1, 1, 1, 64, 64))
    (tmp_path / "a-cut.ome.tif").write_bytes(good.read_bytes()[:700])
    (tmp_path / "c-notes.txt").write_text("not an image at all")
    result = import_files(site, ada, [tmp_path])
    assert len(result.images) == 1
    assert [entry["path"] for entry in result.failed] == [str(tmp_path / "a-cut.ome.tif")]
    assert [entry["path"] for entry in result.skipped] == [str(tmp_path / "c-notes.txt")]
    for entry in (*result.failed, *result.skipped):
        assert entry["reason"]
        assert "Traceback" not in entry["reason"]
        assert "\n" not in entry["reason"]
    assert len(find_kept(site)) == 1


def find_kept(site: Site) -> list[Path]:
    """The folders that hold originals."""
    return [path for path in site.originals.glob("*/*/*") if path.parent.parent.name != ".incoming"]


def test_an_import_that_is_stopped_leaves_nothing_behind(site: Site, ada: Actor, tmp_path: Path) -> None:
    write_ome_zarr(tmp_path / "a.ome.zarr", numbered_pixels(1, 1, 1, 64, 64))

    def stop(part: float, _doing: str) -> None:
        if part > 0:
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        import_files(site, ada, [tmp_path], progress=stop)
    assert find_kept(site) == []
    assert list((site.originals / ".incoming").iterdir()) == []


def test_originals_of_rows_that_cannot_be_written_are_removed(site: Site, ada: Actor, tmp_path: Path) -> None:
    with site.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE stats_info")
    write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 1, 1, 8, 8))
    (failed,) = import_files(site, ada, [tmp_path]).failed
    assert "stats_info" in failed["reason"]
    assert "INSERT" not in failed["reason"]
    assert "\n" not in failed["reason"]
    assert find_kept(site) == []
    with system_session(site.engine, "a test") as session:
        assert session.scalars(every(Image)).all() == []
        assert session.scalars(every(OriginalFile)).all() == []


def test_the_next_start_removes_what_a_killed_import_left_and_keeps_what_is_recorded(
    site: Site, ada: Actor, tmp_path: Path
) -> None:
    path = write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 1, 1, 8, 8))
    (image_id,) = import_files(site, ada, [path]).images
    (recorded,) = find_kept(site)
    incoming = site.originals / ".incoming"
    orphan = recorded.with_name("f" * 32)
    orphan.mkdir()
    (orphan / "a.ome.tif").write_bytes(b"half")
    (incoming / "half-copied").mkdir()
    for folder in (orphan, recorded):  # killed before the note was removed: before and after the rows were committed
        (incoming / f"{folder.name}.place").write_text(folder.relative_to(site.data).as_posix())
    clear_leftovers(site)
    assert find_kept(site) == [recorded]
    assert list(incoming.iterdir()) == []
    assert read_whole(site, image_id).shape == (1, 1, 1, 8, 8)


def test_files_can_stay_where_they_are_and_are_missed_by_name_when_they_go(site: Site, ada: Actor, tmp_path: Path) -> None:
    pixels = numbered_pixels(1, 1, 1, 8, 8)
    path = write_ome_tiff(tmp_path / "stays.ome.tif", pixels)
    (image_id,) = import_files(site, ada, [path], way="stay").images
    assert find_kept(site) == []
    np.testing.assert_array_equal(read_whole(site, image_id), pixels)
    with open_session(site.engine, ada, is_reading=True) as session:
        original = session.scalars(visible(OriginalFile, ada)).one()
        assert (original.is_in_place, original.location) == (True, str(path))
        assert original.hash == hashlib.sha256(path.read_bytes()).hexdigest()
    path.unlink()
    with pytest.raises(UnreadableFile, match=r"stays\.ome\.tif is not where it was imported from"):
        read_whole(site, image_id)


def test_an_image_without_lower_resolutions_gets_them_beside_its_original(site: Site, ada: Actor, tmp_path: Path) -> None:
    path, pixels = write_big_tiff(tmp_path / "big.tif")
    (image_id,) = import_files(site, ada, [path]).images
    np.testing.assert_array_equal(read_whole(site, image_id)[0, 0, 0], pixels)
    lower = read_whole(site, image_id, level=1)[0, 0, 0]
    assert lower.shape == (2048, 2048)
    exact = pixels.reshape(2048, 2, 2048, 2).mean(axis=(1, 3))
    assert np.abs(lower - exact).max() <= 0.5
    with system_session(site.engine, "a test") as session:
        pyramid = session.get_one(Image, image_id).pixels.pyramid
    assert pyramid is not None
    assert (site.data / pyramid).is_relative_to(site.derived)


def test_files_are_imported_from_an_upload_without_being_copied(site: Site, ada: Actor) -> None:
    folder = site.uploads / "1"
    (folder / "run 1").mkdir(parents=True)
    path = write_ome_tiff(folder / "run 1" / "a.ome.tif", numbered_pixels(1, 1, 1, 8, 8))
    inode = path.stat().st_ino
    result = import_files(site, ada, [folder], way="link", client_root=folder)
    with open_session(site.engine, ada, is_reading=True) as session:
        original = session.scalars(visible(OriginalFile, ada)).one()
    assert original.path == "run 1/a.ome.tif"
    assert locate(site.data, original.location).stat().st_ino == inode
    assert len(result.images) == 1


def test_names_that_no_database_holds_are_made_fit(site: Site, ada: Actor, tmp_path: Path) -> None:
    path = write_ome_tiff(tmp_path / "ü µ 日本.ome.tif", numbered_pixels(1, 1, 1, 8, 8), names=("A\ud7ff",))
    (image_id,) = import_files(site, ada, [path], dataset="nul\x00 inside").images
    with open_session(site.engine, ada, is_reading=True) as session:
        assert session.get_one(Image, image_id).name == "ü µ 日本.ome.tif"
        assert session.scalars(visible(Dataset, ada)).one().name == "nul inside"


def test_a_project_alone_gets_a_dataset_named_after_the_day(site: Site, ada: Actor, tmp_path: Path) -> None:
    import_files(site, ada, [write_ome_tiff(tmp_path / "a.ome.tif", numbered_pixels(1, 1, 1, 8, 8))], project="Thesis")
    with open_session(site.engine, ada, is_reading=True) as session:
        assert session.scalars(visible(Dataset, ada)).one().name.startswith("Imported 20")
    assert Filing().default_dataset == "Imported"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "name", ["czi/aicsimageio_s_1_t_1_c_1_z_1.czi", "lif/*.lif", "nd2/*.nd2", "ome-tiff/*.tif*", "raster/*.png"]
)
def test_samples_of_each_format_are_imported(site: Site, ada: Actor, samples: Path, name: str) -> None:
    found = sorted((samples / "files").glob(name)) or sorted((samples / "files").glob(name.split("/")[0] + "/*"))
    smallest = min(found, key=lambda path: path.stat().st_size)
    result = import_files(site, ada, [smallest])
    assert result.failed == []
    assert result.images
    with system_session(site.engine, "a test", is_reading=True) as session:
        location = source_of(session, site, result.images[0])
    with open_location(site, location) as source:
        assert source.read(Region.plane(source.levels[-1].shape), level=len(source.levels) - 1).size > 0
