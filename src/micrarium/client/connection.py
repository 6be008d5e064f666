"""One connection to a server: signing in, sending requests again when the line breaks, raising the server's errors."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from micrarium import __version__
from micrarium.errors import Conflict, MicrariumError, NotSignedIn, Unavailable, UsageError, from_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

#: Requests that may be sent twice without doing more than once.
REPEATABLE = {"GET", "HEAD", "PUT", "OPTIONS"}
#: How long to wait before each further attempt.
WAITS_S = (0.1, 0.4, 1.5)
API = "/api/v1"
#: Under this name the client gives each request that makes something a key of its own.
KEY_HEADER = "Idempotency-Key"


class Connection:
    """Requests to one server by one person; safe to use from several threads.

    ``socket`` is the path of a Unix socket the server listens on; the address then only names the host.
    """

    def __init__(self, url: str, *, token: str | None = None, socket: str | None = None, timeout_s: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise UsageError(f"{url!r} is no server's address; it should look like http://localhost:4080.", field="url")
        self.url = url.rstrip("/")
        self.socket = socket
        self.timeout_s = timeout_s
        #: What this client is, kept with everything it changes.
        self.agent = "micrarium-python"
        #: Why things are changed, kept likewise, while one says so.
        self.reason: str | None = None
        self._token = token
        self._csrf: str | None = None
        self._http = self._open()

    def _open(self) -> httpx.Client:
        import httpx

        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        transport = httpx.HTTPTransport(uds=self.socket) if self.socket else None
        return httpx.Client(timeout=self.timeout_s, transport=transport, follow_redirects=True, headers=headers)

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs to ask the same server as the same person."""
        return vars(self) | {"_http": dict(self._http.cookies)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._http = self._open()
        self._http.cookies.update(state["_http"])

    def sign_in(self, username: str, *, password: str) -> None:
        """Sign in with a password; the session lasts as long as this connection."""
        answer = self.request("POST", f"{API}/session", json={"username": username, "password": password})
        body = answer.json() if answer.content else {}
        self._csrf = body.get("csrf_token") or self._http.cookies.get("micrarium_csrf")

    def work_as(self, username: str) -> None:
        """From now on, be somebody else, as an administrator with the privilege ``Sudo`` may; until the session is deleted."""
        told = self.send("POST", f"{API}/session/sudo", {"username": username})
        self._token, self._csrf = None, told["csrf_token"]
        self._http.headers.pop("Authorization", None)

    def get(self, path: str, **params: Any) -> Any:
        """The JSON that a GET of this path answers; parameters without a value are left out."""
        return self.request("GET", path, params=params).json()

    def send(self, method: str, path: str, body: Any = None, *, version: int | None = None) -> Any:
        """The JSON that a changing request answers, or None. ``version`` makes it fail when the object was changed meanwhile.

        Raises ``Conflict`` where the first answer was lost and held a secret, which is shown only once.
        """
        headers = {"If-Match": f'"{version}"'} if version is not None else {}
        answer = self.request(method, path, json=body, headers=headers)
        told = answer.json() if answer.content else None
        if "idempotent-replayed" in answer.headers and isinstance(told, dict) and "note" in told:
            raise Conflict(told["note"])
        return told

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The server's answer, read whole. Raises the error the server tells, or ``Unavailable`` when none answers."""
        request = self._build(method, path, params=params, json=json, content=content, headers=headers)
        response = self._send(request, stream=False)
        _raise_problem(response)
        return response

    @contextmanager
    def stream(self, path: str, *, headers: Mapping[str, str] | None = None, **params: Any) -> Iterator[httpx.Response]:
        """The server's answer to a GET, to be read piece by piece."""
        import httpx

        response = self._send(self._build("GET", path, params=params, headers={"Accept": "*/*"} | dict(headers or {})), stream=True)
        try:
            if response.is_error:
                response.read()
            _raise_problem(response)
            yield response
        except httpx.TransportError as error:
            raise Unavailable(f"{self.url} stopped in the middle of its answer ({_describe(error)}); please try again.") from error
        finally:
            response.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _build(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        given = {name: _spell(value) for name, value in (params or {}).items() if value is not None}
        sent = {"User-Agent": f"{self.agent}/{__version__}", **(headers or {})}
        if self.reason:
            sent["X-Reason"] = quote(self.reason, safe=" ")
        if self._csrf and method not in {"GET", "HEAD"}:
            sent["X-CSRF-Token"] = self._csrf
        if method == "POST" and content is None:
            # The server then makes nothing twice, so that a request whose answer was lost may be sent again.
            sent.setdefault(KEY_HEADER, secrets.token_urlsafe(16))
        url = path if path.startswith(("http://", "https://")) else self.url + path
        return self._http.build_request(method, url, params=given or None, json=json, content=content, headers=sent)

    def _send(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        import httpx

        for wait_s in (*WAITS_S, None):
            try:
                response = self._http.send(request, stream=stream)
            except httpx.TransportError as error:
                # Nothing was sent when no connection came about, so that may be tried again whatever the request does.
                unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
                if wait_s is None or not (unsent or _is_repeatable(request)):
                    raise Unavailable(f"{self.url} does not answer ({_describe(error)}). Is the server running?") from error
            else:
                if wait_s is None or response.status_code not in {502, 503, 504} or not _is_repeatable(request):
                    return response
                response.close()
            time.sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover


def _is_repeatable(request: httpx.Request) -> bool:
    return request.method in REPEATABLE or KEY_HEADER in request.headers


def _spell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set):
        return ",".join(_spell(item) for item in value)
    return str(value)


def _describe(error: Exception) -> str:
    return str(error) or type(error).__name__


def _raise_problem(response: httpx.Response) -> None:
    if not response.is_error:
        return
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    error = from_problem(problem, response.status_code)
    if type(error) is NotSignedIn and not problem.get("detail"):
        error = NotSignedIn("The server wants a sign-in: micrarium login URL --user NAME, or a token.")
    if type(error) is MicrariumError and not problem:
        error = Unavailable(f"{response.request.url} answered {response.status_code}: is it a Micrarium server?")
    raise error
