"""Work that takes longer than a request, and uploads on their way in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.base import PRIVATE, READ_ONLY, Personal, referring

STATES = ("queued", "running", "done", "failed", "cancelled")


class Job(Personal):
    """Work that a person asked for: what kind, with what, how far it is, and what came of it.

    ``sudo_experimenter_id`` is the administrator who asked for it in the name of ``experimenter_id``.
    """

    __table_args__ = (CheckConstraint(f"state IN {STATES}", name="state"),)

    kind: Mapped[str] = mapped_column(String(60), index=True, info=READ_ONLY)
    state: Mapped[str] = mapped_column(String(20), default="queued", index=True, info=READ_ONLY)
    progress: Mapped[float] = mapped_column(default=0.0, info=READ_ONLY)
    message: Mapped[str] = mapped_column(Text, default="", info=READ_ONLY)
    arguments: Mapped[dict[str, Any]] = mapped_column(info=PRIVATE)
    result: Mapped[dict[str, Any] | None] = mapped_column(info=READ_ONLY)
    error: Mapped[dict[str, Any] | None] = mapped_column(info=READ_ONLY)
    group_id: Mapped[int | None] = referring("experimenter_group", index=False, info=READ_ONLY)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), info=READ_ONLY)
    sudo_experimenter_id: Mapped[int | None] = referring("experimenter", index=False, info=READ_ONLY)
    #: What the token was for that asked for it; None for who signed in with a password.
    scope: Mapped[str | None] = mapped_column(String(60), info=PRIVATE)
    started_at: Mapped[datetime | None] = mapped_column(info=READ_ONLY)
    finished_at: Mapped[datetime | None] = mapped_column(info=READ_ONLY)


class Upload(Personal):
    """Files on their way in; how much of each has come is the length of the file that is there."""

    files: Mapped[list[Any]] = mapped_column(info=READ_ONLY)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), info=READ_ONLY)
