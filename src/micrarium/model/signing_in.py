"""What signing in from elsewhere needs to remember: who somebody is at a provider, and letters that wait for an answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from micrarium.model.base import BigId, Internal, referring

#: Where an account may come from besides here.
SOURCES = ("oidc", "ldap")


class ExternalIdentity(Internal):
    """That a person here is a person there: ``subject`` is what the provider ``issuer`` calls them for good.

    ``gave_admin`` tells that the provider made them an administrator, and so may take it back.
    """

    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    experimenter_id: Mapped[int] = referring("experimenter")
    source: Mapped[str] = mapped_column(String(10))
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(500))
    gave_admin: Mapped[bool] = mapped_column(default=False)
    used_at: Mapped[datetime]


class ProviderRequest(Internal):
    """A browser that was sent to the provider and is expected back, once. Only the SHA-256 of its state is kept."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = mapped_column(String(128))
    next_path: Mapped[str] = mapped_column(String(2000), default="/")
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PasswordReset(Internal):
    """A mail with which somebody may choose a new password, once. Only the SHA-256 of its key is kept."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    experimenter_id: Mapped[int] = referring("experimenter")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
