"""Imports as jobs: asked for with all that stands in the way told at once, done, and done again for what failed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from micrarium.actions.accounting import check_quota
from micrarium.actions.choosing import Duplicates, Item, Terms
from micrarium.actions.filing import acting_group_of
from micrarium.actions.importing import import_items
from micrarium.actions.importing_from_roots import import_from_root, is_below_root
from micrarium.actions.noting import take_up
from micrarium.actions.opening import Site
from micrarium.actions.requesting import check_server_paths
from micrarium.actions.signing_in import become
from micrarium.actions.storing import Way, size_of
from micrarium.actions.targeting import Target, parse_target
from micrarium.actions.uploading import check_complete, check_paths, remove_upload, upload_folder
from micrarium.errors import Conflict, InvalidInput, NotFound
from micrarium.formats import check_reader
from micrarium.jobs import Work, ask_for, find_job, job
from micrarium.model import Experimenter, Job, Upload
from micrarium.permissions import Actor, ActorSession, find_by, get_visible, open_session, system_session

MOST_ITEMS = 20_000


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What is to be imported and how, as JSON holds it and a job keeps it; ``paths`` of an upload are relative to it.

    ``items`` are dictionaries with ``paths`` and, each for itself, ``target``, ``name`` and ``description``.
    """

    upload_id: int | None = None
    paths: list[str] | None = None
    is_in_place: bool = False
    project: int | str | None = None
    dataset: int | str | None = None
    screen: int | str | None = None
    target: str | None = None
    name: str | None = None
    description: str | None = None
    items: list[dict[str, Any]] | None = None
    group_id: int | None = None
    owner: int | str | None = None
    duplicates: Duplicates = "link"
    exclude: list[str] = field(default_factory=list)
    depth: int | None = None
    is_stopping: bool = False
    is_by_path: bool = False
    client_base: str = "/"
    is_grouping: bool = True
    reader: str | None = None
    retry_of: int | None = None

    @property
    def all_paths(self) -> list[str]:
        """The paths of all items."""
        if self.items is None:
            return list(self.paths or ())
        return [path for item in self.items for path in item.get("paths") or ()]

    def with_paths(self, names: Mapping[str, str]) -> ImportWish:
        """The same wish with other names of its paths."""
        paths = None if self.paths is None else [names[path] for path in self.paths]
        if self.items is None:
            return replace(self, paths=paths)
        items = [item | {"paths": [names[path] for path in item.get("paths") or ()]} for item in self.items]
        return replace(self, paths=paths, items=items)

    @property
    def is_below_root(self) -> bool:
        """Whether its files are below a root that an administrator named."""
        return self.upload_id is None and any(map(is_below_root, self.all_paths))

    @property
    def terms(self) -> Terms:
        """How it goes about its files."""
        return Terms(
            duplicates=self.duplicates,
            exclude=frozenset(self.exclude),
            depth=self.depth,
            is_stopping=self.is_stopping,
            is_by_path=self.is_by_path,
            client_base=self.client_base if self.client_base.startswith("/") else "/",
            is_grouping=self.is_grouping,
            reader=self.reader,
        )

    @property
    def way(self) -> Way:
        """How files are kept."""
        return "link" if self.upload_id is not None else "stay" if self.is_in_place else "copy"

    def root(self, site: Site) -> Path | None:
        """The folder of the upload, if it is one."""
        return None if self.upload_id is None else upload_folder(site, self.upload_id)

    def items_in(self, site: Site) -> list[Item]:
        """The items with the paths of this server. Raises ``InvalidInput`` for a target that is none."""
        root, targets = self.root(site), dict[str, Target]()
        whole: dict[str, Any] = {"paths": self.paths, "target": self.target, "name": self.name, "description": self.description}
        found = []
        for given in [whole] if self.items is None else self.items:
            text = given.get("target") or self.target
            if text is not None and text not in targets:
                targets[text] = parse_target(text)
            target = Target(self.project, self.dataset, self.screen) if text is None else targets[text]
            named = given.get("paths") or ([] if root is None else ["."])
            paths = tuple(path if is_below_root(path) else Path(path) if root is None else root / path for path in named)
            name, description = given.get("name") or self.name, given.get("description") or self.description
            found.append(Item(paths, target, name, description))
        return found


def read_wish(arguments: dict[str, Any]) -> ImportWish:
    """The wish that a job keeps."""
    return ImportWish(**{one.name: arguments[one.name] for one in fields(ImportWish) if one.name in arguments})


def request_import(session: ActorSession, site: Site, wish: ImportWish, *, kind: str = "import") -> Job:
    """A job that imports an upload or files of the server, or with ``preview`` only says what would become of them.

    Raises what stands in its way at once: containers that cannot be used, files that have not come whole, quotas.
    """
    if wish.target is not None and (wish.project, wish.dataset, wish.screen) != (None, None, None):
        raise InvalidInput("Give either a target, or a project, dataset and screen", field="target")
    if wish.items is not None and (not 1 <= len(wish.items) <= MOST_ITEMS or wish.paths):
        raise InvalidInput(f"Give either paths or 1 to {MOST_ITEMS} items with their own", field="items")
    if (wish.upload_id is None and not wish.all_paths) or (wish.upload_id is not None and wish.paths):
        raise InvalidInput("Give either upload_id or paths", field="upload_id")
    if wish.reader is not None:
        check_reader(wish.reader)
    actor = _find_actor(session, site, wish)
    wish, coming = _check_files(session, site, wish)
    if kind == "import":
        groups = () if actor.group_id is None else (actor.group_id,)
        check_quota(site.engine, actor, lambda: sum(size_of(path) for path in coming), group_ids=groups)
    noted = replace(wish, group_id=actor.group_id, owner=None if wish.owner is None else actor.id)
    return ask_for(session, kind, json.loads(json.dumps(asdict(noted))), group_id=actor.group_id)


