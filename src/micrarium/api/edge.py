"""The edge of HTTP: who is asking, one transaction a request, and errors as problem documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Request, Response
from starlette.exceptions import HTTPException

from micrarium.actions.limiting import RequestLimits
from micrarium.actions.opening import Site
from micrarium.actions.repeating import KeyedRequest, KeyTakenError, claim_key, find_answer
from micrarium.actions.safeguarding import keep_looks
from micrarium.actions.signing_in import SignIn, enter_with_token, resume_session
from micrarium.api.origin import origin_of
from micrarium.api.pages import is_page_wanted, make_page
from micrarium.api.repeating import AnsweredBeforeError
from micrarium.api.visiting import enter_visit, is_visit
from micrarium.errors import (
    Conflict,
    InvalidInput,
    MicrariumError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RangeNotSatisfiable,
    StaleVersion,
    TooManyRequests,
)
from micrarium.permissions import ActorSession, coming_from, open_session

SESSION_COOKIE = "micrarium_session"
CSRF_COOKIE = "micrarium_csrf"
#: An answer names no more faults of an input than these.
_MOST_FAULTS = 100
GROUP_HEADER = "X-Micrarium-Group"
_SAFE = {"GET", "HEAD", "OPTIONS"}


async def _declare_group(
    _group: Annotated[
        str | None, Query(alias="group", description="Only this group, by its id; `all` or -1 for all of one's groups")
    ] = None,
) -> None:
    """Nothing: the group is read from every request. This tells of it where people look for it."""


#: The dependencies of routes whose description tells of the parameter ``group``.
IN_GROUP = [Depends(_declare_group)]


def site_of(request: Request) -> Site:
    """The site this application serves."""
    site: Site = request.app.state.site
    return site


def sign_in_of(request: Request) -> SignIn:
    """Who is asking, by token or by cookie; found once a request. Raises ``NotSignedIn``."""
    found: SignIn | None = getattr(request.state, "sign_in", None)
    if found is None:
        found = count_request(request, lambda: _in_asked_group(request, _recognise(request)))
        request.state.sign_in = found
    return found


def recognise_again(request: Request) -> SignIn:
    """Who is asking, looked up anew, for an answer that goes on for long. Raises ``NotSignedIn`` when they may no longer ask."""
    return _in_asked_group(request, _recognise(request))


def count_request(request: Request, recognise: Callable[[], SignIn]) -> SignIn:
    """Who is asking, once the request was counted for them, or for the address it comes from when that is nobody.

    Raises ``TooManyRequests`` when there were too many; how many are left is told with the answer.
    """
    limits: RequestLimits = request.app.state.request_limits
    address = request.client.host if request.client else ""
    try:
        found = recognise()
    except NotSignedIn:
        request.scope.setdefault("state", {})["rate_limit"] = limits.of_others(f"address {address}")
        raise
    request.scope.setdefault("state", {})["rate_limit"] = limits.of_people(f"experimenter {found.actor.id}", request.url.path)
    return found


def count_anybody(request: Request) -> None:
    """Count a request that takes no sign-in: for whoever is signed in, else for the address. Raises ``TooManyRequests``."""
    with suppress(NotSignedIn):
        count_request(request, _nobody if is_visit(request) else partial(_recognise, request))


def _nobody() -> SignIn:
    raise NotSignedIn("A visitor is nobody here")


def _in_asked_group(request: Request, sign_in: SignIn) -> SignIn:
    """Who is asking, narrowed to the group that ``group=`` or the header names, as OMERO's clients do with ``omero.group``."""
    asked = (request.query_params.get("group") or request.headers.get(GROUP_HEADER) or "all").strip()
    if asked in ("all", "-1"):
        return sign_in
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        raise InvalidInput(f"group is the id of a group, or 'all', not {asked!r}", field="group")
    return replace(sign_in, actor=sign_in.actor.within(int(asked)))


def _recognise(request: Request) -> SignIn:
    site = site_of(request)
    if is_visit(request):
        return enter_visit(request, site)
    if acting := getattr(request.app.state, "acting_as", None):
        return SignIn(acting())  # an application without a network door, on one's own data folder
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return enter_with_token(site.engine, token.strip())
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
    note_looks(request, session)


