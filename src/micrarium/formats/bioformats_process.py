"""The process in which Bio-Formats runs, as the rest of the program talks to it: one, kept for many files.

Java's machine may die of a file, take all memory or never come back; then this process alone is ended, and another one takes
the next request. Each request is a line of JSON, each answer a line of JSON and as many bytes as that says.
"""

from __future__ import annotations

import atexit
import contextlib
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
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

from micrarium.errors import MicrariumError, UnreadableFile, UnsupportedFormat
from micrarium.formats.bioformats_java import check_bridge, find_jar, find_java, suffix_file
from micrarium.formats.trying import end_process, plain_environment

_log = logging.getLogger(__name__)

#: The process ends by itself after so long without a request, and the next request starts another.
IDLE_S = 300
#: How long Bio-Formats may think about whether it knows a file: some junk with the right suffix holds it for ever.
_KNOWING_S = 20.0
_LARGEST_ANSWER = 1 << 31


class Answer(NamedTuple):
    """What Bio-Formats said: a JSON object and, for pixels, bytes."""

    told: dict[str, Any]
    data: bytearray


class _Ended(Exception):
    """The process ended before it answered."""


class BioFormats:
    """A process with a Java machine that reads files with Bio-Formats; many threads may ask, one at a time is answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[Answer | None] = queue.Queue()
        self._complaints: IO[bytes] | None = None
        self._asked = 0

    @property
    def pid(self) -> int | None:
        """The number of the process, None while there is none."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        process = self._process
        return process is not None and process.poll() is None

    def ask(self, do: str, path: Path, *, timeout_s: float | None = None, **values: Any) -> Answer:
        """The answer to one request about a file, in the time that the settings give it unless told.

        Raises ``UnsupportedFormat`` where Bio-Formats or Java is missing or it does not know the file, ``UnreadableFile``
        where it cannot read it, or the process dies of it or takes too long.
        """
        request = {"do": do, "path": str(path), **values}
        limit_s = _timeout_s() if timeout_s is None else timeout_s
        with self._lock:
            was_used = self._asked > 0
            try:
                answer = self._exchange(request, path, limit_s)
            except _Ended as ended:
                if not was_used:
                    raise UnreadableFile(str(ended)) from None
                try:  # it may have died of what came before, or of age
                    answer = self._exchange(request, path, limit_s)
                except _Ended as again:
                    raise UnreadableFile(str(again)) from None
        if "error" in answer.told:
            kind = UnsupportedFormat if answer.told.get("is_unknown") else UnreadableFile
            raise kind(f"{path.name} cannot be read by Bio-Formats: {answer.told['error']}")
        return answer

    def close(self) -> None:
        """End the process, whatever it does."""
        process, self._process, self._asked = self._process, None, 0
        if process is not None:
            end_process(process)
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None

    def forget(self) -> None:
        """In a fork: leave the process, which belongs to the parent."""
        process, self._process = self._process, None
        self._lock, self._asked, self._answers = threading.Lock(), 0, queue.Queue()
        if process is not None:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                os.dup2(nothing, stream.fileno())  # the parent's end of the pipe is to be the only one
            os.close(nothing)
            process.returncode = 0  # it is no child of this one

    def _exchange(self, request: dict[str, Any], path: Path, limit_s: float) -> Answer:
        if self._process is None or self._process.poll() is not None:
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        self._asked += 1
        try:
            with contextlib.suppress(OSError):  # it is gone, as is told below
                process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
                process.stdin.flush()
            answer = self._answers.get(timeout=limit_s)
        except queue.Empty:
            self.close()
            told = f"{path.name} was given up after {limit_s:g} seconds of Bio-Formats reading it"
            raise UnreadableFile(f"{told}; MICRARIUM_BIOFORMATS_TIMEOUT_S is the limit") from None
        except BaseException:  # whoever waited is gone, and the answer would go to the next
            self.close()
            raise
        if answer is None:
            raise _Ended(self._obituary(path))
        return answer

    def _start(self) -> None:
        self.close()
        jar, machine = find_jar(), find_java()
        check_bridge()
        self._answers = queue.Queue()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        started = "from micrarium.formats.bioformats_jvm import main; main()"
        command = [sys.executable, "-c", started, str(machine), str(jar), str(_memory_mb()), str(IDLE_S)]
        # Java takes names of files for ASCII unless the locale says otherwise.
        environment = plain_environment() | {"LC_ALL": "C.UTF-8"}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._complaints}
        self._process = subprocess.Popen(command, env=environment, **pipes)
        threading.Thread(target=_pass_on, args=(self._process.stdout, self._answers), daemon=True).start()

    def _obituary(self, path: Path) -> str:
        process, complaints = self._process, self._complaints
        assert process is not None
        assert complaints is not None
        status = process.wait()
        complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - 4000))
        said = complaints.read().decode(errors="replace")
        self.close()
        if status:
            _log.error("%s ended Bio-Formats (%s): %s", path, status, said)
        cause = signal.Signals(-status).name if status < 0 else f"status {status}"
        return f"{path.name} ended Bio-Formats, which was reading it ({cause}); it is probably damaged"


