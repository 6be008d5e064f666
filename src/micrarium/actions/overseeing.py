"""What administrators look at: everybody's jobs, and the browsers that are signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from micrarium.actions.announcing import require_administrator
from micrarium.actions.examining import examine_site
from micrarium.actions.opening import Site
from micrarium.errors import InvalidInput, NotAllowed
from micrarium.jobs import Work, ask_for, describe_job, job
from micrarium.model import Experimenter, Job, LoginSession
from micrarium.model.jobs import STATES
from micrarium.permissions import Actor, ActorSession, every, system_session


def require_insight(actor: Actor) -> None:
    """Nothing for an administrator who may see what people do, else ``NotAllowed``."""
    if not actor.has("ReadSession"):
        raise NotAllowed("Only administrators with the privilege ReadSession see this")


def list_jobs(
    engine: Engine, actor: Actor, *, state: str | None = None, limit: int = 50, before: int | None = None
) -> dict[str, Any]:
    """Everybody's jobs, in one state or in any, the newest first, each with whose it is."""
    require_administrator(actor)
    if state is not None and state not in STATES:
        raise InvalidInput(f"A job is {', '.join(STATES)}", field="state")
    statement: Any = every(Job).join(Experimenter, Experimenter.id == Job.experimenter_id)
    statement = statement.with_only_columns(Job, Experimenter.ome_name).order_by(Job.id.desc()).limit(limit + 1)
    if state is not None:
        statement = statement.where(Job.state == state)
    if before is not None:
        statement = statement.where(Job.id < before)
    with system_session(engine, "list everybody's jobs", is_reading=True) as session:
        rows = session.execute(statement).all()
    items = [
        describe_job(row[0], is_brief=True) | {"experimenter_id": row[0].experimenter_id, "username": row[1]}
        for row in rows[:limit]
    ]
    return {"items": items, "next": str(items[-1]["id"]) if len(rows) > limit else None}


def list_sessions(engine: Engine, actor: Actor) -> dict[str, Any]:
    """Every browser that is signed in, the newest first; for administrators with ``ReadSession``."""
    require_insight(actor)
    names = ("id", "experimenter_id", "created_at", "expires_at", "group_id", "sudo_experimenter_id")
    statement: Any = every(LoginSession).join(Experimenter, Experimenter.id == LoginSession.experimenter_id)
    statement = statement.where(LoginSession.expires_at > datetime.now(UTC)).order_by(LoginSession.id.desc())
    columns = [getattr(LoginSession, name) for name in names]
    with system_session(engine, "list sessions", is_reading=True) as session:
        rows = session.execute(statement.with_only_columns(*columns, Experimenter.ome_name)).all()
    return {"items": [dict(zip((*names, "username"), row, strict=True)) for row in rows], "next": None}


def request_examination(session: ActorSession, *, is_thorough: bool) -> Job:
    """A job that examines the site as ``micrarium doctor`` does; its result has the findings."""
    assert session.actor is not None
    require_insight(session.actor)
    return ask_for(session, "doctor", {"is_thorough": is_thorough})


@job("doctor")
def run_examination(site: Site, work: Work) -> dict[str, Any]:
    """Examines a site whose server is running."""
    found = examine_site(site.settings, is_thorough=work.arguments["is_thorough"], report=work.report)
    return {"is_healthy": all(one.state != "error" for one in found), "findings": [one.to_json() for one in found]}
