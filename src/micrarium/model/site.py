"""What administrators keep about a site: the banner that everyone sees, and class rooms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.base import BigId, Internal, referring

#: How a banner is shown: as news, as something to mind, as something that is wrong.
BANNER_LEVELS = ("info", "warning", "error")


class Banner(Internal):
    """A message that is shown to everyone, also before they sign in; the newest row counts until it ends."""

    __table_args__ = (CheckConstraint(f"level IN {BANNER_LEVELS}", name="level"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(String(20), default="info")
    ends_at: Mapped[datetime | None]
    set_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    experimenter_id: Mapped[int | None] = referring("experimenter", index=False)


class Classroom(Internal):
    """A group made for a course: its accounts, by their ids, and the dataset each of them got a copy of."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    group_id: Mapped[int] = referring("experimenter_group", index=False)
    dataset_id: Mapped[int | None] = referring("dataset", index=False)
    user_ids: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
