"""Custody over HTTP: verifying files, finding moved ones again, and what is known of their state."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from micrarium.actions import attesting, relinking, verifying
from micrarium.api.edge import answer, sign_in_of, site_of, writing
from micrarium.api.jobs import accepted

router = APIRouter(tags=["administration"])
Problem = Literal["missing", "changed", "unreadable", "away", "drifted", "rebuilt"]


class Verification(BaseModel):
    """The objects whose files are verified (``image:12``), all for none, and how many megabytes are read a second."""

    objects: list[str] = Field(default_factory=list, max_length=10_000)
    limit_mb_s: float | None = None


class Relinking(BaseModel):
    """Folders of the server below which files are looked for, and whether it is only told what would be found."""

    folders: list[str] = Field(min_length=1, max_length=1000)
    dry_run: bool = False


@router.post("/verifications", status_code=202, operation_id="verify_files")
def verify_files(request: Request, given: Verification) -> Response:
    """Compare originals with their checksums and read every chunk of pyramids, as a job.

    Of objects that one may edit; all, and groups, for administrators.
    """
    with writing(request) as session:
        job = verifying.request_verification(session, given.objects, limit_mb_s=given.limit_mb_s)
    return accepted(request, job)


@router.post("/admin/relink", status_code=202, operation_id="relink_files")
def relink_files(request: Request, given: Relinking) -> Response:
    """Find files that were registered in place and moved, by their checksums, as a job; for administrators."""
    with writing(request) as session:
        job = relinking.request_relinking(session, site_of(request), given.folders, is_dry_run=given.dry_run)
    return accepted(request, job)


@router.get("/admin/custody", operation_id="show_custody")
def show_custody(request: Request) -> Response:
    """How many files were verified, what is wrong, the last verification and when the next are; for administrators."""
    return answer(attesting.summarize_custody(site_of(request), sign_in_of(request).actor))


@router.get("/admin/custody/problems", operation_id="list_file_problems")
def list_file_problems(
    request: Request,
    kind: Problem | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: str | None = None,
) -> Response:
    """Files with which something is wrong; for administrators."""
    site, actor = site_of(request), sign_in_of(request).actor
    return answer(attesting.list_problems(site, actor, kind=kind, limit=limit, cursor=cursor))


@router.get(
    "/admin/custody/problems.csv",
    operation_id="download_file_problems",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def download_file_problems(request: Request) -> Response:
    """The same as CSV, all of them; for administrators."""
    lines = attesting.write_problems(site_of(request), sign_in_of(request).actor)
    headers = {"Content-Disposition": 'attachment; filename="file-problems.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)
