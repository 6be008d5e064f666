"""Accounts and groups as a whole: the last administrator stays, logins are told apart, what is referred to is not removed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, text

from micrarium.errors import Conflict, NotAllowed
from micrarium.model import Experimenter, ExperimenterGroup, GroupExperimenterMap, Project
from micrarium.permissions import Actor, ActorSession, load_actor, open_session, system_session


@pytest.fixture
def ids(engine: Engine) -> dict[str, int]:
    """Two who may do everything, one who may do some of it, and a member of a group with a project."""
    with system_session(engine, "people for a test") as session:
        given: dict[str, Any] = {"ada": {}, "root": {"is_admin": True}, "boss": {"is_admin": True}}
        given["clerk"] = {"is_admin": True, "privileges": ["ModifyUser"]}
        people = {name: Experimenter(ome_name=name, **values) for name, values in given.items()}
        groups = {name: ExperimenterGroup(name=name) for name in ("lab", "empty")}
        session.add_all([*people.values(), *groups.values()])
        session.flush()
        session.add(GroupExperimenterMap(parent_id=groups["lab"].id, child_id=people["ada"].id))
        session.add(Project(name="hers", owner_id=people["ada"].id, group_id=groups["lab"].id))
        return {name: obj.id for name, obj in (people | groups).items()}


def actor(engine: Engine, person_id: int) -> Actor:
    with system_session(engine, "a test", is_reading=True) as session:
        return load_actor(session, person_id)


def attempt(engine: Engine, ids: dict[str, int], name: str, make: Any) -> None:
    with open_session(engine, actor(engine, ids[name])) as session:
        make(session)


@pytest.mark.parametrize("taken", [{"is_admin": False}, {"is_active": False}, {"privileges": []}])
def test_two_administrators_are_not_taken_away_together(engine: Engine, ids: dict[str, int], taken: dict[str, Any]) -> None:
    def take(session: ActorSession, *names: str) -> None:
        for person in [session.get_one(Experimenter, ids[name]) for name in names]:
            for field, value in taken.items():
                setattr(person, field, value)

    with pytest.raises(Conflict, match="last administrators who may do everything"):
        attempt(engine, ids, "root", lambda session: take(session, "root", "boss"))
    attempt(engine, ids, "root", lambda session: take(session, "boss"))
    with pytest.raises(Conflict, match="is the last administrator"):
        attempt(engine, ids, "root", lambda session: take(session, "root"))


def test_an_administrator_is_taken_away_as_another_one_is_made(engine: Engine, ids: dict[str, int]) -> None:
    def swap(session: ActorSession) -> None:
        root, boss, ada = (session.get_one(Experimenter, ids[name]) for name in ("root", "boss", "ada"))
        root.is_admin, boss.is_admin, ada.is_admin = False, False, True

    attempt(engine, ids, "root", swap)
    assert actor(engine, ids["ada"]).has("ModifyUser")


def test_two_people_at_once_do_not_take_each_other_away(engine: Engine, ids: dict[str, int]) -> None:
    boss = actor(engine, ids["boss"])

    def resign() -> None:
        with open_session(engine, boss) as session:
            session.get_one(Experimenter, boss.id).is_admin = False

    with ThreadPoolExecutor(1) as pool:
        with open_session(engine, actor(engine, ids["root"])) as session:
            session.get_one(Experimenter, ids["root"]).is_admin = False
            session.flush()
            other = pool.submit(resign)
            time.sleep(0.3)
            assert not other.done(), "it waits for what is not committed yet"
        with pytest.raises(Conflict, match="last administrator"):
            other.result(timeout=30)


@pytest.mark.parametrize(("there", "wanted"), [("ada", "ADA"), ("élise", "ÉLISE")])
def test_logins_that_differ_in_case_only_are_refused(engine: Engine, ids: dict[str, int], there: str, wanted: str) -> None:
    if there not in ids:
        attempt(engine, ids, "root", lambda session: session.add(Experimenter(ome_name=there)))
    with pytest.raises(Conflict, match="in case only"):
        attempt(engine, ids, "root", lambda session: session.add(Experimenter(ome_name=wanted)))
    with pytest.raises(Conflict, match="in case only"), system_session(engine, "a first sign-in") as session:
        session.add(Experimenter(ome_name=wanted))
    with pytest.raises(Conflict, match="in case only"):
        attempt(engine, ids, "root", lambda session: setattr(session.get(Experimenter, ids["clerk"]), "ome_name", wanted))
    with pytest.raises(Conflict, match="in case only"):
        attempt(engine, ids, "root", lambda session: session.add_all([Experimenter(ome_name=n) for n in ("new", "New")]))
    attempt(engine, ids, "root", lambda session: setattr(session.get(Experimenter, ids["ada"]), "ome_name", "Ada"))


def test_accounts_that_differ_in_case_only_already_are_kept(engine: Engine, ids: dict[str, int]) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE experimenter SET ome_name = 'ADA' WHERE ome_name = 'clerk'"))
    attempt(engine, ids, "root", lambda session: setattr(session.get(Experimenter, ids["clerk"]), "email", "a@example.org"))
    attempt(engine, ids, "root", lambda session: setattr(session.get(Experimenter, ids["ada"]), "is_active", False))


def test_an_account_or_group_that_is_referred_to_says_by_what(engine: Engine, ids: dict[str, int]) -> None:
    with pytest.raises(Conflict, match=r"memberships: 1.*switch the account off"):
        attempt(engine, ids, "root", lambda session: session.delete(session.get(Experimenter, ids["ada"])))
    with pytest.raises(Conflict, match=r"projects: 1.*move its data"):
        attempt(engine, ids, "root", lambda session: session.delete(session.get(ExperimenterGroup, ids["lab"])))
    attempt(engine, ids, "root", lambda session: session.delete(session.get(ExperimenterGroup, ids["empty"])))
    attempt(engine, ids, "root", lambda session: session.delete(session.get(Experimenter, ids["clerk"])))


def test_an_administrator_is_told_the_privilege_they_lack(engine: Engine, ids: dict[str, int]) -> None:
    with pytest.raises(NotAllowed, match="the privilege ModifyGroup,"):
        attempt(engine, ids, "clerk", lambda session: session.add(ExperimenterGroup(name="new")))
    with pytest.raises(NotAllowed, match="Only administrators"):
        attempt(engine, ids, "ada", lambda session: session.add(ExperimenterGroup(name="new")))
