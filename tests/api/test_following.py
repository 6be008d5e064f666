"""Those who follow changes are told of each one they may see, once, and can go on where they left."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx
import pytest

from micrarium.testing.servers import TemporaryServer


class Listener:
    """A stream that is read as it comes."""

    def __init__(self, url: str, headers: dict[str, str], **params: Any) -> None:
        self.messages: Queue[dict[str, Any]] = Queue()
        self.is_ready, self.is_over = threading.Event(), threading.Event()
        self._client = httpx.Client(timeout=httpx.Timeout(10, read=60))
        self._request = self._client.build_request("GET", f"{url}/api/v1/events/stream", headers=headers, params=params)
        self.response = self._client.send(self._request, stream=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        message: dict[str, Any] = {}
        try:
            for line in self.response.iter_lines():
                name, _, value = line.partition(": ")
                if line == "" and "data" in message:
                    self._take(message | json.loads(message.pop("data")))
                    message = {}
                elif name in ("id", "event", "data"):
                    message[f"message_{name}" if name == "id" else name] = value
        except (httpx.TransportError, httpx.StreamError):
            pass
        self.is_over.set()

    def _take(self, message: dict[str, Any]) -> None:
        if message["event"] == "ready":
            self.place = int(message["message_id"])
            self.is_ready.set()
        else:
            self.messages.put(message)

    def until(self, kind: str, class_: str, object_id: int, *, timeout_s: float = 15) -> list[dict[str, Any]]:
        """The messages up to and with the one of this change."""
        found = []
        while True:
            message = self.messages.get(timeout=timeout_s)
            found.append(message)
            if (message.get("kind"), message.get("class"), message.get("id")) == (kind, class_, object_id):
                return found

    def close(self) -> None:
        # The reader waits in the socket, and only its end lets it go.
        with suppress(OSError):
            self.response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self.response.close()
        self._client.close()


@contextmanager
def listening(server: TemporaryServer, token: str, *, last: int | None = None, **params: Any) -> Iterator[Listener]:
    headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": str(last)} if last is not None else {})
    listener = Listener(server.url, headers, **params)
    try:
        assert listener.is_ready.wait(20)
        yield listener
    finally:
        listener.close()


@pytest.fixture(scope="module")
def people(server: TemporaryServer) -> Iterator[dict[str, Any]]:
    """Admin, Lea and Max in a group that only owners see into, and Ida and Lea in a shared one, each with a token."""
    admin = httpx.Client(base_url=f"{server.url}/api/v1", headers=server.headers, timeout=30)
    tag = str(time.time_ns())
    groups = {
        level: admin.post("/experimenter_groups", json={"name": f"{level} {tag}", "level": level}).json()["id"]
        for level in ("private", "read-annotate")
    }
    found = {"admin": admin}
    for name, in_groups in (("lea", ["private", "read-annotate"]), ("max", ["private"]), ("ida", ["read-annotate"])):
        given = {"ome_name": f"{name}{tag}", "password": "long enough", "group_ids": [groups[g] for g in in_groups]}
        assert admin.post("/accounts", json=given).status_code == 201
        entered = httpx.Client(base_url=f"{server.url}/api/v1", timeout=30)
        signed = entered.post("/session", json={"username": given["ome_name"], "password": "long enough"}).json()
        csrf = {"X-CSRF-Token": signed["csrf_token"]}
        token = entered.post("/tokens", json={"scope": "write"}, headers=csrf).json()
        entered.close()
        headers = {"Authorization": f"Bearer {token['token']}", "X-Token-Id": str(token["id"])}
        found[name] = httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=30)
    yield found | {"groups": groups}
    for client in found.values():
        client.close()


def token_of(client: httpx.Client) -> str:
    return client.headers["authorization"].removeprefix("Bearer ")


def test_a_colleagues_change_is_told_within_seconds_and_a_hidden_one_never(server: TemporaryServer, people: dict[str, Any]) -> None:
    groups: Any = people["groups"]
    lea = people["lea"]
    with listening(server, token_of(people["max"])) as blind, listening(server, token_of(people["ida"])) as ida:
        assert ida.response.headers["content-type"].startswith("text/event-stream")
        assert ida.response.headers["cache-control"] == "no-store"
        hidden = lea.post("/projects", json={"name": "hidden", "group_id": groups["private"]}).json()["id"]
        shared = lea.post("/projects", json={"name": "shared", "group_id": groups["read-annotate"]}).json()["id"]
        began = time.perf_counter()
        (made,) = ida.until("made", "Project", shared)
        assert time.perf_counter() - began < 5
        assert set(made) == {"message_id", "event", "class", "id", "event_id", "kind", "time"}
        assert int(made["message_id"]) > ida.place
        lea.patch(f"/projects/{shared}", json={"name": "renamed"})
        assert [m["kind"] for m in ida.until("changed", "Project", shared)] == ["changed"]
        lea.delete(f"/projects/{shared}")
        ida.until("binned", "Project", shared)
        lea.post(f"/bin/projects/{shared}/restore")
        ida.until("restored", "Project", shared)
        own = people["max"].post("/projects", json={"name": "own"}).json()["id"]
        assert [(m["class"], m["id"]) for m in blind.until("made", "Project", own)] == [("Project", own)]
        with pytest.raises(Empty):
            ida.messages.get(timeout=1.5)
    assert hidden


def test_who_comes_back_is_told_what_was_missed_in_order(server: TemporaryServer, people: dict[str, Any]) -> None:
    lea, groups = people["lea"], people["groups"]
    with listening(server, token_of(people["ida"])) as ida:
        place = ida.place
    made = [lea.post("/datasets", json={"name": f"d{n}", "group_id": groups["read-annotate"]}).json()["id"] for n in range(5)]
    with listening(server, token_of(people["ida"]), last=place) as ida:
        first = ida.until("made", "Dataset", made[1])
    with listening(server, token_of(people["ida"]), last=int(first[-1]["message_id"]), classes="Dataset") as ida:
        rest = ida.until("made", "Dataset", made[-1])
    assert [m["id"] for m in (*first, *rest) if m["class"] == "Dataset"] == made


def test_what_there_is_can_be_asked_without_waiting(server: TemporaryServer, people: dict[str, Any]) -> None:
    lea, groups = people["lea"], people["groups"]
    place = int(lea.get("/events/stream?wait_s=0").text.split("\n")[0].removeprefix("id: "))
    made = lea.post("/screens", json={"name": "s", "group_id": groups["read-annotate"]}).json()["id"]
    told = lea.get(f"/events/stream?wait_s=0&after={place}&classes=Screen").text
    assert f'"class":"Screen","id":{made}' in told
    assert lea.get("/events/stream?wait_s=0&classes=Nothing").status_code == 422
    assert lea.get("/events/stream?wait_s=0", headers={"Last-Event-ID": "x"}).status_code == 422
    assert httpx.get(f"{server.url}/api/v1/events/stream?wait_s=0").status_code == 401
    assert lea.head("/events/stream").headers["content-type"].startswith("text/event-stream")


def test_a_stream_ends_when_its_token_is_withdrawn(server: TemporaryServer, people: dict[str, Any]) -> None:
    max_ = people["max"]
    with listening(server, token_of(max_)) as stream:
        token_id = max_.headers["x-token-id"]
        assert people["admin"].delete(f"/tokens/{token_id}").status_code == 204
        people["lea"].post("/projects", json={"name": "after"})
        message = stream.messages.get(timeout=15)
        assert (message["event"], message["status"]) == ("problem", 401)
        assert stream.is_over.wait(10)


def test_many_who_follow_hold_no_threads(server: TemporaryServer, people: dict[str, Any]) -> None:
    def threads() -> int:
        return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))

    listeners = [Listener(server.url, {"Authorization": f"Bearer {token_of(people['lea'])}"}) for _ in range(45)]
    try:
        assert all(listener.is_ready.wait(30) for listener in listeners)
        assert threads() < 60  # 40 serve requests, whoever follows
        assert people["lea"].get("/tree").status_code == 200
        made = people["lea"].post("/projects", json={"name": "for all"}).json()["id"]
        for listener in listeners:
            listener.until("made", "Project", made)
    finally:
        for listener in listeners:
            listener.close()
