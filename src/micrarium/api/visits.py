"""From where a request comes. What proxies say of that was taken in already, where they are trusted (see ``app.py``)."""

from __future__ import annotations

from fastapi import Request

from micrarium.actions.signing_in import Visit
from micrarium.api.edge import site_of


def visit_of(request: Request) -> Visit:
    """From where somebody comes, and with what."""
    return Visit(address_of(request), request.headers.get("user-agent", ""))


def address_of(request: Request) -> str:
    """The address of who is asking."""
    return request.client.host if request.client else ""


def is_encrypted(request: Request) -> bool:
    """Whether the browser speaks TLS, to us or to a proxy before us."""
    is_public = (site_of(request).settings.public_url or "").startswith("https://")
    return is_public or request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
