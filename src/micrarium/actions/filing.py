"""Into which containers imported images go: named by id, or by a name of one's own that is made when it is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, cast

from micrarium.actions.recording import clean
from micrarium.errors import Conflict, InvalidInput
from micrarium.model import Dataset, DatasetImageLink, Event, Image, Plate, Project, ProjectDatasetLink, Screen, ScreenPlateLink
from micrarium.permissions import Actor, ActorSession, current_origin, get_visible, require, visible

C = TypeVar("C", Project, Dataset, Screen)
#: Which of several containers of a name: the last or first that was made, the only one, or a new one in any case.
Pick = Literal["newest", "oldest", "unique", "new"]


@dataclass(frozen=True, slots=True)
class Named:
    """A container of one's own by its name, as OMERO's import targets tell them; it is made when missing.

    A dataset that is there already is put into the project that is given with it, wherever else it is.
    """

    name: str
    pick: Pick = "newest"


#: An id, or a name: of containers with a plain name the first that was made is meant.
Choice = int | str | Named | None


@dataclass(frozen=True, slots=True)
class Filing:
    """Where an import goes. ``default_dataset`` is the name of the dataset in a project that is given alone."""

    project: Choice = None
    dataset: Choice = None
    screen: Choice = None
    default_dataset: str = "Imported"


def acting_group(session: ActorSession, filing: Filing, group_id: int | None) -> Actor:
    """The session's actor in the group the import goes into: the one given, else that of a container given by id.

    Raises ``NotFound`` or ``NotAllowed`` when a container cannot be used, before anything is imported.
    """
    assert session.actor is not None
    for kind, choice in ((Project, filing.project), (Dataset, filing.dataset), (Screen, filing.screen)):
        if isinstance(choice, int):
            found = cast("Project | Dataset | Screen", get_visible(session, kind, choice))
            require(session, "link", found)
            if group_id is not None and found.group_id != group_id:
                raise InvalidInput(f"{found} is in experimenter_group:{found.group_id}, not in {group_id}", field=found.singular())
            group_id = found.group_id
        elif choice is not None and not name_of(choice).strip():
            raise InvalidInput("A name must not be empty", field=kind.singular())
    actor = session.actor
    if group_id is not None and not actor.has("WriteOwned") and group_id not in actor.memberships:
        who = "You are not" if actor.sudo_id is None else f"{actor.ome_name} is not"
        raise InvalidInput(f"{who} a member of experimenter_group:{group_id}", field="group_id")
    return actor if group_id is None else replace(actor, group_id=group_id)


def acting_group_of(session: ActorSession, filings: Iterable[Filing], group_id: int | None) -> Actor:
    """The session's actor in the one group that all of these filings go into; see ``acting_group``."""
    for filing in filings:
        actor = acting_group(session, filing, group_id)
        if any(isinstance(choice, int) for choice in (filing.project, filing.dataset, filing.screen)):
            group_id = actor.group_id
    return acting_group(session, Filing(), group_id)


def name_of(choice: str | Named) -> str:
    """The name that was said."""
    return choice.name if isinstance(choice, Named) else choice


def file_images(session: ActorSession, filing: Filing, images: list[Image]) -> Dataset | None:
    """The dataset that was asked for, if any, with these images in it; those that are there already stay."""
    if (filing.dataset is None and filing.project is None) or not images:
        return None
    project = None if filing.project is None else _find_or_make(session, Project, filing.project)
    dataset = _find_dataset(session, filing, project)
    for image in _missing(session, DatasetImageLink, dataset, images):
        session.add(DatasetImageLink(parent=dataset, child=image, group_id=dataset.group_id))
    return dataset


