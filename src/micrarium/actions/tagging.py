"""Tags as a tree: tag sets, the tags in them, and how many objects carry each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func

from micrarium.actions.annotating import annotate, unlink_annotation
from micrarium.actions.changing import make_object
from micrarium.errors import InvalidInput, NotFound
from micrarium.model import ANNOTATION_LINKS, Annotation, TagAnnotation
from micrarium.model.annotations import TAG_SET_NAMESPACE
from micrarium.permissions import Actor, ActorSession, get_visible, visible

#: How a tag set holds its tags: it is annotated with them.
_Holding: Any = ANNOTATION_LINKS[Annotation]


def list_tag_tree(session: ActorSession, *, owner_id: int | None = None) -> dict[str, Any]:
    """Tag sets with their tags, and the tags in no set, by name: ``{"sets": [{..., "tags": [...]}], "tags": [...]}``.

    Each tag tells how many objects of each class carry it: ``"counts": {"images": 3}`` and ``"count": 3``, as far as the
    actor sees them. ``owner_id`` asks for one person's sets and loose tags; the sets hold whatever tags they hold.
    """
    rows = _tags(session)
    counts = _count_carriers(session)
    sets, tags = {}, {}
    for row in rows:
        told = {"id": row.id, "name": row.text_value, "description": row.description}
        told |= {"owner_id": row.owner_id, "group_id": row.group_id}
        if row.ns == TAG_SET_NAMESPACE:
            sets[row.id] = told | {"tags": []}
        else:
            tags[row.id] = told | {"count": sum(counts[row.id].values()), "counts": dict(sorted(counts[row.id].items()))}
    held = set()
    for set_id, tag_id in _held_tags(session):
        if set_id in sets and tag_id in tags:
            sets[set_id]["tags"].append(tags[tag_id])
            held.add(tag_id)
    for one in sets.values():
        one["tags"].sort(key=_by_name)
    loose = [tag for tag in tags.values() if tag["id"] not in held]
    mine = [[one for one in some if owner_id in (None, one["owner_id"])] for some in (sets.values(), loose)]
    return {"sets": sorted(mine[0], key=_by_name), "tags": sorted(mine[1], key=_by_name)}


def make_tag_set(session: ActorSession, name: str, *, description: str | None = None) -> Annotation:
    """A tag set of the actor's of this name in their current group: the one there is, else a new one."""
    actor, name = _actor(session), name.strip()
    if not name:
        raise InvalidInput("The name of a tag set is empty", field="name")
    mine = visible(TagAnnotation, actor).where(TagAnnotation.text_value == name, TagAnnotation.ns == TAG_SET_NAMESPACE)
    mine = mine.where(TagAnnotation.owner_id == actor.id, TagAnnotation.group_id == actor.group_id)
    found = session.scalars(mine.order_by(TagAnnotation.id).limit(1)).first()
    if found is not None:
        return found
    values = {"type": TagAnnotation.__name__, "ns": TAG_SET_NAMESPACE, "text_value": name, "description": description}
    made = make_object(session, Annotation, values)
    assert isinstance(made, Annotation)
    return made


def find_tag_set(session: ActorSession, tag_set_id: int) -> Annotation:
    """The tag set with this id. Raises ``NotFound``, also for a tag that is none."""
    found = get_visible(session, Annotation, tag_set_id)
    if not isinstance(found, TagAnnotation) or found.ns != TAG_SET_NAMESPACE:
        raise NotFound(f"There is no tag set annotation:{tag_set_id}")
    return found


def put_into_tag_set(session: ActorSession, tag_set: Annotation, *, ids: Sequence[int] = (), names: Sequence[str] = ()) -> int:
    """How many tags were put into a tag set that were not in it: tags there are, and tags by name, which are made if need be.

    Raises ``NotAllowed`` where the actor may not annotate the tag set, ``InvalidInput`` for what is no tag.
    """
    for tag_id in ids:
        tag = get_visible(session, Annotation, tag_id)
        if not isinstance(tag, TagAnnotation) or tag.ns == TAG_SET_NAMESPACE:
            raise InvalidInput(f"annotation:{tag_id} is no tag; a tag set holds tags", field="ids")
    wanted: list[dict[str, Any]] = [{"annotation_id": tag_id} for tag_id in ids]
    wanted += [{"type": TagAnnotation.__name__, "text_value": name} for name in names]
    return sum(annotate(session, tag_set, values).is_new for values in wanted)


def take_out_of_tag_set(session: ActorSession, tag_set: Annotation, ids: Sequence[int]) -> int:
    """How many tags were taken out of a tag set; they stay what they are on objects. Raises ``NotFound`` for one not in it."""
    for tag_id in ids:
        unlink_annotation(session, tag_set, tag_id)
    return len(ids)


def _tags(session: ActorSession) -> Sequence[Any]:
    columns = (
        Annotation.id,
        TagAnnotation.text_value,
        Annotation.ns,
        Annotation.description,
        Annotation.owner_id,
        Annotation.group_id,
    )
    return session.execute(visible(TagAnnotation, _actor(session)).with_only_columns(*columns)).all()


def _held_tags(session: ActorSession) -> list[tuple[int, int]]:
    """The ids of tag sets and of tags in them."""
    statement = visible(_Holding, _actor(session)).with_only_columns(_Holding.parent_id, _Holding.child_id).distinct()
    return [(row[0], row[1]) for row in session.execute(statement)]


def _count_carriers(session: ActorSession) -> dict[int, dict[str, int]]:
    """How many objects of each class carry each tag; one statement for each class that can."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for entity, link_class in ANNOTATION_LINKS.items():
        if entity is Annotation:
            continue
        link: Any = link_class
        statement: Any = visible(entity, _actor(session)).join(link, link.parent_id == entity.id)
        statement = statement.join(TagAnnotation, TagAnnotation.id == link.child_id)
        statement = statement.with_only_columns(link.child_id, func.count(entity.id.distinct())).group_by(link.child_id)
        for tag_id, count in session.execute(statement):
            counts[tag_id][entity.plural()] = count
    return counts


def _by_name(told: dict[str, Any]) -> tuple[str, int]:
    return (told["name"] or "").casefold(), told["id"]


def _actor(session: ActorSession) -> Actor:
    assert session.actor is not None
    return session.actor
