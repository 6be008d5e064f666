"""Where an object comes from, as its history has it: events are activities, people and readers agents, its states entities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from micrarium import __version__
from micrarium.exchange.provenance import Named, ProvDocument
from micrarium.model import Entity, Experimenter, Fileset, FilesetEntry, Image, OriginalFile
from micrarium.model.schema import entity_by_singular
from micrarium.permissions import ActorSession, get_visible, visible
from micrarium.permissions.history import page_of_history

#: Of a longer history the newest changes are told.
MOST_CHANGES = 5000
_AT_ONCE = 500
_MOST_FILES = 1000
_VERBS = {"INSERT": "made", "UPDATE": "changed", "DELETE": "removed", "BIN": "put into the bin", "RESTORE": "brought back"}


def trace_object(session: ActorSession, entity: type[Entity], object_id: int, *, base_url: str) -> ProvDocument:
    """The provenance of an object as far as the actor may see it. Raises ``NotFound``."""
    obj = get_visible(session, entity, object_id)
    address = f"{base_url.rstrip('/')}/"
    document = ProvDocument({"mic": address, "orcid": "https://orcid.org/"})
    document.add("agent", "mic:software", prov__type=Named("prov:SoftwareAgent"), prov__label="Micrarium")
    document.add("entity", _name_of(str(obj)), prov__label=getattr(obj, "name", None), prov__type=Named(f"mic:{entity.__name__}"))
    changes = list(_changes(session, obj))
    names: dict[str, str] = {}
    state: str | None = None
    for change, some in reversed(changes):
        names |= some
        state = _add_change(document, str(obj), change, names, state)
    _add_people(document, session, changes)
    if isinstance(obj, Image) and obj.fileset_id is not None:
        _add_files(document, session, obj)
    document.add("entity", "mic:provenance", prov__label=f"Written by Micrarium {__version__}")
    document.relate("wasAttributedTo", entity="mic:provenance", agent="mic:software")
    return document


def _changes(session: ActorSession, obj: Entity) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Changes, the newest first, each with the names of what it tells of."""
    cursor, told = None, 0
    while told < MOST_CHANGES:
        page = page_of_history(session, obj, limit=_AT_ONCE, cursor=cursor)
        yield from ((change, page["names"]) for change in page["items"])
        told, cursor = told + _AT_ONCE, page["next"]
        if cursor is None:
            return


def _name_of(object_name: str) -> str:
    """``image:12`` as a qualified name whose address is the object's page."""
    kind, _, number = object_name.partition(":")
    entity = entity_by_singular().get(kind)
    return f"mic:{kind if entity is None else entity.plural()}/{number}"


def _add_change(document: ProvDocument, subject: str, change: dict[str, Any], names: dict[str, str], state: str | None) -> str:
    """Add an event and the state it left the object in; that state's name."""
    event, when = f"mic:events/{change['event_id']}", change["time"]
    person = change["experimenter"]["id"]
    label = f"{_VERBS[change['action']]} {change['object']}"
    document.add(
        "activity", event, prov__startTime=when, prov__endTime=when, mic__reason=change["reason"], mic__client=change["client"]
    )
    document.things["activity"][event].setdefault("prov:label", label)
    document.relate("wasAssociatedWith", activity=event, agent="mic:software")
    if person is not None:
        document.relate("wasAssociatedWith", activity=event, agent=f"mic:experimenters/{person}")
    if change["sudo_experimenter_id"] is not None and person is not None:
        sudoer = f"mic:experimenters/{change['sudo_experimenter_id']}"
        document.relate("wasAssociatedWith", activity=event, agent=sudoer)
        document.relate("actedOnBehalfOf", delegate=sudoer, responsible=f"mic:experimenters/{person}", activity=event)
    if change["undoes_event_id"] is not None:
        document.add("activity", f"mic:events/{change['undoes_event_id']}")
        document.relate("wasInformedBy", informed=event, informant=f"mic:events/{change['undoes_event_id']}")
    for other in {change.get("parent"), change.get("child"), change["object"]} - {None, subject}:
        document.relate("used", activity=event, entity=document.add("entity", _name_of(other), prov__label=names.get(other)))
    if change["object"] == subject and change["action"] == "BIN" and state is not None:
        document.relate("wasInvalidatedBy", entity=state, activity=event, time=when)
    return _add_state(document, subject, event, when, state)


def _add_state(document: ProvDocument, subject: str, event: str, when: Any, before: str | None) -> str:
    general = _name_of(subject)
    state = document.add("entity", f"{general}#{event.rpartition('/')[2]}")
    if state != before:
        document.relate("specializationOf", specificEntity=state, generalEntity=general)
        document.relate("wasGeneratedBy", entity=state, activity=event, time=when)
        if before is not None:
            document.relate("wasDerivedFrom", generatedEntity=state, usedEntity=before, activity=event)
    return state


def _add_people(document: ProvDocument, session: ActorSession, changes: list[tuple[dict[str, Any], dict[str, str]]]) -> None:
    """Everyone who changed something: their names, and their ORCID iDs where they gave one and may be known of."""
    told = {change["experimenter"]["id"]: change["experimenter"] for change, _ in changes if change["experimenter"]["id"]}
    ids = set(told) | {change["sudo_experimenter_id"] for change, _ in changes if change["sudo_experimenter_id"]}
    assert session.actor is not None
    known = {p.id: p for p in session.scalars(visible(Experimenter, session.actor).where(Experimenter.id.in_(ids)))}
    for person_id in sorted(ids):
        person = known.get(person_id)
        label = told[person_id]["name"] if person_id in told else person and (f"{person.first_name} {person.last_name}".strip())
        orcid = None if person is None or not person.orcid else Named(f"orcid:{person.orcid.rstrip('/').rpartition('/')[2]}")
        agent = document.add("agent", f"mic:experimenters/{person_id}", prov__type=Named("prov:Person"), prov__label=label)
        document.add("agent", agent, mic__orcid=orcid)


def _add_files(document: ProvDocument, session: ActorSession, image: Image) -> None:
    """What an image came from: its original files with their SHA-256, read by a reader of a version."""
    assert session.actor is not None
    statement = visible(OriginalFile, session.actor).join(FilesetEntry, FilesetEntry.original_file_id == OriginalFile.id)
    fileset = session.get(Fileset, image.fileset_id)
    made = f"mic:events/{image.creation_event_id}"
    general = f"mic:images/{image.id}"
    document.add("activity", made)
    for file in session.scalars(
        statement.where(FilesetEntry.fileset_id == image.fileset_id).order_by(FilesetEntry.position).limit(1000)
    ):
        name = document.add(
            "entity", f"mic:original_files/{file.id}", prov__label=file.name, mic__sha256=file.hash, mic__size=file.size
        )
        document.relate("used", activity=made, entity=name)
        document.relate("wasDerivedFrom", generatedEntity=general, usedEntity=name, activity=made)
    if fileset is not None and fileset.reader:
        reader = f"mic:readers/{''.join(c if c.isalnum() or c in '-_.' else '-' for c in fileset.reader)}"
        document.add(
            "agent", reader, prov__type=Named("prov:SoftwareAgent"), prov__label=fileset.reader, mic__version=fileset.reader_version
        )
        document.relate("wasAssociatedWith", activity=made, agent=reader)
