"""What an exported object's RO-Crate says: from its key-values, tags, comments and owner."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from micrarium.exchange.descriptions import CrateComment, CrateDescription, Kind, with_key_values
from micrarium.exchange.key_names import Person
from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    CommentAnnotation,
    Dataset,
    Event,
    Experimenter,
    Image,
    MapAnnotation,
    Plate,
    Project,
    Screen,
    TagAnnotation,
)
from micrarium.permissions import ActorSession, visible

Described = Image | Dataset | Project | Plate | Screen


def crate_of(session: ActorSession, obj: Described) -> CrateDescription:
    """The description of an object for a crate inside of its export, organism and imaging method from its key-values."""
    said = _annotations_of(session, obj)
    owner = session.get(Experimenter, obj.owner_id)
    made = session.get(Event, obj.creation_event_id)
    created = (obj.acquisition_date if isinstance(obj, Image) else None) or (made.time if made is not None else None)
    description = CrateDescription(
        name=obj.name,
        date_published=datetime.now(UTC),
        description=obj.description or "",
        kind=cast("Kind", obj.singular()),
        authors=() if owner is None else _persons(session, owner),
        keywords=tuple(one.text_value for one in said if isinstance(one, TagAnnotation)),
        key_values=tuple((key, value) for one in said if isinstance(one, MapAnnotation) for key, value in one.map_value),
        comments=tuple(CrateComment(one.text_value) for one in said if isinstance(one, CommentAnnotation)),
        date_created=created,
    )
    return with_key_values(description)


def _annotations_of(session: ActorSession, obj: Described) -> list[Annotation]:
    assert session.actor is not None
    link = ANNOTATION_LINKS[type(obj)]
    statement = visible(link, session.actor).where(link.parent_id == obj.id).order_by(link.id).with_only_columns(link.child_id)
    ids = list(dict.fromkeys(session.scalars(statement)))
    found = {one.id: one for one in session.scalars(visible(Annotation, session.actor).where(Annotation.id.in_(ids)))}
    return [found[number] for number in ids if number in found]


def _persons(session: ActorSession, owner: Experimenter) -> tuple[Person, ...]:
    """The owner as an author; visitors are told the name and ORCID alone, and nobody where there is no name."""
    is_visit = session.actor is not None and session.actor.reach is not None
    name = f"{owner.first_name} {owner.last_name}".strip() or ("" if is_visit else owner.ome_name)
    orcid = f"https://orcid.org/{owner.orcid.rsplit('/', 1)[-1]}" if owner.orcid else None
    return (Person(name, orcid=orcid, affiliation=None if is_visit else owner.institution),) if name else ()
