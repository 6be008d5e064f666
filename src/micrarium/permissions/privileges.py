"""What administrators with privileges may do to accounts, groups and memberships, and that nobody gives more than they have."""

from __future__ import annotations

from micrarium.errors import InvalidInput, NotAllowed
from micrarium.model import Base, Event, Experimenter, ExperimenterGroup, GroupExperimenterMap, Personal, Token
from micrarium.model.people import PRIVILEGES
from micrarium.permissions.recording import values_before
from micrarium.permissions.rules import Actor

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


def require_privilege(actor: Actor, privilege: str, *, told: str) -> None:
    """Nothing for an administrator with a privilege; else ``NotAllowed``, which says ``told`` to who is none."""
    if not actor.has(privilege):
        raise NotAllowed(f"You lack the privilege {privilege}, which this takes" if actor.is_admin and not actor.reach else told)


def told_who_may(actor: Actor, obj: Base, kind: str) -> str:
    """Why an actor may not write an object that administrators look after: what an administrator lacks is named."""
    needed = next((privilege for entity, privilege in _NEEDED.items() if isinstance(obj, entity)), None)
    if not actor.is_admin or actor.privileges is None:
        return f"Only administrators may change this {kind}"
    if needed is None:
        return f"Only administrators who may do everything may change this {kind}"
    if needed in actor.privileges:
        return "Nobody with a list of privileges makes themselves a member or an owner of a group"
    return f"You lack the privilege {needed}, which changing this {kind} takes"
