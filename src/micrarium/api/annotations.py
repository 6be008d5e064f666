"""Annotations of objects: the same routes for every annotatable class, derived from the model."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, create_model

from micrarium.actions.annotating import annotate, annotate_many, unlink_annotation
from micrarium.actions.listing import show_object
from micrarium.api.edge import answer, reading, writing
from micrarium.api.routing import KindRouter
from micrarium.api.schemas import create_schema, list_schema
from micrarium.errors import InvalidInput
from micrarium.model import ANNOTATION_LINKS, Annotation, Entity
from micrarium.permissions import get_visible

#: What annotates one object: the fields of a new annotation, or the id of one that is there.
AnnotationRequest: Any = create_model(
    "AnnotationRequest",
    __base__=create_schema(Annotation),
    __doc__="An annotation to make, or the id of one that is there. It goes into the group of the object.",
    type=(str | None, None),
    annotation_id=(int | None, None),
)
#: The same for several objects of one class.
AnnotationsRequest: Any = create_model(
    "AnnotationsRequest",
    __base__=AnnotationRequest,
    __doc__="An annotation to make, or the id of one that is there, and the ids of the objects it is for.",
    ids=(list[int], ...),
)


@cache
def make_router() -> APIRouter:
    """The routes of all annotatable classes."""
    router = APIRouter(tags=["annotations"])
    for entity in ANNOTATION_LINKS:
        router.include_router(KindRouter(entity.plural(), partial(_add_routes, entity=entity)))
    return router


_LISTED: dict[int | str, dict[str, Any]] = {200: {"model": list_schema(Annotation)}}


def _add_routes(router: APIRouter, entity: type[Entity]) -> None:
    many, one = f"/{entity.plural()}/annotations", f"/{entity.plural()}/{{object_id}}/annotations"
    noun, nouns = entity.singular().replace("_", " "), entity.plural().replace("_", " ")

    def list_annotations(request: Request, object_id: int) -> Response:
        with reading(request) as session:
            found = show_object(session, entity, object_id, include=("annotations",), fields=("id",))
            return answer({"items": found["annotations"], "next": None})

    def add_annotation(request: Request, object_id: int, given: AnnotationRequest) -> Response:
        values = _checked(given)
        with writing(request) as session:
            made = annotate(session, get_visible(session, entity, object_id), values)
            found = show_object(session, Annotation, made.annotation_id)
        headers = {"Location": f"/api/v1/annotations/{made.annotation_id}"}
        return answer(found | {"link_id": made.link_id}, status=201 if made.is_new else 200, headers=headers)

    def add_annotations(request: Request, given: AnnotationsRequest) -> Response:
        values = _checked(given)
        ids = values.pop("ids")
        with writing(request) as session:
            return answer({"items": annotate_many(session, entity, ids, values)})

    def remove_annotation(request: Request, object_id: int, annotation_id: int) -> Response:
        with writing(request) as session:
            unlink_annotation(session, get_visible(session, entity, object_id), annotation_id)
        return Response(status_code=204)

    name = entity.singular()
    router.get(one, summary=f"Annotations of a {noun}", operation_id=f"annotations_of_{name}", responses=_LISTED)(list_annotations)
    router.post(one, summary=f"Annotate a {noun}", operation_id=f"annotate_{name}", status_code=201)(add_annotation)
    router.post(many, summary=f"Annotate several {nouns}", operation_id=f"annotate_{entity.plural()}_at_once")(add_annotations)
    router.delete(
        f"{one}/{{annotation_id}}",
        summary=f"Take an annotation off a {noun}",
        operation_id=f"remove_annotation_from_{name}",
        status_code=204,
    )(remove_annotation)


def _checked(given: BaseModel) -> dict[str, Any]:
    values = {key: value for key, value in given.model_dump().items() if value is not None}
    if ("type" in values) == ("annotation_id" in values):
        raise InvalidInput("Give either a type and its fields, or the annotation_id of one that is there", field="type")
    return values
