"""Opening files for the first time, and reading all of their pixels, in a process that may die of it.

Some files end the program that reads them: a library beneath runs into a fault, takes all memory, or never comes back. So
what nobody has opened yet is opened, its pixels are looked at, and pyramids are made of them, in a process of its own with
limits on memory and time. When that one dies the file is told to be the cause, another process takes the next file, and the
server lives. A process ends with the one that started it, whatever it is doing.

Each line that the process reads is a request in JSON, each line it writes an answer. It is told nothing secret.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from micrarium.errors import MicrariumError, UnreadableFile
from micrarium.formats.building import build_pyramid_of
from micrarium.formats.finding import FoundFileset, examine
from micrarium.formats.ome_zarr_store import find_distant, read_at_a_distance
from micrarium.formats.opening import open_image_file
from micrarium.pixels.statistics import ChannelStatistics, file_statistics

_log = logging.getLogger(__name__)

#: A process is replaced after so many requests, which bounds what its libraries forget to give back.
_MOST_REQUESTS = 1000
_BEAT_S = 1.0
#: The limits where a reader asks for a trial by itself.
_TRIED_MB, _TRIED_S = 4096, 30.0
#: What a disk says that is full, or where a file may not become so large.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: The settings that a process which opens files is told.
_ABOUT_READERS = ("MICRARIUM_PREFER_READERS", "MICRARIUM_BIOFORMATS_")
#: How much longer than its parent waits a process lives that nobody waits for any more.
_GRACE_S = 30


class DeadlyFile(UnreadableFile):
    """A file that the process which opened it did not outlive, or was given up over."""


class _GivenUp(DeadlyFile):
    """A file that took too long, which it would once more."""


class Trial:
    """A process that opens files for the first time. Not for several threads at once; see ``trying``."""

    def __init__(self, *, memory_mb: int, timeout_s: float) -> None:
        self.memory_mb, self.timeout_s = memory_mb, timeout_s
        #: Called about once a second while an answer is awaited; what it raises ends the process and goes on.
        self.beat: Callable[[], None] = lambda: None
        #: Called with the part that is done, where the process tells it; what it raises does the same.
        self.progress: Callable[[float], None] = lambda _part: None
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()
        self._complaints: IO[bytes] | None = None
        self._asked = 0
        self._told: dict[str, str] = {}

    def examine(self, path: Path, *, is_grouping: bool = True, reader: str | None = None) -> FoundFileset | None:
        """The fileset that a path opens, None for a folder that is only a folder; a file that ends its reader has a problem."""
        try:
            answer = self.call(f"{__name__}:_examine", path, grouping="yes" if is_grouping else "no", reader=reader or "")
        except UnreadableFile as error:
            return FoundFileset(path, "", (path,), problem=error.detail)
        if answer is None:
            return None
        files = tuple(Path(file) for file in answer["files"])
        return FoundFileset(Path(answer["path"]), answer["reader"], files, problem=answer["problem"])

    def measure(self, path: Path, *, reader: str) -> dict[int, tuple[ChannelStatistics, ...]]:
        """What was seen of each channel of a file's images, by their places in the file. Raises ``UnreadableFile``."""
        answer = self.call(f"{__name__}:_measure", path, reader=reader)
        return {int(series): tuple(_statistics(one) for one in channels) for series, channels in answer.items()}

    def build_pyramid(self, path: Path, out: Path, *, reader: str, series: int, progress: Callable[[float], None]) -> None:
        """Write the pyramid of an image of a file to ``out``. Raises ``UnreadableFile``, or what ``progress`` raises."""
        self.progress = progress
        try:
            self.call(f"{__name__}:_build_pyramid", path, reader=reader, series=str(series), out=str(out))
        finally:
            self.progress = lambda _part: None

    def call(self, function: str, path: Path, **values: str) -> Any:
        """What ``module:function`` returns for a path and other texts there, as JSON keeps it.

        Raises ``UnreadableFile``, ``DeadlyFile``.
        """
        request = {"function": function, "path": str(path), "values": values, "timeout_s": self.timeout_s + _GRACE_S}
        if distant := find_distant(path):
            request["distant"] = [str(part) for part in distant]
        if self.is_worn:
            self._start()
        was_used = self._asked > 0
        try:
            answer = self._exchange(request, path)
        except DeadlyFile as error:
            if isinstance(error, _GivenUp) or not was_used:
                raise
            self._start()  # it may have died of what came before
            answer = self._exchange(request, path)
        if "error" in answer:
            raise (DeadlyFile if answer["is_deadly"] else UnreadableFile)(str(answer["error"]))
        return answer["result"]

    def close(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            end_process(process)
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None

    @property
    def is_worn(self) -> bool:
        """Whether the process has done enough, is none, or was told of other readers than there are now."""
        is_gone = self._process is None or self._process.poll() is not None
        return is_gone or self._asked >= _MOST_REQUESTS or self._told != _told_of_readers()

    def _start(self) -> None:
        self.close()
        self._asked, self._answers = 0, queue.Queue()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        self._told = _told_of_readers()
        command = [sys.executable, "-c", f"from {__name__} import main; main()", str(self.memory_mb)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._complaints}
        self._process = subprocess.Popen(command, env=plain_environment(), text=True, encoding="ascii", **pipes)
        threading.Thread(target=_pass_on, args=(self._process.stdout, self._answers), daemon=True).start()

    def _exchange(self, request: dict[str, Any], path: Path) -> dict[str, Any]:
        """One answer. Raises ``DeadlyFile`` where the process dies of it or takes too long."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        self._asked += 1
        with contextlib.suppress(OSError):  # it is gone, as is told below
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        while True:
            answer = self._wait(path)
            if "alive" not in answer:
                return answer
            self._or_end(partial(self.progress, answer["alive"]))

    def _wait(self, path: Path) -> dict[str, Any]:
        """What the process says next, an answer or that it comes on."""
        give_up = time.monotonic() + self.timeout_s
        while True:
            try:
                line = self._answers.get(timeout=max(0.01, min(_BEAT_S, give_up - time.monotonic())))
                break
            except queue.Empty:
                self._or_end(self.beat)
                if time.monotonic() > give_up:
                    self.close()
                    told = f"{path.name} was given up after {self.timeout_s:g} seconds of opening it; it may be damaged"
                    raise _GivenUp(told) from None
        if not line:
            raise DeadlyFile(self._obituary(path))
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _or_end(self, tell: Callable[[], None]) -> None:
        """Tell somebody, and end the process where they want no more of it."""
        try:
            tell()
        except BaseException:
            self.close()
            raise

    def _obituary(self, path: Path) -> str:
        """Of what the process died; what it said last goes to the log."""
        process, complaints = self._process, self._complaints
        assert process is not None
        assert complaints is not None
        status = process.wait()
        complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - 4000))
        _log.error("%s ended the process that opened it (%s): %s", path, status, complaints.read().decode(errors="replace"))
        self.close()
        cause = signal.Signals(-status).name if status < 0 else f"status {status}"
        return f"{path.name} ends the program that opens it ({cause}), so it is not opened again; it is probably damaged"


def end_process(process: subprocess.Popen[Any]) -> None:
    """End a process that is spoken to through pipes, whatever it does."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            assert stream is not None
            stream.close()


def plain_environment() -> dict[str, str]:
    """The environment without our own settings, among which are passwords; but for those that choose and provide readers."""
    own = {name for name in os.environ if name.upper().startswith("MICRARIUM_") and not name.upper().startswith(_ABOUT_READERS)}
    return {name: value for name, value in os.environ.items() if name not in own}


def _told_of_readers() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.upper().startswith(_ABOUT_READERS)}


