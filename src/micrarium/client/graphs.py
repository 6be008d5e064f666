"""Moving, giving away, deleting and copying objects with all that goes with them; and the bin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from micrarium.client.connection import API
from micrarium.client.entities import Entity
from micrarium.client.names import ObjectName, parse_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from micrarium.client.connection import Connection

    Progress = Callable[[float, str], None]

#: One object or several: by name, or as objects of the client.
Objects = str | ObjectName | Entity | Iterable[str | ObjectName | Entity]


class Graphs:
    """What a client does to objects and all that goes with them. Each method gives back the server's report of it.

    The report has ``counts`` by kind, some objects by name (``named``), what ``stays`` and why, and what stood in the way
    (``refused``). ``include`` and ``exclude`` are kinds (``image``, ``tag``) to take though they are elsewhere too, or to
    leave. A ``dry_run`` changes nothing and tells what would happen.
    """

    connection: Connection

    def chgrp(self, objects: Objects, group: int, **options: Any) -> dict[str, Any]:
        """The report of moving objects to another group, given by its id."""
        return self._graph("chgrp", objects, group=group, **options)

    def chown(self, objects: Objects, owner: int, **options: Any) -> dict[str, Any]:
        """The report of giving objects to another person, given by their id."""
        return self._graph("chown", objects, owner=owner, **options)

    def duplicate(self, objects: Objects, **options: Any) -> dict[str, Any]:
        """The report of copying objects; ``made`` names the copies."""
        return self._graph("duplicate", objects, **options)

    def delete(self, objects: Objects, **options: Any) -> dict[str, Any]:
        """The report of putting objects into the bin; with ``purge=True`` of removing them for good."""
        return self._graph("delete", objects, **options)

    def purge(self, objects: Objects, **options: Any) -> dict[str, Any]:
        """The report of removing objects in the bin for good."""
        return self._graph("purge", objects, **options)

    def restore(self, name: str | ObjectName) -> Entity:
        """An object, taken out of the bin with all that went there with it."""
        found = name if isinstance(name, ObjectName) else parse_name(name)
        fields = self.connection.send("POST", f"{API}/bin{found.path.removeprefix(API)}/restore")
        return self.wrap(fields, kind=found.kind)

    def bin(self, *, mine: bool = False) -> Iterator[dict[str, Any]]:
        """What was deleted, by whom and when, the latest first; ``mine`` leaves out what others deleted."""
        cursor: str | None = None
        while True:
            page = self.connection.get(f"{API}/bin", limit=200, cursor=cursor, mine="true" if mine else None)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def empty_bin(
        self,
        *,
        older_than_days: float | None = None,
        everyone: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """The report of removing for good what oneself, or everyone, deleted so many days ago."""
        given = {"older_than_days": older_than_days, "everyone": everyone, "dry_run": dry_run}
        return self._ended(self.connection.send("POST", f"{API}/bin/empty", given), progress)

    def _graph(self, operation: str, objects: Objects, *, progress: Progress | None = None, **given: Any) -> dict[str, Any]:
        several = [objects] if isinstance(objects, str | ObjectName | Entity) else list(objects)
        names = [_name(obj) for obj in several]
        body = {"objects": names, **{name: list(v) if isinstance(v, tuple | set) else v for name, v in given.items()}}
        return self._ended(self.connection.send("POST", f"{API}/graph/{operation}", body), progress)

    def _ended(self, answer: dict[str, Any], progress: Progress | None) -> dict[str, Any]:
        """The report, after waiting for the job that makes it where there is one."""
        if "state" not in answer:
            return answer
        found: dict[str, Any] = self.wait(answer, progress=progress)["result"]
        return found

    if TYPE_CHECKING:  # what the client has besides

        def wait(self, job: dict[str, Any] | int, *, progress: Progress | None = None) -> dict[str, Any]: ...
        def wrap(self, fields: dict[str, Any], *, kind: str) -> Entity: ...


def _name(obj: str | ObjectName | Entity) -> str:
    found = obj.reference if isinstance(obj, Entity) else obj if isinstance(obj, ObjectName) else parse_name(obj)
    return str(found)
