"""Live OME-Zarr over HTTP: ``/zarr/images/12.ome.zarr/…``, ``/zarr/plates/3.ome.zarr/…``, and both below ``/zarr/t/TOKEN``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from micrarium.actions.opening import Site
from micrarium.actions.serving_zarr import Wanted, read_wanted, want_of_image, want_of_plate
from micrarium.actions.signing_in import enter_with_token
from micrarium.api.conditional import answer_bytes, is_known, not_modified
from micrarium.api.edge import count_request, note_looks, problem, sign_in_of, site_of
from micrarium.errors import MicrariumError, NotFound
from micrarium.permissions import ActorSession, open_session
from micrarium.pixels.live import METADATA

router = APIRouter(prefix="/zarr", tags=["zarr"])

#: Cookies are never sent to another site's page, so any page may ask; it sees what its token or header may see.
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Content-Range, Content-Length, Accept-Ranges",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
PREFLIGHT = OPEN | {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Range, If-None-Match, If-Range, Cache-Control, Content-Type",
    "Access-Control-Max-Age": "86400",
}
Find = Callable[[ActorSession, Site, int, str], Wanted]


def _serve(request: Request, token: str | None, find: Find, object_id: int, key: str) -> Response:
    key = "/".join(part for part in key.split("/") if part) or METADATA
    try:
        return _answer(request, token, find, object_id, key)
    except MicrariumError as error:
        # A page on another site sees neither status nor text of an answer without these headers.
        told = problem(error)
        told.headers.update(OPEN)
        told.headers["Cache-Control"] = "no-store"
        return told


def _answer(request: Request, token: str | None, find: Find, object_id: int, key: str) -> Response:
    site = site_of(request)
    if token is None:
        sign_in = sign_in_of(request)
    else:
        sign_in = count_request(request, lambda: enter_with_token(site.engine, token, is_reading=True))
    with open_session(site.engine, sign_in.actor, is_reading=True) as session:
        wanted = find(session, site, object_id, key)
    note_looks(request, session)
    if wanted.tag is not None and is_known(request, wanted.tag):
        return not_modified(wanted.tag, OPEN)
    body = read_wanted(site, wanted)
    tag = wanted.tag or hashlib.blake2b(body, digest_size=16).hexdigest()
    if is_known(request, tag):
        return not_modified(tag, OPEN)
    media_type = "application/json" if key.endswith(METADATA) else "application/octet-stream"
    return answer_bytes(request, body, media_type=media_type, tag=tag, headers=OPEN)


@router.head("/images/{image_id:int}.ome.zarr", include_in_schema=False)
@router.get("/images/{image_id:int}.ome.zarr", response_class=Response)
@router.head("/images/{image_id:int}.ome.zarr/{key:path}", include_in_schema=False)
@router.get("/images/{image_id:int}.ome.zarr/{key:path}", response_class=Response)
def serve_image(request: Request, image_id: int, key: str = "") -> Response:
    """A key of an image as OME-Zarr 0.5."""
    return _serve(request, None, want_of_image, image_id, key)


@router.head("/plates/{plate_id:int}.ome.zarr", include_in_schema=False)
@router.get("/plates/{plate_id:int}.ome.zarr", response_class=Response)
@router.head("/plates/{plate_id:int}.ome.zarr/{key:path}", include_in_schema=False)
@router.get("/plates/{plate_id:int}.ome.zarr/{key:path}", response_class=Response)
def serve_plate(request: Request, plate_id: int, key: str = "") -> Response:
    """A key of a plate as OME-Zarr 0.5."""
    return _serve(request, None, want_of_plate, plate_id, key)


@router.head("/t/{token}/images/{image_id:int}.ome.zarr", include_in_schema=False)
@router.get("/t/{token}/images/{image_id:int}.ome.zarr", response_class=Response)
@router.head("/t/{token}/images/{image_id:int}.ome.zarr/{key:path}", include_in_schema=False)
@router.get("/t/{token}/images/{image_id:int}.ome.zarr/{key:path}", response_class=Response)
def serve_image_by_token(request: Request, token: str, image_id: int, key: str = "") -> Response:
    """A key of an image as OME-Zarr 0.5, for clients that cannot send headers."""
    return _serve(request, token, want_of_image, image_id, key)


@router.head("/t/{token}/plates/{plate_id:int}.ome.zarr", include_in_schema=False)
@router.get("/t/{token}/plates/{plate_id:int}.ome.zarr", response_class=Response)
@router.head("/t/{token}/plates/{plate_id:int}.ome.zarr/{key:path}", include_in_schema=False)
@router.get("/t/{token}/plates/{plate_id:int}.ome.zarr/{key:path}", response_class=Response)
def serve_plate_by_token(request: Request, token: str, plate_id: int, key: str = "") -> Response:
    """A key of a plate as OME-Zarr 0.5, for clients that cannot send headers."""
    return _serve(request, token, want_of_plate, plate_id, key)


@router.options("/{path:path}", include_in_schema=False)
async def allow_pages() -> Response:
    """That pages of other sites may read live OME-Zarr, ranges included."""
    return Response(status_code=204, headers=PREFLIGHT)


@router.head("/{path:path}", include_in_schema=False)
@router.get("/{path:path}", include_in_schema=False)
async def find_nothing(path: str) -> Response:
    """There is nothing else below ``/zarr``."""
    told = problem(NotFound(f"There is no /zarr/{path[:200]}"))
    told.headers.update(OPEN)
    return told
