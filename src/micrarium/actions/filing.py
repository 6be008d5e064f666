"""Into which containers imported images go: named by id, or by a name of one's own that is made when it is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from micrarium.actions.recording import clean
from micrarium.errors import InvalidInput
from micrarium.model import Dataset, DatasetImageLink, Image, Plate, Project, ProjectDatasetLink, Screen, ScreenPlateLink
from micrarium.permissions import Actor, ActorSession, get_visible, require, visible

C = TypeVar("C", Project, Dataset, Screen)
#: An id, or a name.
Choice = int | str | None


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
        elif choice is not None and not choice.strip():
            raise InvalidInput("A name must not be empty", field=kind.singular())
    actor = session.actor
    if group_id is not None and not actor.has("WriteOwned") and group_id not in actor.memberships:
        raise InvalidInput(f"You are not a member of experimenter_group:{group_id}", field="group_id")
    return actor if group_id is None else replace(actor, group_id=group_id)


def file_images(session: ActorSession, filing: Filing, images: list[Image]) -> None:
    """Put images into the dataset that was asked for, if any."""
    if (filing.dataset is None and filing.project is None) or not images:
        return
    project = None if filing.project is None else _find_or_make(session, Project, filing.project)
    dataset = _find_dataset(session, filing, project)
    for image in images:
        session.add(DatasetImageLink(parent=dataset, child=image, group_id=dataset.group_id))


def file_plates(session: ActorSession, filing: Filing, plates: list[Plate]) -> None:
    """Put plates into the screen that was asked for, if any."""
    if filing.screen is None or not plates:
        return
    screen = _find_or_make(session, Screen, filing.screen)
    for plate in plates:
        session.add(ScreenPlateLink(parent=screen, child=plate, group_id=screen.group_id))


def _find_dataset(session: ActorSession, filing: Filing, project: Project | None) -> Dataset:
    """The dataset given by id, else the one of that name in the project; without a project any of one's own of that name."""
    choice = filing.dataset if filing.dataset is not None else filing.default_dataset
    if project is None:
        return _find_or_make(session, Dataset, choice)
    assert session.actor is not None
    if isinstance(choice, int):
        dataset = get_visible(session, Dataset, choice)
        links = visible(ProjectDatasetLink, session.actor)
        linked = session.scalars(links.where(_parent(project.id), ProjectDatasetLink.child_id == choice).limit(1)).first()
        if linked is not None:
            return dataset
    else:
        statement = visible(Dataset, session.actor).join(ProjectDatasetLink, ProjectDatasetLink.child_id == Dataset.id)
        statement = statement.where(Dataset.name == clean(choice)[:1000], _parent(project.id))
        found = session.scalars(statement.order_by(Dataset.id).limit(1)).first()
        if found is not None:
            return found
        dataset = Dataset(name=clean(choice)[:1000], group_id=project.group_id)
        session.add(dataset)
    session.add(ProjectDatasetLink(parent=project, child=dataset, group_id=project.group_id))
    return dataset


def _parent(project_id: int | None) -> Any:
    return ProjectDatasetLink.parent_id == project_id


def _find_or_make(session: ActorSession, kind: type[C], choice: int | str) -> C:
    actor = session.actor
    assert actor is not None
    if isinstance(choice, int):
        return get_visible(session, kind, choice)
    name = clean(choice)[:1000]
    statement = visible(kind, actor).where(kind.name == name, kind.owner_id == actor.id, kind.group_id == actor.group_id)
    found = session.scalars(statement.order_by(kind.id).limit(1)).first()
    if found is None:
        found = kind(name=name)
        session.add(found)
        session.flush()
    return found
