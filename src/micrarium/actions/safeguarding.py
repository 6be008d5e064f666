"""Sensitive data: what is of people is shared and exported only for a reason that is told, and each look at it is kept.

Images are marked by the datasets they are in. To take the last such dataset from an image takes a reason too, however it is
done; ``permissions.marking`` holds that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from cachetools import TTLCache
from sqlalchemy import ColumnElement, Engine

from micrarium.errors import InvalidInput, NotAllowed
from micrarium.model import (
    Dataset,
    DatasetImageLink,
    Entity,
    Experimenter,
    Fileset,
    FilesetEntry,
    Grant,
    Image,
    OriginalFile,
    Plate,
    Project,
    ProjectDatasetLink,
    Screen,
    SensitiveAccess,
)
from micrarium.model.schema import found_from
from micrarium.permissions import ActorSession, beside, every, get_visible, require, system_session, visible

#: The same person, thing and way within this time is one look at it.
LOOK_S = 3600.0
_looks: TTLCache[tuple[Any, ...], bool] = TTLCache(200_000, LOOK_S)
_lock = Lock()


def is_sensitive(image_id: Any) -> ColumnElement[bool]:
    """The criterion that an image (its id, or a column with it) is in a dataset that says it is sensitive."""
    inside = every(DatasetImageLink).join(Dataset, Dataset.id == DatasetImageLink.parent_id)
    inside = inside.where(DatasetImageLink.child_id == image_id, Dataset.sensitivity.is_not(None))
    return inside.where(DatasetImageLink.deleted_event_id.is_(None), Dataset.deleted_event_id.is_(None)).exists()


def sensitivity_of(session: ActorSession, entity: type[Entity], ids: Sequence[int]) -> str | None:
    """Why objects are sensitive, theirs or of what lies in them; None where nothing says so."""
    datasets = every(Dataset).where(Dataset.sensitivity.is_not(None), Dataset.deleted_event_id.is_(None))
    if entity is Dataset:
        datasets = datasets.where(Dataset.id.in_(ids))
    elif entity is Project:
        links = every(ProjectDatasetLink).where(
            ProjectDatasetLink.parent_id.in_(ids), ProjectDatasetLink.deleted_event_id.is_(None)
        )
        datasets = datasets.where(Dataset.id.in_(links.with_only_columns(ProjectDatasetLink.child_id)))
    elif entity in (Image, Plate, Screen, Fileset, OriginalFile):
        links = every(DatasetImageLink).where(DatasetImageLink.deleted_event_id.is_(None))
        links = links.where(DatasetImageLink.child_id.in_(_images_of(entity, ids)))
        datasets = datasets.where(Dataset.id.in_(links.with_only_columns(DatasetImageLink.parent_id)))
    else:
        return None
    with beside(session, "ask whether data are sensitive") as system:
        return system.scalars(datasets.with_only_columns(Dataset.sensitivity).limit(1)).first()


def _images_of(entity: type[Entity], ids: Sequence[int]) -> Any:
    if entity is Image:
        return list(ids)
    if entity is OriginalFile:
        entries = every(FilesetEntry).where(FilesetEntry.original_file_id.in_(ids)).with_only_columns(FilesetEntry.fileset_id)
        return every(Image).where(Image.fileset_id.in_(entries)).with_only_columns(Image.id)
    criterion = found_from(Image, entity.singular(), list(ids))
    assert criterion is not None
    return every(Image).where(criterion).with_only_columns(Image.id)


def require_reason(session: ActorSession, entity: type[Entity], ids: Sequence[int], *, reason: str | None, doing: str) -> None:
    """Nothing for data that are not sensitive, or with a reason, which is kept; else ``InvalidInput``."""
    found = sensitivity_of(session, entity, ids)
    if found is None:
        return
    if not (reason or "").strip():
        named = f"{entity.singular()}:{ids[0]}" if ids else entity.plural()
        raise InvalidInput(
            f"{named} is marked as sensitive ({found}): {doing} it takes a reason; say it in 'reason'", field="reason"
        )
    note_sensitive(session, [(entity.__name__, one) for one in ids])
    session.info["reason"] = reason


def require_reason_for_all(session: ActorSession, *, reason: str | None) -> None:
    """The same for whatever somebody may see, as a shared search does: nobody knows what it will find."""
    assert session.actor is not None
    seen = visible(Dataset, session.actor).where(Dataset.sensitivity.is_not(None)).with_only_columns(Dataset.id)
    ids = list(session.scalars(seen.order_by(Dataset.id).limit(1000)))
    if ids:
        require_reason(session, Dataset, ids, reason=reason, doing="sharing searches that may find")


def note_sensitive(session: ActorSession, objects: Iterable[tuple[str, int]]) -> None:
    """Remember that a session came upon sensitive objects, for ``keep_looks`` when it is over."""
    session.info.setdefault("sensitive", set()).update(objects)


def keep_looks(engine: Engine, session: ActorSession, *, action: str, address: str | None) -> None:
    """Write down who came upon what in a session that is over, how, and from where."""
    found: set[tuple[str, int]] = session.info.pop("sensitive", set())
    actor = session.actor
    if not found or actor is None:
        return
    grant_id = actor.reach.grant_id if actor.reach else None
    person = actor.id if actor.reach is None else None  # whoever made a link is not who looks through it
    reason = session.info.get("reason")
    new = [one for one in sorted(found) if reason or _is_new((str(engine.url), person, grant_id, address, action, *one))]
    if not new:
        return
    now = datetime.now(UTC)
    with system_session(engine, "keep who looked at sensitive data") as system:
        for kind, number in new:
            kept = SensitiveAccess(
                time=now, experimenter_id=person, sudo_experimenter_id=actor.sudo_id, grant_id=grant_id, entity_type=kind,
                entity_id=number, action=action, address=address, reason=reason,
            )  # fmt: skip
            system.add(kept)


def _is_new(look: tuple[Any, ...]) -> bool:
    with _lock:
        if look in _looks:
            return False
        _looks[look] = True
        return True


def list_looks(session: ActorSession, dataset_id: int, *, limit: int = 200, before: int | None = None) -> dict[str, Any]:
    """Who looked at, downloaded, exported or shared a dataset and its images, the newest first; for those who may edit it."""
    dataset = get_visible(session, Dataset, dataset_id)
    if session.actor is None or session.actor.reach is not None:
        raise NotAllowed("Who looked at data is shown to people with accounts only")
    require(session, "edit", dataset)
    links = every(DatasetImageLink).where(DatasetImageLink.parent_id == dataset_id, DatasetImageLink.deleted_event_id.is_(None))
    of_images = (SensitiveAccess.entity_type == "Image") & SensitiveAccess.entity_id.in_(
        links.with_only_columns(DatasetImageLink.child_id)
    )
    of_dataset = (SensitiveAccess.entity_type == "Dataset") & (SensitiveAccess.entity_id == dataset_id)
    statement = every(SensitiveAccess).where(of_images | of_dataset).order_by(SensitiveAccess.id.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(SensitiveAccess.id < before)
    with beside(session, "show who looked at sensitive data") as system:
        looks = list(system.scalars(statement))
        people = {p.id: p.ome_name for p in system.scalars(every(Experimenter).where(Experimenter.id.in_(_people(looks))))}
        grants = {g.id: g.name for g in system.scalars(every(Grant).where(Grant.id.in_({one.grant_id for one in looks})))}
    items = [_told(one, people, grants) for one in looks[:limit]]
    return {"items": items, "next": str(looks[limit - 1].id) if len(looks) > limit else None}


def _people(looks: Sequence[SensitiveAccess]) -> set[int]:
    return {i for one in looks for i in (one.experimenter_id, one.sudo_experimenter_id) if i is not None}


def _told(one: SensitiveAccess, people: dict[int, str], grants: dict[int, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": one.id, "time": one.time, "action": one.action, "address": one.address, "reason": one.reason}
    told |= {"object": f"{one.entity_type.lower()}:{one.entity_id}", "experimenter_id": one.experimenter_id}
    told |= {"username": people.get(one.experimenter_id or 0), "sudo_experimenter_id": one.sudo_experimenter_id}
    link = None if one.grant_id is None else grants.get(one.grant_id) or f"grant:{one.grant_id}"
    return told | {"grant_id": one.grant_id, "link": link}
