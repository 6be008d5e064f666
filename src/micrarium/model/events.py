"""Events: who changed what, when, from where and why, and what stood there before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.base import PRIVATE, READ_ONLY, BigId, Entity, Internal, referring


def _said(column: str) -> dict[str, Any]:
    """The few rows in which a column says something, for an index that leaves out the others."""
    is_said = text(f"{column} IS NOT NULL")
    return {"sqlite_where": is_said, "postgresql_where": is_said}


class Event(Entity):
    """One change a person or the server made, of any number of objects.

    ``sudo_experimenter_id`` is the administrator who made it in the name of ``experimenter_id``, ``grant_id`` the share link
    by which somebody without an account made it in the name of the link's maker, ``group_id`` the group of
    what was changed. ``client`` says through what it came: ``web``, ``cli``, ``python``, ``api`` or ``server``.
    ``undoes_event_id`` is the event that this one took back.
    """

    __table_args__ = (
        Index("ix_event_experimenter_id_time", "experimenter_id", "time", "id"),
        Index("ix_event_group_id_time", "group_id", "time", "id"),
        Index("ix_event_time", "time", "id"),
        Index("ix_event_reason", "time", "id", **_said("reason")),
        Index("ix_event_undoes", "undoes_event_id", **_said("undoes_event_id")),
    )

    time: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), info=READ_ONLY)
    type: Mapped[str] = mapped_column(String(40), default="User", info=READ_ONLY)
    reason: Mapped[str | None] = mapped_column(String(1000), info=READ_ONLY)
    experimenter_id: Mapped[int | None] = referring("experimenter", index=False, info=READ_ONLY)
    sudo_experimenter_id: Mapped[int | None] = referring("experimenter", index=False, info=READ_ONLY)
    grant_id: Mapped[int | None] = referring("grant", index=False, info=READ_ONLY)
    group_id: Mapped[int | None] = referring("experimenter_group", index=False, info=READ_ONLY)
    client: Mapped[str | None] = mapped_column(String(20), info=READ_ONLY)
    address: Mapped[str | None] = mapped_column(String(64), info=PRIVATE)
    token_name: Mapped[str | None] = mapped_column(String(255), info=PRIVATE)
    job_id: Mapped[int | None] = mapped_column(BigInteger, info=READ_ONLY)
    undoes_event_id: Mapped[int | None] = referring("event", index=False, info=READ_ONLY)


class EventLog(Internal):
    """What an event did to one object. Read through the object's history, by those who may see the object."""

    __table_args__ = (
        Index("ix_event_log_entity", "entity_type", "entity_id", "event_id"),
        Index("ix_event_log_kind", "entity_type", "event_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[int] = referring("event")
    action: Mapped[str] = mapped_column(String(10))
    entity_type: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[int] = mapped_column(BigId)
    old_values: Mapped[dict[str, Any] | None]
    new_values: Mapped[dict[str, Any] | None]


class EventSubject(Internal):
    """That a change belongs to the history of another object too: the ends of a link, the wholes of a part."""

    entity_type: Mapped[str] = mapped_column(String(60), primary_key=True)
    entity_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = referring("event", index=False, primary_key=True, autoincrement=False)
    log_id: Mapped[int] = referring("event_log", primary_key=True, autoincrement=False)


class EventDay(Internal):
    """How many events a person made in a group on a day (UTC) that is over; 0 stands for no person and no group."""

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    experimenter_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    group_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    count: Mapped[int]