def _find_actor(session: ActorSession, site: Site, wish: ImportWish) -> Actor:
    """Whose the images will be, in the group they go into."""
    assert session.actor is not None
    filings = {item.target.filing for item in wish.items_in(site)}
    owner = importing_as(site, session.actor, wish.owner)
    if owner is session.actor:
        return acting_group_of(session, filings, wish.group_id)
    with open_session(site.engine, owner, is_reading=True) as theirs:
        return acting_group_of(theirs, filings, wish.group_id)


def importing_as(site: Site, actor: Actor, owner: int | str | None) -> Actor:
    """The person that images are imported for: the actor, or who an administrator with ``Sudo`` names; see ``become``."""
    if owner is None or owner in (actor.id, actor.ome_name):
        return actor
    name = str(owner)
    if isinstance(owner, int) and actor.has("Sudo"):
        with system_session(site.engine, f"find experimenter:{owner}", is_reading=True) as session:
            person = find_by(session, Experimenter, id=owner)
        if person is None:
            raise NotFound(f"There is no experimenter:{owner}", field="owner")
        name = person.ome_name
    return become(site.engine, actor, name)


def _check_files(session: ActorSession, site: Site, wish: ImportWish) -> tuple[ImportWish, Sequence[Path]]:
    """The wish as a job keeps it, and what is going to be copied, when the session's actor may import it.

    What is below a root is counted when it is imported.
    """
    if wish.upload_id is None:
        kept = check_server_paths(session, site, wish.all_paths, is_in_place=wish.is_in_place)
        coming = [Path(path) for path in kept if not is_below_root(path)]
        return wish.with_paths(dict(zip(wish.all_paths, kept, strict=True))), [] if wish.is_in_place else coming
    check_complete(site, get_visible(session, Upload, wish.upload_id))
    folder = upload_folder(site, wish.upload_id)
    for path in dict.fromkeys(wish.all_paths):
        check_paths([path])
        if not (folder / path).exists():
            raise NotFound(f"upload:{wish.upload_id} has no {path}", field="paths")
    return wish, [folder]


@job("import")
def run_import(site: Site, work: Work) -> dict[str, Any]:
    """Imports what ``request_import`` noted; an upload of which nothing failed is removed."""
    wish = read_wish(work.arguments)
    if work.kept is not None and (gone := wish.root(site)) is not None and not gone.is_dir():
        return work.kept  # all of it was imported, and the server ended before it could say so
    root = _check_there(site, wish)
    actor = importing_as(site, work.actor, wish.owner)
    options: dict[str, Any] = {"terms": wish.terms, "group_id": wish.group_id, "way": wish.way, "begun": take_up(work.kept)}
    options |= {"progress": work.report, "keep": lambda result: work.keep(result.to_json())}
    if wish.is_below_root:
        result = import_from_root(site, actor, wish.items_in(site), **options)
    else:
        result = import_items(site, actor, wish.items_in(site), client_root=root, **options)
    if wish.upload_id is not None and not result.failed and not result.not_reached:
        work.keep(result.to_json())
        with open_session(site.engine, work.actor) as session:
            remove_upload(session, site, wish.upload_id)
    return result.to_json()


def _check_there(site: Site, wish: ImportWish) -> Path | None:
    """The folder of the upload, if it is one. Raises ``Conflict`` when it is no longer there."""
    root = wish.root(site)
    if root is not None and not root.is_dir():
        raise Conflict(f"upload:{wish.upload_id} was imported or removed already", field="upload_id")
    return root


def retry_import(session: ActorSession, site: Site, job_id: int) -> Job:
    """A job that imports what another one could not import or did not reach; ``Conflict`` when there is nothing like that.

    A job that was cancelled before it had looked at its files is asked for again whole.
    """
    found = find_job(session, job_id)
    if found.kind != "import":
        raise Conflict(f"job:{job_id} is no import; only imports are retried")
    if found.state in ("queued", "running"):
        raise Conflict(f"job:{job_id} is {found.state}; retry it when it has ended")
    if found.finished_at is None:
        raise Conflict(f"job:{job_id} is being stopped; retry it in a moment")
    wish = replace(read_wish(found.arguments), retry_of=job_id)
    if found.result is not None:
        wish = _narrow(wish, found.result, job_id)
    _check_there(site, wish)
    return request_import(session, site, wish)


def _narrow(wish: ImportWish, result: dict[str, Any], job_id: int) -> ImportWish:
    """The wish for nothing but what failed or was not reached."""
    left: dict[int, list[str]] = {}
    for entry in (*(result.get("failed") or ()), *(result.get("not_reached") or ())):
        left.setdefault(int(entry.get("item") or 0), []).append(str(entry["path"]))
    if not left:
        raise Conflict(f"Nothing of job:{job_id} failed or was left; there is nothing to retry")
    given = [{"target": None, "name": None, "description": None}] if wish.items is None else wish.items
    if wish.is_below_root:  # what failed is told by its path inside of the root
        prefix = wish.all_paths[0].partition("/")[0]
        left = {number: [f"{prefix}/{path}" for path in paths] for number, paths in left.items()}
    return replace(wish, paths=None, items=[given[number] | {"paths": paths} for number, paths in sorted(left.items())])
