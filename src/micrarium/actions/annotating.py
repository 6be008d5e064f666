"""Annotating objects of any annotatable class: making annotations, linking those there are, and taking links away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from micrarium.actions.changing import make_object
from micrarium.errors import InvalidInput, MicrariumError, NotAllowed, NotFound
from micrarium.model import ANNOTATION_LINKS, Annotation, Entity, Link, TagAnnotation
from micrarium.permissions import ActorSession, allowed_actions, get_visible, require, root_of, visible

#: How many objects one call annotates.
MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Annotated:
    """That an object carries an annotation; ``is_new`` where the link was not there before."""

    annotation_id: int
    link_id: int
    is_new: bool


def annotate(session: ActorSession, obj: Entity, values: Mapping[str, Any]) -> Annotated:
    """What links ``obj`` to an annotation: a new one with these fields, or the one that ``annotation_id`` names.

    A tag of one's own with the same text, namespace and group is used again. Raises ``NotAllowed`` where the actor may
    not annotate the object.
    """
    require(session, "annotate", obj)
    annotation = _wanted_annotation(session, values, _group_of(session, obj))
    return _link(session, obj, annotation, _own_links(session, type(obj), [obj.id], annotation.id))


def annotate_many(
    session: ActorSession, entity: type[Entity], ids: Sequence[int], values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Annotate several objects; for each id, in order, ``{"id", "annotation_id", "link_id"}`` or ``{"id", "error"}``.

    Objects of one group share one new annotation. What cannot be done to one object does not keep it from the others.
    """
    if len(ids) > MOST_AT_ONCE:
        raise InvalidInput(f"At most {MOST_AT_ONCE} objects are annotated at once", field="ids")
    objects = _load_all(session, entity, ids)
    groups: dict[int, list[Entity]] = {}
    results: dict[int, dict[str, Any]] = {}
    for object_id in ids:
        try:
            obj = objects.get(object_id)
            if obj is None:
                raise NotFound(f"There is no {entity.singular()}:{object_id}")
            require(session, "annotate", obj)
            groups.setdefault(_group_of(session, obj), []).append(obj)
        except (NotFound, NotAllowed) as error:
            results[object_id] = {"id": object_id, "error": error.to_problem()}
    for group_id, members in groups.items():
        _annotate_group(session, group_id, members, values, results)
    return [results[object_id] for object_id in dict.fromkeys(ids)]


def _annotate_group(
    session: ActorSession, group_id: int, members: list[Entity], values: Mapping[str, Any], results: dict[int, dict[str, Any]]
) -> None:
    try:
        annotation = _wanted_annotation(session, values, group_id)
    except MicrariumError as error:
        if len(results) + len(members) == 1 or isinstance(error, InvalidInput):
            raise
        results.update({obj.id: {"id": obj.id, "error": error.to_problem()} for obj in members})
        return
    there = _own_links(session, type(members[0]), [obj.id for obj in members], annotation.id)
    for obj in members:
        if obj.id not in there:
            there[obj.id] = _new_link(obj, annotation)
            session.add(there[obj.id])
    session.flush()
    results.update({obj.id: {"id": obj.id, "annotation_id": annotation.id, "link_id": there[obj.id].id} for obj in members})


def unlink_annotation(session: ActorSession, obj: Entity, annotation_id: int) -> int:
    """How many links between an object and an annotation were removed: one's own, else all that one may delete.

    Raises ``NotFound`` where there is no link, ``NotAllowed`` where it is not the actor's to remove.
    """
    links = _links_of(session, type(obj), [obj.id], annotation_id)
    if not links:
        raise NotFound(f"annotation:{annotation_id} is not on {obj}")
    actor = session.actor
    mine = [link for link in links if actor is not None and link.owner_id == actor.id]
    removable = mine or [link for link in links if "delete" in allowed_actions(actor, link)]
    if not removable:
        raise NotAllowed(f"Somebody else put annotation:{annotation_id} on {obj}; you may not take it away")
    for link in removable:
        session.delete(link)
    session.flush()
    return len(removable)


