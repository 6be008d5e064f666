"""The way back from working as somebody else: one's own session, kept aside in a cookie that only the session's routes get."""

from __future__ import annotations

from fastapi import Request, Response

from micrarium.actions.signing_in import SUDO_HOURS, SignIn, resume_session
from micrarium.api.edge import CSRF_COOKIE, SESSION_COOKIE, site_of
from micrarium.api.visits import is_encrypted
from micrarium.errors import NotSignedIn

OWN_COOKIE = "micrarium_own_session"
_PATH = "/api/v1/session"


def keep_own_session(request: Request, response: Response) -> None:
    """Let the browser keep the session it has while it works in another; a script with a token has none."""
    if key := request.cookies.get(SESSION_COOKIE):
        age = int(SUDO_HOURS * 3600)
        response.set_cookie(
            OWN_COOKIE, key, max_age=age, httponly=True, samesite="strict", secure=is_encrypted(request), path=_PATH
        )


def return_to_own_session(request: Request, response: Response, ended: SignIn) -> None:
    """Go back to the session that was kept aside, where the one that ended was that of somebody else; else sign out."""
    response.delete_cookie(OWN_COOKIE, path=_PATH)
    own = _own_session(request) if ended.actor.sudo_id is not None else None
    if own is None or own.actor.id != ended.actor.sudo_id:
        response.delete_cookie(SESSION_COOKIE)
        response.delete_cookie(CSRF_COOKIE)
        return
    age = int(site_of(request).settings.session_hours * 3600)
    response.set_cookie(SESSION_COOKIE, own.key or "", max_age=age, httponly=True, samesite="lax", secure=is_encrypted(request))
    response.set_cookie(CSRF_COOKIE, own.csrf_token or "", max_age=age, samesite="lax", secure=is_encrypted(request))


def _own_session(request: Request) -> SignIn | None:
    site = site_of(request)
    try:
        return resume_session(site.engine, request.cookies.get(OWN_COOKIE, ""), hours=site.settings.session_hours)
    except NotSignedIn:
        return None
