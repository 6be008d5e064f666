"""Server-sent events: one look at the table of changes a second serves all who follow, and no thread waits for any of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from micrarium.actions.following import Change, newest_place, read_changes, seen_by
from micrarium.actions.opening import Site
from micrarium.api.edge import recognise_again, sign_in_of, site_of
from micrarium.errors import InvalidInput, MicrariumError
from micrarium.model.schema import entities

router = APIRouter(tags=["events"])
_log = logging.getLogger(__name__)

LOOK_S = 1.0
#: A line that says nothing keeps proxies from closing a silent stream; who is asking is checked again with it.
HEARTBEAT_S = 15.0
_MOST_WAITING = 5000
_MOST_AT_ONCE = 1000
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Follower:
    """Looks for changes while anybody follows them, and hands them to each; for one process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._place = 0
        self._task: asyncio.Task[None] | None = None
        self._queues: set[asyncio.Queue[list[Change] | None]] = set()

    async def join(self) -> asyncio.Queue[list[Change] | None]:
        """The queue in which changes will come from now on, some of before perhaps among them; None there is the end."""
        queue: asyncio.Queue[list[Change] | None] = asyncio.Queue(_MOST_WAITING)
        if not self._queues:
            self._place = await run_in_threadpool(newest_place, self._site.engine)
        self._queues.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        return queue

    def leave(self, queue: asyncio.Queue[list[Change] | None]) -> None:
        """Follow no more; when nobody does, the table is left alone."""
        self._queues.discard(queue)
        if not self._queues and self._task is not None:
            self._task.cancel()
            self._task = None

    def close(self) -> None:
        """End all streams, as the server ends."""
        for queue in list(self._queues):
            _put(queue, None)

    async def _look(self) -> None:
        while True:
            try:
                changes = await run_in_threadpool(read_changes, self._site.engine, self._place, limit=_MOST_AT_ONCE)
            except SQLAlchemyError:
                _log.exception("The table of changes cannot be read; trying again")
                changes = []
            if changes:
                self._place = changes[-1].place
                for queue in list(self._queues):
                    _put(queue, changes)
            if len(changes) < _MOST_AT_ONCE:
                await asyncio.sleep(LOOK_S)


def _put(queue: asyncio.Queue[list[Change] | None], item: list[Change] | None) -> None:
    """Put into a queue; one that nobody empties is ended, and its reader takes up again from where it was."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        item = None
    queue.put_nowait(item)


def follower_of(request: Request) -> Follower:
    """The one follower of this process."""
    found: Follower | None = getattr(request.app.state, "follower", None)
    if found is None:
        found = request.app.state.follower = Follower(site_of(request))
    return found


@router.get("/events/stream", operation_id="follow_changes", responses={200: {"content": {"text/event-stream": {}}}})
async def follow_changes(
    request: Request,
    classes: Annotated[str, Query(description="Only of these classes, as `Image,Dataset`; all when empty")] = "",
    after: Annotated[int | None, Query(ge=0, lt=2**63, description="Begin after this change, as Last-Event-ID does")] = None,
    wait_s: Annotated[float | None, Query(ge=0, le=86400, description="End after so long; 0 tells what there is")] = None,
) -> Response:
    """What changes, as server-sent events: each change of what one may see, with its class, id, event and kind."""
    await run_in_threadpool(sign_in_of, request)
    wanted = _wanted(classes)
    last = request.headers.get("last-event-id", "").strip()
    if last and not (last.isascii() and last.isdecimal() and int(last) < 2**63):
        raise InvalidInput("Last-Event-ID is the id of an earlier message", field="Last-Event-ID")
    return StreamingResponse(
        _stream(request, int(last) if last else after, wanted, wait_s), media_type="text/event-stream", headers=_HEADERS
    )


def _wanted(classes: str) -> set[str]:
    names = {name.strip() for name in classes.split(",") if name.strip()}
    if unknown := names - {entity.__name__ for entity in entities()}:
        raise InvalidInput(f"There is no class {min(unknown)!r}", field="classes")
    return names


async def _stream(request: Request, after: int | None, wanted: set[str], wait_s: float | None) -> AsyncIterator[bytes]:
    follower = follower_of(request)
    ends_at = None if wait_s is None else asyncio.get_running_loop().time() + wait_s
    queue = await follower.join()
    try:
        newest = await run_in_threadpool(newest_place, site_of(request).engine)
        after = newest if after is None else after
        yield _message(after, "ready", {})
        while after < newest:  # what happened while nobody listened
            changes = await run_in_threadpool(read_changes, site_of(request).engine, after, limit=_MOST_AT_ONCE, gap_s=0.0)
            if not changes:
                break
            after = changes[-1].place
            yield await run_in_threadpool(_tell, request, changes, wanted)
        async for text in _follow(request, queue, after, wanted, ends_at):
            yield text
    except MicrariumError as error:  # a sign-in that has ended meanwhile
        yield _message(None, "problem", error.to_problem())
    finally:
        follower.leave(queue)


async def _follow(
    request: Request, queue: asyncio.Queue[list[Change] | None], after: int, wanted: set[str], ends_at: float | None
) -> AsyncIterator[bytes]:
    now = asyncio.get_running_loop().time
    while ends_at is None or now() < ends_at:
        changes: list[Change] | None = []
        with suppress(TimeoutError):
            left = HEARTBEAT_S if ends_at is None else min(HEARTBEAT_S, ends_at - now())
            changes = await asyncio.wait_for(queue.get(), left)
        if changes is None:
            return
        changes = [change for change in changes if change.place > after]
        yield await run_in_threadpool(_tell, request, changes, wanted) or b": \n\n"


def _tell(request: Request, changes: list[Change], wanted: set[str]) -> bytes:
    """The messages of those changes that whoever is asking may see now. Raises ``NotSignedIn`` when they may no longer ask."""
    actor = recognise_again(request).actor
    some = [change for change in changes if not wanted or change.entity.__name__ in wanted]
    if not some:
        return b""
    return b"".join(_message(change.place, "change", change.to_json()) for change in seen_by(site_of(request).engine, actor, some))


def _message(place: int | None, kind: str, data: dict[str, Any]) -> bytes:
    head = b"" if place is None else b"id: %d\n" % place
    return head + b"event: %s\ndata: %s\n\n" % (kind.encode(), orjson.dumps(data))
