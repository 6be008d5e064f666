"""What a session writes is what the tables allow: every attempt is made, and compared with the oracle."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from tests.permissions.oracle import ACTIONS, has, is_in, live_links, may, sees
from tests.permissions.worlds import KINDS, Thing, World, actor_of, build, worlds

from micrarium import model
from micrarium.errors import Conflict, InvalidInput, NotAllowed, NotFound
from micrarium.model import ANNOTATION_LINKS, Base
from micrarium.permissions import ActorSession, bin_event, open_session, put_into_bin, require

NUMBERS = itertools.count(100_000)
CLASSES: dict[str, type[Any]] = {m.class_.__name__: m.class_ for m in Base.registry.mappers}
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
RANDOM = settings(
    max_examples=12, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
NAMED = ("Project", "Dataset", "Image", "Plate")


@dataclass(frozen=True)
class Attempt:
    """One change, and whether it should be let through. ``make`` is given the session of whoever tries."""

    told: str
    is_allowed: bool
    make: Callable[[ActorSession], None]


@RANDOM
@given(drawn=worlds(), data=st.data())
def test_what_is_written_is_what_the_oracle_allows(engine: Engine, drawn: World, data: st.DataObject) -> None:
    world = build(engine, drawn, next(NUMBERS))
    for person in range(len(world.people)):
        actor = actor_of(engine, world, person)
        attempts = [a for a in all_attempts(world, person) if data.draw(st.integers(0, 2)) == 0]
        for attempt in attempts:
            with ActorSession(engine, actor=actor) as session:
                assert is_let_through(session, attempt) == attempt.is_allowed, (person, attempt.told)


def is_let_through(session: ActorSession, attempt: Attempt) -> bool:
    """Whether a change passes; it is undone either way."""
    try:
        attempt.make(session)
        session.flush()
    except (NotAllowed, NotFound, InvalidInput, Conflict):
        return False
    finally:
        session.rollback()
    return True


@RANDOM
@given(drawn=worlds())
def test_what_is_required_is_what_the_oracle_allows(engine: Engine, drawn: World) -> None:
    world = build(engine, drawn, next(NUMBERS))
    for person in range(len(world.people)):
        with open_session(engine, actor_of(engine, world, person), is_reading=True) as session:
            for thing in world.things:
                for name, object_id in thing.ids.items():
                    obj = session.get(CLASSES[name], object_id)
                    for action in ACTIONS if obj is not None else ():
                        expected = may(world, person, action, thing)
                        assert is_allowed(session, action, obj) == expected, (person, action, name)


def is_allowed(session: ActorSession, action: str, obj: Any) -> bool:
    try:
        require(session, action, obj)
    except (NotAllowed, NotFound):
        return False
    return True


def all_attempts(world: World, person: int) -> list[Attempt]:
    """Every change that somebody could try in a world."""
    found = [*creations(world, person)]
    for thing in world.things:
        found += [*changes_of(world, person, thing), *changes_of_parts(world, person, thing)]
    return [*found, *linkings(world, person), *moves_of_parts(world, person)]


def can(world: World, person: int, action: str, thing: Thing) -> bool:
    return sees(world, person, thing) and may(world, person, action, thing)


def setting(entity: str, object_id: int, **values: Any) -> Callable[[ActorSession], None]:
    """A change of columns of an object, made as one who does not see it would try to."""

    def make(session: ActorSession) -> None:
        obj = session.get(CLASSES[entity], object_id)
        if obj is None:
            raise NotFound(entity)
        for name, value in values.items():
            setattr(obj, name, value)

    return make


def adding(cls: Any, **values: Any) -> Callable[[ActorSession], None]:
    return lambda session: session.add(cls(**values))


def creations(world: World, person: int) -> list[Attempt]:
    found = []
    me = world.person_ids[person]
    for group, group_id in enumerate(world.group_ids):
        mine = is_in(world, person, group)
        found.append(Attempt(f"make in {group}", mine, adding(model.Project, name="x", group_id=group_id)))
        for other in world.person_ids:
            allowed = mine and (other == me or has(world, person, "WriteOwned"))
            told = f"make in {group} for {other}"
            found.append(Attempt(told, allowed, adding(model.Dataset, name="x", group_id=group_id, owner_id=other)))
    return found


def changes_of(world: World, person: int, thing: Thing) -> list[Attempt]:
    found, told = [], f"{thing.kind} {world.things.index(thing)}"
    if thing.kind in NAMED:
        found.append(Attempt(f"rename {told}", can(world, person, "edit", thing), setting(thing.kind, thing.id, name="new")))
    if "Link" in thing.kind:
        found.append(Attempt(f"delete {told}", can(world, person, "delete", thing), deleting(thing)))
    else:
        found.append(Attempt(f"bin {told}", can(world, person, "delete", thing), binning(thing)))
        found.append(Attempt(f"bin {told} bare", can(world, person, "delete", thing), binning(thing, is_bare=True)))
    for group, group_id in enumerate(world.group_ids):
        if group != thing.group:
            leaves = any(world.things[i].group != group for i in thing.refers)
            leaves = leaves or any(other.group != group for other in live_links(world, thing))
            leaves = leaves or (thing.kind == "Plate" and not leaves and carried_elsewhere(world, thing, group))
            allowed = can(world, person, "chgrp", thing) and is_in(world, person, group, privilege="Chgrp") and not leaves
            if not thing.refers:
                found.append(Attempt(f"move {told} to {group}", allowed, setting(thing.kind, thing.id, group_id=group_id)))
    for other, other_id in enumerate(world.person_ids):
        if other != thing.owner and "Link" not in thing.kind:
            allowed = can(world, person, "chown", thing) and (other, thing.group) in world.members
            found.append(Attempt(f"give {told} to {other}", allowed, setting(thing.kind, thing.id, owner_id=other_id)))
    return found


def carried_elsewhere(world: World, plate: Thing, group: int) -> bool:
    image = world.things[plate.refers[0]]
    return not image.is_binned and image.group != group


def deleting(thing: Thing) -> Callable[[ActorSession], None]:
    def make(session: ActorSession) -> None:
        obj = session.get(CLASSES[thing.kind], thing.id)
        if obj is None:
            raise NotFound(thing.kind)
        session.delete(obj)

    return make


def binning(thing: Thing, *, is_bare: bool = False) -> Callable[[ActorSession], None]:
    def make(session: ActorSession) -> None:
        obj = session.get(CLASSES[thing.kind], thing.id)
        if obj is None:
            raise NotFound(thing.kind)
        if is_bare:
            obj.deleted_event_id = bin_event(session)
        else:
            put_into_bin(session, [obj])

    return make


#: Parts with a column to change, by the class.
PART_CHANGES: dict[str, dict[str, Any]] = {
    "Point": {"text_value": "new"},
    "Well": {"type": "control"},
    "Channel": {"color": "FF0000"},
    "LogicalChannel": {"name": "GFP"},
    "MapEntry": {"value": "new"},
    "ChannelBinding": {"active": False},
    "StatsInfo": {"global_max": 7.0},
}


def changes_of_parts(world: World, person: int, thing: Thing) -> list[Attempt]:
    allowed = can(world, person, "edit", thing)
    return [
        Attempt(f"change {name} of {thing.kind} {world.things.index(thing)}", allowed, setting(name, thing.ids[name], **values))
        for name, values in PART_CHANGES.items()
        if name in thing.ids
    ]


def linkings(world: World, person: int) -> list[Attempt]:
    """Links of every kind between every two objects, regions of interest on every image, fields in every well."""
    found = []
    for kind, (first, second) in {k: r for k, r in KINDS.items() if len(r) == 2}.items():
        cls: Any = CLASSES.get(kind) or next(c for c in ANNOTATION_LINKS.values() if c.__name__ == kind)
        for parent, child in itertools.product(world.of_kind(first), world.of_kind(second)):
            places = (world.things.index(parent), world.things.index(child))
            if any(t.kind == kind and t.refers == places and not t.is_binned for t in world.things):
                continue
            values = {"parent_id": parent.ids[cls.__parent__.__name__], "child_id": child.id}
            found.append(Attempt(f"{kind} {places}", can_link(world, person, kind, parent, child), adding(cls, **values)))
    for image in world.of_kind("Image"):
        allowed = can(world, person, "annotate", image) and is_in(world, person, image.group)
        found.append(Attempt(f"roi on {world.things.index(image)}", allowed, adding(model.Roi, image_id=image.id)))
        for plate in world.of_kind("Plate"):
            fits = can(world, person, "edit", plate) and can(world, person, "link", image) and plate.group == image.group
            values = {"well_id": plate.ids["Well"], "image_id": image.id}
            found.append(Attempt(f"field in {world.things.index(plate)}", fits, adding(model.WellSample, **values)))
    return found


def can_link(world: World, person: int, kind: str, parent: Thing, child: Thing) -> bool:
    needed = ("annotate", "view") if "Annotation" in kind else ("link", "link")
    fits = parent.group == child.group and is_in(world, person, parent.group)
    return fits and can(world, person, needed[0], parent) and can(world, person, needed[1], child)


def moves_of_parts(world: World, person: int) -> list[Attempt]:
    """Taking a shape out of one region of interest into another; sharing somebody's logical channel."""
    found = []
    for one, other in itertools.permutations(world.of_kind("Roi"), 2):
        allowed = can(world, person, "edit", one) and can(world, person, "edit", other) and one.group == other.group
        if one.group == other.group:
            found.append(Attempt("take a shape", allowed, setting("Point", one.ids["Point"], roi_id=other.id)))
    for one, other in itertools.permutations(world.of_kind("Image"), 2):
        allowed = can(world, person, "edit", one) and can(world, person, "edit", other) and one.group == other.group
        values = {"logical_channel_id": other.ids["LogicalChannel"]}
        found.append(Attempt("share a logical channel", allowed, setting("Channel", one.ids["Channel"], **values)))
    return found
