"""Original files over HTTP: those of an object as one zip, a list of them, and one by one."""

from __future__ import annotations

from functools import cache, partial

from fastapi import APIRouter, Request, Response

from micrarium.actions.downloading import HOLDING, find_original, list_originals
from micrarium.actions.safeguarding import require_reason
from micrarium.api.edge import answer, reading, site_of
from micrarium.api.exports import send_file, send_zip
from micrarium.api.origin import reason_of
from micrarium.api.routing import KindRouter
from micrarium.exchange.originals import ZipMember
from micrarium.model import Entity, OriginalFile
from micrarium.permissions import get_visible


@cache
def make_router() -> APIRouter:
    """The routes of originals, of every class whose originals are downloaded together."""
    router = APIRouter(tags=["originals"])
    for entity in HOLDING:
        router.include_router(KindRouter(entity.plural(), partial(_add_routes, entity=entity)))
    router.get(
        "/original_files/{object_id}/file",
        response_class=Response,
        operation_id="download_original_file",
        summary="Download an original file",
    )(download_file)
    return router


def _add_routes(router: APIRouter, entity: type[Entity]) -> None:
    def list_them(request: Request, object_id: int) -> Response:
        with reading(request) as session:
            found = list_originals(session, site_of(request), entity, object_id)
        names = ("name", "size_bytes", "sha256", "original_file_id", "part")
        return answer({"items": [{name: getattr(file, name) for name in names} for file in found], "next": None})

    def download_them(request: Request, object_id: int, reason: str | None = None) -> Response:
        with reading(request) as session:
            get_visible(session, entity, object_id)
            require_reason(session, entity, [object_id], reason=reason or reason_of(request), doing="downloading")
            found = list_originals(session, site_of(request), entity, object_id)
        name = f"{entity.singular()}_{object_id}_originals"
        return send_zip(request, [ZipMember(file.path, f"{name}/{file.name}") for file in found], f"{name}.zip")

    noun, path = entity.singular(), f"/{entity.plural()}/{{object_id}}/originals"
    router.get(path, response_class=Response, operation_id=f"originals_of_{noun}", summary=f"Download originals of a {noun}")(
        download_them
    )
    router.get(f"{path}/list", operation_id=f"list_originals_of_{noun}", summary=f"Originals of a {noun}")(list_them)


def download_file(request: Request, object_id: int, part: str | None = None, reason: str | None = None) -> Response:
    """An original file, byte for byte. Of one that is a folder, a zip, or the file in it that ``part`` names.

    For sensitive data, say for what ``reason``.
    """
    with reading(request) as session:
        get_visible(session, OriginalFile, object_id)
        require_reason(session, OriginalFile, [object_id], reason=reason or reason_of(request), doing="downloading")
        members, name = find_original(session, site_of(request), object_id, part)
    if len(members) == 1:
        return send_file(request, members[0].path, name)
    return send_zip(request, members, f"{name}.zip")
