"""What nobody sends in good faith gets one clear sentence, never an error of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Door = Callable[[str | None], httpx.Client]
HUGE = "9" * 30


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/images/{}", "/api/v1/images/{}/history", "/api/v1/images/{}/thumbnail", "/api/v1/images/{}/annotations",
        "/api/v1/images/{}/original", "/api/v1/images/{}/ro-crate-metadata.json", "/api/v1/jobs/{}", "/api/v1/uploads/{}",
        "/api/v1/exports/{}/file", "/api/v1/experimenter_groups/{}/members", "/zarr/images/{}.ome.zarr/zarr.json",
        "/zarr/plates/{}.ome.zarr/zarr.json",
    ],
)  # fmt: skip
def test_a_number_no_database_can_hold_is_of_nothing(door: Door, path: str) -> None:
    answer = door("ada").get(path.format(HUGE))
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/api/v1/bin/images?limit={HUGE}", None),
        ("POST", "/api/v1/imports", {"paths": ["a"], "dataset": int(HUGE)}),
        ("POST", "/api/v1/projects", {"name": ""}),
        ("POST", "/api/v1/projects", {"name": " \t"}),
        ("POST", "/api/v1/projects", {"name": "a\nb"}),
        ("POST", "/api/v1/projects", {"name": "a\x00b"}),
        ("POST", "/api/v1/experimenter_groups", {"name": "", "level": "private"}),
    ],
)
def test_what_cannot_be_kept_is_refused(door: Door, method: str, path: str, body: dict[str, Any] | None) -> None:
    answer = door("admin").request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].startswith("/problems/")


@pytest.mark.parametrize("path", ["session", "tokens", "projects"])
def test_half_of_a_character_is_refused(door: Door, path: str) -> None:
    given = {
        "session": '{"username": "\\ud800", "password": "\\ud800"}',
        "tokens": '{"name": "\\ud800", "scope": "read"}',
        "projects": '{"name": "\\ud800"}',
    }
    answer = door("ada").post(f"/api/v1/{path}", content=given[path], headers={"Content-Type": "application/json"})
    assert answer.status_code in (401, 422), answer.text


def test_a_huge_annotation_number_in_a_body_is_refused(door: Door) -> None:
    ada = door("ada")
    made = ada.post("/api/v1/projects", json={"name": "a"}).json()["id"]
    answer = ada.post(f"/api/v1/projects/{made}/annotations", json={"annotation_id": int(HUGE)})
    assert answer.status_code in (404, 422), answer.text
    assert ada.patch(f"/api/v1/projects/{made}", json={"name": " "}).status_code == 422
