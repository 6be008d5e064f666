"""The edge of HTTP: who is asking, one transaction a request, and errors as problem documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from fastapi import Request, Response
from starlette.exceptions import HTTPException

from micrarium.actions.opening import Site
from micrarium.actions.signing_in import SignIn, enter_with_token, resume_session
from micrarium.api.pages import is_page_wanted, make_page
from micrarium.errors import InvalidInput, MicrariumError, NotAllowed, NotFound, NotSignedIn, StaleVersion
from micrarium.permissions import ActorSession, open_session

SESSION_COOKIE = "micrarium_session"
CSRF_COOKIE = "micrarium_csrf"
_SAFE = {"GET", "HEAD", "OPTIONS"}


def site_of(request: Request) -> Site:
    """The site this application serves."""
    site: Site = request.app.state.site
    return site


def sign_in_of(request: Request) -> SignIn:
    """Who is asking, by token or by cookie; found once a request. Raises ``NotSignedIn``."""
    found: SignIn | None = getattr(request.state, "sign_in", None)
    if found is None:
        found = request.state.sign_in = _recognise(request)
    return found


def _recognise(request: Request) -> SignIn:
    site = site_of(request)
    if acting := getattr(request.app.state, "acting_as", None):
        return SignIn(acting())  # an application without a network door, on one's own data folder
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return enter_with_token(site.engine, token.strip(), is_reading=request.method in _SAFE)
    key = request.cookies.get(SESSION_COOKIE)
    if not key:
        raise NotSignedIn("Sign in, or send a token as 'Authorization: Bearer TOKEN'")
    sign_in = resume_session(site.engine, key, hours=site.settings.session_hours)
    if request.method not in _SAFE and request.headers.get("x-csrf-token") != sign_in.csrf_token:
        raise NotAllowed("The header X-CSRF-Token is missing or not that of this session", field="X-CSRF-Token")
    return sign_in


@contextmanager
def reading(request: Request) -> Iterator[ActorSession]:
    """A session of whoever is asking, that only reads."""
    actor = sign_in_of(request).actor
    with open_session(site_of(request).engine, actor, is_reading=True) as session:
        yield session


@contextmanager
def writing(request: Request) -> Iterator[ActorSession]:
    """A session of whoever is asking, committed at the end of the block."""
    actor = sign_in_of(request).actor
    with open_session(site_of(request).engine, actor) as session:
        yield session


def answer(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A value as JSON."""
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    return Response(body, status, headers, "application/json")


def etag_of(version: int) -> str:
    """The entity tag of a version of an object."""
    return f'"{version}"'


def check_if_match(request: Request, version: int) -> None:
    """Nothing, unless ``If-Match`` names another version than the one there is: then ``StaleVersion``."""
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip() not in ("*", etag_of(version), f"W/{etag_of(version)}"):
        raise StaleVersion("It was changed meanwhile; load it again", version=version)


def _dump(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:  # half of a character, which only escapes can write
        return json.dumps(document).encode("ascii")


def problem(error: MicrariumError, *, status: int | None = None) -> Response:
    """An error as a problem document (RFC 9457)."""
    document = error.to_problem()
    if status is not None:
        document["status"] = status
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return Response(_dump(document), status or error.status, headers, "application/problem+json")


async def handle_micrarium_error(_request: Request, error: Exception) -> Response:
    """The answer to one of our own errors."""
    assert isinstance(error, MicrariumError)
    return problem(error)


async def handle_http_error(request: Request, error: Exception) -> Response:
    """The answer to what the framework refuses: an unknown path, a method that is not allowed."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and is_page_wanted(request):
        return make_page(404)
    document = {"type": "about:blank", "title": error.detail, "status": error.status_code, "detail": str(error.detail)}
    return Response(_dump(document), error.status_code, error.headers, "application/problem+json")


async def handle_invalid_request(_request: Request, error: Exception) -> Response:
    """The answer to input of the wrong form: the first fault in one sentence, and all of them in ``errors``."""
    faults = [{"field": ".".join(str(part) for part in f["loc"][1:]), "detail": f["msg"]} for f in error.errors()]  # type: ignore[attr-defined]  # FastAPI's own error
    first = faults[0] if faults else {"field": "", "detail": "The request is not of the right form"}
    told = InvalidInput(f"{first['field'] or 'The request'}: {first['detail']}", field=first["field"] or None, errors=faults)
    return problem(told)


async def handle_unkeepable(request: Request, error: Exception) -> Response:
    """The answer to what no database can hold: a number of more than 64 bits, half of a character, a NUL in a text.

    An object with such a number is simply not there.
    """
    if isinstance(error, UnicodeError) or "NUL (0x00)" in str(error):
        return problem(InvalidInput("A text holds a NUL or half of a character, which cannot be kept"))
    for value in request.path_params.values():
        if str(value).lstrip("-").isdecimal() and abs(int(value)) >= 2**63:
            return problem(NotFound(f"There is nothing with the number {value}"))
    return problem(InvalidInput("A number is too large; ids and limits have at most 64 bits"))


async def handle_unexpected(_request: Request, _error: Exception) -> Response:
    """The answer to a fault of ours, which the log has in full."""
    document = {
        "type": "about:blank",
        "title": "Internal error",
        "status": 500,
        "detail": "Something failed here; the log tells more",
    }
    return Response(_dump(document), 500, media_type="application/problem+json")
