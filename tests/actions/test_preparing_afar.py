"""Pyramids built by the workers of a real Dask cluster, and by the server where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from micrarium.actions.importing import import_files
from micrarium.actions.locating import open_location, source_of
from micrarium.actions.opening import Site, admin_actor
from micrarium.actions.preparing_afar import leave_clusters
from micrarium.formats.trying import Trial
from micrarium.permissions import system_session
from micrarium.testing.clusters import running_cluster
from micrarium.testing.servers import find_free_port

SIDE = 2304  # larger than what is quick enough without a pyramid


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_cluster(tmp_path_factory.mktemp("dask")) as address:
        yield address


def with_cluster(site: Site, address: str) -> Site:
    return replace(site, settings=site.settings.model_copy(update={"dask_scheduler": address}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "large"
    made.mkdir()
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 4000, (SIDE, SIDE), np.uint16)
        tifffile.imwrite(made / f"{'abc'[number]}.tif", pixels, tile=(256, 256))
    return made


@pytest.fixture(autouse=True)
def leaving() -> Iterator[None]:
    yield
    leave_clusters()


def halves(site: Site, image_id: int) -> Any:
    """The second resolution of an image, and the mean of 2 x 2 pixels of the first."""
    with system_session(site.engine, "look", is_reading=True) as session:
        location = source_of(session, site, image_id)
    assert location.pyramid is not None
    with open_location(site, location) as source:
        whole, half = (source.read(_all_of(level.shape), level=number)[0, 0, 0] for number, level in enumerate(source.levels[:2]))
    return half, (whole.reshape(SIDE // 2, 2, SIDE // 2, 2).astype(np.uint32).sum((1, 3)) + 2) // 4


def _all_of(shape: Any) -> Any:
    from micrarium.geometry import Region

    return Region.whole(shape)


def test_pyramids_of_an_import_are_built_by_workers(
    site: Site, scheduler: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(*_: Any, **__: Any) -> None:
        raise AssertionError(f"a pyramid was built by process {os.getpid()}")

    monkeypatch.setattr(Trial, "build_pyramid", here)
    told: list[tuple[float, str]] = []
    afar = with_cluster(site, scheduler)
    result = import_files(afar, admin_actor(site), [folder], progress=lambda part, doing: told.append((part, doing)))
    assert (len(result.images), result.failed, result.warnings) == (3, [], [])
    for image_id in result.images:
        half, expected = halves(site, image_id)
        np.testing.assert_array_equal(half, expected)
    assert any("on the cluster" in doing for _, doing in told)
    assert list((site.derived / ".building").iterdir()) == []


def test_without_the_cluster_the_server_builds(site: Site, folder: Path) -> None:
    gone = with_cluster(site, f"tcp://127.0.0.1:{find_free_port()}")
    result = import_files(gone, admin_actor(site), [folder / "a.tif"])
    half, expected = halves(site, result.images[0])
    np.testing.assert_array_equal(half, expected)


def test_what_a_worker_cannot_read_is_told_and_the_rest_is_built(site: Site, scheduler: str, folder: Path) -> None:
    afar, ada = with_cluster(site, scheduler), admin_actor(site)
    imported = import_files(site, ada, [folder], is_preparing=False)
    with system_session(site.engine, "look", is_reading=True) as session:
        victim = source_of(session, site, imported.images[1]).path
    victim.chmod(0o644)
    with victim.open("r+b") as file:
        file.truncate(victim.stat().st_size // 2)
    from micrarium.actions.preparing import prepare_images

    warnings: list[dict[str, str]] = []
    prepare_images(afar, imported.images, report=lambda _part, _doing: None, warnings=warnings)
    assert [warning["path"] for warning in warnings] == [f"image:{imported.images[1]}"]
    assert "cut short" in warnings[0]["reason"]
    for image_id in (imported.images[0], imported.images[2]):
        half, expected = halves(site, image_id)
        np.testing.assert_array_equal(half, expected)


def test_a_cancelled_import_stops_the_workers(site: Site, scheduler: str, folder: Path) -> None:
    class Cancelled(BaseException):
        pass

    def progress(_part: float, doing: str) -> None:
        if "on the cluster" in doing:
            raise Cancelled

    with pytest.raises(Cancelled):
        import_files(with_cluster(site, scheduler), admin_actor(site), [folder], progress=progress)
    building = site.derived / ".building"
    assert not building.exists() or list(building.iterdir()) == []
