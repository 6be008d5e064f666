"""What an object's RO-Crate on the web says: the object as the person asking sees it, with the addresses of what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, cast

from micrarium.actions.blinding import NO_DATE, is_blind, neutral_name, shown_pairs
from micrarium.actions.crating import Described, crate_of
from micrarium.exchange.descriptions import CrateDescription, CrateFile, CratePart, Kind
from micrarium.model import (
    Dataset,
    Entity,
    Event,
    FilesetEntry,
    Image,
    OriginalFile,
    Plate,
    Project,
    Screen,
    Well,
    WellSample,
)
from micrarium.model.schema import containment_from
from micrarium.permissions import ActorSession, get_visible, visible

#: The classes that have a crate at their address.
DESCRIBED: tuple[type[Entity], ...] = (Image, Dataset, Project, Plate, Screen)
_AT_ONCE = 500

#: Opens a session of whoever is asking.
OpenSession = Callable[[], AbstractContextManager[ActorSession]]


def describe_object(session: ActorSession, entity: type[Entity], object_id: int, *, base_url: str) -> CrateDescription:
    """The description of an object for the crate at its address, without what it holds. Raises ``NotFound``.

    An object that was not published says the day it came here as its date of publication: RO-Crate asks for one.
    """
    obj = get_visible(session, entity, object_id)
    if is_blind(session):
        return _describe_blindly(session, cast("Described", obj), base_url=base_url)
    made, changed = (session.get(Event, getattr(obj, name)) for name in ("creation_event_id", "update_event_id"))
    description = crate_of(session, cast("Described", obj))
    return replace(
        description,
        date_published=made.time if made is not None else description.date_published,
        date_modified=changed.time if changed is not None else None,
        url=address_of(obj.plural(), obj.id, base_url=base_url),
        zarr_url=_zarr_address(obj.plural(), obj.id, base_url=base_url),
        thumbnail_url=f"{base_url}/api/v1/images/{obj.id}/thumbnail" if isinstance(obj, Image) else None,
        files=_describe_original(session, obj, base_url) if isinstance(obj, Image) else (),
    )


def _describe_blindly(session: ActorSession, obj: Described, *, base_url: str) -> CrateDescription:
    """The description for a blind review: neither people nor dates nor files, and no text but what the link shows."""
    assert session.actor is not None
    assert session.actor.reach is not None
    said = crate_of(session, obj)
    return CrateDescription(
        name=neutral_name(obj.singular(), obj.id),
        date_published=NO_DATE,
        description="Names, dates and people are withheld for review.",
        kind=said.kind,
        key_values=tuple((key, value) for key, value in shown_pairs(said.key_values, session.actor.reach)),
        url=address_of(obj.plural(), obj.id, base_url=base_url),
        zarr_url=_zarr_address(obj.plural(), obj.id, base_url=base_url),
        thumbnail_url=f"{base_url}/api/v1/images/{obj.id}/thumbnail" if isinstance(obj, Image) else None,
    )


def list_parts(open_session: OpenSession, entity: type[Entity], object_id: int, *, base_url: str) -> Iterator[CratePart]:
    """What an object holds, read in portions as it is asked for, each in a short session of its own."""
    last = 0
    while entity is not Image:
        with open_session() as session:
            child, statement = _select_children(session, entity, object_id)
            rows = session.execute(statement.where(child.id > last).order_by(child.id).limit(_AT_ONCE)).all()
            is_hidden = is_blind(session)
        for part_id, name, description in rows:
            address = address_of(child.plural(), part_id, base_url=base_url)
            zarr = _zarr_address(child.plural(), part_id, base_url=base_url)
            if is_hidden:
                name, description = neutral_name(child.singular(), part_id), None
            yield CratePart(address, name, kind=cast("Kind", child.singular()), description=description or "", zarr_url=zarr)
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1][0]


def address_of(plural: str, object_id: int, *, base_url: str) -> str:
    """The address of an object's page."""
    return f"{base_url}/{plural}/{object_id}"


def _zarr_address(plural: str, object_id: int, *, base_url: str) -> str | None:
    """The address of the live OME-Zarr of an image or a plate."""
    return f"{base_url}/zarr/{plural}/{object_id}.ome.zarr" if plural in (Image.plural(), Plate.plural()) else None


def _select_children(session: ActorSession, entity: type[Entity], object_id: int) -> tuple[Any, Any]:
    """The class of what an object holds, and the statement for it: id, name, description."""
    assert session.actor is not None
    child: Any
    if entity is Plate:
        child = Image
        inside = visible(WellSample, session.actor).join(Well, Well.id == WellSample.well_id).where(Well.plate_id == object_id)
        ids = inside.with_only_columns(WellSample.image_id)
    else:
        (link,) = containment_from(entity)
        child = link.__child__
        ids = visible(link, session.actor).where(link.parent_id == object_id).with_only_columns(link.child_id)
    statement = visible(child, session.actor).where(child.id.in_(ids))
    return child, statement.with_only_columns(child.id, child.name, child.description)


def _describe_original(session: ActorSession, image: Image, base_url: str) -> tuple[CrateFile, ...]:
    """The download of an image's original: the file itself, or a zip where it came as several."""
    assert session.actor is not None
    if image.fileset_id is None:
        return ()
    statement = visible(OriginalFile, session.actor).join(FilesetEntry, FilesetEntry.original_file_id == OriginalFile.id)
    files = session.scalars(
        statement.where(FilesetEntry.fileset_id == image.fileset_id).order_by(FilesetEntry.position).limit(2)
    ).all()
    if not files:
        return ()
    address = f"{base_url}/api/v1/images/{image.id}/original"
    if len(files) > 1 or files[0].mimetype is None:
        return (CrateFile(address, name=files[0].name),)
    (file,) = files
    return (CrateFile(address, name=file.name, size_bytes=file.size, sha256=file.hash, encoding_format=file.mimetype),)
