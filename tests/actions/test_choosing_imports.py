"""Imports of many files: what is foreseen, where targets lead, what is linked instead of kept twice, and what is noted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from micrarium.actions import targeting
from micrarium.actions.choosing import Item, Terms
from micrarium.actions.filing import Named
from micrarium.actions.importing import import_files, import_items
from micrarium.actions.locating import close_files
from micrarium.actions.noting import ImportResult, take_up
from micrarium.actions.opening import Site
from micrarium.actions.previewing import preview_items
from micrarium.actions.targeting import Target, parse_target
from micrarium.errors import InvalidInput
from micrarium.jobs import JobCancelledError
from micrarium.model import Base, Dataset, DatasetImageLink, Image, Plate, Project, ProjectDatasetLink, Screen
from micrarium.permissions import Actor, Origin, coming_from, every, load_actor, open_session, system_session, visible
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_plate
from micrarium.testing.people import make_people

QUIET: dict[str, Any] = {"root": None, "progress": lambda _part, _doing: None}


@pytest.fixture
def people(site: Site) -> Iterator[dict[str, int]]:
    yield make_people(site)
    close_files()


@pytest.fixture
def ada(site: Site, people: dict[str, int]) -> Actor:
    with system_session(site.engine, "a test") as session:
        return load_actor(session, people["ada"])


def write_picture(path: Path, *, number: int = 0, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_ome_tiff(path, numbered_pixels(1, channels, 1, 8, 8) + number)


def write_cut(path: Path) -> None:
    """A file that a reader knows and cannot read."""
    whole = write_ome_tiff(path, numbered_pixels(1, 1, 1, 64, 64)).read_bytes()
    path.write_bytes(whole[:700])


def names_of(site: Site, kind: type[Any]) -> list[str]:
    with system_session(site.engine, "a test") as session:
        return [found.name for found in session.scalars(every(kind).order_by(kind.id))]


def contents(site: Site) -> dict[str, list[str]]:
    """The names of the images in each dataset, by the dataset's name and number."""
    with system_session(site.engine, "a test") as session:
        datasets = {one.id: f"{one.name}:{one.id}" for one in session.scalars(every(Dataset))}
        images = {one.id: one.name for one in session.scalars(every(Image))}
        found: dict[str, list[str]] = {name: [] for name in datasets.values()}
        for link in session.scalars(every(DatasetImageLink).order_by(DatasetImageLink.id)):
            found[datasets[link.parent_id]].append(images[link.child_id])
        return found


def count_rows(site: Site, *kinds: type[Base]) -> list[int]:
    with system_session(site.engine, "a test") as session:
        return [len(session.scalars(every(kind)).all()) for kind in kinds]


# --- targets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Dataset:12", Target(dataset=12)),
        ("Dataset:id:12", Target(dataset=12)),
        ("Dataset:name:New Dataset", Target(dataset=Named("New Dataset"))),
        ('Dataset:name:"New Dataset"', Target(dataset=Named("New Dataset"))),
        ("Dataset:+name:a:b", Target(dataset=Named("a:b", "newest"))),
        ("Dataset:-name:x", Target(dataset=Named("x", "oldest"))),
        ("Dataset:%name:x", Target(dataset=Named("x", "unique"))),
        ("Dataset:@name:x", Target(dataset=Named("x", "new"))),
        ("Screen:7", Target(screen=7)),
        ("Screen:name:A/B", Target(screen=Named("A/B"))),
        ('Project:name:"P"/Dataset:name:"D"', Target(project=Named("P"), dataset=Named("D"))),
        ("Project:3/Dataset:@name:D", Target(project=3, dataset=Named("D", "new"))),
        ("regex:^.*images/(?<Container1>.*?)", Target(pattern="^.*images/(?<Container1>.*?)")),
        ("regex:-name:(?<Container1>.*)", Target(pattern="(?<Container1>.*)", pick="oldest")),
    ],
)
def test_targets_are_read_as_omero_reads_them(text: str, target: Target) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    [
        "", "Mitosis", "Dataset", "Dataset:x", "Dataset:name:", "Dataset:-1", "Image:3", "Project:3", "Dataset:1/Screen:2",
        "regex:", "regex:.*", "regex:(?<Container1>", "Dataset:*name:x", "Screen:1/Dataset:2", "dataset:name:x",
    ],
)  # fmt: skip
def test_what_is_no_target_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_target(text)
    assert caught.value.field == "target"


def test_a_pattern_finds_the_container_in_each_path(site: Site, ada: Actor, tmp_path: Path) -> None:
    for number, week in enumerate(("week-1", "week-2")):
        write_picture(tmp_path / "images" / week / "deep" / "a.ome.tif", number=number)
    write_plate(tmp_path / "images" / "week-2" / "plate.ome.zarr")
    pattern = parse_target("regex:+name:^.*/images/(?<Container1>[^/]*)/.*")
    result = import_items(site, ada, [Item((tmp_path / "images",), pattern)])
    assert result.failed == []
    assert sorted(names_of(site, Dataset)) == ["week-1", "week-2"]
    assert names_of(site, Screen) == ["week-2"]
    assert [len(images) for images in contents(site).values()] == [1, 1]


