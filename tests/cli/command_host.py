"""Commands for tests, each in a process of its own that has imported everything already.

What a command imports takes longer than what most of them do. So one process imports it all, and forks for each command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

#: Longer than any command takes that a test waits for.
PATIENCE_S = 120


class CommandHost:
    """The process that forks; ``run`` is like ``subprocess.run`` of ``micrarium``, with text from and to files."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder = process, folder

    def run(self, arguments: Sequence[str], *, stdin: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """What a command printed and how it ended, run in a folder with no environment but ``env``."""
        paths = [self._folder / name for name in ("in", "out", "err")]
        paths[0].write_text(stdin, encoding="utf-8")
        wanted = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env), "streams": list(map(str, paths))}
        channel_in, channel_out = self._process.stdin, self._process.stdout
        assert channel_in is not None
        assert channel_out is not None
        channel_in.write(json.dumps(wanted) + "\n")
        channel_in.flush()
        status = int(channel_out.readline())
        told = [path.read_text(encoding="utf-8") for path in paths[1:]]
        return subprocess.CompletedProcess(["micrarium", *arguments], status, *told)


@contextmanager
def start_host() -> Iterator[CommandHost]:
    """A host of commands, ended with the context."""
    with TemporaryDirectory(prefix="commands-") as folder:
        command = [sys.executable, __file__]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield CommandHost(process, Path(folder))
            assert process.stdin is not None
            process.stdin.close()


def serve() -> None:
    """Run the commands that come on standard input, a line of JSON each; answer each one's exit status in a line."""
    from sqlalchemy.orm import configure_mappers

    import micrarium.api.app
    import micrarium.cli.commands
    import micrarium.cli.running
    import micrarium.client  # noqa: F401

    configure_mappers()
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(wanted)
        signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))  # noqa: B023  # the alarm is of this child
        signal.alarm(PATIENCE_S)
        _, ended = os.waitpid(child, 0)
        signal.alarm(0)
        print(os.waitstatus_to_exitcode(ended), flush=True)


def _run(wanted: Mapping[str, list[str] | str | dict[str, str]]) -> None:
    """Become the command, and end with it."""
    status = 1
    try:
        for number, path in enumerate(wanted["streams"]):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(path, flags), number)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115  # as long as the process
        os.environ.clear()
        os.environ.update(wanted["env"])  # type: ignore[arg-type]  # of texts
        os.chdir(str(wanted["cwd"]))
        sys.argv = ["micrarium", *wanted["arguments"]]
        from micrarium.cli.running import main

        try:
            main()
        except SystemExit as exit_:
            status = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
