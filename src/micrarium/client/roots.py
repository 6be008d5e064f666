"""The places of a server that files are imported from: ``client.roots``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from micrarium.client.connection import API
from micrarium.errors import NotFound

if TYPE_CHECKING:
    from micrarium.client import Client


class Roots:
    """Folders, buckets and hosts that an administrator named, below which one imports ``root:NAME/path``."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def all(self) -> list[dict[str, Any]]:
        """The places that one may import from; administrators are told of all, and where they lie."""
        return [dict(one) for one in self._client.connection.get(f"{API}/roots")["items"]]

    def find(self, name: str) -> dict[str, Any]:
        """A place by its name or number. Raises ``NotFound``."""
        for one in self.all():
            if one["name"] == name or str(one["id"]) == name:
                return one
        raise NotFound(f"There is no place {name!r} that you may import from.", field="root")

    def entries(self, name: str, path: str = "") -> Iterator[dict[str, Any]]:
        """What lies in a folder below a place, folders first."""
        number, cursor = self.find(name)["id"], None
        while True:
            query = urlencode({"path": path} | ({"cursor": cursor} if cursor else {}))
            page = self._client.connection.get(f"{API}/roots/{number}/entries?{query}")
            yield from page["items"]
            if (cursor := page["next"]) is None:
                return

    def add(self, name: str, kind: str, location: str, *, groups: tuple[str | int, ...] = (), **values: Any) -> dict[str, Any]:
        """A new place, a ``folder``, ``bucket`` or ``host``, from which members of these groups import; for administrators."""
        given = {"name": name, "kind": kind, "location": location, "group_ids": self._numbers(groups)} | values
        made: dict[str, Any] = self._client.connection.send("POST", f"{API}/roots", given)
        return made

    def change(self, place: str, *, groups: tuple[str | int, ...] | None = None, **values: Any) -> dict[str, Any]:
        """A place after a change; an empty text takes away what may be absent. For administrators."""
        given = values if groups is None else values | {"group_ids": self._numbers(groups)}
        changed: dict[str, Any] = self._client.connection.send("PATCH", f"{API}/roots/{self.find(place)['id']}", given)
        return changed

    def remove(self, name: str) -> None:
        """Let nobody import from a place any more; for administrators."""
        self._client.connection.send("DELETE", f"{API}/roots/{self.find(name)['id']}")

    def _numbers(self, groups: tuple[str | int, ...]) -> list[int]:
        return [number for group in groups if (number := self._client.find_group(group)) is not None]
