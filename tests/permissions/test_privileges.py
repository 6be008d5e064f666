"""Administrators with privileges: they see everything, do what their list says, and give nobody more than they have."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from micrarium.errors import InvalidInput, NotAllowed
from micrarium.model import Experimenter, ExperimenterGroup, GroupExperimenterMap, Project, Token
from micrarium.permissions import Actor, ActorSession, load_actor, open_session, system_session


@pytest.fixture
def ids(engine: Engine) -> dict[str, int]:
    """A member of a group with a project, and three administrators: one who may do all, one nothing, one look after people."""
    with system_session(engine, "people for a test") as session:
        given: dict[str, Any] = {"ada": {}, "root": {"is_admin": True}, "viewer": {"is_admin": True, "privileges": []}}
        given["clerk"] = {"is_admin": True, "privileges": ["ModifyUser", "ModifyGroup", "ModifyGroupMembership"]}
        people = {name: Experimenter(ome_name=name, **values) for name, values in given.items()}
        group = ExperimenterGroup(name="lab", level="read-write")
        session.add_all([*people.values(), group])
        session.flush()
        session.add(GroupExperimenterMap(parent_id=group.id, child_id=people["ada"].id))
        project = Project(name="hers", owner_id=people["ada"].id, group_id=group.id)
        session.add(project)
        session.flush()
        return {name: person.id for name, person in people.items()} | {"lab": group.id, "project": project.id}


def actor(engine: Engine, person_id: int) -> Actor:
    with system_session(engine, "a test", is_reading=True) as session:
        return load_actor(session, person_id)


def attempt(engine: Engine, ids: dict[str, int], name: str, make: Any) -> None:
    with ActorSession(engine, actor=actor(engine, ids[name])) as session:
        make(session)
        session.flush()
        session.rollback()


def test_an_administrator_without_privileges_sees_all_and_changes_nothing(engine: Engine, ids: dict[str, int]) -> None:
    with open_session(engine, actor(engine, ids["viewer"]), is_reading=True) as session:
        assert session.get(Project, ids["project"]) is not None
        assert session.get(ExperimenterGroup, ids["lab"]) is not None
    writes: dict[str, Any] = {
        "rename": lambda s: setattr(s.get(Project, ids["project"]), "name", "mine"),
        "make a person": lambda s: s.add(Experimenter(ome_name="new")),
        "make a group": lambda s: s.add(ExperimenterGroup(name="new")),
        "join": lambda s: s.add(GroupExperimenterMap(parent_id=ids["lab"], child_id=ids["viewer"])),
        "make in a group": lambda s: s.add(Project(name="x", group_id=ids["lab"])),
        "raise oneself": lambda s: setattr(s.get(Experimenter, ids["viewer"]), "privileges", ["Sudo"]),
        "be free of privileges": lambda s: setattr(s.get(Experimenter, ids["viewer"]), "privileges", None),
    }
    for write in writes.values():
        with pytest.raises(NotAllowed):
            attempt(engine, ids, "viewer", write)
    attempt(engine, ids, "viewer", lambda s: setattr(s.get(Experimenter, ids["viewer"]), "first_name", "Vi"))


def test_nobody_gives_more_than_they_have(engine: Engine, ids: dict[str, int]) -> None:
    allowed: dict[str, Any] = {
        "make a person": lambda s: s.add(Experimenter(ome_name="new")),
        "make a lesser administrator": lambda s: s.add(Experimenter(ome_name="new", is_admin=True, privileges=["ModifyUser"])),
        "change a lesser administrator": lambda s: setattr(s.get(Experimenter, ids["viewer"]), "is_active", False),
        "add a member": lambda s: s.add(GroupExperimenterMap(parent_id=ids["lab"], child_id=ids["viewer"])),
    }
    for write in allowed.values():
        attempt(engine, ids, "clerk", write)
    refused: dict[str, Any] = {
        "make a full administrator": lambda s: s.add(Experimenter(ome_name="new", is_admin=True)),
        "make one who may more": lambda s: s.add(Experimenter(ome_name="new", is_admin=True, privileges=["Sudo"])),
        "change a full administrator": lambda s: setattr(s.get(Experimenter, ids["root"]), "is_active", False),
        "limit a full administrator": lambda s: setattr(s.get(Experimenter, ids["root"]), "privileges", []),
        "raise somebody": lambda s: setattr(s.get(Experimenter, ids["ada"]), "is_admin", True),
        "raise oneself": lambda s: setattr(s.get(Experimenter, ids["clerk"]), "privileges", None),
        "own a group": lambda s: s.add(GroupExperimenterMap(parent_id=ids["lab"], child_id=ids["clerk"], owner=True)),
        "change data": lambda s: setattr(s.get(Project, ids["project"]), "name", "x"),
    }
    for write in refused.values():
        with pytest.raises(NotAllowed):
            attempt(engine, ids, "clerk", write)


def test_tokens_of_others_are_withdrawn_by_those_who_look_after_people(engine: Engine, ids: dict[str, int]) -> None:
    with system_session(engine, "a token") as session:
        person = session.get(Experimenter, ids["ada"])
        assert person is not None
        token = Token(experimenter_id=person.id, key_hash="x", created_at=_now())
        session.add(token)
        session.flush()
        token_id = token.id
    with pytest.raises(NotAllowed):
        attempt(engine, ids, "viewer", lambda s: s.delete(s.get(Token, token_id)))
    attempt(engine, ids, "clerk", lambda s: s.delete(s.get(Token, token_id)))


@pytest.mark.parametrize("given", [["Everything"], "Sudo", [1], {"Sudo": True}])
def test_privileges_are_those_there_are(engine: Engine, ids: dict[str, int], given: Any) -> None:
    with pytest.raises(InvalidInput):
        attempt(engine, ids, "root", lambda s: s.add(Experimenter(ome_name="new", is_admin=True, privileges=given)))
    with pytest.raises(InvalidInput):
        attempt(engine, ids, "root", lambda s: s.add(Experimenter(ome_name="new", privileges=["Sudo"])))


def test_a_default_group_is_one_of_ones_own(engine: Engine, ids: dict[str, int]) -> None:
    with system_session(engine, "another group") as session:
        group = ExperimenterGroup(name="other")
        session.add(group)
        session.flush()
        other = group.id
    for group_id in (other, 987_654):
        with pytest.raises(InvalidInput, match="a member of"):
            attempt(engine, ids, "ada", lambda s, g=group_id: setattr(s.get(Experimenter, ids["ada"]), "default_group_id", g))
    with system_session(engine, "join") as session:
        session.add(GroupExperimenterMap(parent_id=other, child_id=ids["ada"]))
    assert actor(engine, ids["ada"]).group_id == ids["lab"]
    with open_session(engine, actor(engine, ids["ada"])) as session:
        session.get_one(Experimenter, ids["ada"]).default_group_id = other
    assert actor(engine, ids["ada"]).group_id == other


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)
