"""Signing in over HTTP: trying passwords, and working as somebody else."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from micrarium.actions.limiting import MOST_ON_A_NAME

Door = Callable[[str | None], httpx.Client]


def test_guessing_passwords_is_stopped(door: Door) -> None:
    right, wrong = ({"username": "admin", "password": word} for word in ("correct horse", "a wrong guess"))
    nobody = door(None)
    assert nobody.post("/api/v1/session", json=right).status_code == 200
    for _ in range(MOST_ON_A_NAME):
        assert nobody.post("/api/v1/session", json=wrong).status_code == 401
    stopped = nobody.post("/api/v1/session", json=right)
    assert stopped.status_code == 429, stopped.text
    assert stopped.json()["type"] == "/problems/too-many-attempts"
    assert nobody.post("/api/v1/session", json=right | {"username": "ada"}).status_code == 401


def test_an_administrator_works_as_somebody_else_in_a_session_of_its_own(door: Door, people: dict[str, int]) -> None:
    path = f"/api/v1/experimenters/{people['ada']}/sessions"
    assert door("bob").post("/api/v1/session/sudo", json={"username": "ada"}).status_code == 403
    entered = door("admin").post("/api/v1/session/sudo", json={"username": "ada"})
    assert entered.status_code == 200, entered.text
    told = entered.json()
    assert (told["user"]["username"], told["sudo_experimenter_id"]) == ("ada", 1)
    key = entered.cookies["micrarium_session"]
    headers = {"Cookie": f"micrarium_session={key}", "X-CSRF-Token": told["csrf_token"]}
    made = door(None).post("/api/v1/projects", json={"name": "hers"}, headers=headers)
    assert made.status_code == 201, made.text
    (change,) = door("ada").get(f"/api/v1/projects/{made.json()['id']}/history").json()["items"]
    assert (change["experimenter"]["ome_name"], change["sudo_experimenter_id"]) == ("ada", 1)
    assert door("bob").get(path).status_code == 404
    (listed,) = door("ada").get(path).json()["items"]
    assert door("ada").delete(f"{path}/{listed['id']}").status_code == 204
    assert door(None).get("/api/v1/session", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("scope", "held", "may"),
    [
        ("read", ["read"], {"annotate": False, "edit": False, "delete": False, "link": False}),
        ("annotate", ["read", "annotate"], {"annotate": True, "edit": False, "delete": False, "link": False}),
        ("import", ["read", "import"], {"annotate": False, "edit": False, "delete": False, "link": False}),
        ("write", ["read", "annotate", "import", "write"], {"annotate": True, "edit": True, "delete": True, "link": True}),
    ],
)
def test_a_token_is_told_what_it_may_do(door: Door, scope: str, held: list[str], may: dict[str, bool]) -> None:
    ada = door("ada")
    project = ada.post("/api/v1/projects", json={"name": "P"}).json()["id"]
    token = ada.post("/api/v1/tokens", json={"scope": scope}).json()["token"]
    limited = door(None)
    limited.headers["Authorization"] = f"Bearer {token}"
    assert limited.get("/api/v1/session").json()["scopes"] == held
    shown = limited.get(f"/api/v1/projects/{project}", params={"include": "permissions"})
    assert shown.json()["permissions"] == may
    said = limited.post(f"/api/v1/projects/{project}/annotations", json={"type": "CommentAnnotation", "text_value": "x"})
    assert said.is_success == may["annotate"], said.text
