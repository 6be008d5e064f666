"""Pieces of uploads and their checksums: what was damaged on its way does not become part of a file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import google_crc32c
import httpx
import pytest

from micrarium.actions.opening import Site
from micrarium.actions.uploading import DamagedPiece, clear_abandoned
from micrarium.errors import InvalidInput
from micrarium.pixels.checksums import parse_digest

Door = Callable[[str | None], httpx.Client]


def digest_of(content: bytes, name: str = "sha-256") -> str:
    if name == "crc32c":
        found = google_crc32c.value(content).to_bytes(4, "big")
    else:
        found = hashlib.new(name.replace("-", ""), content).digest()
    return f"{name}=:{base64.b64encode(found).decode()}:"


def send(client: httpx.Client, upload: str, content: bytes, *, offset: int, digest: str) -> httpx.Response:
    headers = {"Upload-Offset": str(offset), "Content-Digest": digest}
    return client.patch(upload, params={"path": "a.bin"}, content=content, headers=headers)


def open_upload(client: httpx.Client, size: int) -> str:
    answer = client.post("/api/v1/uploads", json={"files": [{"path": "a.bin", "size": size}]})
    return str(answer.headers["Location"])


@pytest.mark.parametrize("name", ["sha-256", "sha-512", "crc32c"])
def test_a_piece_that_is_not_what_was_sent_is_refused_and_taken_back(door: Door, site: Site, name: str) -> None:
    ada = door("ada")
    upload = open_upload(ada, 10)
    assert send(ada, upload, b"01234", offset=0, digest=digest_of(b"01234", name)).json()["received"] == 5
    refused = send(ada, upload, b"56x89", offset=5, digest=digest_of(b"56789", name))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/damaged-piece")
    assert "send it once more" in refused.json()["detail"]
    assert ada.get(upload).json()["files"][0]["received"] == 5
    assert send(ada, upload, b"56789", offset=5, digest=digest_of(b"56789", name)).json()["received"] == 10
    assert (site.data / "uploads" / upload.rsplit("/", 1)[1] / "a.bin").read_bytes() == b"0123456789"
    assert list((site.uploads / ".pieces").iterdir()) == []


@pytest.mark.parametrize("digest", ["sha-256", "md5=:AAAA:", "sha-256=:AAAA:", "sha-256=:!:", ""])
def test_a_digest_that_is_none_is_told(door: Door, digest: str) -> None:
    ada = door("ada")
    refused = send(ada, open_upload(ada, 5), b"01234", offset=0, digest=digest)
    assert (refused.status_code, refused.json()["field"]) == (422, "Content-Digest")
    with pytest.raises(InvalidInput, match="no digest"):
        parse_digest(digest)


def test_of_several_digests_one_that_is_known_is_compared() -> None:
    digest = parse_digest(f"unixsum=:AAAA:, {digest_of(b'abc')}")
    digest.update(b"ab")
    assert not digest.is_right
    digest.update(b"c")
    assert digest.is_right


def test_a_piece_that_was_cut_off_with_the_server_is_taken_back_at_the_next_start(door: Door, site: Site) -> None:
    from micrarium.actions.uploading import begin_piece
    from micrarium.permissions import load_actor, open_session, system_session

    ada = door("ada")
    upload = open_upload(ada, 10)
    assert send(ada, upload, b"01234", offset=0, digest=digest_of(b"01234")).status_code == 200
    number = int(upload.rsplit("/", 1)[1])
    with system_session(site.engine, "who is ada", is_reading=True) as session:
        actor = load_actor(session, ada.get("/api/v1/session").json()["user"]["id"])
    with open_session(site.engine, actor, is_reading=True) as session:
        piece = begin_piece(session, site, number, path="a.bin", offset=5, content_digest=digest_of(b"56789"))
    piece.write(b"567")  # and then the server ends, with nothing said
    assert ada.get(upload).json()["files"][0]["received"] == 5
    place = site.uploads / str(number) / "a.bin"
    assert place.read_bytes() == b"01234567"
    clear_abandoned(site)
    assert place.read_bytes() == b"01234"
    assert list((site.uploads / ".pieces").iterdir()) == []
    with pytest.raises(DamagedPiece):
        piece.close()
