"""Any series of changes that is undone in reverse leaves everything as it was; and undoing that brings it all back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from micrarium.actions.annotating import annotate, unlink_annotation
from micrarium.actions.changing import change_object, delete_object, make_object
from micrarium.actions.organizing import link_children, put_into_bin, restore, unlink_children
from micrarium.actions.undoing import undo_event
from micrarium.errors import Conflict, InvalidInput, MicrariumError, NotFound
from micrarium.model import (
    Annotation,
    Dataset,
    Event,
    Experimenter,
    ExperimenterGroup,
    GroupExperimenterMap,
    Image,
    Link,
    MapAnnotation,
    MapEntry,
    Project,
    Roi,
    Shape,
    TagAnnotation,
)
from micrarium.model.schema import entities
from micrarium.permissions import Actor, ActorSession, binned, get_visible, load_actor, open_session, system_session, visible
from micrarium.testing.databases import opened

BOOKKEEPING = {"version", "creation_event_id", "update_event_id", "deleted_event_id"}
KINDS_OF_THINGS = (Project, Dataset, Image, Annotation, Roi, Shape)
LINKS = [e for e in entities() if issubclass(e, Link) and {e.__parent__, e.__child__} <= set(KINDS_OF_THINGS)]
HELD: list[Any] = [*KINDS_OF_THINGS, *LINKS]
BINNED: tuple[Any, ...] = (Project, Dataset, Image, Annotation, Roi)
#: A kind of change, two numbers that choose among the objects there are, and a letter.
Step = tuple[str, int, int, str]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[Engine, Actor]]:
    """A database and a person of one group, on each dialect."""
    databases = request.getfixturevalue("sqlite_databases" if request.param == "sqlite" else "postgres_databases")
    with databases.make() as url, opened(url) as engine:
        with system_session(engine, "a person for a test") as session:
            person, group = Experimenter(ome_name="ada"), ExperimenterGroup(name="lab", level="read-write")
            session.add_all([person, group])
            session.flush()
            session.add(GroupExperimenterMap(parent_id=group.id, child_id=person.id))
            session.flush()
            actor = load_actor(session, person.id)
        with open_session(engine, actor) as session:
            images, datasets = [Image(name=n) for n in "ab"], [Dataset(name=n) for n in "ab"]
            session.add_all([*images, *datasets, Project(name="a")])
            session.flush()
            for dataset in datasets:
                link_children(session, dataset, [image.id for image in images])
            annotate(session, images[0], {"type": "TagAnnotation", "text_value": "a"})
            make_object(
                session,
                Shape,
                {"type": "Point", "roi_id": make_object(session, Roi, {"image_id": images[0].id}).id, "x": 0.0, "y": 0.0},
            )
        yield engine, actor


def done(engine: Engine, actor: Actor, change: Callable[[ActorSession], Any]) -> int | None:
    """The event that a change made, None where it changed nothing."""
    with open_session(engine, actor) as session:
        change(session)
        session.flush()
        return session.event_id


def dump(engine: Engine, actor: Actor) -> dict[str, list[Any]]:
    """All that is not in the bin, by class; who made it last and how often it was changed left out."""
    found: dict[str, list[Any]] = {}
    with open_session(engine, actor, is_reading=True) as session:
        for entity in HELD:
            objects = session.scalars(visible(entity, actor))
            found[entity.__name__] = sorted(repr(_row(obj)) for obj in objects)
        pairs = session.scalars(visible(MapEntry, actor))
        found["MapEntry"] = sorted(repr((e.annotation_id, e.position, e.name, e.value)) for e in pairs)
    return found


def _row(obj: Any) -> dict[str, Any]:
    return {a.key: getattr(obj, a.key) for a in type(obj).__mapper__.column_attrs if a.key not in BOOKKEEPING}


class Steps:
    """Changes as people make them, to whatever there is to choose from; ``NotFound`` where there is nothing."""

    def __init__(self, session: ActorSession, actor: Actor) -> None:
        self.session, self.actor = session, actor

    def take(self, step: Step) -> None:
        """Make one change."""
        kind, first, second, letter = step
        getattr(self, kind)(first, second, letter)

    def chosen(self, entity: type[Any], number: int) -> Any:
        there = self.session.scalars(visible(entity, self.actor).order_by(entity.id)).all()
        if not there:
            raise NotFound("nothing is there")
        return there[number % len(there)]

    def create(self, first: int, _: int, letter: str) -> None:
        make_object(self.session, (Project, Dataset)[first % 2], {"name": letter})

    def come_in(self, _: int, __: int, letter: str) -> None:
        self.session.add(Image(name=letter))

    def rename(self, first: int, second: int, letter: str) -> None:
        change_object(self.session, self.chosen((Project, Dataset, Image)[first % 3], second), {"name": letter})

    def rename_twice(self, first: int, second: int, letter: str) -> None:
        self.rename(first, second, f"{letter}{letter}")
        self.rename(first, second, letter)

    def tag(self, first: int, _: int, letter: str) -> None:
        annotate(self.session, self.chosen(Image, first), {"type": "TagAnnotation", "text_value": letter})

    def retag(self, first: int, _: int, letter: str) -> None:
        change_object(self.session, self.chosen(TagAnnotation, first), {"text_value": letter})

    def pair(self, first: int, _: int, letter: str) -> None:
        values = {"type": "MapAnnotation", "map_value": [["k", letter], ["k", "v"]]}
        annotate(self.session, self.chosen(Dataset, first), values)

    def change_pairs(self, first: int, second: int, letter: str) -> None:
        change_object(self.session, self.chosen(MapAnnotation, first), {"map_value": [["k", letter]] * (1 + second % 3)})

    def untag(self, first: int, second: int, _: str) -> None:
        unlink_annotation(self.session, self.chosen(Image, first), self.chosen(Annotation, second).id)

    def link(self, first: int, second: int, _: str) -> None:
        link_children(self.session, self.chosen(Dataset, first), [self.chosen(Image, second).id])

    def file(self, first: int, second: int, _: str) -> None:
        link_children(self.session, self.chosen(Project, first), [self.chosen(Dataset, second).id])

    def unlink(self, first: int, second: int, _: str) -> None:
        unlink_children(self.session, self.chosen(Dataset, first), [self.chosen(Image, second).id])

    def draw(self, first: int, second: int, _: str) -> None:
        roi = make_object(self.session, Roi, {"image_id": self.chosen(Image, first).id})
        make_object(self.session, Shape, {"type": "Point", "roi_id": roi.id, "x": 1.0, "y": float(second)})

    def add_shape(self, first: int, second: int, _: str) -> None:
        values = {"type": "Point", "roi_id": self.chosen(Roi, first).id, "x": 2.0, "y": float(second)}
        make_object(self.session, Shape, values)

    def erase(self, first: int, _: int, __: str) -> None:
        delete_object(self.session, self.chosen(Shape, first))

    def delete(self, first: int, second: int, _: str) -> None:
        delete_object(self.session, self.chosen(BINNED[first % len(BINNED)], second))

    def delete_with_contents(self, first: int, second: int, _: str) -> None:
        put_into_bin(self.session, self.chosen((Project, Dataset)[first % 2], second), has_contents=True)

    def restore(self, first: int, second: int, _: str) -> None:
        entity = BINNED[first % len(BINNED)]
        there = self.session.scalars(binned(entity, self.actor).order_by(entity.id.desc()).limit(3)).all()
        if there:
            restore(self.session, entity, there[second % len(there)].id)


KINDS = [name for name in vars(Steps) if not name.startswith("_") and name not in ("take", "chosen")]
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 5), st.integers(0, 5), st.sampled_from("abc")), min_size=2, max_size=12
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_a_series_of_changes_undone_leaves_everything_as_it_was(place: tuple[Engine, Actor], steps: list[Step]) -> None:
    engine, actor = place
    before = dump(engine, actor)
    events: list[int] = []
    for step in steps:
        with suppress(Conflict, InvalidInput, NotFound):
            number = done(engine, actor, lambda session, step=step: Steps(session, actor).take(step))  # type: ignore[misc]
            events += [] if number is None else [number]
    after = dump(engine, actor)
    undoing = take_back(engine, actor, events)
    assert dump(engine, actor) == before
    redoing = take_back(engine, actor, undoing)
    assert dump(engine, actor) == after
    take_back(engine, actor, redoing)
    assert dump(engine, actor) == before


def take_back(engine: Engine, actor: Actor, events: list[int]) -> list[int]:
    """The events that undo others, the last of which is undone first; what left nothing to undo is passed over."""
    found: list[int] = []
    for number in reversed(events):
        try:
            undoing = done(engine, actor, lambda session, n=number: undo_event(session, n))  # type: ignore[misc]
        except Conflict as error:
            if "left nothing" not in error.detail:
                raise
        else:
            assert undoing is not None
            found.append(undoing)
    return found


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(place: tuple[Engine, Actor]) -> None:
    engine, actor = place
    number = done(engine, actor, lambda session: make_object(session, Project, {"name": "kept"}))
    assert number is not None
    before = dump(engine, actor)
    with open_session(engine, actor) as session:
        told = undo_event(session, number, is_dry_run=True)
    assert [change["action"] for change in told["changes"]] == ["BIN"]
    assert dump(engine, actor) == before


def test_what_was_refused_leaves_everything_as_it_was(place: tuple[Engine, Actor]) -> None:
    engine, actor = place

    def change_two(session: ActorSession, name: str) -> None:
        change_object(session, get_visible(session, Project, first), {"name": name})
        change_object(session, get_visible(session, Project, second), {"name": name})

    with open_session(engine, actor) as session:
        first, second = (make_object(session, Project, {"name": "p"}).id for _ in "ab")
    both = done(engine, actor, lambda session: change_two(session, "q"))
    assert both is not None
    done(engine, actor, lambda session: change_object(session, get_visible(session, Project, second), {"name": "r"}))
    before = dump(engine, actor)
    with pytest.raises(Conflict, match=f"project:{second} got another name with event:"):
        done(engine, actor, lambda session: undo_event(session, both))
    assert dump(engine, actor) == before
    done(engine, actor, lambda session: undo_event(session, both, objects=[f"project:{first}"]))
    with open_session(engine, actor, is_reading=True) as session:
        assert [get_visible(session, Project, i).name for i in (first, second)] == ["p", "r"]


def test_an_event_that_changed_nothing_cannot_be_undone(place: tuple[Engine, Actor]) -> None:
    engine, actor = place
    with system_session(engine, "an event of nothing") as system:
        empty = Event(experimenter_id=actor.id, group_id=actor.group_id)
        system.add(empty)
        system.flush()
        number = empty.id
    for wrong, told in ((number, "changed no objects"), (10**9, "There is no event")):
        with pytest.raises(MicrariumError, match=told), open_session(engine, actor) as session:
            undo_event(session, wrong)
