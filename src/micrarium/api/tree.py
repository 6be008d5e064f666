"""The tree, what containers hold, and the bin, over HTTP."""

from __future__ import annotations

from functools import cache, partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from micrarium.actions import browsing, counting, organizing
from micrarium.actions.listing import show_object
from micrarium.api.edge import IN_GROUP, answer, reading, writing
from micrarium.api.routing import KindRouter
from micrarium.errors import NotFound
from micrarium.model import Entity, Link, Owned
from micrarium.model.schema import containment_from, entities, entity_by_plural
from micrarium.permissions import get_visible


class ChildIds(BaseModel):
    """The ids of objects to put into a container, and the container of the same class to take them out of."""

    ids: list[int]
    move_from: int | None = None


@cache
def make_router() -> APIRouter:
    """The routes of the tree, of every class that contains others, and of every class that goes into the bin."""
    router = APIRouter()
    told = {"tree": ("The first level a person sees", show_tree), "tree/owners": ("Whose data there is", list_owners)}
    for path, (summary, route) in told.items():
        name = path.replace("/", "_")
        router.get(f"/{path}", tags=["tree"], operation_id=name, summary=summary, dependencies=IN_GROUP)(route)
    router.get("/bin/{plural}", tags=["bin"], operation_id="list_bin", summary="What is in the bin")(list_bin)
    for entity in entities():
        router.include_router(KindRouter(entity.plural(), partial(_add_routes, entity=entity)))
    return router


def _add_routes(router: APIRouter, entity: type[Entity]) -> None:
    if containment_from(entity):
        _add_contents(router, entity)
    if issubclass(entity, Owned) and not issubclass(entity, Link):
        _add_restoring(router, entity)


def show_tree(
    request: Request,
    owner: Annotated[int | None, Query(description="Only what belongs to this person")] = None,
    owner_id: int | None = None,
    group_id: int | None = None,
) -> Response:
    """The first level a person sees, everybody's in their groups or one person's."""
    with reading(request) as session:
        return answer(browsing.list_tree(session, owner_id=owner if owner_id is None else owner_id, group_id=group_id))


def list_owners(request: Request) -> Response:
    """Whose data a person may look at, themselves first, and how much of it there is."""
    with reading(request) as session:
        return answer({"items": counting.count_by_owner(session), "next": None})


def list_bin(request: Request, plural: str, limit: int = 50, cursor: int | None = None) -> Response:
    """Objects of a class that are in the bin, the newest first."""
    if (entity := entity_by_plural().get(plural)) is None:
        raise NotFound(f"There are no {plural!r}")
    with reading(request) as session:
        return answer(organizing.list_bin(session, entity, limit=limit, cursor=cursor))


def _add_contents(router: APIRouter, entity: type[Entity]) -> None:
    child = containment_from(entity)[0].__child__
    path = f"/{entity.plural()}/{{object_id}}/{child.plural()}"
    told = f"{child.plural()} into a {entity.singular()}"

    mark = "To take images out of the last dataset that marks them as sensitive, say for what reason (`X-Reason`)."
    hint = mark if entity.singular() == "dataset" else None

    def add(request: Request, object_id: int, given: ChildIds) -> Response:
        with writing(request) as session:
            parent: Any = get_visible(session, entity, object_id)
            if given.move_from is None:
                count = organizing.link_children(session, parent, given.ids)
            else:
                source = get_visible(session, entity, given.move_from)
                count = organizing.move_children(session, given.ids, source=source, target=parent)
            return answer({"added": count})

    def remove(request: Request, object_id: int, given: ChildIds) -> Response:
        with writing(request) as session:
            return answer({"removed": organizing.unlink_children(session, get_visible(session, entity, object_id), given.ids)})

    router.post(
        path,
        tags=[entity.plural()],
        summary=f"Put {told}",
        description=hint,
        operation_id=f"add_{child.plural()}_to_{entity.singular()}",
    )(add)
    router.post(
        f"{path}/remove",
        tags=[entity.plural()],
        summary=f"Take {child.plural()} out of a {entity.singular()}",
        description=hint,
        operation_id=f"remove_{child.plural()}_from_{entity.singular()}",
    )(remove)


def _add_restoring(router: APIRouter, entity: type[Entity]) -> None:
    def restore(request: Request, object_id: int) -> Response:
        with writing(request) as session:
            organizing.restore(session, entity, object_id)
            return answer(show_object(session, entity, object_id))

    noun = entity.singular().replace("_", " ")
    router.post(
        f"/bin/{entity.plural()}/{{object_id}}/restore",
        tags=["bin"],
        summary=f"Take a {noun} out of the bin",
        operation_id=f"restore_{entity.singular()}",
    )(restore)