def _pass_on(stream: IO[bytes], answers: queue.Queue[Answer | None]) -> None:
    """Hand answers on until there are no more."""
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            told = json.loads(line)
            size = int(told.pop("bytes", 0))
            if not 0 <= size < _LARGEST_ANSWER:
                break
            data = bytearray(size)
            view, read = memoryview(data), 0
            while read < size:
                step = stream.readinto(view[read:])  # type: ignore[attr-defined]  # a buffered reader has it
                if not step:
                    break
                read += step
            if read < size:
                break
            answers.put(Answer(told, data))
    answers.put(None)


def _settings() -> Any:
    from micrarium.settings import load_settings

    return load_settings()


def _is_set(name: str) -> bool:
    return any(variable.upper() == name for variable in os.environ)


def _timeout_s() -> float:
    """The setting; settings are only loaded where it is set."""
    return float(_settings().bioformats_timeout_s) if _is_set("MICRARIUM_BIOFORMATS_TIMEOUT_S") else 120.0


def _memory_mb() -> int:
    return int(_settings().bioformats_memory_mb) if _is_set("MICRARIUM_BIOFORMATS_MEMORY_MB") else 2048


#: The one process of this program.
BIOFORMATS = BioFormats()
atexit.register(BIOFORMATS.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=BIOFORMATS.forget)


def is_known(path: Path) -> bool:
    """Whether Bio-Formats knows a file. Only files with a suffix that it knows are shown to it."""
    try:
        jar = find_jar()
        if not path.name.lower().endswith(_suffixes(jar, jar.stat().st_mtime_ns)):
            return False
        state = path.stat()
        return _asked_for(path, state.st_mtime_ns, state.st_size, jar)
    except (MicrariumError, OSError) as error:
        _log.info("Bio-Formats cannot say whether it knows %s: %s", path, error)
        return False


@lru_cache(maxsize=4096)
def _asked_for(path: Path, _changed_ns: int, _size: int, _jar: Path) -> bool:
    try:
        return bool(BIOFORMATS.ask("know", path, timeout_s=_KNOWING_S).told["is_known"])
    except UnsupportedFormat:
        raise
    except UnreadableFile as error:  # it held Bio-Formats up or ended it, which it would once more
        _log.info("%s", error.detail)
        return False


@lru_cache(maxsize=4)
def _suffixes(jar: Path, _changed_ns: int) -> tuple[str, ...]:
    """The suffixes that Bio-Formats itself lists, with their dots; asked for once and kept beside."""
    kept = suffix_file(jar)
    with contextlib.suppress(OSError, ValueError):
        return tuple(str(one) for one in json.loads(kept.read_text(encoding="utf-8")))
    start = time.monotonic()
    found = sorted({f".{one.lower()}" for one in BIOFORMATS.ask("suffixes", jar).told["suffixes"] if one})
    _log.info("Bio-Formats knows %d suffixes, which it took %.1f s to say", len(found), time.monotonic() - start)
    with contextlib.suppress(OSError):
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(found), encoding="utf-8")
        part.replace(kept)
    return tuple(found)
