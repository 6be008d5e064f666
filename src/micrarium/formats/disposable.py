"""Doing something in a process that may crash: libraries written in C crash or hang over files that were damaged on purpose.

A small process is started at the first question and waits. For each question it makes a copy of itself, which may take some
seconds of computing and some memory, answers or dies, so that a question costs milliseconds and a crash costs nothing.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from threading import Lock
from typing import Any

from micrarium.errors import MicrariumError

#: Processor time: a slow disk is no reason to give up.
_LONGEST_CPU_S = 6
_LONGEST_S = 120
_MOST_MEMORY_BYTES = 8 << 30
_LARGEST_ANSWER_BYTES = 1 << 20
_SERVE = "from micrarium.formats.disposable import serve; serve()"


class Crashed(Exception):
    """The process that was asked died, or was stopped because it took too long."""


class _Waiting:
    """The process that waits for questions of this one."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        places = os.pathsep.join(path for path in sys.path if path)
        environment = os.environ | {"PYTHONPATH": places, "OPENBLAS_NUM_THREADS": "1"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen([sys.executable, "-c", _SERVE], env=environment, text=True, **pipes)  # type: ignore[call-overload]

    def ask(self, question: str) -> str:
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        answer: str = self._process.stdout.readline()
        if not answer:
            raise OSError("the waiting process ended")
        return answer

    def close(self) -> None:
        if self.owner == os.getpid():
            with suppress(OSError):
                self._process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.stdout.close()


_waiting: list[_Waiting] = []
_lock = Lock()


def ask(function: str, *arguments: str) -> Any:
    """What ``module:function`` returns, as JSON can hold it, when a process of its own calls it with these texts.

    Raises ``Crashed`` when that process dies. Where the system cannot copy processes the function is called here.
    """
    if not hasattr(os, "fork"):
        return _call(function, *arguments)
    question = json.dumps([function, *arguments])
    with _lock:
        for attempt in (1, 2):
            if not _waiting or _waiting[0].owner != os.getpid():  # after a fork the pipes are the parent's
                _waiting[:] = [_Waiting()]
            try:
                answer = json.loads(_waiting[0].ask(question))
                break
            except (OSError, ValueError):
                _waiting.pop().close()
                if attempt == 2:
                    raise
    if "crash" in answer:
        raise Crashed(answer["crash"])
    return answer["answer"]


@atexit.register
def _end() -> None:
    while _waiting:
        _waiting.pop().close()


def _call(function: str, *arguments: str) -> Any:
    module, name = function.split(":")
    return getattr(import_module(module), name)(*arguments)


def serve() -> None:
    """Answer the questions that come as lines, each from a copy of this process, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the one that asks
    _prepare()
    for line in sys.stdin:
        function, *arguments = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _answer(writing, function, arguments)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read(_LARGEST_ANSWER_BYTES)
        status = os.waitpid(child, 0)[1]
        told = said.decode() if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0 else json.dumps({"crash": _reason(status)})
        sys.stdout.write(told + "\n")
        sys.stdout.flush()


def _prepare() -> None:
    """Import once what most questions need, so that every copy has it."""
    from micrarium.formats.opening import readers

    readers()
    for module in ("h5py", "micrarium.formats.hdf5_images", "micrarium.formats.hdf5_kinds"):
        import_module(module)


def _answer(writing: int, function: str, arguments: list[str]) -> None:
    """Write the answer and end this process."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (_LONGEST_CPU_S, _LONGEST_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
    signal.alarm(_LONGEST_S)
    code = 1
    try:
        os.write(writing, json.dumps({"answer": _call(function, *arguments)}).encode())
        code = 0
    except MicrariumError:  # the one that asks will meet it too, and say it better
        os.write(writing, b'{"answer": null}')
        code = 0
    finally:
        os._exit(code)


def _reason(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return "it ran out of memory or failed in a way of its own"
    number = os.WTERMSIG(status)
    return "it took too long" if number in (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM) else signal.Signals(number).name
