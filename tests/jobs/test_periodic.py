from __future__ import annotations

import threading
import time

import pytest

from micrarium.jobs import Periodic


def test_a_task_is_called_again_and_again_until_it_is_stopped() -> None:
    calls: list[float] = []
    enough = threading.Event()

    def task(_stop: threading.Event) -> None:
        calls.append(time.monotonic())
        if len(calls) == 3:
            enough.set()

    periodic = Periodic("test", task, first_s=0.0, every_s=0.01)
    periodic.start()
    assert enough.wait(10)
    periodic.stop()
    count = len(calls)
    time.sleep(0.05)
    assert len(calls) == count


def test_a_task_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    again = threading.Event()
    failed: list[bool] = []

    def task(_stop: threading.Event) -> None:
        if not failed:
            failed.append(True)
            raise ValueError("not this time")
        again.set()

    periodic = Periodic("test", task, first_s=0.0, every_s=0.01)
    periodic.start()
    assert again.wait(10)
    periodic.stop()
    assert "not this time" in caplog.text


def test_a_task_that_is_under_way_is_told_to_stop() -> None:
    told = threading.Event()

    def task(stop: threading.Event) -> None:
        if stop.wait(10):
            told.set()

    periodic = Periodic("test", task, first_s=0.0, every_s=10.0)
    periodic.start()
    time.sleep(0.05)
    periodic.stop()
    assert told.is_set()