def file_plates(session: ActorSession, filing: Filing, plates: list[Plate]) -> Screen | None:
    """The screen that was asked for, if any, with these plates in it; those that are there already stay."""
    if filing.screen is None or not plates:
        return None
    screen = _find_or_make(session, Screen, filing.screen)
    for plate in _missing(session, ScreenPlateLink, screen, plates):
        session.add(ScreenPlateLink(parent=screen, child=plate, group_id=screen.group_id))
    return screen


def _missing(session: ActorSession, link: type[Any], parent: Dataset | Screen, children: list[Any]) -> list[Any]:
    """Those of some images or plates that are not yet in a container."""
    assert session.actor is not None
    ids = [child.id for child in children if child.id is not None]
    if parent.id is None or not ids:
        return children
    there = visible(link, session.actor).where(link.parent_id == parent.id, link.child_id.in_(ids))
    linked = {found.child_id for found in session.scalars(there)}
    return [child for child in children if child.id not in linked]


def _find_dataset(session: ActorSession, filing: Filing, project: Project | None) -> Dataset:
    """The dataset given by id, else the one of that name in the project; without a project any of one's own of that name."""
    choice = filing.dataset if filing.dataset is not None else filing.default_dataset
    if project is None:
        return _find_or_make(session, Dataset, choice)
    dataset = None if isinstance(choice, int) else _find_in_project(session, project, choice)
    if dataset is not None:
        return dataset
    if isinstance(choice, str):
        dataset = Dataset(name=clean(choice)[:1000], group_id=project.group_id)
        session.add(dataset)
    else:
        dataset = _find_or_make(session, Dataset, choice)
    assert session.actor is not None
    links = visible(ProjectDatasetLink, session.actor).where(_parent(project.id), ProjectDatasetLink.child_id == dataset.id)
    if dataset.id is None or session.scalars(links.limit(1)).first() is None:
        session.add(ProjectDatasetLink(parent=project, child=dataset, group_id=project.group_id))
    return dataset


def _find_in_project(session: ActorSession, project: Project, choice: str | Named) -> Dataset | None:
    assert session.actor is not None
    if isinstance(choice, Named) and choice.pick in ("new", "unique"):
        return None
    statement = visible(Dataset, session.actor).join(ProjectDatasetLink, ProjectDatasetLink.child_id == Dataset.id)
    statement = statement.where(Dataset.name == clean(name_of(choice))[:1000], _parent(project.id))
    is_newest = isinstance(choice, Named) and choice.pick == "newest"
    return session.scalars(statement.order_by(Dataset.id.desc() if is_newest else Dataset.id).limit(1)).first()


def _parent(project_id: int | None) -> Any:
    return ProjectDatasetLink.parent_id == project_id


def _find_or_make(session: ActorSession, kind: type[C], choice: int | str | Named) -> C:
    if isinstance(choice, int):
        return get_visible(session, kind, choice)
    found = find_named(session, kind, choice)
    if found is None:
        found = kind(name=clean(name_of(choice))[:1000])
        session.add(found)
        session.flush()
    return found


def find_named(session: ActorSession, kind: type[C], choice: str | Named) -> C | None:
    """One's own container of a name in the session's group, if there is one. ``Conflict`` where the only one is not that.

    A new one is asked for once in an import: what the very job has made is taken for the rest of its files.
    """
    actor = session.actor
    assert actor is not None
    pick = choice.pick if isinstance(choice, Named) else "oldest"
    name = clean(name_of(choice))[:1000]
    statement = visible(kind, actor).where(kind.name == name, kind.owner_id == actor.id, kind.group_id == actor.group_id)
    if pick == "new":
        job_id = current_origin().job_id
        statement = statement.join(Event, Event.id == kind.creation_event_id).where(Event.job_id == (job_id or -1))
    found = session.scalars(statement.order_by(kind.id if pick == "oldest" else kind.id.desc()).limit(2)).all()
    if pick == "unique" and len(found) > 1:
        raise Conflict(
            f"There are several {kind.plural()} by the name {name!r}; a target with % wants a single one", field="target"
        )
    return found[0] if found else None
