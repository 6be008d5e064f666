"""Events counted by day are the same whether days were counted before or are counted as they are asked for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine

from micrarium.model import Event, Experimenter, ExperimenterGroup, GroupExperimenterMap
from micrarium.permissions import Actor, load_actor, open_session, system_session
from micrarium.permissions.calendar import count_days, days_behind, events_by_day


def make_past(engine: Engine) -> tuple[Actor, dict[date, int]]:
    """A person who sees one of two groups, with how many events of the past 40 days they see on each day."""
    with system_session(engine, "a past for a test") as session:
        ada, bob = Experimenter(ome_name="ada"), Experimenter(ome_name="bob")
        shared, hidden = ExperimenterGroup(name="shared", level="read-only"), ExperimenterGroup(name="hidden", level="private")
        session.add_all([ada, bob, shared, hidden])
        session.flush()
        session.add_all([GroupExperimenterMap(parent_id=g.id, child_id=ada.id) for g in (shared, hidden)])
        seen: Counter[date] = Counter()
        for number in range(120):
            time = datetime.now(UTC) - timedelta(hours=8 * number)
            who, where = (ada, bob)[number % 2], (shared, hidden)[number // 2 % 2]
            session.add(Event(time=time, experimenter_id=who.id, group_id=where.id))
            seen[time.date()] += who is ada or where is shared
        session.flush()
        return load_actor(session, ada.id), {day: count for day, count in seen.items() if count}


def asked(engine: Engine, actor: Actor, **narrowed: int) -> dict[date, int]:
    with open_session(engine, actor, is_reading=True) as session:
        today = datetime.now(UTC).date()
        return events_by_day(session, since=today - timedelta(days=60), until=today + timedelta(days=2), **narrowed)


def test_days_counted_before_are_as_days_counted_when_asked(engine: Engine) -> None:
    actor, seen = make_past(engine)
    assert asked(engine, actor) == seen
    own = asked(engine, actor, experimenter_id=actor.id)
    assert sum(own.values()) == 60
    with system_session(engine, "count") as session:
        assert days_behind(session) == count_days(session) > 30
    assert asked(engine, actor) == seen
    assert asked(engine, actor, experimenter_id=actor.id) == own
    with system_session(engine, "count again") as session:
        assert (days_behind(session), count_days(session)) == (0, 0)
        session.add(Event(experimenter_id=actor.id))
    later = asked(engine, actor)
    assert sum(later.values()) == sum(seen.values()) + 1


def test_days_on_which_nothing_happened_are_counted_once(engine: Engine) -> None:
    with system_session(engine, "an old event") as session:
        session.add(Event(time=datetime.now(UTC) - timedelta(days=30)))
    with system_session(engine, "count") as session:
        assert count_days(session) > 20
    with system_session(engine, "count later") as session:
        assert count_days(session) == 0
        assert count_days(session, now=datetime.now(UTC) + timedelta(days=5)) == 5
