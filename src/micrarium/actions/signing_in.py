"""Signing in and out: passwords, browser sessions, tokens. Keys are random; only their SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from micrarium.actions.judging_passwords import FEWEST, check_password
from micrarium.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn
from micrarium.model import Experimenter, LoginSession, Password, Token, in_utc
from micrarium.permissions import (
    Actor,
    ActorSession,
    every,
    find_by,
    limit_actor,
    load_actor,
    parse_scopes,
    require_scope,
    spell_scopes,
    system_session,
)

if TYPE_CHECKING:
    from argon2 import PasswordHasher

#: How long an administrator works as somebody else before asking again.
SUDO_HOURS = 8.0
#: When a session or token was last used is written no more often than this.
_NOTE_USE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Visit:
    """From where somebody comes: an address of the network, and what their browser calls itself."""

    address: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """An actor, and how they came in: ``csrf_token`` is set for browsers only, ``token_name`` for tokens."""

    actor: Actor
    csrf_token: str | None = None
    key: str | None = None
    token_name: str | None = None


@lru_cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


def hash_key(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def set_password(session: ActorSession, experimenter: Experimenter, password: str, *, fewest: int = FEWEST) -> None:
    """Give a person a password that is good enough. Raises ``InvalidInput`` for one that is not."""
    check_password(password, username=experimenter.ome_name, fewest=fewest)
    found = session.get(Password, experimenter.id)
    if found is None:
        session.add(Password(experimenter_id=experimenter.id, hash=_hasher().hash(password)))
    else:
        found.hash = _hasher().hash(password)


def is_password_of(session: ActorSession, experimenter_id: int, password: str) -> bool:
    """Whether a password is a person's; in a session of the system."""
    kept = session.get(Password, experimenter_id)
    return _is_right(kept.hash if kept else _unknown_hash(), password)


def sign_in(engine: Engine, username: str, password: str, *, hours: float, visit: Visit = Visit()) -> SignIn:  # it is frozen
    """A new browser session, or ``NotSignedIn`` without saying which of name and password was wrong."""
    with system_session(engine, "check a password") as session:
        person = find_by(session, Experimenter, ome_name=username)
        kept = session.get(Password, person.id) if person else None
        stored = kept.hash if kept else None
        is_active = person is not None and person.is_active
    # An unknown name takes as long as a wrong password, so that names cannot be guessed by the clock.
    if not _is_right(stored or _unknown_hash(), password) or not is_active or person is None:
        raise NotSignedIn("The user name or the password is wrong")
    return start_session(engine, person.id, hours=hours, visit=visit)


def start_session(engine: Engine, experimenter_id: int, *, hours: float, visit: Visit, sudo_id: int | None = None) -> SignIn:
    """A new browser session of a person whom somebody else has recognised."""
    key, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(24), datetime.now(UTC)
    with system_session(engine, f"sign in experimenter:{experimenter_id}") as session:
        actor = load_actor(session, experimenter_id, sudo_id=sudo_id)
        made = LoginSession(key_hash=hash_key(key), csrf_token=csrf, experimenter_id=experimenter_id, group_id=actor.group_id)
        made.created_at, made.expires_at, made.sudo_experimenter_id = now, now + timedelta(hours=hours), sudo_id
        made.used_at, made.address, made.browser = now, visit.address[:64], visit.browser[:255]
        session.add(made)
    return SignIn(actor, csrf, key)


def become(engine: Engine, actor: Actor, username: str) -> Actor:
    """Somebody else as an administrator with ``Sudo`` works as them; every event of it names both.

    Raises ``NotAllowed`` for those without that privilege, and where the other one may more.
    """
    if not actor.has("Sudo") or actor.is_reading or actor.sudo_id is not None:
        raise NotAllowed("Only administrators with the privilege Sudo work as somebody else")
    with system_session(engine, f"experimenter:{actor.id} asks to work as {username}", is_reading=True) as session:
        person = find_by(session, Experimenter, ome_name=username)
        if person is None or not person.is_active:
            raise NotFound(f"There is no user {username!r}")
        if not actor.covers(is_admin=person.is_admin, privileges=person.privileges):
            raise NotAllowed(f"{username} has more privileges than you")
        return load_actor(session, person.id, sudo_id=actor.id)


def sign_in_as(engine: Engine, actor: Actor, username: str, *, visit: Visit = Visit()) -> SignIn:  # it is frozen
    """A new browser session in which an administrator works as somebody else, for a working day at most (see ``become``)."""
    other = become(engine, actor, username)
    return start_session(engine, other.id, hours=SUDO_HOURS, visit=visit, sudo_id=actor.id)


def list_sessions(engine: Engine, actor: Actor, experimenter_id: int, *, key: str | None = None) -> list[dict[str, Any]]:
    """The browsers in which a person is signed in, the newest first; one's own, or anybody's with ``ReadSession``.

    ``key`` is that of the session that asks, which is then marked as ``is_current``.
    """
    _require_sessions(actor, experimenter_id, "ReadSession")
    with system_session(engine, f"list the sessions of experimenter:{experimenter_id}", is_reading=True) as session:
        statement = every(LoginSession).where(LoginSession.experimenter_id == experimenter_id)
        statement = statement.where(LoginSession.expires_at > datetime.now(UTC)).order_by(LoginSession.id.desc())
        names = ("id", "created_at", "used_at", "expires_at", "address", "browser", "group_id", "sudo_experimenter_id")
        current = hash_key(key) if key else None
        return [
            {name: getattr(found, name) for name in names} | {"is_current": found.key_hash == current}
            for found in session.scalars(statement)
        ]


