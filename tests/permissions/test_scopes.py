"""What a token is for, held where changes are written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from micrarium.actions.opening import Site
from micrarium.actions.signing_in import make_token, sign_in_as
from micrarium.errors import InvalidInput, NotAllowed
from micrarium.jobs import Work, ask_for, job
from micrarium.jobs.worker import Worker
from micrarium.model import CommentAnnotation, Dataset, Experimenter, Job, Project, TagAnnotation, Upload
from micrarium.permissions import (
    Actor,
    ActorSession,
    get_visible,
    limit_actor,
    load_actor,
    open_session,
    parse_scopes,
    spell_scopes,
    system_session,
)
from micrarium.testing.people import make_people

_seen: list[Actor] = []


@job("a test of scopes")
def _note_actor(_site: Any, work: Work) -> dict[str, Any]:
    _seen.append(work.actor)
    return {}


@pytest.fixture
def people(site: Site) -> dict[str, int]:
    return make_people(site) | {"admin": 1}


@pytest.fixture
def acting(site: Site, people: dict[str, int]) -> Callable[..., Any]:
    """Opens a session of somebody with a token of some scopes."""

    @contextmanager
    def act(name: str, scope: str) -> Iterator[ActorSession]:
        with system_session(site.engine, "a test", is_reading=True) as session:
            actor = load_actor(session, people[name])
        with open_session(site.engine, limit_actor(actor, parse_scopes(scope))) as session:
            yield session

    return act


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("read", "read"), ("write", "write"), ("write read annotate", "write"), ("import,annotate", "annotate import"),
        ("admin import", "admin"),
    ],
)  # fmt: skip
def test_scopes_are_kept_without_what_goes_without_saying(given: str, kept: str) -> None:
    assert spell_scopes(parse_scopes(given)) == kept


@pytest.mark.parametrize("given", ["", "everything", "read write delete"])
def test_a_scope_there_is_not_is_refused(given: str) -> None:
    with pytest.raises(InvalidInput, match="annotate"):
        parse_scopes(given)


#: What each scope may make, of a thing of every sort.
MAKES: dict[str, set[type]] = {
    "read": set(),
    "annotate": {TagAnnotation, CommentAnnotation},
    "import": {Upload},
    "annotate import": {TagAnnotation, CommentAnnotation, Upload},
    "write": {TagAnnotation, CommentAnnotation, Upload, Project, Dataset},
}


@pytest.mark.parametrize("scope", MAKES)
def test_a_token_makes_what_it_is_for_and_nothing_else(acting: Callable[..., Any], scope: str) -> None:
    for kind in (TagAnnotation, CommentAnnotation, Upload, Project, Dataset):
        made = kind(files=[]) if kind is Upload else kind(name="x") if kind in (Project, Dataset) else kind(text_value="x")
        with acting("ada", scope) as session:
            session.add(made)
            if kind in MAKES[scope]:
                session.flush()
            else:
                with pytest.raises(NotAllowed, match="This sign-in is for"):
                    session.flush()
                session.rollback()


def test_jobs_are_asked_for_by_tokens_that_may(acting: Callable[..., Any]) -> None:
    for scope, kind, may in (("import", "import", True), ("annotate", "import", False), ("import", "export", False)):
        with acting("ada", scope) as session:
            if may:
                assert ask_for(session, kind, {}).scope == scope
            else:
                with pytest.raises(NotAllowed):
                    ask_for(session, kind, {})


def test_an_administrators_token_for_writing_does_not_administrate(acting: Callable[..., Any], people: dict[str, int]) -> None:
    with acting("ada", "write") as session:
        session.add(hers := Project(name="hers"))
        session.flush()
        number = hers.id
    for change in ("a person", "a project"):
        with acting("admin", "write") as session:
            if change == "a person":
                get_visible(session, Experimenter, people["ada"]).is_admin = True
            else:
                get_visible(session, Project, number).name = "mine now"
            with pytest.raises(NotAllowed):
                session.flush()
            session.rollback()
    with acting("admin", "admin") as session:
        get_visible(session, Experimenter, people["ada"]).is_admin = True
        get_visible(session, Project, number).name = "renamed by an administrator"
        session.flush()


def test_a_token_makes_none_that_may_more(acting: Callable[..., Any]) -> None:
    with acting("ada", "write") as session:
        assert make_token(session, name="x", scope="annotate", expires_at=None)[0].scope == "annotate"
    for name, has, wanted in (
        ("admin", "write", "admin"),
        ("ada", "annotate", "write"),
        ("ada", "import", "import"),
        ("ada", "write", "admin"),
    ):
        with acting(name, has) as session:
            with pytest.raises(NotAllowed):
                make_token(session, name="x", scope=wanted, expires_at=None)
            session.rollback()


def test_a_job_knows_who_asked_in_whose_name_and_for_what(site: Site, people: dict[str, int], acting: Callable[..., Any]) -> None:
    with system_session(site.engine, "a test", is_reading=True) as session:
        admin = load_actor(session, 1)
    as_ada = sign_in_as(site.engine, admin, "ada").actor
    with open_session(site.engine, as_ada) as session:
        asked = ask_for(session, "a test of scopes", {})
        assert (asked.experimenter_id, asked.sudo_experimenter_id, asked.scope) == (people["ada"], 1, None)
    with acting("admin", "write") as session:
        ask_for(session, "a test of scopes", {})
    _seen.clear()
    worker = Worker(site.engine, site, threads=1)
    worker.start()
    try:
        for _ in range(200):
            if len(_seen) == 2:
                break
            worker.wake()
            time.sleep(0.05)
    finally:
        worker.stop()
    sudo, limited = _seen
    assert (sudo.id, sudo.sudo_id) == (people["ada"], 1)
    assert (limited.id, limited.privileges, limited.is_reading) == (1, frozenset(), False)
    with system_session(site.engine, "a test", is_reading=True) as session:
        assert session.get_one(Job, asked.id).sudo_experimenter_id == 1
