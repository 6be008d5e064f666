"""Asking the host of a root for what lies below it: only that host, only at an address that was checked, no redirections.

A name is looked up for each connection, and the connection made to what was found and checked: it cannot come to mean
another machine in between. Requests to buckets are signed as S3 asks (AWS Signature Version 4,
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from micrarium import __version__
from micrarium.addresses import find_address, open_connection, split_url
from micrarium.errors import InvalidInput, NotFound, Unavailable
from micrarium.formats.markup import parse_xml
from micrarium.model import Root

TIMEOUT_S = 30.0
_LARGEST_LIST_BYTES = 16 << 20
_ALLOWING = "an administrator can say of the place that its server is in the private network"
_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Listed:
    """An object of a bucket, by its key below the root, or a folder of them, whose size is None."""

    key: str
    size: int | None
    modified_at: datetime | None


def address_of(root: Root, key: str) -> str:
    """The address of what lies at a key below a root."""
    if root.kind == "host":
        return "/".join([root.location.rstrip("/"), *([quote(key)] if key else [])])
    bucket, prefix = _bucket_of(root)
    return f"{_endpoint_of(root)}/{bucket}/{quote(_join(prefix, key))}"


def _bucket_of(root: Root) -> tuple[str, str]:
    parts = urlsplit(root.location)
    return parts.netloc, parts.path.strip("/")


def _endpoint_of(root: Root) -> str:
    return (root.endpoint or f"https://s3.{root.region or 'us-east-1'}.amazonaws.com").rstrip("/")


def _join(prefix: str, key: str) -> str:
    return "/".join(part for part in (prefix, key) if part)


@contextmanager
def asking(
    root: Root, key: str, *, offset: int = 0, headers: Mapping[str, str] | None = None
) -> Iterator[http.client.HTTPResponse]:
    """What the server of a root answers when asked for a key, from an offset on; its status is 200, 206, 304, 404 or 416.

    Raises ``Unavailable`` with one sentence for anything else, for a server that does not answer, that sends us elsewhere,
    or whose address is not to be asked.
    """
    given = dict(headers or {}) | ({"Range": f"bytes={offset}-"} if offset else {})
    with _asking(root, address_of(root, key), given) as answer:
        if answer.status not in (200, 206, 304, 404, 416):
            raise Unavailable(_told(root, answer.status))
        yield answer


@contextmanager
def _asking(root: Root, url: str, headers: dict[str, str]) -> Iterator[http.client.HTTPResponse]:
    try:
        connection = _connect(root, url)
        try:
            parts = urlsplit(url)
            own = {"Host": parts.netloc, "User-Agent": f"Micrarium/{__version__}", "Accept-Encoding": "identity"}
            if root.kind == "bucket" and root.access_key and root.secret_key:
                own |= sign(url, root.access_key, root.secret_key, region=root.region or "us-east-1", now=datetime.now(UTC))
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers=own | headers)
            answer = connection.getresponse()
        except BaseException:
            connection.close()
            raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"The server of {root.name} did not answer: {error or type(error).__name__}") from None
    except InvalidInput as error:
        raise Unavailable(f"{root.name} cannot be reached: {error.detail}") from None
    try:
        yield answer
    finally:
        connection.close()


def _connect(root: Root, url: str) -> http.client.HTTPConnection:
    parts, port = split_url(url, told="The address of a place")
    host = str(parts.hostname)
    family, address = find_address(host, port, may_be_private=root.is_private, allowing=_ALLOWING)
    return open_connection(host, family, address, is_tls=parts.scheme == "https", timeout_s=TIMEOUT_S)


def read_body(root: Root, answer: http.client.HTTPResponse, most: int) -> bytes:
    """At most so many bytes of an answer. Raises ``Unavailable`` where it breaks off."""
    try:
        return answer.read(most)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"The server of {root.name} broke off: {error or type(error).__name__}") from None


def _told(root: Root, status: int) -> str:
    if 300 <= status < 400:
        return f"The server of {root.name} sends us elsewhere, which is not followed"
    if status in (401, 403):
        return f"The server of {root.name} refuses what is asked ({status}); its keys may be wrong or lack the right to read"
    return f"The server of {root.name} answered {status}; try again later"


def sign(
    url: str, access_key: str, secret_key: str, *, region: str, now: datetime, headers: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The headers that sign a GET request of S3; ``headers`` are others that are signed as well, their names in lower case."""
    parts = urlsplit(url)
    stamp, day = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}"
    signed = dict(headers or {}) | {"host": parts.netloc, "x-amz-content-sha256": _NOTHING, "x-amz-date": stamp}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name].strip()}\n" for name in sorted(signed))
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    request = "\n".join(["GET", parts.path or "/", query, lines, names, _NOTHING])
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    told = f"AWS4-HMAC-SHA256 Credential={access_key}/{scope},SignedHeaders={names},Signature={signature}"
    return {"x-amz-content-sha256": _NOTHING, "x-amz-date": stamp, "Authorization": told}


def list_bucket(
    root: Root, folder: str, *, is_deep: bool = False, limit: int = 1000, token: str | None = None
) -> tuple[list[Listed], str | None]:
    """One page of what lies in a folder of a bucket, or anywhere below it, and the token to go on with (ListObjectsV2).

    Raises ``Unavailable``, and ``NotFound`` where the bucket is not there.
    """
    bucket, prefix = _bucket_of(root)
    inside = _join(prefix, folder)
    inside += "/" if inside else ""
    asked: dict[str, str] = {"list-type": "2", "max-keys": str(limit), "prefix": inside}
    asked |= ({} if is_deep else {"delimiter": "/"}) | ({"continuation-token": token} if token else {})
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(asked.items()))
    with _asking(root, f"{_endpoint_of(root)}/{bucket}?{query}", {}) as answer:
        if answer.status == 404:
            raise NotFound(f"{root.name} cannot be listed: there is no such bucket")
        if answer.status != 200:
            raise Unavailable(_told(root, answer.status))
        body = read_body(root, answer, _LARGEST_LIST_BYTES)
    try:
        found = parse_xml(body)
    except ElementTree.ParseError:
        raise Unavailable(f"The server of {root.name} answered with something that is no list of a bucket") from None
    skip = len(prefix) + 1 if prefix else 0
    return _read_list(found, inside, skip), _text(found, "NextContinuationToken") or None


def _read_list(found: Any, inside: str, skip: int) -> list[Listed]:
    items = [
        Listed(_text(one, "Prefix")[skip:].rstrip("/"), None, None)
        for one in _named(found, "CommonPrefixes")
        if _text(one, "Prefix")
    ]
    for one in _named(found, "Contents"):
        key = _text(one, "Key")
        if key != inside and not key.endswith("/"):
            items.append(Listed(key[skip:], int(_text(one, "Size") or 0), _time(_text(one, "LastModified"))))
    return items


def _named(element: Any, name: str) -> list[Any]:
    return [child for child in element if child.tag.rpartition("}")[2] == name]


def _text(element: Any, name: str) -> str:
    return next((child.text or "" for child in _named(element, name)), "")


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def list_all(root: Root, folder: str) -> Iterator[Listed]:
    """Every object below a folder of a bucket."""
    token: str | None = None
    while True:
        page, token = list_bucket(root, folder, is_deep=True, token=token)
        yield from page
        if token is None:
            return
