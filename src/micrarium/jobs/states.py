"""The states of a job, and the only ways from one to another; each change is one short transaction.

queued -> running -> done, failed or cancelled; queued -> cancelled; running -> queued when a server ended under it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from micrarium.errors import Conflict, InvalidInput, NotFound
from micrarium.jobs.registry import function_of
from micrarium.model import Job
from micrarium.permissions import (
    ActorSession,
    current_origin,
    every,
    require_scope,
    spell_scopes,
    system_session,
    visible,
)

#: How often a job is begun again after the server ended under it.
MOST_BEGINNINGS = 3
#: How many entries of each list of its result a job has among others, and the lists it has not.
_MOST_LISTED = 50
_NOT_LISTED = ("imported", "filesets")
#: A private entry of the arguments: how often the job was begun.
_BEGUN = "_begun"
#: Another: from where the job was asked for.
ORIGIN = "_origin"


def ask_for(session: ActorSession, kind: str, arguments: dict[str, Any], *, group_id: int | None = None) -> Job:
    """A new job of the session's actor, which begins once the transaction it was born in is committed."""
    actor = session.actor
    require_scope(actor, "import" if kind in ("import", "preview") else "write")
    assert actor is not None
    function_of(kind)
    arguments = arguments | {ORIGIN: current_origin().to_json()}
    made = Job(kind=kind, arguments=arguments, group_id=group_id or actor.group_id, message="Waiting")
    made.sudo_experimenter_id, made.scope = actor.sudo_id, spell_scopes(actor.scopes) if actor.scopes else None
    session.add(made)
    session.flush()
    return made


def claim_next(engine: Engine) -> Job | None:
    """The oldest queued job, now running and nobody else's; None when there is none.

    SQLite lets one transaction write at a time; PostgreSQL passes over what another server is claiming.
    """
    if not is_any_queued(engine):
        return None
    with system_session(engine, "claim a job") as session:
        waiting = every(Job).where(Job.state == "queued").order_by(Job.id).limit(1).with_for_update(skip_locked=True)
        found = session.scalars(waiting).first()
        if found is None:
            return None
        found.state, found.started_at, found.message = "running", datetime.now(UTC), "Starting"
        found.arguments = found.arguments | {_BEGUN: int(found.arguments.get(_BEGUN, 0)) + 1}
        return found


def is_any_queued(engine: Engine) -> bool:
    """Whether a job waits; asked without waiting for those who write."""
    with system_session(engine, "look for jobs", is_reading=True) as session:
        waiting = every(Job).where(Job.state == "queued").with_only_columns(Job.id).limit(1)
        return session.execute(waiting).first() is not None


def note_progress(engine: Engine, job_id: int, progress: float, message: str) -> bool:
    """Keep how far a job is; false when it is no longer running, because somebody cancelled it."""
    with system_session(engine, f"progress of job:{job_id}") as session:
        found = _locked(session, job_id)
        if found is None or found.state != "running":
            return False
        found.progress, found.message = min(max(progress, 0.0), 1.0), _clean(message)
        return True


def keep_result(engine: Engine, job_id: int, result: dict[str, Any]) -> None:
    """Keep what a job has reached, for its next beginning should this one be cut off, and as its report when it is cancelled."""
    with system_session(engine, f"keep what job:{job_id} has reached") as session:
        found = _locked(session, job_id)
        if found is not None and found.state in ("running", "cancelled") and found.finished_at is None:
            found.result = result


def finish(engine: Engine, job_id: int, state: str, *, result: dict[str, Any] | None = None, error: Any = None) -> None:
    """End a running job as ``done``, ``failed`` or ``cancelled``; one that was cancelled meanwhile stays so."""
    if state not in ("done", "failed", "cancelled"):
        raise InvalidInput(f"A job cannot end as {state!r}", field="state")
    with system_session(engine, f"end job:{job_id}") as session:
        found = _locked(session, job_id)
        if found is None or found.state not in ("running", "cancelled"):
            return
        if found.state == "running":
            found.state, found.error = state, error
            found.progress = 1.0 if state == "done" else found.progress
            found.message = {"done": "Done", "failed": "Failed", "cancelled": "Cancelled"}[state]
        found.result = found.result if result is None else result
        found.finished_at = datetime.now(UTC)


