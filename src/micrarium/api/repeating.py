"""The header ``Idempotency-Key`` at the edge: what a request makes once, and the answer its repetitions get.

An answer that holds a secret (a token, a link's address, passwords) is kept without it: a repetition gets the first answer
with null where the secret stood, and ``note`` says why.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from micrarium.actions.repeating import KeptAnswer, KeyedRequest, keep_answer

_log = logging.getLogger(__name__)
_SHOWN_ONCE = "What was made is secret where this says null, and was shown once, in the answer to the first request; make another"
_KEPT_HEADERS = ("content-type", "location", "etag")
_MOST_BYTES = 2**20


class AnsweredBeforeError(Exception):
    """The request was carried out already; ``kept`` is the answer it got."""

    def __init__(self, kept: KeptAnswer) -> None:
        super().__init__()
        self.kept = kept


async def handle_answered(_request: Request, error: Exception) -> Response:
    """The first answer again, told apart by a header."""
    assert isinstance(error, AnsweredBeforeError)
    return Response(error.kept.body, error.kept.status, error.kept.headers | {"Idempotent-Replayed": "true"})


class Repeating:
    """Reads the key of requests that make something, and keeps their answers before they are sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        key = Headers(scope=scope).get("idempotency-key") if scope["type"] == "http" and scope["method"] == "POST" else None
        if key is None:
            await self.app(scope, receive, send)
            return
        keyed = KeyedRequest(key)
        keyed.digest.update(f"{scope['path']}?".encode() + scope.get("query_string", b"") + b"\n")
        scope["state"] = {**scope.get("state", {}), "keyed": keyed}

        async def receive_and_digest() -> Message:
            message = await receive()
            keyed.digest.update(message.get("body", b""))
            return message

        await self.app(scope, receive_and_digest, _Keeper(scope, keyed, send))


class _Keeper:
    """Holds an answer back until it is kept."""

    def __init__(self, scope: Scope, keyed: KeyedRequest, send: Send) -> None:
        self._scope, self._keyed, self._send = scope, keyed, send
        self._start: MutableMapping[str, Any] | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._keyed.row_id is not None and message["status"] < 500:
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        await run_in_threadpool(self._keep)
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": bytes(self._body)})

    def _keep(self) -> None:
        assert self._start is not None
        if len(self._body) > _MOST_BYTES:
            return
        headers = Headers(raw=list(self._start["headers"]))
        body = bytes(self._body)
        if self._keyed.secrets and self._start["status"] < 400:
            body = orjson.dumps(_without(orjson.loads(body), self._keyed.secrets) | {"note": _SHOWN_ONCE})
        kept = KeptAnswer(self._start["status"], {name: headers[name] for name in _KEPT_HEADERS if name in headers}, body)
        try:
            keep_answer(self._scope["app"].state.site.engine, self._keyed, kept)
        except SQLAlchemyError:
            _log.exception("The answer to a request with an Idempotency-Key could not be kept")


def _without(value: Any, secrets: frozenset[str]) -> Any:
    """A value of JSON with null for what has one of these names, at any depth."""
    if isinstance(value, dict):
        return {name: None if name in secrets else _without(one, secrets) for name, one in value.items()}
    return [_without(one, secrets) for one in value] if isinstance(value, list) else value
