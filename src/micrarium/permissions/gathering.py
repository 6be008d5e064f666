"""What goes together when objects are moved, given away, deleted or copied.

As in OMERO: what has no meaning without an object goes with it (the regions of an image, the images of a plate); what is
in a container goes with that, unless it is also in another that does not go; an annotation goes unless it is also on
something that stays. The gathering sees what its actor does not, so that nothing is torn apart by mistake; what is told
of it is only what the actor may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import select, true

from micrarium.model import (
    ANNOTATION_LINKS,
    Annotation,
    Base,
    Entity,
    FileAnnotation,
    Fileset,
    FilesetEntry,
    FolderRoiLink,
    Image,
    Link,
    OriginalFile,
    Owned,
    RenderingDef,
)
from micrarium.model.schema import containment_from, links_to
from micrarium.permissions.sessions import ActorSession
from micrarium.permissions.wholes import UNHELD, dependents_of, general, is_spread, placings_of, select_roots

_AT_ONCE = 1000

#: Annotations that a deletion leaves alone unless it is told to take them: they are made to be used again.
KEPT_KINDS = ("FileAnnotation", "TagAnnotation", "TermAnnotation")


@dataclass(frozen=True, slots=True)
class Row:
    """What a gathering knows of an object. ``kind`` is its class, of annotations the kind they are."""

    owner_id: int
    group_id: int
    deleted_event_id: int | None
    kind: str


#: A class and an id: one object.
Key = tuple[type[Owned], int]
Rows = dict[int, Row]
#: Why something stays, and where else it is when that is why.
Reason = tuple[Literal["excluded", "kept", "others", "elsewhere"], Key | None]


@dataclass(frozen=True)
class Terms:
    """How far a gathering goes.

    ``event_id`` None looks among what is not in the bin, else among what went there in this event. ``dependents`` takes
    what has no meaning without an object from there too, from all of the bin, or from anywhere. ``may`` says whether its actor may
    do this to an object. ``include`` and ``exclude`` are names of classes and kinds; ``kept`` are kinds that stay unless
    included. ``is_all`` takes what is elsewhere too. ``has_files`` takes the files that images and annotations are kept
    in. ``owner_ids`` takes only what is theirs.
    """

    may: Callable[[Row], bool]
    event_id: int | None = None
    dependents: Literal["same", "binned", "any"] = "same"
    is_all: bool = False
    has_files: bool = False
    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    kept: tuple[str, ...] = ()
    owner_ids: frozenset[int] | None = None


@dataclass
class Gathering:
    """The objects that go (``going``, by class and id), those that stay though they are in what goes, and why."""

    session: ActorSession
    terms: Terms
    going: dict[type[Owned], Rows] = field(default_factory=lambda: defaultdict(dict))
    stays: dict[Key, Reason] = field(default_factory=dict)
    #: What is in what goes and is not decided yet, with where else it is.
    _waiting: dict[Key, tuple[Row, frozenset[Key]]] = field(default_factory=dict)
    #: Objects that hold the others together, whether they may go or not; those the actor may not take.
    forbidden: list[Key] = field(default_factory=list)
    #: Whether what goes is locked, so that nobody links it to anything else now.
    is_held: bool = False

    def has(self, key: Key) -> bool:
        """Whether an object goes."""
        return key[1] in self.going.get(key[0], ())

    def gather(self, entity: type[Owned], ids: Iterable[int]) -> None:
        """Add objects of a class with all that goes with them."""
        fresh = {general(entity): self._rows(entity, entity.id.in_(list(ids)), state="any")}
        while fresh:
            taken = self._take(fresh)
            self._find_children(taken)
            fresh = self._decide()

    def _take(self, fresh: dict[Any, Rows]) -> dict[Any, Rows]:
        """Objects that go, with all that depends on them; what of it went before is left out."""
        taken: dict[Any, Rows] = defaultdict(dict)
        for entity, rows in fresh.items():
            new = {i: row for i, row in rows.items() if i not in self.going[entity]}
            self._add(taken, entity, new)
            for ids in portions(new):
                for dependent, column, found in dependents_of(entity, ids):
                    if not issubclass(dependent, Link):
                        self._depend(taken, dependent, getattr(dependent, column).in_(found))
        if self.terms.has_files:
            self._take_files(taken)
        return taken

    def _add(self, taken: dict[Any, Rows], entity: Any, rows: Rows) -> None:
        taken[entity].update(rows)
        self.going[entity].update(rows)
        for i in rows:
            self._waiting.pop((entity, i), None)
            self.stays.pop((entity, i), None)

    def _depend(self, taken: dict[Any, Rows], entity: Any, criterion: Any) -> None:
        rows = self._rows(entity, criterion, state=self.terms.dependents)
        rows = {i: row for i, row in rows.items() if i not in self.going[entity] and self._is_concerned(row)}
        if self.terms.owner_ids is not None and entity is RenderingDef:
            return  # how somebody wants to see an image stays theirs
        # What is in the bin goes along: whoever put it there could not move it either, nor could it come back elsewhere.
        live = {i: row for i, row in rows.items() if row.deleted_event_id is None}
        self.forbidden += [(entity, i) for i, row in live.items() if not self.terms.may(row)]
        self._add(taken, entity, rows)

    def _is_concerned(self, row: Row) -> bool:
        return self.terms.owner_ids is None or row.owner_id in self.terms.owner_ids

    def _take_files(self, taken: dict[Any, Rows]) -> None:
        """The filesets of images, the files of those and of annotations, and what in the bin is of these filesets."""
        for ids in portions(taken.get(Image, {})):
            filesets: Any = select(Image.fileset_id).where(Image.id.in_(ids), Image.fileset_id.is_not(None))
            self._depend(taken, Fileset, Fileset.id.in_(filesets))
            if self.terms.dependents == "any":
                of_them = Image.fileset_id.in_(filesets)
                extra = {i: r for i, r in self._rows(Image, of_them, state="binned").items() if i not in self.going[Image]}
                for entity, rows in self._take({Image: extra}).items() if extra else ():
                    taken[entity].update(rows)
        for ids in portions(taken.get(Fileset, {})):
            files: Any = select(FilesetEntry.original_file_id).where(FilesetEntry.fileset_id.in_(ids))
            self._depend(taken, OriginalFile, OriginalFile.id.in_(files))
        for ids in portions(taken.get(Annotation, {})):
            files = select(FileAnnotation.file_id).where(FileAnnotation.id.in_(ids), FileAnnotation.file_id.is_not(None))
            self._depend(taken, OriginalFile, OriginalFile.id.in_(files))

    def _rows(self, entity: Any, criterion: Any, *, state: Literal["same", "binned", "any"] = "same") -> Rows:
        """What is known of objects in a state of the bin: the gathering's own, anywhere in it, or any."""
        columns = [entity.id, entity.owner_id, entity.group_id, entity.deleted_event_id]
        statement = select(*columns, *([entity.type] if entity is Annotation else ())).where(criterion)
        if state == "same":
            statement = statement.where(is_in_state(entity, self.terms.event_id))
        elif state == "binned":
            statement = statement.where(entity.deleted_event_id.is_not(None))
        found = self.session.execute(statement, execution_options=UNHELD)
        return {row[0]: Row(row[1], row[2], row[3], row[4] if entity is Annotation else entity.__name__) for row in found}

    def _find_children(self, taken: dict[Any, Rows]) -> None:
        """Note what is in, or on, what was taken."""
        found: dict[Any, set[int]] = defaultdict(set)
        for link in _following():
            if link is FolderRoiLink and not {"roi"} & self.terms.include:
                continue  # it stays with its image, which it is on
            root, ends = ends_of(link.__parent__)
            for ids in portions(taken.get(root, {})):
                statement = select(link.child_id).join(ends, ends.c.part_id == link.parent_id).where(ends.c.root_id.in_(ids))
                statement = statement.where(is_in_state(link, self.terms.event_id))
                found[link.__child__].update(self.session.scalars(statement, execution_options=UNHELD))
        for entity, ids_found in found.items():
            new = [i for i in ids_found if i not in self.going[entity] and (entity, i) not in self._waiting]
            for ids in portions(new):
                rows = self._rows(entity, entity.id.in_(ids))
                homes = {} if self.terms.is_all else homes_of(self.session, entity, list(rows))
                for i, row in rows.items():
                    self._waiting[entity, i] = row, frozenset(homes.get(i, ()))

    def _decide(self) -> dict[Any, Rows]:
        """What of those that wait goes now."""
        fresh: dict[Any, Rows] = defaultdict(dict)
        for (entity, i), (row, homes) in self._waiting.items():
            reason = self._reason_to_stay(entity, row, homes)
            if reason is None:
                fresh[entity][i] = row
            elif self._is_seen(row):  # what its actor cannot see is not told either
                self.stays[entity, i] = reason
        return fresh

    def _is_seen(self, row: Row) -> bool:
        actor = self.session.actor
        return actor is None or "view" in actor.may(row.group_id, row.owner_id)

    def _reason_to_stay(self, entity: type[Owned], row: Row, homes: frozenset[Key]) -> Reason | None:
        names = names_of(entity, row.kind)
        is_included = bool(names & self.terms.include)
        if names & self.terms.exclude:
            return "excluded", None
        if row.kind in self.terms.kept and not is_included:
            return "kept", None
        if not self._is_concerned(row) or not self.terms.may(row):
            return "others", None
        others = [] if is_included else [home for home in homes if not self.has(home)]
        return ("elsewhere", min(others, key=_order)) if others else None


