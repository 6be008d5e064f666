"""Working as somebody else, and the sessions of people."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from micrarium.actions.opening import Site
from micrarium.actions.signing_in import SignIn, end_session, list_sessions, make_token, resume_session, sign_in_as
from micrarium.errors import NotAllowed, NotFound, NotSignedIn
from micrarium.model import Event, Experimenter, Project
from micrarium.permissions import Actor, history_of, load_actor, open_session, system_session
from micrarium.testing.people import make_people

Load = Callable[[str], Actor]


@pytest.fixture
def people(site: Site) -> dict[str, int]:
    """The people of ``make_people``; ``sid`` may work as others and do nothing else."""
    made = make_people(site)
    with system_session(site.engine, "an administrator for a test") as session:
        sid = Experimenter(ome_name="sid", is_admin=True, privileges=["Sudo"])
        session.add(sid)
        session.flush()
        return made | {"sid": sid.id, "admin": 1}


@pytest.fixture
def load(site: Site, people: dict[str, int]) -> Load:
    def load_one(name: str) -> Actor:
        with system_session(site.engine, "a test", is_reading=True) as session:
            return load_actor(session, people[name])

    return load_one


def resumed(site: Site, found: SignIn) -> Actor:
    return resume_session(site.engine, found.key or "", hours=1).actor


def test_what_is_done_as_somebody_else_names_both(site: Site, load: Load, people: dict[str, int]) -> None:
    actor = resumed(site, sign_in_as(site.engine, load("sid"), "ada"))
    assert (actor.id, actor.sudo_id, actor.is_admin) == (people["ada"], people["sid"], False)
    with open_session(site.engine, actor) as session:
        project = Project(name="made for her")
        session.add(project)
        session.flush()
        (told,) = history_of(session, project)
        assert told["experimenter"]["ome_name"] == "ada"
        assert told["sudo_experimenter_id"] == people["sid"]
        found = session.get_one(Event, project.creation_event_id)
        assert (found.experimenter_id, found.sudo_experimenter_id) == (people["ada"], people["sid"])
        with pytest.raises(NotAllowed, match="no tokens"):
            make_token(session, name="x", scope="read", expires_at=None)


def test_nobody_becomes_one_who_may_more(site: Site, load: Load) -> None:
    with pytest.raises(NotAllowed, match="more privileges"):
        sign_in_as(site.engine, load("sid"), "admin")
    with pytest.raises(NotAllowed, match="Sudo"):
        sign_in_as(site.engine, load("ada"), "bob")
    with pytest.raises(NotAllowed, match="Sudo"):
        sign_in_as(site.engine, resumed(site, sign_in_as(site.engine, load("admin"), "sid")), "ada")
    with pytest.raises(NotFound):
        sign_in_as(site.engine, load("sid"), "nobody")


def test_a_session_as_somebody_else_ends_with_the_privilege(site: Site, load: Load, people: dict[str, int]) -> None:
    found = sign_in_as(site.engine, load("sid"), "ada")
    with system_session(site.engine, "take the privilege away") as session:
        session.get_one(Experimenter, people["sid"]).privileges = ["ReadSession"]
    with pytest.raises(NotSignedIn):
        resumed(site, found)


def test_sessions_are_listed_and_ended_by_their_person_and_by_administrators(
    site: Site, load: Load, people: dict[str, int]
) -> None:
    found = sign_in_as(site.engine, load("sid"), "ada")
    (told,) = list_sessions(site.engine, load("ada"), people["ada"])
    assert told["sudo_experimenter_id"] == people["sid"]
    assert list_sessions(site.engine, load("admin"), people["ada"]) == [told]
    for other in ("bob", "sid"):
        with pytest.raises(NotFound):
            list_sessions(site.engine, load(other), people["ada"])
        with pytest.raises(NotFound):
            end_session(site.engine, load(other), people["ada"], told["id"])
    with pytest.raises(NotFound):
        end_session(site.engine, load("ada"), people["ada"], 987_654)
    end_session(site.engine, load("ada"), people["ada"], told["id"])
    assert list_sessions(site.engine, load("ada"), people["ada"]) == []
    with pytest.raises(NotSignedIn):
        resumed(site, found)
