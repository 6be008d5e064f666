"""The commands token and session, and working as somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from subprocess import CompletedProcess

import httpx
import pytest

from micrarium.cli.sessions import parse_end
from micrarium.errors import UsageError
from micrarium.testing.servers import TemporaryServer

Run = Callable[..., CompletedProcess[str]]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("36h", datetime(2026, 1, 2, 12, tzinfo=UTC)),
        ("2w", datetime(2026, 1, 15, tzinfo=UTC)),
        ("2027-12-31", datetime(2027, 12, 31, tzinfo=UTC)),
        ("never", None),
    ],
)
def test_an_end_is_a_time_from_now_or_a_day(text: str, end: datetime | None) -> None:
    assert parse_end(text, now=NOW) == end


def test_another_end_is_refused() -> None:
    with pytest.raises(UsageError, match="30d"):
        parse_end("soon")


def test_a_token_does_what_it_is_for_until_it_is_removed(micrarium: Run, server: TemporaryServer) -> None:
    signed_in = {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": server.token}
    made = micrarium("token", "add", "tagger", "--scope", "annotate", "--expires", "1d", "--json", **signed_in)
    assert made.returncode == 0, made.stderr
    token = json.loads(made.stdout)
    headers = {"Authorization": f"Bearer {token['token']}"}
    tag = {"type": "TagAnnotation", "text_value": "by a token"}
    assert httpx.post(f"{server.url}/api/v1/annotations", json=tag, headers=headers).status_code == 201
    refused = httpx.post(f"{server.url}/api/v1/projects", json={"name": "no"}, headers=headers)
    assert (refused.status_code, refused.json()["detail"]) == (403, "This sign-in is for annotate only")
    listed = json.loads(micrarium("token", "list", "--json", **signed_in).stdout)
    (found,) = [one for one in listed if one["id"] == token["id"]]
    assert found["scope"] == "annotate"
    assert found["used_at"] is not None
    assert micrarium("token", "remove", str(token["id"]), **signed_in).returncode == 0
    assert httpx.get(f"{server.url}/api/v1/session", headers=headers).status_code == 401
    assert micrarium("token", "add", "x", "--scope", "everything", **signed_in).returncode == 1


def test_what_an_administrator_does_as_somebody_else_names_both(micrarium: Run, server: TemporaryServer) -> None:
    signed_in = {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": server.token}
    micrarium("group", "add", "people of lise", **signed_in)
    options = ["--group", "people of lise", "--password-stdin"]
    assert micrarium("user", "add", "lise", *options, stdin="nuclear fission\n", **signed_in).returncode == 0
    told = micrarium("--as", "lise", "whoami", "--json", **signed_in)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["user"]["username"] == "lise"
    sessions = json.loads(micrarium("session", "list", "--user", "lise", "--json", **signed_in).stdout)
    assert sessions == [], "a command that ended is no longer signed in"
    credentials = {"username": "lise", "password": "nuclear fission"}
    with httpx.Client(base_url=server.url, headers={"User-Agent": "Lise's browser"}) as browser:
        browser.post("/api/v1/session", json=credentials).raise_for_status()
        (found,) = json.loads(micrarium("session", "list", "--user", "lise", "--json", **signed_in).stdout)
        assert (found["browser"], found["address"]) == ("Lise's browser", "127.0.0.1")
        assert micrarium("session", "end", str(found["id"]), "--user", "lise", **signed_in).returncode == 0
        assert browser.get("/api/v1/session").status_code == 401
    assert micrarium("--as", "nobody at all", "whoami", **signed_in).returncode == 4
