"""Visitors without an account: everything below ``/s/KEY`` (a share link) and ``/public`` (what is published).

The prefix stands before any address of the server, so every client can use a link as if it were a server of its own:
the pages, the API, live OME-Zarr. What a visitor may ask for is listed here; what is asked for is narrowed by the session.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import orjson
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from micrarium.actions.blinding import blind
from micrarium.actions.limiting import SignInLimit
from micrarium.actions.opening import Site
from micrarium.actions.sharing import enter_link, enter_public
from micrarium.actions.signing_in import SignIn
from micrarium.errors import NotAllowed, NotSignedIn
from micrarium.model import Enumeration, Experimenter, ExperimenterGroup, Owned, Part
from micrarium.model.schema import entity_by_plural

_API = "/api/v1/"
PROOF_COOKIE = "micrarium_visit"
_PREFIX = re.compile(r"/(?:s/([A-Za-z0-9_-]{20,64})|public)(?=/|$)")
#: What visitors may read, besides the entities themselves, as the templates of paths.
_READ = re.compile(
    r"/api/v1/(?:tree|search|session|visit|images/\{image_id\}/(?:thumbnail|planes?|region|histogram|rendering|original)"
    r"|(?:images|datasets|projects|plates|screens)/\{object_id\}/ro-crate-metadata\.json|\w+/\{object_id\}/annotations)"
    r"|/zarr/(?:images|plates)/.*|/(?:images|datasets|projects|plates|screens)/\{object_id(?::int)?\}"
)
_ENTITY = re.compile(r"/api/v1/(\w+)(?:/\{object_id\})?")
_NOT_READ_BLIND = re.compile(r"/api/v1/(?:search|images/\{image_id\}/original)")
_ANNOTATE = re.compile(r"/api/v1/\w+/\{object_id\}/annotations")
#: The kinds of classes a visitor may ask for: data, what it is made of, and who it is from; not what happened, nor who is told.
_SHOWN = (Owned, Part, Enumeration, Experimenter, ExperimenterGroup)
#: The classes a blind link answers; all others hold little but who, when and where from.
_BLIND = frozenset({
    "projects", "datasets", "screens", "plates", "plate_acquisitions", "wells", "well_samples", "images", "pixels", "channels",
    "annotations", "logical_channels", "stats_infos", "rois", "shapes", "objectives", "objective_settings", "detectors",
    "detector_settings",
})  # fmt: skip
#: The parameters of lists with a blind link: others could be used to guess names and dates.
_BLIND_PARAMETERS = re.compile(
    r"limit|cursor|include|fields|(project|dataset|screen|plate|well|image|roi|pixels|plate_acquisition)(_id)?|orphaned"
    r"|size|format|quality|[xyztcmp]|z_start|z_end|width|height|level|channel|bins|v"
)
_BLIND_HEADERS = re.compile(
    rb"content-type|content-length|etag|cache-control|vary|accept-ranges|content-range|access-control-.*|set-cookie"
    rb"|x-content-type-options|referrer-policy|content-security-policy|cross-origin-.*|retry-after|www-authenticate"
)


class Visits:
    """Takes the prefix of a visit off the path, and from a blind visit's answers what tells whose the data are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        match = _PREFIX.match(scope["path"]) if scope["type"] == "http" else None
        if match is None:
            await self.app(scope, receive, send)
            return
        state = {**scope.get("state", {}), "visit": match[1] or "public"}
        inner = {**scope, "root_path": scope.get("root_path", "") + match[0], "state": state}
        await self.app(inner, receive, _Answer(inner, send))


