"""What is done to many objects: at once when they are few, as a job when they are many."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from micrarium.actions.emptying import plan_purge, purge, targets_named, targets_older, tell_purge
from micrarium.actions.graphing import MOST_AT_ONCE, Wish, perform_graph, plan_graph, tell
from micrarium.actions.opening import Site
from micrarium.errors import Conflict
from micrarium.jobs import JobCancelledError, Work, ask_for, job
from micrarium.model import Job
from micrarium.permissions import ActorSession, beside, dialect_of, find_by, open_session

#: What a purge is told: objects by name, or all that is older than so many days.
Chosen = dict[str, Any]


def preview_graph(session: ActorSession, wish: Wish) -> tuple[dict[str, Any], bool]:
    """The report of a dry run, and whether so many objects go that it is the work of a job."""
    plan = plan_graph(session, wish)
    return tell(plan, is_dry_run=True), plan.size > MOST_AT_ONCE


def check_refused(told: dict[str, Any]) -> None:
    """Nothing where a dry run found nothing in the way, else ``Conflict``."""
    if told["refused"]:
        raise Conflict(told["refused"][0], refused=told["refused"])


def request_graph(session: ActorSession, wish: Wish) -> Job:
    """A job that does what is wished."""
    return ask_for(session, wish.operation, json.loads(json.dumps(asdict(wish))))


def preview_purge(session: ActorSession, chosen: Chosen) -> tuple[dict[str, Any], bool]:
    """The report of a dry run of a purge, and whether it is the work of a job."""
    plan = plan_purge(session, _targets(session, chosen))
    told = tell_purge(session, plan, is_dry_run=True)
    return told, sum(told["counts"].values()) > MOST_AT_ONCE


def perform_purge(session: ActorSession, site: Site, chosen: Chosen) -> dict[str, Any]:
    """The report of a purge of objects in the bin."""
    return purge(session, site, _targets(session, chosen))


def request_purge(session: ActorSession, chosen: Chosen) -> Job:
    """A job that purges."""
    return ask_for(session, "purge", chosen)


def _targets(session: ActorSession, chosen: Chosen) -> Any:
    if chosen.get("objects") is not None:
        return targets_named(session, chosen["objects"])
    return targets_older(session, days=chosen.get("older_than_days"), is_own=bool(chosen.get("is_own")))


def _run_graph(site: Site, work: Work) -> dict[str, Any]:
    if work.kept is not None:
        return work.kept  # it was done, and the server ended before it could say so
    names = ("objects", "include", "exclude")
    wish = Wish(**work.arguments | {name: tuple(work.arguments[name]) for name in names})
    work.report(0.0, "Looking at what goes")
    with open_session(site.engine, work.actor) as session:
        # Where one transaction writes at a time, progress cannot be written beside this one.
        told = perform_graph(session, site, wish, report=work.report if dialect_of(session) == "postgresql" else None)
        _keep(session, work, told)
    return told


@job("purge")
def run_purge(site: Site, work: Work) -> dict[str, Any]:
    """Purges what ``request_purge`` noted."""
    if work.kept is not None:
        return work.kept
    work.report(0.0, "Looking at what goes")
    with open_session(site.engine, work.actor) as session:
        told = perform_purge(session, site, work.arguments)
        _keep(session, work, told)
    return told


def _keep(session: ActorSession, work: Work, told: dict[str, Any]) -> None:
    """Keep the report in the very transaction, so that a job that is begun again knows that it was done."""
    session.flush()
    with beside(session, f"keep what job:{work.job_id} did") as system:
        found = find_by(system, Job, id=work.job_id)
        if found is not None and found.state != "running":
            raise JobCancelledError(f"job:{work.job_id} was cancelled")
        if found is not None:
            found.result = told


for _operation in ("delete", "chgrp", "chown", "duplicate"):
    job(_operation)(_run_graph)
