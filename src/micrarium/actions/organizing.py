"""Putting things in order: into containers and out of them, into the bin and out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from micrarium.errors import InvalidInput, NotFound
from micrarium.model import Entity, Link, Owned
from micrarium.model.schema import containment_from
from micrarium.permissions import Actor, ActorSession, binned, visible
from micrarium.permissions import put_into_bin as bin_alike
from micrarium.permissions import restore as restore_from_bin

_AT_ONCE = 500


def put_into_bin(session: ActorSession, *objects: Owned, has_contents: bool = False) -> None:
    """Put objects into the bin, each with what has no meaning without it: its links, its regions of interest, a plate's images.

    With ``has_contents``, what a container holds goes with it, unless it is in another container too. Links are no data:
    they are removed for good.
    """
    for obj in objects:
        if isinstance(obj, Link):
            session.delete(obj)
        elif has_contents:
            for contents in _contents(session, obj):
                bin_alike(session, contents)
            bin_alike(session, [obj])
        else:
            bin_alike(session, [obj])
    session.flush()


def restore(session: ActorSession, entity: type[Entity], object_id: int) -> Owned:
    """The object, taken out of the bin with all that went there with it. Raises ``NotFound`` when it is not there."""
    if not issubclass(entity, Owned):
        raise InvalidInput(f"{entity.plural()} do not go into the bin")
    return restore_from_bin(session, entity, object_id)


def list_bin(session: ActorSession, entity: type[Entity], *, limit: int = 50, cursor: int | None = None) -> dict[str, Any]:
    """One page of a class's objects in the bin, the newest ids first: ``{"items": [{"type", "id", "name"}], "next"}``."""
    if not issubclass(entity, Owned):
        raise InvalidInput(f"{entity.plural()} do not go into the bin")
    statement = binned(entity, _actor(session)).order_by(entity.id.desc()).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(entity.id < cursor)
    found = list(session.scalars(statement))
    items = [{"type": obj.singular(), "id": obj.id, "name": getattr(obj, "name", None)} for obj in found[:limit]]
    return {"items": items, "next": str(items[-1]["id"]) if len(found) > limit else None}


def link_children(session: ActorSession, parent: Entity, child_ids: Iterable[int], *, kind: str | None = None) -> int:
    """How many objects were put into a container that were not in it; ``kind`` says of which class where it holds several."""
    link_class = _containment(type(parent), kind)
    wanted = list(dict.fromkeys(child_ids))
    made = 0
    for ids in _portions(wanted):
        statement = visible(link_class, _actor(session)).with_only_columns(link_class.child_id)
        there = set(session.scalars(statement.where(link_class.parent_id == parent.id, link_class.child_id.in_(ids))))
        child = link_class.__child__
        known = set(session.scalars(visible(child, _actor(session)).with_only_columns(child.id).where(child.id.in_(ids))))
        if missing := [i for i in ids if i not in known]:
            raise NotFound(f"There is no {child.singular()}:{missing[0]}")
        new = [i for i in ids if i not in there]
        session.add_all([link_class(parent_id=parent.id, child_id=i) for i in new])
        session.flush()
        made += len(new)
    return made


def unlink_children(session: ActorSession, parent: Entity, child_ids: Iterable[int], *, kind: str | None = None) -> int:
    """How many objects were taken out of a container. They stay where else they are."""
    link_class = _containment(type(parent), kind)
    gone: set[int] = set()
    for ids in _portions(list(child_ids)):
        statement = visible(link_class, _actor(session)).where(link_class.parent_id == parent.id, link_class.child_id.in_(ids))
        for link in session.scalars(statement).all():
            gone.add(link.child_id)
            session.delete(link)
        session.flush()
    return len(gone)


def move_children(session: ActorSession, child_ids: Sequence[int], *, source: Entity, target: Entity) -> int:
    """How many objects were moved from one container to another of the same class."""
    if type(source) is not type(target):
        raise InvalidInput(f"{source} and {target} hold different things")
    unlink_children(session, source, child_ids)
    return link_children(session, target, child_ids)


def _contents(session: ActorSession, container: Owned) -> Iterator[list[Owned]]:
    """What a container holds and nothing else does, the innermost first, in lists of one class."""
    for link_class in containment_from(type(container)):
        child: Any = link_class.__child__
        here = visible(link_class, _actor(session)).with_only_columns(link_class.child_id)
        elsewhere = here.where(link_class.parent_id != container.id)
        statement = visible(child, _actor(session)).where(
            child.id.in_(here.where(link_class.parent_id == container.id)), child.id.not_in(elsewhere)
        )
        children = list(session.scalars(statement.order_by(child.id)))
        for inner in children if containment_from(child) else []:
            yield from _contents(session, inner)
        for start in range(0, len(children), _AT_ONCE):
            yield children[start : start + _AT_ONCE]


def _containment(parent: type[Entity], kind: str | None) -> type[Link]:
    found = [link for link in containment_from(parent) if kind is None or link.__child__.singular() == kind]
    if len(found) != 1:
        raise InvalidInput(f"A {parent.singular()} contains no {kind or 'other objects'}")
    return found[0]


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _actor(session: ActorSession) -> Actor:
    assert session.actor is not None
    return session.actor
