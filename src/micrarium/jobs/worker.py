"""The worker: a few threads of this process that do queued jobs one after the other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from micrarium.errors import MicrariumError
from micrarium.jobs.registry import JobCancelledError, Work, function_of
from micrarium.jobs.states import ORIGIN, claim_next, finish, give_back, keep_result, note_progress, recover
from micrarium.model import Job
from micrarium.permissions import Actor, Origin, coming_from, limit_actor, load_actor, parse_scopes, system_session

_log = logging.getLogger(__name__)

#: How often the table is looked at where nobody calls ``wake``: jobs that another process queued.
_LOOK_S = 2.0
#: Progress is written no more often than this.
_WRITE_S = 0.4


class Worker:
    """Does the jobs of a site in its own threads, from ``start`` to ``stop``; ``site`` is handed to each job's function."""

    def __init__(self, engine: Engine, site: Any, *, threads: int = 2) -> None:
        self._engine, self._site = engine, site
        self._stopping = threading.Event()
        self._news = threading.Condition()
        self._has_news = False
        self._threads = [
            threading.Thread(target=self._live, name=f"micrarium-job-{i}", daemon=True) for i in range(max(1, threads))
        ]

    def start(self) -> None:
        """Take up what was left lying, and begin."""
        recover(self._engine)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Say that a job was queued."""
        with self._news:
            self._has_news = True
            self._news.notify_all()

    def stop(self, *, timeout_s: float = 5.0) -> None:
        """Begin no more jobs and stop those that run at their next step; they are queued again."""
        self._stopping.set()
        self.wake()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    @property
    def is_alive(self) -> bool:
        """Whether every thread of it is there and may begin jobs."""
        return not self._stopping.is_set() and all(thread.is_alive() for thread in self._threads)

    def _live(self) -> None:
        while not self._stopping.is_set():
            try:
                claimed = claim_next(self._engine)
            except SQLAlchemyError:
                _log.exception("The job table cannot be read; trying again")
                claimed = None
            if claimed is not None:
                self._do(claimed)
                continue
            with self._news:
                if not self._has_news:
                    self._news.wait(_LOOK_S)
                self._has_news = False

    def _do(self, claimed: Job) -> None:
        job_id = claimed.id
        try:
            arguments = {name: value for name, value in claimed.arguments.items() if not name.startswith("_")}
            keep = partial(keep_result, self._engine, job_id)
            work = Work(job_id, self._actor_of(claimed), arguments, self._reporter(job_id), keep, claimed.result)
            with coming_from(replace(Origin(**claimed.arguments.get(ORIGIN, {})), job_id=job_id)):
                result = function_of(claimed.kind)(self._site, work)
        except _Stopping:
            self._give_back(job_id)
        except JobCancelledError:
            self._end(job_id, "cancelled")
        except MicrariumError as error:
            self._end(job_id, "failed", error=error.to_problem())
        except Exception as error:
            _log.exception("job:%s failed", job_id)
            self._end(job_id, "failed", error=_unexpected(error))
        else:
            self._end(job_id, "done", result=result)

    def _give_back(self, job_id: int) -> None:
        try:
            give_back(self._engine, job_id)
        except SQLAlchemyError:
            _log.exception("job:%s could not be queued again; the next start does it", job_id)

    def _end(self, job_id: int, state: str, **outcome: Any) -> None:
        try:
            finish(self._engine, job_id, state, **outcome)
        except SQLAlchemyError:
            _log.exception("How job:%s ended could not be written", job_id)

    def _actor_of(self, claimed: Job) -> Actor:
        with system_session(self._engine, f"begin job:{claimed.id}", is_reading=True) as session:
            actor = load_actor(session, claimed.experimenter_id, group_id=claimed.group_id, sudo_id=claimed.sudo_experimenter_id)
            # The work was allowed when it was asked for; what is left of a token is that it does not administrate.
            scopes = parse_scopes(claimed.scope) | {"write"} if claimed.scope else None
            return limit_actor(actor, scopes) if scopes else actor

    def _reporter(self, job_id: int) -> Callable[[float, str], None]:
        last = 0.0

        def report(progress: float, message: str) -> None:
            nonlocal last
            if self._stopping.is_set():
                raise _Stopping("The server is being stopped")
            now = time.monotonic()
            if now - last < _WRITE_S:
                return
            last = now
            if not note_progress(self._engine, job_id, progress, message):
                raise JobCancelledError(f"job:{job_id} was cancelled")

        return report


class _Stopping(BaseException):
    """The server is being stopped; no ordinary handler of errors may take this for a failure."""


def _unexpected(error: Exception) -> dict[str, Any]:
    return MicrariumError(f"An unexpected error, {type(error).__name__}: {error}"[:500]).to_problem()