def give_back(engine: Engine, job_id: int) -> None:
    """Queue a running job again, because this server is being stopped in an orderly way."""
    with system_session(engine, f"give back job:{job_id}") as session:
        found = _locked(session, job_id)
        if found is not None and found.state == "running":
            found.state, found.message, found.progress = "queued", "Waiting to begin again", 0.0
            found.arguments = found.arguments | {_BEGUN: int(found.arguments.get(_BEGUN, 1)) - 1}


def find_job(session: ActorSession, job_id: int, *, is_changing: bool = False) -> Job:
    """A job of the session's actor, held until the transaction ends when it is going to be changed. Raises ``NotFound``."""
    assert session.actor is not None
    statement = visible(Job, session.actor).where(Job.id == job_id)
    found = session.scalars(statement.with_for_update() if is_changing else statement).first()
    if found is None:
        raise NotFound(f"There is no job:{job_id}")
    return found


def cancel(session: ActorSession, job: Job) -> None:
    """Cancel a job: one that waits never begins, one that runs is told at its next step. ``Conflict`` once it has ended."""
    if job.state == "cancelled":
        return
    if job.state not in ("queued", "running"):
        raise Conflict(f"job:{job.id} is {job.state} already")
    job.state, job.message = "cancelled", "Cancelled"
    if job.started_at is None:
        job.finished_at = datetime.now(UTC)
    session.flush()


def recover(engine: Engine) -> None:
    """Queue again what was running when the server ended; a job that ended it several times has failed.

    Called before any job is begun, by the one process that holds the data folder.
    """
    with system_session(engine, "jobs of a server that ended") as session:
        for found in session.scalars(every(Job).where(Job.state == "cancelled", Job.finished_at.is_(None))):
            found.finished_at = datetime.now(UTC)  # it was told to stop, and has
        for found in session.scalars(every(Job).where(Job.state == "running").order_by(Job.id)):
            if int(found.arguments.get(_BEGUN, 0)) >= MOST_BEGINNINGS:
                found.state, found.message, found.finished_at = "failed", "Failed", datetime.now(UTC)
                detail = f"The server ended {MOST_BEGINNINGS} times while it worked on this"
                found.error = {"type": "/problems/unavailable", "title": "Interrupted", "status": 503, "detail": detail}
            else:
                found.state, found.message, found.progress = "queued", "Waiting to begin again", 0.0


def recent_jobs(session: ActorSession, *, limit: int = 50, before: int | None = None) -> list[Job]:
    """The jobs of the session's actor, newest first; ``before`` is the id to go on from."""
    assert session.actor is not None
    statement = visible(Job, session.actor).where(Job.experimenter_id == session.actor.id).order_by(Job.id.desc()).limit(limit)
    return list(session.scalars(statement if before is None else statement.where(Job.id < before)))


def describe_job(job: Job, *, is_brief: bool = False) -> dict[str, Any]:
    """A job as clients see it: whose it is, and who asked for it in their name; in a list only the beginnings of its lists."""
    columns = ("id", "kind", "state", "progress", "message", "result", "error", "created_at", "started_at", "finished_at")
    told = {column: getattr(job, column) for column in (*columns, "experimenter_id")}
    if is_brief and job.result is not None:
        told["result"] = _shorten(job.result)
    return told | {"sudo_experimenter_id": job.sudo_experimenter_id}


def _shorten(result: dict[str, Any]) -> dict[str, Any]:
    """A result with the beginnings of its lists, and how long they are as ``totals``; a list of jobs must not weigh megabytes."""
    lists = {name: value for name, value in result.items() if isinstance(value, list)}
    short = {name: value[:_MOST_LISTED] for name, value in lists.items() if name not in _NOT_LISTED}
    rest = {name: value for name, value in result.items() if name not in lists}
    return rest | short | ({"totals": {name: len(value) for name, value in lists.items()}} if lists else {})


def _locked(session: ActorSession, job_id: int) -> Job | None:
    return session.scalars(every(Job).where(Job.id == job_id).with_for_update()).first()


def _clean(message: str) -> str:
    return message.replace("\x00", "").encode("utf-8", "replace").decode()[:1000]
