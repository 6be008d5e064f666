"""The routes every entity has, derived from its class: list, show, make, change, delete, history."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from micrarium.actions import changing, remembering, telling
from micrarium.actions.including import includes_of
from micrarium.actions.listing import MAX_LIMIT, ListQuery, list_objects, show_object
from micrarium.api.crates import name_crate
from micrarium.api.edge import IN_GROUP, answer, check_if_match, etag_of, reading, sign_in_of, site_of, writing
from micrarium.api.routing import KindRouter
from micrarium.api.schemas import can_be_changed, can_be_made, create_schema, list_schema, patch_schema, read_schema
from micrarium.model import Entity, Event, Owned, Webhook
from micrarium.model.schema import entities, finders
from micrarium.permissions import get_visible

_OWN_PARAMETERS = {"limit", "cursor", "sort", "fields", "include", "group"}
Names = Annotated[str, Query(description="Comma separated")]


@cache
def make_router() -> APIRouter:
    """The routes of all entities."""
    router = APIRouter()
    for entity in entities():
        router.include_router(KindRouter(entity.plural(), partial(_add_routes, entity=entity)))
    return router


def _add_routes(router: APIRouter, entity: type[Entity]) -> None:
    _add_reading(router, entity)
    if can_be_made(entity):
        _add_making(router, entity)
    if can_be_changed(entity):
        _add_changing(router, entity)
    if can_be_made(entity) or issubclass(entity, Owned):
        _add_deleting(router, entity)


def parse_names(text: str) -> tuple[str, ...]:
    """The names in a comma separated text."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _add_reading(router: APIRouter, entity: type[Entity]) -> None:
    path = f"/{entity.plural()}"

    def list_them(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
        cursor: str | None = None,
        sort: str | None = None,
        fields: Names = "",
        include: Names = "",
    ) -> Response:
        filters = tuple((k, v) for k, v in request.query_params.multi_items() if k not in _OWN_PARAMETERS)
        query = ListQuery(limit, cursor, sort, parse_names(fields), parse_names(include), filters)
        with reading(request) as session:
            return answer(list_objects(session, entity, query))

    def show_it(request: Request, object_id: int, fields: Names = "", include: Names = "") -> Response:
        with reading(request) as session:
            wanted = (*parse_names(fields), "version") if fields else ()
            found = show_object(session, entity, object_id, include=parse_names(include), fields=wanted)
            return answer(found, headers={"ETag": etag_of(found["version"])} | name_crate(request, entity, object_id))

    def show_history(
        request: Request, object_id: int, limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 200, cursor: str | None = None
    ) -> Response:
        with reading(request) as session:
            return answer(remembering.show_history(session, entity, object_id, limit=limit, cursor=cursor))

    if entity is Event:
        return  # history.py has its routes
    _add(router, "list", "GET", path, list_them, entity, list_schema, dependencies=IN_GROUP)
    _add(router, "history of", "GET", f"{path}/{{object_id}}/history", show_history, entity, None)
    _add(router, "show", "GET", f"{path}/{{object_id}}", show_it, entity, read_schema)


def _add_making(router: APIRouter, entity: type[Entity]) -> None:
    schema: Any = create_schema(entity)

    def make_it(request: Request, given: schema) -> Response:
        values = _given(given)
        _check_beforehand(request, entity, values)
        with writing(request) as session:
            made = changing.make_object(session, entity, values)
            found = show_object(session, entity, made.id)
        headers = {"Location": f"/api/v1/{entity.plural()}/{found['id']}", "ETag": etag_of(found["version"])}
        return answer(found, status=201, headers=headers)

    make_it.__annotations__["given"] = schema
    _add(router, "make", "POST", f"/{entity.plural()}", make_it, entity, read_schema, status_code=201, dependencies=IN_GROUP)


def _add_changing(router: APIRouter, entity: type[Entity]) -> None:
    schema: Any = patch_schema(entity)

    def change_it(request: Request, object_id: int, given: schema) -> Response:
        values = _given(given)
        _check_beforehand(request, entity, values)
        with writing(request) as session:
            obj = get_visible(session, entity, object_id)
            check_if_match(request, obj.version)
            changing.change_object(session, obj, values)
            found = show_object(session, entity, object_id)
        return answer(found, headers={"ETag": etag_of(found["version"])})

    change_it.__annotations__["given"] = schema
    _add(router, "change", "PATCH", f"/{entity.plural()}/{{object_id}}", change_it, entity, read_schema)


def _add_deleting(router: APIRouter, entity: type[Entity]) -> None:
    def delete_it(request: Request, object_id: int) -> Response:
        with writing(request) as session:
            obj = get_visible(session, entity, object_id)
            check_if_match(request, obj.version)
            changing.delete_object(session, obj)
        return Response(status_code=204)

    _add(router, "delete", "DELETE", f"/{entity.plural()}/{{object_id}}", delete_it, entity, None, status_code=204)


def _add(
    router: APIRouter,
    verb: str,
    method: str,
    path: str,
    endpoint: Callable[..., Response],
    entity: type[Entity],
    answers: Callable[[type[Entity]], type[BaseModel]] | None,
    **options: Any,
) -> None:
    """Add one route, described by its verb and its entity. What it answers is only referred to; ``describe`` adds it."""
    noun = entity.plural() if verb == "list" else entity.singular()
    status: int = options.get("status_code", 200)
    if answers is not None:
        reference = {"$ref": f"#/components/schemas/{entity.__name__}{'List' if answers is list_schema else ''}"}
        content = {"application/json": {"schema": reference}}
        options["openapi_extra"] = {"responses": {str(status): {"description": "Done", "content": content}}}
    router.add_api_route(
        path,
        endpoint,
        methods=[method],
        tags=[entity.plural()],
        summary=f"{verb.capitalize()} {noun.replace('_', ' ')}",
        operation_id=f"{verb.replace(' ', '_')}_{noun}",
        **options,
    )


def describe(document: dict[str, Any]) -> None:
    """Complete the OpenAPI document by what every entity looks like and is found by.

    This is only worked out when someone asks for the document: it takes longer than a server should need to start.
    """
    models = [schema(entity) for entity in entities() for schema in (read_schema, list_schema)]
    inputs: list[tuple[type[BaseModel], Literal["serialization"]]] = [(model, "serialization") for model in models]
    _, schemas = models_json_schema(inputs, ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= schemas["$defs"]
    for entity in (e for e in entities() if e is not Event):
        found_by, included = ", ".join(finders(entity)) or "nothing else", ", ".join(includes_of(entity)) or "none"
        told = f"Filters: any field, `FIELD~` for a part of a text, and {found_by}. Includes: {included}."
        document["paths"][f"/api/v1/{entity.plural()}"]["get"]["description"] = told


def _check_beforehand(request: Request, entity: type[Entity], values: dict[str, Any]) -> None:
    """What takes long to find out is asked before a transaction is begun: whether a webhook's address may be sent to."""
    if entity is Webhook:
        telling.check_webhook(site_of(request), sign_in_of(request).actor, values)


def _given(schema: BaseModel) -> dict[str, Any]:
    """What a request really gave, leaving out what it did not mention."""
    return schema.model_dump(exclude_unset=True)
