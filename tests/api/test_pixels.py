"""Pictures of images, and how each person sees them."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image as Picture

from micrarium.actions.importing import import_files
from micrarium.actions.opening import Site
from micrarium.permissions import load_actor, system_session
from micrarium.testing.files import numbered_pixels, write_ome_tiff

Door = Callable[[str | None], httpx.Client]
SHAPE = (1, 3, 4, 120, 200)


@pytest.fixture
def pixels() -> np.ndarray[Any, np.dtype[Any]]:
    return numbered_pixels(*SHAPE)


@pytest.fixture
def image(site: Site, people: dict[str, int], tmp_path: Path, pixels: np.ndarray[Any, np.dtype[Any]]) -> str:
    """The path of an image of Ada's in the read-only group."""
    with system_session(site.engine, "a test") as session:
        ada = load_actor(session, people["ada"], group_id=people["read-only"])
    path = write_ome_tiff(tmp_path / "cells.ome.tif", pixels, names=("DAPI", "GFP", "Cy5"))
    result = import_files(site, ada, [path])
    assert result.failed == []
    return f"/api/v1/images/{result.images[0]}"


def see(answer: httpx.Response) -> np.ndarray[Any, np.dtype[Any]]:
    assert answer.status_code == 200, answer.text
    return np.asarray(Picture.open(io.BytesIO(answer.content)).convert("RGB"))


@pytest.mark.parametrize(("kind", "media_type"), [("jpeg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")])
def test_a_thumbnail_has_the_size_and_format_asked_for(door: Door, image: str, kind: str, media_type: str) -> None:
    answer = door("ada").get(f"{image}/thumbnail", params={"size": 100, "format": kind})
    assert answer.headers["content-type"] == media_type
    assert see(answer).shape == (60, 100, 3)


def test_a_plane_shows_the_channels_windows_and_colours_asked_for(
    door: Door, image: str, pixels: np.ndarray[Any, np.dtype[Any]]
) -> None:
    asked = {"z": "2", "c": "1|100:600$FF0000,-2,3|0:1000$00FF00", "format": "png"}
    shown = see(door("ada").get(f"{image}/plane", params=asked)).astype(int)
    red = np.clip((pixels[0, 0, 2].astype(float) - 100) / 500, 0, 1) * 255
    green = np.clip(pixels[0, 2, 2] / 1000, 0, 1) * 255
    assert np.abs(shown[..., 0] - red).max() <= 1
    assert np.abs(shown[..., 1] - green).max() <= 1
    assert shown[..., 2].max() == 0


def test_a_projection_shows_the_brightest_plane_at_each_place(
    door: Door, image: str, pixels: np.ndarray[Any, np.dtype[Any]]
) -> None:
    asked = {"c": "2|0:1000$FFFFFF", "p": "intmax", "z_start": "1", "z_end": "3", "format": "png"}
    shown = see(door("ada").get(f"{image}/plane", params=asked)).astype(int)
    expected = pixels[0, 1, 1:4].max(axis=0) / 1000 * 255
    assert np.abs(shown[..., 0] - expected).max() <= 1


