"""OME-Zarr at a distance: its descriptions are mirrored in the cache, its chunks are read where they are through a gateway.

A reader finds the JSON of groups and arrays on the disk, as of any OME-Zarr, and asks for chunks at a gateway on this
machine. That alone talks to the server of the root, at addresses that were checked and with its keys. Who knows the
gateway's address may read below that root; it is made anew with each start.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from micrarium.actions.asking_hosts import asking, read_body
from micrarium.actions.fetching import path_of, read_small
from micrarium.actions.naming_roots import is_plain_path
from micrarium.actions.opening import Site
from micrarium.errors import MicrariumError, NotFound, UnreadableFile
from micrarium.formats.ome_zarr_groups import read_group
from micrarium.formats.ome_zarr_store import read_at_a_distance
from micrarium.model import Root

#: The files that say that a folder is a Zarr group.
GROUP_FILES = ("zarr.json", ".zattrs", ".zgroup")
_ARRAY = ("zarr.json", ".zarray")
_XML = "OME/METADATA.ome.xml"
_LARGEST_BYTES = 64 << 20
_LARGEST_CHUNK_BYTES = 4 << 30
_MOST_IMAGES = 100_000
_AT_ONCE = 16
_PASSED_ON = ("Content-Type", "Content-Range", "ETag", "Last-Modified", "Accept-Ranges")


def is_description(name: str) -> bool:
    """Whether a file of the cache describes pixels, and so is small and stays."""
    return name in (*GROUP_FILES, *_ARRAY, Path(_XML).name)


def is_zarr(root: Root, key: str) -> bool:
    """Whether there is a Zarr group at a key below a root. Raises ``Unavailable``."""
    return any(read_small(root, _below(key, name), most=_LARGEST_BYTES) is not None for name in GROUP_FILES)


def _below(key: str, name: str) -> str:
    return f"{key}/{name}" if key else name


def mirror(site: Site, root: Root, key: str) -> Path:
    """The folder with the descriptions of the OME-Zarr at a key below a root, whose chunks are read through the gateway then.

    Raises ``NotFound`` where there is none, ``UnreadableFile`` for one that makes no sense, ``Unavailable``.
    """
    folder = path_of(site, root, key)
    if not any((folder / name).is_file() for name in GROUP_FILES):
        _mirror_anew(site, root, key, folder)
    read_at_a_distance(folder, _gateway.address_of(root, key))
    return folder


def _mirror_anew(site: Site, root: Root, key: str, folder: Path) -> None:
    """Mirror all descriptions into a folder beside, which then takes its place: what is there is whole."""
    work = site.data.resolve() / "cache" / "parts" / f"mirror-{secrets.token_hex(8)}" / folder.name
    work.mkdir(parents=True)
    try:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="micrarium-mirror") as pool:
            found = _Mirroring(root, key, work, pool)
            found.take_group("")
        if not any((work / name).is_file() for name in GROUP_FILES):
            raise NotFound(f"{root.name} has no OME-Zarr {key!r}", field="path")
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            shutil.rmtree(folder)
        work.rename(folder)
    finally:
        shutil.rmtree(work.parent, ignore_errors=True)


class _Mirroring:
    """Takes the descriptions of one OME-Zarr, level by level, those of one level together."""

    def __init__(self, root: Root, key: str, folder: Path, pool: ThreadPoolExecutor) -> None:
        self._root, self._key, self._folder, self._pool = root, key, folder, pool

    def take_group(self, inside: str) -> None:
        """What describes a group and all that it names."""
        waiting = [inside]
        while waiting:
            list(self._pool.map(partial(self._take, names=GROUP_FILES), waiting))
            arrays, groups = [], []
            for one in waiting:
                named, held = self._named_in(one)
                arrays += named
                groups += held
            if len(groups) > _MOST_IMAGES:
                raise UnreadableFile(f"{self._folder.name} names more than {_MOST_IMAGES} images")
            list(self._pool.map(partial(self._take, names=_ARRAY), arrays))
            waiting = groups

    def _take(self, inside: str, *, names: Iterable[str]) -> None:
        for name in names:
            self._take_file(_below(inside, name))
            if name == "zarr.json" and (self._folder / inside / name).is_file():
                return

    def _take_file(self, inside: str) -> None:
        body = read_small(self._root, _below(self._key, inside), most=_LARGEST_BYTES)
        if body is not None:
            path = self._folder / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)

    def _named_in(self, inside: str) -> tuple[list[str], list[str]]:
        """The arrays and the groups that a group names."""
        group = read_group(self._folder / inside)
        if group is None:
            return [], []
        about = group.attributes
        arrays = [one.get("path") for image in _dicts(about.get("multiscales")) for one in _dicts(image.get("datasets"))]
        groups = [one.get("path") for name in ("plate", "well") for one in _dicts(_dict(about.get(name)).get(_HELD[name]))]
        if about.get("multiscales"):
            groups.append("labels")
        groups += [name for name in about.get("labels") or () if isinstance(name, str)]
        if "bioformats2raw.layout" in about:
            groups += self._take_collection(inside)
        return self._plain(inside, arrays), self._plain(inside, groups)

    def _take_collection(self, inside: str) -> list[str]:
        self._take_file(_below(inside, _XML))
        self._take(_below(inside, "OME"), names=GROUP_FILES)
        told = read_group(self._folder / inside / "OME")
        series = told.attributes.get("series") if told is not None else None
        if isinstance(series, list):
            return [name for name in series if isinstance(name, str)]
        found: list[str] = []
        while len(found) < _MOST_IMAGES:
            self._take(_below(inside, str(len(found))), names=GROUP_FILES)
            if read_group(self._folder / inside / str(len(found))) is None:
                break
            found.append(str(len(found)))
        return found

    def _plain(self, inside: str, names: Iterable[Any]) -> list[str]:
        return [_below(inside, str(name).strip("/")) for name in names if name and is_plain_path(str(name).strip("/"))]


_HELD = {"plate": "wells", "well": "images"}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


class _Gateway:
    """A door on this machine through which chunks are read that lie below roots; it opens when it is first needed."""

    def __init__(self) -> None:
        self._token = ""
        self._port = 0
        self._owner = 0
        self._roots: dict[int, Root] = {}
        self._lock = threading.Lock()

    def address_of(self, root: Root, key: str) -> str:
        """Where what lies below a key of a root is read, for this process and those it starts."""
        with self._lock:
            self._roots[root.id] = root
            if self._owner != os.getpid():
                self._token = secrets.token_urlsafe(32)
                server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Door, self))
                server.daemon_threads = True
                self._port, self._owner = server.server_port, os.getpid()
                threading.Thread(target=server.serve_forever, name="micrarium-gateway", daemon=True).start()
            return f"http://127.0.0.1:{self._port}/{self._token}/{root.id}/{quote(key)}".rstrip("/") + "/"

    def find(self, path: str) -> tuple[Root, str] | None:
        """The root and the key that a path of the door means; None for one that nobody was told."""
        token, _, rest = path.lstrip("/").partition("/")
        number, _, key = rest.partition("/")
        key = unquote(key)
        if not secrets.compare_digest(token.encode(), self._token.encode()) or not number.isdecimal() or not is_plain_path(key):
            return None
        root = self._roots.get(int(number))
        return None if root is None else (root, key)


class _Door(BaseHTTPRequestHandler):
    """Passes a request for a chunk on, with its range, and what comes back."""

    protocol_version = "HTTP/1.1"

    def __init__(self, gateway: _Gateway, *arguments: Any) -> None:
        self._gateway = gateway
        super().__init__(*arguments)

    def log_message(self, *_: Any) -> None:
        """Nothing: the address is a secret."""

    def do_GET(self) -> None:  # as the base class names it
        found = self._gateway.find(self.path.partition("?")[0])
        if found is None:
            self._say(404, b"")
            return
        ranged = {"Range": self.headers["Range"]} if "Range" in self.headers else {}
        try:
            with asking(*found, headers=ranged) as answer:
                body = read_body(found[0], answer, _LARGEST_CHUNK_BYTES)
                told = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
                self._say(answer.status, body if answer.status in (200, 206) else b"", told)
        except MicrariumError as error:
            self._say(424, error.detail.encode())  # none that is tried again for minutes

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


_gateway = _Gateway()
