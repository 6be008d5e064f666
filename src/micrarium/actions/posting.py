"""Sending to an address that somebody else chose, without becoming their way into our own network."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from micrarium import __version__
from micrarium.errors import InvalidInput, Unavailable

TIMEOUT_S = 10.0
_MOST_READ = 500


def find_address(host: str, port: int, *, may_be_private: bool) -> tuple[int, tuple[Any, ...]]:
    """The family and socket address of a host, every one of whose addresses is public. Raises ``InvalidInput`` or ``Unavailable``.

    A name is looked up once and the connection made to what was found, so that it cannot mean another machine afterwards.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"{host} cannot be found: {error}") from None
    for *_, address in found:
        if not may_be_private and not is_public(str(address[0])):
            told = f"{host} is {address[0]}, an address of a private network; MICRARIUM_WEBHOOK_PRIVATE=1 allows those"
            raise InvalidInput(told, field="url")
    return found[0][0], found[0][4]


def check_target(url: str, *, may_be_private: bool) -> None:
    """Nothing for an address that may be sent to, as far as is known now; else ``InvalidInput``.

    A host that cannot be found now may be found later; each sending looks it up and checks it anew.
    """
    parts, port = _split(url)
    with suppress(Unavailable):
        find_address(str(parts.hostname), port, may_be_private=may_be_private)


def _split(url: str) -> tuple[SplitResult, int]:
    """The parts of an address, and its port, said or not. Raises ``InvalidInput``."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web:
        raise InvalidInput("The address of a webhook begins with https:// or http:// and names a host", field="url")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise InvalidInput("The address of a webhook has a port from 1 to 65535, or none", field="url")
    return parts, port or (443 if parts.scheme == "https" else 80)


def is_public(address: str) -> bool:
    """Whether an address is of the internet at large, also when it is written as one of another kind."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            parsed = inner
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def post(url: str, body: bytes, headers: dict[str, str], *, may_be_private: bool) -> tuple[int, str]:
    """The status and the beginning of what an address answers; redirections are not followed.

    Raises ``InvalidInput`` for an address that is not to be asked, ``Unavailable`` when nobody answers.
    """
    parts, port = _split(url)
    host = str(parts.hostname)
    family, address = find_address(host, port, may_be_private=may_be_private)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.sock = _connect(family, address, host, is_tls=parts.scheme == "https")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"User-Agent": f"Micrarium/{__version__}", "Connection": "close", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_READ).decode("utf-8", "replace").replace("\x00", "")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{host} did not answer: {error or type(error).__name__}") from None
    finally:
        connection.close()


def _connect(family: int, address: tuple[Any, ...], host: str, *, is_tls: bool) -> socket.socket:
    plain = socket.socket(family, socket.SOCK_STREAM)
    try:
        plain.settimeout(TIMEOUT_S)
        plain.connect(address)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_tls else plain
    except BaseException:
        plain.close()
        raise
