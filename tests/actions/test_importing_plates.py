"""Importing plates and sequences: one fileset whichever of its files was named, and never twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.formats.plates import test_cellvoyager, test_harmony, test_incell, test_scanr, test_sequences, test_tiles
from tests.formats.plates.making import write_plane
from tests.formats.plates.test_metaxpress import write_plate

from micrarium.actions.importing import import_files
from micrarium.actions.locating import close_files, open_location, source_of
from micrarium.actions.opening import Site
from micrarium.actions.storing import Way
from micrarium.formats import open_image_file
from micrarium.geometry import Region
from micrarium.model import Fileset, Image, Objective, OriginalFile, Plate, PlateAcquisition, Well, WellSample
from micrarium.permissions import Actor, load_actor, open_session, system_session, visible
from micrarium.testing.people import make_people
from micrarium.testing.samples import sample_folder

_SAMPLES = sample_folder(Path(__file__).resolve().parents[2])


@pytest.fixture
def ada(site: Site) -> Iterator[Actor]:
    people = make_people(site)
    with system_session(site.engine, "a test") as session:
        actor = load_actor(session, people["ada"], group_id=None)
    yield actor
    close_files()


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    if _SAMPLES is None:
        pytest.skip("there are no samples")
    return Path(shutil.copytree(_SAMPLES / "files/hcs-metaxpress/9987_Plate_3434", tmp_path / "9987_Plate_3434"))


@pytest.mark.parametrize("named", ["", "9987.HTD", "TimePoint_1/ZStep_2/9987.HTD", "TimePoint_1/ZStep_0/9987_B03_s2_w1.TIF"])
def test_any_file_of_a_plate_imports_the_whole_plate_once(site: Site, ada: Actor, sample: Path, named: str) -> None:
    result = import_files(site, ada, [sample / named])
    assert (result.skipped, result.failed) == ([], [])
    assert (len(result.images), len(result.plates)) == (4, 1)
    with open_session(site.engine, ada, is_reading=True) as session:
        plate = session.scalars(visible(Plate, ada)).one()
        assert (plate.name, plate.rows, plate.columns) == ("9987", 8, 12)
        wells = session.scalars(visible(Well, ada).order_by(Well.row, Well.column)).all()
        assert [(well.row, well.column) for well in wells] == [(1, 1), (1, 2)]
        fields = [sorted(sample.field_index for sample in well.well_samples) for well in wells]
        assert fields == [[0, 1], [0, 1]]
        field = session.scalars(visible(WellSample, ada).order_by(WellSample.id)).first()
        assert field is not None
        assert (field.pos_x, field.pos_y, field.pos_x_unit) == (22985.0, 19885.0, "µm")
        assert len(session.scalars(visible(PlateAcquisition, ada)).all()) == 1
        assert len(session.scalars(visible(OriginalFile, ada)).all()) == 41
        assert session.scalars(visible(Objective, ada)).one().lens_na == 0.95
        image = session.get_one(Image, result.images[3])
        assert image.name == "9987.HTD [B03 field 2]"
        assert image.pixels.physical_size_z == 3.0
    again = import_files(site, ada, [sample / "TimePoint_1" / "ZStep_1" / "9987_B02_s1_w2.TIF"])
    assert again.images == []
    assert "already imported" in again.skipped[0]["reason"]


def test_a_plate_is_read_from_the_store_when_its_files_are_gone(site: Site, ada: Actor, sample: Path) -> None:
    expected = tifffile.imread(sample / "TimePoint_1" / "ZStep_2" / "9987_B03_s2_w3.TIF")
    images = import_files(site, ada, [sample / "9987.HTD"]).images
    shutil.rmtree(sample)
    with system_session(site.engine, "a test", is_reading=True) as session:
        location = source_of(session, site, images[3])
    with open_location(site, location) as source:
        np.testing.assert_array_equal(source.read(Region.plane(source.shape, 0, 2, 1))[0, 0, 0], expected)


def test_without_grouping_each_file_is_an_image(site: Site, ada: Actor, tmp_path: Path) -> None:
    write_plate(tmp_path / "plate", wells=("B02",))
    result = import_files(site, ada, [tmp_path / "plate"], is_grouping=False)
    assert (len(result.images), result.plates, result.failed) == (8, [], [])
    assert [entry["path"].rsplit("/", 1)[1] for entry in result.skipped] == ["Run 7.HTD"]


def test_a_damaged_file_does_not_stop_its_plate(site: Site, ada: Actor, tmp_path: Path) -> None:
    write_plate(tmp_path / "plate")
    (tmp_path / "plate" / "Run 7_B02_s1_w2.TIF").write_bytes(b"")
    write_plane(tmp_path / "alone.tif", 3)
    result = import_files(site, ada, [tmp_path])
    assert (len(result.images), len(result.plates), result.failed) == (5, 1, [])
    assert any("Run 7_B02_s1_w2.TIF" in warning["reason"] for warning in result.warnings)
    with open_session(site.engine, ada, is_reading=True) as session:
        assert sorted(f.reader for f in session.scalars(visible(Fileset, ada)) if f.reader) == ["metaxpress", "tiff"]


def database(folder: Path) -> Path:
    """A plate of a database of MetaXpress: it has no HTD."""
    head = write_plate(folder / "db", uuids=True)
    head.unlink()
    return head.parent


KINDS: tuple[tuple[Callable[[Path], Path], str, int], ...] = (
    (database, "metaxpress", 4),
    (test_harmony.harmony_5, "harmony", 4),
    (test_harmony.columbus, "harmony", 2),
    (test_cellvoyager.plate_index, "cellvoyager", 4),
    (test_incell.plate_index, "incell", 4),
    (test_scanr.by_descriptor, "scanr", 4),
    (test_scanr.by_metadata, "scanr", 4),
    (test_scanr.by_names, "scanr", 4),
    (test_tiles.table, "tiles", 4),
    (test_sequences.named_wells, "sequence", 6),
    (test_sequences.time_lapse, "sequence", 1),
    (test_sequences.pattern_file, "sequence", 1),
)


@pytest.mark.parametrize("way", ["copy", "stay"])
def test_filesets_of_every_kind_are_read_from_where_they_are_kept(site: Site, ada: Actor, tmp_path: Path, way: Way) -> None:
    for number, (make, reader, images) in enumerate(KINDS):
        source_folder = tmp_path / f"source {number}"
        source_folder.mkdir()
        with open_image_file(make(source_folder)) as opened:
            assert (opened.reader, len(opened.images)) == (reader, images)
            expected = opened.images[-1].read(Region.whole(opened.images[-1].shape))
            plates = len(opened.plates)
        result = import_files(site, ada, [source_folder], way=way)
        assert (len(result.images), len(result.plates), result.failed) == (images, plates, []), reader
        if way == "copy":
            shutil.rmtree(source_folder)
        with system_session(site.engine, "a test", is_reading=True) as session:
            location = source_of(session, site, result.images[-1])
        with open_location(site, location) as source:
            np.testing.assert_array_equal(source.read(Region.whole(source.shape)), expected)
    with open_session(site.engine, ada, is_reading=True) as session:
        filesets = session.scalars(visible(Fileset, ada).order_by(Fileset.id)).all()
        assert [fileset.reader for fileset in filesets] == [reader for _, reader, _ in KINDS]
