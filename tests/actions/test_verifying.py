"""Verifying originals and pyramids: what is wrong is found by its kind, kept and told; pyramids are built anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from micrarium.actions.attesting import list_problems, summarize_custody, write_problems
from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site, admin_actor
from micrarium.actions.scheduling import begin_night, night_of
from micrarium.actions.verifying import Pace, request_verification, run_verification
from micrarium.errors import InvalidInput, NotFound
from micrarium.jobs import JobCancelledError, Work
from micrarium.model import Job, OriginalCheck, Pixels
from micrarium.permissions import every, open_session, system_session
from micrarium.testing.files import numbered_pixels, write_big_tiff, write_ome_tiff, write_ome_zarr

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class House:
    """A site with a copied file, one with a pyramid, a copied folder, and a file and a folder in place; and its administrator."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder, self.actor = site, folder, admin_actor(site)
        folder.mkdir(exist_ok=True)
        copied = [write_ome_tiff(folder / "copied.ome.tif", numbered_pixels(1, 1, 1, 40, 40))]
        copied += [write_big_tiff(folder / "big.tif", side=2100)[0]]
        copied += [write_ome_zarr(folder / "copied.ome.zarr", numbered_pixels(1, 1, 1, 64, 64))]
        staying = [write_ome_tiff(folder / "stays.ome.tif", numbered_pixels(1, 1, 1, 40, 40, seed=1))]
        staying += [write_ome_zarr(folder / "stays.ome.zarr", numbered_pixels(1, 1, 1, 64, 64, seed=2))]
        self.images = dict(zip(("copied", "big", "folder"), import_files(site, self.actor, copied).images, strict=True))
        found = import_files(site, self.actor, staying, way="stay").images
        self.images |= dict(zip(("stays", "staying folder"), found, strict=True))

    def verify(self, *objects: str, **terms: Any) -> dict[str, Any]:
        """The result of a verification by the administrator."""
        with open_session(self.site.engine, self.actor) as session:
            job = request_verification(session, objects, **terms)
        result = run_verification(self.site, self.work(job))
        with system_session(self.site.engine, "the job is over") as session:
            for one in session.scalars(every(Job).where(Job.state == "queued")):
                one.state = "done"
        return result

    def work(self, job: Job, **terms: Any) -> Work:
        """A job as its function is given it."""
        nothing: Any = lambda *_: None  # noqa: E731
        return replace(Work(job.id, self.actor, dict(job.arguments), nothing, nothing), **terms)

    def kept(self, name: str) -> Path:
        """A file or folder among the originals of the site."""
        (found,) = self.site.originals.rglob(name)
        return found

    def problems(self) -> dict[str, str]:
        """What is known to be wrong, by its kind."""
        return {one["kind"]: one["reason"] for one in list_problems(self.site, self.actor)["items"]}


@pytest.fixture
def house(site: Site, tmp_path: Path) -> House:
    return House(site, tmp_path / "run")


def damage(path: Path) -> Path:
    """Change one bit of a file."""
    path.chmod(0o644)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    return path


def test_files_that_are_well_are_recorded_as_such_with_the_time(house: House) -> None:
    before = datetime.now(UTC)
    result = house.verify()
    assert (result["originals"], result["pyramids"], result["problems"], result["is_finished"]) == (5, 1, {}, True)
    assert result["bytes"] > 2100 * 2100
    told = summarize_custody(house.site, house.actor)
    assert (told["originals"]["checked"], told["originals"]["total"], told["originals"]["problems"]) == (5, 5, {})
    assert (told["pyramids"]["checked"], told["pyramids"]["total"]) == (1, 1)
    assert told["originals"]["oldest_check"] >= before
    assert told["last"]["kind"] == "verify"
    assert house.problems() == {}


