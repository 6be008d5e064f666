"""The Python client: HTTP only, quick to import, at home in a notebook.

>>> import micrarium
>>> client = micrarium.connect("http://localhost:4080", token="...")
>>> for image in client.images(dataset=3): print(image.name, image.tags)
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from micrarium.client.administering import Administration
from micrarium.client.connection import API, Connection
from micrarium.client.downloading import download_originals
from micrarium.client.entities import Entity, Image
from micrarium.client.exporting import export_object
from micrarium.client.finding import find_number
from micrarium.client.graphs import Graphs
from micrarium.client.importing import ImportItem, ImportOptions, ImportResult, import_paths
from micrarium.client.listing import Listing
from micrarium.client.logins import read_login
from micrarium.client.names import ObjectName, parse_name, pluralise, singularise, spell_kind
from micrarium.client.roots import Roots
from micrarium.errors import Conflict, MicrariumError, NotFound, UsageError, from_problem

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Client", "Entity", "Image", "ImportResult", "Listing", "ObjectName", "connect"]

Progress = Callable[[float, str], None]
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 1.0


def connect(
    url: str | None = None,
    *,
    token: str | None = None,
    username: str | None = None,
    password: str | None = None,
    timeout_s: float = 60.0,
) -> Client:
    """A client of the server at ``url``, signed in with a token or a name and password.

    What is left out comes from ``$MICRARIUM_URL`` and ``$MICRARIUM_TOKEN``, else from ``micrarium login``.
    Raises ``NotSignedIn`` when the server refuses, ``Unavailable`` when it does not answer.
    """
    address = url or os.environ.get("MICRARIUM_URL")
    token = token or (None if username else os.environ.get("MICRARIUM_TOKEN"))
    if address is None or (token is None and username is None):
        login = read_login()
        if login is not None and (address is None or address.rstrip("/") == login.url):
            address, token = login.url, token or (None if username else login.token)
    if address is None:
        raise UsageError("Which server? Give its address, set MICRARIUM_URL, or sign in with: micrarium login URL --user NAME")
    if username is not None and password is None:
        raise UsageError("A password belongs to the user name.", field="password")
    client = Client(Connection(address, token=token, timeout_s=timeout_s))
    try:
        if username is not None:
            client.connection.sign_in(username, password=password or "")
        client.session  # noqa: B018 - asks the server who one is, and so whether one may come in
    except BaseException:
        client.close()
        raise
    return client


class Client(Graphs):
    """One person at one server. ``client.images(...)`` and so on list every kind of object the server has."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def work_as(self, username: str) -> None:
        """Be somebody else from now on, as administrators with the privilege ``Sudo`` may; what is done names both."""
        self.connection.work_as(username)
        vars(self).pop("session", None)

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()

    def __repr__(self) -> str:
        return f"<micrarium client of {self.connection.url}>"

    @cached_property
    def session(self) -> dict[str, Any]:
        """Who is signed in, and in which groups."""
        answer: dict[str, Any] = self.connection.get(f"{API}/session")
        return answer

    @cached_property
    def roots(self) -> Roots:
        """The places of the server that files are imported from."""
        return Roots(self)

    @cached_property
    def admin(self) -> Administration:
        """What administrators ask of a server: disk use, quotas, settings, the log, class rooms."""
        return Administration(self)

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The server's description of its own interface."""
        answer: dict[str, Any] = self.connection.get(f"{API}/openapi.json")
        return answer

    @cached_property
    def collections(self) -> frozenset[str]:
        """The kinds of objects the server has, in the plural."""
        paths = self.openapi["paths"]
        ends = (path.removeprefix(f"{API}/") for path in paths if path.startswith(f"{API}/"))
        return frozenset(end for end in ends if "/" not in end and any(other.startswith(f"{API}/{end}/{{") for other in paths))

    def __getattr__(self, name: str) -> Callable[..., Listing]:
        if name.startswith("_") or name not in self.collections:
            raise AttributeError(
                f"there is no {name!r}; the server has {', '.join(sorted(self.collections))}" if name[0] != "_" else name
            )
        return lambda **filters: self.list(name, **filters)

    def __dir__(self) -> Iterable[str]:
        return sorted({*super().__dir__(), *self.collections})

    def list(self, kind: str, **filters: Any) -> Listing:
        """The objects of a kind (``images``, ``image``), all that one may see or those that fit the filters.

        Filters are fields (``name="a.tif"``), containers (``dataset=3``), ``owner`` and ``group`` by id, ``orphaned=True``,
        ``sort="-id"`` and the others of the HTTP interface; a substring filter is written ``**{"name~": "part"}``.
        """
        singular = singularise(spell_kind(kind))
        params = {name: value.fields["id"] if isinstance(value, Entity) else value for name, value in filters.items()}
        return Listing(self, f"{API}/{pluralise(singular)}", params, kind=singular)

    def search(
        self,
        query: str,
        *,
        type: str | Iterable[str] | None = None,  # noqa: A002 - the interface's own word
        owner: int | None = None,
        group: int | str | None = None,
    ) -> Listing:
        """The objects in which all words occur (``mitosis``), or with a key-value (``organism=human``).

        ``owner`` and ``group`` are ids; they narrow it to one person's objects, and to one group.
        """
        types = type if isinstance(type, str) or type is None else ",".join(type)
        return Listing(self, f"{API}/search", {"q": query, "type": types, "owner": owner, "group": group}, kind=None)

    def get(self, name: str | ObjectName, *, include: str | None = None) -> Entity:
        """The object with this name, such as ``image:12``; ``NotFound`` when there is none that one may see.

        Raises ``UsageError`` for a kind of objects there is not.
        """
        found = self._parse(name)
        try:
            return self.wrap(self.connection.get(found.path, include=include), kind=found.kind)
        except NotFound:
            if pluralise(found.kind) in self.collections:
                raise
            raise UsageError(self.no_such_kind(pluralise(found.kind)), field="kind") from None

    def no_such_kind(self, plural: str) -> str:
        """The sentence for a kind of objects there is not, naming those there are; links are left out, being many."""
        kinds = (kind for kind in self.collections if not kind.endswith("_links"))
        return f"There are no {plural!r}; there are {', '.join(sorted(kinds))}."

    @staticmethod
    def _parse(name: str | ObjectName) -> ObjectName:
        return name if isinstance(name, ObjectName) else parse_name(name)

    def image(self, number: int) -> Image:
        """The image with this number."""
        entity = self.get(ObjectName("image", number))
        assert isinstance(entity, Image)
        return entity

    def create(self, kind: str, **fields: Any) -> Entity:
        """A new object of a kind, such as ``client.create("dataset", name="Mitosis")``."""
        singular = singularise(spell_kind(kind))
        return self.wrap(self.connection.send("POST", f"{API}/{pluralise(singular)}", fields), kind=singular)

    @contextmanager
    def because(self, reason: str | None) -> Iterator[Client]:
        """This client, giving a reason for all that is changed in the block; it is kept with the history."""
        before, self.connection.reason = self.connection.reason, reason
        try:
            yield self
        finally:
            self.connection.reason = before

    def undo(self, event: int | str | ObjectName, *, objects: Iterable[str] = (), dry_run: bool = False) -> dict[str, Any]:
        """What was done to take an event (``event:12``, 12) back, or what it did to some objects; a dry run only tells.

        ``Conflict`` where something was changed again since. The event that took it back can be taken back too.
        """
        name = ObjectName("event", event) if isinstance(event, int) else self._parse(event)
        answer: dict[str, Any] = self.connection.send("POST", f"{name.path}/undo", {"objects": list(objects), "dry_run": dry_run})
        return answer

    def wrap(self, fields: dict[str, Any], *, kind: str) -> Entity:
        """An answer of the server as an object."""
        singular = spell_kind(kind)
        return Image(self, singular, fields) if singular == "image" else Entity(self, singular, fields)

    def import_files(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        project: int | str | None = None,
        dataset: int | str | None = None,
        screen: int | str | None = None,
        group: int | str | None = None,
        on_server: bool = False,
        in_place: bool = False,
        progress: Progress | None = None,
        **options: Unpack[ImportOptions],
    ) -> ImportResult:
        """What came of importing files and folders, after waiting for it.

        Files are sent in pieces; an import that was interrupted goes on where it stopped when it is started again.
        Project, dataset and screen are ids or names; what does not exist is made. With ``on_server`` the paths are the
        server's own, which only administrators may name; ``in_place`` leaves the files there. See ``ImportOptions``.
        """
        given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        containers: dict[str, Any] = {"project": project, "dataset": dataset, "screen": screen, **options}
        ways: dict[str, Any] = {"group": group, "on_server": on_server, "in_place": in_place, "progress": progress}
        return self.import_items([{"paths": given}], containers, **ways)

    def import_items(
        self,
        items: Sequence[ImportItem],
        options: dict[str, Any] | None = None,
        *,
        group: int | str | None = None,
        on_server: bool = False,
        in_place: bool = False,
        companions: Iterable[str | os.PathLike[str]] = (),
        progress: Progress | None = None,
    ) -> ImportResult:
        """What came of importing items, each a dictionary with ``paths`` and, for those alone, ``target``, ``name`` and
        ``description``; all as one job. ``options`` hold for all of them. ``companions`` are sent with the files named.
        """
        terms: dict[str, Any] = {"options": {**(options or {}), "group_id": self.find_group(group)}, "companions": companions}
        terms |= {"on_server": on_server or in_place, "in_place": in_place, "progress": progress or _show_nothing}
        return import_paths(self, items, **terms)

    def export(
        self,
        name: str | ObjectName | Entity,
        out: str | os.PathLike[str],
        *,
        format: str = "ome-zarr",  # noqa: A002 - the interface's own word
        overwrite: bool = False,
        reason: str | None = None,
        deidentify: bool = False,
        progress: Progress | None = None,
    ) -> Path:
        """The path of an object exported as ``ome-zarr``, ``ome-tiff`` or its ``original`` file.

        Sensitive data ask for a ``reason``; ``deidentify`` leaves out what tells whose images they are.
        """
        found = name.reference if isinstance(name, Entity) else self._parse(name)
        terms: dict[str, Any] = {"reason": reason, "deidentify": deidentify, "progress": progress or _show_nothing}
        return export_object(self, found, Path(out), format_name=format, overwrite=overwrite, **terms)

    def download_originals(
        self,
        name: str | ObjectName | Entity,
        folder: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> tuple[Path, ...]:
        """The paths of an object's original files in a folder, under the names and relative paths they were imported with.

        A download that broke off goes on where it stopped. Raises ``OutputExists`` where another file stands in the way.
        """
        found = name.reference if isinstance(name, Entity) else self._parse(name)
        return download_originals(self, found, Path(folder), overwrite=overwrite, progress=progress or _show_nothing)

    def verify(
        self, *names: str | ObjectName | Entity, limit_mb_s: float | None = None, progress: Progress | None = None
    ) -> dict[str, Any]:
        """What came of comparing the files of objects, or for administrators of the whole site, with their checksums.

        ``originals``, ``pyramids`` and ``bytes`` that were read, ``problems`` by kind, and the first hundred ``named``.
        """
        objects = [str(name.reference if isinstance(name, Entity) else name) for name in names]
        job = self.connection.send("POST", f"{API}/verifications", {"objects": objects, "limit_mb_s": limit_mb_s})
        result: dict[str, Any] = self.wait(job, progress=progress)["result"]
        return result

    def find_group(self, group: int | str | None) -> int | None:
        """The id of a group, given its id, its name or ``experimenter_group:12``: one's own, or any for administrators.

        Raises ``NotFound``, and ``UsageError`` for a number that is the name of one group and the id of another.
        """
        return find_number(self.connection, "group", group) if isinstance(group, str) else group

    def wait(self, job: dict[str, Any] | int, *, progress: Progress | None = None) -> dict[str, Any]:
        """A job after it has ended; raises the error that ended it, or ``Conflict`` when somebody cancelled it."""
        number = job if isinstance(job, int) else job["id"]
        show = progress or _show_nothing
        wait_s = FIRST_WAIT_S
        while True:
            state: dict[str, Any] = self.connection.get(f"{API}/jobs/{number}")
            show(float(state.get("progress") or 0.0), str(state.get("message") or ""))
            match state["state"]:
                case "done":
                    return state
                case "failed":
                    raise _find_error(state)
                case "cancelled":
                    raise Conflict(f"The job {number} was cancelled.")
            time.sleep(wait_s)
            wait_s = min(wait_s * 1.5, LONGEST_WAIT_S)


def _find_error(job: dict[str, Any]) -> MicrariumError:
    error = job.get("error")
    if isinstance(error, dict):
        return from_problem(error, int(error.get("status") or 500))
    return MicrariumError(str(error or job.get("message") or f"The job {job['id']} failed."))


def _show_nothing(_done: float, _doing: str) -> None:
    return None
