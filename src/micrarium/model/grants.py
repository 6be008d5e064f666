"""What is shown to people without an account: share links and publications; and who looked at sensitive data."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.base import BigId, Internal, Personal, referring

AUDIENCES = ("link", "public")
#: The classes a grant can be about; a ``Search`` is about whatever its query finds.
GRANTED = ("Project", "Dataset", "Screen", "Plate", "Image", "Search")


class Grant(Personal):
    """That somebody lets people without an account see something: those with a link, or everybody (a publication).

    It shows what lies below the object, and never more than its maker may see. ``opens_at`` is the end of an embargo.
    ``is_blind`` hides people, institutions, dates, names and files; ``shown_keys`` are the key-values it shows all the same.
    """

    __table_args__ = (
        CheckConstraint(f"audience IN {AUDIENCES}", name="audience"),
        CheckConstraint(f"entity_type IN {GRANTED}", name="entity_type"),
        Index("ix_grant_entity", "entity_type", "entity_id"),
    )

    audience: Mapped[str] = mapped_column(String(10))
    entity_type: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[int | None] = mapped_column(BigId)
    query: Mapped[str | None] = mapped_column(String(1000))
    name: Mapped[str] = mapped_column(String(255), default="")
    key_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    may_annotate: Mapped[bool] = mapped_column(default=False)
    is_blind: Mapped[bool] = mapped_column(default=False)
    shown_keys: Mapped[list[Any]] = mapped_column(default=list)
    reason: Mapped[str | None] = mapped_column(String(1000))
    group_id: Mapped[int | None] = referring("experimenter_group")
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    opens_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class GrantUse(Internal):
    """How often a grant was used on a day, and when last."""

    __table_args__ = (UniqueConstraint("grant_id", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    grant_id: Mapped[int] = referring("grant", index=False)
    day: Mapped[date] = mapped_column(Date)
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]


class SensitiveAccess(Internal):
    """That somebody looked at, downloaded or shared something sensitive; once an hour for the same thing and way."""

    __table_args__ = (Index("ix_sensitive_access_entity", "entity_type", "entity_id", "time"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    time: Mapped[datetime]
    experimenter_id: Mapped[int | None] = referring("experimenter")
    sudo_experimenter_id: Mapped[int | None] = referring("experimenter", index=False)
    grant_id: Mapped[int | None] = referring("grant", index=False)
    entity_type: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[int] = mapped_column(BigId)
    action: Mapped[str] = mapped_column(String(20))
    address: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(1000))
