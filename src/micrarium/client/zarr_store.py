"""A read-only Zarr store over a connection to a server. Loaded on first use, since it loads zarr."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest

from micrarium.errors import NotFound

if TYPE_CHECKING:
    from zarr.core.buffer import Buffer, BufferPrototype

    from micrarium.client.connection import Connection


class ServerStore(Store):
    """The keys below ``root`` on a server, such as ``/zarr/images/12.ome.zarr``; can be pickled and shared by threads."""

    supports_writes = False
    supports_deletes = False
    supports_listing = False

    def __init__(self, connection: Connection, root: str) -> None:
        super().__init__(read_only=True)
        self.connection = connection
        self.root = root.rstrip("/")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ServerStore) and (self.root, self.connection.url) == (other.root, other.connection.url)

    def __hash__(self) -> int:
        return hash((self.root, self.connection.url))

    def __repr__(self) -> str:
        return f"ServerStore({self.connection.url}{self.root})"

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """The bytes under a key, or None where there is none."""
        content = await asyncio.to_thread(self._fetch, key, byte_range)
        return None if content is None else prototype.buffer.from_bytes(content)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """The bytes under several keys or parts of them."""
        return list(await asyncio.gather(*(self.get(key, prototype, part) for key, part in key_ranges)))

    async def exists(self, key: str) -> bool:
        """Whether there is such a key."""
        return await asyncio.to_thread(self._fetch, key, None) is not None

    def _fetch(self, key: str, part: ByteRequest | None) -> bytes | None:
        headers = {"Accept": "*/*"} if part is None else {"Accept": "*/*", "Range": _spell_range(part)}
        try:
            return self.connection.request("GET", f"{self.root}/{key}", headers=headers).content
        except NotFound:
            return None

    async def set(self, key: str, value: Buffer) -> None:
        """Refused: the store is read-only."""
        raise _read_only(key, value)

    async def delete(self, key: str) -> None:
        """Refused: the store is read-only."""
        raise _read_only(key)

    def list(self) -> AsyncIterator[str]:
        """Refused: a server does not list its keys."""
        raise _unlistable()

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Refused: a server does not list its keys."""
        raise _unlistable(prefix)

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Refused: a server does not list its keys."""
        raise _unlistable(prefix)


def _spell_range(part: ByteRequest) -> str:
    match part:
        case RangeByteRequest(start, end):
            return f"bytes={start}-{end - 1}"
        case OffsetByteRequest(offset):
            return f"bytes={offset}-"
        case SuffixByteRequest(suffix):
            return f"bytes=-{suffix}"


def _read_only(*_given: Any) -> Exception:
    return PermissionError("Images on a server cannot be written through Zarr.")


def _unlistable(*_given: Any) -> Exception:
    return NotImplementedError("A server does not list the keys of an image; read its zarr.json.")
