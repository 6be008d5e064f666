"""Finding objects by words and key-value pairs, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from micrarium.actions import searching
from micrarium.api.edge import answer, reading
from micrarium.api.entities import parse_names

router = APIRouter(tags=["search"])


@router.get("/search", operation_id="search")
def search(
    request: Request,
    q: str,
    type: Annotated[str, Query(description="Classes to search, comma separated: image, dataset, ...")] = "",  # noqa: A002  # its name in the URL
    limit: Annotated[int, Query(ge=1, le=searching.MAX_LIMIT)] = 50,
    cursor: str | None = None,
) -> Response:
    """Find by the beginnings of words in names, descriptions, tags, comments and key-values; `key=value` finds pairs."""
    with reading(request) as session:
        return answer(searching.search(session, q, types=parse_names(type), limit=limit, cursor=cursor))
