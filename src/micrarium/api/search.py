"""Finding objects by words and key-value pairs, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from micrarium.actions import counting, searching
from micrarium.api.edge import IN_GROUP, answer, reading
from micrarium.api.entities import parse_names

router = APIRouter(tags=["search"])


@router.get("/search", operation_id="search", dependencies=IN_GROUP)
def search(
    request: Request,
    q: str,
    type: Annotated[str, Query(description="Classes to search, comma separated: image, dataset, ...")] = "",  # noqa: A002  # its name in the URL
    limit: Annotated[int, Query(ge=1, le=searching.MAX_LIMIT)] = 50,
    cursor: str | None = None,
    owner: Annotated[int | None, Query(description="Only what belongs to this person")] = None,
) -> Response:
    """Find by the beginnings of words in names, descriptions, tags, comments and key-values; `key=value` finds pairs."""
    with reading(request) as session:
        return answer(searching.search(session, q, types=parse_names(type), limit=limit, cursor=cursor, owner_id=owner))


@router.get("/search/facets", operation_id="search_facets", dependencies=IN_GROUP)
def count_found(
    request: Request,
    q: str,
    type: Annotated[str, Query(description="Classes to search, comma separated")] = "",  # noqa: A002  # its name in the URL
    owner: Annotated[int | None, Query(description="Only what belongs to this person")] = None,
) -> Response:
    """How much a search finds of each class, of each owner and in each group."""
    with reading(request) as session:
        return answer(counting.count_found(session, q, types=parse_names(type), owner_id=owner))
