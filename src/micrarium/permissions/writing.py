"""The one way changes go into the database: each flush is stamped, checked against the table of rules, and recorded."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, inspect

from micrarium.errors import InvalidInput
from micrarium.geometry import KINDS, Quantity
from micrarium.model import Base, Owned, Personal
from micrarium.permissions.accounts import check_accounts
from micrarium.permissions.checking import check_change, check_new
from micrarium.permissions.numbering import forget_numbers, number_apart
from micrarium.permissions.recording import event_of, note_changes_of, owned_parts_change, values_before
from micrarium.permissions.scopes import check_scopes
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import general, references_of, referred, root_of

_BOOKKEEPING = {"version", "update_event_id", "creation_event_id"}


@event.listens_for(ActorSession, "before_flush")
def _check_and_stamp(session: ActorSession, _context: Any, _instances: Any) -> None:
    new, deleted = list(session.new), list(session.deleted)
    # A collection of independent objects is no change of what they are listed in; those objects are checked themselves.
    dirty = [o for o in session.dirty if session.is_modified(o, include_collections=False) or owned_parts_change(o)]
    if not (new or dirty or deleted):
        return
    actor = session.actor
    if actor is not None:
        check_scopes(actor, (*new, *dirty, *deleted))
    moving = [obj for obj in dirty if isinstance(obj, Owned) and "group_id" in values_before(obj)]
    session.info["moving"] = {(general(type(obj)), obj.id): obj.group_id for obj in moving}
    with session.no_autoflush:
        for obj in new:
            _stamp_new(session, obj)
        number_apart(session, new)
        if actor is not None:
            for obj in new:
                check_new(session, actor, obj)
            for obj in dirty:
                check_change(session, actor, obj, is_deletion=False)
            for obj in deleted:
                check_change(session, actor, obj, is_deletion=True)
        check_accounts(session, new, dirty, deleted)
        for obj in dirty:
            _stamp_changed(session, obj)
        note_changes_of(session, new, dirty, deleted)
    if deleted:
        forget_numbers(session)


def _stamp_new(session: ActorSession, obj: Base) -> None:
    _canonise(obj)
    actor = session.actor
    if isinstance(obj, Personal) and _is_unset(obj, "experimenter_id") and actor is not None:
        obj.experimenter_id = actor.id
    if not isinstance(obj, Owned):
        return
    if _is_unset(obj, "owner_id") and actor is not None:
        obj.owner_id = actor.id
    if _is_unset(obj, "group_id"):
        obj.group_id = _group_for(session, obj)
    obj.creation_event_id = obj.update_event_id = event_of(session)


def _is_unset(obj: Base, column: str) -> bool:
    """Whether a column of a new object was given no value yet."""
    return getattr(obj, column) is None


def _group_for(session: ActorSession, obj: Owned) -> int:
    """The group a new object goes into: that of what it is about, else the actor's current one."""
    for column, _ in references_of(type(obj)):
        context = referred(session, obj, column)
        root = root_of(session, context) if context is not None else None
        if root is not None and not _is_unset(root, "group_id"):
            return root.group_id
    if session.actor is None or session.actor.group_id is None:
        raise InvalidInput("You are in no group that the new object could go into", field="group_id")
    return session.actor.group_id


def _stamp_changed(session: ActorSession, obj: Base) -> None:
    _canonise(obj)
    if isinstance(obj, Owned) and (set(values_before(obj)) - _BOOKKEEPING or owned_parts_change(obj)):
        obj.update_event_id = event_of(session)


def _canonise(obj: Base) -> None:
    """Keep the column a quantity is searched by in step with the number and unit as given."""
    for column in inspect(type(obj)).columns:
        if kind := column.info.get("quantity"):
            value, unit = getattr(obj, column.key), getattr(obj, f"{column.key}_unit")
            given = None if value is None else Quantity(value, unit or KINDS[kind])
            setattr(obj, f"{column.key}_canonical", given and given.canonical(kind))
