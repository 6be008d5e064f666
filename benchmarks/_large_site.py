"""A large site made by plain SQL: images in datasets of 1,000, key-values and tags on each, people in groups.

Everything grows with the number of images, so that what one person sees is as much on a small site as on a large one:
1,000,000 images are of 1,000 people in 200 groups. Nothing is indexed for the search.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, text

from micrarium.actions.signing_in import make_token
from micrarium.model import CLIENT_NAMESPACE, Experimenter, ExperimenterGroup, GroupExperimenterMap
from micrarium.permissions import load_actor, open_session, system_session

IN_DATASET, IN_GROUP, PEOPLE_PER_GROUP, GROUPS_PER_PERSON = 1000, 5000, 5, 3
PAIRS, TAGS_OF_GROUP = 10, 20
_PORTION = 100_000
_FILLED = ("image", "annotation", "map_entry", "image_annotation_link", "dataset_image_link")


@dataclass(frozen=True, slots=True)
class LargeSite:
    """What is measured on: a member with a token, their groups, and a dataset of theirs with an image in it."""

    member_id: int
    token: str
    open_groups: tuple[int, ...]
    close_groups: tuple[int, ...]
    dataset_id: int
    image_id: int


def make_site(engine: Engine, images: int) -> LargeSite:
    """Fill a new site whose first account is there already."""
    groups = images // IN_GROUP
    firsts = _make_people(engine, groups)
    with engine.connect().execution_options(micrarium_reading=True) as connection:
        firsts["event"] = connection.execute(text("SELECT max(id) + 1 FROM event")).scalar_one()
    raw = engine.raw_connection()
    try:
        cursor, is_sqlite = raw.cursor(), engine.dialect.name == "sqlite"
        _hurry(cursor, is_sqlite=is_sqlite)
        indexes = _drop_indexes(cursor, is_sqlite=is_sqlite)
        for statement in _statements(images, groups, firsts, is_sqlite=is_sqlite):
            cursor.execute(statement)
        for statement in indexes:
            cursor.execute(statement)
        if not is_sqlite:
            cursor.execute("SELECT setval(pg_get_serial_sequence('event', 'id'), (SELECT max(id) FROM event))")
        raw.commit()
        cursor.execute("ANALYZE")
        raw.commit()
    finally:
        raw.close()
    engine.dispose()
    return _choose(engine, firsts["person"] + 1)


def _make_people(engine: Engine, groups: int) -> dict[str, int]:
    with system_session(engine, "people of a benchmark") as session:
        made = [ExperimenterGroup(name=f"g{i}", level="read-annotate" if i % 3 else "private") for i in range(groups)]
        people = [Experimenter(ome_name=f"p{i}") for i in range(groups * PEOPLE_PER_GROUP)]
        session.add_all([*made, *people])
        session.flush()
        places = [(made[(i + 7 * k) % groups].id, p.id) for i, p in enumerate(people) for k in range(GROUPS_PER_PERSON)]
        session.add_all([GroupExperimenterMap(parent_id=group, child_id=person) for group, person in places])
        session.flush()
        return {"person": people[0].id, "group": made[0].id}


def _hurry(cursor: Any, *, is_sqlite: bool) -> None:
    """Leave out what keeps data safe and whole: these are made up, and right."""
    if is_sqlite:
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute("BEGIN")
        return
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cursor.fetchone()[0]:
        cursor.execute("SET session_replication_role = replica")


def _drop_indexes(cursor: Any, *, is_sqlite: bool) -> list[str]:
    """Drop the indexes of the tables that are filled; the statements that make them again."""
    names = ", ".join(f"'{name}'" for name in _FILLED)
    if is_sqlite:
        cursor.execute(f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({names})")
    else:
        cursor.execute(
            f"SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename IN ({names}) "
            "AND indexname NOT LIKE 'pk%'"
        )
    found = [tuple(row) for row in cursor.fetchall()]
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    return [statement for _, statement in found]


def _series(start: int, end: int, *, is_sqlite: bool) -> str:
    """The beginning of a statement that has the numbers from ``start`` to before ``end`` as ``i`` of ``s``."""
    if is_sqlite:
        return f"WITH RECURSIVE s(i) AS (SELECT {start} UNION ALL SELECT i + 1 FROM s WHERE i < {end - 1}) "
    return f"WITH s(i) AS (SELECT generate_series(CAST({start} AS bigint), {end - 1})) "


def _statements(images: int, groups: int, firsts: dict[str, int], *, is_sqlite: bool) -> Iterator[str]:
    """The inserts, a portion of the images at a time. Every dataset was imported by one of its group, in one event."""
    datasets = images // IN_DATASET
    person, group, event = firsts["person"], firsts["group"], firsts["event"]
    group_of = f"{group} + {{0}} % {groups}"
    owner_of = f"{person} + {{0}} % {groups} + {groups} * ({{0}} / {groups} % {PEOPLE_PER_GROUP})"
    who = f"{owner_of}, {group_of}, {event} + {{0}}, {event} + {{0}}"
    owned = "owner_id, group_id, creation_event_id, update_event_id"
    d, of_dataset = f"(i / {IN_DATASET})", who.format("i")
    all_groups, all_datasets = (_series(0, count, is_sqlite=is_sqlite) for count in (groups, datasets))
    now = f"'{datetime.now(UTC):%Y-%m-%d %H:%M:%S}.000000'" if is_sqlite else "now()"
    yield f"""INSERT INTO event (id, version, time, type, experimenter_id, group_id) {all_datasets}
        SELECT {event} + i, 1, {now}, 'User', {owner_of.format("i")}, {group_of.format("i")} FROM s"""
    yield f"INSERT INTO project (id, version, name, {owned}) {all_groups} SELECT i + 1, 1, 'project ' || i, {of_dataset} FROM s"
    yield f"INSERT INTO dataset (id, version, name, {owned}) {all_datasets} SELECT i + 1, 1, 'dataset ' || i, {of_dataset} FROM s"
    yield f"""INSERT INTO project_dataset_link (id, version, parent_id, child_id, {owned}) {all_datasets}
        SELECT i + 1, 1, i % {groups} + 1, i + 1, {of_dataset} FROM s WHERE i < {4 * groups}"""
    tags = _series(0, groups * TAGS_OF_GROUP, is_sqlite=is_sqlite)
    yield f"""INSERT INTO annotation (id, version, type, text_value, {owned}) {tags}
        SELECT i + 1, 1, 'TagAnnotation', 'tag ' || i / {groups}, {who.format(f"(i % {groups})")} FROM s"""
    for start in range(0, images, _PORTION):
        series = _series(start, min(start + _PORTION, images), is_sqlite=is_sqlite)
        pairs = _series(start * PAIRS, min(start + _PORTION, images) * PAIRS, is_sqlite=is_sqlite)
        yield from _portion(series, pairs, owned, who.format(d), groups)


def _portion(series: str, pairs: str, owned: str, who: str, groups: int) -> Iterator[str]:
    pairs_from, d = groups * TAGS_OF_GROUP + 1, f"(i / {IN_DATASET})"
    links = f"INSERT INTO image_annotation_link (id, version, parent_id, child_id, {owned}) {series}"
    yield f"INSERT INTO image (id, version, name, series, {owned}) {series} SELECT i + 1, 1, 'image ' || i, 0, {who} FROM s"
    # The last of those that are in no project have a few images too few: these are in no dataset.
    yield f"""INSERT INTO dataset_image_link (id, version, parent_id, child_id, {owned}) {series}
        SELECT i + 1, 1, {d} + 1, i + 1, {who} FROM s WHERE {d} < {4 * groups} OR i % {IN_DATASET} < {IN_DATASET - 10}"""
    yield f"""INSERT INTO annotation (id, version, type, ns, {owned}) {series}
        SELECT {pairs_from} + i, 1, 'MapAnnotation', '{CLIENT_NAMESPACE}', {who} FROM s"""
    yield f"""INSERT INTO map_entry (id, version, annotation_id, position, name, value) {pairs}
        SELECT i + 1, 1, {pairs_from} + i / {PAIRS}, i % {PAIRS}, 'key ' || i % {PAIRS}, 'value ' || i * 7919 % 1009 FROM s"""
    yield f"{links} SELECT 3 * i + 1, 1, i + 1, {pairs_from} + i, {who} FROM s"
    for place, tag in ((2, f"i % {TAGS_OF_GROUP}"), (3, f"(i + 1 + i / {TAGS_OF_GROUP} % {TAGS_OF_GROUP - 1}) % {TAGS_OF_GROUP}")):
        yield f"{links} SELECT 3 * i + {place}, 1, i + 1, {groups} * ({tag}) + {d} % {groups} + 1, {who} FROM s"


def _choose(engine: Engine, member_id: int) -> LargeSite:
    with system_session(engine, "make a token for a benchmark") as session:
        actor = load_actor(session, member_id)
    with open_session(engine, actor) as session:
        _, token = make_token(session, name="benchmark", scope="write", expires_at=None)
    # The second dataset is the second person's.
    return LargeSite(member_id, token, actor.open_groups, actor.close_groups, 2, IN_DATASET + 7)
