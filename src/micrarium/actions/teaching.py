"""Class rooms: a group of new accounts, each with a copy of a sample dataset, that can be put back to how they began.

A copy is imported anew as the person it is for, from files that share their bytes with the sample's: it takes no room,
and what people do to it, deleting included, touches nobody else's.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Engine

from micrarium.actions.administrating import make_group, make_user
from micrarium.actions.announcing import require_administrator
from micrarium.actions.copying import copy_sample, find_sample
from micrarium.actions.opening import Site
from micrarium.errors import Conflict, InvalidInput, NotFound
from micrarium.jobs import Work, ask_for, job
from micrarium.model import Classroom, Dataset, Experimenter, ExperimenterGroup, Job, LoginSession, Token
from micrarium.permissions import (
    Actor,
    ActorSession,
    beside,
    bin_owned,
    count_owned,
    every,
    find_by,
    get_visible,
    load_actor,
    system_session,
)

MOST_USERS = 200
#: Letters and digits that nobody mistakes for each other when they are read out.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def add_classroom(
    session: ActorSession, name: str, *, users: int, dataset_id: int | None, level: str = "private"
) -> tuple[dict[str, Any], Job | None]:
    """A new group with its accounts ``NAME-01`` and so on, whose passwords are told this once, and the job that copies the
    dataset for each of them. Who makes it does not become a member: as an administrator they see what everyone does."""
    _require_all(session.actor)
    if not 1 <= users <= MOST_USERS:
        raise InvalidInput(f"A class room has 1 to {MOST_USERS} users", field="users")
    if not name.strip() or name != name.strip() or len(name) > 200 or not name.isprintable() or "/" in name:
        raise InvalidInput("A class room's name is a word that user names can begin with", field="name")
    if dataset_id is not None:
        get_visible(session, Dataset, dataset_id)
    if find_by(session, ExperimenterGroup, name=name) is not None:
        raise Conflict(f"There is a group {name!r} already", field="name")
    group = make_group(session, name, level=level, description="A class room")
    digits = max(2, len(str(users)))
    accounts = []
    for number in range(1, users + 1):
        username, password = f"{name}-{number:0{digits}}", make_password()
        made = make_user(session, username, password=password, groups=[group], default_group_id=None, first_name=username)
        accounts.append({"id": made.id, "username": username, "password": password})
    ids = [account["id"] for account in accounts]
    row = Classroom(name=name, group_id=group.id, dataset_id=dataset_id, user_ids=ids)
    keep_row(session, row)
    begun = None if dataset_id is None else ask_for(session, "classroom", {"classroom_id": row.id, "is_reset": False})
    told = {"id": row.id, "name": name, "group_id": group.id, "dataset_id": dataset_id, "users": accounts}
    return told, begun


def make_password() -> str:
    """A password of four short parts that can be read out to a class: about 59 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(3)) for _ in range(4))


def keep_row(session: ActorSession, row: Classroom) -> None:
    """Add the row of a class room in the transaction of a session."""
    with beside(session, f"class room {row.name}") as system:
        system.add(row)
        system.flush()


def _require_all(actor: Actor | None) -> Actor:
    assert actor is not None
    for privilege in ("ModifyUser", "ModifyGroup", "ModifyGroupMembership"):
        require_administrator(actor, privilege, told="Only administrators who may make users and groups look after class rooms")
    return actor


def list_classrooms(engine: Engine, actor: Actor) -> list[dict[str, Any]]:
    """Every class room with its accounts, by name."""
    require_administrator(actor)
    with system_session(engine, "list class rooms", is_reading=True) as session:
        return [_describe(session, row) for row in session.scalars(every(Classroom).order_by(Classroom.name))]


