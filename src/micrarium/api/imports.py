"""Importing over HTTP: an upload, or the server's own files."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from micrarium.actions.requesting import request_import
from micrarium.api.edge import site_of, writing
from micrarium.api.jobs import accepted

router = APIRouter(tags=["imports"])


class ImportRequest(BaseModel):
    """What to import and where to: containers are ids, or names that are made when missing.

    Without ``grouping``, files that make up a plate or a sequence become an image each.
    """

    upload_id: int | None = None
    paths: list[str] | None = None
    in_place: bool = False
    grouping: bool = True
    project: int | str | None = None
    dataset: int | str | None = None
    screen: int | str | None = None
    group_id: int | None = None


@router.post("/imports", status_code=202)
def make_import(request: Request, wanted: ImportRequest) -> Response:
    """Import as a job."""
    with writing(request) as session:
        given = wanted.model_dump()
        how = {"is_in_place": given.pop("in_place"), "is_grouping": given.pop("grouping")}
        job = request_import(session, site_of(request), **how, **given)
    return accepted(request, job)
