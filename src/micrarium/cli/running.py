"""Running a command and ending it well: one clear line on standard error, and the exit status the error knows.

Exit status: 0 done, 1 invalid or partly failed, 2 wrong usage, 3 unreadable input, 4 not found or not allowed,
5 conflict, 130 interrupted.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import typer

from micrarium.cli import files
from micrarium.cli.application import make_application
from micrarium.errors import MicrariumError, spell_out

INTERRUPTED = 130
_FIELD_OF_REASON = re.compile(r"in '(X-R|r)eason'")


def main() -> None:
    """The ``micrarium`` command: runs and ends the process."""
    if not os.environ.get("MICRARIUM_DEBUG"):
        import warnings

        warnings.simplefilter("ignore")  # what libraries remark about each other is nothing a user can act on
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit status after running one command with these arguments; errors are told on standard error."""
    _make_streams_forgiving()
    try:
        app = _load_commands(arguments)
        status = app(args=list(arguments) or ["--help"], prog_name="micrarium", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _let_go_of_stdout()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except Exception as error:
        return _tell(error)
    return status if isinstance(status, int) else 0


def _load_commands(arguments: Sequence[str]) -> typer.Typer:
    """All commands; those on plain files alone where one of them is named, which is quicker."""
    if arguments and arguments[0] in files.NAMES:
        app = make_application()
        files.register(app)
        return app
    from micrarium.cli.commands import app as whole

    return whole


def _tell(error: Exception) -> int:
    """Say an error in one line and give back its exit status."""
    if os.environ.get("MICRARIUM_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, MicrariumError):
        # What an input is called elsewhere is called as the option here.
        _say(_FIELD_OF_REASON.sub("with --reason", error.detail) if error.field == "reason" else error.detail)
        return error.exit_code
    if hasattr(error, "format_message"):  # typer's own errors: a wrong option, a missing argument
        told = error.format_message().strip().rstrip(".")
        _say(f"{told}{'' if told.endswith('?') else '.'} See '{_command_of(error)} --help'.")
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, OSError) and error.strerror and error.filename:
        _say(f"{_shown(str(error.filename))} cannot be used: {error.strerror}")
        return 1
    _say(f"an unexpected error, {type(error).__name__}: {error} (set MICRARIUM_DEBUG=1 to see the traceback)")
    return 1


def _shown(path: str) -> str:
    """A path as the person knows it: the folder, for one of our own on its way to its name."""
    found = Path(path)
    return str(found.parent if found.name.endswith((".partial", ".old")) else found)


def _command_of(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context is not None else "micrarium"


def _say(sentence: str) -> None:
    with suppress(BrokenPipeError):
        print("micrarium:", spell_out(" ".join(sentence.split())), file=sys.stderr, flush=True)


def _make_streams_forgiving() -> None:
    # A terminal that cannot show "µ" gets a "?" instead of ending the command.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _let_go_of_stdout() -> int:
    # The reader (``| head``) has what it wanted. Python would complain about the closed pipe when it flushes at exit.
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