def link_class_of(entity: type[Entity]) -> type[Link]:
    """The class of links from objects of a class to annotations. Raises ``InvalidInput`` where it carries none."""
    for general in entity.__mro__:  # a laser carries what light sources do
        if general in ANNOTATION_LINKS:
            return ANNOTATION_LINKS[general]
    raise InvalidInput(f"{entity.plural()} carry no annotations")


def _wanted_annotation(session: ActorSession, values: Mapping[str, Any], group_id: int) -> Annotation:
    if (annotation_id := values.get("annotation_id")) is not None:
        annotation = get_visible(session, Annotation, annotation_id)
        if annotation.group_id != group_id:
            raise InvalidInput(f"annotation:{annotation_id} is in another group", field="annotation_id")
        return annotation
    if values.get("type") == TagAnnotation.__name__ and (found := _own_tag(session, values, group_id)):
        return found
    made = make_object(session, Annotation, {**_cleaned(values), "group_id": group_id})
    assert isinstance(made, Annotation)
    return made


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in values.items() if value is not None}
    if "text_value" in given:
        given["text_value"] = str(given["text_value"]).strip()
        if not given["text_value"]:
            raise InvalidInput("The text is empty", field="text_value")
    return given


def _own_tag(session: ActorSession, values: Mapping[str, Any], group_id: int) -> TagAnnotation | None:
    actor = session.actor
    if actor is None:
        return None
    statement = visible(TagAnnotation, actor).where(
        TagAnnotation.owner_id == actor.id,
        TagAnnotation.group_id == group_id,
        TagAnnotation.text_value == str(values.get("text_value") or "").strip(),
        TagAnnotation.ns == values["ns"] if values.get("ns") else TagAnnotation.ns.is_(None),
    )
    return session.scalars(statement.order_by(TagAnnotation.id).limit(1)).first()


def _group_of(session: ActorSession, obj: Entity) -> int:
    root = root_of(session, obj)
    if root is None:
        raise InvalidInput(f"{obj} is in no group")
    return root.group_id


def _load_all(session: ActorSession, entity: type[Entity], ids: Sequence[int]) -> dict[int, Entity]:
    assert session.actor is not None
    found: dict[int, Entity] = {}
    for start in range(0, len(ids), 500):
        statement = visible(entity, session.actor).where(entity.id.in_(ids[start : start + 500]))
        found |= {obj.id: obj for obj in session.scalars(statement)}
    return found


def _links_of(session: ActorSession, entity: type[Entity], ids: Sequence[int], annotation_id: int) -> list[Link]:
    link_class = link_class_of(entity)
    assert session.actor is not None
    found: list[Link] = []
    for start in range(0, len(ids), 500):
        statement = visible(link_class, session.actor).where(link_class.child_id == annotation_id)
        found += session.scalars(statement.where(link_class.parent_id.in_(ids[start : start + 500])).order_by(link_class.id))
    return found


def _own_links(session: ActorSession, entity: type[Entity], ids: Sequence[int], annotation_id: int) -> dict[int, Link]:
    """The actor's links from objects to an annotation, by the object's id."""
    actor = session.actor
    return {link.parent_id: link for link in _links_of(session, entity, ids, annotation_id) if actor and link.owner_id == actor.id}


def _new_link(obj: Entity, annotation: Annotation) -> Link:
    return link_class_of(type(obj))(parent_id=obj.id, child_id=annotation.id)


def _link(session: ActorSession, obj: Entity, annotation: Annotation, there: Mapping[int, Link]) -> Annotated:
    if (found := there.get(obj.id)) is not None:
        return Annotated(annotation.id, found.id, is_new=False)
    link = _new_link(obj, annotation)
    session.add(link)
    session.flush()
    return Annotated(annotation.id, link.id, is_new=True)
