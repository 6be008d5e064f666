"""Signing in by a provider, a real one that runs beside the tests."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from micrarium.actions.asking_provider import LEEWAY_S, check_id_token, go_to_provider
from micrarium.actions.asking_provider import _discover as discover
from micrarium.actions.asking_provider import _redeem as redeem
from micrarium.actions.opening import Site, open_site
from micrarium.errors import NotSignedIn
from micrarium.model import Experimenter, ProviderRequest
from micrarium.permissions import ActorSession, every, find_by, system_session
from micrarium.settings import Settings
from micrarium.testing.providers import CLIENT_ID, CLIENT_SECRET, Provider, sign_in_there, start_provider
from micrarium.testing.transports import call_in_process

Door = Callable[[str | None], httpx.Client]
CALLBACK = "http://testserver/api/v1/session/oidc/callback"
NUMBERS = itertools.count(1)
PROGRAM = Path(__file__).resolve().parents[1] / "oidc" / "provider.mjs"


@dataclass(frozen=True)
class Lab:
    """A site whose people are at the provider, shared by all tests; each has people of its own."""

    site: Site
    door: Door
    provider: Provider
    subject: str

    @property
    def grace(self) -> dict[str, str]:
        """What the provider tells of Grace."""
        told = {"given_name": "Grace", "family_name": "Hopper", "email": "grace@example.org"}
        return told | {"preferred_username": f"name of {self.subject}"}

    def know(self, **claims: Any) -> None:
        """The provider knows Grace with these claims besides, and Mallory, who calls herself the same."""
        self.provider.know({self.subject: self.grace | claims, "mallory": self.grace})

    def change(self, **given: Any) -> None:
        """Set how people sign in."""
        self.site.settings = self.site.settings.model_copy(update=given)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with start_provider(PROGRAM, tmp_path_factory.mktemp("provider"), redirect_uri=CALLBACK) as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Door]]:
    """A site and its application, on each dialect."""
    databases = request.getfixturevalue("sqlite_databases" if request.param == "sqlite" else "postgres_databases")
    with databases.make() as url:
        settings = Settings(data=tmp_path_factory.mktemp("entering") / "data", database_url=url)
        with open_site(settings) as site, call_in_process(site) as open_as:
            yield site, open_as


@pytest.fixture
def lab(served: tuple[Site, Door], provider: Provider) -> Iterator[Lab]:
    site, open_as = served
    before = site.settings
    found = Lab(site, open_as, provider, f"grace-{next(NUMBERS)}")
    found.know(groups=["imaging", "lab-blue", "unmapped"])
    found.change(
        oidc_issuer=provider.issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=SecretStr(CLIENT_SECRET), oidc_name="Example ID",
        oidc_group_map={"imaging": "Imaging", "lab-*": "Lab *"}, oidc_admin_group="wheel",
    )  # fmt: skip
    yield found
    site.settings = before
    with system_session(site.engine, "forget what a test began") as session:
        for begun in session.scalars(every(ProviderRequest)).all():
            session.delete(begun)


@pytest.fixture
def browser(lab: Lab) -> httpx.Client:
    return lab.door(None)


def begin(browser: httpx.Client, **params: str) -> str:
    """Where the sign-in page's button leads."""
    answer = browser.get("/api/v1/session/oidc", params=params)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def come_in(browser: httpx.Client, name: str, **params: str) -> httpx.Response:
    return browser.get(sign_in_there(begin(browser, **params), name))


def newest(session: ActorSession) -> ProviderRequest:
    """What was begun last."""
    return session.scalars(select(ProviderRequest).order_by(ProviderRequest.id.desc()).limit(1)).one()


def is_signed_in(browser: httpx.Client) -> bool:
    return browser.get("/api/v1/session").status_code == 200


