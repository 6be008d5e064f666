"""Micrarium: a home for microscopy images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from micrarium.client import Client

__version__ = "0.1.0"


def connect(url: str | None = None, *, token: str | None = None, **options: Any) -> Client:
    """A client of the Micrarium server at ``url``; see :func:`micrarium.client.connect`."""
    from micrarium.client import connect as open_client

    return open_client(url, token=token, **options)
