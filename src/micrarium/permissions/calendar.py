"""Events counted by day, for each person as far as they see them. Days that are over are counted once and kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Date, String, cast, func, insert, or_, select, true

from micrarium.model import Event, EventDay
from micrarium.permissions.sessions import ActorSession, dialect_of
from micrarium.permissions.wholes import UNHELD

#: A day is over for good this long after its end: a transaction that began in it has ended by then.
_MARGIN = timedelta(hours=24)


def count_days(session: ActorSession, *, now: datetime | None = None) -> int:
    """How many days that are over were counted now and kept. In a session of the system; each day is counted once."""
    end = ((now or datetime.now(UTC)) - _MARGIN).date()
    begin = _first_uncounted(session)
    if begin is None or begin >= end:
        return 0
    columns = select(
        _day(session).label("day"),
        func.coalesce(Event.experimenter_id, 0),
        func.coalesce(Event.group_id, 0),
        func.count(Event.id),
    )
    columns = columns.where(Event.time >= _midnight(begin), Event.time < _midnight(end))
    rows = session.execute(columns.group_by("day", Event.experimenter_id, Event.group_id), execution_options=UNHELD).all()
    names = ("day", "experimenter_id", "group_id", "count")
    found = [dict(zip(names, (_as_date(row[0]), *row[1:]), strict=True)) for row in rows]
    # That there is nothing on the last of these days is to be known, too.
    if not any(row["day"] == end - timedelta(days=1) for row in found):
        found.append({"day": end - timedelta(days=1), "experimenter_id": 0, "group_id": 0, "count": 0})
    for start in range(0, len(found), 1000):
        session.execute(insert(EventDay), found[start : start + 1000], execution_options=UNHELD)
    return (end - begin).days


def days_behind(session: ActorSession) -> int:
    """How many days that are over wait to be counted."""
    begin = _first_uncounted(session)
    return 0 if begin is None else max(0, ((datetime.now(UTC) - _MARGIN).date() - begin).days)


def events_by_day(
    session: ActorSession, *, since: date, until: date, experimenter_id: int | None = None, group_id: int | None = None
) -> dict[date, int]:
    """How many events the actor may see of each day (UTC) from ``since`` to before ``until``; days without any are left out."""
    begin = _first_uncounted(session)
    counted_until = until if begin is None else min(max(begin, since), until)
    found: dict[date, int] = {}
    if begin is not None:
        kept = select(EventDay.day, func.sum(EventDay.count)).where(EventDay.day >= since, EventDay.day < counted_until)
        kept = _narrow(session, kept, EventDay, experimenter_id, group_id).group_by(EventDay.day)
        found |= {row[0]: int(row[1]) for row in session.execute(kept, execution_options=UNHELD) if row[1]}
        live = select(_day(session).label("day"), func.count(Event.id)).where(Event.time >= _midnight(counted_until))
        live = _narrow(session, live.where(Event.time < _midnight(until)), Event, experimenter_id, group_id).group_by("day")
        found |= {_as_date(row[0]): row[1] for row in session.execute(live, execution_options=UNHELD)}
    return found


def _narrow(session: ActorSession, statement: Any, counted: Any, experimenter_id: int | None, group_id: int | None) -> Any:
    """What the actor sees, of one person or one group where one is given."""
    actor = session.actor
    if actor is not None and not actor.is_admin:
        statement = statement.where(or_(counted.experimenter_id == actor.id, counted.group_id.in_(actor.open_groups)))
    statement = statement.where(true() if experimenter_id is None else counted.experimenter_id == experimenter_id)
    return statement.where(true() if group_id is None else counted.group_id == group_id)


def _first_uncounted(session: ActorSession) -> date | None:
    """The first day that was not counted yet; None where nothing ever happened."""
    last: date | None = session.scalars(select(func.max(EventDay.day)), execution_options=UNHELD).one()
    if last is not None:
        return last + timedelta(days=1)
    first: datetime | None = session.scalars(select(func.min(Event.time)), execution_options=UNHELD).one()
    return None if first is None else first.date()


def _day(session: ActorSession) -> Any:
    """The day (UTC) of an event. SQLite keeps times as text that begins with the day."""
    if dialect_of(session) == "sqlite":
        return func.substr(cast(Event.time, String), 1, 10)
    return cast(func.timezone("UTC", Event.time), Date)


def _as_date(day: Any) -> date:
    return day if isinstance(day, date) else date.fromisoformat(str(day))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
