"""Webhooks: addresses that are told of changes, and what came of each telling."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import CheckConstraint, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from micrarium.errors import InvalidInput
from micrarium.model.base import PRIVATE, READ_ONLY, Base, BigId, Entity, Personal, referring
from micrarium.model.events import EventLog

DELIVERY_STATES = ("waiting", "delivered", "failed")


class Webhook(Personal):
    """An address that is told of changes to what its owner may see.

    ``classes`` are the classes to tell of (``Image``, ``Dataset``; none: all), ``containers`` what they must lie in
    (``project:3``; none: anywhere). The secret signs each delivery.
    """

    name: Mapped[str] = mapped_column(String(255), default="")
    url: Mapped[str] = mapped_column(String(2000))
    classes: Mapped[list[Any]] = mapped_column(default=list)
    containers: Mapped[list[Any]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    secret: Mapped[str] = mapped_column(String(64), default=lambda: secrets.token_urlsafe(32), info=PRIVATE)
    #: The newest change that was looked at for this webhook; it is told of what comes after it was made.
    last_change_id: Mapped[int] = mapped_column(
        BigId, default=select(func.coalesce(func.max(EventLog.id), 0)).scalar_subquery(), info=READ_ONLY
    )
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), info=READ_ONLY)

    deliveries: Mapped[list[WebhookDelivery]] = relationship(back_populates="webhook", cascade="all, delete-orphan")

    @validates("url")
    def _check_url(self, _name: str, url: str) -> str:
        try:
            parts = urlsplit(url)
            is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        except ValueError:
            is_web = False
        if not is_web:
            raise InvalidInput("The address of a webhook begins with https:// or http:// and names a host", field="url")
        return url

    @validates("classes", "containers")
    def _check_names(self, name: str, value: list[Any]) -> list[Any]:
        if not isinstance(value, list) or not all(isinstance(part, str) and len(part) <= 255 for part in value):
            raise InvalidInput(f"{name} is a list of texts", field=name)
        known = {m.class_ for m in Base.registry.mappers if issubclass(m.class_, Entity)}
        for part in value:
            if name == "classes" and part not in {entity.__name__ for entity in known}:
                raise InvalidInput(f"There is no class {part!r}; classes are called as in Image or Dataset", field=name)
            kind, _, number = part.partition(":")
            is_id = number.isascii() and number.isdecimal() and len(number) < 19
            if name == "containers" and not (is_id and kind in {entity.singular() for entity in known}):
                raise InvalidInput(f"{part!r} names no container; it looks like project:3", field=name)
        return value


class WebhookDelivery(Personal):
    """One telling of changes to a webhook's address: what was sent, how often it was tried, and what was answered."""

    __plural__ = "webhook_deliveries"
    __table_args__ = (CheckConstraint(f"state IN {DELIVERY_STATES}", name="state"),)

    webhook_id: Mapped[int] = referring("webhook", info=READ_ONLY)
    state: Mapped[str] = mapped_column(String(20), default="waiting", index=True, info=READ_ONLY)
    payload: Mapped[dict[str, Any]] = mapped_column(info=READ_ONLY)
    attempts: Mapped[int] = mapped_column(default=0, info=READ_ONLY)
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True, info=READ_ONLY)
    response_status: Mapped[int | None] = mapped_column(info=READ_ONLY)
    message: Mapped[str | None] = mapped_column(String(1000), info=READ_ONLY)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), info=READ_ONLY)
    finished_at: Mapped[datetime | None] = mapped_column(info=READ_ONLY)

    webhook: Mapped[Webhook] = relationship(back_populates="deliveries")