def lock_gathered(gathering: Gathering) -> set[Key]:
    """What goes, locked until the transaction ends: who wants to link to it waits. (SQLite has one writer at a time.)"""
    for entity, rows in sorted(gathering.going.items(), key=lambda one: one[0].__name__):
        columns: Any = entity
        for ids in portions(rows):
            locking = select(columns.id).where(columns.id.in_(ids)).order_by(columns.id).with_for_update()
            gathering.session.execute(locking, execution_options=UNHELD)
    return {(entity, i) for entity, rows in gathering.going.items() for i in rows}


def _order(key: Key) -> tuple[str, int]:
    return key[0].__name__, key[1]


def name_of(key: Key) -> str:
    """``image:12``."""
    return f"{key[0].singular()}:{key[1]}"


def names_of(entity: type[Entity], kind: str) -> set[str]:
    """The names by which objects are included and excluded: of their class, and of annotations their kind."""
    found = {entity.singular()}
    if kind != entity.__name__:
        short = "".join(f"_{c.lower()}" if c.isupper() else c for c in kind).lstrip("_")
        found |= {short, short.removesuffix("_annotation")}
    return found


@lru_cache
def _following() -> tuple[type[Link], ...]:
    """The links whose children go with their parents: what containers hold, and annotations."""
    found: list[type[Link]] = list(ANNOTATION_LINKS.values())
    for mapper in Base.registry.mappers:
        entity = mapper.class_
        if mapper.inherits is None and issubclass(entity, Owned) and not issubclass(entity, Link):
            found += containment_from(entity)
    return tuple(link for link in found if not is_spread(link.__parent__))


