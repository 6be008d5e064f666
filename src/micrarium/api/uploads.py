"""Uploads over HTTP: opened, filled piece by piece, looked at after an interruption."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from micrarium.actions.uploading import Piece, begin_piece, describe_upload, open_upload, remove_upload
from micrarium.api.edge import answer, reading, site_of, writing
from micrarium.errors import TooLarge
from micrarium.model import Upload
from micrarium.permissions import get_visible

router = APIRouter(tags=["uploads"])

_WRITE_BYTES = 2**20


class UploadFile(BaseModel):
    """A file that will come: its path below the upload and its size in bytes."""

    path: str = Field(min_length=1)
    size: int = Field(ge=0, le=2**50)


class UploadRequest(BaseModel):
    """The files that will come."""

    files: list[UploadFile]
    group_id: int | None = None


@router.post("/uploads", status_code=201)
def make_upload(request: Request, wanted: UploadRequest) -> Response:
    """Open an upload."""
    site = site_of(request)
    with writing(request) as session:
        upload = open_upload(session, site, [(file.path, file.size) for file in wanted.files], group_id=wanted.group_id)
        told = describe_upload(site, upload)
    return answer(told, status=201, headers={"Location": f"/api/v1/uploads/{upload.id}"})


@router.get("/uploads/{upload_id}")
def show_upload(request: Request, upload_id: int) -> Response:
    """What has been received, to go on after an interruption."""
    with reading(request) as session:
        return answer(describe_upload(site_of(request), get_visible(session, Upload, upload_id)))


@router.delete("/uploads/{upload_id}", status_code=204)
def forget_upload(request: Request, upload_id: int) -> Response:
    """Forget an upload and the files that came."""
    with writing(request) as session:
        remove_upload(session, site_of(request), upload_id)
    return Response(status_code=204)


@router.patch("/uploads/{upload_id}")
async def receive_piece(
    request: Request,
    upload_id: int,
    path: str,
    upload_offset: Annotated[int, Header(alias="Upload-Offset", ge=0)],
    content_digest: Annotated[str | None, Header(alias="Content-Digest")] = None,
) -> Response:
    """Append a piece of a file. After a broken line ask how much was kept, and go on from there.

    With ``Content-Digest`` (RFC 9530: ``sha-256=:BASE64:``) a piece that is not what was sent is refused with 409, and a
    piece is kept whole or not at all.
    """
    piece = await run_in_threadpool(_begin, request, upload_id, path, upload_offset, content_digest)
    try:
        waiting = bytearray()
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= _WRITE_BYTES:
                await run_in_threadpool(piece.write, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(piece.write, bytes(waiting))
    except ClientDisconnect:
        pass  # nobody is there to read the answer
    finally:
        await run_in_threadpool(piece.close)
    return answer({"path": path, "size": piece.size, "received": piece.received})


def _begin(request: Request, upload_id: int, path: str, offset: int, content_digest: str | None) -> Piece:
    site = site_of(request)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > site.settings.upload_piece_mb * 2**20:
        raise TooLarge(f"A piece has at most {site.settings.upload_piece_mb} MiB; this one has {length} bytes")
    with reading(request) as session:
        return begin_piece(session, site, upload_id, path=path, offset=offset, content_digest=content_digest)