def _pass_on(stream: IO[str], answers: queue.Queue[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            answers.put(line)
    answers.put("")


def _statistics(told: dict[str, Any]) -> ChannelStatistics:
    low, high = told["window"]
    return ChannelStatistics(**{**told, "counts": tuple(told["counts"]), "window": (low, high)})


_is_in_trial = False
#: Says how far the process is, where it is one: each image of many, or part of one, may take the time for one file.
_come_on: Callable[[float], None] = lambda _part: None  # noqa: E731  # replaced in that process
_idle: list[Trial] = []
_lock = threading.Lock()


@contextmanager
def trying(*, memory_mb: int, timeout_s: float, beat: Callable[[], None] = lambda: None) -> Iterator[Trial]:
    """A process to open new files in, with limits of memory and of time for a file; one of each memory is kept for the next."""
    with _lock:
        fitting = [one for one in _idle if one.memory_mb == memory_mb]
        trial = fitting[0] if fitting else Trial(memory_mb=memory_mb, timeout_s=timeout_s)
        if fitting:
            _idle.remove(trial)
    trial.timeout_s, trial.beat = timeout_s, beat
    try:
        yield trial
    finally:
        with _lock:
            is_kept = not trial.is_worn and all(one.memory_mb != trial.memory_mb for one in _idle)
            if is_kept:
                _idle.append(trial)
        if not is_kept:
            trial.close()


def try_out(function: str, path: Path, *, files: Sequence[Path] = (), **values: str) -> None:
    """Calls ``module:function`` for a path in a process of its own first, once for every state of its files.

    For formats whose library breaks off the whole process over some files. Raises ``DeadlyFile`` where it does; what else
    goes wrong is told by whoever opens the file then.
    """
    if not _is_in_trial:
        states = [file.stat() for file in files or (path,)]
        problem = _tried(function, path, tuple((state.st_mtime_ns, state.st_size) for state in states), tuple(values.items()))
        if problem:
            raise DeadlyFile(problem)


@lru_cache(maxsize=4096)
def _tried(function: str, path: Path, _states: tuple[tuple[int, int], ...], values: tuple[tuple[str, str], ...]) -> str:
    try:
        with trying(memory_mb=_TRIED_MB, timeout_s=_TRIED_S) as trial:
            trial.call(function, path, **dict(values))
    except DeadlyFile as error:
        return error.detail
    except UnreadableFile:
        pass
    return ""


@atexit.register
def _close_idle() -> None:
    while _idle:
        _idle.pop().close()


# --- the process ------------------------------------------------------------------------------------------------------


def _examine(path: Path, *, grouping: str, reader: str) -> Any:
    found = examine(path, is_grouping=grouping == "yes", reader=reader or None)
    if found is None:
        return None
    told = {"path": str(found.path), "reader": found.reader, "problem": found.problem}
    return told | {"files": [str(file) for file in found.files]}


def _measure(path: Path, *, reader: str) -> Any:
    found = {}
    with open_image_file(path, reader=reader) as opened:
        for series, channels in file_statistics(opened):
            found[series] = [asdict(one) for one in channels]
            _come_on(len(found) / len(opened.images))
    return found


def _build_pyramid(path: Path, *, reader: str, series: str, out: str) -> None:
    build_pyramid_of(path, reader=reader, series=int(series), out=out, progress=_come_on)


def _limit(memory_mb: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What is allocated, not what is mapped: large files are read through maps, which cost no memory. The limit can be taken
    # back, as the process of Bio-Formats does, which has a limit of its own.
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = memory_mb << 20 if hard == resource.RLIM_INFINITY else min(memory_mb << 20, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def main() -> None:
    """Answer requests until there are no more."""
    import faulthandler

    global _is_in_trial, _come_on
    _is_in_trial = True
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the parent, who ends this
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what libraries print is no answer
    _limit(int(sys.argv[1]))

    def say(answer: dict[str, Any], *, seconds: float) -> None:
        answers.write(json.dumps(answer, default=float) + "\n")
        answers.flush()
        _set_alarm(seconds)

    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        request = json.loads(requests.get())
        seconds = request["timeout_s"]
        _set_alarm(seconds)  # should the parent be gone, and the library beneath hold everything and never come back

        def come_on(part: float, *, seconds: float = seconds) -> None:
            say({"alive": part}, seconds=seconds)

        _come_on = come_on
        say(_answer(request), seconds=0)


def _listen(requests: queue.Queue[str]) -> None:
    """Take requests, also while one is worked on: where no more can come nobody waits for its answer."""
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    path, (module, function) = Path(request["path"]), request["function"].split(":")
    if "distant" in request:
        read_at_a_distance(Path(request["distant"][0]), request["distant"][1])
    try:
        return {"result": getattr(import_module(module), function)(path, **request["values"])}
    except MicrariumError as error:
        return {"error": error.detail, "is_deadly": False}
    except MemoryError:
        told = f"{path.name} takes more than {sys.argv[1]} MB of memory to open; it may be damaged"
        return {"error": told, "is_deadly": True}
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        if full := [told for told in map(os.strerror, _FULL) if told in str(error)]:
            return {"error": f"There is no room on the disk for what is made of {path.name} ({full[0]})", "is_deadly": False}
        return {"error": f"{path.name} cannot be read, it may be damaged or cut short ({reason})", "is_deadly": False}


def _set_alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
