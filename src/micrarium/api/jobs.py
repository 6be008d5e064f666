"""Jobs over HTTP: how far they are, and cancelling."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from micrarium.actions.itemizing import report_import, write_csv
from micrarium.actions.requesting_imports import retry_import
from micrarium.api.edge import answer, reading, site_of, writing
from micrarium.errors import InvalidInput
from micrarium.jobs import Worker, cancel, describe_job, find_job, recent_jobs
from micrarium.model import Job

router = APIRouter(tags=["jobs"])


def accepted(request: Request, job: Job) -> Response:
    """The answer that something will be done, with the job that does it; its transaction must be committed."""
    wake_worker(request)
    return answer(describe_job(job), status=202, headers={"Location": f"/api/v1/jobs/{job.id}"})


def wake_worker(request: Request) -> None:
    """Tell the worker that a job was queued."""
    worker: Worker | None = getattr(request.app.state, "worker", None)
    if worker is not None:
        worker.wake()


@router.get("/jobs")
def list_jobs(request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 50, cursor: str | None = None) -> Response:
    """The jobs of whoever is asking, newest first."""
    if cursor is not None and not (cursor.isascii() and cursor.isdecimal()):
        raise InvalidInput("This cursor is not one that a list gave", field="cursor")
    with reading(request) as session:
        found = recent_jobs(session, limit=limit + 1, before=None if cursor is None else int(cursor))
        items = [describe_job(job, is_brief=True) for job in found[:limit]]
    return answer({"items": items, "next": str(items[-1]["id"]) if len(found) > limit else None})


@router.get("/jobs/{job_id}")
def show_job(request: Request, job_id: int) -> Response:
    """One job; until it has ended, with no more of the lists of its result than a list of jobs has."""
    with reading(request) as session:
        found = find_job(session, job_id)
        told = describe_job(found, is_brief=found.state in ("queued", "running"))
        return answer(told, headers={"Cache-Control": "no-store"})


@router.delete("/jobs/{job_id}")
def cancel_job(request: Request, job_id: int) -> Response:
    """Cancel a job; one that runs stops at its next step."""
    with writing(request) as session:
        found = find_job(session, job_id, is_changing=True)
        cancel(session, found)
        return answer(describe_job(found))


@router.get("/jobs/{job_id}/report", responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}})
def show_report(request: Request, job_id: int, format: Literal["json", "csv"] = "json") -> Response:  # noqa: A002
    """What came of an import, fileset by fileset, with reasons and advice; as JSON or as a table in CSV."""
    with reading(request) as session:
        report = report_import(session, job_id)
    headers = {"Content-Disposition": f'attachment; filename="import-{job_id}.{format}"', "Cache-Control": "no-store"}
    if format == "json":
        return answer(report, headers=headers)
    return Response(write_csv(report).encode("utf-8", "replace"), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/jobs/{job_id}/retry", status_code=202)
def retry_job(request: Request, job_id: int) -> Response:
    """Import again what an import could not import or did not reach, as a new job."""
    with writing(request) as session:
        job = retry_import(session, site_of(request), job_id)
    return accepted(request, job)
