"""A real Dask scheduler with two workers, each a process of its own."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from micrarium.errors import InvalidInput, Unavailable, UnreadableFile
from micrarium.jobs.cluster import Answer, Call, Cluster
from micrarium.testing.clusters import running_cluster
from micrarium.testing.servers import find_free_port

HERE = f"{Path(__file__).stem}"


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_cluster(tmp_path_factory.mktemp("dask"), modules=[Path(__file__).parent]) as address:
        yield address


@pytest.fixture
def cluster(scheduler: str) -> Iterator[Cluster]:
    made = Cluster(scheduler)
    yield made
    made.close()


# --- what the workers are asked to do ---


def tell_process(path: Path, *, progress: Any, add: int) -> dict[str, Any]:
    progress(0.5)
    return {"pid": os.getpid(), "path": str(path), "sum": 1 + add}


def wait_for(path: Path, *, progress: Any) -> int:
    """Goes on until there is such a file, telling that half is done."""
    (path.parent / f"begun-{path.name}").write_text(str(os.getpid()))
    while not path.exists():
        progress(0.5)
        time.sleep(0.02)
    return os.getpid()


def fail(path: Path, *, progress: Any, kind: str) -> None:
    progress(0.1)
    if kind == "ours":
        raise InvalidInput("That is no number", field="x")
    if kind == "file":
        path.read_bytes()
    raise ValueError("not foreseen")


def die_once(path: Path, *, progress: Any) -> str:
    progress(0.1)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


# --- the tests ---


def test_calls_are_answered_by_several_processes_that_are_not_ours(cluster: Cluster, tmp_path: Path) -> None:
    assert cluster.check() == 2
    names = [tmp_path / "a", tmp_path / "b"]
    seen: list[int] = []

    def report(index: int, part: float) -> None:
        if part == 0.5 and all((tmp_path / f"begun-{name.name}").exists() for name in names):
            seen.append(index)
            if set(seen) == {0, 1}:
                for name in names:
                    name.touch()

    answers = list(cluster.run([Call(f"{HERE}:wait_for", name) for name in names], report=report))
    assert {answer.index for answer in answers} == {0, 1}
    processes = {answer.result for answer in answers}
    assert len(processes) == 2, "both were under way at once"
    assert os.getpid() not in processes


def test_values_and_results_are_carried(cluster: Cluster, tmp_path: Path) -> None:
    (answer,) = cluster.run([Call(f"{HERE}:tell_process", tmp_path, {"add": 41})], report=lambda _index, _part: None)
    assert answer.result["sum"] == 42
    assert answer.result["path"] == str(tmp_path)


def test_errors_arrive_as_the_same_sentence(cluster: Cluster, tmp_path: Path) -> None:
    calls = [Call(f"{HERE}:fail", tmp_path / "none.tif", {"kind": kind}) for kind in ("ours", "file", "other")]
    answers = sorted(cluster.run(calls, report=lambda _index, _part: None), key=lambda answer: answer.index)
    ours, file, other = (answer.error for answer in answers)
    assert isinstance(ours, InvalidInput)
    assert (ours.detail, ours.field) == ("That is no number", "x")
    assert isinstance(file, UnreadableFile)
    assert "none.tif cannot be used by the worker tcp://" in file.detail
    assert isinstance(other, Unavailable)
    assert "not foreseen" in other.detail


def test_calls_that_nobody_wants_any_more_end(cluster: Cluster, tmp_path: Path) -> None:
    class Cancelled(BaseException):
        pass

    def report(_index: int, part: float) -> None:
        if part == 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(cluster.run([Call(f"{HERE}:wait_for", tmp_path / "never")], report=report))
    process = int((tmp_path / "begun-never").read_text())
    assert process != os.getpid()
    # The workers are free again: both of them answer.
    for name in ("x", "y"):
        (tmp_path / name).touch()
    answers = list(cluster.run([Call(f"{HERE}:wait_for", tmp_path / name) for name in ("x", "y")], report=lambda _i, _p: None))
    assert [answer.error for answer in answers] == [None, None]


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("micrarium.jobs.cluster._ANSWER_S", 1)
    cluster = Cluster(f"tcp://127.0.0.1:{find_free_port()}")
    with pytest.raises(Unavailable, match=r"The Dask scheduler at tcp://127\.0\.0\.1:\d+ does not answer"):
        cluster.check()


def test_a_call_goes_on_elsewhere_when_its_worker_dies(cluster: Cluster, tmp_path: Path) -> None:
    before = cluster.check()
    answers: list[Answer] = []
    calls = [Call(f"{HERE}:die_once", tmp_path / "mark")]
    thread = threading.Thread(target=lambda: answers.extend(cluster.run(calls, report=lambda _i, _p: None)))
    thread.start()
    thread.join(120)
    assert [answer.result for answer in answers] == ["alive"]
    assert cluster.check() == before - 1
