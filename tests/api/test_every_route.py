"""Every route of the application, found in its own document, tried by every sort of person.

A route added to the application is tried as well. Where its input cannot be told from its form, these tests fail and name
the table of ``every_object`` to say it in.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text
from tests.api.every_object import (
    ABSENT,
    BEFORE_SIGNING_IN,
    CHOSEN,
    GIVEN,
    OPEN,
    PARAMETERS,
    SECRET,
    classes_by_plural,
    example_body,
    make_every_object,
)

from micrarium.actions.opening import Site, open_site
from micrarium.actions.signing_in import make_token
from micrarium.model import Base, Experimenter, Internal, Owned, Part, Personal
from micrarium.permissions import load_actor, open_session, system_session
from micrarium.settings import Settings
from micrarium.testing.people import make_people
from micrarium.testing.transports import call_in_process

Door = Callable[[str | None], httpx.Client]
METHODS = ("get", "head", "post", "put", "patch", "delete")
#: The order in which methods are tried: what takes things away comes last.
ORDER = {method: place for place, method in enumerate(METHODS)}


_DOCUMENT: dict[str, Any] = {}


@dataclass(frozen=True)
class Route:
    """One operation of the application's document."""

    method: str
    path: str
    operation: dict[str, Any]

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """Its parameters by name."""
        return {p["name"]: p for p in self.operation.get("parameters", ())}

    def plural_of(self, name: str) -> str | None:
        """Whose ids a parameter of the path takes; None for one that is no id."""
        if name in PARAMETERS:
            return PARAMETERS[name]
        if name == "object_id":
            parts = self.path.removeprefix("/api/v1/").removeprefix("bin/").split("/")
            return parts[0]
        return None


@dataclass(frozen=True)
class Asked:
    """What is asked of a route: its address and body."""

    url: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Everything:
    """A site with one object of every class, all hidden from Bob and Eve, and every route of its application."""

    def __init__(self, site: Site, door: Door, people: dict[str, int], *, copy: int = 0) -> None:
        self.site, self.door, self.people = site, door, people
        self.ids = make_every_object(site, people, copy=copy)
        if not _DOCUMENT:  # it takes seconds to write, and is the same for every site
            _DOCUMENT.update(door(None).get("/api/v1/openapi.json").json())
        self.document = _DOCUMENT
        found = [Route(m, p, o) for p, methods in self.document["paths"].items() for m, o in methods.items() if m in METHODS]
        self.routes = sorted(found, key=lambda route: (ORDER[route.method], route.path))

    def ask(self, route: Route, ids: dict[str, int], token: str) -> Asked:
        """The input for a route, all ids in it being ``ids``."""
        url = route.path
        query: dict[str, str] = dict(CHOSEN.get(route.path, {}))
        headers: dict[str, str] = {}
        for name, parameter in route.parameters.items():
            plural = route.plural_of(name)
            if plural is not None:
                assert plural in ids, f"say in PARAMETERS whose ids {name} of {route.path} takes"
                value = str(ids[plural])
            elif name == "token":
                value = token
            elif not parameter.get("required"):
                continue
            else:
                assert name in GIVEN, f"say in GIVEN what {name} of {route.path} may be"
                value = GIVEN[name]
            if parameter["in"] == "path":
                url = url.replace("{" + name + "}", value)
            else:
                (query if parameter["in"] == "query" else headers)[name] = value
        assert "{" not in url, f"a parameter of {url} is not described"
        return Asked(url, query, headers, example_body(self.document, route.path, route.operation, ids))

    def send(self, client: httpx.Client, route: Route, ids: dict[str, int], token: str = "") -> httpx.Response:
        """The answer to a route with an input."""
        asked = self.ask(route, ids, token or client.headers.get("authorization", "Bearer none").partition(" ")[2])
        body = {} if asked.body is None else {"json": asked.body}
        return client.request(route.method.upper(), asked.url, params=asked.query, headers=asked.headers, **body)

    def enter(self, name: str, scope: str) -> httpx.Client:
        """The API with a token of a scope of somebody."""
        with system_session(self.site.engine, "a test signs in") as session:
            actor = load_actor(session, self.people.get(name, 1))
        with open_session(self.site.engine, actor) as session:
            wanted = "admin" if actor.is_admin and scope == "write" else scope
            key = make_token(session, name="test", scope=wanted, expires_at=None)[1]
        client = self.door(None)
        client.headers["Authorization"] = f"Bearer {key}"
        client.get("/api/v1/session")  # that a token was used is noted once in a while, so not in what is compared
        return client

    def is_hidden(self, route: Route, person: str) -> bool:
        """Whether everything a route's path names is hidden from somebody: people and groups are from Eve only."""
        classes, plurals = classes_by_plural(), [route.plural_of(name) for name in route.parameters]
        found = [classes[plural] for plural in plurals if plural is not None]
        return bool(found) and all(
            issubclass(entity, (Owned, Part, Personal, Internal)) or (person == "eve" and is_directory(entity)) for entity in found
        )


