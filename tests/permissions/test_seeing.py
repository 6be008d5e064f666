"""What an actor sees is what the tables say, by whatever way it is asked for."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, inspect, select
from sqlalchemy.orm import aliased, joinedload, selectinload
from tests.permissions.oracle import all_ids, sees, visible_ids
from tests.permissions.worlds import World, actor_of, build, worlds

from micrarium import model
from micrarium.errors import NotFound
from micrarium.model import ANNOTATION_LINKS, Base
from micrarium.model.schema import is_orphaned
from micrarium.permissions import ActorSession, open_session, visible

NUMBERS = itertools.count()
CLASSES: dict[str, type[Any]] = {m.class_.__name__: m.class_ for m in Base.registry.mappers}
#: Explaining failures traces every line, which takes longer than all the rest.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
RANDOM = settings(
    max_examples=12, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def seen(session: ActorSession, world: World, statement: Any, entity: str) -> set[int]:
    """The ids a statement gives, but for those of other worlds where an administrator sees them too."""
    ids = set(session.scalars(statement))
    return ids & all_ids(world, entity) if session.actor and session.actor.is_admin else ids


def check_ways(session: ActorSession, world: World, person: int) -> None:
    """Every way of asking for a class shows what the oracle shows."""
    actor = session.actor
    assert actor is not None
    for entity in sorted({name for thing in world.things for name in thing.ids}):
        cls, expected = CLASSES[entity], visible_ids(world, person, entity)
        other = aliased(cls)
        inner = select(cls.id).subquery()
        ways = {
            "visible": visible(cls, actor).with_only_columns(cls.id),
            "an alias": select(other.id),
            "a subquery": select(inner.c.id),
            "a common table": select(select(cls.id).cte().c.id),
            "a correlated subquery": select(cls.id).where(select(other.id).where(other.id == cls.id).exists()),
            "a join to an alias": select(cls.id).join(other, other.id == cls.id),
            "an outer join to an alias": select(other.id)
            .select_from(cls)
            .outerjoin(other, other.id == cls.id)
            .where(other.id.is_not(None)),
            "whole objects": select(cls),
        }
        for way, statement in ways.items():
            if way == "whole objects":
                found = {obj.id for obj in session.scalars(statement)} & all_ids(world, entity)
            else:
                found = seen(session, world, statement, entity)
            assert found == expected, (entity, way)
        session.expunge_all()
        for object_id in all_ids(world, entity):
            assert (session.get(cls, object_id) is not None) == (object_id in expected), (entity, "get")
        session.expunge_all()


def check_relationships(session: ActorSession, world: World, person: int, load: str) -> None:
    """Relationships load only what the oracle shows, whichever way they are loaded."""
    actor = session.actor
    assert actor is not None
    for entity in sorted({name for thing in world.things for name in thing.ids}):
        cls = CLASSES[entity]
        for relation in inspect(cls).relationships:
            target = relation.mapper.class_.__name__
            if target in ("Experimenter", "ExperimenterGroup"):
                continue
            statement = visible(cls, actor)
            if load != "lazily":
                option = joinedload if load == "joined" else selectinload
                statement = statement.options(option(getattr(cls, relation.key)))
            session.expunge_all()
            for obj in session.scalars(statement).unique().all():
                value = getattr(obj, relation.key)
                for related in value if relation.uselist else [value] if value is not None else []:
                    name = type(related).__name__
                    if world_has(world, name, related.id):
                        assert related.id in visible_ids(world, person, name), (entity, relation.key, load)


def world_has(world: World, entity: str, object_id: int) -> bool:
    return object_id in all_ids(world, entity)


def check_counts(session: ActorSession, world: World, person: int) -> None:
    """Counts, EXISTS and NOT EXISTS tell nothing of what is hidden."""
    image: Any = model.Image
    link, is_loose = ANNOTATION_LINKS[image], is_orphaned(image)
    assert is_loose is not None
    shown = [t for t in world.of_kind("ImageAnnotationLink") if sees(world, person, t)]
    images = visible_ids(world, person, "Image")
    count = select(func.count(link.id)).where(link.parent_id == image.id).scalar_subquery()
    counts = {row[0]: row[1] for row in session.execute(select(image.id, count))}
    annotated = seen(session, world, select(image.id).where(image.annotation_links.any()), "Image")
    loose = seen(session, world, select(image.id).where(is_loose), "Image")
    expected = {i: sum(world.things[t.refers[0]].id == i for t in shown) for i in images}
    assert {i: counts[i] for i in images} == expected
    assert annotated == {i for i, number in expected.items() if number}
    placed = {world.things[t.refers[1]].id for t in world.of_kind("DatasetImageLink") if sees(world, person, t)}
    placed |= {world.things[t.refers[0]].id for t in world.of_kind("Plate") if sees(world, person, t)}
    assert loose == images - placed


@RANDOM
@given(drawn=worlds(), data=st.data())
def test_an_actor_sees_what_the_oracle_shows(engine: Engine, drawn: World, data: st.DataObject) -> None:
    world = build(engine, drawn, next(NUMBERS))
    load = data.draw(st.sampled_from(["lazily", "joined", "selected"]))
    for person in range(len(world.people)):
        with open_session(engine, actor_of(engine, world, person), is_reading=True) as session:
            check_ways(session, world, person)
            check_relationships(session, world, person, load)
            check_counts(session, world, person)


@RANDOM
@given(drawn=worlds(), data=st.data())
def test_an_actor_in_one_group_sees_what_the_oracle_shows_there(engine: Engine, drawn: World, data: st.DataObject) -> None:
    world = build(engine, drawn, next(NUMBERS))
    chosen = data.draw(st.integers(0, len(world.groups) - 1))
    for person in range(len(world.people)):
        actor, group_id = actor_of(engine, world, person), world.group_ids[chosen]
        if group_id not in actor.memberships and not actor.is_admin:
            with pytest.raises(NotFound):
                actor.within(group_id)
            continue
        shown = [thing for thing in world.things if thing.group == chosen and sees(world, person, thing)]
        with open_session(engine, actor.within(group_id), is_reading=True) as session:
            for entity in sorted({name for thing in world.things for name in thing.ids}):
                cls: Any = CLASSES[entity]
                expected = {thing.ids[entity] for thing in shown if entity in thing.ids}
                other = aliased(cls)
                for statement in (select(cls.id), select(other.id), select(cls.id).join(other, other.id == cls.id)):
                    assert seen(session, world, statement, entity) == expected, entity
                for object_id in all_ids(world, entity):
                    assert (session.get(cls, object_id) is not None) == (object_id in expected), (entity, "get")
                session.expunge_all()