def note_looks(request: Request, session: ActorSession) -> None:
    """Keep who looked at sensitive data in a session that is over."""
    if not session.info.get("sensitive"):
        return
    path = request.url.path
    if "/exports" in path:
        action = "export"
    elif path.endswith(("/original", "/originals", "/file")):
        action = "download"
    else:
        action = "share" if path.endswith("/grants") else "view"
    address = request.client.host if request.client else None
    keep_looks(site_of(request).engine, session, action=action, address=address)


@contextmanager
def writing(request: Request) -> Iterator[ActorSession]:
    """A session of whoever is asking, committed at the end of the block.

    A request with an ``Idempotency-Key`` claims it in the same transaction; one that was carried out before ends here.
    """
    sign_in, engine = sign_in_of(request), site_of(request).engine
    actor = sign_in.actor
    keyed: KeyedRequest | None = getattr(request.state, "keyed", None)
    if keyed is None or keyed.row_id is not None or actor.is_reading or actor.reach is not None:
        with coming_from(origin_of(request, sign_in)), open_session(engine, actor) as session:
            yield session
        note_looks(request, session)
        return
    if kept := find_answer(engine, actor, keyed):
        raise AnsweredBeforeError(kept)
    try:
        with coming_from(origin_of(request, sign_in)), open_session(engine, actor) as session:
            claim_key(session, keyed)
            yield session
    except KeyTakenError:
        if (kept := find_answer(engine, actor, keyed)) is None:
            raise Conflict("Another request with this Idempotency-Key is on its way; send it again") from None
        raise AnsweredBeforeError(kept) from None
    note_looks(request, session)


def answer(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A value as JSON."""
    try:
        body = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    except TypeError:  # keys that are no texts, which to allow for takes half as long again
        body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    return Response(body, status, headers, "application/json")


def answer_once(request: Request, value: Any, *secrets: str, **options: Any) -> Response:
    """A value as JSON in which the fields named ``secrets`` are shown this once: the answer to a repetition has them not."""
    keyed: KeyedRequest | None = getattr(request.state, "keyed", None)
    if keyed is not None:
        keyed.secrets = frozenset(secrets)
    return answer(value, **options)


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
    scheme = 'Basic realm="share link"' if error.extra.get("needs") == "password" else "Bearer"
    headers = {"WWW-Authenticate": scheme} if error.status == 401 else {}
    if isinstance(error, RangeNotSatisfiable):
        headers = {"Content-Range": f"bytes */{error.extra['size_bytes']}"}
    if isinstance(error, TooManyRequests):
        headers = error.headers | {"Retry-After": str(error.extra["wait_s"])}
    return Response(_dump(document), status or error.status, headers, "application/problem+json")


async def handle_micrarium_error(request: Request, error: Exception) -> Response:
    """The answer to one of our own errors."""
    assert isinstance(error, MicrariumError)
    told = problem(error)
    if "sec-fetch-mode" in request.headers and told.headers.get("www-authenticate", "").startswith("Basic"):
        told.headers["WWW-Authenticate"] = "Link"  # a page asks in its own way; browsers would ask first
    return told


async def handle_http_error(request: Request, error: Exception) -> Response:
    """The answer to what the framework refuses: an unknown path, a method that is not allowed."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and is_page_wanted(request):
        return make_page(request, 404)
    document = {"type": "about:blank", "title": error.detail, "status": error.status_code, "detail": str(error.detail)}
    return Response(_dump(document), error.status_code, error.headers, "application/problem+json")


async def handle_invalid_request(_request: Request, error: Exception) -> Response:
    """The answer to input of the wrong form: the first fault in one sentence, and all of them in ``errors``."""
    found = error.errors()[:_MOST_FAULTS]  # type: ignore[attr-defined]  # FastAPI's own error
    faults = [{"field": ".".join(str(part) for part in f["loc"][1:]), "detail": f["msg"]} for f in found]
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
