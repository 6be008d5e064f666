"""Questions to a process that may die."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from micrarium.errors import UnreadableFile
from micrarium.formats import disposable
from micrarium.formats.disposable import Crashed, ask

_HERE = "tests.formats.test_disposable"


def answer(text: str) -> list[str]:
    return [text, str(os.getpid())]


def die(_: str) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def fail(_: str) -> None:
    raise ValueError("nobody expected this")


def refuse(_: str) -> None:
    raise UnreadableFile("this is told by the one that asked")


def go_on(_: str) -> None:
    while True:
        pass


def test_an_answer_comes_from_another_process_each_time() -> None:
    first, second = ask(f"{_HERE}:answer", "µ\n"), ask(f"{_HERE}:answer", "µ\n")
    assert first[0] == "µ\n"
    assert len({first[1], second[1], str(os.getpid())}) == 3


def test_a_crash_is_told_and_the_next_question_is_answered() -> None:
    with pytest.raises(Crashed, match="SIGSEGV"):
        ask(f"{_HERE}:die", "")
    with pytest.raises(Crashed, match="failed in a way of its own"):
        ask(f"{_HERE}:fail", "")
    assert ask(f"{_HERE}:refuse", "") is None
    assert ask(f"{_HERE}:answer", "x")[0] == "x"


def test_what_takes_too_long_is_stopped() -> None:
    start = time.monotonic()
    with pytest.raises(Crashed, match="took too long"):
        ask(f"{_HERE}:go_on", "")
    assert time.monotonic() - start < 60


def test_many_threads_get_their_own_answers() -> None:
    with ThreadPoolExecutor(6) as pool:
        assert [said[0] for said in pool.map(lambda n: ask(f"{_HERE}:answer", str(n)), range(10))] == [str(n) for n in range(10)]


def test_the_waiting_process_is_started_again_when_it_was_killed() -> None:
    ask(f"{_HERE}:answer", "")
    os.kill(disposable._waiting[0]._process.pid, signal.SIGKILL)
    assert ask(f"{_HERE}:answer", "again")[0] == "again"


def test_a_file_over_which_the_library_crashes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import h5py
    import numpy as np

    from micrarium.formats import hdf5_kinds, open_image_file

    path = tmp_path / "evil.h5"
    with h5py.File(path, "w") as file:
        file["data"] = np.zeros((40, 50))
    monkeypatch.setattr(hdf5_kinds, "__name__", _HERE)  # so that the trial is the one below
    with pytest.raises(UnreadableFile, match=r"evil\.h5 is damaged: the library that reads HDF5 gave up over it \(SIGSEGV\)"):
        open_image_file(path, reader="hdf5")


def read_through(name: str, _: str) -> None:
    die(name)
