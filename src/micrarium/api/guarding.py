"""What holds for every request before a route sees it: its size, the pages that may ask, and the headers of its answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import MutableMapping
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from micrarium.api.repeating import Repeating
from micrarium.errors import TooLarge
from micrarium.settings import Settings

#: Pieces of uploads have a limit of their own, and are written as they come.
_UPLOAD = re.compile(r"/api/v1/uploads/\d+")
_EXPOSED = (
    "ETag, Content-Range, Content-Length, Content-Disposition, Accept-Ranges, Link, Location, Idempotent-Replayed, "
    "Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
)
_ALLOWED_HEADERS = (
    "Authorization, Content-Type, Accept, Range, If-Match, If-None-Match, If-Range, Cache-Control, Idempotency-Key, "
    "Last-Event-ID, Upload-Offset, X-CSRF-Token"
)
_YEAR_S = 31_536_000


def add_guards(app: FastAPI) -> None:
    """Put the guards before an application; the last one added sees a request first."""
    app.add_middleware(Repeating)
    app.add_middleware(BodyLimit)
    app.add_middleware(HeadAnswers)
    app.add_middleware(OtherOrigins)
    app.add_middleware(AnswerHeaders)


def path_of(scope: Scope) -> str:
    """The path that a request asks for, without the prefix of a share link or of what is published."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def settings_of(scope: Scope) -> Settings:
    """The settings of the site that a request is for."""
    settings: Settings = scope["app"].state.site.settings
    return settings


def is_https(settings: Settings) -> bool:
    """Whether people reach the site over TLS only."""
    return (settings.public_url or "").startswith("https://")


class AnswerHeaders:
    """Headers that keep browsers from guessing types, framing answers and telling addresses on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(MutableHeaders(raw=message["headers"]), scope)
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _complete(self, headers: MutableHeaders, scope: Scope) -> None:
        settings = settings_of(scope)
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Referrer-Policy", "same-origin")
        # Data is never a page: should a browser open it as one, it runs nothing and is shown nowhere else.
        policy = f"default-src 'none'; frame-ancestors {settings.frame_ancestors}; sandbox"
        headers.setdefault("Content-Security-Policy", policy)
        if is_https(settings):
            headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}")
        for name, value in scope.get("state", {}).get("rate_limit", {}).items():
            headers[name] = value


class OtherOrigins:
    """Lets pages of other sites ask where the settings name them (CORS), and nobody else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or hand a request on."""
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if scope["type"] != "http" or not path_of(scope).startswith(("/api/", "/zarr/")):
            await self.app(scope, receive, send)
            return
        settings, is_zarr = settings_of(scope), path_of(scope).startswith("/zarr/")
        allowed = settings.zarr_origins + settings.cors_origins if is_zarr else settings.cors_origins
        granted = _grant(origin, allowed)
        asked = Headers(scope=scope).get("access-control-request-method")
        if scope["method"] == "OPTIONS" and asked and not is_zarr:
            await _answer_preflight(granted, send)
            return

        async def send_with_grant(message: Message) -> None:
            if message["type"] == "http.response.start":
                _set_grant(MutableHeaders(raw=message["headers"]), granted, is_varied="*" not in allowed and bool(allowed))
            await send(message)

        await self.app(scope, receive, send_with_grant)


def _grant(origin: str | None, allowed: list[str]) -> dict[str, str]:
    """The headers that let a page of an origin read an answer; none where it may not. Cookies never go with ``*``."""
    if "*" in allowed:
        return {"Access-Control-Allow-Origin": "*"}
    if origin is None or origin not in allowed:
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}


def _set_grant(headers: MutableHeaders, granted: dict[str, str], *, is_varied: bool) -> None:
    for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"):
        if name in headers:
            del headers[name]
    for name, value in granted.items():
        headers[name] = value
    if granted:
        headers["Access-Control-Expose-Headers"] = _EXPOSED
    if is_varied:
        headers.add_vary_header("Origin")


async def _answer_preflight(granted: dict[str, str], send: Send) -> None:
    headers = {**granted, "Vary": "Origin", "Content-Length": "0"}
    if granted:
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
        headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        headers["Access-Control-Max-Age"] = "7200"
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204 if granted else 403, "headers": raw})
    await send({"type": "http.response.body", "body": b""})


class HeadAnswers:
    """Answers HEAD wherever GET is answered: the same status and headers, no body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or not path_of(scope).startswith("/api/"):
            await self.app(scope, receive, send)
            return
        is_told, asked = asyncio.Event(), False

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                is_told.set()

        async def receive_then_leave() -> Message:
            # Once the headers are told nobody is there any more, so that a long answer is not read to its end.
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await is_told.wait()
            return {"type": "http.disconnect"}

        # Of this version of ASGI, an answer that is streamed asks whether anybody is still there.
        asgi = {**scope.get("asgi", {}), "spec_version": "2.3"}
        await self.app({**scope, "method": "GET", "asgi": asgi}, receive_then_leave, send_head)


class BodyLimit:
    """Refuses bodies that are larger than any request needs, before they are kept in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or answer 413."""
        is_piece = scope["type"] == "http" and _UPLOAD.fullmatch(scope["path"]) and scope["method"] == "PATCH"
        if scope["type"] != "http" or is_piece or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        most = settings_of(scope).max_body_mb * 2**20
        length = Headers(scope=scope).get("content-length", "")
        if length.isascii() and length.isdecimal():
            if int(length) > most:
                await _refuse(most, scope, receive, send)
            else:
                await self.app(scope, receive, send)
            return
        body, more = bytearray(), True
        while more and len(body) <= most:
            message = await receive()
            body += message.get("body", b"")
            more = message["type"] == "http.request" and message.get("more_body", False)
        if len(body) > most:
            await _refuse(most, scope, receive, send)
            return
        await self.app(scope, _Replayed(bytes(body), receive), send)


class _Replayed:
    """Gives a body that was read already, and then what comes after it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._first: MutableMapping[str, Any] | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        first, self._first = self._first, None
        return first if first is not None else await self._receive()


async def _refuse(most: int, scope: Scope, receive: Receive, send: Send) -> None:
    from micrarium.api.edge import problem

    told = problem(TooLarge(f"The body of a request has at most {most // 2**20} MiB; files go through /api/v1/uploads"))
    told.headers["Connection"] = "close"
    await told(scope, receive, send)
