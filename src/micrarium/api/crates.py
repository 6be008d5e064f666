"""Linked data: the RO-Crate of an object at its own address, for those who ask for ``application/ld+json``.

Other answers at these addresses name the crate in their Link headers (Signposting, https://signposting.org/FAIR/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from micrarium.actions.describing import DESCRIBED, address_of, describe_object, list_parts
from micrarium.api import pages
from micrarium.api.edge import reading, site_of
from micrarium.errors import NotFound, NotSignedIn
from micrarium.model import Entity
from micrarium.permissions import ActorSession

MEDIA_TYPE = "application/ld+json"
_FILE = "ro-crate-metadata.json"
_PIECE_BYTES = 1 << 16


class LinkedDataRoute(APIRoute):
    """A route that is there only for requests that prefer linked data to what else their address offers."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        accept = next((value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"accept"), "*/*")
        wants_it = prefers(accept, MEDIA_TYPE, over=("application/json", "text/html"))
        return super().matches(scope) if wants_it else (Match.NONE, {})


@cache
def make_router() -> APIRouter:
    """The routes of all classes that have crates."""
    router = APIRouter(tags=["linked data"])
    for entity in DESCRIBED:
        _add_routes(router, entity)
    return router


def _add_routes(router: APIRouter, entity: type[Entity]) -> None:
    def show_crate(request: Request, object_id: int) -> Response:
        return answer_crate(request, entity, object_id)

    def show_page(request: Request, object_id: int) -> Response:
        response = pages.serve_app(request)
        response.headers["Vary"] = "Accept"
        for link in _page_links(request, entity, object_id):
            response.headers.append("Link", link)
        return response

    noun, page, api = entity.singular(), f"/{entity.plural()}/{{object_id}}", f"/api/v1/{entity.plural()}/{{object_id}}"
    router.add_api_route(
        f"{api}/{_FILE}",
        show_crate,
        methods=["GET"],
        summary=f"The RO-Crate of a {noun}",
        operation_id=f"crate_of_{noun}",
        response_class=_CrateResponse,
        responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}},
    )
    for path in (api, page):
        route = LinkedDataRoute(path, show_crate, methods=["GET", "HEAD"], include_in_schema=False)
        router.routes.append(route)
    router.add_api_route(page.replace("}", ":int}"), show_page, methods=["GET", "HEAD"], include_in_schema=False)


class _CrateResponse(Response):
    media_type = MEDIA_TYPE


def answer_crate(request: Request, entity: type[Entity], object_id: int) -> Response:
    """An object's RO-Crate 1.1, streamed however much it holds, with Signposting links. Raises ``NotFound``."""
    from micrarium.exchange.ro_crate import stream_crate
    from micrarium.exchange.signposting import link_values

    base = base_url_of(request)

    def open_session() -> AbstractContextManager[ActorSession]:
        return reading(request)

    with open_session() as session:
        described = describe_object(session, entity, object_id, base_url=base)
    response: Response
    if request.method == "HEAD":
        response = Response(media_type=MEDIA_TYPE)
    else:
        whole = replace(described, parts=list_parts(open_session, entity, object_id, base_url=base))
        response = StreamingResponse(_gather(stream_crate(whole)), media_type=MEDIA_TYPE)
    response.headers["Vary"] = "Accept, Cookie, Authorization"
    response.headers["Cache-Control"] = "private, no-cache"
    for link in link_values(described, crate_url=crate_address(entity, object_id, base_url=base)):
        response.headers.append("Link", link)
    return response


def name_crate(request: Request, entity: type[Entity], object_id: int) -> dict[str, str]:
    """The headers by which the JSON of an object names its crate; none for a class without crates."""
    if entity not in DESCRIBED:
        return {}
    address = crate_address(entity, object_id, base_url=base_url_of(request))
    return {"Vary": "Accept, Cookie, Authorization", "Link": f'<{address}>; rel="describedby"; type="{MEDIA_TYPE}"'}


def crate_address(entity: type[Entity], object_id: int, *, base_url: str) -> str:
    """The address where an object's crate is answered whatever the request accepts."""
    return f"{address_of(f'api/v1/{entity.plural()}', object_id, base_url=base_url)}/{_FILE}"


def base_url_of(request: Request) -> str:
    """The address of this server, as people use it, without a slash at its end."""
    settings = site_of(request).settings
    public = settings.public_url
    if public is None and getattr(request.app.state, "acting_as", None):
        public = f"http://{settings.host}:{settings.port}"  # where the data folder will be served
    return public.rstrip("/") + request.scope.get("root_path", "") if public else str(request.base_url).rstrip("/")


def prefers(accept: str, wanted: str, *, over: tuple[str, ...]) -> bool:
    """Whether an Accept header prefers a media type to the others that an address offers (RFC 9110, 12.5.1)."""
    return _quality(accept, wanted) > max(_quality(accept, other) for other in over)


def _quality(accept: str, media_type: str) -> float:
    best = (-1, 0.0)
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name not in (media_type, f"{media_type.split('/')[0]}/*", "*/*"):
            continue
        found = next((match for p in parameters if (match := re.fullmatch(r"q=(\d(?:\.\d{0,3})?)", p))), None)
        specific = 2 if name == media_type else 1 if name != "*/*" else 0
        best = max(best, (specific, float(found.group(1)) if found else 1.0))
    return best[1]


def _page_links(request: Request, entity: type[Entity], object_id: int) -> list[str]:
    """The links of an object's page: all of them for those who may see it, else only where its crate would be."""
    from micrarium.exchange.signposting import link_values

    base = base_url_of(request)
    crate = crate_address(entity, object_id, base_url=base)
    try:
        with reading(request) as session:
            return link_values(describe_object(session, entity, object_id, base_url=base), crate_url=crate)
    except (NotSignedIn, NotFound):
        return [f'<{crate}>; rel="describedby"; type="{MEDIA_TYPE}"']


def _gather(pieces: Iterator[str]) -> Iterator[bytes]:
    """Small pieces of text as larger ones of bytes."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece.encode()
        if len(waiting) >= _PIECE_BYTES:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)
