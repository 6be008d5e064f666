"""What passes every request: its id, the line it leaves in the log, and the figures it adds to."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from micrarium.actions.metering import Figures
from micrarium.actions.reporting import REQUESTS

HEADER = "x-request-id"
_PLAIN_ID = re.compile(r"[\w.-]{1,64}")
#: A part of a path that may be a key, such as that of a share; a log must not hold it.
_MAYBE_A_KEY = re.compile(r"(?<=/)[\w-]{20,}(?=/|$)")
#: The label of what no route answers: paths that people make up must not become figures.
_NO_ROUTE = "none"


class Observing:
    """An ASGI application around another one, that watches its requests."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _PLAIN_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        begun, status = time.perf_counter(), 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        finally:
            self._note(scope, request_id, status=status, seconds=time.perf_counter() - begun)

    def _note(self, scope: Scope, request_id: str, *, status: int, seconds: float) -> None:
        found = _route_of(scope)
        route, method = found or _NO_ROUTE, scope["method"] if found else "ANY"
        self._figures.note_request(method=method, route=route, status=status, seconds=seconds)
        level = logging.INFO if status < 500 else logging.ERROR if status == 500 else logging.WARNING
        if not REQUESTS.isEnabledFor(level):
            return
        path, took = _MAYBE_A_KEY.sub("...", scope["path"]), round(seconds * 1000, 2)
        line: dict[str, Any] = {"request_id": request_id, "method": scope["method"], "path": path, "route": route}
        line |= {"status": status, "duration_ms": took, "actor": _actor_of(scope)}
        REQUESTS.log(level, "%s %s %s in %s ms", scope["method"], path, status, took, extra=line)


def _route_of(scope: Scope) -> str | None:
    """The path of the route that answered, with names for what varies; None where there was none."""
    # A router that was included knows its own part of the path alone; FastAPI notes the whole beside it.
    whole = (scope.get("fastapi") or {}).get("effective_route_context")
    found = getattr(whole, "path", None) or getattr(scope.get("route"), "path", None)
    return None if found is None else str(found)


def _actor_of(scope: Scope) -> str | None:
    """Who asked, where somebody found that out; with the administrator who works as them."""
    sign_in = scope.get("state", {}).get("sign_in")
    if sign_in is None:
        return None
    actor = sign_in.actor
    return f"{actor.ome_name} (by experimenter:{actor.sudo_id})" if actor.sudo_id is not None else str(actor.ome_name)
