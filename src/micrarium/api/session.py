"""Signing in and out over HTTP, and the tokens of whoever is asking."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from micrarium.actions import entering, sharing, signing_in
from micrarium.actions.limiting import SignInLimit
from micrarium.actions.signing_in import SignIn
from micrarium.api.edge import CSRF_COOKIE, SESSION_COOKIE, answer, answer_once, reading, sign_in_of, site_of, writing
from micrarium.api.own_session import keep_own_session, return_to_own_session
from micrarium.api.visiting import is_visit
from micrarium.api.visits import is_encrypted, visit_of
from micrarium.errors import NotSignedIn
from micrarium.model import Experimenter, ExperimenterGroup, Token
from micrarium.permissions import ActorSession, get_visible, open_session, scopes_of, visible

router = APIRouter(tags=["session"])


class Credentials(BaseModel):
    """What one signs in with."""

    username: str
    password: str


class SudoRequest(BaseModel):
    """Whom an administrator wants to work as."""

    username: str


class GroupChoice(BaseModel):
    """The group new objects should go into."""

    group_id: int


class TokenRequest(BaseModel):
    """A token to make. ``scope`` names what it is for: some of read, annotate, import, write and admin."""

    name: str = Field("", max_length=255)
    scope: str = "read"
    expires_at: datetime | None = None


def describe_session(session: ActorSession, sign_in: SignIn) -> dict[str, Any]:
    """Who is signed in, in which groups, and what this way of signing in is for."""
    actor = sign_in.actor
    person = get_visible(session, Experimenter, actor.id)
    names = dict(
        session.execute(visible(ExperimenterGroup, actor).with_only_columns(ExperimenterGroup.id, ExperimenterGroup.name)).all()
    )
    user = {"id": person.id, "username": person.ome_name, "is_admin": person.is_admin, "privileges": person.privileges}
    user |= {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}
    groups = [{"id": g, "name": names.get(g, ""), "level": m.level, "is_owner": m.is_owner} for g, m in actor.memberships.items()]
    told = {"user": user, "groups": groups, "group_id": actor.group_id, "csrf_token": sign_in.csrf_token}
    return told | {"sudo_experimenter_id": actor.sudo_id, "scopes": scopes_of(actor)}


def describe_visitor(request: Request) -> dict[str, Any]:
    """What a visitor is told instead of who is signed in: what the link shows, and that they are nobody."""
    user = {"id": 0, "username": "visitor", "first_name": "", "last_name": "", "email": None, "is_admin": False}
    told: dict[str, Any] = {"user": user | {"privileges": None}, "groups": [], "group_id": None, "csrf_token": ""}
    visit = sharing.describe_visit(site_of(request).engine, sign_in_of(request))
    scopes = ["read", "annotate"] if visit["may_annotate"] else ["read"]
    return told | {"sudo_experimenter_id": None, "scopes": scopes, "visit": visit}


@router.post("/session")
def sign_in(request: Request, credentials: Credentials) -> Response:
    """Sign in."""
    site = site_of(request)
    hours = site.settings.session_hours
    limit: SignInLimit = request.app.state.sign_in_limit
    visit = visit_of(request)
    address = visit.address
    limit.check(credentials.username, address)
    try:
        found = entering.enter_with_password(site, credentials.username, credentials.password, visit)
    except NotSignedIn:
        limit.note_failure(credentials.username, address)
        raise
    limit.forget(credentials.username, address)
    return _welcome(request, found, hours=hours)


def _welcome(request: Request, found: SignIn, *, hours: float) -> Response:
    """The session that was made, with its cookies."""
    with open_session(site_of(request).engine, found.actor, is_reading=True) as session:
        response = answer(describe_session(session, found))
    set_cookies(request, response, found, hours=hours)
    return response


def set_cookies(request: Request, response: Response, found: SignIn, *, hours: float) -> None:
    """Give a browser what shows that it is signed in."""
    is_secure = is_encrypted(request)
    age = int(hours * 3600)
    response.set_cookie(SESSION_COOKIE, found.key or "", max_age=age, httponly=True, samesite="lax", secure=is_secure)
    response.set_cookie(CSRF_COOKIE, found.csrf_token or "", max_age=age, samesite="lax", secure=is_secure)


@router.post("/session/sudo", operation_id="sudo")
def sign_in_as(request: Request, wanted: SudoRequest) -> Response:
    """Work as somebody else, for administrators with the privilege Sudo. What is done is recorded with both names."""
    found = signing_in.sign_in_as(site_of(request).engine, sign_in_of(request).actor, wanted.username, visit=visit_of(request))
    response = _welcome(request, found, hours=signing_in.SUDO_HOURS)
    keep_own_session(request, response)
    return response


@router.get("/experimenters/{experimenter_id}/sessions", operation_id="list_sessions")
def list_sessions(request: Request, experimenter_id: int) -> Response:
    """The browsers in which a person is signed in."""
    sign_in = sign_in_of(request)
    found = signing_in.list_sessions(site_of(request).engine, sign_in.actor, experimenter_id, key=sign_in.key)
    return answer({"items": found, "next": None})


@router.delete("/experimenters/{experimenter_id}/sessions/{session_id}", status_code=204, operation_id="end_session")
def end_session(request: Request, experimenter_id: int, session_id: int) -> Response:
    """Sign a browser out."""
    signing_in.end_session(site_of(request).engine, sign_in_of(request).actor, experimenter_id, session_id)
    return Response(status_code=204)


@router.get("/session")
def show_session(request: Request) -> Response:
    """Who is signed in, or what a visitor may see."""
    if is_visit(request):
        return answer(describe_visitor(request))
    with reading(request) as session:
        return answer(describe_session(session, sign_in_of(request)))


@router.patch("/session")
def change_session(request: Request, choice: GroupChoice) -> Response:
    """Change the current group."""
    changed = signing_in.change_group(site_of(request).engine, sign_in_of(request), choice.group_id)
    with reading(request) as session:
        return answer(describe_session(session, changed))


@router.delete("/session", status_code=204)
def sign_out(request: Request) -> Response:
    """Sign out; whoever works as somebody else is then in their own session again."""
    ended = sign_in_of(request)
    signing_in.sign_out(site_of(request).engine, ended.key or "")
    response = Response(status_code=204)
    return_to_own_session(request, response, ended)
    return response


def describe_token(token: Token) -> dict[str, Any]:
    """A token without its text."""
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "used_at": token.used_at,
    }


@router.get("/tokens")
def list_tokens(request: Request) -> Response:
    """The tokens of whoever is asking."""
    with reading(request) as session:
        actor = sign_in_of(request).actor
        tokens = session.scalars(visible(Token, actor).where(Token.experimenter_id == actor.id).order_by(Token.id))
        return answer({"items": [describe_token(token) for token in tokens], "next": None})


@router.post("/tokens", status_code=201)
def make_token(request: Request, wanted: TokenRequest) -> Response:
    """Make a token; its text is shown this once, and is null in the answer to a repetition (``Idempotency-Key``)."""
    with writing(request) as session:
        token, key = signing_in.make_token(session, name=wanted.name, scope=wanted.scope, expires_at=wanted.expires_at)
        return answer_once(request, describe_token(token) | {"token": key}, "token", status=201)


@router.delete("/tokens/{token_id}", status_code=204)
def withdraw_token(request: Request, token_id: int) -> Response:
    """Withdraw a token."""
    with writing(request) as session:
        session.delete(get_visible(session, Token, token_id))
    return Response(status_code=204)