def test_a_file_whose_path_does_not_fit_the_pattern_fails_and_the_rest_comes_in(site: Site, ada: Actor, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.ome.tif")
    write_picture(tmp_path / "run" / "b.ome.tif", number=1)
    result = import_items(site, ada, [Item((tmp_path,), parse_target("regex:^.*/(?<Container1>run)"))])
    assert len(result.images) == 1
    assert [(Path(entry["path"]).name, entry["kind"]) for entry in result.failed] == [("a.ome.tif", "target")]
    assert "finds no name" in result.failed[0]["reason"]


def test_a_pattern_that_takes_for_ever_is_given_up_long_before_a_file(
    site: Site, ada: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targeting, "_MATCHING_S", 1.0)
    paths = [write_picture(tmp_path / ("a" * 60 + str(number)) / "a.ome.tif", number=number) for number in range(3)]
    result = import_items(site, ada, [Item(tuple(paths), parse_target("regex:^(.*a)*a*a*a*a*(a+)+(?<Container1>b)$"))])
    assert result.images == []
    assert ["takes too long" in entry["reason"] for entry in result.failed] == [True] * 3


def test_qualifiers_choose_among_datasets_of_a_name(site: Site, ada: Actor, tmp_path: Path) -> None:
    with open_session(site.engine, ada) as session:
        session.add_all([Dataset(name="x"), Dataset(name="x")])
    oldest, newest = sorted(contents(site))
    for number, (qualifier, place) in enumerate((("-", oldest), ("+", newest), ("", newest))):
        path = write_picture(tmp_path / f"{number}.ome.tif", number=number)
        assert import_items(site, ada, [Item((path,), parse_target(f"Dataset:{qualifier}name:x"))]).failed == []
        assert contents(site)[place][-1] == path.name
    path = write_picture(tmp_path / "9.ome.tif", number=9)
    refused = import_items(site, ada, [Item((path,), parse_target("Dataset:%name:x"))])
    assert (refused.images, refused.failed[0]["kind"]) == ([], "target")
    assert "several datasets" in refused.failed[0]["reason"]
    other = write_picture(tmp_path / "10.ome.tif", number=10)
    with coming_from(Origin(job_id=77)):
        import_items(site, ada, [Item((path, other), parse_target("Dataset:@name:x"))])
    assert [len(images) for _, images in sorted(contents(site).items())] == [1, 2, 2]


def test_a_dataset_that_is_there_is_put_into_the_project_of_the_target(site: Site, ada: Actor, tmp_path: Path) -> None:
    target = 'Project:name:"P"/Dataset:name:"D"'
    with open_session(site.engine, ada) as session:
        session.add(Dataset(name="D"))
    for number in range(2):
        import_items(site, ada, [Item((write_picture(tmp_path / f"{number}.ome.tif", number=number),), parse_target(target))])
    assert (names_of(site, Project), names_of(site, Dataset)) == (["P"], ["D"])
    assert count_rows(site, ProjectDatasetLink, DatasetImageLink) == [1, 2]


def test_a_plate_with_a_dataset_for_a_target_is_told_to_be_in_no_screen(site: Site, ada: Actor, tmp_path: Path) -> None:
    write_plate(tmp_path / "plate.ome.zarr")
    result = import_items(site, ada, [Item((tmp_path,), parse_target("Dataset:name:x"), name="Drugs {stem}")])
    assert ["screen" in entry["reason"] for entry in result.warnings] == [True]
    assert names_of(site, Plate) == ["Drugs plate"]


# --- names, depth and what is left out ------------------------------------------------------------------------------------


def test_names_and_descriptions_are_those_asked_for(site: Site, ada: Actor, tmp_path: Path) -> None:
    items = [
        Item((write_picture(tmp_path / "day1" / "a.ome.tif"),), name="control", description="PBS"),
        Item((write_picture(tmp_path / "day2" / "b.ome.tif", number=1),), name="{folder} {stem} #{number} {other}"),
        Item((write_picture(tmp_path / "day3" / "c.ome.tif", number=2),)),
    ]
    import_items(site, ada, items)
    assert names_of(site, Image) == ["control", "day2 b #1 {other}", "c.ome.tif"]
    with system_session(site.engine, "a test") as session:
        assert [image.description for image in session.scalars(every(Image).order_by(Image.id))] == ["PBS", None, None]


def test_depth_hidden_names_and_choices_leave_files_out_and_say_so(site: Site, ada: Actor, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.ome.tif")
    write_picture(tmp_path / "b.ome.tif", number=1)
    write_picture(tmp_path / "one" / "c.ome.tif", number=2)
    write_picture(tmp_path / "one" / "two" / "d.ome.tif", number=3)
    write_picture(tmp_path / ".trash" / "e.ome.tif", number=4)
    result = import_items(site, ada, [Item((tmp_path,))], terms=Terms(depth=1, exclude=frozenset({str(tmp_path / "b.ome.tif")})))
    assert sorted(Path(entry["path"]).name for entry in result.imported) == ["a.ome.tif", "c.ome.tif"]
    left = {Path(entry["path"]).name: entry["kind"] for entry in result.skipped}
    assert left == {"two": "passed", ".trash": "hidden", "b.ome.tif": "excluded"}
    assert all(entry["reason"] and entry["advice"] for entry in result.skipped)


def test_an_import_may_stop_at_the_first_failure_and_tells_what_it_did_not_reach(site: Site, ada: Actor, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.ome.tif")
    write_cut(tmp_path / "b.ome.tif")
    write_picture(tmp_path / "c.ome.tif", number=1)
    result = import_items(site, ada, [Item((tmp_path,))], terms=Terms(is_stopping=True))
    assert (len(result.images), len(result.failed)) == (1, 1)
    assert [Path(entry["path"]).name for entry in result.not_reached] == ["c.ome.tif"]
    assert import_items(site, ada, [Item((tmp_path,))]).not_reached == []


def test_what_is_done_stays_and_what_is_left_is_told_when_an_import_is_cancelled(site: Site, ada: Actor, tmp_path: Path) -> None:
    for number in range(3):
        write_picture(tmp_path / f"{number}.ome.tif", number=number)
    kept: list[dict[str, Any]] = []

    def cancel(_part: float, doing: str) -> None:
        if doing.endswith("1.ome.tif"):
            raise JobCancelledError

    options: dict[str, Any] = {"keep": lambda result: kept.append(dict(result.to_json())), "progress": cancel}
    with pytest.raises(JobCancelledError), coming_from(Origin(job_id=5)):
        import_items(site, ada, [Item((tmp_path,))], **options)
    assert [Path(entry["path"]).name for entry in kept[-1]["not_reached"]] == ["1.ome.tif", "2.ome.tif"]
    assert (len(kept[-1]["images"]), count_rows(site, Image)) == (1, [1])
    assert list((site.originals / ".incoming").iterdir()) == []


def test_an_import_that_is_taken_up_counts_what_it_did_before_as_its_own(site: Site, ada: Actor, tmp_path: Path) -> None:
    for number in range(2):
        write_picture(tmp_path / f"{number}.ome.tif", number=number)
    with coming_from(Origin(job_id=5)):
        first = import_items(site, ada, [Item((tmp_path / "0.ome.tif",))])
        for begun in (ImportResult(), take_up(first.to_json())):
            result = import_items(site, ada, [Item((tmp_path,))], begun=begun)
            assert (len(result.images), len(result.imported), result.skipped) == (2, 2, [])
    assert count_rows(site, Image) == [2]


# --- files that are there already ----------------------------------------------------------------------------------------


def test_a_known_file_is_put_into_the_dataset_asked_for_and_never_kept_twice(site: Site, ada: Actor, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.ome.tif")
    (image_id,) = import_files(site, ada, [path], dataset="First").images
    again = import_files(site, ada, [path], dataset="Second")
    assert (again.images, again.linked, again.failed) == ([], [image_id], [])
    assert again.skipped[0]["reason"] == f"already imported as image:{image_id}; it is now in dataset:2"
    assert (again.skipped[0]["kind"], again.skipped[0]["image"]) == ("known", image_id)
    third = import_files(site, ada, [path], dataset="Second")
    assert (third.linked, third.skipped[0]["reason"][-23:]) == ([], "is already in dataset:2")
    assert contents(site) == {"First:1": ["a.ome.tif"], "Second:2": ["a.ome.tif"]}
    assert count_rows(site, Image) == [1]


def test_a_known_plate_is_put_into_the_screen_asked_for(site: Site, ada: Actor, tmp_path: Path) -> None:
    write_plate(tmp_path / "plate.ome.zarr")
    first = import_files(site, ada, [tmp_path], screen="One")
    again = import_files(site, ada, [tmp_path], screen="Two", dataset="Not for plates")
    assert (again.images, sorted(again.linked)) == ([], sorted(first.images))
    assert (names_of(site, Screen), names_of(site, Dataset)) == (["One", "Two"], [])
    assert count_rows(site, Plate) == [1]


def test_known_files_are_only_passed_over_or_imported_once_more_where_that_is_asked_for(
    site: Site, ada: Actor, tmp_path: Path
) -> None:
    path = write_picture(tmp_path / "a.ome.tif")
    import_files(site, ada, [path])
    items = [Item((path,), Target(dataset="D"))]
    skipped = import_items(site, ada, items, terms=Terms(duplicates="skip"))
    assert (skipped.images, skipped.linked, contents(site)) == ([], [], {})
    twice = import_items(site, ada, items, terms=Terms(duplicates="import"))
    assert (len(twice.images), count_rows(site, Image)) == (1, [2])


def test_the_same_file_twice_in_one_import_is_kept_once_and_told(site: Site, ada: Actor, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.ome.tif")
    (tmp_path / "b.ome.tif").write_bytes(path.read_bytes())
    with coming_from(Origin(job_id=5)):
        result = import_files(site, ada, [tmp_path], dataset="D")
    assert (len(result.images), len(result.imported)) == (1, 1)
    assert [Path(entry["path"]).name for entry in result.skipped] == ["b.ome.tif"]


def test_files_from_a_path_that_was_imported_are_passed_over_where_that_is_asked_for(
    site: Site, ada: Actor, tmp_path: Path
) -> None:
    path = write_picture(tmp_path / "a.ome.tif")
    import_files(site, ada, [path])
    write_picture(path, number=5)
    result = import_items(site, ada, [Item((path,), Target(dataset="D"))], terms=Terms(is_by_path=True))
    assert (result.images, result.linked, result.skipped[0]["kind"]) == ([], [], "known")
    assert len(import_items(site, ada, [Item((path,))]).images) == 1


# --- preview -------------------------------------------------------------------------------------------------------------


def test_a_preview_foresees_images_targets_duplicates_and_what_is_left_out(site: Site, ada: Actor, tmp_path: Path) -> None:
    known = write_picture(tmp_path / "known.ome.tif", number=9)
    (image_id,) = import_files(site, ada, [known], dataset="There").images
    write_picture(tmp_path / "new.ome.tif", channels=2)
    write_plate(tmp_path / "plate.ome.zarr")
    write_cut(tmp_path / "cut.ome.tif")
    (tmp_path / "notes.txt").write_text("not an image at all")
    (tmp_path / ".hidden").write_text("x")
    before = count_rows(site, Image, Dataset, Screen, DatasetImageLink)
    items = [Item((tmp_path,), Target(dataset="There", screen="Drugs"), name="x {stem}")]
    told = preview_items(site, ada, items, terms=Terms(), **QUIET)
    by_name = {Path(entry["path"]).name: entry for entry in told["filesets"]}
    assert set(by_name) == {"known.ome.tif", "new.ome.tif", "plate.ome.zarr"}
    new = by_name["new.ome.tif"]
    assert (new["reader"], new["files"], new["known"]) == ("ome-tiff", 1, None)
    assert [(one["name"], one["x"], one["y"], one["c"], one["pixels"]) for one in new["images"]] == [("x new", 8, 8, 2, "uint16")]
    assert new["into"] == [{"kind": "dataset", "id": 1, "name": "There"}]
    assert by_name["plate.ome.zarr"]["into"] == [{"kind": "screen", "id": None, "name": "Drugs"}]
    assert by_name["plate.ome.zarr"]["plates"][0]["wells"] > 0
    assert by_name["plate.ome.zarr"]["images"][0]["well"] == "A1"
    assert by_name["known.ome.tif"]["known"] == image_id
    assert {Path(entry["path"]).name: entry["kind"] for entry in told["skipped"]} == {
        "known.ome.tif": "known", "notes.txt": "unknown", ".hidden": "hidden",
    }  # fmt: skip
    assert [Path(entry["path"]).name for entry in told["failed"]] == ["cut.ome.tif"]
    counts = told["counts"]
    assert (counts["filesets"], counts["known"], counts["skipped"], counts["failed"]) == (2, 1, 3, 1)
    assert count_rows(site, Image, Dataset, Screen, DatasetImageLink) == before


def test_an_import_does_what_its_preview_said(site: Site, ada: Actor, samples: Path) -> None:
    folder = samples / "files"
    names = [
        path
        for path in sorted(folder.glob("*/*"))
        if path.suffix in (".czi", ".lsm", ".dv", ".nd2") and path.stat().st_size < 2**21
    ][:5]
    assert names
    items = [Item(tuple(names), parse_target("Dataset:name:Samples"))]
    told = preview_items(site, ada, items, terms=Terms(), **QUIET)
    result = import_items(site, ada, items)
    assert (told["counts"]["images"], told["counts"]["failed"]) == (len(result.images), len(result.failed))
    with open_session(site.engine, ada, is_reading=True) as session:
        made = {image.name: image.pixels for image in session.scalars(visible(Image, ada))}
        for entry in told["filesets"]:
            for image in entry["images"]:
                assert (made[image["name"]].size_x, made[image["name"]].size_z) == (image["x"], image["z"])
