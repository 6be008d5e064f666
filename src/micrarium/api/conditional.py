"""Answers that a client may have already, and parts of answers: entity tags and byte ranges (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fastapi import Request, Response

from micrarium.errors import RangeNotSatisfiable

#: A browser keeps what it got, asks each time whether it still holds, and no cache in between keeps anything.
PRIVATE = "private, no-cache"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def is_known(request: Request, tag: str) -> bool:
    """Whether the client says that it has the answer with this tag."""
    known = request.headers.get("if-none-match")
    if known is None:
        return False
    return any(part.strip().removeprefix("W/") in ("*", f'"{tag}"') for part in known.split(","))


def caching(tag: str) -> dict[str, str]:
    """The headers that let a client keep an answer."""
    return {"ETag": f'"{tag}"', "Cache-Control": PRIVATE, "Vary": "Cookie, Authorization"}


def not_modified(tag: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that the client's own copy still holds."""
    return Response(status_code=304, headers={**(headers or {}), **caching(tag)})


def answer_bytes(request: Request, body: bytes, *, media_type: str, tag: str, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes with their tag: all of them, the part a ``Range`` header asks for, or none for a ``HEAD`` request.

    Raises ``RangeNotSatisfiable`` for a range behind the end.
    """
    told = {**(headers or {}), **caching(tag), "Accept-Ranges": "bytes"}
    status, length = 200, len(body)
    span = asked_range(request, length, tag)
    if span is not None:
        status, body = 206, body[span[0] : span[1]]
        told["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{length}"
    told["Content-Length"] = str(len(body))
    return Response(b"" if request.method == "HEAD" else body, status, told, media_type)


def asked_range(request: Request, length: int, tag: str) -> tuple[int, int] | None:
    """The start and the end (behind the last byte) of the range that is asked for, None for all.

    What is no single range of bytes is passed over, as RFC 9110 14.2 has it.
    """
    asked = request.headers.get("range")
    if asked is None or request.headers.get("if-range", f'"{tag}"') != f'"{tag}"':
        return None
    match = _RANGE.fullmatch(asked.replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        start = int(match[1])
        end = int(match[2]) + 1 if match[2] else max(length, start + 1)
        if end <= start:
            return None
    else:
        start, end = max(0, length - int(match[2])), length
    if start >= length:
        raise RangeNotSatisfiable(f"There are {length} bytes; the range {asked} lies behind them", size_bytes=length)
    return start, min(end, length)
