"""Tag sets and their tags over HTTP. A tag set is an annotation: it is renamed and deleted as one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from micrarium.actions import tagging
from micrarium.actions.listing import show_object
from micrarium.api.edge import IN_GROUP, answer, reading, writing
from micrarium.model import Annotation

router = APIRouter(tags=["tags"])


class TagSet(BaseModel):
    """A tag set to make, with tags to put into it: some that are there, and some by name."""

    name: str
    description: str | None = None
    tag_ids: list[int] = []
    tag_names: list[str] = []


class TagChoice(BaseModel):
    """Tags to put into a tag set: some that are there, and some by name, which are made where there are none of yours."""

    ids: list[int] = []
    names: list[str] = []


class TagIds(BaseModel):
    """Tags to take out of a tag set."""

    ids: list[int]


@router.get("/tags", operation_id="tag_tree", dependencies=IN_GROUP)
def list_tags(
    request: Request, owner: Annotated[int | None, Query(description="Only this person's tag sets and loose tags")] = None
) -> Response:
    """Tag sets with their tags, tags in no set, and how many objects carry each. Lists find those with `annotation=ID`."""
    with reading(request) as session:
        return answer(tagging.list_tag_tree(session, owner_id=owner))


@router.post("/tag_sets", status_code=201, operation_id="make_tag_set", dependencies=IN_GROUP)
def make_tag_set(request: Request, given: TagSet) -> Response:
    """Make a tag set, or find one's own of that name, and put tags into it."""
    with writing(request) as session:
        made = tagging.make_tag_set(session, given.name, description=given.description)
        tagging.put_into_tag_set(session, made, ids=given.tag_ids, names=given.tag_names)
        return answer(show_object(session, Annotation, made.id), status=201)


@router.post("/tag_sets/{tag_set_id}/tags", operation_id="put_into_tag_set")
def put_tags(request: Request, tag_set_id: int, given: TagChoice) -> Response:
    """Put tags into a tag set."""
    with writing(request) as session:
        tag_set = tagging.find_tag_set(session, tag_set_id)
        return answer({"added": tagging.put_into_tag_set(session, tag_set, ids=given.ids, names=given.names)})


@router.post("/tag_sets/{tag_set_id}/tags/remove", operation_id="take_out_of_tag_set")
def remove_tags(request: Request, tag_set_id: int, given: TagIds) -> Response:
    """Take tags out of a tag set; they stay on the objects that carry them."""
    with writing(request) as session:
        tag_set = tagging.find_tag_set(session, tag_set_id)
        return answer({"removed": tagging.take_out_of_tag_set(session, tag_set, given.ids)})
