"""Class rooms over HTTP: made with their accounts, put back to how they began, removed; for administrators."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from micrarium.actions import teaching
from micrarium.api.edge import answer, answer_once, sign_in_of, site_of, writing
from micrarium.api.jobs import accepted, wake_worker
from micrarium.jobs import describe_job

router = APIRouter(tags=["administration"], prefix="/admin/classrooms")


class ClassroomRequest(BaseModel):
    """A class room to make: how many accounts, and the dataset of which each gets a copy."""

    name: str
    users: int = Field(20, ge=1, le=teaching.MOST_USERS)
    dataset_id: int | None = None
    level: Literal["private", "read-only", "read-annotate", "read-write"] = "private"


@router.get("", operation_id="list_classrooms")
def list_classrooms(request: Request) -> Response:
    """Every class room with its accounts."""
    found = teaching.list_classrooms(site_of(request).engine, sign_in_of(request).actor)
    return answer({"items": found, "next": None})


@router.post("", status_code=201, operation_id="make_classroom")
def make_classroom(request: Request, given: ClassroomRequest) -> Response:
    """Make a class room; its passwords are told this once, and are null in the answer to a repetition (``Idempotency-Key``).

    ``job`` copies the dataset.
    """
    with writing(request) as session:
        made, job = teaching.add_classroom(session, given.name, users=given.users, dataset_id=given.dataset_id, level=given.level)
    wake_worker(request)
    told = made | {"job": job and describe_job(job)}
    return answer_once(request, told, "password", status=201, headers={"Cache-Control": "no-store"})


@router.get("/{classroom}", operation_id="count_classroom")
def count_classroom(request: Request, classroom: str) -> Response:
    """What is in a class room, by its name, and would go into the bin with a reset: ``users``, and ``counts`` by kind."""
    return answer(teaching.count_classroom(site_of(request).engine, sign_in_of(request).actor, classroom))


@router.post("/{classroom}/reset", status_code=202, operation_id="reset_classroom")
def reset_classroom(request: Request, classroom: str) -> Response:
    """Put a class room, by its name, back to how it began, as a job."""
    with writing(request) as session:
        job = teaching.reset_classroom(session, site_of(request).engine, classroom)
    return accepted(request, job)


@router.delete("/{classroom}", operation_id="remove_classroom")
def remove_classroom(request: Request, classroom: str) -> Response:
    """End a class room, by its name: its accounts are switched off, what they made goes into the bin."""
    return answer(teaching.remove_classroom(site_of(request).engine, sign_in_of(request).actor, classroom))
