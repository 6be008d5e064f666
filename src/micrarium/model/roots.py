"""Roots: folders, buckets and hosts that an administrator named, below which people may import what lies there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.base import BigId, Internal, referring

ROOT_KINDS = ("folder", "bucket", "host")
#: How files may be imported from a root: left where they are, or copied.
WAYS = ("in-place", "copy")
#: What became of something in a watched folder; ``changing`` until it stays as it is, ``queued`` while a job imports it.
WATCHED_STATES = ("changing", "queued", "done", "failed", "replaced")


class Root(Internal):
    """A place that files may be imported from.

    ``location`` is the path of a folder, ``s3://bucket/prefix`` or ``https://host/prefix``; ``ways`` are those of ``WAYS``
    that are allowed, the first of them for what a watched folder finds. ``is_private`` says that its server stands in the
    private network, which is refused otherwise.
    """

    __table_args__ = (CheckConstraint(f"kind IN {ROOT_KINDS}", name="kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    location: Mapped[str] = mapped_column(Text)
    ways: Mapped[list[Any]]
    endpoint: Mapped[str | None] = mapped_column(String(2000))
    region: Mapped[str | None] = mapped_column(String(100))
    access_key: Mapped[str | None] = mapped_column(String(255))
    secret_key: Mapped[str | None] = mapped_column(String(255))
    is_private: Mapped[bool] = mapped_column(default=False)
    is_watched: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


class RootGroup(Internal):
    """That the members of a group may import from a root."""

    root_id: Mapped[int] = referring("root", primary_key=True, index=False)
    group_id: Mapped[int] = referring("experimenter_group", primary_key=True)


class WatchedEntry(Internal):
    """A file, or a folder that is one file to its users, that was seen in a watched folder, and what became of it.

    ``path`` is below the root. ``size`` and ``mtime_ns`` are those it had when it was seen last, ``seen_at`` since when it has
    had them.
    """

    __table_args__ = (
        UniqueConstraint("root_id", "path_hash"),
        CheckConstraint(f"state IN {WATCHED_STATES}", name="state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    root_id: Mapped[int] = referring("root", index=False)
    path: Mapped[str] = mapped_column(Text)
    #: Of the path, which may be too long for an index.
    path_hash: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20), default="changing")
    job_id: Mapped[int | None] = referring("job")
