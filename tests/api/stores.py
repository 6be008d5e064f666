"""Servers of files for tests: a host, and an S3 store of the few calls that are asked of it, over a folder."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Store:
    """What a server serves, what it was asked, and how it misbehaves.

    ``breaks`` maps a path to the number of bytes after which each of the next answers ends; ``redirects`` maps paths to where
    they send. A ``bucket`` is listed below ``/BUCKET``, and asks for signatures of ``access_key`` where there is one.
    """

    folder: Path
    bucket: str = ""
    access_key: str = ""
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked.partition("?")[0] == path for asked, _ in self.asked)


@contextmanager
def serve(folder: Path, *, bucket: str = "", access_key: str = "") -> Iterator[Store]:
    """A server of a folder on this machine for as long as the block runs."""
    store = Store(folder, bucket, access_key)
    store.gate.set()
    handler = type("Handler", (_Handler,), {"store": store})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    store.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        store = self.store
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        store.asked.append((unquote(self.path), self.headers.get("Range", "")))
        store.gate.wait(30)
        if path in store.redirects:
            self._say(302, b"", {"Location": store.redirects[path]})
        elif store.access_key and f"Credential={store.access_key}/" not in self.headers.get("Authorization", ""):
            self._say(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif store.bucket and path == f"/{store.bucket}":
            self._say(200, self._list(parse_qs(parts.query)))
        else:
            self._send(path, store.folder / path.lstrip("/").removeprefix(f"{store.bucket}/" if store.bucket else ""))

    def _send(self, path: str, file: Path) -> None:
        if not file.is_file():
            self._say(404, b"no such file")
            return
        body = file.read_bytes()
        tag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        status, headers, asked = 200, {"ETag": tag, "Accept-Ranges": "bytes"}, self.headers.get("Range", "")
        if self.headers.get("If-None-Match") == tag:
            self._say(304, b"", headers)
            return
        if asked and self.headers.get("If-Range", tag) == tag:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start = int(first) if first else max(0, len(body) - int(last))
            end = min(int(last) + 1, len(body)) if first and last else len(body)
            if start >= len(body):
                self._say(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                return
            status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{len(body)}"
            body = body[start:end]
        broken = self.store.breaks.get(path)
        self._say(status, body, headers, most=broken.pop(0) if broken else None)

    def _list(self, query: dict[str, list[str]]) -> bytes:
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        limit, token = int(query.get("max-keys", ["1000"])[0]), query.get("continuation-token", [""])[0]
        files = (path for path in self.store.folder.rglob("*") if path.is_file())
        keys = sorted(path.relative_to(self.store.folder).as_posix() for path in files)
        found: dict[str, bool] = {}
        for key in keys:
            if key.startswith(prefix):
                inside = key[len(prefix) :]
                is_folder = bool(delimiter) and delimiter in inside
                found[prefix + inside.partition("/")[0] + "/" if is_folder else key] = is_folder
        names = [name for name in found if name > token]
        page = names[:limit]
        lines = [
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
            if found[name]
            else f"<Contents><Key>{escape(name)}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
            f"<Size>{(self.store.folder / name).stat().st_size}</Size></Contents>"
            for name in page
        ]
        more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if len(names) > limit else ""
        return (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"{''.join(lines)}{more}</ListBucketResult>"
        ).encode()

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None, most: int | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if most is None else body[:most])
        if most is not None:
            self.close_connection = True
