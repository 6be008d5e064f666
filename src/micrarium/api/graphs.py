"""Moving, giving away, deleting and copying objects with all that goes with them, and the bin, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from micrarium.actions import delegating, emptying, graphing
from micrarium.actions.graphing import Wish
from micrarium.api.edge import answer, reading, site_of, writing
from micrarium.api.jobs import accepted

router = APIRouter()


class Objects(BaseModel):
    """Objects by name (``image:12``); ``dry_run`` only tells what would happen, ``reason`` is kept with the event."""

    objects: list[str] = Field(min_length=1, max_length=10_000)
    dry_run: bool = False
    reason: str | None = Field(None, max_length=1000)


class Graph(Objects):
    """Objects and how far what goes with them reaches: classes to take though they are elsewhere too, or to leave."""

    include: list[str] = []
    exclude: list[str] = []


class Deletion(Graph):
    """What is deleted; ``purge`` removes it for good."""

    purge: bool = False


class Move(Graph):
    """What is moved to which group."""

    group: int


class Gift(Graph):
    """What is given to which person."""

    owner: int


class Emptying(BaseModel):
    """Which part of the bin is emptied: what is older than so many days; of what ``everyone`` deleted, or oneself."""

    older_than_days: float | None = Field(None, ge=0)
    everyone: bool = False
    dry_run: bool = False


@router.post("/graph/delete", tags=["graph"], operation_id="graph_delete", summary="Delete objects with what goes with them")
def delete(request: Request, given: Deletion) -> Response:
    """Put objects into the bin, or remove them for good."""
    return _perform(request, _wish("delete", given, is_purging=given.purge), is_dry_run=given.dry_run)


@router.post("/graph/chgrp", tags=["graph"], operation_id="graph_chgrp", summary="Move objects to another group")
def move(request: Request, given: Move) -> Response:
    """Move objects to another group with what goes with them."""
    return _perform(request, _wish("chgrp", given, group_id=given.group), is_dry_run=given.dry_run)


@router.post("/graph/chown", tags=["graph"], operation_id="graph_chown", summary="Give objects to another owner")
def give(request: Request, given: Gift) -> Response:
    """Give objects to another owner with what goes with them."""
    return _perform(request, _wish("chown", given, owner_id=given.owner), is_dry_run=given.dry_run)


@router.post("/graph/duplicate", tags=["graph"], operation_id="graph_duplicate", summary="Copy objects")
def duplicate(request: Request, given: Graph) -> Response:
    """Copy objects with what goes with them; the copies share the bytes of files and pixels."""
    return _perform(request, _wish("duplicate", given), is_dry_run=given.dry_run)


@router.post("/graph/purge", tags=["graph", "bin"], operation_id="graph_purge", summary="Remove objects in the bin for good")
def purge(request: Request, given: Objects) -> Response:
    """Remove objects in the bin for good, with the files that nothing else uses."""
    return _purge(request, {"objects": given.objects}, is_dry_run=given.dry_run)


@router.post("/bin/empty", tags=["bin"], operation_id="empty_bin", summary="Empty the bin")
def empty(request: Request, given: Emptying) -> Response:
    """Remove for good what has been in the bin for so many days."""
    chosen = {"older_than_days": given.older_than_days, "is_own": not given.everyone}
    return _purge(request, chosen, is_dry_run=given.dry_run)


@router.get("/bin", tags=["bin"], operation_id="show_bin", summary="What was deleted, by whom and when")
def show_bin(
    request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 50, cursor: str | None = None, mine: bool = False
) -> Response:
    """What was deleted, the latest first; what went along with something is part of that."""
    with reading(request) as session:
        return answer(emptying.list_bin(session, limit=limit, cursor=cursor, is_own=mine))


def _wish(operation: str, given: Graph, **more: Any) -> Wish:
    told: dict[str, Any] = {"include": tuple(given.include), "exclude": tuple(given.exclude), "reason": given.reason}
    return Wish(operation, tuple(given.objects), **told, **more)


def _perform(request: Request, wish: Wish, *, is_dry_run: bool) -> Response:
    """The report of what was done, or of what would be; the job that does it where many objects go."""
    with reading(request) as session:
        told, is_large = delegating.preview_graph(session, wish)
    if is_dry_run:
        return answer(told)
    delegating.check_refused(told)
    with writing(request) as session:
        if not is_large:
            return answer(graphing.perform_graph(session, site_of(request), wish))
        job = delegating.request_graph(session, wish)
    return accepted(request, job)


def _purge(request: Request, chosen: dict[str, Any], *, is_dry_run: bool) -> Response:
    with reading(request) as session:
        told, is_large = delegating.preview_purge(session, chosen)
    if is_dry_run:
        return answer(told)
    with writing(request) as session:
        if not is_large:
            return answer(delegating.perform_purge(session, site_of(request), chosen))
        job = delegating.request_purge(session, chosen)
    return accepted(request, job)