def is_directory(entity: type[Base]) -> bool:
    return entity.__name__ in ("Experimenter", "ExperimenterGroup", "GroupExperimenterMap", "Event")


class House:
    """A site that the tests of a database share: made once, as its application takes seconds to start and to warm up."""

    def __init__(self, databases: Any, folder: Path, stack: ExitStack) -> None:
        self.databases, self.folder, self.stack = databases, folder, stack
        self.kept: Everything | None = None
        self.copies = count(1)

    def enter(self) -> Everything:
        """Everything as it was made; made anew where a test has spoiled it."""
        if self.kept is None:
            url = self.stack.enter_context(self.databases.make())
            settings = Settings(data=self.folder / str(next(self.copies)), database_url=url)
            site = self.stack.enter_context(open_site(settings))
            people = make_people(site)
            self.kept = Everything(site, self.stack.enter_context(call_in_process(site)), people)
        return self.kept

    def enter_copy(self) -> Everything:
        """The same site with another object of every class, of which nobody else needs any."""
        here = self.enter()
        return Everything(here.site, here.door, here.people, copy=next(self.copies))

    def enter_last(self) -> Everything:
        """Everything, for a test after which it may be anything."""
        here, self.kept = self.enter(), None
        return here


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    databases = request.getfixturevalue("sqlite_databases" if request.param == "sqlite" else "postgres_databases")
    with ExitStack() as stack:
        yield House(databases, tmp_path_factory.mktemp("every-route"), stack)


