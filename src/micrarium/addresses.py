"""Connecting to hosts that somebody else chose, without becoming their way into our own network."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, urlsplit

from micrarium.errors import InvalidInput, Unavailable


def split_url(url: str, *, told: str, field: str = "url") -> tuple[SplitResult, int]:
    """The parts of an address of http or https, and its port, said or not. Raises ``InvalidInput``, which ``told`` begins."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web:
        raise InvalidInput(f"{told} begins with https:// or http:// and names a host", field=field)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise InvalidInput(f"{told} has a port from 1 to 65535, or none", field=field)
    return parts, port or (443 if parts.scheme == "https" else 80)


def find_address(
    host: str, port: int, *, may_be_private: bool, allowing: str, field: str | None = None
) -> tuple[int, tuple[Any, ...]]:
    """The family and socket address of a host, every one of whose addresses is public. Raises ``InvalidInput`` or ``Unavailable``.

    A name is looked up once and the connection made to what was found, so that it cannot mean another machine afterwards.
    ``allowing`` says what would let addresses of a private network in.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"{host} cannot be found: {error}") from None
    for *_, address in found:
        if not may_be_private and not is_public(str(address[0])):
            meant = "" if host == address[0] else f" {address[0]},"
            raise InvalidInput(f"{host} is{meant} an address of a private network; {allowing}", field=field)
    return found[0][0], found[0][4]


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


def open_connection(
    host: str, family: int, address: tuple[Any, ...], *, is_tls: bool, timeout_s: float
) -> http.client.HTTPConnection:
    """A connection to an address that was found for a host, whose name the certificate is checked against. Raises ``OSError``."""
    connection = http.client.HTTPConnection(host, int(address[1]), timeout=timeout_s)
    plain = socket.socket(family, socket.SOCK_STREAM)
    try:
        plain.settimeout(timeout_s)
        plain.connect(address)
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_tls else plain
    except BaseException:
        plain.close()
        raise
    return connection