def _describe(session: ActorSession, row: Classroom) -> dict[str, Any]:
    people = every(Experimenter).where(Experimenter.id.in_(row.user_ids)).order_by(Experimenter.id)
    columns = (Experimenter.id, Experimenter.ome_name)
    users = [{"id": one[0], "username": one[1]} for one in session.execute(people.with_only_columns(*columns))]
    names = ("id", "name", "group_id", "dataset_id", "created_at")
    return {name: getattr(row, name) for name in names} | {"users": users}


def _find(session: ActorSession, name: str) -> Classroom:
    found = find_by(session, Classroom, name=name)
    if found is None:
        raise NotFound(f"There is no class room {name!r}")
    return found


def count_classroom(engine: Engine, actor: Actor, name: str) -> dict[str, Any]:
    """What is in a class room, and would go with a reset: its accounts, what they made by kind, the dataset they get anew."""
    _require_all(actor)
    with system_session(engine, f"count what is in class room {name}", is_reading=True) as session:
        row = _find(session, name)
        told = {"name": name, "users": len(row.user_ids), "dataset_id": row.dataset_id}
        return told | {"counts": count_owned(session, row.group_id, row.user_ids)}


def reset_classroom(session: ActorSession, engine: Engine, name: str) -> Job:
    """A job that puts what the class made into the bin and gives each a new copy; everyone is signed out."""
    _require_all(session.actor)
    with system_session(engine, f"find class room {name}", is_reading=True) as system:
        number = _find(system, name).id
    return ask_for(session, "classroom", {"classroom_id": number, "is_reset": True})


@job("classroom")
def run_classroom(site: Site, work: Work) -> dict[str, Any]:
    """Clears a class room where that was asked for, and gives everyone a copy of its dataset who has none yet."""
    with system_session(site.engine, "begin with a class room", is_reading=True) as session:
        row = session.get(Classroom, work.arguments["classroom_id"])
        if row is None:
            raise NotFound("This class room was removed")
        users, group_id, dataset_id = list(row.user_ids), row.group_id, row.dataset_id
    cleared = 0
    if work.arguments["is_reset"]:
        work.report(0.0, "Clearing away what the class made")
        cleared = _clear(site.engine, users, group_id)
    if dataset_id is None:
        return {"cleared": cleared, "copied": 0, "failed": []}
    sample = find_sample(site, dataset_id)
    failed: list[dict[str, str]] = []
    copied = 0
    for number, user_id in enumerate(users):
        work.report(number / len(users), f"Copying {sample.name} for user {number + 1} of {len(users)}")
        with system_session(site.engine, "act for a user of a class room", is_reading=True) as session:
            actor = load_actor(session, user_id, group_id=group_id)
        made, problems = copy_sample(site, actor, sample)
        copied, failed = copied + made, failed + problems
    return {"cleared": cleared, "copied": copied, "failed": failed}


def _clear(engine: Engine, users: list[int], group_id: int) -> int:
    """How many objects of these users in a group went into the bin; they are signed out too."""
    with system_session(engine, f"reset the class room of experimenter_group:{group_id}") as session:
        for kind in (LoginSession, Token):
            for found in session.scalars(every(kind).where(kind.experimenter_id.in_(users))).all():
                session.delete(found)
        return bin_owned(session, group_id, users)


def remove_classroom(engine: Engine, actor: Actor, name: str) -> dict[str, Any]:
    """End a class room: what it made goes into the bin, its accounts are switched off, and their names are free again."""
    _require_all(actor)
    with system_session(engine, f"experimenter:{actor.id} removes class room {name}") as system:
        row = _find(system, name)
        users, group_id = list(row.user_ids), row.group_id
        system.delete(row)
        for person in system.scalars(every(Experimenter).where(Experimenter.id.in_(users))).all():
            person.is_active = False
            person.ome_name = f"{person.ome_name[:200]} (removed {person.id})"
        group = system.get(ExperimenterGroup, group_id)
        if group is not None:
            group.name = f"{group.name[:200]} (removed {group.id})"
    cleared = _clear(engine, users, group_id)
    return {"name": name, "users": len(users), "cleared": cleared}
