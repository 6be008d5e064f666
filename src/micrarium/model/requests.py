"""What is remembered of requests, so that one that is sent again makes nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.base import BigId, Internal, referring


class IdempotencyKey(Internal):
    """A request that made something, by the key its sender gave it, and the answer it got.

    The row is written in the transaction that makes the thing; ``status`` and the answer are added when they are known.
    Of the key only the SHA-256 is kept; ``fingerprint`` is that of the request's path and body.
    """

    __table_args__ = (UniqueConstraint("experimenter_id", "key_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    experimenter_id: Mapped[int] = referring("experimenter", index=False)
    key_hash: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), index=True)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[str | None] = mapped_column(Text)