def end_session(engine: Engine, actor: Actor, experimenter_id: int, session_id: int) -> None:
    """End one browser session of a person: of one's own, or of anybody with ``ModifyUser``. ``NotFound`` where there is none."""
    _require_sessions(actor, experimenter_id, "ModifyUser")
    require_scope(actor, "write")
    with system_session(engine, f"experimenter:{actor.id} ends session {session_id}") as session:
        found = find_by(session, LoginSession, id=session_id, experimenter_id=experimenter_id)
        if found is None:
            raise NotFound(f"There is no session {session_id}")
        session.delete(found)


def _require_sessions(actor: Actor, experimenter_id: int, privilege: str) -> None:
    # What is not one's own is answered alike, whoever there is.
    if actor.id != experimenter_id and not actor.has(privilege):
        raise NotFound(f"There is no experimenter:{experimenter_id} whose sessions you may see")


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
        sudo_id = found.sudo_experimenter_id
        if sudo_id is not None:
            _require_still_sudo(session, sudo_id, found.experimenter_id)
        actor = load_actor(session, found.experimenter_id, group_id=found.group_id, sudo_id=sudo_id)
        resumed = SignIn(actor, found.csrf_token, key)
    if found.used_at is None or found.used_at < now - _NOTE_USE:
        # Who works as somebody else does so for a while, however busy they are.
        _keep_alive(engine, key, found.expires_at if sudo_id is not None else now + timedelta(hours=hours), now=now)
    return resumed


def _require_still_sudo(session: ActorSession, sudo_id: int, experimenter_id: int) -> None:
    """Nothing while the administrator may still work as the person, else ``NotSignedIn``."""
    sudoer, person = load_actor(session, sudo_id), session.get(Experimenter, experimenter_id)
    rights = None if person is None else (person.is_admin, person.privileges)
    if rights is None or not sudoer.has("Sudo") or not sudoer.covers(is_admin=rights[0], privileges=rights[1]):
        raise NotSignedIn("You may not work as this person any more")


def _keep_alive(engine: Engine, key: str, expires_at: datetime, *, now: datetime) -> None:
    """Written in a transaction of its own: a request that only reads must not wait for those that write."""
    with system_session(engine, "keep a session alive") as session:
        if found := find_by(session, LoginSession, key_hash=hash_key(key)):
            found.expires_at, found.used_at = expires_at, now


def enter_with_token(engine: Engine, key: str, *, is_reading: bool = False) -> SignIn:
    """The actor a token stands for; ``is_reading`` takes any right to change away from it. Raises ``NotSignedIn``."""
    with system_session(engine, "check a token", is_reading=True) as session:
        found = find_by(session, Token, key_hash=hash_key(key))
        if found is None or (found.expires_at is not None and found.expires_at < datetime.now(UTC)):
            raise NotSignedIn("This token is unknown or has expired")
        actor = load_actor(session, found.experimenter_id, group_id=found.group_id)
        token_id, token_name, used_at = found.id, found.name, found.used_at
        limited = limit_actor(actor, parse_scopes(found.scope), is_reading=is_reading)
    now = datetime.now(UTC)
    if used_at is None or used_at < now - _NOTE_USE:
        with system_session(engine, f"token:{token_id} is used") as session:
            if used := session.get(Token, token_id):
                used.used_at = now
    return SignIn(limited, token_name=token_name)


def change_group(engine: Engine, sign_in_: SignIn, group_id: int) -> SignIn:
    """The same browser session with another current group."""
    if group_id not in sign_in_.actor.memberships:
        raise NotAllowed(f"You are not a member of experimenter_group:{group_id}")
    with system_session(engine, "change the current group") as session:
        found = find_by(session, LoginSession, key_hash=hash_key(sign_in_.key or ""))
        if found is None:
            raise NotSignedIn("You are not signed in")
        found.group_id = group_id
        sudo_id = found.sudo_experimenter_id
        actor = load_actor(session, found.experimenter_id, group_id=group_id, sudo_id=sudo_id)
        return SignIn(actor, found.csrf_token, sign_in_.key)


def make_token(session: ActorSession, *, name: str, scope: str, expires_at: datetime | None) -> tuple[Token, str]:
    """A new token of the session's actor and its text, which is not kept and cannot be shown again."""
    assert session.actor is not None
    wanted, has = parse_scopes(scope), session.actor.scopes
    if has is not None and not wanted <= has:
        raise NotAllowed(f"A token makes none that is for more than itself, which is for {spell_scopes(has)}")
    if session.actor.sudo_id is not None:
        raise NotAllowed("Whoever works as somebody else makes no tokens of theirs: nothing would tell the two apart")
    if "admin" in wanted and not session.actor.is_admin:
        raise NotAllowed("Only administrators have tokens for 'admin'", field="scope")
    if expires_at is not None and in_utc(expires_at) <= datetime.now(UTC):
        raise InvalidInput("expires_at lies in the past", field="expires_at")
    key = f"mic_{secrets.token_urlsafe(32)}"
    values: dict[str, Any] = {
        "name": name,
        "scope": spell_scopes(wanted),
        "expires_at": expires_at,
        "group_id": session.actor.group_id,
    }
    token = Token(**values, key_hash=hash_key(key), created_at=datetime.now(UTC), experimenter_id=session.actor.id)
    session.add(token)
    session.flush()
    return token, key


def hash_secret(secret: str) -> str:
    """The argon2 hash of a password that is no account's, such as that of a share link."""
    return _hasher().hash(secret)


def is_secret(stored: str, secret: str) -> bool:
    """Whether a password is the one whose hash is kept."""
    return _is_right(stored, secret)
