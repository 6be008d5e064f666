"""What administrators look over, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from micrarium.actions import overseeing
from micrarium.api.edge import answer, sign_in_of, site_of

router = APIRouter(tags=["people"])


@router.get("/sessions", operation_id="list_open_sessions")
def list_open_sessions(request: Request) -> Response:
    """The browsers in which people are signed in: everybody's for those with ``ReadSession``, else one's own."""
    found = overseeing.list_open_sessions(site_of(request).engine, sign_in_of(request).actor)
    return answer({"items": found, "next": None})
