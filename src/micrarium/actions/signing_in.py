"""Signing in and out: passwords, browser sessions, tokens. Keys are random; only their SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from micrarium.errors import InvalidInput, NotAllowed, NotSignedIn
from micrarium.model import Experimenter, LoginSession, Password, Token
from micrarium.permissions import Actor, ActorSession, find_by, load_actor, system_session

if TYPE_CHECKING:
    from argon2 import PasswordHasher


@dataclass(frozen=True, slots=True)
class SignIn:
    """An actor, and how they came in: ``csrf_token`` is set for browsers only."""

    actor: Actor
    csrf_token: str | None = None
    key: str | None = None


@lru_cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


def hash_key(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def set_password(session: ActorSession, experimenter: Experimenter, password: str) -> None:
    """Give a person a password of at least eight characters."""
    if len(password) < 8:
        raise InvalidInput("A password has at least 8 characters", field="password")
    found = session.get(Password, experimenter.id)
    if found is None:
        session.add(Password(experimenter_id=experimenter.id, hash=_hasher().hash(password)))
    else:
        found.hash = _hasher().hash(password)


def is_password_of(session: ActorSession, experimenter_id: int, password: str) -> bool:
    """Whether a password is a person's; in a session of the system."""
    kept = session.get(Password, experimenter_id)
    return _is_right(kept.hash if kept else _unknown_hash(), password)


def sign_in(engine: Engine, username: str, password: str, *, hours: float) -> SignIn:
    """A new browser session, or ``NotSignedIn`` without saying which of name and password was wrong."""
    with system_session(engine, "check a password") as session:
        person = find_by(session, Experimenter, ome_name=username)
        kept = session.get(Password, person.id) if person else None
        stored = kept.hash if kept else None
        is_active = person is not None and person.is_active
    # An unknown name takes as long as a wrong password, so that names cannot be guessed by the clock.
    if not _is_right(stored or _unknown_hash(), password) or not is_active or person is None:
        raise NotSignedIn("The user name or the password is wrong")
    key, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    with system_session(engine, f"sign in {username}") as session:
        actor = load_actor(session, person.id)
        expires = datetime.now(UTC) + timedelta(hours=hours)
        session.add(
            LoginSession(
                key_hash=hash_key(key), csrf_token=csrf, experimenter_id=person.id, group_id=actor.group_id, expires_at=expires
            )
        )
    return SignIn(actor, csrf, key)


@lru_cache
def _unknown_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def _is_right(stored: str, password: str) -> bool:
    from argon2.exceptions import VerificationError

    try:
        return _hasher().verify(stored, password)
    except VerificationError:
        return False


def sign_out(engine: Engine, key: str) -> None:
    """End a browser session."""
    with system_session(engine, "sign out") as session:
        if found := find_by(session, LoginSession, key_hash=hash_key(key)):
            session.delete(found)


def resume_session(engine: Engine, key: str, *, hours: float) -> SignIn:
    """The actor a browser session's cookie stands for; using it keeps it alive. Raises ``NotSignedIn``."""
    with system_session(engine, "resume a session", is_reading=True) as session:
        found = find_by(session, LoginSession, key_hash=hash_key(key))
        now = datetime.now(UTC)
        if found is None or found.expires_at < now:
            raise NotSignedIn("You are not signed in, or your session has ended")
        resumed = SignIn(load_actor(session, found.experimenter_id, group_id=found.group_id), found.csrf_token, key)
    if found.expires_at < now + timedelta(hours=hours * 0.9):
        _keep_alive(engine, key, now + timedelta(hours=hours))
    return resumed


def _keep_alive(engine: Engine, key: str, expires_at: datetime) -> None:
    """Written in a transaction of its own: a request that only reads must not wait for those that write."""
    with system_session(engine, "keep a session alive") as session:
        if found := find_by(session, LoginSession, key_hash=hash_key(key)):
            found.expires_at = expires_at


def enter_with_token(engine: Engine, key: str, *, is_reading: bool = False) -> SignIn:
    """The actor a token stands for; ``is_reading`` takes any right to change away from it. Raises ``NotSignedIn``."""
    with system_session(engine, "check a token", is_reading=True) as session:
        found = find_by(session, Token, key_hash=hash_key(key))
        if found is None or (found.expires_at is not None and found.expires_at < datetime.now(UTC)):
            raise NotSignedIn("This token is unknown or has expired")
        actor = load_actor(session, found.experimenter_id, group_id=found.group_id, is_reading=is_reading or found.scope == "read")
        return SignIn(actor)


def change_group(engine: Engine, sign_in_: SignIn, group_id: int) -> SignIn:
    """The same browser session with another current group."""
    if group_id not in sign_in_.actor.memberships:
        raise NotAllowed(f"You are not a member of experimenter_group:{group_id}")
    with system_session(engine, "change the current group") as session:
        found = find_by(session, LoginSession, key_hash=hash_key(sign_in_.key or ""))
        if found is None:
            raise NotSignedIn("You are not signed in")
        found.group_id = group_id
        return SignIn(load_actor(session, found.experimenter_id, group_id=group_id), found.csrf_token, sign_in_.key)


def make_token(session: ActorSession, *, name: str, scope: str, expires_at: datetime | None) -> tuple[Token, str]:
    """A new token of the session's actor and its text, which is not kept and cannot be shown again."""
    assert session.actor is not None
    if scope not in ("read", "write"):
        raise InvalidInput("A token is for 'read' or 'write'", field="scope")
    key = f"mic_{secrets.token_urlsafe(32)}"
    values: dict[str, Any] = {"name": name, "scope": scope, "expires_at": expires_at, "group_id": session.actor.group_id}
    token = Token(**values, key_hash=hash_key(key), created_at=datetime.now(UTC), experimenter_id=session.actor.id)
    session.add(token)
    session.flush()
    return token, key