def test_a_region_is_cut_at_the_far_edges(door: Door, image: str) -> None:
    ada = door("ada")
    whole = see(ada.get(f"{image}/plane", params={"format": "png"}))
    part = see(ada.get(f"{image}/region", params={"x": 150, "y": 100, "width": 500, "height": 500, "format": "png"}))
    np.testing.assert_array_equal(part, whole[100:, 150:])


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("plane?z=4", 422, "z"), ("plane?t=1", 422, "t"), ("plane?c=4", 422, "c"), ("plane?c=nonsense", 422, "c"),
        ("region?x=200", 422, "x"), ("region?level=9", 422, "level"), ("region?width=0", 422, "width"),
        ("thumbnail?size=15", 422, "size"), ("thumbnail?size=1025", 422, "size"), ("plane?format=gif", 422, "format"),
        ("plane?quality=0", 422, "quality"), ("histogram?channel=3", 422, "channel"), ("plane?p=mean", 422, "p"),
        ("histogram?bins=0", 422, "bins"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_shown_is_refused_by_the_parameter_at_fault(
    door: Door, image: str, path: str, status: int, field: str
) -> None:
    answer = door("ada").get(f"{image}/{path}")
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


def test_a_histogram_counts_every_pixel_of_a_small_plane(door: Door, image: str, pixels: np.ndarray[Any, np.dtype[Any]]) -> None:
    found = door("ada").get(f"{image}/histogram", params={"channel": 1, "z": 3, "bins": 10}).json()
    plane = pixels[0, 1, 3]
    assert (found["min"], found["max"]) == (plane.min(), plane.max())
    assert found["counts"] == np.histogram(plane, bins=10)[0].tolist()


def test_settings_are_each_persons_own_and_the_owners_are_what_others_start_with(door: Door, image: str) -> None:
    ada, bob = door("ada"), door("bob")
    first = ada.get(f"{image}/rendering").json()
    assert first["whose"] == "import"
    assert [channel["name"] for channel in first["channels"]] == ["DAPI", "GFP", "Cy5"]
    assert all(channel["min"] == 0 and channel["max"] == 65535 for channel in first["channels"])
    saved = ada.put(f"{image}/rendering", json={"model": "greyscale", "default_z": 3, "channels": [{"index": 0, "end": 50.0}]})
    assert saved.status_code == 200
    assert (saved.json()["model"], saved.json()["default_z"], saved.json()["channels"][0]["end"]) == ("greyscale", 3, 50.0)
    seen = bob.get(f"{image}/rendering").json()
    assert (seen["whose"], seen["channels"][0]["end"]) == ("owner", 50.0)
    assert bob.put(f"{image}/rendering", json={"channels": [{"index": 0, "end": 70.0}]}).status_code == 200
    assert ada.get(f"{image}/rendering").json()["channels"][0]["end"] == 50.0
    assert bob.get(f"{image}/rendering").json()["whose"] == "own"
    assert bob.delete(f"{image}/rendering").json()["whose"] == "owner"
    assert ada.delete(f"{image}/rendering").json() == first


@pytest.mark.parametrize(
    "change",
    [
        {"model": "sepia"}, {"default_z": 4}, {"default_t": -1}, {"channels": [{"index": 3}]},
        {"channels": [{"index": 0, "color": "red"}]}, {"channels": [{"index": 0, "start": 9, "end": 3}]},
        {"channels": [{"index": 0, "family": "odd"}]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_settings_that_make_no_sense_are_refused_and_change_nothing(door: Door, image: str, change: dict[str, Any]) -> None:
    ada = door("ada")
    assert ada.put(f"{image}/rendering", json=change).status_code == 422
    assert ada.get(f"{image}/rendering").json()["whose"] == "import"


def test_a_picture_is_not_sent_again_until_the_settings_change(door: Door, image: str) -> None:
    ada = door("ada")
    for path in ("thumbnail", "plane", "region?x=10", "histogram"):
        tag = ada.get(f"{image}/{path}").headers["ETag"]
        assert ada.get(f"{image}/{path}", headers={"If-None-Match": tag}).status_code == 304
    before = ada.get(f"{image}/thumbnail")
    ada.put(f"{image}/rendering", json={"channels": [{"index": 0, "color": "FF0000"}]})
    after = ada.get(f"{image}/thumbnail", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.content != before.content


def test_who_may_not_see_the_image_sees_no_picture_of_it(door: Door, image: str) -> None:
    for path in ("thumbnail", "plane", "region", "histogram", "rendering", "original"):
        assert door("eve").get(f"{image}/{path}").status_code == 404, path
        assert door(None).get(f"{image}/{path}").status_code == 401, path
    assert door("eve").put(f"{image}/rendering", json={}).status_code == 404
    tag = door("ada").get(f"{image}/thumbnail").headers["ETag"]
    assert door("eve").get(f"{image}/thumbnail", headers={"If-None-Match": tag}).status_code == 404


def test_a_page_of_thumbnails_is_not_drawn_again(door: Door, image: str, site: Site) -> None:
    ada = door("ada")
    first = ada.get(f"{image}/thumbnail").content
    kept = [path for path in (site.data / "thumbnails").rglob("*") if path.is_file()]
    assert any(path.read_bytes() == first for path in kept)
    begun = time.perf_counter()
    for _ in range(20):
        assert ada.get(f"{image}/thumbnail").content == first
    assert time.perf_counter() - begun < 10
