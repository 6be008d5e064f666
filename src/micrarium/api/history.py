"""What happened, over HTTP: the log of events, one event, the calendar, and taking an event back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from micrarium.actions import remembering, undoing
from micrarium.api.edge import answer, reading, site_of, writing
from micrarium.api.entities import parse_names
from micrarium.errors import InvalidInput

router = APIRouter(tags=["events"])

Limit = Annotated[int, Query(ge=1, le=remembering.MOST_AT_ONCE)]
_KNOWN = ("by", "group_id", "kind", "object", "since", "until", "reason", "client", "limit", "cursor", "sort", "fields")


class UndoRequest(BaseModel):
    """What to take back of an event: all of it, or what it did to ``objects`` (``image:12``); ``dry_run`` only tells."""

    model_config = ConfigDict(extra="forbid")

    objects: list[str] = Field(default=[], max_length=10_000)
    dry_run: bool = False


@router.get("/events", operation_id="list_events", summary="List events")
def list_events(
    request: Request,
    limit: Limit = 50,
    cursor: str | None = None,
    by: Annotated[str | None, Query(description="Whose: a user name or an id")] = None,
    group_id: Annotated[int | None, Query(ge=0, lt=2**63, description="Of things of which group")] = None,
    kind: Annotated[str | None, Query(description="Of which kind of objects, such as image")] = None,
    object_name: Annotated[str | None, Query(alias="object", description="Of which object, such as image:12")] = None,
    since: Annotated[str | None, Query(description="From this day or moment on (UTC)")] = None,
    until: Annotated[str | None, Query(description="To this day, all of it, or before this moment (UTC)")] = None,
    reason: Annotated[str | None, Query(description="A part of the reason")] = None,
    client: Annotated[str | None, Query(description="web, cli, python, api or server")] = None,
    sort: Annotated[Literal["-id"], Query(description="Events come newest first")] = "-id",
    fields: Annotated[str, Query(description="Comma separated; all where none are named")] = "",
) -> Response:
    """What was changed, newest first, as far as one may see it, with what each event did in short."""
    assert sort
    if unknown := [name for name in request.query_params if name not in _KNOWN]:
        raise InvalidInput(f"events cannot be filtered by {unknown[0]!r}; known are: {', '.join(_KNOWN)}", field=unknown[0])
    asked = {"by": by, "group_id": None if group_id is None else str(group_id), "kind": kind, "object": object_name}
    asked |= {"since": since, "until": until, "reason": reason, "client": client}
    with reading(request) as session:
        return answer(remembering.list_events(session, asked, limit=limit, cursor=cursor, fields=parse_names(fields)))


@router.get("/events/calendar", operation_id="show_calendar")
def show_calendar(
    request: Request, year: int, by: str | None = None, group_id: Annotated[int | None, Query(ge=0, lt=2**63)] = None
) -> Response:
    """How many events there were on each day (UTC) of a year, as far as one may see them."""
    with reading(request) as session:
        told = remembering.show_calendar(session, year, by=by, group_id=group_id)
    remembering.count_past_days(site_of(request).engine)  # once a day it finds something to do
    return answer(told)


@router.get("/events/{object_id}", operation_id="show_event", summary="Show event")
def show_event(request: Request, object_id: int, limit: Limit = 200, cursor: Annotated[int, Query(ge=0, lt=2**63)] = 0) -> Response:
    """One event with its changes, as far as one may see what was changed."""
    with reading(request) as session:
        return answer(remembering.show_changes(session, object_id, limit=limit, cursor=cursor))


@router.post("/events/{object_id}/undo", operation_id="undo_event")
def undo_event(request: Request, object_id: int, given: UndoRequest | None = None) -> Response:
    """Take an event back, or what it did to some objects; what does it is an event itself, and can be taken back."""
    wanted = given or UndoRequest()
    with writing(request) as session:
        return answer(undoing.undo_event(session, object_id, objects=wanted.objects, is_dry_run=wanted.dry_run))