class _Answer:
    """Sends an answer on, without what a blind visit must not tell."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self._send = scope, send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        sign_in: SignIn | None = self.scope["state"].get("sign_in")
        terms = sign_in.actor.reach if sign_in is not None else None
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Referrer-Policy"] = "no-referrer"  # the address is the key
            if terms is not None and terms.is_blind:
                message["headers"] = [pair for pair in message["headers"] if _BLIND_HEADERS.fullmatch(pair[0].lower())]
            if terms is not None and terms.is_blind and self._is_json(message):
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                assert terms is not None
                await self._finish(terms)
            return
        await self._send(message)

    def _is_json(self, message: Message) -> bool:
        kind = MutableHeaders(scope=message).get("content-type", "")
        path: str = self.scope["path"].removeprefix(self.scope["root_path"])
        # Live OME-Zarr and crates are made without it where they are made.
        return "json" in kind and path.startswith("/api/v1/") and not path.endswith(("ro-crate-metadata.json", "/visit"))

    async def _finish(self, terms: Any) -> None:
        assert self._start is not None
        path: str = self.scope["path"].removeprefix(self.scope["root_path"])
        entity = entity_by_plural().get(path.split("/")[3] if path.count("/") > 2 else "")
        is_annotations = path.endswith("/annotations")
        try:
            told = orjson.loads(self._body)
        except orjson.JSONDecodeError:
            told = None
        if self._start["status"] >= 400 and isinstance(told, dict):
            body = orjson.dumps({name: told.get(name) for name in ("type", "title", "status")} | {"detail": told.get("title")})
        else:
            noun = entity.singular() if entity is not None and not is_annotations else ""
            body = orjson.dumps(blind(told, terms, noun=noun))
        MutableHeaders(scope=self._start)["Content-Length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def is_visit(request: Request) -> bool:
    """Whether a request comes by a share link or to what is published."""
    return getattr(request.state, "visit", None) is not None


def enter_visit(request: Request, site: Site) -> SignIn:
    """The actor a visitor is. Raises ``NotFound`` for a link that is none, ``NotSignedIn``, ``NotAllowed``."""
    key: str = request.state.visit
    if key == "public":
        found = enter_public(site.engine, public_group=site.settings.public_group)
    else:
        found, request.state.proof = _enter_link(request, site, key)
    _check_route(request, found)
    return found


def _enter_link(request: Request, site: Site, key: str) -> tuple[SignIn, str | None]:
    password = _given_password(request)
    limit: SignInLimit = request.app.state.sign_in_limit
    address, name = request.client.host if request.client else "", f"link {key}"
    if password is not None:
        limit.check(name, address)
    try:
        return enter_link(site.engine, key, password=password, proof=request.cookies.get(PROOF_COOKIE), visitor=address)
    except NotSignedIn:
        if password is not None:
            limit.note_failure(name, address)
        raise


def _given_password(request: Request) -> str | None:
    """The password of HTTP's basic scheme, which every client can send; whatever name comes with it."""
    given: str | None = getattr(request.state, "visit_password", None)
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    if given is not None or scheme.lower() != "basic":
        return given
    try:
        return base64.b64decode(coded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _check_route(request: Request, sign_in: SignIn) -> None:
    """Nothing for what visitors may ask for, else ``NotAllowed``."""
    reach = sign_in.actor.reach
    assert reach is not None
    template = _template_of(request)
    if request.method in ("GET", "HEAD"):
        entity = entity_by_plural().get(match[1]) if (match := _ENTITY.fullmatch(template)) else None
        is_allowed = (entity is not None and issubclass(entity, _SHOWN)) or _READ.fullmatch(template) is not None
        if reach.is_blind:
            is_allowed = _is_blind_route(request, template) and is_allowed
    else:
        is_allowed = reach.may_annotate and request.method == "POST" and _ANNOTATE.fullmatch(template) is not None
        is_allowed = is_allowed or template == "/api/v1/visit"
    if not is_allowed:
        raise NotAllowed("This link does not show that, or lets nobody do it")


def _template_of(request: Request) -> str:
    """The path of the route that was found, with names for what differs; routers do not know what they are included below."""
    template: str = getattr(request.scope.get("route"), "path", "")
    path = request.scope["path"].removeprefix(request.scope["root_path"])
    is_api = path.startswith(_API) and not template.startswith(_API)
    return f"/api/v1{template}" if is_api else template


def _is_blind_route(request: Request, template: str) -> bool:
    match = _ENTITY.match(template)
    given = request.query_params.items()
    names = [n for n, value in given if not _BLIND_PARAMETERS.fullmatch(n) and (n, value.lstrip("-")) != ("sort", "id")]
    if names or _NOT_READ_BLIND.fullmatch(template):
        return False
    return match is None or match[1] in _BLIND or match[1] in ("tree", "session", "visit")
