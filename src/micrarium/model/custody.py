"""What was found when files were last compared with what was recorded of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from micrarium.model.base import Internal, referring

#: ``away`` and ``drifted`` are files registered in place that are missing, or other ones than were registered; ``rebuilt`` is
#: a pyramid that was damaged and was made again.
OUTCOMES = ("ok", "missing", "changed", "unreadable", "away", "drifted", "rebuilt")


class Check(Internal):
    """When something was last compared, with what outcome, and in a sentence what is wrong with it."""

    __abstract__ = True

    checked_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(Text, default="")

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[CheckConstraint]:
        return (CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),)


class OriginalCheck(Check):
    """The last comparison of an original file with its checksum."""

    original_file_id: Mapped[int] = referring("original_file", index=False, primary_key=True, autoincrement=False)


class PyramidCheck(Check):
    """The last reading of every chunk of the pyramid of an image."""

    pixels_id: Mapped[int] = referring("pixels", index=False, primary_key=True, autoincrement=False)