def refused(browser: httpx.Client, answer: httpx.Response, status: int, sentence: str) -> None:
    """That an answer is a page of one sentence, and nobody is signed in."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert sentence in answer.text
    assert answer.text.count("role=alert") == 1
    assert not is_signed_in(browser)


def test_the_sign_in_page_is_told_of_the_provider(browser: httpx.Client) -> None:
    told = browser.get("/api/v1/session/sources").json()
    assert told["provider"] == {"name": "Example ID", "address": "/api/v1/session/oidc"}
    assert (told["directory"], told["reset_by_mail"]) == (False, False)


def test_somebody_the_provider_knows_comes_in_on_the_page_they_wanted(browser: httpx.Client, lab: Lab) -> None:
    answer = come_in(browser, lab.subject, next="/images/7?z=3")
    assert (answer.status_code, answer.headers["location"]) == (303, "/images/7?z=3"), answer.text
    told = browser.get("/api/v1/session").json()
    assert (told["user"]["username"], told["user"]["email"]) == (lab.grace["preferred_username"], "grace@example.org")
    assert {group["name"] for group in told["groups"]} == {"Imaging", "Lab blue"}
    assert not told["user"]["is_admin"]
    with system_session(lab.site.engine, "a test", is_reading=True) as session:
        assert session.scalars(every(ProviderRequest)).all() == [], "what was begun is used up"


def test_the_request_has_a_challenge_a_nonce_and_a_state_of_its_own(browser: httpx.Client) -> None:
    first, second = (parse_qs(urlsplit(begin(browser)).query) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [CALLBACK]


def test_groups_and_rights_follow_the_provider(browser: httpx.Client, lab: Lab) -> None:
    come_in(browser, lab.subject)
    lab.know(preferred_username="renamed", groups=["lab-red", "wheel"])
    come_in(browser, lab.subject)
    told = browser.get("/api/v1/session").json()
    assert {group["name"] for group in told["groups"]} == {"Lab red"}
    assert (told["user"]["username"], told["user"]["is_admin"]) == (lab.grace["preferred_username"], True), (
        "the subject is who they are, not the name"
    )
    lab.know()
    come_in(browser, lab.subject)
    told = browser.get("/api/v1/session").json()
    assert (told["groups"], told["user"]["is_admin"]) == ([], False)


def test_another_subject_with_the_same_name_and_address_gets_no_account_of_somebody(browser: httpx.Client, lab: Lab) -> None:
    come_in(browser, lab.subject)
    browser.cookies.clear()
    refused(browser, come_in(browser, "mallory"), 409, "another account")


def test_nobody_takes_over_a_local_account_by_its_name(browser: httpx.Client, lab: Lab) -> None:
    lab.provider.know({"x": {"preferred_username": "admin", "email": "admin@example.org"}})
    refused(browser, come_in(browser, "x"), 409, "another account")


def test_no_account_is_made_where_that_is_switched_off(browser: httpx.Client, lab: Lab) -> None:
    lab.change(account_creation=False)
    refused(browser, come_in(browser, lab.subject), 403, "no account")
    with system_session(lab.site.engine, "a test", is_reading=True) as session:
        assert find_by(session, Experimenter, ome_name=lab.grace["preferred_username"]) is None


def test_an_answer_with_another_state_is_refused(browser: httpx.Client, lab: Lab) -> None:
    back = sign_in_there(begin(browser), lab.subject)
    other = str(httpx.URL(back).copy_set_param("state", "x" * 43))
    refused(browser, browser.get(other), 401, "not begun in this browser")
    stranger = lab.door(None)
    refused(stranger, stranger.get(sign_in_there(begin(browser), lab.subject)), 401, "not begun in this browser")
    refused(stranger, stranger.get(CALLBACK), 401, "not begun in this browser")


def test_an_answer_works_once(browser: httpx.Client, lab: Lab) -> None:
    back = sign_in_there(begin(browser), lab.subject)
    cookies = dict(browser.cookies)
    assert browser.get(back).status_code == 303
    browser.cookies.clear()
    browser.cookies.update(cookies)
    refused(browser, browser.get(back), 401, "used already")


def test_a_code_that_was_used_is_refused_by_the_provider(browser: httpx.Client, lab: Lab) -> None:
    used = sign_in_there(begin(browser), lab.subject)
    assert browser.get(used).status_code == 303
    browser.cookies.clear()
    fresh = sign_in_there(begin(browser), lab.subject)
    replayed = httpx.URL(fresh).copy_set_param("code", str(httpx.URL(used).params["code"]))
    refused(browser, browser.get(str(replayed)), 401, "did not accept")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"nonce": "another"}, "can be trusted"),
        ({"verifier": "v" * 64}, "did not accept"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "took too long"),
    ],
)
def test_what_does_not_fit_what_was_begun_is_refused(
    browser: httpx.Client, change: dict[str, Any], sentence: str, lab: Lab
) -> None:
    back = sign_in_there(begin(browser), lab.subject)
    with system_session(lab.site.engine, "tamper with what was begun") as session:
        begun = newest(session)
        for name, value in change.items():
            setattr(begun, name, value)
    refused(browser, browser.get(back), 401, sentence)


def test_an_answer_of_another_issuer_is_refused(browser: httpx.Client, lab: Lab) -> None:
    back = httpx.URL(sign_in_there(begin(browser), lab.subject))
    assert back.params["iss"]
    refused(browser, browser.get(str(back.copy_set_param("iss", "https://evil.example"))), 401, "can be trusted")


def test_a_refusal_there_is_told_without_its_markup(browser: httpx.Client) -> None:
    answer = come_in(browser, "nobody")
    refused(browser, answer, 401, "The person &lt;b&gt;said&lt;/b&gt; no")


def test_an_old_or_altered_id_token_is_refused(lab: Lab) -> None:
    going = go_to_provider(lab.site.engine, lab.site.settings, redirect_uri=CALLBACK, next_path="/")
    with system_session(lab.site.engine, "a test", is_reading=True) as session:
        begun = newest(session)
    code = httpx.URL(sign_in_there(going.url, lab.subject)).params["code"]
    token = str(redeem(lab.site.settings, discover(lab.site.settings), code, CALLBACK, begun.verifier)["id_token"])
    assert check_id_token(lab.site.settings, token, nonce=begun.nonce)["sub"] == lab.subject
    head, body, signature = token.split(".")
    lies = {
        "late": (token, begun.nonce, time.time() + 3600 + 2 * LEEWAY_S),
        "another nonce": (token, "x", None),
        "unsigned": (f"eyJhbGciOiJub25lIn0.{body}.", begun.nonce, None),
        "signed otherwise": (f"{head}.{body}.{signature[:-8]}AAAAAAAA", begun.nonce, None),
        "empty": ("", begun.nonce, None),
    }
    for name, (text, nonce, now) in lies.items():
        with pytest.raises(NotSignedIn):
            assert not check_id_token(lab.site.settings, text, nonce=nonce, now=now), name
    lab.site.settings = lab.site.settings.model_copy(update={"oidc_client_id": "another"})
    with pytest.raises(NotSignedIn):
        check_id_token(lab.site.settings, token, nonce=begun.nonce)


def test_a_provider_that_is_away_is_one_sentence(browser: httpx.Client, lab: Lab) -> None:
    lab.change(oidc_issuer="http://127.0.0.1:1")
    refused(browser, browser.get("/api/v1/session/oidc"), 503, "does not answer")
    lab.change(oidc_issuer=None)
    refused(browser, browser.get("/api/v1/session/oidc"), 404, "no sign-in provider")


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/\r\nSet-Cookie: x=y"])
def test_nobody_is_sent_to_another_server_afterwards(browser: httpx.Client, page: str, lab: Lab) -> None:
    assert come_in(browser, lab.subject, next=page).headers["location"] == "/"


def test_an_account_of_the_provider_has_no_password_to_guess(browser: httpx.Client, lab: Lab) -> None:
    come_in(browser, lab.subject)
    for password in ("", "x", "None"):
        assert (
            browser.post("/api/v1/session", json={"username": lab.grace["preferred_username"], "password": password}).status_code
            == 401
        )


def test_a_session_tells_where_it_was_begun(browser: httpx.Client, lab: Lab) -> None:
    browser.headers["user-agent"] = "A Browser/1.0"
    come_in(browser, lab.subject)
    number = browser.get("/api/v1/session").json()["user"]["id"]
    (told,) = browser.get(f"/api/v1/experimenters/{number}/sessions").json()["items"]
    assert (told["browser"], told["address"], told["is_current"]) == ("A Browser/1.0", "127.0.0.1", True)
    assert datetime.fromisoformat(told["used_at"]) > datetime.now(UTC) - timedelta(minutes=1)
