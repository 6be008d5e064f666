"""The history of a busy institute: one object's history, the first page of the log and the calendar, beside hand-written SQL.

    python benchmarks/bench_history.py [--events 10000000] [--repeats 7] [--url postgresql://...] [--json history.json]

A year of events of 300 people in 40 groups is written with plain SQL into a new SQLite database, and into the database at
``--url`` (which must be new and empty) where one is given. The limit is SQL written by hand for the same rows, in the
same run; runs are interleaved and medians compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from micrarium.model import Experimenter, ExperimenterGroup, GroupExperimenterMap, Image
from micrarium.model.database import open_engine, upgrade_schema
from micrarium.permissions import Actor, find_by, get_visible, load_actor, open_session, system_session
from micrarium.permissions.calendar import count_days, events_by_day
from micrarium.permissions.history import page_of_history
from micrarium.permissions.journal import EventFilter, page_of_events
from micrarium.permissions.recording import OF_GROUP

PEOPLE, GROUPS, IMAGES, PER_PERSON = 300, 40, 20_000, 3
YEAR_S = 365 * 24 * 3600
_PORTION = 500_000
#: One of so many events changes things of two groups.
_FEW_TIMES = 1000


def make_world(engine: Engine, events: int) -> None:
    """People, groups, images, and a year of events, each of which renames an image or puts a tag on it."""
    upgrade_schema(engine)
    with system_session(engine, "people of a benchmark") as session:
        groups = [ExperimenterGroup(name=f"g{i}", level="private" if i % 3 == 0 else "read-annotate") for i in range(GROUPS)]
        people = [Experimenter(ome_name=f"p{i}", is_admin=i == 0) for i in range(PEOPLE)]
        session.add_all([*groups, *people])
        session.flush()
        maps = [(groups[(i + 7 * k) % GROUPS].id, p.id) for i, p in enumerate(people) for k in range(PER_PERSON)]
        session.add_all([GroupExperimenterMap(parent_id=group, child_id=person) for group, person in maps])
        session.flush()
        first = {"person": people[0].id, "group_": groups[0].id}
    begin = datetime.now(UTC) - timedelta(seconds=YEAR_S)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        for table in ("event", "event_log"):
            first[table] = connection.execute(text(f"SELECT max(id) FROM {table}")).scalar_one() + 1
        images = _series(is_sqlite) + ("SELECT i + 1, 1, 'i' || i, 0, :person + i % :p, :group_ + i % :p % :g, 1, 1 FROM s")
        columns = "id, version, name, series, owner_id, group_id, creation_event_id, update_event_id"
        places = {"a": 0, "b": IMAGES - 1, "p": PEOPLE, "g": GROUPS, "person": first["person"], "group_": first["group_"]}
        connection.execute(text(f"INSERT INTO image ({columns}) {images}"), places)
        tag = "INSERT INTO annotation (id, version, type, owner_id, group_id, creation_event_id, update_event_id) "
        whose = {name: places[name] for name in ("person", "group_")}
        connection.execute(text(tag + "VALUES (1, 1, 'TagAnnotation', :person, :group_, 1, 1)"), whose)
        columns = "id, version, parent_id, child_id, owner_id, group_id, creation_event_id, update_event_id"
        links = _series(is_sqlite) + "SELECT i + 1, 1, i + 1, 1, :person + i % :p, :group_ + i % :p % :g, 1, 1 FROM s"
        connection.execute(text(f"INSERT INTO image_annotation_link ({columns}) {links}"), places)
    for start in range(0, events, _PORTION):
        given: dict[str, Any] = first | {"a": start, "b": min(start + _PORTION, events) - 1, "n": events, "begin": begin}
        with engine.begin() as connection:
            for statement in _statements(is_sqlite):
                connection.execute(text(statement), {k: v for k, v in given.items() if f":{k}" in statement})
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _series(is_sqlite: bool) -> str:
    """The beginning of a statement that has the numbers from a to b as ``i`` of ``s``."""
    if is_sqlite:
        return "WITH RECURSIVE s(i) AS (SELECT :a UNION ALL SELECT i + 1 FROM s WHERE i < :b) "
    return "WITH s(i) AS (SELECT generate_series(CAST(:a AS bigint), CAST(:b AS bigint))) "


def _statements(is_sqlite: bool) -> list[str]:
    """The inserts of one portion. Whose, where and what are spread by multiplying with primes."""
    series = _series(is_sqlite)
    if is_sqlite:
        moment = f"strftime('%Y-%m-%d %H:%M:%S', :begin, '+' || (i * {YEAR_S} / :n) || ' seconds') || '.000000'"
    else:
        moment = f"CAST(:begin AS timestamptz) + (i * {YEAR_S} / CAST(:n AS bigint)) * interval '1 second'"
    # Everybody works in their groups in turn.
    person, place = f":person + (i * 7919 % {PEOPLE})", f"((i * 7919 % {PEOPLE}) + 7 * (i * 31 % {PER_PERSON})) % {GROUPS}"
    group = f":group_ + {place}"
    # One of the images of that group.
    turns = PEOPLE // GROUPS
    image = f"{place} + {GROUPS} * (i * 31 % {turns}) + {PEOPLE} * (i * 15485863 % {IMAGES // PEOPLE}) + 1"
    is_link = "i % 3 = 0"
    cast = "" if is_sqlite else "::jsonb"
    return [
        f"INSERT INTO event (id, version, time, type, reason, experimenter_id, group_id, client) {series}"
        f"SELECT :event + i, 1, {moment}, 'User', CASE WHEN i % 1000 = 0 THEN 'wrong stain ' || i END, "
        f"{person}, {group}, 'web' FROM s",
        f"INSERT INTO event_log (id, event_id, action, entity_type, entity_id, old_values, new_values) {series}"
        f"SELECT :event_log + i, :event + i, CASE WHEN {is_link} THEN 'INSERT' ELSE 'UPDATE' END, "
        f"CASE WHEN {is_link} THEN 'ImageAnnotationLink' ELSE 'Image' END, {image}, "
        f"""'{{"name": "a"}}'{cast}, '{{"name": "b"}}'{cast} FROM s""",
        f"INSERT INTO event_subject (entity_type, entity_id, event_id, log_id) {series}"
        f"SELECT 'Image', {image}, :event + i, :event_log + i FROM s WHERE {is_link}",
        # A few events change things of a second group.
        f"INSERT INTO event_subject (entity_type, entity_id, event_id, log_id) {series}"
        f"SELECT '{OF_GROUP}', :group_ + i / {_FEW_TIMES} % {GROUPS}, :event + i, :event_log + i FROM s WHERE i % {_FEW_TIMES} = 0",
    ]


def measure(engine: Engine, repeats: int) -> dict[str, Any]:
    """Medians in milliseconds of what people ask for and of the same by hand, and how the first is to the second."""
    began = time.perf_counter()
    with system_session(engine, "count days") as session:
        counted = count_days(session)
    result: dict[str, Any] = {"counting_days_s": round(time.perf_counter() - began, 2), "days_counted": counted}
    with system_session(engine, "load people", is_reading=True) as session:
        admin, member = (load_actor(session, find_by(session, Experimenter, ome_name=name).id) for name in ("p0", "p9"))  # type: ignore[union-attr]
    image_id, group_id = 1, member.open_groups[0]
    today = datetime.now(UTC).date()
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)

    def month_ours(actor: Actor) -> Any:
        return _calendar(engine, actor, month)

    def month_sql(actor: Actor) -> Any:
        return _calendar_sql(engine, actor, month)

    for name, actor, ours, by_hand in (
        ("history of an image", admin, lambda a: _history(engine, a, image_id), lambda _: _history_sql(engine, image_id)),
        ("first page of the log, member", member, lambda a: _log(engine, a), lambda a: _log_sql(engine, a)),
        ("first page of the log, administrator", admin, lambda a: _log(engine, a), lambda a: _log_sql(engine, a)),
        ("first page of a group, member", member, lambda a: _log(engine, a, a.open_groups[0]), lambda a: _group_sql(engine, a)),
        ("first page of a group, administrator", admin, lambda a: _log(engine, a, group_id), lambda _: _group_sql(engine, member)),
        ("calendar of a month, member", member, lambda a: _calendar(engine, a, month), lambda a: _calendar_sql(engine, a, month)),
        (
            "calendar of a month, administrator",
            admin,
            lambda a: _calendar(engine, a, month),
            lambda a: _calendar_sql(engine, a, month),
        ),
    ):
        result[name] = _compare(partial(ours, actor), partial(by_hand, actor), repeats)
    return result


def _compare(ours: Callable[[], Any], by_hand: Callable[[], Any], repeats: int) -> dict[str, float]:
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(repeats + 1):
        for kept, run in zip(times, (ours, by_hand), strict=True):
            began = time.perf_counter()
            assert run(), "there is something to find"
            if turn:  # the first of each warms up
                kept.append((time.perf_counter() - began) * 1000)
    mine, theirs = (statistics.median(kept) for kept in times)
    return {"ours_ms": round(mine, 2), "by_hand_ms": round(theirs, 2), "ratio": round(mine / theirs, 2)}


def _history(engine: Engine, actor: Actor, image_id: int) -> Any:
    with open_session(engine, actor, is_reading=True) as session:
        return page_of_history(session, get_visible(session, Image, image_id), limit=50)["items"]


def _log(engine: Engine, actor: Actor, group_id: int | None = None) -> Any:
    with open_session(engine, actor, is_reading=True) as session:
        return page_of_events(session, EventFilter(group_id=group_id), limit=50)[0]


def _calendar(engine: Engine, actor: Actor, month: date) -> Any:
    with open_session(engine, actor, is_reading=True) as session:
        return events_by_day(session, since=month, until=_next_month(month))


def _ask(engine: Engine, statement: str, **given: Any) -> Any:
    with engine.connect().execution_options(micrarium_reading=True) as connection:
        return connection.execute(text(statement), given).all()


def _history_sql(engine: Engine, image_id: int) -> Any:
    return _ask(
        engine,
        "SELECT l.*, e.time, e.reason, x.ome_name FROM (SELECT id FROM event_log WHERE entity_type = 'Image' AND entity_id = :i "
        "UNION SELECT log_id FROM event_subject WHERE entity_type = 'Image' AND entity_id = :i) s JOIN event_log l ON l.id = s.id "
        "JOIN event e ON e.id = l.event_id LEFT JOIN experimenter x ON x.id = e.experimenter_id ORDER BY l.event_id DESC LIMIT 50",
        i=image_id,
    )


def _seen(actor: Actor) -> str:
    groups = ", ".join(map(str, actor.open_groups))
    return "1 = 1" if actor.is_admin else f"(experimenter_id = {actor.id} OR group_id IN ({groups}))"


def _log_sql(engine: Engine, actor: Actor) -> Any:
    return _ask(
        engine,
        f"SELECT e.*, x.ome_name, l.* FROM (SELECT * FROM event WHERE {_seen(actor)} ORDER BY time DESC, id DESC LIMIT 50) e "
        "LEFT JOIN experimenter x ON x.id = e.experimenter_id JOIN event_log l ON l.event_id = e.id",
    )


def _group_sql(engine: Engine, actor: Actor) -> Any:
    group = actor.open_groups[0]
    return _ask(
        engine,
        "SELECT e.*, x.ome_name, l.* FROM (SELECT * FROM (SELECT * FROM event WHERE group_id = :g ORDER BY time DESC, id DESC "
        "LIMIT 50) a UNION SELECT * FROM (SELECT * FROM event WHERE id IN (SELECT event_id FROM event_subject WHERE "
        "entity_type = :t AND entity_id = :g ORDER BY event_id DESC LIMIT 50)) b ORDER BY time DESC, id DESC LIMIT 50) e "
        "LEFT JOIN experimenter x ON x.id = e.experimenter_id JOIN event_log l ON l.event_id = e.id",
        g=group,
        t=OF_GROUP,
    )


def _calendar_sql(engine: Engine, actor: Actor, month: date) -> Any:
    day = "substr(time, 1, 10)" if engine.dialect.name == "sqlite" else "CAST(time AT TIME ZONE 'UTC' AS date)"
    where = f"time >= '{month} 00:00:00' AND time < '{_next_month(month)} 00:00:00' AND {_seen(actor)}"
    return _ask(engine, f"SELECT {day}, count(*) FROM event WHERE {where} GROUP BY 1")


def _next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def main() -> None:
    """Run, print, and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--url", help="a new, empty PostgreSQL database to measure besides")
    parser.add_argument("--json", type=Path, default=Path("history.json"))
    options = parser.parse_args()
    if options.events < 100_000:
        parser.error("--events is at least 100000, so that every image has a history")
    results: dict[str, Any] = {"events": options.events}
    with tempfile.TemporaryDirectory(prefix="history-") as folder:
        for url in [f"sqlite:///{folder}/history.db", *([options.url] if options.url else [])]:
            engine = open_engine(url)
            began = time.perf_counter()
            make_world(engine, options.events)
            made = round(time.perf_counter() - began, 1)
            results[engine.dialect.name] = found = {"making_s": made, **measure(engine, options.repeats)}
            engine.dispose()
            how = f"made in {made} s, days counted in {found['counting_days_s']} s"
            print(f"== {engine.dialect.name}, {options.events:,} events {how}")
            for name, numbers in found.items():
                if isinstance(numbers, dict):
                    ours, by_hand, ratio = (numbers[key] for key in ("ours_ms", "by_hand_ms", "ratio"))
                    print(f"{name:38} {ours:10.2f} ms, by hand {by_hand:10.2f} ms, ratio {ratio:6.2f}")
    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
