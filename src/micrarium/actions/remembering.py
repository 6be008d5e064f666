"""What happened: the log of events, one event with its changes, the history of an object, and how much happened on each day."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Engine

from micrarium.errors import InvalidInput, NotFound
from micrarium.model import Entity, Experimenter, Owned, in_utc
from micrarium.model.schema import entity_by_plural, entity_by_singular
from micrarium.permissions import ActorSession, find_binned, find_by, get_visible, system_session
from micrarium.permissions.calendar import count_days, days_behind, events_by_day
from micrarium.permissions.history import logs_of_event, page_of_history
from micrarium.permissions.journal import EventFilter, page_of_events, show_event
from micrarium.permissions.past import find_event

FIRST_YEAR, LAST_YEAR = 1970, 9998
MOST_AT_ONCE = 1000


def list_events(
    session: ActorSession, asked: Mapping[str, str | None], *, limit: int, cursor: str | None, fields: Sequence[str] = ()
) -> dict[str, Any]:
    """One page of the events the actor may see, newest first: ``{"items", "next", "names"}``.

    ``asked`` may hold ``by`` (an id or a user name), ``group_id`` (of what was changed), ``kind`` (``image``), ``object``
    (``image:12``), ``since`` and ``until`` (days or moments), ``reason`` (words of it) and ``client``. Of few ``fields``, the
    ids come besides.
    """
    after = None if cursor is None else _read_cursor(cursor)
    items, names, rest = page_of_events(session, _filter_of(session, asked), limit=limit, after=after)
    following = None if rest is None else _write_cursor(*rest)
    if unknown := [name for name in fields if items and name not in items[0]]:
        raise InvalidInput(f"events have no field {unknown[0]!r}", field="fields")
    if fields:
        items = [{name: item[name] for name in ("id", *fields)} for item in items]
    return {"items": items, "next": following, "names": names}


def _filter_of(session: ActorSession, asked: Mapping[str, str | None]) -> EventFilter:
    given = {name: value for name, value in asked.items() if value not in (None, "")}
    return EventFilter(
        experimenter_id=_person_of(session, given.get("by")),
        group_id=_number(given.get("group_id"), "group_id"),
        entity=_class_of(given.get("kind")),
        obj=_object_of(session, given.get("object")),
        since=read_moment(given.get("since"), "since"),
        until=read_moment(given.get("until"), "until", is_end=True),
        reason=given.get("reason"),
        client=given.get("client"),
    )


def show_changes(session: ActorSession, event_id: int, *, limit: int = 200, cursor: int = 0) -> dict[str, Any]:
    """One event with ``changes`` of the objects the actor may see, in order, ``names`` of what stands in them, and ``next``."""
    find_event(session, event_id)
    changes, names, following = logs_of_event(session, event_id, limit=limit, after=cursor)
    told = show_event(session, event_id)
    return told | {"changes": changes, "names": names, "next": None if following is None else str(following)}


def show_history(session: ActorSession, entity: type[Entity], object_id: int, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """One page of what happened to an object, to its links, its parts and its annotations, newest first."""
    return page_of_history(session, get_visible(session, entity, object_id), limit=limit, cursor=cursor)


def show_calendar(session: ActorSession, year: int, *, by: str | None = None, group_id: int | None = None) -> dict[str, Any]:
    """How many events the actor may see there were on each day (UTC) of a year: ``{"year", "days": {day: count}, "total"}``."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidInput(f"year is from {FIRST_YEAR} to {LAST_YEAR}", field="year")
    who = _person_of(session, by)
    counted = events_by_day(session, since=date(year, 1, 1), until=date(year + 1, 1, 1), experimenter_id=who, group_id=group_id)
    days = {day.isoformat(): counted[day] for day in sorted(counted)}
    return {"year": year, "days": days, "total": sum(days.values())}


def count_past_days(engine: Engine) -> int:
    """How many days that are over were counted for the calendar now; it counts those that were not anew each time."""
    with system_session(engine, "count the events of past days", is_reading=True) as session:
        if not days_behind(session):
            return 0
    with system_session(engine, "count the events of past days") as session:
        return count_days(session)


def read_moment(text: str | None, name: str, *, is_end: bool = False) -> datetime | None:
    """The moment that a day or a time stands for, UTC where no zone is given; for an end, a day is meant to its end."""
    if text is None:
        return None
    try:
        if len(text) == 10:
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return day + timedelta(days=1) if is_end else day
        return in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise InvalidInput(f"{name} is a day such as 2026-03-01 or a time of ISO 8601, not {text!r}", field=name) from None


def _person_of(session: ActorSession, text: str | None) -> int | None:
    if text is None:
        return None
    if (number := _as_number(text)) is not None:
        return number
    found = find_by(session, Experimenter, ome_name=text)
    if found is None:
        raise NotFound(f"There is no user {text!r}", field="by")
    return found.id


def _class_of(text: str | None) -> type[Entity] | None:
    if text is None:
        return None
    found = entity_by_singular().get(text) or entity_by_plural().get(text)
    if found is None:
        raise InvalidInput(f"There is no kind {text!r}; write it as in image:12", field="kind")
    return found


def _object_of(session: ActorSession, text: str | None) -> Entity | None:
    if text is None:
        return None
    kind, _, number = text.partition(":")
    entity, object_id = entity_by_singular().get(kind), _as_number(number)
    if entity is None or object_id is None:
        raise InvalidInput(f"{text!r} names no object; write its kind and number, such as image:12", field="object")
    try:
        return get_visible(session, entity, object_id)
    except NotFound:
        if not issubclass(entity, Owned):
            raise
        return _in_bin(session, entity, object_id)


def _in_bin(session: ActorSession, entity: type[Owned], object_id: int) -> Entity:
    try:
        return find_binned(session, entity, object_id, doing="look into the history of")
    except NotFound:
        raise NotFound(f"There is no {entity.singular()}:{object_id}", field="object") from None


def _as_number(text: str) -> int | None:
    """The number that a text is, where it is one that an id can be."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _number(text: str | None, name: str) -> int | None:
    if text is not None and _as_number(text) is None:
        raise InvalidInput(f"{name} takes a whole number, not {text!r}", field=name)
    return None if text is None else _as_number(text)


def _write_cursor(moment: datetime, event_id: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([moment, event_id])).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        moment, event_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if type(event_id) is not int or not 0 <= event_id < 2**63:
            raise ValueError
        return datetime.fromisoformat(moment).astimezone(UTC), event_id
    except (ValueError, TypeError, OverflowError):
        raise InvalidInput("This cursor was not given by an earlier page", field="cursor") from None
