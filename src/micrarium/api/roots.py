"""Roots over HTTP: the places that files are imported from, what lies below them, and naming them, for administrators."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

# What is imported from watched folders registers its kind of job; nobody calls it.
from micrarium.actions import importing_from_roots, importing_watched, naming_roots, watching
from micrarium.api.edge import answer, sign_in_of, site_of

__all__ = ["importing_watched", "router"]
router = APIRouter(tags=["roots"], prefix="/roots")
Way = Literal["in-place", "copy"]


class RootChange(BaseModel):
    """What is changed about a root; an empty text takes away what may be absent. The keys are told to nobody again."""

    name: str | None = Field(None, max_length=100)
    location: str | None = Field(None, max_length=4000)
    ways: list[Way] | None = None
    endpoint: str | None = Field(None, max_length=2000)
    region: str | None = Field(None, max_length=100)
    access_key: str | None = Field(None, max_length=255)
    secret_key: str | None = Field(None, max_length=255)
    is_private: bool | None = None
    is_watched: bool | None = None
    group_ids: list[int] | None = None


class RootRequest(RootChange):
    """A root to name: the path of a folder, ``s3://bucket/prefix`` or ``https://host/prefix``, and the groups that may use it."""

    name: str = Field(max_length=100)
    kind: Literal["folder", "bucket", "host"]
    location: str = Field(max_length=4000)


@router.get("", operation_id="list_roots")
def list_roots(request: Request) -> Response:
    """The places that one may import from; administrators are told of all, and where they lie."""
    site = site_of(request)
    found = naming_roots.list_roots(site, sign_in_of(request).actor)
    return answer({"items": [watching.with_strangers(site, one) for one in found], "next": None})


@router.post("", status_code=201, operation_id="make_root")
def make_root(request: Request, given: RootRequest) -> Response:
    """Name a place that the members of some groups may import from; for administrators who may do everything."""
    values = given.model_dump(exclude_unset=True)
    group_ids = values.pop("group_ids", None) or []
    made = naming_roots.make_root(site_of(request), sign_in_of(request).actor, values, group_ids)
    return answer(made, status=201, headers={"Location": f"/api/v1/roots/{made['id']}"})


@router.get("/{root_id}", operation_id="show_root")
def show_root(request: Request, root_id: int) -> Response:
    """One place that one may import from."""
    site = site_of(request)
    return answer(watching.with_strangers(site, naming_roots.show_root(site, sign_in_of(request).actor, root_id)))


@router.patch("/{root_id}", operation_id="change_root")
def change_root(request: Request, root_id: int, given: RootChange) -> Response:
    """Change a place that may be imported from; for administrators who may do everything."""
    values = {name: value for name, value in given.model_dump(exclude_unset=True).items() if value is not None}
    group_ids = values.pop("group_ids", None)
    return answer(naming_roots.change_root(site_of(request), sign_in_of(request).actor, root_id, values, group_ids))


@router.delete("/{root_id}", status_code=204, operation_id="remove_root")
def remove_root(request: Request, root_id: int) -> Response:
    """Let nobody import from a place any more; for administrators who may do everything."""
    naming_roots.remove_root(site_of(request), sign_in_of(request).actor, root_id)
    return Response(status_code=204)


@router.get("/{root_id}/entries", operation_id="list_root_entries")
def list_entries(
    request: Request,
    root_id: int,
    path: str = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: str | None = None,
) -> Response:
    """What lies in a folder below a root, folders first; ``format`` is what a name alone lets one expect."""
    actor = sign_in_of(request).actor
    found = importing_from_roots.list_entries(site_of(request), actor, root_id, path, limit=limit, cursor=cursor)
    return answer(found)
