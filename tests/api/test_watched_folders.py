"""Watched folders: what people put into theirs is imported as them once it settled, once, and what cannot be is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.test_imports import finish

from micrarium.actions import watching
from micrarium.actions.opening import Site
from micrarium.actions.watching import watch_roots
from micrarium.model import Job, WatchedEntry
from micrarium.permissions import every, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_ome_zarr, write_plate

Door = Callable[[str | None], httpx.Client]
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Rounds through the watched folders, each a minute after the last."""

    def __init__(self, site: Site) -> None:
        self.site, self.now = site, START

    def round(self) -> int:
        """How many jobs the next round queued."""
        self.now += timedelta(seconds=60)
        return watch_roots(self.site, now=self.now)


@pytest.fixture
def clock(site: Site) -> Iterator[Clock]:
    site.settings.watch_interval_s = 3600  # the server's own rounds do not come in between
    yield Clock(site)
    watching._watches.clear()


@pytest.fixture
def drop(door: Door, people: dict[str, int], tmp_path: Path, clock: Clock) -> Path:
    """A watched folder with one for Ada, whose files stay in place."""
    assert clock
    folder = tmp_path / "drop"
    (folder / "ada").mkdir(parents=True)
    given = {"name": "Drop", "kind": "folder", "location": str(folder), "is_watched": True, "ways": ["in-place"]}
    answer = door("admin").post("/api/v1/roots", json=given | {"group_ids": [people["read-only"]]})
    assert answer.status_code == 201, answer.text
    return folder


