"""From where a request comes and why, as it says: its client, its address, its token, and the header ``X-Reason``."""

from __future__ import annotations

from urllib.parse import unquote

from fastapi import Request

from micrarium.actions.signing_in import SignIn
from micrarium.errors import InvalidInput
from micrarium.permissions import Origin

REASON_HEADER = "X-Reason"
MOST_LETTERS = 1000
#: How our own clients begin the header User-Agent.
_CLIENTS = {"micrarium-cli": "cli", "micrarium-python": "python"}


def origin_of(request: Request, sign_in: SignIn) -> Origin:
    """From where a request comes. Raises ``InvalidInput`` for a reason of more than a thousand letters."""
    address = request.client.host if request.client else None
    return Origin(_client_of(request, sign_in), (address or "")[:64] or None, sign_in.token_name, reason_of(request))


def _client_of(request: Request, sign_in: SignIn) -> str:
    if sign_in.key is not None:
        return "web"  # who came with a browser's cookie
    agent = request.headers.get("user-agent", "").partition("/")[0]
    return _CLIENTS.get(agent, "api")


def reason_of(request: Request) -> str | None:
    """Why something is done, where the header says so: UTF-8, percent-encoded where a client cannot send that."""
    given = request.headers.get(REASON_HEADER)
    if given is None:
        return None
    text = unquote(given.encode("latin-1", "replace").decode("utf-8", "replace"), errors="replace")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(text) > MOST_LETTERS:
        raise InvalidInput(f"{REASON_HEADER} has {len(text)} letters; a reason has at most {MOST_LETTERS}", field=REASON_HEADER)
    return text or None
