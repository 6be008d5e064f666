"""Events: who changed what, when, and what stood there before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.base import READ_ONLY, BigId, Entity, Internal, referring


class Event(Entity):
    """One change a person or the server made, of any number of objects.

    ``sudo_experimenter_id`` is the administrator who made it in the name of ``experimenter_id``; ``grant_id`` the share
    link by which somebody without an account made it, in the name of the link's maker.
    """

    time: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), index=True, info=READ_ONLY)
    type: Mapped[str] = mapped_column(String(40), default="User", info=READ_ONLY)
    reason: Mapped[str | None] = mapped_column(String(1000), info=READ_ONLY)
    experimenter_id: Mapped[int | None] = referring("experimenter", info=READ_ONLY)
    sudo_experimenter_id: Mapped[int | None] = referring("experimenter", index=False, info=READ_ONLY)
    group_id: Mapped[int | None] = referring("experimenter_group", info=READ_ONLY)
    grant_id: Mapped[int | None] = referring("grant", index=False, info=READ_ONLY)


class EventLog(Internal):
    """What an event did to one object. Read through the object's history, by those who may see the object."""

    __table_args__ = (Index("ix_event_log_entity", "entity_type", "entity_id", "event_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[int] = referring("event")
    action: Mapped[str] = mapped_column(String(10))
    entity_type: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[int] = mapped_column(BigId)
    old_values: Mapped[dict[str, Any] | None]
    new_values: Mapped[dict[str, Any] | None]
