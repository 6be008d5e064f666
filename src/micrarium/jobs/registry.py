"""What a kind of job does: functions that actions register under a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from micrarium.errors import NotFound
from micrarium.permissions import Actor


class JobCancelledError(BaseException):
    """The person who asked for a job wants it no longer. No handler of errors may take this for one."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a job's function is given: its number, who asked, with what arguments, and how to say how far it is.

    ``kept`` is what ``keep`` was last called with, when a server ended under the job and it is begun again.
    """

    job_id: int
    actor: Actor
    arguments: dict[str, Any]
    #: Called with the part that is done and what is being done; raises ``JobCancelledError`` when the job was cancelled.
    report: Callable[[float, str], None] = field(repr=False)
    #: Called with the result so far, as JSON holds it.
    keep: Callable[[dict[str, Any]], None] = field(repr=False)
    kept: dict[str, Any] | None = None


#: Takes the site and the work, and gives back the result as JSON holds it. It may be run twice.
Function = Callable[[Any, Work], dict[str, Any]]

_functions: dict[str, Function] = {}


def job(kind: str) -> Callable[[Function], Function]:
    """Registers a function as what jobs of a kind do; a decorator."""

    def register(function: Function) -> Function:
        _functions[kind] = function
        return function

    return register


def function_of(kind: str) -> Function:
    """What jobs of a kind do. Raises ``NotFound`` for a kind that nobody registered."""
    try:
        return _functions[kind]
    except KeyError:
        raise NotFound(f"This server knows no jobs of the kind {kind!r}", field="kind") from None