def write(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_ome_tiff(path, numbered_pixels(1, 1, 1, 20, 30, seed=seed))


def jobs_of(client: httpx.Client) -> list[dict[str, Any]]:
    """Somebody's imports from watched folders, oldest first, once they have ended."""
    found = [job for job in client.get("/api/v1/jobs").json()["items"] if job["kind"] == "watched"]
    return [finish(client, job) for job in reversed(found)]


def test_a_file_that_has_settled_is_imported_once_as_its_owner_into_the_dataset_of_its_folder(
    door: Door, drop: Path, clock: Clock, people: dict[str, int]
) -> None:
    path = write(drop / "ada" / "Mitosis" / "a.ome.tif")
    write(drop / "ada" / "Thesis" / "Controls" / "deep" / "b.ome.tif", seed=1)
    write(drop / "ada" / "c.ome.tif", seed=2)
    assert clock.round() == 0  # seen for the first time
    assert clock.round() == 3
    assert clock.round() == 0
    ada = door("ada")
    jobs = jobs_of(ada)
    assert [(job["state"], len(job["result"]["images"]), job["result"]["failed"]) for job in jobs] == [("done", 1, [])] * 3
    images = {image["name"]: image for image in ada.get("/api/v1/images").json()["items"]}
    assert {image["group_id"] for image in images.values()} == {people["read-only"]}
    assert {image["owner_id"] for image in images.values()} == {people["ada"]}
    datasets = {one["name"]: one["id"] for one in ada.get("/api/v1/datasets").json()["items"]}
    assert set(datasets) == {"Mitosis", "Controls"}
    assert [one["name"] for one in ada.get("/api/v1/projects").json()["items"]] == ["Thesis"]
    inside = ada.get("/api/v1/images", params={"dataset": datasets["Mitosis"]}).json()["items"]
    assert [image["name"] for image in inside] == ["a.ome.tif"]
    assert ada.get(f"/api/v1/images/{images['a.ome.tif']['id']}/original").content == path.read_bytes()
    watching._watches.clear()  # as after a restart
    assert clock.round() == 0
    assert clock.round() == 0


def test_what_still_grows_keeps_its_whole_folder_waiting(door: Door, drop: Path, clock: Clock) -> None:
    whole = write(drop / "ada" / "run" / "a.ome.tif")
    growing = drop / "ada" / "run" / "b.ome.tif"
    body = write(drop.parent / "b.ome.tif", seed=1).read_bytes()
    for part in range(1, 4):
        growing.write_bytes(body[: len(body) * part // 3])
        assert clock.round() == 0
    assert whole.exists()
    assert clock.round() == 1
    (job,) = jobs_of(door("ada"))
    assert (len(job["result"]["images"]), job["result"]["failed"]) == (2, [])


def test_a_plate_and_an_ome_zarr_are_one_each(door: Door, drop: Path, clock: Clock) -> None:
    write_plate(drop / "ada" / "Screen" / "plate.ome.zarr")
    write_ome_zarr(drop / "ada" / "Screen" / "cells.ome.zarr", numbered_pixels(1, 1, 1, 40, 50))
    clock.round()
    assert clock.round() == 1
    (job,) = jobs_of(door("ada"))
    assert (len(job["result"]["plates"]), len(job["result"]["images"]), job["result"]["failed"]) == (1, 7, [])
    assert [one["name"] for one in door("ada").get("/api/v1/screens").json()["items"]] == ["Screen"]


def test_a_file_that_is_replaced_later_is_told_and_not_imported(door: Door, drop: Path, clock: Clock) -> None:
    path = write(drop / "ada" / "run" / "a.ome.tif")
    clock.round()
    assert clock.round() == 1
    jobs_of(door("ada"))
    assert clock.round() == 0
    path.unlink()
    write(path, seed=5)
    assert clock.round() == 1
    assert clock.round() == 0
    _, told = jobs_of(door("ada"))
    assert told["result"]["images"] == []
    (entry,) = told["result"]["skipped"]
    assert entry["path"] == "ada/run/a.ome.tif"
    assert "was replaced after it was imported" in entry["reason"]
    assert len(door("ada").get("/api/v1/images").json()["items"]) == 1


def test_a_file_that_cannot_be_read_is_told_to_its_owner_and_tried_again_when_it_changes(
    door: Door, drop: Path, clock: Clock
) -> None:
    good = write(drop / "ada" / "run" / "a.ome.tif")
    broken = drop / "ada" / "run" / "b.ome.tif"
    body = write(drop.parent / "b.ome.tif", seed=1).read_bytes()
    broken.write_bytes(body[:900])
    clock.round()
    assert clock.round() == 1
    (job,) = jobs_of(door("ada"))
    assert len(job["result"]["images"]) == 1
    assert [entry["path"] for entry in job["result"]["failed"]] == ["ada/run/b.ome.tif"]
    report = door("ada").get(f"/api/v1/jobs/{job['id']}/report").json()
    assert [(row["path"], row["outcome"]) for row in report["rows"]] == [
        ("ada/run/a.ome.tif", "imported"),
        ("ada/run/b.ome.tif", "failed"),
    ]
    assert clock.round() == 0
    broken.write_bytes(body)
    assert clock.round() == 0
    assert clock.round() == 1
    *_, last = jobs_of(door("ada"))
    assert (len(last["result"]["images"]), last["result"]["failed"]) == (1, [])
    assert good.exists()


def test_folders_of_nobody_are_told_to_administrators_and_links_are_left_alone(
    door: Door, drop: Path, clock: Clock, tmp_path: Path
) -> None:
    write(drop / "nobody" / "a.ome.tif")
    write(drop / "eve" / "a.ome.tif")  # an account, but of none of the groups
    outside = write(tmp_path / "outside" / "x.ome.tif")
    (drop / "bob").mkdir()
    (drop / "bob" / "x.ome.tif").symlink_to(outside)
    (drop / "bob" / "link").symlink_to(outside.parent)
    (drop / "bob" / ".hidden.ome.tif").write_bytes(outside.read_bytes())
    (drop / "bob" / "y.ome.tif.part").write_bytes(outside.read_bytes())
    os.mkfifo(drop / "bob" / "live.tif")
    for _ in range(3):
        assert clock.round() == 0
    (shown,) = door("admin").get("/api/v1/roots").json()["items"]
    assert shown["strangers"] == ["eve", "nobody"]
    assert "strangers" not in door("ada").get("/api/v1/roots").json()["items"][0]


def test_a_folder_that_is_gone_is_passed_over_until_it_is_back(door: Door, drop: Path, clock: Clock) -> None:
    write(drop / "ada" / "a.ome.tif")
    clock.round()
    drop.rename(drop.with_name("away"))
    assert clock.round() == 0
    drop.with_name("away").rename(drop)
    assert clock.round() == 1
    assert len(jobs_of(door("ada"))) == 1


def test_a_quiet_folder_is_passed_over_by_the_times_of_its_folders_alone(
    door: Door, drop: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(drop / "ada" / "run" / "a.ome.tif")
    clock.round()
    clock.round()
    jobs_of(door("ada"))
    clock.round()  # sees that all of it is done
    gathered: list[Path] = []
    gather = watching._gather

    def note(folder: Path, *arguments: Any, **options: Any) -> None:
        gathered.append(folder)
        gather(folder, *arguments, **options)

    monkeypatch.setattr(watching, "_gather", note)
    assert clock.round() == 0
    assert gathered == []
    write(drop / "ada" / "run" / "b.ome.tif", seed=1)
    assert clock.round() == 0
    assert gathered == [drop / "ada" / "run"]


def test_what_a_job_that_was_cancelled_was_to_import_has_failed(door: Door, site: Site, drop: Path, clock: Clock) -> None:
    write(drop / "ada" / "run" / "a.ome.tif")
    clock.round()
    clock.round()
    (job,) = jobs_of(door("ada"))
    with system_session(site.engine, "a test") as session:
        entry = session.scalars(every(WatchedEntry)).one()
        entry.state = "queued"
        session.scalars(every(Job).where(Job.id == job["id"])).one().state = "cancelled"
    assert (clock.round(), clock.round()) == (0, 0)
    with system_session(site.engine, "a test") as session:
        assert session.scalars(every(WatchedEntry)).one().state == "failed"
