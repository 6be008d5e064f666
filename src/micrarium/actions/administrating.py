"""People and groups: accounts, passwords, who is in which group, and how open a group is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine

from micrarium.actions.changing import change_object, make_object
from micrarium.actions.judging_passwords import FEWEST
from micrarium.actions.signing_in import is_password_of, set_password
from micrarium.errors import InvalidInput, NotAllowed, NotFound
from micrarium.model import LEVELS, Experimenter, ExperimenterGroup, ExternalIdentity, GroupExperimenterMap, LoginSession
from micrarium.permissions import (
    Actor,
    ActorSession,
    beside,
    count_mixed_links,
    every,
    find_by,
    find_mixed_links,
    get_visible,
    open_session,
    put_into_bin,
    require,
    require_privilege,
    visible,
)

#: How many links are cut in one portion.
_AT_ONCE = 500


def make_user(
    session: ActorSession,
    username: str,
    *,
    password: str,
    groups: Iterable[ExperimenterGroup] = (),
    fewest: int = FEWEST,
    **profile: Any,
) -> Experimenter:
    """A new account with its password, a member of these groups. Raises ``NotAllowed`` but for administrators, ``Conflict``
    where the name is taken."""
    if session.actor is not None:
        require_privilege(session.actor, "ModifyUser", told="Only administrators make accounts")
    if not username.strip() or username != username.strip():
        raise InvalidInput("A user name is not empty and has no spaces around it", field="ome_name")
    made = make_object(session, Experimenter, {"ome_name": username, **profile})
    assert isinstance(made, Experimenter)
    with beside(session, f"password of {username}") as system:
        set_password(system, made, password, fewest=fewest)
    for group in groups:
        add_member(session, group, made.id)
    return made


def make_group(session: ActorSession, name: str, *, level: str = "private", description: str = "") -> ExperimenterGroup:
    """A new group of a permission level."""
    _check_level(level)
    made = make_object(session, ExperimenterGroup, {"name": name, "level": level, "description": description})
    assert isinstance(made, ExperimenterGroup)
    return made


def change_level(
    session: ActorSession, group: ExperimenterGroup, level: str, *, is_unlinking: bool = False, is_dry_run: bool = False
) -> dict[str, Any]:
    """Give a group another permission level: what was, what is, and the links that join objects of different people there.

    Its owners may, but only administrators open it to ``read-write``. A group with such links becomes private only with
    ``is_unlinking``, which puts them into the bin; else it is a ``Conflict``. A dry run changes nothing.
    """
    _check_level(level)
    require(session, "edit", group)
    mixed = count_mixed_links(session, group.id) if level == "private" and group.level != "private" else {}
    told = {
        "from": group.level,
        "to": level,
        "links": {link.plural(): count for link, count in mixed.items()},
        "is_possible": not mixed or is_unlinking,
        "dry_run": is_dry_run,
    }
    if is_dry_run:
        return told
    for link in mixed if is_unlinking else ():
        while links := find_mixed_links(session, link, group.id, limit=_AT_ONCE):
            put_into_bin(session, links)
    change_object(session, group, {"level": level})
    return told


def add_member(session: ActorSession, group: ExperimenterGroup, experimenter_id: int, *, is_owner: bool = False) -> None:
    """Make a person a member of a group, or one of its owners; a member already is given that rank.

    The owners of a group may add people they do not see yet: they share no group with them before.
    """
    found = _membership(session, group, experimenter_id)
    if found is None:
        session.add(GroupExperimenterMap(parent_id=group.id, child_id=experimenter_id, owner=is_owner))
    else:
        found.owner, found.source = is_owner, None  # given by hand now, whoever gave it before
    session.flush()


def find_newcomer(session: ActorSession, group: ExperimenterGroup, username: str | None) -> int:
    """The id of the account with a name; the owners of a group may name those who share no group with them yet."""
    if not username:
        raise InvalidInput("Say who joins, by experimenter_id or by username", field="username")
    own = None if session.actor is None else session.actor.memberships.get(group.id)
    if own is None or not own.is_owner:
        return find_user(session, username).id
    with beside(session, f"look for {username}, who joins {group.name}") as system:
        return find_user(system, username).id


def remove_member(session: ActorSession, group: ExperimenterGroup, experimenter_id: int) -> None:
    """End a membership. What the person made stays in the group."""
    found = _membership(session, group, experimenter_id)
    if found is None:
        raise NotFound(f"experimenter:{experimenter_id} is not a member of {group.name}")
    session.delete(found)
    session.flush()


def change_password(
    engine: Engine,
    actor: Actor,
    experimenter_id: int,
    *,
    password: str,
    current: str | None,
    fewest: int = FEWEST,
    is_on_host: bool = False,
) -> None:
    """Give a person a new password and end their other sign-ins.

    People give their current one; administrators need not for others, nor whoever works on the data folder itself
    (``is_on_host``), which is how an administrator's forgotten one is replaced. Raises ``NotAllowed`` where that is wrong.
    """
    with open_session(engine, actor) as session:
        person = get_visible(session, Experimenter, experimenter_id)
        is_own = person.id == actor.id
        if actor.is_reading:
            raise NotAllowed("This sign-in is for reading only")
        if not is_own:
            require_privilege(actor, "ModifyUser", told="Only administrators change the passwords of others")
        if actor.sudo_id is not None or not (is_own or covers(actor, person)):
            raise NotAllowed("This password is that of somebody with more privileges")
        with beside(session, f"change the password of {person.ome_name}") as system:
            if is_own and not is_on_host and not is_password_of(system, person.id, current or ""):
                raise NotAllowed(
                    "The current password is wrong" if current else "Give your current password, too", field="current_password"
                )
            if find_by(system, ExternalIdentity, experimenter_id=person.id, source="ldap") is not None:
                raise NotAllowed(f"The password of {person.ome_name} is kept by the directory; change it there", field="password")
            set_password(system, person, password, fewest=fewest)
            for sign_in in system.scalars(every(LoginSession).where(LoginSession.experimenter_id == person.id)).all():
                system.delete(sign_in)


def find_user(session: ActorSession, username: str) -> Experimenter:
    """The account with a name, or ``NotFound``."""
    found = find_by(session, Experimenter, ome_name=username)
    if found is None:
        raise NotFound(f"There is no user {username!r}")
    return found


def find_group(session: ActorSession, name: str) -> ExperimenterGroup:
    """The group with a name, or ``NotFound``."""
    found = find_by(session, ExperimenterGroup, name=name)
    if found is None:
        raise NotFound(f"There is no group {name!r}")
    return found


def list_members(session: ActorSession, group: ExperimenterGroup) -> list[dict[str, Any]]:
    """The members of a group that the actor may know of, by name: ``{"id", "username", "is_owner"}``."""
    assert session.actor is not None
    maps = visible(GroupExperimenterMap, session.actor).where(GroupExperimenterMap.parent_id == group.id)
    maps = maps.join(Experimenter, Experimenter.id == GroupExperimenterMap.child_id)
    rows = session.execute(maps.with_only_columns(Experimenter.id, Experimenter.ome_name, GroupExperimenterMap.owner))
    return [{"id": row[0], "username": row[1], "is_owner": row[2]} for row in sorted(rows, key=lambda row: row[1])]


def _membership(session: ActorSession, group: ExperimenterGroup, experimenter_id: int) -> GroupExperimenterMap | None:
    return find_by(session, GroupExperimenterMap, parent_id=group.id, child_id=experimenter_id)


def covers(actor: Actor, person: Experimenter) -> bool:
    """Whether an actor may do all that a person may."""
    return actor.covers(is_admin=person.is_admin, privileges=person.privileges)


def _check_level(level: str) -> None:
    if level not in LEVELS:
        raise InvalidInput(f"A group's level is one of {', '.join(LEVELS)}", field="level")
