"""Webhooks: a real receiver is told of what its owner may see, signed, again when it fails, and never inside our own network."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from micrarium.actions import telling
from micrarium.actions.opening import Site
from micrarium.actions.posting import post
from micrarium.addresses import find_address, is_public
from micrarium.errors import InvalidInput, Unavailable
from micrarium.model import Webhook, WebhookDelivery
from micrarium.permissions import every, system_session

Door = Callable[[str | None], httpx.Client]


class Receiver(ThreadingHTTPServer):
    """An HTTP server that keeps what it gets, and answers with ``status``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.status = 204
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?a=b"

    def wait_for(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        give_up = time.monotonic() + 20
        while len(self.got) < count and time.monotonic() < give_up:
            time.sleep(0.05)
        assert len(self.got) >= count, self.got
        return self.got


class ReceiverHandler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.path == "/hook?a=b"
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(b"" if self.server.status == 204 else b"no")

    def log_message(self, *_args: Any) -> None:
        return


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def open_door(site: Site, door: Door) -> Door:
    """A door to a site that may send to this very machine."""
    site.settings.webhook_private = True
    return door


def changes_of(got: list[tuple[dict[str, str], bytes]]) -> list[tuple[str, int, str]]:
    return [(c["class"], c["id"], c["kind"]) for _, body in got for c in json.loads(body)["changes"]]


def wait_for_job(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    give_up = time.monotonic() + 20
    while job["state"] in ("queued", "running") and time.monotonic() < give_up:
        time.sleep(0.05)
        job = client.get(f"/api/v1/jobs/{job['id']}").json()
    return job


def test_a_receiver_is_told_signed_and_only_of_what_its_owner_may_see(
    open_door: Door, people: dict[str, int], receiver: Receiver
) -> None:
    ada, bob = open_door("ada"), open_door("bob")
    bob.post("/api/v1/projects", json={"name": "before", "group_id": people["read-only"]})
    made = ada.post("/api/v1/webhooks", json={"url": receiver.url, "classes": ["Project"]})
    assert made.status_code == 201, made.text
    assert "secret" not in made.json()
    bob.post("/api/v1/projects", json={"name": "hidden", "group_id": people["private"]})
    bob.post("/api/v1/datasets", json={"name": "another class", "group_id": people["read-only"]})
    shown = bob.post("/api/v1/projects", json={"name": "shown", "group_id": people["read-only"]}).json()["id"]
    got = receiver.wait_for(1)
    assert changes_of(got) == [("Project", shown, "made")]
    headers, body = got[0]
    secret = ada.get(f"/api/v1/webhooks/{made.json()['id']}/secret").json()["secret"]
    signed = hmac.new(secret.encode(), headers["X-Micrarium-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Micrarium-Signature"] == f"sha256={signed}"
    assert abs(int(headers["X-Micrarium-Timestamp"]) - time.time()) < 60
    assert headers["Content-Type"] == "application/json"
    give_up = time.monotonic() + 10
    while (log := ada.get("/api/v1/webhook_deliveries").json()["items"])[0]["state"] != "delivered":
        assert time.monotonic() < give_up
        time.sleep(0.05)
    assert [(d["response_status"], d["attempts"]) for d in log] == [(204, 1)]
    assert ada.delete(f"/api/v1/webhooks/{made.json()['id']}").status_code == 204
    assert ada.get("/api/v1/webhook_deliveries").json()["items"] == []


def test_a_webhook_of_a_container_is_told_of_what_lies_in_it(open_door: Door, site: Site, receiver: Receiver) -> None:
    ada = open_door("ada")
    project = ada.post("/api/v1/projects", json={"name": "P"}).json()["id"]
    ada.post("/api/v1/webhooks", json={"url": receiver.url, "containers": [f"project:{project}"]})
    inside, outside = (ada.post("/api/v1/datasets", json={"name": n}).json()["id"] for n in ("in", "out"))
    ada.post(f"/api/v1/projects/{project}/datasets", json={"ids": [inside]})
    ada.patch(f"/api/v1/projects/{project}", json={"name": "renamed"})
    got = changes_of(receiver.wait_for(1))
    assert site.engine
    give_up = time.monotonic() + 10
    while ("Project", project, "changed") not in got and time.monotonic() < give_up:
        time.sleep(0.1)
        got = changes_of(receiver.got)
    assert ("Project", project, "changed") in got
    assert not [c for c in got if c[:2] == ("Dataset", outside)]


def test_what_is_not_taken_is_sent_again_later_and_given_up_at_last(open_door: Door, site: Site, receiver: Receiver) -> None:
    ada = open_door("ada")
    receiver.status = 302  # a redirection is no answer, and is not followed
    hook = ada.post("/api/v1/webhooks", json={"url": receiver.url}).json()["id"]
    job = wait_for_job(ada, ada.post(f"/api/v1/webhooks/{hook}/test").json())
    assert (job["state"], job["result"]["state"], job["result"]["response_status"]) == ("done", "waiting", 302)
    assert len(receiver.got) == 1
    for attempt in range(2, len(telling.WAITS_S) + 2):
        with system_session(site.engine, "time goes by") as session:
            delivery = session.scalars(every(WebhookDelivery)).one()
            assert delivery.next_attempt_at is not None
            wait_s = (delivery.next_attempt_at - datetime.now(UTC)).total_seconds()
            assert telling.WAITS_S[attempt - 2] - 10 < wait_s <= telling.WAITS_S[attempt - 2]
            delivery.next_attempt_at = datetime.now(UTC) - timedelta(seconds=1)
        receiver.wait_for(attempt)
        give_up = time.monotonic() + 10
        while ada.get("/api/v1/webhook_deliveries").json()["items"][0]["attempts"] < attempt:
            assert time.monotonic() < give_up
            time.sleep(0.05)
    (last,) = ada.get("/api/v1/webhook_deliveries").json()["items"]
    assert (last["state"], last["attempts"], last["next_attempt_at"]) == ("failed", len(telling.WAITS_S) + 1, None)


def test_a_private_address_is_refused_unless_the_setting_allows_it(door: Door, site: Site, receiver: Receiver) -> None:
    ada = door("ada")
    for url in (receiver.url, "http://localhost:9/", "https://10.1.2.3/", "http://[::1]/"):
        refused = ada.post("/api/v1/webhooks", json={"url": url})
        assert (refused.status_code, refused.json()["field"]) == (422, "url"), url
        assert "MICRARIUM_WEBHOOK_PRIVATE" in refused.json()["detail"]
    site.settings.webhook_private = True
    hook = ada.post("/api/v1/webhooks", json={"url": receiver.url}).json()["id"]
    site.settings.webhook_private = False
    changed = ada.patch(f"/api/v1/webhooks/{hook}", json={"url": "http://192.168.1.1/"})
    assert (changed.status_code, changed.json()["field"]) == (422, "url")
    assert ada.patch(f"/api/v1/webhooks/{hook}", json={"name": "still mine"}).status_code == 200
    job = wait_for_job(ada, ada.post(f"/api/v1/webhooks/{hook}/test").json())
    assert job["result"]["state"] == "waiting"
    assert "MICRARIUM_WEBHOOK_PRIVATE" in job["result"]["message"]
    assert receiver.got == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[::1]",
        "[::]", "[::ffff:127.0.0.1]", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "2130706433", "0x7f.1",
        "017700000001", "224.0.0.1",
    ],
)  # fmt: skip
def test_no_spelling_of_an_inner_address_is_asked(host: str) -> None:
    with pytest.raises((InvalidInput, Unavailable)) as refused:
        post(f"http://{host}:9/", b"{}", {}, may_be_private=False)
    if isinstance(refused.value, Unavailable):  # what no resolver takes for an address
        assert "cannot be found" in refused.value.detail


def test_public_addresses_are_public() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")
    assert find_address("93.184.216.34", 443, may_be_private=False, allowing="none is")[1] == ("93.184.216.34", 443)


@pytest.mark.parametrize(
    "given",
    [
        {"url": "ftp://example.org/"}, {"url": "file:///etc/passwd"}, {"url": "https://"}, {"url": "https://me:secret@example.org/"},
        {"url": "https://example.org", "classes": ["Nothing"]}, {"url": "https://example.org", "containers": ["project"]},
        {"url": "https://example.org:99999/"}, {"url": "https://example.org:0/"}, {"url": "https://example.org:x/"},
        {"url": "http://[::1"}, {"url": "https://example.org", "containers": ["project:987654"]},
        {"url": "https://example.org", "classes": "Image"}, {"url": "https://example.org", "secret": "mine"}, {},
    ],
)  # fmt: skip
def test_a_webhook_that_cannot_be_is_refused(door: Door, given: dict[str, Any]) -> None:
    answer = door("ada").post("/api/v1/webhooks", json=given)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] in {"url", "classes", "containers", "secret"}


