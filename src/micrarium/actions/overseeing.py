"""What administrators look over: who is signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from micrarium.model import LoginSession
from micrarium.permissions import Actor, every, system_session

_TOLD = ("id", "experimenter_id", "created_at", "expires_at", "group_id", "sudo_experimenter_id")


def list_open_sessions(engine: Engine, actor: Actor) -> list[dict[str, Any]]:
    """The browsers in which people are signed in, the newest first: everybody's with ``ReadSession``, else one's own."""
    statement = every(LoginSession).where(LoginSession.expires_at > datetime.now(UTC)).order_by(LoginSession.id.desc())
    if not actor.has("ReadSession"):
        statement = statement.where(LoginSession.experimenter_id == actor.id)
    with system_session(engine, f"experimenter:{actor.id} lists sessions", is_reading=True) as session:
        return [{name: getattr(found, name) for name in _TOLD} for found in session.scalars(statement)]
