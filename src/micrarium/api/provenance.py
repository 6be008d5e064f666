"""Where an object comes from, as W3C PROV: a route for every class of objects that have owners."""

from __future__ import annotations

from functools import cache, partial
from typing import Literal

from fastapi import APIRouter, Request, Response

from micrarium.actions.tracing import trace_object
from micrarium.api.edge import answer, reading
from micrarium.api.routing import KindRouter
from micrarium.model import Entity, Link, Owned
from micrarium.model.schema import entities


@cache
def make_router() -> APIRouter:
    """The routes of all classes."""
    router = APIRouter()
    for entity in entities():
        if issubclass(entity, Owned) and not issubclass(entity, Link):
            router.include_router(KindRouter(entity.plural(), partial(_add_route, entity=entity)))
    return router


def _add_route(router: APIRouter, entity: type[Entity]) -> None:
    def show_provenance(request: Request, object_id: int, format: Literal["json", "provn"] = "json") -> Response:  # noqa: A002  # as everyone calls it
        with reading(request) as session:
            document = trace_object(session, entity, object_id, base_url=str(request.base_url))
        if format == "provn":
            return Response(document.to_provn(), media_type="text/provenance-notation; charset=utf-8")
        return answer(document.to_json())

    noun = entity.singular().replace("_", " ")
    router.get(
        f"/{entity.plural()}/{{object_id}}/provenance",
        tags=[entity.plural()],
        summary=f"Provenance of {noun} as PROV-JSON or PROV-N",
        operation_id=f"provenance_of_{entity.singular()}",
    )(show_provenance)
