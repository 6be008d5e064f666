"""From where changes come and why: said once at the edge, kept with every event that is recorded meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Origin:
    """Through what a change came (``web``, ``cli``, ``python``, ``api``), from which address, with which token, in which job,
    and why, where somebody said so."""

    client: str | None = None
    address: str | None = None
    token_name: str | None = None
    reason: str | None = None
    job_id: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Its fields, as a job keeps them until it is begun."""
        return asdict(self)


_NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("micrarium_origin", default=_NOWHERE)


def current_origin() -> Origin:
    """From where what is being done now comes."""
    return _current.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """What is recorded in this block, by this thread, comes from there."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)
