"""A Zarr hierarchy to look into, in a folder or on the web: documents, and what kind of node stands at a path."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from micrarium.errors import NotSignedIn, Unavailable, UnreadableFile

#: A metadata document larger than this is refused: none that people write comes near.
LARGEST_DOCUMENT_BYTES = 64 * 2**20
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Node:
    """A group or an array: its Zarr version, its attributes, and for an array its metadata."""

    kind: Literal["group", "array"]
    zarr_format: int
    attributes: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    #: Name of the file the attributes stand in, for messages.
    document: str = "zarr.json"


class MalformedDocument(UnreadableFile):
    """A metadata document is there, but cannot be read."""

    title = "Malformed document"


class ZarrTree(ABC):
    """A place that holds a Zarr hierarchy. Keys are paths with slashes, relative to its root."""

    #: What the person gave.
    target: str

    @abstractmethod
    def read(self, key: str) -> bytes | None:
        """The bytes of a key, or None when there is none. Raises ``Unavailable`` when that cannot be found out."""

    @abstractmethod
    def has(self, key: str) -> bool:
        """Whether a key, or a folder of that name, is there."""

    @abstractmethod
    def store_spec(self, path: str) -> dict[str, Any]:
        """TensorStore's key-value store for the node at a path."""

    def read_object(self, key: str) -> dict[str, Any] | None:
        """The JSON object at a key, None when there is none; ``MalformedDocument`` for anything else."""
        body = self.read(key)
        if body is None:
            return None
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MalformedDocument(f"{key} is no JSON: {describe_json_error(error)}") from error
        if not isinstance(document, dict):
            raise MalformedDocument(f"{key} should hold a JSON object")
        return document

    def read_node(self, path: str) -> Node | None:
        """The group or array at a path, None when there is none; ``MalformedDocument`` when it cannot be read."""
        document = self.read_object(join(path, "zarr.json"))
        if document is not None:
            return _read_v3(document, join(path, "zarr.json"))
        array = self.read_object(join(path, ".zarray"))
        attributes = self.read_object(join(path, ".zattrs"))
        if array is not None:
            return Node("array", 2, attributes or {}, array, ".zarray")
        if attributes is not None or self.read_object(join(path, ".zgroup")) is not None:
            return Node("group", 2, attributes or {}, {}, ".zattrs")
        return None

    def close(self) -> None:  # noqa: B027  # a folder has nothing to let go of
        """Let go of connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _read_v3(document: dict[str, Any], key: str) -> Node:
    kind, attributes = document.get("node_type"), document.get("attributes", {})
    if document.get("zarr_format") != 3:
        raise MalformedDocument(f"{key} should say zarr_format 3")
    if kind not in ("group", "array"):
        raise MalformedDocument(f"{key} should have node_type group or array")
    if not isinstance(attributes, dict):
        raise MalformedDocument(f"{key} should have an object as attributes")
    return Node("group" if kind == "group" else "array", 3, attributes, document)


def describe_json_error(error: BaseException) -> str:
    """What is wrong with a JSON text, in a few words."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} in line {error.lineno}"
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else "it cannot be parsed"


class LocalTree(ZarrTree):
    """A hierarchy in a folder."""

    def __init__(self, folder: Path) -> None:
        self.target = str(folder)
        self.folder = folder

    def read(self, key: str) -> bytes | None:
        """The bytes of a file below the folder."""
        path = self._path(key)
        try:
            if path.stat().st_size > LARGEST_DOCUMENT_BYTES:
                raise MalformedDocument(f"{key} is larger than {LARGEST_DOCUMENT_BYTES >> 20} MiB")
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error

    def has(self, key: str) -> bool:
        """Whether a file or folder is there."""
        return self._path(key).exists()

    def store_spec(self, path: str) -> dict[str, Any]:
        """A file store."""
        return {"driver": "file", "path": f"{self._path(path)}/"}

    def _path(self, key: str) -> Path:
        # Metadata may name anything: nothing outside of the folder is looked at.
        parts = PurePosixPath(key).parts
        if ".." in parts or key.startswith("/") or "\0" in key:
            return self.folder / ".outside"
        return self.folder.joinpath(*parts)


class WebTree(ZarrTree):
    """A hierarchy below an address."""

    def __init__(self, url: str, *, client: Any = None) -> None:
        import httpx

        self.target = url
        self.base = url.rstrip("/")
        self._client = client or httpx.Client(follow_redirects=True, timeout=_TIMEOUT_S)

    def read(self, key: str) -> bytes | None:
        """The body at an address; None for 404, 403 (object stores answer so) and 410."""
        import httpx

        try:
            with self._client.stream("GET", f"{self.base}/{key}") as answer:
                if answer.status_code in (403, 404, 410):
                    return None
                if answer.status_code == 401:
                    raise NotSignedIn(f"{self.base} asks for a sign-in; use an address with a token in it")
                if answer.status_code != 200:
                    raise Unavailable(f"{self.base}/{key} answers {answer.status_code}")
                return self._read_body(answer, key)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.base}/{key} cannot be reached: {error or type(error).__name__}") from error

    def _read_body(self, answer: Any, key: str) -> bytes:
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > LARGEST_DOCUMENT_BYTES:
                raise MalformedDocument(f"{key} is larger than {LARGEST_DOCUMENT_BYTES >> 20} MiB")
        return bytes(body)

    def has(self, key: str) -> bool:
        """Whether the address answers with something."""
        import httpx

        try:
            with self._client.stream("GET", f"{self.base}/{key}") as answer:
                return bool(answer.status_code < 400)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.base}/{key} cannot be reached: {error or type(error).__name__}") from error

    def store_spec(self, path: str) -> dict[str, Any]:
        """An HTTP store."""
        return {"driver": "http", "base_url": join(self.base, path) + "/"}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def open_tree(target: str) -> ZarrTree:
    """The tree that a path or an http(s) address names; ``UnreadableFile`` when there is no such folder."""
    if urlsplit(target).scheme in ("http", "https"):
        return WebTree(target)
    folder = Path(target)
    if not folder.is_dir():
        raise UnreadableFile(f"{target} is no folder" if folder.exists() else f"{target} does not exist")
    return LocalTree(folder.resolve() if ".." in folder.parts else folder)  # TensorStore takes no path that leads up


def join(path: str, name: str) -> str:
    """A path and a name below it; the root's path is empty."""
    return f"{path.rstrip('/')}/{name}" if path else name