def test_a_webhook_of_a_container_one_may_not_see_is_refused(door: Door, people: dict[str, int]) -> None:
    hidden = door("bob").post("/api/v1/projects", json={"name": "p", "group_id": people["private"]}).json()["id"]
    shown = door("ada").post("/api/v1/projects", json={"name": "p", "group_id": people["private"]}).json()["id"]
    given = {"url": "https://example.org/hook", "containers": [f"project:{hidden}"]}
    refused = door("ada").post("/api/v1/webhooks", json=given)
    assert (refused.status_code, refused.json()["field"]) == (422, "containers")
    assert f"There is no project:{hidden}" in refused.json()["detail"]
    made = door("ada").post("/api/v1/webhooks", json=given | {"containers": [f"project:{shown}"]})
    assert made.status_code == 201, made.text
    changed = door("ada").patch(f"/api/v1/webhooks/{made.json()['id']}", json={"containers": [f"project:{hidden}"]})
    assert changed.status_code == 422


def test_webhooks_and_their_secrets_are_their_owners(door: Door, site: Site) -> None:
    ada, bob, admin = door("ada"), door("bob"), door("admin")
    hook = ada.post("/api/v1/webhooks", json={"url": "https://example.org/hook"}).json()["id"]
    for client in (bob, admin):
        assert client.get(f"/api/v1/webhooks/{hook}/secret").status_code == 404
    assert bob.get(f"/api/v1/webhooks/{hook}").status_code == 404
    assert bob.delete(f"/api/v1/webhooks/{hook}").status_code == 404
    assert bob.post(f"/api/v1/webhooks/{hook}/test").status_code == 404
    with system_session(site.engine, "look", is_reading=True) as session:
        secret = session.scalars(every(Webhook)).one().secret
    for path in ("webhooks", f"webhooks/{hook}", f"webhooks/{hook}/history"):
        assert secret not in ada.get(f"/api/v1/{path}").text
    off = ada.patch(f"/api/v1/webhooks/{hook}", json={"is_active": False})
    assert (off.status_code, off.json()["is_active"]) == (200, False)