@lru_cache
def ends_of(entity: type[Entity]) -> tuple[type[Owned], Any]:
    """The class that ends of links are, or are parts of; and the ids of the ends with those of their roots."""
    root, statement = select_roots(entity)
    columns = (entity.id.label("part_id"), root.id.label("root_id"), root.owner_id, root.group_id)
    return root, statement.with_only_columns(*columns).subquery()


def homes_of(session: ActorSession, entity: Any, ids: list[int]) -> dict[int, set[Key]]:
    """The containers that objects are in, and the objects that annotations are on, by the objects' ids; the bin left out."""
    found: dict[int, set[Key]] = defaultdict(set)
    for link in links_to(entity):
        if is_spread(link.__parent__):
            statement: Any = select(link.child_id, link.parent_id)
            root: Any = link.__parent__
        else:
            root, ends = ends_of(link.__parent__)
            statement = select(link.child_id, ends.c.root_id).join(ends, ends.c.part_id == link.parent_id)
        statement = statement.where(link.child_id.in_(ids), link.deleted_event_id.is_(None))
        for child_id, root_id in session.execute(statement, execution_options=UNHELD):
            found[child_id].add((root, root_id))
    for part, column in placings_of(entity):
        root, statement = select_roots(part)
        placed = getattr(part, column)
        statement = statement.where(placed.in_(ids), root.deleted_event_id.is_(None)).with_only_columns(placed, root.id)
        for child_id, root_id in session.execute(statement.distinct(), execution_options=UNHELD):
            found[child_id].add((root, root_id))
    return found


def is_in_state(entity: Any, event_id: int | None) -> Any:
    """What must hold of what is not in the bin, or of what went there in an event."""
    return entity.deleted_event_id.is_(None) if event_id is None else entity.deleted_event_id == event_id


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link that touches what goes: which objects its ends are of, and whose, and in which groups, those are."""

    id: int
    owner_id: int
    group_id: int
    deleted_event_id: int | None
    parent_id: int
    child_id: int
    parent: Key
    child: Key
    end_owners: tuple[int, int]
    groups: tuple[int, int]

    @property
    def owners(self) -> set[int]:
        """The people it and its ends belong to."""
        return {self.owner_id, *self.end_owners}


def links_touching(session: ActorSession, going: dict[type[Owned], Rows], *, event_id: int | None = None, is_any: bool = False) -> (
    Iterator[tuple[type[Link], list[LinkRow]]]
):  # fmt: skip
    """The links of each class with an end among objects, or parts of them; in the bin's state asked for, or any."""
    for mapper in Base.registry.mappers:
        link: Any = mapper.class_
        if not issubclass(link, Link) or mapper.local_table is None or is_spread(link.__parent__) or is_spread(link.__child__):
            continue
        parent, child = (ends_of(entity) for entity in (link.__parent__, link.__child__))
        above, below = parent[1].alias(), child[1].alias()
        statement = (
            select(
                link.id, link.owner_id, link.group_id, link.deleted_event_id, link.parent_id, link.child_id,
                above.c.root_id, above.c.owner_id, above.c.group_id, below.c.root_id, below.c.owner_id, below.c.group_id,
            )
            .join(above, above.c.part_id == link.parent_id)
            .join(below, below.c.part_id == link.child_id)
            .where(true() if is_any else is_in_state(link, event_id))
        )  # fmt: skip
        found: dict[int, LinkRow] = {}
        for end, (root, _) in ((above, parent), (below, child)):
            for ids in portions(going.get(root, {})):
                for row in session.execute(statement.where(end.c.root_id.in_(ids)), execution_options=UNHELD):
                    ends = (parent[0], row[6]), (child[0], row[9])
                    found[row[0]] = LinkRow(*row[:6], *ends, (row[7], row[10]), (row[8], row[11]))
        if found:
            yield link, list(found.values())


def portions(ids: Iterable[int]) -> Iterator[list[int]]:
    """The ids in order, so many at once as a statement takes."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
