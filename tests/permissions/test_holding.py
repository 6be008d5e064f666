"""The session itself holds everyone to what they may see and do, whatever is asked of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, func, insert, select, text, update
from sqlalchemy.orm import make_transient_to_detached

from micrarium import model
from micrarium.errors import Conflict, NotAllowed, NotFound, NotSignedIn, StaleVersion
from micrarium.model import Base, Entity, Internal, Owned, Part, Personal, Shared
from micrarium.permissions import (
    Actor,
    ActorSession,
    allowed_actions,
    binned,
    find_binned,
    get_visible,
    history_of,
    load_actor,
    open_session,
    put_into_bin,
    restore,
    system_session,
    visible,
    writing,
)
from micrarium.permissions.sessions import _hold_to_actor
from micrarium.permissions.visibility import criterion, whole_of

MAPPERS = sorted((m for m in Base.registry.mappers), key=lambda m: m.class_.__name__)
BARE: Any = model.Image.__table__


@pytest.fixture
def two(engine: Engine) -> tuple[Actor, Actor]:
    """Ada and Bob: members of one read-annotate group, where Ada has a project, an image with a region, and a tag."""
    with system_session(engine, "two people for a test") as session:
        people = [model.Experimenter(ome_name=name) for name in ("ada", "bob")]
        group = model.ExperimenterGroup(name="lab", level="read-annotate")
        session.add_all([*people, group])
        session.flush()
        session.add_all(model.GroupExperimenterMap(parent_id=group.id, child_id=p.id) for p in people)
        session.flush()
        ada, bob = (load_actor(session, person.id) for person in people)
    with open_session(engine, ada) as session:
        image = model.Image(name="a")
        session.add_all([model.Project(name="p"), image, model.TagAnnotation(text_value="t")])
        session.flush()
        session.add(model.Roi(image_id=image.id, shapes=[model.Point(x=1.0, y=2.0)]))
        link: Any = model.ANNOTATION_LINKS[model.Image]
        session.add(link(parent_id=image.id, child_id=1))
    return ada, bob


def test_a_session_needs_an_actor_or_a_reason(engine: Engine) -> None:
    with pytest.raises(NotSignedIn):
        ActorSession(engine, actor=None)
    with pytest.raises(TypeError):
        ActorSession(engine)  # type: ignore[call-arg]  # that is the point


def test_the_hooks_are_in_place_when_the_room_is_imported() -> None:
    assert event.contains(ActorSession, "do_orm_execute", _hold_to_actor)
    assert event.contains(ActorSession, "before_flush", writing._check_and_stamp)


@pytest.mark.parametrize("mapper", MAPPERS, ids=lambda m: m.class_.__name__)
def test_every_class_says_how_it_is_protected(mapper: Any) -> None:
    cls = mapper.class_
    directory = (model.Event, model.Experimenter, model.ExperimenterGroup, model.GroupExperimenterMap)
    kinds = [kind for kind in (Owned, Part, Personal, Shared, Internal, *directory) if issubclass(cls, kind)]
    assert len(kinds) == 1, f"{cls.__name__} is protected in {len(kinds)} ways"
    criterion(cls, cls, Actor(1))
    if issubclass(cls, Part):
        whole, column, whole_column = whole_of(cls)
        assert hasattr(cls, column)
        assert hasattr(whole, whole_column)


def test_a_statement_made_for_one_actor_is_refused_by_the_session_of_another(engine: Engine, two: tuple[Actor, Actor]) -> None:
    ada, bob = two
    with open_session(engine, bob) as session, pytest.raises(RuntimeError, match="made for one actor"):
        session.scalars(visible(model.Image, ada))


@pytest.mark.parametrize(
    "statement",
    [
        update(model.Image).values(name="x"),
        delete(model.Image),
        insert(model.Project).values(name="x"),
        text("SELECT * FROM image"),
        select(model.Image).from_statement(text("SELECT * FROM image")),
        select(BARE),
        select(BARE.c.id),
        select(func.count(BARE.c.id)),
        select(model.Project.id).where(model.Project.id.in_(select(BARE.c.id))),
        select(model.Project.id).where(select(BARE).exists()),
        select(select(BARE).subquery()),
    ],
    ids=str,
)
def test_statements_that_could_not_be_held_are_refused(engine: Engine, two: tuple[Actor, Actor], statement: Any) -> None:
    with open_session(engine, two[0], is_reading=True) as session, pytest.raises(RuntimeError):
        session.execute(statement)


def test_bulk_writes_and_internal_tables_are_refused(engine: Engine, two: tuple[Actor, Actor]) -> None:
    ada, _ = two
    with ActorSession(engine, actor=ada) as session:
        for write in (session.bulk_save_objects, session.bulk_insert_mappings, session.bulk_update_mappings):
            with pytest.raises(RuntimeError):
                write(model.Image, [{"name": "x"}])
        session.add(model.Password(experimenter_id=ada.id, hash="mine"))
        with pytest.raises(NotAllowed):
            session.flush()


def test_one_who_came_for_reading_changes_nothing(engine: Engine, two: tuple[Actor, Actor]) -> None:
    ada, _ = two
    reader = Actor(ada.id, ada.ome_name, False, ada.group_id, ada.memberships, ada.levels, is_reading=True)
    with ActorSession(engine, actor=reader) as session:
        get_visible(session, model.Project, 1).name = "x"
        with pytest.raises(NotAllowed, match="reading only"):
            session.commit()


def test_who_changes_what_somebody_else_changed_meanwhile_is_told(engine: Engine, two: tuple[Actor, Actor]) -> None:
    ada, _ = two
    with open_session(engine, ada) as session:
        get_visible(session, model.Project, 1).name = "second"
    with ActorSession(engine, actor=ada) as session:
        stale = model.Project(id=1, version=1, name="p", owner_id=ada.id, group_id=ada.group_id)
        make_transient_to_detached(stale)
        session.add(stale)
        stale.name = "third"
        with pytest.raises(StaleVersion):
            session.commit()


def test_the_record_holds_old_and_new_values(engine: Engine, two: tuple[Actor, Actor]) -> None:
    ada, _ = two
    with open_session(engine, ada) as session:
        project = get_visible(session, model.Project, 1)
        project.name = "renamed"
        session.add(model.MapAnnotation(map_value=[["a", "1"], ["a", "2"]]))
    with open_session(engine, ada) as session:
        get_visible(session, model.MapAnnotation, 2).map_value = [["a", "2"], ["b", "3"]]
        point = session.scalars(visible(model.Point, ada)).one()
        session.delete(point)
        session.add(model.Label(roi_id=1, x=0.0, y=0.0))
    with open_session(engine, ada) as session:
        put_into_bin(session, [get_visible(session, model.Project, 1)])
    with open_session(engine, ada) as session:
        restore(session, model.Project, 1)
        session.flush()
        project_log = history_of(session, get_visible(session, model.Project, 1))
        pairs_log = history_of(session, get_visible(session, model.MapAnnotation, 2))
    assert [entry["action"] for entry in project_log] == ["RESTORE", "BIN", "UPDATE", "INSERT"]
    assert project_log[2]["changes"] == {"name": ["p", "renamed"]}
    assert project_log[2]["experimenter"]["ome_name"] == "ada"
    assert pairs_log[0]["changes"] == {"map_value": [[["a", "1"], ["a", "2"]], [["a", "2"], ["b", "3"]]]}
    with system_session(engine, "read the record") as system:
        parts = {
            (log.entity_type, log.action) for log in system.scalars(select(model.EventLog)) if log.entity_type in ("Point", "Label")
        }
    assert parts == {("Point", "DELETE"), ("Label", "INSERT")}, "the making of a whole tells of its first parts already"


@pytest.mark.usefixtures("two")
def test_the_server_s_own_changes_are_recorded_too(engine: Engine) -> None:
    with system_session(engine, "tidy names") as session:
        project = session.get(model.Project, 1)
        assert project is not None
        before = project.update_event_id
        project.name = "tidy"
        session.flush()
        assert project.update_event_id != before
        found = session.get(model.Event, project.update_event_id)
        assert found is not None
        assert (found.type, found.reason) == ("System", "tidy names")


def test_what_goes_into_the_bin_comes_back_with_what_went_with_it(engine: Engine, two: tuple[Actor, Actor]) -> None:
    ada, bob = two
    link: Any = model.ANNOTATION_LINKS[model.Image]
    with open_session(engine, bob) as session:
        session.add(model.Roi(image_id=1))
        session.add(link(parent_id=1, child_id=1))
        with pytest.raises(NotAllowed):
            put_into_bin(session, [get_visible(session, model.Image, 1)])
    with open_session(engine, ada) as session:
        put_into_bin(session, [get_visible(session, model.Image, 1)])
        with pytest.raises(NotFound):
            get_visible(session, model.Image, 1)
        for cls in (model.Image, model.Roi, model.Shape, link):
            assert session.scalars(visible(cls, ada)).all() == [], cls
        assert [image.id for image in session.scalars(binned(model.Image, ada))] == [1]
    with open_session(engine, bob) as session:
        with pytest.raises(NotAllowed):
            restore(session, model.Image, 1)
        with pytest.raises(Conflict, match="image:1"):
            restore(session, model.Roi, 2)
    with open_session(engine, ada) as session:
        tag = get_visible(session, model.TagAnnotation, 1)
        put_into_bin(session, [tag])
    with open_session(engine, ada) as session:
        restore(session, model.Image, 1)
        assert len(session.scalars(visible(model.Roi, ada)).all()) == 2
        assert session.scalars(visible(link, ada)).all() == [], "links came back to a tag that is in the bin"
    with open_session(engine, ada) as session:
        restore(session, model.Annotation, 1)
        assert len(session.scalars(visible(link, ada)).all()) == 2


def test_a_stranger_learns_nothing_of_the_bin(engine: Engine, two: tuple[Actor, Actor]) -> None:
    ada, _ = two
    with open_session(engine, ada) as session:
        put_into_bin(session, [get_visible(session, model.Image, 1)])
    with open_session(engine, Actor(999)) as session:
        assert session.scalars(binned(model.Image, Actor(999))).all() == []
        with pytest.raises(NotFound):
            find_binned(session, model.Image, 1)


@pytest.mark.usefixtures("two")
def test_the_system_may_do_everything(engine: Engine) -> None:
    with system_session(engine, "look") as session:
        image = session.get(model.Image, 1)
        assert image is not None
        assert {"chgrp", "chown", "delete"} <= allowed_actions(None, image)


def test_no_class_is_told_twice() -> None:
    names = [m.class_.__name__ for m in MAPPERS if issubclass(m.class_, Entity)]
    assert len(names) == len(set(names))
