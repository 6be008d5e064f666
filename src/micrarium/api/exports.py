"""Exports and originals over HTTP; folders are sent as zips that are made while they are sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from micrarium.actions.downloading import original_members
from micrarium.actions.requesting import find_export, request_export
from micrarium.actions.safeguarding import require_reason
from micrarium.api.conditional import asked_range
from micrarium.api.edge import reading, site_of, writing
from micrarium.api.jobs import accepted
from micrarium.api.origin import reason_of
from micrarium.errors import UnreadableFile
from micrarium.exchange.originals import ZipMember, list_folder, plan_zip
from micrarium.model import Image
from micrarium.permissions import get_visible

router = APIRouter(tags=["exports"])

_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}, "application/zip": {}}}}


class ExportRequest(BaseModel):
    """What to export (``image:12``), and how; for sensitive data also why.

    ``deidentify`` leaves out of the copy what could tell whose images they are: all key-values, tags, comments, descriptions,
    people, dates and names, patients' fields and any other free text; names become numbers. What stays is made of numbers and of
    words of closed lists: pixels, sizes, colours, known fluorophores, models of equipment, and known terms for organism, imaging
    method and licence. The pictures of a slide's label and of the slide as a whole are not exported. Text that is burnt into
    pixels stays.
    """

    object: str
    format: Literal["ome-zarr", "ome-tiff"] = "ome-zarr"
    reason: str | None = None
    deidentify: bool = False


@router.post("/exports", status_code=202)
def make_export(request: Request, wanted: ExportRequest) -> Response:
    """Export as a job, whose result says where to download."""
    with writing(request) as session:
        site = site_of(request)
        terms: dict[str, Any] = {"reason": wanted.reason or reason_of(request), "is_deidentified": wanted.deidentify}
        job = request_export(session, site, wanted.object, format=wanted.format, **terms)
    return accepted(request, job)


@router.get("/exports/{job_id}/file", response_class=Response, responses=_FILES)
def download_export(request: Request, job_id: int) -> Response:
    """What an export made: a file, or a zip of a folder."""
    with reading(request) as session:
        path = find_export(session, site_of(request), job_id)
    if path.is_dir():
        return send_zip(request, list(list_folder(path)), f"{path.name}.zip")
    return send_file(request, path, path.name)


@router.get("/images/{image_id}/original", response_class=Response, responses=_FILES)
def download_original(request: Request, image_id: int, reason: str | None = None) -> Response:
    """The original of an image, byte for byte; a zip when it is several files. For sensitive data, say for what reason."""
    with reading(request) as session:
        get_visible(session, Image, image_id)
        require_reason(session, Image, [image_id], reason=reason or reason_of(request), doing="downloading")
        members = original_members(session, site_of(request), image_id)
    if len(members) == 1:
        return send_file(request, members[0].path, Path(members[0].name).name)
    return send_zip(request, members, f"{members[0].name.split('/', 1)[0]}.zip" if members else "original.zip")


def send_file(request: Request, path: Path, name: str) -> Response:
    """A file, or the part of it that a ``Range`` header asks for.

    Raises ``RangeNotSatisfiable`` for a part behind its end, ``UnreadableFile`` for a file that is not there any more.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise UnreadableFile(f"{name} cannot be read any more: {error.strerror}") from None
    told = _File(path, headers=_attached(name), media_type="application/octet-stream", stat_result=state)
    told.is_part = asked_range(request, state.st_size, told.headers["etag"].strip('"')) is not None
    return told


class _File(FileResponse):
    """A file of which a part is sent only where ``asked_range`` finds one asked for: Starlette's own errors are no problems."""

    is_part = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"] if self.is_part else [pair for pair in scope["headers"] if pair[0] != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


def send_zip(request: Request, members: list[ZipMember], name: str) -> Response:
    """A zip of files, or the part of it that a ``Range`` header asks for; made while it is sent, its length told before."""
    plan = plan_zip(members)
    told = {**_attached(name), "ETag": f'"{plan.tag}"', "Accept-Ranges": "bytes"}
    start, end = span = asked_range(request, plan.size, plan.tag) or (0, plan.size)
    is_part = span != (0, plan.size)
    if is_part:
        told["Content-Range"] = f"bytes {start}-{end - 1}/{plan.size}"
    told["Content-Length"] = str(end - start)
    return StreamingResponse(plan.stream(start, end), 206 if is_part else 200, told, "application/zip")


def _attached(name: str) -> dict[str, str]:
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return {"Content-Disposition": disposition, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