def test_each_kind_of_damage_is_told_apart(house: House) -> None:
    damage(house.kept("copied.ome.tif"))
    house.kept("big.tif").unlink()
    (house.folder / "stays.ome.tif").unlink()
    chunk = max((p for p in (house.folder / "stays.ome.zarr").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    damage(chunk)
    name = chunk.relative_to(house.folder / "stays.ome.zarr").as_posix()
    result = house.verify()
    assert result["problems"] == {"changed": 1, "missing": 1, "away": 1, "drifted": 1}
    assert house.problems() == {
        "changed": "is not what was imported: its checksum is another one",
        "missing": "is missing",
        "away": "is not where it was registered",
        "drifted": f"is not what was imported: {name} has another checksum",
    }
    (found,) = list_problems(house.site, house.actor, kind="changed")["items"]
    assert (found["image_id"], found["name"]) == (house.images["copied"], "copied.ome.tif")


def test_a_file_lost_from_or_added_to_a_folder_is_found(house: House) -> None:
    folder = house.kept("copied.ome.zarr")
    (folder / "more").write_text("x")
    house.verify(f"image:{house.images['folder']}")
    assert house.problems()["changed"].endswith("more was added")
    (folder / "more").unlink()
    (folder / "zarr.json").rename(folder.parent / "aside")
    house.verify(f"image:{house.images['folder']}")
    assert house.problems()["changed"].endswith("zarr.json is missing")
    (folder.parent / "aside").rename(folder / "zarr.json")
    house.verify(f"image:{house.images['folder']}")
    assert house.problems() == {}


def pyramid_of(house: House) -> Path:
    with system_session(house.site.engine, "find the pyramid", is_reading=True) as session:
        (place,) = session.scalars(every(Pixels).where(Pixels.pyramid.is_not(None)).with_only_columns(Pixels.pyramid))
    return house.site.data / str(place)


@pytest.mark.parametrize("deed", ["a chunk that does not decode", "a file less", "no folder"])
def test_a_damaged_pyramid_is_built_anew(house: House, deed: str, tmp_path: Path) -> None:
    pyramid = pyramid_of(house)
    shard = max((path for path in pyramid.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    good = {path.relative_to(pyramid): path.read_bytes() for path in pyramid.rglob("*") if path.is_file()}
    if deed == "a chunk that does not decode":
        content = shard.read_bytes()
        shard.write_bytes(b"\xff" * 4000 + content[4000:])
    elif deed == "a file less":
        shard.unlink()
    else:
        pyramid.rename(tmp_path / "away")
    result = house.verify()
    assert result["problems"] == {"rebuilt": 1}
    assert house.problems()["rebuilt"].endswith("it was built anew")
    assert {path.relative_to(pyramid): path.read_bytes() for path in pyramid.rglob("*") if path.is_file()} == good
    assert house.verify()["problems"] == {}
    assert list((house.site.derived / ".building").iterdir()) == []


def test_a_pyramid_whose_original_is_damaged_is_told_and_left(house: House) -> None:
    house.kept("big.tif").unlink()
    pyramid = pyramid_of(house)
    shard = max((path for path in pyramid.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    shard.unlink()
    assert house.verify()["problems"] == {"missing": 1, "changed": 1}
    assert "cannot be built anew" in house.problems()["changed"]
    assert pyramid.is_dir()


def test_only_the_named_objects_are_read(house: House) -> None:
    assert house.verify(f"image:{house.images['copied']}")["originals"] == 1
    result = house.verify(f"image:{house.images['big']}", f"image:{house.images['stays']}")
    assert (result["originals"], result["pyramids"]) == (2, 1)
    with system_session(house.site.engine, "the group", is_reading=True):
        group = house.actor.group_id or next(iter(house.actor.memberships))
    assert house.verify(f"group:{group}")["originals"] == 5
    with open_session(house.site.engine, house.actor) as session:
        for wrong, error in (
            ("tag:1", InvalidInput),
            ("image", InvalidInput),
            ("image:x", InvalidInput),
            ("image:987654", NotFound),
        ):
            with pytest.raises(error):
                request_verification(session, [wrong])
        with pytest.raises(InvalidInput, match="limit"):
            request_verification(session, [], limit_mb_s=0)


def test_what_was_cut_off_goes_on_where_it_was(house: House) -> None:
    with open_session(house.site.engine, house.actor) as session:
        job = request_verification(session, [])
        assert request_verification(session, []) is job, "one that is under way is not begun twice"
    told: list[str] = []
    kept: list[dict[str, Any]] = []

    def stop_at_the_third(_part: float, message: str) -> None:
        told.append(message)
        if "(2 of 6)" in message:
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        run_verification(house.site, house.work(job, report=stop_at_the_third, keep=kept.append))
    assert kept[-1]["originals"] == 2
    result = run_verification(house.site, house.work(job, kept=kept[-1]))
    assert (result["originals"], result["pyramids"]) == (5, 1)
    with system_session(house.site.engine, "count", is_reading=True) as session:
        assert len(list(session.scalars(every(OriginalCheck)))) == 5


def test_what_was_checked_longest_ago_is_read_first(house: House) -> None:
    house.verify()
    with system_session(house.site.engine, "grow older") as session:
        for number, check in enumerate(session.scalars(every(OriginalCheck).order_by(OriginalCheck.original_file_id.desc()))):
            check.checked_at = NOON + timedelta(days=number)
    read: list[str] = []
    with open_session(house.site.engine, house.actor) as session:
        job = request_verification(session, [])
    run_verification(house.site, house.work(job, report=lambda _part, message: read.append(message.partition(" (")[0])))
    names = list(dict.fromkeys(one.removeprefix("Reading ") for one in read if one.startswith("Reading ") and "pyramid" not in one))
    assert names == ["stays.ome.zarr", "stays.ome.tif", "copied.ome.zarr", "big.tif", "copied.ome.tif"]


def test_reading_is_held_to_its_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("micrarium.actions.verifying.time", SimpleNamespace(monotonic=lambda: now[0], sleep=wait))
    pace = Pace(10, lambda: None)
    for _ in range(25):
        pace.advance(4 * 10**6)
    assert now[0] == pytest.approx(10.0)
    now[0] += 100  # something else took long
    began = now[0]
    for _ in range(25):
        pace.advance(4 * 10**6)
    assert now[0] - began > 8


@pytest.mark.parametrize(
    ("hours", "at", "night"),
    [
        ("1-5", 3, (1, 5)), ("1-5", 5, None), ("1-5", 0, None), ("22-6", 23, (22, 30)), ("22-6", 5, (-2, 6)), ("22-6", 12, None),
        ("3-3", 12, (3, 27)),
    ],
)  # fmt: skip
def test_the_night_is_the_hours_that_are_set(hours: str, at: int, night: tuple[int, int] | None) -> None:
    day = datetime(2026, 5, 4, tzinfo=UTC)
    found = night_of(hours, day + timedelta(hours=at))
    assert found == (None if night is None else tuple(day + timedelta(hours=hour) for hour in night))


def test_one_job_a_night_checks_what_is_due(house: House) -> None:
    site = house.site
    tonight = datetime.now(UTC).replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert begin_night(site, tonight.replace(hour=12)) is None
    site.settings.verify_days = 0
    assert begin_night(site, tonight) is None
    site.settings.verify_days = 30
    number = begin_night(site, tonight)
    assert number is not None
    assert begin_night(site, tonight + timedelta(minutes=15)) is None, "one a night"
    with system_session(site.engine, "look at the job", is_reading=True) as session:
        job = session.get(Job, number)
        assert job is not None
        noted = dict(job.arguments)
    assert noted["until"] == tonight.replace(hour=5).isoformat()
    result = run_verification(site, replace(house.work(job), arguments=noted))
    assert result["originals"] == 5
    assert run_verification(site, replace(house.work(job), arguments=noted))["originals"] == 0, "nothing is due"
    late = noted | {"until": datetime.now(UTC).isoformat(), "before": datetime.now(UTC).isoformat()}
    result = run_verification(site, replace(house.work(job), arguments=late))
    assert (result["originals"], result["is_finished"]) == (0, False)
    some = noted | {"most_bytes": 1, "before": datetime.now(UTC).isoformat()}
    result = run_verification(site, replace(house.work(job), arguments=some))
    assert (result["originals"], result["is_finished"]) == (1, False)


def test_problems_come_in_pages_and_as_csv_that_no_spreadsheet_runs(house: House) -> None:
    for name in ("copied.ome.tif", "big.tif"):
        house.kept(name).unlink()
    (house.folder / "stays.ome.tif").unlink()
    house.verify()
    with system_session(house.site.engine, "an evil name") as session:
        session.execute(text("UPDATE original_file SET name = '=cmd()' WHERE name = 'big.tif'"))
    seen, cursor = [], None
    while True:
        page = list_problems(house.site, house.actor, limit=1, cursor=cursor)
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [one["kind"] for one in seen] == ["missing", "missing", "away"]
    lines = "".join(write_problems(house.site, house.actor)).splitlines()
    assert lines[0] == "kind,object,name,image_id,image,location,checked_at,reason"
    assert len(lines) == 4
    assert ",'=cmd()," in lines[2]
    for wrong in ("x", "original-", "pyramid-x"):
        with pytest.raises(InvalidInput):
            list_problems(house.site, house.actor, cursor=wrong)
