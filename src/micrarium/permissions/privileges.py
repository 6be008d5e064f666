"""What administrators with privileges may do to accounts, groups and memberships, and that nobody gives more than they have."""

from __future__ import annotations

from sqlalchemy import select

from micrarium.errors import Conflict, InvalidInput, NotAllowed
from micrarium.model import Base, Event, Experimenter, ExperimenterGroup, GroupExperimenterMap, Personal, Token
from micrarium.model.people import PRIVILEGES
from micrarium.permissions.recording import values_before
from micrarium.permissions.rules import Actor
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD

#: What an administrator with a list of privileges needs in order to write rows of a class.
_NEEDED: dict[type[Base], str] = {
    Experimenter: "ModifyUser", ExperimenterGroup: "ModifyGroup", GroupExperimenterMap: "ModifyGroupMembership",
    Token: "ModifyUser", Personal: "WriteOwned",
}  # fmt: skip


def is_administered(actor: Actor, obj: Base) -> bool:
    """Whether an actor may write this person, group, membership, personal object or value as an administrator."""
    if not actor.is_admin or isinstance(obj, Event):
        return False
    if actor.privileges is None:
        return True
    if isinstance(obj, GroupExperimenterMap) and obj.child_id == actor.id:
        return False  # it could make them the owner of others' data
    return any(isinstance(obj, kind) and actor.has(privilege) for kind, privilege in _NEEDED.items())


def check_account(actor: Actor, obj: Experimenter, *, is_new: bool) -> None:
    """Nothing when an account is one that its actor may make or change, before as after; else ``NotAllowed``.

    Raises ``InvalidInput`` for privileges that do not exist, or that are given to somebody who is no administrator.
    """
    given = obj.privileges
    if given is not None and (not isinstance(given, list) or any(one not in PRIVILEGES for one in given)):
        raise InvalidInput(f"Privileges are a list of {', '.join(PRIVILEGES)}", field="privileges")
    before = {} if is_new else values_before(obj)
    if given is not None and not obj.is_admin:
        raise InvalidInput("Only administrators have privileges; take these away from who is none", field="privileges")
    # What is no change of rights, as people change their own names, is judged by whose account it is alone.
    if obj.id == actor.id and not before.keys() & {"is_admin", "privileges"}:
        return
    was = (bool(before.get("is_admin", obj.is_admin)), before.get("privileges", given))
    now = (bool(obj.is_admin), given)
    for is_admin, privileges in (now,) if is_new else (was, now):
        if not actor.covers(is_admin=is_admin, privileges=privileges) and actor.is_admin:
            raise NotAllowed("An administrator may not make or change an account with more privileges than their own")


def check_last_administrator(session: ActorSession, obj: Experimenter, *, is_deletion: bool) -> None:
    """Nothing while somebody is left who may do everything, else ``Conflict``: nobody could ever be one again."""
    before = values_before(obj)
    was = bool(before.get("is_admin", obj.is_admin)) and bool(before.get("is_active", obj.is_active))
    if not was or before.get("privileges", obj.privileges) is not None:
        return
    if obj.is_admin and obj.is_active and obj.privileges is None and not is_deletion:
        return
    columns = select(Experimenter.id, Experimenter.privileges).where(Experimenter.is_admin, Experimenter.is_active)
    with session.no_autoflush:
        rows = session.execute(columns.where(Experimenter.id != obj.id), execution_options=UNHELD).all()
    if all(row.privileges is not None for row in rows):
        raise Conflict(f"{obj} is the last administrator who may do everything; make another one first")
