"""What holds for every request: sizes, limits, other sites' pages, and the headers of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from micrarium.actions.limiting import RequestLimit
from micrarium.actions.opening import open_site
from micrarium.errors import TooManyRequests
from micrarium.settings import Settings
from micrarium.testing.databases import SqliteDatabases
from micrarium.testing.people import make_people
from micrarium.testing.transports import call_in_process

Door = Callable[[str | None], httpx.Client]
LAB = "https://lab.example.org"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, sqlite_databases: SqliteDatabases) -> Iterator[Door]:
    """A site with the settings everybody starts with."""
    yield from _open(tmp_path_factory.mktemp("plain"), sqlite_databases)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, sqlite_databases: SqliteDatabases) -> Iterator[Door]:
    """A site where every limit is set."""
    yield from _open(
        tmp_path_factory.mktemp("strict"), sqlite_databases, public_url="https://images.example.org", cors_origins=[LAB],
        zarr_origins=[], rate_limit=40, max_body_mb=1, max_upload_gb=0.000_001, frame_ancestors="https://portal.example.org",
    )  # fmt: skip


def _open(folder: Path, databases: SqliteDatabases, **settings: object) -> Iterator[Door]:
    with databases.make() as url:
        made = Settings.model_validate(
            {"data": folder, "database_url": url, "admin_password": SecretStr("correct horse"), **settings}
        )
        with open_site(made) as site:
            make_people(site)
            with call_in_process(site) as door:
                yield door


def test_every_answer_says_what_it_is_and_runs_nothing(plain: Door) -> None:
    for path in ("/api/v1/projects", "/api/v1/images/1", "/api/v1/openapi.json", "/zarr/images/1.ome.zarr/zarr.json"):
        headers = plain("ada").get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'self'; sandbox"
        assert "strict-transport-security" not in headers
        assert "ratelimit-limit" not in headers


def test_a_site_behind_tls_insists_on_it_and_marks_its_cookies(strict: Door) -> None:
    answer = strict(None).post("/api/v1/session", json={"username": "admin", "password": "correct horse"})
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("Secure" in cookie and "SameSite=lax" in cookie for cookie in cookies)
    assert "HttpOnly" in next(cookie for cookie in cookies if cookie.startswith("micrarium_session="))


def test_the_sites_that_may_frame_pages_are_a_setting(plain: Door, strict: Door) -> None:
    assert plain(None).get("/").headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert strict(None).get("/").headers["content-security-policy"].endswith("frame-ancestors https://portal.example.org")
    with pytest.raises(ValidationError):
        Settings(frame_ancestors="'self'; script-src *")


def test_no_page_of_another_site_may_ask_unless_it_is_named(plain: Door, strict: Door) -> None:
    asked = {"Origin": LAB, "Access-Control-Request-Method": "POST"}
    refused = plain("ada").options("/api/v1/projects", headers=asked)
    assert refused.status_code == 403
    assert not [name for name in refused.headers if name.startswith("access-control")]
    assert "access-control-allow-origin" not in plain("ada").get("/api/v1/projects", headers={"Origin": LAB}).headers
    granted = strict("ada").options("/api/v1/projects", headers=asked)
    assert granted.status_code == 204
    assert granted.headers["access-control-allow-origin"] == LAB
    assert "Idempotency-Key" in granted.headers["access-control-allow-headers"]
    other = strict("ada").options("/api/v1/projects", headers=asked | {"Origin": "https://lab.example.org.evil.example"})
    assert other.status_code == 403


def test_a_named_page_reads_the_answer_with_its_headers_and_errors_too(strict: Door) -> None:
    for client, path in ((strict("ada"), "/api/v1/projects"), (strict(None), "/api/v1/projects")):
        headers = client.get(path, headers={"Origin": LAB}).headers
        assert headers["access-control-allow-origin"] == LAB
        assert headers["access-control-allow-credentials"] == "true"
        assert "Origin" in headers["vary"]
        assert {"ETag", "Content-Range"} <= set(headers["access-control-expose-headers"].split(", "))


def test_live_zarr_is_read_by_every_page_unless_the_setting_says_otherwise(plain: Door, strict: Door) -> None:
    asked = {"Origin": "https://any.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    path = "/zarr/images/1.ome.zarr/zarr.json"
    for answer in (plain(None).options(path, headers=asked), plain("ada").get(path, headers={"Origin": "https://any.example"})):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert {"ETag", "Content-Range"} <= set(answer.headers["access-control-expose-headers"].split(", "))
    assert "access-control-allow-origin" not in strict(None).options(path, headers=asked).headers
    allowed = strict(None).options(path, headers=asked | {"Origin": LAB})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, LAB)
    assert "Range" in allowed.headers["access-control-allow-headers"]


def test_an_origin_is_a_scheme_and_a_host() -> None:
    read = Settings.model_validate({"cors_origins": " https://a.example , http://b.example:8080/ "})
    assert read.cors_origins == ["https://a.example", "http://b.example:8080"]
    for wrong in ("a.example", "https://a.example/path", "null"):
        with pytest.raises(ValidationError):
            Settings.model_validate({"cors_origins": wrong})


def test_a_body_that_is_too_large_is_refused_however_it_comes(strict: Door) -> None:
    ada = strict("ada")
    large = b'{"name": "' + b"x" * 2**20 + b'"}'
    pieces = (large[start : start + 2**16] for start in range(0, len(large), 2**16))
    for body in (large, pieces):
        answer = ada.post("/api/v1/projects", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413, answer.text
        assert answer.json()["type"] == "/problems/too-large"
    small = ada.post("/api/v1/projects", content=iter([b'{"name": ', b'"small"}']), headers={"Content-Type": "application/json"})
    assert small.status_code == 201, small.text


def test_an_upload_is_no_larger_than_the_setting(strict: Door) -> None:
    answer = strict("ada").post("/api/v1/uploads", json={"files": [{"path": "a", "size": 600}, {"path": "b", "size": 600}]})
    assert answer.status_code == 413
    assert "1e-06 GB" in answer.json()["detail"]


DEEP = '{"name": ' + '{"a": ' * 50_000 + "1" + "}" * 50_000 + "}"
WIDE = '{"name": "a", ' + ", ".join(f'"x{n}": 1' for n in range(50_000)) + "}"


@pytest.mark.parametrize("body", ["[" * 100_000, DEEP, WIDE], ids=["open", "deep", "wide"])
def test_a_body_of_great_depth_or_width_is_refused(plain: Door, body: str) -> None:
    answer = plain("ada").post("/api/v1/projects", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert len(answer.content) < 2**20


@pytest.mark.parametrize(
    "query",
    ["name=a&" * 3000, "name~=a&" * 3000, "id=" + "7," * 4000 + "7", "include=" + "owner," * 5000],
    ids=["filters", "parts", "ids", "includes"],
)
def test_a_query_of_great_length_is_answered_or_refused_in_one_sentence(plain: Door, query: str) -> None:
    answer = plain("ada").get(f"/api/v1/images?{query.rstrip('&,')}")
    assert answer.status_code in (200, 422), answer.text[:300]


def test_those_who_ask_too_often_are_told_when_to_go_on(strict: Door) -> None:
    bob = strict("bob")
    answers = [bob.get("/api/v1/tree") for _ in range(44)]
    assert [answer.status_code for answer in answers[:36]] == [200] * 36  # coming in took some of the forty
    assert answers[0].headers["ratelimit-limit"] == "40"
    assert int(answers[0].headers["ratelimit-remaining"]) == 39
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.json()["type"] == "/problems/too-many-requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    assert refused.headers["ratelimit-remaining"] == "0"
    # Another token is the same person; another person is not.
    assert strict("bob").get("/api/v1/tree").status_code == 429
    assert strict("pia").get("/api/v1/tree").status_code == 200
    # What people look at is left alone.
    assert bob.get("/api/v1/images/1/thumbnail").status_code == 404
    assert bob.get("/zarr/images/1.ome.zarr/zarr.json").status_code == 404


@pytest.fixture
def fresh(tmp_path: Path, sqlite_databases: SqliteDatabases) -> Iterator[Door]:
    """A site that nobody has asked anything yet."""
    yield from _open(tmp_path, sqlite_databases, rate_limit=40)


def test_the_ways_to_sign_in_are_not_asked_for_without_end(fresh: Door) -> None:
    nobody, ada = fresh(None), fresh("ada")
    answers = [nobody.get("/api/v1/session/sources") for _ in range(44)]
    assert [answer.status_code for answer in answers[:36]] == [200] * 36  # coming in took some of the forty
    assert answers[-1].status_code == 429
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert ada.get("/api/v1/session/sources").status_code == 200, "who is signed in is counted by themselves"


def test_those_who_guess_tokens_are_counted_by_their_address(fresh: Door) -> None:
    nobody = fresh(None)
    answers = [nobody.get("/zarr/t/guess/images/1.ome.zarr/zarr.json", headers={}) for _ in range(45)]
    answers += [nobody.get("/api/v1/tree", headers={"Authorization": f"Bearer guess{n}"}) for n in range(3)]
    assert answers[0].status_code == 401
    assert {answer.status_code for answer in answers[-4:]} == {429}


def test_a_bucket_fills_up_evenly() -> None:
    now = 0.0
    limit = RequestLimit(60, clock=lambda: now)
    for _ in range(60):
        limit.take("ada")
    with pytest.raises(TooManyRequests) as refused:
        limit.take("ada")
    assert refused.value.extra["wait_s"] == 1
    limit.take("bob")
    now = 2.5
    assert limit.take("ada")["RateLimit-Remaining"] == "1"
    limit.take("ada")
    with pytest.raises(TooManyRequests):
        limit.take("ada")


def test_head_is_answered_as_get_without_a_body(plain: Door) -> None:
    ada = plain("ada")
    made = ada.post("/api/v1/projects", json={"name": "Head"}).json()["id"]
    for path in ("projects", f"projects/{made}", "tree", "session", "projects/987654", "openapi.json", "nothing"):
        got, head = ada.get(f"/api/v1/{path}"), ada.head(f"/api/v1/{path}")
        assert head.status_code == got.status_code
        assert head.content == b""
        told = [{n: v for n, v in one.headers.items() if n not in ("date", "x-request-id")} for one in (head, got)]
        assert told[0] == told[1]
    assert ada.head("/api/v1/session/sudo").status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/12", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/images", "/zarr/3", "/api/v1/images/abc"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_address_of_the_api_is_a_problem_and_no_page(plain: Door, path: str, method: str) -> None:
    answer = plain("ada").request(method, path, headers={"Accept": "text/html"})
    assert answer.status_code in ((404, 422) if method == "GET" else (404, 405, 422)), path
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "a/../../b", "a\\..\\b", "a//b", ".", "a\x00b", "..", "C:\\x\ny"])
def test_an_upload_cannot_leave_its_folder(plain: Door, path: str) -> None:
    answer = plain("ada").post("/api/v1/uploads", json={"files": [{"path": path, "size": 0}]})
    assert answer.status_code == 422, path
