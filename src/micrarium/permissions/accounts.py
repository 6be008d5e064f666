"""What a flush must leave of accounts and groups, seen as a whole: whom nobody could replace, whom one could take for another,
and what others refer to.

One change at a time could pass where several together, or those of two people at once, must not. Whoever asks waits on
PostgreSQL for the others who ask; SQLite has one writer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, inspect, select, update

from micrarium.errors import Conflict
from micrarium.model import Base, Event, Experimenter, ExperimenterGroup, GroupExperimenterMap
from micrarium.permissions.recording import values_before
from micrarium.permissions.sessions import ActorSession, dialect_of
from micrarium.permissions.visibility import class_of
from micrarium.permissions.wholes import UNHELD, is_new

#: The number of the lock that changes of accounts take on PostgreSQL, held to the end of the transaction.
_LOCK = 0x6D696372
#: What to do instead of removing an account or a group that is referred to.
_INSTEAD = {
    Experimenter: "switch the account off instead (is_active: false)",
    ExperimenterGroup: "end its memberships and move its data to another group first, or keep it without members",
}
#: So many sorts of what refers to an account or a group are named.
_NAMED = 4


def check_accounts(session: ActorSession, new: Sequence[Any], dirty: Sequence[Any], deleted: Sequence[Any]) -> None:
    """Nothing where all that a flush does to accounts and groups may be, taken together; else ``Conflict``."""
    check_logins(session, [obj for obj in (*new, *dirty) if isinstance(obj, Experimenter)])
    if session.actor is not None:
        check_last_administrator(session, [*new, *dirty], deleted)
    for obj in deleted:
        if isinstance(obj, (Experimenter, ExperimenterGroup)):
            _check_unreferred(session, obj, deleted)


def check_logins(session: ActorSession, people: Iterable[Experimenter]) -> None:
    """Nothing where no login of these accounts, new or renamed, differs from another one in case only; else ``Conflict``.

    Those that were there before this was asked keep working, as long as they keep their names.
    """
    named = [person for person in people if is_new(person) or "ome_name" in values_before(person)]
    if not named:
        return
    _wait_for_others(session)
    # Compared here: SQLite folds the case of ASCII only. Accounts are few, and seldom made.
    there = session.execute(select(Experimenter.id, Experimenter.ome_name), execution_options=UNHELD).all()
    names = {row.id: row.ome_name for row in there} | {person.id or -n: person.ome_name for n, person in enumerate(named, 1)}
    for n, person in enumerate(named, 1):
        own = fold_login(person.ome_name)
        for other, name in names.items():
            if other != (person.id or -n) and name != person.ome_name and fold_login(name) == own:
                told = f"There is an account {name!r} already, and {person.ome_name!r} differs from it in case only; choose another"
                raise Conflict(told, field="ome_name")


def fold_login(name: str | None) -> str:
    """A login as it is compared with others: without its case."""
    return (name or "").casefold()


def check_last_administrator(session: ActorSession, changed: Sequence[Any], deleted: Sequence[Any]) -> None:
    """Nothing while somebody is left who may do everything, else ``Conflict``: nobody could ever be one again."""
    people = [obj for obj in changed if isinstance(obj, Experimenter)]
    gone = [obj for obj in deleted if isinstance(obj, Experimenter)]
    losing = [obj for obj in (*people, *gone) if _was_full(obj) and (obj in gone or not _is_full(obj))]
    if not losing or any(_is_full(obj) and not _was_full(obj) for obj in people):
        return
    _wait_for_others(session)
    columns = select(Experimenter.id, Experimenter.privileges).where(Experimenter.is_admin, Experimenter.is_active)
    rows = session.execute(columns, execution_options=UNHELD).all()
    if {row.id for row in rows if row.privileges is None} <= {obj.id for obj in losing}:
        who = " and ".join(map(str, losing))
        told = "is the last administrator" if len(losing) == 1 else "are the last administrators"
        raise Conflict(f"{who} {told} who may do everything; make another one first")


def _was_full(obj: Experimenter) -> bool:
    """Whether an account could do everything before the flush."""
    before = {} if is_new(obj) else values_before(obj)
    is_admin, is_active = before.get("is_admin", obj.is_admin), before.get("is_active", obj.is_active)
    return not is_new(obj) and bool(is_admin and is_active) and before.get("privileges", obj.privileges) is None


def _is_full(obj: Experimenter) -> bool:
    # An account that is new is active unless it says otherwise.
    return bool(obj.is_admin) and obj.is_active is not False and obj.privileges is None


def _wait_for_others(session: ActorSession) -> None:
    """Go on when nobody else is changing accounts; what they changed is seen then."""
    if dialect_of(session) == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)), execution_options=UNHELD)


def _check_unreferred(session: ActorSession, obj: Experimenter | ExperimenterGroup, deleted: Sequence[Any]) -> None:
    """Nothing for an account or a group that nothing refers to but what goes with it, else ``Conflict`` with what does.

    What happened in a group stays in the history, filed under none.
    """
    found: Counter[str] = Counter()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if not any(key.column.table.name == obj.__tablename__ for key in column.foreign_keys):
                continue
            entity: Any = class_of(table)
            if entity is Event and isinstance(obj, ExperimenterGroup):
                continue  # it is only filed there
            name = inspect(entity).get_property_by_column(column).key
            attribute = getattr(entity, name)
            number = session.scalar(select(func.count()).select_from(entity).where(attribute == obj.id), execution_options=UNHELD)
            going = sum(isinstance(one, entity) and getattr(one, name) == obj.id for one in deleted)
            found[_word_for(entity)] += (number or 0) - going
    if told := [f"{word}: {number}" for word, number in found.most_common() if number > 0]:
        more = [f"{len(told) - _NAMED} more kinds"] if len(told) > _NAMED else []
        what = ", ".join([*told[:_NAMED], *more])
        raise Conflict(f"{obj} cannot be removed, as others refer to it ({what}); {_INSTEAD[type(obj)]}")
    if isinstance(obj, ExperimenterGroup):
        unfiled = update(Event).where(Event.group_id == obj.id).values(group_id=None)
        session.execute(unfiled.execution_options(synchronize_session=False), execution_options=UNHELD)


def _word_for(entity: type[Any]) -> str:
    if entity is GroupExperimenterMap:
        return "memberships"
    words = entity.__tablename__.replace("_", " ")
    return words if words.endswith("s") else f"{words[:-1]}ies" if words.endswith(("ty", "ry")) else f"{words}s"
