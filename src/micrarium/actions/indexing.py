"""Keeping the search documents: whatever changes an object's name, annotations or channels renews its document on commit.

``keep_documents`` has to be called once in a process, before sessions write; opening a site does so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    Channel,
    Dataset,
    Entity,
    Fileset,
    Image,
    Link,
    LogicalChannel,
    MapEntry,
    Pixels,
    Plate,
    Project,
    Screen,
    Well,
)  # fmt: skip
from micrarium.model.plates import well_label
from micrarium.model.schema import attributes_of, selectable
from micrarium.model.search import document_words, lock_documents, write_documents
from micrarium.permissions import ActorSession, beside, every, system_session

#: The classes that can be found, in the order in which equally good answers come.
FOUND: tuple[type[Entity], ...] = (Project, Dataset, Screen, Plate, Well, Image)
_AT_ONCE = 500


@dataclass
class _Touched:
    """What a transaction has changed that documents speak of."""

    documents: dict[type[Entity], set[int]] = field(default_factory=lambda: defaultdict(set))
    annotations: set[int] = field(default_factory=set)
    pixels: set[int] = field(default_factory=set)
    logical_channels: set[int] = field(default_factory=set)

    def note(self, obj: Any) -> None:
        """Note an object that was made, changed or deleted."""
        if isinstance(obj, FOUND):
            self.documents[type(obj)].add(obj.id)
        elif isinstance(obj, Annotation):
            self.annotations.add(obj.id)
        elif isinstance(obj, MapEntry):
            self.annotations.add(obj.annotation_id)
        elif isinstance(obj, Pixels):
            self.documents[Image].add(obj.image_id)
        elif isinstance(obj, Channel):
            self.pixels.add(obj.pixels_id)
        elif isinstance(obj, LogicalChannel):
            self.logical_channels.add(obj.id)
        elif isinstance(obj, Link) and ANNOTATION_LINKS.get(obj.__parent__) is type(obj) and obj.__parent__ in FOUND:
            self.documents[obj.__parent__].add(obj.parent_id)


def keep_documents() -> None:
    """Have every session of this process, those of the system included, keep the documents of what it changes."""
    for name, hook in (("after_flush", _collect), ("before_commit", _keep), ("after_rollback", _forget)):
        if not event.contains(ActorSession, name, hook):
            event.listen(ActorSession, name, hook)


def _collect(session: ActorSession, _context: Any) -> None:
    touched: _Touched = session.info.setdefault("touched", _Touched())
    for objects in (session.new, session.dirty, session.deleted):
        for obj in objects:
            touched.note(obj)


def _keep(session: ActorSession) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    touched: _Touched | None = session.info.pop("touched", None)
    changed: dict[type[Entity], set[int]] = session.info.pop("changed", {})
    stale: dict[type[Entity], set[int]] = session.info.pop("stale", {})
    if touched is None and not changed and not stale:
        return
    with beside(session, "keep the search documents") as system:
        objects = _objects_of(system, touched or _Touched(), changed)
        for entity, ids in stale.items():
            objects[entity].update(ids)
        renew_documents(system, objects)


def _forget(session: ActorSession) -> None:
    session.info.pop("touched", None)
    session.info.pop("changed", None)
    session.info.pop("stale", None)


def reindex(engine: Engine) -> int:
    """How many documents were made anew: those of all objects, some hundred in each transaction."""
    count = 0
    for entity in FOUND:
        last = 0
        while True:
            with system_session(engine, f"index {entity.plural()}") as session:
                statement = every(entity).with_only_columns(entity.id).where(entity.id > last).order_by(entity.id).limit(_AT_ONCE)
                ids = list(session.scalars(statement))
                renew_documents(session, {entity: set(ids)})
            if not ids:
                break
            count, last = count + len(ids), ids[-1]
    return count


def renew_documents(session: ActorSession, objects: dict[type[Entity], set[int]]) -> None:
    """Make the documents of these objects say what is true now; in a session of the system."""
    for entity in FOUND:
        for ids in _portions(objects.get(entity, ())):
            lock_documents(session, entity.__name__, ids)
            write_documents(session, entity.__name__, ids, _words(session, entity, ids))


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _objects_of(session: ActorSession, touched: _Touched, changed: dict[type[Entity], set[int]]) -> dict[type[Entity], set[int]]:
    """The objects whose documents speak of what was touched."""
    objects, pixels = touched.documents, touched.pixels
    for entity, link in ANNOTATION_LINKS.items():
        if entity not in FOUND:
            continue
        for ids in _portions(touched.annotations):
            objects[entity].update(session.scalars(every(link).with_only_columns(link.parent_id).where(link.child_id.in_(ids))))
        for ids in _portions(changed.get(link, ())):
            objects[entity].update(session.scalars(every(link).with_only_columns(link.parent_id).where(link.id.in_(ids))))
    for ids in _portions(touched.logical_channels):
        statement = every(Channel).with_only_columns(Channel.pixels_id).where(Channel.logical_channel_id.in_(ids))
        pixels.update(session.scalars(statement))
    for ids in _portions(pixels):
        objects[Image].update(session.scalars(every(Pixels).with_only_columns(Pixels.image_id).where(Pixels.id.in_(ids))))
    return objects


def _words(session: ActorSession, entity: type[Entity], ids: Sequence[int]) -> dict[int, str]:
    """The words of objects, by id, in a constant number of statements."""
    texts: dict[int, list[str | None]] = defaultdict(list)
    pairs: dict[int, list[tuple[str, str]]] = defaultdict(list)
    names = _names(session, entity, ids, texts)
    link, source = ANNOTATION_LINKS[entity], selectable(Annotation)
    said: Any = every(link).join(source, source.id == link.child_id).where(link.parent_id.in_(ids), link.deleted_event_id.is_(None))
    said = said.where(source.deleted_event_id.is_(None)).with_only_columns(link.parent_id, attributes_of(Annotation)["text_value"])
    for object_id, text in session.execute(said):
        texts[object_id].append(text)
    entries = every(link).join(MapEntry, MapEntry.annotation_id == link.child_id).join(Annotation, Annotation.id == link.child_id)
    entries = entries.where(link.parent_id.in_(ids), link.deleted_event_id.is_(None), Annotation.deleted_event_id.is_(None))
    for object_id, key, value in session.execute(entries.with_only_columns(link.parent_id, MapEntry.name, MapEntry.value)):
        pairs[object_id].append((key, value))
    if entity is Image:
        channels = every(Pixels).join(Channel, Channel.pixels_id == Pixels.id).where(Pixels.image_id.in_(ids))
        channels = channels.join(LogicalChannel, LogicalChannel.id == Channel.logical_channel_id)
        columns = (Pixels.image_id, LogicalChannel.name, LogicalChannel.fluor)
        for object_id, *named in session.execute(channels.with_only_columns(*columns)):
            texts[object_id] += named
        filesets = every(Image).join(Fileset, Fileset.id == Image.fileset_id).where(Image.id.in_(ids))
        for object_id, words in session.execute(filesets.with_only_columns(Image.id, Fileset.metadata_words)):
            texts[object_id].append(words)
    return {object_id: document_words(name, texts[object_id], pairs[object_id]) for object_id, name in names.items()}


def _names(session: ActorSession, entity: Any, ids: Sequence[int], texts: dict[int, list[str | None]]) -> dict[int, str]:
    """The names of objects, by id; their descriptions go to ``texts``."""
    if entity is Well:
        wells = list(session.scalars(every(Well).where(Well.id.in_(ids))))
        for well in wells:
            texts[well.id] += [well.type, well.external_identifier]
        return {well.id: well_label(well.row, well.column) for well in wells}
    columns = (entity.id, entity.name, entity.description)
    rows = session.execute(every(entity).with_only_columns(*columns).where(entity.id.in_(ids))).all()
    for row in rows:
        texts[row.id].append(row.description)
    return {row.id: row.name for row in rows}
