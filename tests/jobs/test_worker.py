"""Jobs: the ways from one state to another, and the threads that do them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine

from micrarium.errors import Conflict, NotAllowed, NotFound, UnreadableFile
from micrarium.jobs import Work, Worker, ask_for, cancel, describe_job, find_job, job, recent_jobs
from micrarium.jobs.states import MOST_BEGINNINGS, claim_next, finish, keep_result, note_progress, recover
from micrarium.model import Experimenter, ExperimenterGroup, GroupExperimenterMap, Job
from micrarium.permissions import Actor, load_actor, open_session, system_session

Results = list[Any]


@job("test.double")
def double(site: Results, work: Work) -> dict[str, Any]:
    work.report(0.5, "Doubling")
    site.append((work.job_id, work.actor.ome_name, work.arguments))
    return {"doubled": 2 * work.arguments["number"]}


@job("test.fail")
def fail(_site: Results, _work: Work) -> dict[str, Any]:
    raise UnreadableFile("cells.czi is cut short")


@job("test.crash")
def crash(_site: Results, _work: Work) -> dict[str, Any]:
    raise ZeroDivisionError("oh")


@job("test.wait")
def wait(site: Results, work: Work) -> dict[str, Any]:
    site.append("begun")
    for step in range(600):
        work.report(step / 600, "Waiting")
        time.sleep(0.05)
    return {}


def make_actor(engine: Engine, name: str) -> Actor:
    with system_session(engine, "a test") as session:
        person = Experimenter(ome_name=name)
        group = ExperimenterGroup(name=name, level="private")
        session.add_all([person, group])
        session.flush()
        session.add(GroupExperimenterMap(parent_id=group.id, child_id=person.id))
    with system_session(engine, "a test") as session:
        return load_actor(session, person.id)


@pytest.fixture
def ada(engine: Engine) -> Actor:
    return make_actor(engine, "ada")


def ask(engine: Engine, actor: Actor, kind: str, **arguments: Any) -> int:
    with open_session(engine, actor) as session:
        return ask_for(session, kind, arguments).id


def look(engine: Engine, job_id: int) -> Job:
    with system_session(engine, "a test", is_reading=True) as session:
        return session.get_one(Job, job_id)


def wait_for(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


@contextmanager
def working(engine: Engine, site: Results, *, threads: int = 2) -> Iterator[Worker]:
    worker = Worker(engine, site, threads=threads)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def test_jobs_are_done_as_the_person_who_asked_and_keep_their_result(engine: Engine, ada: Actor) -> None:
    site: Results = []
    numbers = [ask(engine, ada, "test.double", number=n) for n in range(5)]
    with working(engine, site) as worker:
        worker.wake()
        wait_for(lambda: all(look(engine, n).state == "done" for n in numbers))
    assert [look(engine, n).result for n in numbers] == [{"doubled": 2 * n} for n in range(5)]
    assert sorted(site) == [(number, "ada", {"number": n}) for n, number in enumerate(numbers)]
    done = describe_job(look(engine, numbers[0]))
    assert (done["progress"], done["message"], done["error"]) == (1.0, "Done", None)
    assert done["created_at"] <= done["started_at"] <= done["finished_at"]


def test_a_job_that_fails_says_why_in_a_problem_document(engine: Engine, ada: Actor) -> None:
    failing, crashing = ask(engine, ada, "test.fail"), ask(engine, ada, "test.crash")
    with working(engine, []):
        wait_for(lambda: look(engine, crashing).state == "failed" and look(engine, failing).state == "failed")
    told = look(engine, failing).error
    assert told is not None
    assert (told["type"], told["status"], told["detail"]) == ("/problems/unreadable-file", 422, "cells.czi is cut short")
    unexpected = look(engine, crashing).error
    assert unexpected is not None
    assert "Traceback" not in unexpected["detail"]
    assert "ZeroDivisionError" in unexpected["detail"]


def test_a_job_that_waits_is_cancelled_at_once_and_one_that_runs_at_its_next_step(engine: Engine, ada: Actor) -> None:
    site: Results = []
    running, waiting = ask(engine, ada, "test.wait"), ask(engine, ada, "test.double", number=1)
    with working(engine, site, threads=1):
        wait_for(lambda: site == ["begun"])
        for number in (waiting, running):
            with open_session(engine, ada) as session:
                cancel(session, find_job(session, number, is_changing=True))
        wait_for(lambda: look(engine, running).finished_at is not None)
        time.sleep(0.2)
    assert (look(engine, running).state, look(engine, waiting).state) == ("cancelled", "cancelled")
    assert site == ["begun"]


def test_a_job_that_has_ended_cannot_be_cancelled(engine: Engine, ada: Actor) -> None:
    number = ask(engine, ada, "test.double", number=1)
    with working(engine, []):
        wait_for(lambda: look(engine, number).state == "done")
    with open_session(engine, ada) as session, pytest.raises(Conflict, match="is done already"):
        cancel(session, find_job(session, number, is_changing=True))


def test_an_orderly_stop_queues_what_runs_again_without_counting_it(engine: Engine, ada: Actor) -> None:
    number = ask(engine, ada, "test.wait")
    for _ in range(MOST_BEGINNINGS + 1):
        site: Results = []
        with working(engine, site):
            wait_for(lambda site=site: site == ["begun"])  # type: ignore[misc]  # the loop's own list
        assert look(engine, number).state == "queued"


def test_a_killed_server_begins_its_jobs_again_but_not_for_ever(engine: Engine, ada: Actor) -> None:
    number = ask(engine, ada, "test.double", number=4)
    for beginning in range(MOST_BEGINNINGS):
        claimed = claim_next(engine)
        assert claimed is not None, beginning
        recover(engine)  # the next server's start, after this one was killed
    failed = look(engine, number)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error["detail"] == "The server ended 3 times while it worked on this"
    assert claim_next(engine) is None


@job("test.resume")
def resume(site: Results, work: Work) -> dict[str, Any]:
    site.append(work.kept)
    work.keep({"reached": 7})
    for step in range(600 if work.kept is None else 1):
        work.report(step / 600, "Going on")
        time.sleep(0.05)
    return {"resumed": work.kept}


def test_a_job_that_begins_again_is_given_what_it_had_reached(engine: Engine, ada: Actor) -> None:
    number = ask(engine, ada, "test.resume")
    site: Results = []
    with working(engine, site):
        wait_for(lambda: look(engine, number).result == {"reached": 7})
    with working(engine, site):
        wait_for(lambda: look(engine, number).state == "done")
    assert site == [None, {"reached": 7}]
    assert look(engine, number).result == {"resumed": {"reached": 7}}


def test_no_job_is_claimed_twice(engine: Engine, ada: Actor) -> None:
    wanted = {ask(engine, ada, "test.double", number=n) for n in range(24)}
    claimed: list[int] = []

    def claim() -> None:
        while (found := claim_next(engine)) is not None:
            claimed.append(found.id)

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(wanted)


def test_a_job_is_born_with_the_transaction_that_asks_for_it(engine: Engine, ada: Actor) -> None:
    def ask_and_give_up() -> None:
        with open_session(engine, ada) as session:
            ask_for(session, "test.double", {"number": 1})
            raise KeyError

    with pytest.raises(KeyError):
        ask_and_give_up()
    assert claim_next(engine) is None


def test_states_change_only_the_ways_they_may(engine: Engine, ada: Actor) -> None:
    number = ask(engine, ada, "test.double", number=1)
    assert note_progress(engine, number, 0.5, "too early") is False
    finish(engine, number, "done", result={})
    assert look(engine, number).state == "queued"
    assert claim_next(engine) is not None
    assert note_progress(engine, number, 7.0, "nul\x00 in it") is True
    assert (look(engine, number).progress, look(engine, number).message) == (1.0, "nul in it")
    finish(engine, number, "done", result={"a": 1})
    finish(engine, number, "failed", error={})
    ended = look(engine, number)
    assert (ended.state, ended.result, ended.error) == ("done", {"a": 1}, None)
    assert note_progress(engine, number, 0.1, "too late") is False


def test_nobody_sees_or_cancels_the_jobs_of_others(engine: Engine, ada: Actor) -> None:
    number = ask(engine, ada, "test.double", number=1)
    bob = make_actor(engine, "bob")
    with open_session(engine, bob) as session:
        assert recent_jobs(session) == []
        with pytest.raises(NotFound):
            find_job(session, number, is_changing=True)


def test_who_may_only_read_asks_for_no_job_and_nobody_for_an_unknown_one(engine: Engine, ada: Actor) -> None:
    with system_session(engine, "a test") as session:
        reader = load_actor(session, ada.id, is_reading=True)
    with open_session(engine, reader) as session, pytest.raises(NotAllowed):
        ask_for(session, "test.double", {"number": 1})
    with open_session(engine, ada) as session, pytest.raises(NotFound, match="no jobs of the kind"):
        ask_for(session, "test.nonsense", {})


def test_a_cancelled_job_keeps_what_it_had_reached_and_nothing_after_its_end(engine: Engine, ada: Actor) -> None:
    with open_session(engine, ada) as session:
        number = ask_for(session, "test.double", {"number": 1}).id
    assert claim_next(engine) is not None
    with open_session(engine, ada) as session:
        cancel(session, find_job(session, number, is_changing=True))
    keep_result(engine, number, {"images": [1], "not_reached": [{"path": "b.czi"}]})
    finish(engine, number, "cancelled")
    keep_result(engine, number, {"images": []})
    with open_session(engine, ada, is_reading=True) as session:
        told = describe_job(find_job(session, number))
    assert (told["state"], told["result"]) == ("cancelled", {"images": [1], "not_reached": [{"path": "b.czi"}]})


def test_a_job_in_a_list_has_the_beginnings_of_its_lists_and_says_how_long_they_are(engine: Engine, ada: Actor) -> None:
    with open_session(engine, ada) as session:
        number = ask_for(session, "test.double", {"number": 1}).id
    assert claim_next(engine) is not None
    finish(engine, number, "done", result={"images": list(range(80)), "imported": [{}] * 80, "download": "x"})
    with open_session(engine, ada, is_reading=True) as session:
        brief = describe_job(find_job(session, number), is_brief=True)["result"]
    assert (len(brief["images"]), "imported" in brief, brief["download"]) == (50, False, "x")
    assert brief["totals"] == {"images": 80, "imported": 80}
