"""Whether an actor may do something to an object: the one check, and what it means for each change a session writes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect, select

from micrarium.errors import Conflict, InvalidInput, NotAllowed, NotFound
from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    Base,
    Entity,
    Enumeration,
    Experimenter,
    ExperimenterGroup,
    GroupExperimenterMap,
    Internal,
    Link,
    MapEntry,
    Owned,
    Part,
    Personal,
    RenderingDef,
    Roi,
)  # fmt: skip
from micrarium.permissions.lowering import check_closing
from micrarium.permissions.privileges import check_account, is_administered, told_who_may
from micrarium.permissions.recording import owned_parts_change, values_before
from micrarium.permissions.rules import ACTIONS, Actor
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.visibility import class_of, whole_of
from micrarium.permissions.wholes import (
    UNHELD,
    dependents_of,
    general,
    is_gathered,
    is_new,
    is_spread,
    placings_of,
    references_of,
    referred,
    root_of,
    select_roots,
    target_of,
)

#: What a person may change of their own account.
_OWN_PROFILE = {"first_name", "last_name", "email", "institution", "orcid", "default_group_id"}
#: Changes that are actions of their own, by the column that tells them.
_OWN_ACTIONS = {"group_id": "chgrp", "owner_id": "chown", "deleted_event_id": "delete"}


def allowed_actions(actor: Actor | None, obj: Owned) -> frozenset[str]:
    """What an actor may do to an object; the system may do everything."""
    return frozenset(ACTIONS) if actor is None else actor.may(obj.group_id, obj.owner_id)


def require(session: ActorSession, action: str, obj: Entity) -> None:
    """Nothing when the session's actor may do this to the object, else ``NotAllowed`` with the reason.

    Raises ``NotFound`` for what the actor may not even see.
    """
    actor = session.actor
    if actor is None:
        return
    if isinstance(obj, Part) and is_spread(type(obj)):
        _require_everywhere(session, action, obj)
    elif isinstance(obj, (Owned, Part)):
        root = root_of(session, obj)
        if root is None:
            raise NotFound(f"There is no {obj}")
        _require_in(actor, action, obj, root.group_id, root.owner_id)
    elif action != "view":
        _check_directory(actor, obj, is_new=is_new(obj))


def _require_everywhere(session: ActorSession, action: str, obj: Part) -> None:
    """What is said of several wholes, as how channels were acquired is: it takes the right to all of them."""
    assert session.actor is not None
    root, statement = select_roots(type(obj))
    places = statement.where(type(obj).id == obj.id).with_only_columns(root.group_id, root.owner_id).distinct()
    for group_id, owner_id in session.execute(places, execution_options=UNHELD).all():
        _require_in(session.actor, action, obj, group_id, owner_id)


def _require_in(actor: Actor, action: str, obj: Entity, group_id: int, owner_id: int) -> None:
    may = actor.may(group_id, owner_id)
    if action in may:
        return
    if "view" not in may:
        raise NotFound(f"There is no {obj}")
    whose = "it is yours" if owner_id == actor.id else "it belongs to somebody else"
    raise NotAllowed(f"You may not {action} {obj}: {whose}, in a {actor.level_of(group_id)} group")


def check_new(session: ActorSession, actor: Actor, obj: Base) -> None:
    """Nothing when the actor may make this object, else ``NotAllowed``, ``NotFound`` or ``InvalidInput``."""
    if actor.reach is not None and not isinstance(obj, (Annotation, MapEntry, *ANNOTATION_LINKS.values())):
        raise NotAllowed("This link lets nobody make such an object")
    if isinstance(obj, Owned):
        if not actor.has("WriteOwned") and obj.group_id not in actor.memberships:
            raise NotAllowed(f"You are not a member of experimenter_group:{obj.group_id}")
        if not actor.has("WriteOwned") and obj.owner_id != actor.id:
            raise NotAllowed("Only administrators make objects for others")
        _check_references(session, obj, obj.group_id)
    elif isinstance(obj, Part):
        _check_new_part(session, obj)
    else:
        _check_directory(actor, obj, is_new=True)
        _check_default_group(session, obj)


def _check_new_part(session: ActorSession, obj: Part) -> None:
    if is_gathered(type(obj)):
        return  # checked with the whole that refers to it
    column = whole_of(type(obj))[1]
    whole = referred(session, obj, column)
    while isinstance(whole, Part) and is_new(whole) and not is_gathered(type(whole)):
        whole = referred(session, whole, whole_of(type(whole))[1])
    if whole is None:
        raise NotFound(f"There is no {whole_of(type(obj))[0].singular()}:{getattr(obj, column)}", field=column)
    if not is_new(whole):
        require(session, "edit", whole)
    root = whole if isinstance(whole, Owned) else None if is_new(whole) else root_of(session, whole)
    _check_references(session, obj, None if root is None else root.group_id)


def _check_references(session: ActorSession, obj: Owned | Part, group_id: int | None) -> None:
    """Whatever an object refers to must be visible, in the same group, and open to being referred to like this."""
    for column, target in references_of(type(obj)):
        found = referred(session, obj, column)
        if found is None:
            if getattr(obj, column) is not None:
                raise NotFound(f"There is no {target.singular()}:{getattr(obj, column)}", field=column)
            continue
        if is_new(found) or (is_spread(target) and not is_new(obj) and column not in values_before(obj)):
            continue  # what is said of several wholes stays with each of them, wherever they go
        root = root_of(session, found)
        if root is None and not is_spread(target):
            raise NotFound(f"There is no {found}", field=column)
        if root is not None and root.group_id != group_id:
            raise InvalidInput(f"{found} is in another group", field=column)
        if root is None or not is_new(root):
            require(session, _needed(obj, column), found)


def _needed(obj: Owned | Part, column: str) -> str:
    """What one must be allowed to do to an object in order to refer to it."""
    if isinstance(obj, Part):
        # The whole was checked already; what it is given besides is put into it.
        if column == whole_of(type(obj))[1]:
            return "view"
        return "edit" if is_spread(target_of(inspect(type(obj)).columns[column])) else "link"
    if isinstance(obj, Link):
        is_annotation = type(obj) in ANNOTATION_LINKS.values()
        return ("annotate" if column == "parent_id" else "view") if is_annotation else "link"
    if isinstance(obj, Roi):
        return "annotate"
    return "view" if isinstance(obj, RenderingDef) else "edit"


def check_change(session: ActorSession, actor: Actor, obj: Base, *, is_deletion: bool) -> None:
    """Nothing when the actor may change or delete this object as it does, judged by what it was before."""
    if actor.reach is not None:
        raise NotAllowed("This link lets nobody change what is there")
    before = values_before(obj)
    if isinstance(obj, Owned):
        _check_owned_change(session, actor, obj, before, is_deletion=is_deletion)
        if "group_id" in before or before.keys() & {column for column, _ in references_of(type(obj))}:
            _check_references(session, obj, obj.group_id)
    elif isinstance(obj, Part):
        _check_part_change(session, obj, before, is_deletion=is_deletion)
    else:
        _check_directory(actor, obj, is_deletion=is_deletion)
        if isinstance(obj, ExperimenterGroup):
            check_closing(session, obj)
        if "default_group_id" in before:
            _check_default_group(session, obj)


def _check_owned_change(session: ActorSession, actor: Actor, obj: Owned, before: dict[str, Any], *, is_deletion: bool) -> None:
    """Moving, giving away and binning are actions of their own."""
    group_id, owner_id = before.get("group_id", obj.group_id), before.get("owner_id", obj.owner_id)
    needed = {_OWN_ACTIONS[column] for column in before if column in _OWN_ACTIONS}
    if is_deletion:
        needed.add("delete")
    elif before.keys() - _OWN_ACTIONS.keys() or owned_parts_change(obj):
        needed.add("edit")
    for action in sorted(needed):
        _require_in(actor, action, obj, group_id, owner_id)
    if "group_id" in before:
        _check_moving(session, actor, obj)
    if "owner_id" in before and not _is_member(session, obj.owner_id, obj.group_id):
        raise InvalidInput(f"experimenter:{obj.owner_id} is not a member of experimenter_group:{obj.group_id}", field="owner_id")


def _check_moving(session: ActorSession, actor: Actor, obj: Owned) -> None:
    if not actor.has("Chgrp") and obj.group_id not in actor.memberships:
        raise NotAllowed(f"You are not a member of experimenter_group:{obj.group_id}")
    for dependent, column, found in dependents_of(type(obj), [obj.id]):
        here = select(dependent.id).where(getattr(dependent, column).in_(found), dependent.deleted_event_id.is_(None))
        _check_left(session, obj, dependent, here.where(dependent.group_id != obj.group_id))
    for part, column in placings_of(type(obj)):
        root, statement = select_roots(part)
        here = statement.where(getattr(part, column) == obj.id, root.deleted_event_id.is_(None), root.group_id != obj.group_id)
        _check_left(session, obj, root, here.with_only_columns(root.id))


def _check_left(session: ActorSession, obj: Owned, entity: type[Owned], statement: Any) -> None:
    """Nothing where all that would be left behind moves to the same group in the same flush."""
    moving: dict[tuple[type[Entity], int], int] = session.info.get("moving", {})
    for left in session.scalars(statement, execution_options=UNHELD):
        if moving.get((general(entity), left)) != obj.group_id:
            raise Conflict(f"{obj} cannot move to another group without {entity.singular()}:{left}", field="group_id")


def _check_default_group(session: ActorSession, obj: Base) -> None:
    if not isinstance(obj, Experimenter) or obj.default_group_id is None:
        return
    if not _is_member(session, obj.id, obj.default_group_id):
        raise InvalidInput("A default group is one that the person is a member of", field="default_group_id")


def _is_member(session: ActorSession, experimenter_id: int, group_id: int) -> bool:
    maps = select(GroupExperimenterMap.id).filter_by(parent_id=group_id, child_id=experimenter_id)
    return session.scalars(maps, execution_options=UNHELD).first() is not None


def _check_part_change(session: ActorSession, obj: Part, before: dict[str, Any], *, is_deletion: bool) -> None:
    whole, column, whole_column = whole_of(type(obj))
    if whole_column == "id" and before.get(column) is not None:
        former = session.get(class_of(inspect(whole).local_table), before[column])
        if former is None:
            raise NotFound(f"There is no {whole.singular()}:{before[column]}")
        require(session, "edit", former)
    root = root_of(session, obj)
    if root is not None and is_new(root):
        return
    if not (is_deletion and root is not None and inspect(root) in session._deleted):
        require(session, "edit", obj)
    if root is not None and before.keys() & {name for name, _ in references_of(type(obj))}:
        _check_references(session, obj, root.group_id)


def _check_directory(actor: Actor, obj: Base, *, is_new: bool = False, is_deletion: bool = False) -> None:
    """People, groups and enumerations are the administrators'; group owners look after their groups."""
    if isinstance(obj, Internal):
        raise NotAllowed("Only the server itself writes this")
    if isinstance(obj, Experimenter):
        check_account(actor, obj, is_new=is_new)
    if is_administered(actor, obj):
        return
    changed = set(values_before(obj))
    if isinstance(obj, Personal):
        is_allowed = obj.experimenter_id == actor.id and "experimenter_id" not in changed
    elif isinstance(obj, Experimenter):
        is_allowed = obj.id == actor.id and not is_deletion and not is_new and changed <= _OWN_PROFILE
    elif isinstance(obj, ExperimenterGroup):
        is_allowed = _owns_group(actor, obj.id) and not is_deletion and not is_new
        is_allowed = is_allowed and (obj.level != "read-write" or "level" not in changed) and "binary_access" not in changed
    elif isinstance(obj, GroupExperimenterMap):
        is_allowed = _owns_group(actor, obj.parent_id) and not changed & {"parent_id", "child_id"}
    else:
        is_allowed = False
    if not is_allowed:
        kind = "enumeration" if isinstance(obj, Enumeration) else obj.singular() if isinstance(obj, Entity) else "table"
        raise NotAllowed(told_who_may(actor, obj, kind))


def _owns_group(actor: Actor, group_id: int | None) -> bool:
    membership = actor.memberships.get(group_id or 0)
    return membership is not None and membership.is_owner
