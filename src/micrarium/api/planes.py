"""When and where the planes of images were taken, and what else their files say of themselves, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from micrarium.actions.citing import MOST_AT_ONCE as MOST_PAIRS
from micrarium.actions.citing import list_original_metadata
from micrarium.actions.locating import Location
from micrarium.actions.tabulating import MOST_AT_ONCE, PlaneQuery, find_planes, read_planes
from micrarium.api.edge import answer, reading, site_of

router = APIRouter(tags=["pixels"])

Index = Annotated[int | None, Query(ge=0)]


@router.get("/images/{image_id}/planes")
def list_planes(
    request: Request,
    image_id: int,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 10_000,
    cursor: Annotated[str | None, Query()] = None,
    t: Index = None,
    c: Index = None,
    z: Index = None,
) -> Response:
    """Times, exposures and stage positions of planes as arrays, in the order of times, channels and slices.

    Times are in seconds and positions in micrometres, or on the scale that `unit` names. What is known of no plane is left
    out; what is not known of one is null. `next` is the cursor of the next page.
    """
    query = PlaneQuery(limit=limit, cursor=cursor, t=t, c=c, z=z)
    with reading(request) as session:
        found = find_planes(session, site_of(request), image_id, query)
    return answer(read_planes(site_of(request), found, query) if isinstance(found, Location) else found)


@router.get("/images/{image_id}/original_metadata")
def show_original_metadata(
    request: Request,
    image_id: int,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_PAIRS)] = 200,
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """Keys and values of the image's files as they stand there, those that have all words of `q`, in the order of the file."""
    with reading(request) as session:
        return answer(list_original_metadata(session, image_id, text=q, limit=limit, cursor=cursor))
