"""Work done by the workers of a Dask cluster, which see the same folders under the same paths as the server.

A call names a function as ``module:function`` and gives it a path, other plain values, and ``progress`` to call with the
part that is done. What the function raises as one of our errors arrives as the same sentence; a worker that dies of a call
is replaced by another one a few times, and then the call is given up.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from queue import Empty, Queue
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, Any

from micrarium.errors import MicrariumError, Unavailable, UnreadableFile, from_problem

if TYPE_CHECKING:
    from distributed import Client, Future

_log = logging.getLogger(__name__)

#: How long the scheduler may take to answer, and how long it may have no worker.
_ANSWER_S = 10
#: How often workers tell how far they are, and are asked whether to go on.
_TELL_S = 1.0
_BEAT_S = 0.5


@dataclass(frozen=True, slots=True)
class Call:
    """A function of ours, as ``module:function``, the path it works on, and what else it is given, as JSON could hold it."""

    function: str
    path: Path
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call, by its place among the calls: a result, or the error that it ended with."""

    index: int
    result: Any = None
    error: MicrariumError | None = None


class Cluster:
    """The workers behind the scheduler at an address such as ``tcp://cluster:8786``; connected to when it is first used."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client: Client | None = None
        self._lock = Lock()

    def check(self) -> int:
        """How many workers there are. Raises ``Unavailable`` when the scheduler does not answer or has none."""
        try:
            workers = self._connect().scheduler_info(n_workers=-1)["workers"]
        except MicrariumError:
            raise
        except Exception as error:
            raise self._unavailable(error) from error
        if not workers:
            raise Unavailable(f"The Dask scheduler at {self.address} has no workers")
        return len(workers)

    def run(self, calls: Sequence[Call], *, report: Callable[[int, float], None]) -> Iterator[Answer]:
        """The answers to some calls as they come, done side by side by as many workers as there are.

        ``report`` is called about twice a second with the place of a call and the part of it that is done; what it raises
        ends all calls. Raises ``Unavailable`` when the cluster cannot be reached or is gone.
        """
        self.check()
        client = self._connect()
        topic = f"micrarium-{token_hex(8)}"
        parts: dict[int, float] = {}
        client.subscribe_topic(topic, lambda event: parts.__setitem__(*event[1]))
        futures: dict[Future, int] = {}
        try:
            for index, call in enumerate(calls):
                terms = (call.function, str(call.path), dict(call.values), topic, index, version("micrarium"))
                futures[client.submit(_do, *terms, pure=False, key=f"{topic}-{index}")] = index
            yield from self._gather(futures, parts, report)
        finally:
            self._let_go(client, topic, futures)

    def close(self) -> None:
        """Leave the cluster; its workers go on without us."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close(timeout=_ANSWER_S)

    def _connect(self) -> Client:
        with self._lock:
            if self._client is not None and self._client.status != "running":
                self._client.close(timeout=1)
                self._client = None
            if self._client is None:
                self._client = self._open()
            return self._client

    def _open(self) -> Client:
        try:
            from distributed import Client
        except ImportError:
            raise Unavailable("Dask is not installed here: pip install 'micrarium[cluster]'") from None
        try:
            return Client(self.address, timeout=_ANSWER_S, set_as_default=False, name="micrarium")
        except Exception as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> Unavailable:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        return Unavailable(f"The Dask scheduler at {self.address} does not answer: {reason}")

    def _gather(
        self, futures: dict[Future, int], parts: dict[int, float], report: Callable[[int, float], None]
    ) -> Iterator[Answer]:
        done: Queue[Future] = Queue()
        for future in futures:
            future.add_done_callback(done.put)
        waiting = dict(futures)
        while waiting:
            with contextlib.suppress(Empty):
                future = done.get(timeout=_BEAT_S)
                yield self._answer(future, waiting.pop(future))
                continue
            if self._client is None or self._client.status != "running":
                raise Unavailable(f"The Dask scheduler at {self.address} is gone")
            for index in waiting.values():
                report(index, parts.get(index, 0.0))

    def _answer(self, future: Future, index: int) -> Answer:
        try:
            told = future.result(timeout=_ANSWER_S)
        except Exception as error:  # a worker that died of it, or a cluster that went away
            _log.error("A call on the cluster failed: %s", error)
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            return Answer(index, error=Unavailable(f"The workers at {self.address} could not do it: {reason}"))
        if "problem" in told:
            return Answer(index, error=from_problem(told["problem"], told["problem"]["status"]))
        return Answer(index, told["result"])

    def _let_go(self, client: Client, topic: str, futures: Mapping[Future, int]) -> None:
        """Stop what still runs, and forget the rest."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            if any(not future.done() for future in futures):
                client.cancel(list(futures), force=True)
            client.unsubscribe_topic(topic)


# --- on a worker ------------------------------------------------------------------------------------------------------


class _UnwantedError(BaseException):
    """Nobody waits for this call any more."""


def _do(function: str, path: str, values: dict[str, Any], topic: str, index: int, wanted: str) -> dict[str, Any]:
    from distributed import get_worker

    worker = get_worker()
    key, last = f"{topic}-{index}", 0.0

    def progress(part: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _TELL_S:
            last = now
            worker.log_event(topic, (index, part))
            task = worker.state.tasks.get(key)
            if task is None or task.state in ("cancelled", "released", "forgotten"):
                raise _UnwantedError

    try:
        if (own := version("micrarium")) != wanted:
            raise Unavailable(f"The worker {worker.address} has Micrarium {own}, and the server {wanted}")
        module, name = function.split(":")
        return {"result": getattr(import_module(module), name)(Path(path), progress=progress, **values)}
    except _UnwantedError:
        return {"result": None}
    except MicrariumError as error:
        return {"problem": error.to_problem()}
    except OSError as error:
        told = f"{error.filename or path} cannot be used by the worker {worker.address}: {error.strerror or error}"
        return {"problem": UnreadableFile(told).to_problem()}
