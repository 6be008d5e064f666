"""Whether a server lives and is ready, its figures, and its log, in which no secret ever stands."""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text
from tests.api.conftest import Door

from micrarium.actions.opening import Site
from micrarium.actions.reporting import begin_logging, end_logging
from micrarium.settings import Settings

ELSEWHERE = {"X-Forwarded-For": "192.0.2.7"}


def figures(answer: httpx.Response) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {
        (one.name, *(one.labels[name] for name in sorted(one.labels))): one.value for family in families for one in family.samples
    }


def test_a_server_that_works_is_alive_and_ready(door: Door) -> None:
    assert door(None).get("/api/v1/health/live").json() == {"is_alive": True}
    ready = door(None).get("/api/v1/health/ready")
    assert (ready.status_code, ready.json()["is_ready"]) == (200, True)
    assert set(ready.json()["checks"]) == {"database", "migrations", "folder", "space", "worker"}


def test_a_server_that_lacks_something_is_not_ready_and_says_what(door: Door, site: Site) -> None:
    client = door(None)
    site.settings.min_free_mb = 10**9
    assert "are free in the data folder" in client.get("/api/v1/health/ready").json()["checks"]["space"]
    site.settings.min_free_mb = 0
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    answer = client.get("/api/v1/health/ready")
    assert answer.status_code == 503
    assert "micrarium upgrade" in answer.json()["checks"]["migrations"]
    with site.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    shutil.rmtree(site.data)
    checks = client.get("/api/v1/health/ready").json()["checks"]
    assert "cannot be written" in checks["folder"]
    assert checks["migrations"] != "ok"
    site.data.mkdir()


def test_a_worker_that_ended_makes_a_server_not_ready(site: Site) -> None:
    from micrarium.actions.probing import check_ready
    from micrarium.jobs import Worker

    worker = Worker(site.engine, site, threads=1)
    worker.start()
    assert check_ready(site, worker)["is_ready"]
    worker.stop()
    assert "worker" in check_ready(site, worker)["checks"]["worker"]


def test_figures_tell_requests_jobs_sizes_and_memory(door: Door) -> None:
    door("ada").get("/api/v1/images/987654")
    door("ada").get("/api/v1/images")
    door(None).get("/somewhere/nobody/knows")
    found = figures(door(None).get("/metrics"))
    assert found["micrarium_http_requests_total", "GET", "/api/v1/images/{object_id}", "404"] == 1
    assert found["micrarium_http_request_duration_seconds_count", "GET", "/api/v1/images"] == 1
    assert found["micrarium_http_requests_total", "ANY", "none", "404"] == 1, "made up addresses share one figure"
    assert found["micrarium_jobs", "queued"] == 0
    assert found["micrarium_sessions",] == 0
    assert found["micrarium_kept_bytes", "original"] == 0
    assert found["micrarium_free_bytes",] > 0
    assert found["process_resident_memory_bytes",] > 10**6


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_figures_are_for_this_machine_administrators_and_who_has_their_token(door: Door, site: Site) -> None:
    assert door(None).get("/metrics", headers=ELSEWHERE).status_code == 401
    assert door("ada").get("/metrics", headers=ELSEWHERE).status_code == 403
    assert door("admin").get("/metrics", headers=ELSEWHERE).status_code == 200
    site.settings.metrics_token = SecretStr("prometheus reads")
    assert door(None).get("/metrics", headers=ELSEWHERE | {"Authorization": "Bearer prometheus reads"}).status_code == 200
    assert door(None).get("/metrics", headers=ELSEWHERE | {"Authorization": "Bearer wrong"}).status_code == 401
    site.settings.metrics_token = SecretStr("")
    for sent in ({}, {"Authorization": "Bearer "}):
        assert door(None).get("/metrics", headers=ELSEWHERE | sent).status_code == 401


@pytest.fixture
def log(site: Site) -> Iterator[io.StringIO]:
    """What the server writes, as JSON."""
    out = io.StringIO()
    site.settings.log_format = "json"
    site.settings.smtp_url = SecretStr("smtp://me:letter-box-key@mail.example.org")
    begin_logging(site.settings, out)
    yield out
    end_logging()


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_request_leaves_a_line_with_its_id_actor_and_duration(door: Door, log: io.StringIO) -> None:
    answer = door("ada").get("/api/v1/images", headers={"X-Request-ID": "from-a-proxy-7"})
    assert answer.headers["X-Request-ID"] == "from-a-proxy-7"
    (line,) = [one for one in lines(log) if one.get("request_id") == "from-a-proxy-7"]
    assert (line["method"], line["path"], line["route"], line["status"], line["actor"]) == (
        "GET", "/api/v1/images", "/api/v1/images", 200, "ada",
    )  # fmt: skip
    assert isinstance(line["duration_ms"], float)
    forged = door("ada").get("/api/v1/images", headers={"X-Request-ID": 'x" level="error'}).headers["X-Request-ID"]
    assert len(forged) == 16


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_secret_reaches_the_log(door: Door, log: io.StringIO) -> None:
    client, planted = door(None), "Tr0ub4dor and 3 horses"
    client.post("/api/v1/session", json={"username": "admin", "password": planted})
    signed_in = client.post("/api/v1/session", json={"username": "admin", "password": "correct horse"})
    token = client.post("/api/v1/tokens", json={"scope": "write"}, headers={"X-CSRF-Token": signed_in.json()["csrf_token"]})
    key = token.json()["token"]
    client.get(f"/api/v1/images/{key}", params={"token": key, "password": planted}, headers={"Authorization": f"Bearer {key}"})
    told = logging.getLogger("micrarium.test")
    told.warning("sent %s with Bearer %s and password=%s", key, "abcdefghij", "hushhush")
    told.error("could not reach %s", "postgresql://me:db-password@host/x")
    try:
        raise ValueError(f"{key} and smtp://me:letter-box-key@mail.example.org and correct horse")
    except ValueError:
        told.exception("it failed")
    written = log.getvalue() + door("admin").get("/api/v1/admin/logs").text
    assert "it failed" in written
    cookie = signed_in.cookies["micrarium_session"]
    for secret in (planted, key, cookie, "correct horse", "abcdefghij", "hushhush", "db-password", "letter-box-key"):
        assert secret not in written, secret


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_administrators_read_the_last_lines_of_the_log(door: Door, people: dict[str, int], log: io.StringIO) -> None:
    assert log.getvalue() == ""
    door("ada").get("/api/v1/images/987654")
    found = door("admin").get("/api/v1/admin/logs", params={"search": "987654"}).json()["items"]
    assert [(one["status"], one["actor"]) for one in found] == [(404, "ada")]
    assert door("admin").get("/api/v1/admin/logs", params={"level": "error"}).json()["items"] == []
    door("admin").patch(f"/api/v1/experimenters/{people['eve']}", json={"is_admin": True, "privileges": []})
    assert door("eve").get("/api/v1/admin/logs").status_code == 403


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lines_for_people_tell_warnings_only(site: Site) -> None:
    out = io.StringIO()
    begin_logging(Settings(data=site.data), out)
    try:
        logging.getLogger("micrarium.test").info("unimportant")
        logging.getLogger("micrarium.test").warning("the disk is nearly full")
    finally:
        end_logging()
    (line,) = out.getvalue().splitlines()
    assert line.endswith("WARNING micrarium.test: the disk is nearly full")
