"""A new password by mail, sent to a real mail server; and who is asking, behind proxies."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from micrarium.actions.opening import Site
from micrarium.actions.signing_in import Visit, sign_in, start_session
from micrarium.errors import NotSignedIn
from micrarium.model import Experimenter, PasswordReset
from micrarium.permissions import every, system_session
from micrarium.testing.servers import find_free_port
from micrarium.testing.transports import call_in_process

Door = Callable[[str | None], httpx.Client]
PATH = "/api/v1/session/password_reset"


class Letters:
    """Keeps the mails that a server takes."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the server's name for it
        self.kept.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def wait(self, count: int) -> list[Any]:
        """All letters, once so many have come."""
        give_up = time.monotonic() + 20
        while len(self.kept) < count and time.monotonic() < give_up:
            time.sleep(0.02)
        assert len(self.kept) == count
        return self.kept


@pytest.fixture(scope="module")
def mail() -> Iterator[tuple[Letters, str]]:
    letters = Letters()
    controller = Controller(letters, hostname="127.0.0.1", port=find_free_port())
    controller.start()
    yield letters, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def letters(site: Site, mail: tuple[Letters, str], people: dict[str, int]) -> Letters:
    """The mails of a site that sends some; Ada and Bob share an address, Eve has none."""
    letters, url = mail
    letters.kept.clear()
    given = {"smtp_url": SecretStr(url), "mail_from": "micrarium@example.org", "public_url": "https://images.example.org"}
    site.settings = site.settings.model_copy(update=given)
    with system_session(site.engine, "addresses for a test") as session:
        for name in ("ada", "bob"):
            session.get_one(Experimenter, people[name]).email = "Lab@example.org"
        session.get_one(Experimenter, people["pia"]).email = "pia@example.org"
    return letters


def key_in(letter: Any) -> str:
    found = re.search(r"https://images\.example\.org/reset-password#(\S+)", letter.get_content())
    assert found, letter.get_content()
    return found[1]


def test_a_mail_lets_its_person_choose_a_new_password_once(
    site: Site, letters: Letters, door: Door, people: dict[str, int]
) -> None:
    nobody = door(None)
    before = start_session(site.engine, people["pia"], hours=1, visit=Visit())
    assert nobody.post(PATH, json={"name": "pia"}).status_code == 202
    (letter,) = letters.wait(1)
    assert (letter["To"], letter["From"]) == ("pia@example.org", "micrarium@example.org")
    key = key_in(letter)
    weak = nobody.put(PATH, json={"token": key, "password": "password123"})
    assert (weak.status_code, weak.json()["field"]) == (422, "password")
    done = nobody.put(PATH, json={"token": key, "password": "a new pass phrase"})
    assert done.status_code == 204, done.text
    assert sign_in(site.engine, "pia", "a new pass phrase", hours=1).actor.id == people["pia"]
    old = nobody.get("/api/v1/session", headers={"Cookie": f"micrarium_session={before.key}"})
    assert old.status_code == 401, "a browser that was signed in before still is"
    again = nobody.put(PATH, json={"token": key, "password": "another pass phrase"})
    assert (again.status_code, again.json()["field"]) == (422, "token")
    with pytest.raises(NotSignedIn):
        sign_in(site.engine, "pia", "another pass phrase", hours=1)


def test_the_answer_is_the_same_whoever_there_is(letters: Letters, door: Door) -> None:
    nobody = door(None)
    answers = [nobody.post(PATH, json={"name": name}) for name in ("pia", "nobody", "eve", "nobody@example.org", "")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    letters.wait(1)
    time.sleep(0.2)
    assert len(letters.kept) == 1


def test_an_address_of_several_accounts_gets_a_mail_for_each(letters: Letters, door: Door) -> None:
    assert door(None).post(PATH, json={"name": "lab@EXAMPLE.org"}).status_code == 202
    assert {letter["Subject"].split(" for ")[1] for letter in letters.wait(2)} == {"ada on Micrarium", "bob on Micrarium"}


def test_a_mail_that_is_too_old_changes_nothing(site: Site, letters: Letters, door: Door) -> None:
    nobody = door(None)
    nobody.post(PATH, json={"name": "pia"})
    key = key_in(letters.wait(1)[0])
    with system_session(site.engine, "let time pass") as session:
        (kept,) = session.scalars(every(PasswordReset)).all()
        assert key not in (kept.key_hash, str(vars(kept)))
        kept.expires_at = datetime(2020, 1, 1, tzinfo=UTC)
    refused = nobody.put(PATH, json={"token": key, "password": "a new pass phrase"})
    assert (refused.status_code, refused.json()["field"]) == (422, "token")


def test_asking_again_and_again_is_stopped_and_fills_no_box(letters: Letters, door: Door) -> None:
    nobody = door(None)
    answers = [nobody.post(PATH, json={"name": "pia"}).status_code for _ in range(11)]
    assert answers == [202] * 10 + [429]
    letters.wait(3)
    time.sleep(0.2)
    assert len(letters.kept) == 3


def test_a_site_without_mail_says_so(door: Door) -> None:
    told = door(None).post(PATH, json={"name": "pia"})
    assert told.status_code == 409
    assert "sends no mail" in told.json()["detail"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        ("", "192.0.2.7", "127.0.0.1"),
        ("10.0.0.0/8", "192.0.2.7", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.1, 10.0.0.0/8", "198.51.100.1, 192.0.2.7, 10.1.2.3", "192.0.2.7"),
    ],
)
def test_a_proxy_is_believed_only_where_it_is_trusted(site: Site, proxies: str, forwarded: str, address: str) -> None:
    site.settings = site.settings.model_copy(update={"trusted_proxies": proxies})
    with call_in_process(site) as open_as:
        browser = open_as(None)
        browser.headers["X-Forwarded-For"] = forwarded
        browser.post("/api/v1/session", json={"username": "admin", "password": "correct horse"}).raise_for_status()
        (told,) = browser.get("/api/v1/experimenters/1/sessions").json()["items"]
        assert told["address"] == address
