"""Verifying a little every night: the oldest checks first, as much as leaves no file unchecked for longer than is set."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any

from sqlalchemy import func

from micrarium.actions.opening import Site
from micrarium.actions.verifying import KIND
from micrarium.jobs import Periodic
from micrarium.model import Experimenter, Job, OriginalFile, Pixels
from micrarium.permissions import every, system_session

#: A night reads more than its share, so that nights when the server was off are caught up with.
_SPARE = 1.25
_LEAST_BYTES = 10**9


def keep_verified(site: Site) -> Periodic:
    """What verifies a site at night while it is served: looks every quarter of an hour whether it is time."""
    return Periodic("custody", partial(_begin_if_night, site), first_s=60.0, every_s=900.0)


def _begin_if_night(site: Site, _stop: Event) -> int | None:
    return begin_night(site, datetime.now().astimezone())


def night_of(hours: str, now: datetime) -> tuple[datetime, datetime] | None:
    """The beginning and end of the night that it is; None by day. ``hours`` is such as ``22-6``."""
    first, last = (int(part) for part in hours.split("-"))
    begin = now.replace(hour=first, minute=0, second=0, microsecond=0)
    if now < begin:
        begin -= timedelta(days=1)
    end = begin.replace(hour=last)
    if end <= begin:
        end += timedelta(days=1)
    return (begin, end) if now < end else None


def begin_night(site: Site, now: datetime) -> int | None:
    """The number of the job that verifies what is due this night; None by day, where none is wanted, or there was one."""
    settings = site.settings
    night = night_of(settings.verify_hours, now)
    if not settings.verify_days or night is None:
        return None
    begin, end = night
    with system_session(site.engine, "begin tonight's verification of files") as session:
        lately = every(Job).where(Job.kind == KIND, (Job.created_at >= begin) | Job.state.in_(("queued", "running")))
        if any(one.arguments.get("until") or not one.arguments["objects"] for one in session.scalars(lately)):
            return None  # there was one this night, or everything is being verified
        admins = every(Experimenter).where(Experimenter.is_admin, Experimenter.is_active).order_by(Experimenter.id)
        admin = session.scalars(admins.limit(1)).first()
        share = _kept_bytes(session) / settings.verify_days * _SPARE
        if admin is None:
            return None
        noted = {
            "objects": [],
            "since": now.isoformat(),
            "before": (now - timedelta(days=settings.verify_days)).isoformat(),
            "until": end.isoformat(),
            "most_bytes": max(_LEAST_BYTES, int(share)),
            "limit_mb_s": settings.verify_limit_mb_s,
        }
        made = Job(kind=KIND, arguments=noted, experimenter_id=admin.id, message="Waiting")
        session.add(made)
        session.flush()
        return made.id


def _kept_bytes(session: Any) -> int:
    files = session.execute(every(OriginalFile).with_only_columns(func.sum(OriginalFile.size))).scalar()
    pyramids = session.execute(every(Pixels).with_only_columns(func.sum(Pixels.pyramid_bytes))).scalar()
    return int(files or 0) + int(pyramids or 0)
