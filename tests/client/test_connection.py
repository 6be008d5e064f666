from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from micrarium.client.connection import Connection
from micrarium.errors import Conflict, InvalidInput, NotFound, NotSignedIn, StaleVersion, Unavailable, UsageError
from micrarium.testing.servers import TemporaryServer


class UnreliableServer(ThreadingHTTPServer):
    """An HTTP server that hangs up on the first ``failures`` requests after reading them, then answers what it was asked."""

    daemon_threads = True

    def __init__(self, failures: int, *, status: int = 200, answer: Any = None) -> None:
        super().__init__(("127.0.0.1", 0), UnreliableHandler)
        self.failures = failures
        self.status = status
        self.answer = answer
        self.seen: list[str] = []


class UnreliableHandler(BaseHTTPRequestHandler):
    server: UnreliableServer

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append(f"{self.command} {self.path}")
        if len(self.server.seen) <= self.server.failures:
            self.close_connection = True
            return
        said = self.server.answer if self.server.answer is not None else {"headers": dict(self.headers), "path": self.path}
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the names http.server calls

    def log_message(self, *_args: Any) -> None:
        return


@contextmanager
def running(server: UnreliableServer, *, token: str = "secret") -> Iterator[Connection]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    connection = Connection(f"http://127.0.0.1:{server.server_port}/", token=token, timeout_s=5)
    try:
        yield connection
    finally:
        connection.close()
        server.shutdown()
        thread.join()
        server.server_close()


def test_reading_goes_on_when_the_line_breaks() -> None:
    server = UnreliableServer(failures=2)
    with running(server) as connection:
        assert connection.get("/api/v1/images")["path"] == "/api/v1/images"
    assert len(server.seen) == 3


def test_a_change_is_not_sent_twice_when_the_line_breaks() -> None:
    server = UnreliableServer(failures=1)
    with running(server) as connection, pytest.raises(Unavailable, match="does not answer"):
        connection.send("PATCH", "/api/v1/datasets/1", {"name": "a"})
    assert len(server.seen) == 1


class AnswerLoser(UnreliableServer):
    """A server that hands requests on to another, and loses the answer to the first ``failures``."""

    def __init__(self, target: str, failures: int) -> None:
        super().__init__(failures)
        self.target = target
        self.RequestHandlerClass = AnswerLosingHandler


class AnswerLosingHandler(UnreliableHandler):
    server: AnswerLoser

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        names = ("Authorization", "Content-Type", "Idempotency-Key")
        headers = {name: self.headers[name] for name in names if name in self.headers}
        got = httpx.request(self.command, self.server.target + self.path, content=body, headers=headers)
        self.server.seen.append(f"{self.command} {self.path}")
        if len(self.server.seen) <= self.server.failures:
            self.close_connection = True
            return
        self.send_response(got.status_code)
        self.send_header("Content-Length", str(len(got.content)))
        if "idempotent-replayed" in got.headers:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        self.wfile.write(got.content)

    do_GET = do_POST = answer  # noqa: N815 - the names http.server calls


def test_what_is_made_is_made_once_when_its_answer_is_lost(server: TemporaryServer) -> None:
    loser = AnswerLoser(server.url, failures=2)
    with running(loser, token=server.token) as connection:
        made = connection.send("POST", "/api/v1/projects", {"name": "Lost answers"})
        assert [p["id"] for p in connection.get("/api/v1/projects", name="Lost answers")["items"]] == [made["id"]]
    assert loser.seen.count("POST /api/v1/projects") == 3


def test_a_secret_whose_answer_is_lost_is_told_to_be_lost(server: TemporaryServer) -> None:
    loser = AnswerLoser(server.url, failures=1)
    with running(loser, token=server.token) as connection, pytest.raises(Conflict, match="shown once"):
        connection.send("POST", "/api/v1/tokens", {"name": "lost"})
    assert len(loser.seen) == 2


def test_a_server_that_is_not_there_is_told_in_one_sentence() -> None:
    server = UnreliableServer(failures=0)
    with running(server) as connection:
        pass
    fresh = Connection(connection.url, timeout_s=1)
    with pytest.raises(Unavailable, match="Is the server running"):
        fresh.get("/api/v1/session")
    fresh.close()


def test_parameters_are_spelled_as_the_interface_has_them_and_the_token_goes_along() -> None:
    server = UnreliableServer(failures=0)
    with running(server) as connection:
        answer = connection.get("/x", a=None, b=True, c=[1, 2], d="ö")
    assert answer["path"] == "/x?b=true&c=1%2C2&d=%C3%B6"
    assert {name.lower(): value for name, value in answer["headers"].items()}["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("status", "problem", "kind"),
    [
        (404, {"type": "/problems/not-found", "detail": "There is no image:12."}, NotFound),
        (412, {"type": "/problems/stale-version", "detail": "Changed."}, StaleVersion),
        (422, {"type": "/problems/invalid-input", "detail": "Too long.", "field": "name"}, InvalidInput),
        (401, b"", NotSignedIn),
        (502, b"<html>Bad gateway</html>", Unavailable),
    ],
)
def test_the_errors_of_the_server_come_back_as_the_same_classes(status: int, problem: Any, kind: type[Exception]) -> None:
    server = UnreliableServer(failures=0, status=status, answer=problem)
    with running(server) as connection, pytest.raises(kind) as caught:
        connection.send("POST", "/api/v1/images")
    assert isinstance(caught.value, kind)
    if isinstance(problem, dict):
        assert str(caught.value) == problem["detail"]
        assert getattr(caught.value, "field", None) == problem.get("field")


@pytest.mark.parametrize("url", ["localhost:4080", "ftp://example.org", "http://", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="http://localhost:4080"):
        Connection(url)
