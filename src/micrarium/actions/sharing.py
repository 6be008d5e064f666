"""Showing data to people without an account: share links, publications, and entering through them.

A link's key is random and only its SHA-256 is kept, so it is shown once. What a link shows is asked of the database each
time: what its maker may see by then, below the object it is about, or found by the search it is about.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from cachetools import TTLCache
from sqlalchemy import Engine

from micrarium.actions.blinding import words_to_hide
from micrarium.actions.safeguarding import require_reason, require_reason_for_all
from micrarium.actions.searching import found_ids, parse_query
from micrarium.actions.signing_in import SignIn, hash_key, hash_secret, is_secret
from micrarium.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn
from micrarium.model import ExperimenterGroup, Grant, GrantUse, in_utc
from micrarium.model.grants import GRANTED
from micrarium.model.schema import entities, entity_by_singular
from micrarium.permissions import (
    Actor,
    ActorSession,
    Reach,
    beside,
    dialect_of,
    every,
    find_by,
    get_visible,
    load_actor,
    require,
    system_session,
    visible,
)

_GONE = "There is no such link, or it has ended"
#: Grants are listed with how often they were used on each of so many of their last days of use.
_DAYS = 30
#: Visits that are going on: whoever comes back within ten minutes never left.
_visits: TTLCache[tuple[str, int, str], bool] = TTLCache(100_000, 600.0)
_lock = Lock()


def share(
    session: ActorSession,
    name: str,
    *,
    audience: str = "link",
    title: str = "",
    query: str | None = None,
    password: str | None = None,
    may_annotate: bool = False,
    is_blind: bool = False,
    shown_keys: Sequence[str] = (),
    opens_at: datetime | None = None,
    expires_at: datetime | None = None,
    reason: str | None = None,
) -> tuple[Grant, str | None]:
    """A new grant of an object (``dataset:3``) or a search (``search``, with ``query``), and the key of its link.

    Raises ``NotAllowed`` for what is not the actor's to share, ``InvalidInput`` for what does not go together, and for
    sensitive data without a reason.
    """
    assert session.actor is not None
    if session.actor.sudo_id is not None or session.actor.is_reading:
        raise NotAllowed("Whoever works as somebody else, or only reads, shares nothing")
    kind, object_id, group_id = _shared_object(session, name, query, audience=audience, reason=reason)
    _check_terms(
        audience, opens_at, expires_at, password=password, may_annotate=may_annotate, shown_keys=shown_keys, is_blind=is_blind
    )
    # Not asked of a change: an embargo is lifted by moving it to a time that has come.
    if opens_at is not None and in_utc(opens_at) <= datetime.now(UTC):
        raise InvalidInput("opens_at lies in the past; leave it out to show it at once", field="opens_at")
    key = secrets.token_urlsafe(24) if audience == "link" else None
    grant = Grant(
        audience=audience, entity_type=kind, entity_id=object_id, query=query if kind == "Search" else None, name=title,
        key_hash=key and hash_key(key), password_hash=hash_secret(password) if password else None,
        may_annotate=may_annotate, is_blind=is_blind, shown_keys=list(shown_keys), reason=reason, group_id=group_id,
        opens_at=opens_at, expires_at=expires_at, experimenter_id=session.actor.id,
    )  # fmt: skip
    session.add(grant)
    session.flush()
    return grant, key


def _shared_object(
    session: ActorSession, name: str, query: str | None, *, audience: str, reason: str | None
) -> tuple[str, int | None, int | None]:
    """The class, the id and the group of what shall be shared."""
    assert session.actor is not None
    if name == "search":
        if audience == "public":
            raise InvalidInput("A search cannot be published; publish what it finds", field="object")
        if query is None or parse_query(query).is_empty:
            raise InvalidInput("Say in 'query' what the shared search asks for", field="query")
        require_reason_for_all(session, reason=reason)
        return "Search", None, session.actor.group_id
    kind, _, number = name.partition(":")
    entity = entity_by_singular().get(kind)
    if entity is None or entity.__name__ not in GRANTED or not number.isascii() or not number.isdecimal():
        known = ", ".join(f"{k.lower()}:ID" for k in GRANTED[:-1])
        raise InvalidInput(f"{name!r} cannot be shared; known are: {known}, search", field="object")
    obj: Any = get_visible(session, entity, int(number))
    require(session, "share", obj)
    require_reason(session, entity, [obj.id], reason=reason, doing="sharing")
    return entity.__name__, obj.id, obj.group_id


def _check_terms(
    audience: str,
    opens_at: datetime | None,
    expires_at: datetime | None,
    *,
    password: str | None,
    may_annotate: bool,
    is_blind: bool,
    shown_keys: Sequence[str],
) -> None:
    if audience not in ("link", "public"):
        raise InvalidInput("audience is 'link' or 'public'", field="audience")
    if audience == "public" and (password or may_annotate or is_blind):
        raise InvalidInput("What is published has no password, is not annotated by strangers and is not blind", field="audience")
    if is_blind and may_annotate:
        raise InvalidInput("A blind link is for looking only: whoever annotates could be told by it", field="may_annotate")
    if shown_keys and not is_blind:
        raise InvalidInput("Only blind links choose which keys they show", field="shown_keys")
    if password is not None and len(password) < 4:
        raise InvalidInput("The password of a link has at least 4 characters", field="password")
    if expires_at is not None and in_utc(expires_at) <= datetime.now(UTC):
        raise InvalidInput("expires_at lies in the past", field="expires_at")
    if opens_at is not None and expires_at is not None and in_utc(expires_at) <= in_utc(opens_at):
        raise InvalidInput("expires_at is before opens_at", field="expires_at")


def list_grants(session: ActorSession, *, name: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """The grants its actor made (all, for administrators), the newest first, with how they were used."""
    assert session.actor is not None
    statement = visible(Grant, session.actor).order_by(Grant.id.desc()).limit(limit)
    if name is not None:
        kind, _, number = name.partition(":")
        entity = entity_by_singular().get(kind)
        if entity is None or not number.isascii() or not number.isdecimal():
            raise InvalidInput(f"{name!r} is no object such as dataset:3", field="object")
        statement = statement.where(Grant.entity_type == entity.__name__, Grant.entity_id == int(number))
    found = list(session.scalars(statement))
    return [describe_grant(grant) | uses for grant, uses in zip(found, _uses(session, found), strict=True)]


def _uses(session: ActorSession, grants: Sequence[Grant]) -> list[dict[str, Any]]:
    by_grant: dict[int, list[GrantUse]] = {grant.id: [] for grant in grants}
    with beside(session, "show how grants were used") as system:
        rows = every(GrantUse).where(GrantUse.grant_id.in_(by_grant)).order_by(GrantUse.day.desc())
        for use in system.scalars(rows):
            by_grant[use.grant_id].append(use)
    told = []
    for grant in grants:
        uses = by_grant[grant.id]
        days = [{"day": use.day.isoformat(), "count": use.count} for use in uses[:_DAYS]]
        told.append({"use_count": sum(u.count for u in uses), "last_used_at": uses[0].last_at if uses else None, "uses": days})
    return told


def describe_grant(grant: Grant) -> dict[str, Any]:
    """A grant as clients see it, without its key."""
    kind = next((e.singular() for e in entities() if e.__name__ == grant.entity_type), "search")
    names = (
        "id", "audience", "name", "query", "may_annotate", "is_blind", "shown_keys", "reason", "experimenter_id", "group_id",
        "created_at", "opens_at", "expires_at", "revoked_at",
    )  # fmt: skip
    told = {name: getattr(grant, name) for name in names}
    shared = kind if grant.entity_id is None else f"{kind}:{grant.entity_id}"
    return {"object": shared} | told | {"has_password": grant.password_hash is not None, "is_open": _is_open(grant)}


def _is_open(grant: Grant) -> bool:
    now = datetime.now(UTC)
    begun = grant.opens_at is None or grant.opens_at <= now
    return begun and grant.revoked_at is None and (grant.expires_at is None or grant.expires_at > now)


def change_grant(session: ActorSession, grant_id: int, values: dict[str, Any]) -> Grant:
    """A grant with another name, another time to open or to end, or another password. Raises ``NotFound``."""
    grant = get_visible(session, Grant, grant_id)
    if grant.revoked_at is not None:
        raise InvalidInput(f"grant:{grant_id} was withdrawn; make a new one")
    if "password" in values:
        password = values.pop("password")
        _check_terms(grant.audience, None, None, password=password, may_annotate=False, is_blind=False, shown_keys=())
        grant.password_hash = hash_secret(password) if password else None
    for name, value in values.items():
        setattr(grant, name, value)
    _check_terms(grant.audience, grant.opens_at, grant.expires_at, password=None, may_annotate=False, is_blind=False, shown_keys=())
    session.flush()
    return grant


def revoke_grant(session: ActorSession, grant_id: int) -> None:
    """End a grant now; it stays in the list of what was shared."""
    grant = get_visible(session, Grant, grant_id)
    grant.revoked_at = grant.revoked_at or datetime.now(UTC)
    session.flush()


def enter_link(
    engine: Engine, key: str, *, password: str | None = None, proof: str | None = None, visitor: str = ""
) -> tuple[SignIn, str | None]:
    """The actor that a link stands for, and the proof that its password was given (for a cookie).

    ``visitor`` is whence they come: a visit counts as one use however much is looked at.
    Raises ``NotFound`` for a link that never was, was withdrawn, has ended or has not begun, and ``NotSignedIn`` where a
    password is missing or wrong.
    """
    with system_session(engine, "open a share link", is_reading=True) as session:
        grant = find_by(session, Grant, key_hash=hash_key(key))
        if grant is None or not _is_open(grant):
            raise NotFound(_GONE)
        proven = _check_password(grant, password, proof)
        try:
            maker = load_actor(session, grant.experimenter_id, group_id=grant.group_id, is_reading=not grant.may_annotate)
        except NotSignedIn:
            raise NotFound(_GONE) from None
        reach = _reach_of(session, grant)
    _note_use(engine, grant.id, visitor)
    return SignIn(replace(maker, group_id=grant.group_id, reach=reach)), proven


def _check_password(grant: Grant, password: str | None, proof: str | None) -> str | None:
    if grant.password_hash is None:
        return None
    right = hmac.new(grant.password_hash.encode(), str(grant.id).encode(), hashlib.sha256).hexdigest()
    if proof is not None and hmac.compare_digest(proof, right):
        return right
    if password is None:
        raise NotSignedIn("This link asks for a password", needs="password")
    if not is_secret(grant.password_hash, password):
        raise NotSignedIn("The password of this link is wrong", needs="password")
    return right


def _reach_of(session: ActorSession, grant: Grant) -> Reach:
    terms: dict[str, Any] = {
        "grant_id": grant.id, "is_blind": grant.is_blind, "may_annotate": grant.may_annotate, "shown_keys": tuple(grant.shown_keys)
    }  # fmt: skip
    if grant.is_blind and grant.shown_keys:
        terms["hidden_words"] = words_to_hide(session)
    if grant.entity_type == "Search":
        query, dialect = grant.query or "", dialect_of(session)
        return Reach(query=query, dialect=dialect, found=found_ids(query, dialect=dialect), **terms)
    return Reach(roots=((grant.entity_type, grant.entity_id or 0),), **terms)


def enter_public(engine: Engine, *, public_group: str | None = None) -> SignIn:
    """The actor that is everybody: who sees what is published by now. Raises ``NotSignedIn`` where nothing is."""
    # What was published stays when the account of who published it is switched off: people leave, and what an institute has
    # published is cited. It belongs to the institute, whose administrators take it back. (Links end with their maker.)
    with system_session(engine, "enter without an account", is_reading=True) as session:
        now = datetime.now(UTC)
        statement = every(Grant).where(Grant.audience == "public", Grant.revoked_at.is_(None))
        statement = statement.where(Grant.opens_at.is_(None) | (Grant.opens_at <= now))
        statement = statement.where(Grant.expires_at.is_(None) | (Grant.expires_at > now)).order_by(Grant.id)
        columns = statement.with_only_columns(Grant.entity_type, Grant.entity_id)
        roots = tuple(dict.fromkeys((row[0], row[1] or 0) for row in session.execute(columns)))
        group = find_by(session, ExperimenterGroup, name=public_group) if public_group else None
    if not roots and group is None:
        raise NotSignedIn("Nothing is published here; sign in")
    reach = Reach(roots=roots, groups=() if group is None else (group.id,), is_public=True)
    return SignIn(Actor(0, "public", is_reading=True, reach=reach))


def _note_use(engine: Engine, grant_id: int, visitor: str) -> None:
    """Count a visit, in a transaction of its own: requests that only read wait for nobody who writes."""
    visit = (str(engine.url), grant_id, visitor)
    with _lock:
        if visit in _visits:
            return
        _visits[visit] = True
    now = datetime.now(UTC)
    with system_session(engine, "count the visits by a link") as session:
        today = find_by(session, GrantUse, grant_id=grant_id, day=now.date())
        if today is None:
            session.add(GrantUse(grant_id=grant_id, day=now.date(), count=1, last_at=now))
        else:
            today.count, today.last_at = today.count + 1, now


def describe_visit(engine: Engine, sign_in: SignIn) -> dict[str, Any]:
    """What a visitor is told of the link they came by: what it is about, and what it lets them do."""
    reach = sign_in.actor.reach
    assert reach is not None
    if reach.is_public:
        return {"object": None, "query": None, "name": "", "is_public": True, "is_blind": False, "may_annotate": False}
    with system_session(engine, "describe a share link", is_reading=True) as session:
        grant = session.get(Grant, reach.grant_id)
        if grant is None:
            raise NotFound(_GONE)
        told = describe_grant(grant)
    names = ("object", "query", "name", "is_blind", "may_annotate", "expires_at")
    shown = {name: told[name] for name in names} | {"is_public": False}
    return shown | ({"name": "", "query": None, "expires_at": None} if reach.is_blind else {})
