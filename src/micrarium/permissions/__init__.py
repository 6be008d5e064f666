"""Which rows an actor may see and what they may do to them, as SQL; and the sessions that hold everyone to it."""

from __future__ import annotations

from micrarium.permissions.rules import ACTIONS, ALLOWED, Actor, Membership
from micrarium.permissions.sessions import ActorSession, dialect_of, load_actor, open_session, system_session
from micrarium.permissions.visibility import every, find_by, get_visible, visible
from micrarium.permissions.writing import allowed_actions, bin_event, history_of, require, root_of

__all__ = [
    "ACTIONS", "ALLOWED", "Actor", "ActorSession", "Membership", "allowed_actions", "bin_event", "dialect_of", "every",
    "find_by", "get_visible", "history_of", "load_actor", "open_session", "require", "root_of", "system_session", "visible",
]  # fmt: skip