@pytest.fixture
def everything(house: House) -> Everything:
    """One object of every class; for tests that leave them as they are."""
    return house.enter()


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    """The statements that requests send to the database; those of jobs are not theirs."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "AnyIO" in threading.current_thread().name:
            sent.append(statement)

    event.listen(site.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(site.engine, "before_cursor_execute", note)


def seen_by(answer: httpx.Response, ids: dict[str, int]) -> tuple[Any, ...]:
    """What an answer tells, the id that was asked for left out."""
    numbers = "|".join(sorted({str(i) for i in ids.values()}, key=len, reverse=True))
    told = re.sub(rf"(?<=[_a-z]:)({numbers})\b|(?<=/)({numbers})\b", "ID", answer.text)
    headers = {k: v for k, v in answer.headers.items() if k not in ("content-length", "x-request-id")}
    return answer.status_code, told, tuple(sorted(headers.items()))


def dump(site: Site) -> dict[str, str]:
    """What every table holds, as a digest; the keys people came in with left out."""
    found = {}
    with site.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in ("token", "login_session"):
                rows = sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{table.name}"')))
                found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def test_nobody_gets_an_answer(everything: Everything) -> None:
    client = everything.door(None)
    for route in everything.routes:
        answer = everything.send(client, route, everything.ids)
        if (route.method, route.path) in OPEN:
            assert answer.status_code == 200, (route.path, answer.text)
        elif route.path in BEFORE_SIGNING_IN:
            assert answer.status_code < 500, (route.method, route.path, answer.text)
        else:
            assert answer.status_code == 401, (route.method, route.path, answer.text)
        assert SECRET not in answer.text


def test_an_account_that_is_switched_off_gets_no_answer(everything: Everything) -> None:
    client = everything.enter("ada", "write")
    switch(everything, "ada", is_active=False)
    try:
        for route in everything.routes:
            if route.path in BEFORE_SIGNING_IN or (route.method, route.path) in OPEN:
                continue
            answer = everything.send(client, route, everything.ids)
            assert answer.status_code == 401, (route.method, route.path, answer.text)
    finally:
        switch(everything, "ada", is_active=True)


def switch(everything: Everything, name: str, *, is_active: bool) -> None:
    with system_session(everything.site.engine, "switch an account on or off") as session:
        person = session.get(Experimenter, everything.people[name])
        assert person is not None
        person.is_active = is_active


@pytest.mark.parametrize("person", ["bob", "eve"])
def test_what_is_hidden_is_answered_as_what_is_absent(everything: Everything, person: str) -> None:
    client = everything.enter(person, "write")
    absent = dict.fromkeys(everything.ids, ABSENT)
    for route in everything.routes:
        if not everything.is_hidden(route, person):
            continue
        answers = []
        for ids in (everything.ids, absent):
            with counted(everything.site) as sent:
                answer = everything.send(client, route, ids)
            answers.append((*seen_by(answer, ids), sent))
        assert (400 if "{" in route.path else 200) <= answers[0][0] < 500, (route.method, route.path, answers[0][:2])
        for hidden, missing in zip(*answers, strict=True):
            assert hidden == missing, (route.method, route.path)


@pytest.mark.parametrize("person", ["bob", "eve"])
def test_a_body_tells_nothing_of_what_it_names(everything: Everything, person: str) -> None:
    client = everything.enter(person, "write")
    absent = dict.fromkeys(everything.ids, ABSENT)
    for route in everything.routes:
        classes = classes_by_plural()
        plural = route.path.removeprefix("/api/v1/")
        if route.method != "post" or plural not in classes or not issubclass(classes[plural], (Owned, Part)):
            continue
        answers = [seen_by(everything.send(client, route, ids), ids) for ids in (everything.ids, absent)]
        assert answers[0][0] < 500, (route.path, answers[0])
        if answers[0][0] >= 400:
            assert answers[0] == answers[1], route.path


@pytest.mark.parametrize("person", ["bob", "eve"])
def test_no_answer_tells_a_word_of_what_is_hidden(everything: Everything, person: str) -> None:
    client = everything.enter(person, "write")
    for route in everything.routes:
        # Of what is hidden one by one, another test shows that it is answered as what is absent.
        if route.method in ("get", "head") and not everything.is_hidden(route, person):
            answer = everything.send(client, route, everything.ids)
            assert answer.status_code < 500, (route.path, answer.text)
            assert SECRET not in answer.text + str(answer.headers), route.path


@pytest.mark.parametrize("person", ["ada", "admin"])
def test_a_token_for_reading_changes_nothing(everything: Everything, person: str) -> None:
    client, before = everything.enter(person, "read"), dump(everything.site)
    for route in everything.routes:
        answer = everything.send(client, route, everything.ids)
        assert answer.status_code < 500, (route.method, route.path, answer.text)
    after = dump(everything.site)
    assert [name for name in before if before[name] != after[name]] == []


@pytest.mark.parametrize("person", ["ada", "admin"])
def test_no_route_fails_for_anybody(house: House, person: str) -> None:
    # Ada changes and deletes what is hers; an administrator opens groups and deletes what others share.
    everything = house.enter_copy() if person == "ada" else house.enter_last()
    client = everything.enter(person, "write")
    for route in everything.routes:
        answer = everything.send(client, route, everything.ids)
        assert answer.status_code < 500, (route.method, route.path, answer.text)
