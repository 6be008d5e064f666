"""Putting objects into containers, into the bin, and back."""

from __future__ import annotations

from micrarium.model import Link, Owned
from micrarium.model.schema import links_from, links_to
from micrarium.permissions import ActorSession, bin_event, require, visible


def put_into_bin(session: ActorSession, obj: Owned) -> None:
    """Put an object into the bin, with its links: one event, by which all of it can be restored together.

    What a container holds stays; what is part of the object is no longer seen with it. Raises ``NotAllowed``.
    """
    require(session, "delete", obj)
    event_id = bin_event(session)
    for link in _links_of(session, obj):
        link.deleted_event_id = event_id
    obj.deleted_event_id = event_id


def _links_of(session: ActorSession, obj: Owned) -> list[Link]:
    assert session.actor is not None
    found: list[Link] = []
    kind = type(obj)
    for link in links_from(kind):
        found += session.scalars(visible(link, session.actor).where(link.parent_id == obj.id))
    for link in links_to(kind):
        found += session.scalars(visible(link, session.actor).where(link.child_id == obj.id))
    return found
