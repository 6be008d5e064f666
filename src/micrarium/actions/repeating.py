"""Requests that are sent again: the same key makes a thing once, and gives the answer of the first time.

The key is claimed in the transaction that makes the thing, so that neither exists without the other. The answer is kept
when it is known, without the secrets in it; where a server ended in between, a repetition is told that the thing was made
and its answer lost.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from micrarium.errors import Conflict, InvalidInput
from micrarium.model import IdempotencyKey
from micrarium.permissions import Actor, ActorSession, beside, every, find_by, system_session

KEPT = timedelta(hours=24)
#: How long a repetition waits for the answer of the first request.
WAIT_S = 10.0
_PRUNED_AT_ONCE = 20
_MOST_LETTERS = 255


@dataclass
class KeyedRequest:
    """A request whose sender gave it a key; ``row_id`` is set once it has claimed the key.

    ``secrets`` are the names of what is left out of the answer that is kept, as it is shown only once.
    """

    key: str
    digest: Any = field(default_factory=hashlib.sha256)
    row_id: int | None = None
    secrets: frozenset[str] = frozenset()

    @property
    def key_hash(self) -> str:
        """What is kept of the key."""
        return hashlib.sha256(self.key.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer that a request got the first time."""

    status: int
    headers: dict[str, str]
    body: bytes


class KeyTakenError(Exception):
    """Somebody else has just claimed the key."""


def find_answer(engine: Engine, actor: Actor, keyed: KeyedRequest, *, wait_s: float = WAIT_S) -> KeptAnswer | None:
    """The answer that the actor's request with this key got, waiting for it while it is being made; None where there was none.

    Raises ``InvalidInput`` for another request with the same key, ``Conflict`` when the answer does not come.
    """
    if not (1 <= len(keyed.key) <= _MOST_LETTERS and keyed.key.isprintable()):
        raise InvalidInput(f"An Idempotency-Key has 1 to {_MOST_LETTERS} printable characters", field="Idempotency-Key")
    give_up, pause_s = time.monotonic() + wait_s, 0.02
    while True:
        with system_session(engine, "look for the answer to a repeated request", is_reading=True) as session:
            row = find_by(session, IdempotencyKey, experimenter_id=actor.id, key_hash=keyed.key_hash)
        if row is None or row.created_at < datetime.now(UTC) - KEPT:
            return None
        if row.fingerprint != keyed.digest.hexdigest():
            raise InvalidInput("This Idempotency-Key was used for another request; give each its own", field="Idempotency-Key")
        if row.status is not None:
            return KeptAnswer(row.status, dict(row.headers or {}), (row.body or "").encode())
        if time.monotonic() > give_up or row.created_at < datetime.now(UTC) - timedelta(seconds=60):
            raise Conflict("A request with this Idempotency-Key was carried out, but its answer is not there; look what was made")
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.5)


def claim_key(session: ActorSession, keyed: KeyedRequest) -> None:
    """Claim the key of a request in the transaction of what it makes. Raises ``KeyTakenError`` when somebody was faster."""
    assert session.actor is not None
    values = {"experimenter_id": session.actor.id, "key_hash": keyed.key_hash}
    try:
        with beside(session, "claim an idempotency key") as system:
            _prune(system)
            if old := find_by(system, IdempotencyKey, **values):
                if old.created_at >= datetime.now(UTC) - KEPT:
                    raise KeyTakenError
                system.delete(old)
                system.flush()
            row = IdempotencyKey(**values, fingerprint=keyed.digest.hexdigest())
            system.add(row)
            system.flush()
            keyed.row_id = row.id
    except Conflict:
        raise KeyTakenError from None


def _prune(system: ActorSession) -> None:
    """Forget some keys whose time is over: more than a request adds, so that the table stays small."""
    over = every(IdempotencyKey).where(IdempotencyKey.created_at < datetime.now(UTC) - KEPT)
    for row in system.scalars(over.limit(_PRUNED_AT_ONCE).with_for_update(skip_locked=True)):
        system.delete(row)


def keep_answer(engine: Engine, keyed: KeyedRequest, kept: KeptAnswer) -> None:
    """Keep the answer to a request that has claimed its key."""
    with system_session(engine, "keep the answer to a request") as session:
        row = session.get(IdempotencyKey, keyed.row_id)
        if row is not None:
            row.status, row.headers, row.body = kept.status, kept.headers, kept.body.decode("utf-8", "replace")
