"""Sending to an address that somebody else chose, without becoming their way into our own network."""

from __future__ import annotations

import http.client
from contextlib import suppress

from micrarium import __version__
from micrarium.addresses import find_address, open_connection, split_url
from micrarium.errors import Unavailable

TIMEOUT_S = 10.0
_MOST_READ = 500
_TOLD = "The address of a webhook"
_ALLOWING = "MICRARIUM_WEBHOOK_PRIVATE=1 allows those"


def check_target(url: str, *, may_be_private: bool) -> None:
    """Nothing for an address that may be sent to, as far as is known now; else ``InvalidInput``.

    A host that cannot be found now may be found later; each sending looks it up and checks it anew.
    """
    parts, port = split_url(url, told=_TOLD)
    with suppress(Unavailable):
        find_address(str(parts.hostname), port, may_be_private=may_be_private, allowing=_ALLOWING, field="url")


def post(url: str, body: bytes, headers: dict[str, str], *, may_be_private: bool) -> tuple[int, str]:
    """The status and the beginning of what an address answers; redirections are not followed.

    Raises ``InvalidInput`` for an address that is not to be asked, ``Unavailable`` when nobody answers.
    """
    parts, port = split_url(url, told=_TOLD)
    host, is_tls = str(parts.hostname), parts.scheme == "https"
    family, address = find_address(host, port, may_be_private=may_be_private, allowing=_ALLOWING, field="url")
    connection: http.client.HTTPConnection | None = None
    try:
        connection = open_connection(host, family, address, is_tls=is_tls, timeout_s=TIMEOUT_S)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        own = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": f"Micrarium/{__version__}", "Connection": "close"}
        connection.request("POST", path, body, own | headers)
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_READ).decode("utf-8", "replace").replace("\x00", "")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{host} did not answer: {error or type(error).__name__}") from None
    finally:
        if connection is not None:
            connection.close()
