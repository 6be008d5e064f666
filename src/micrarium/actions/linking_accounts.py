"""People whom a provider or a directory vouches for: which account here is theirs, and what their groups there give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from micrarium.errors import Conflict, NotAllowed
from micrarium.model import Experimenter, ExperimenterGroup, ExternalIdentity, GroupExperimenterMap, Password
from micrarium.permissions import ActorSession, every, find_by, system_session
from micrarium.settings import Settings


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody as a provider or a directory knows them. ``subject`` stays theirs when their name or address changes."""

    source: str
    issuer: str
    subject: str
    username: str
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    groups: tuple[str, ...] = ()


def admit(engine: Engine, settings: Settings, outsider: Outsider) -> int:
    """The id of the account of somebody who was recognised elsewhere, with their name and groups as they are there now.

    Linked by subject; an account is made at the first sign-in where the settings say so. Raises ``NotAllowed`` or
    ``Conflict`` where there is none and none is made.
    """
    with system_session(engine, f"sign in by {outsider.source}") as session:
        linked = find_by(session, ExternalIdentity, issuer=outsider.issuer, subject=outsider.subject)
        if linked is None:
            person = _make_account(session, settings, outsider)
            linked = ExternalIdentity(
                experimenter_id=person.id,
                source=outsider.source,
                issuer=outsider.issuer,
                subject=outsider.subject,
                gave_admin=False,
            )
            session.add(linked)
        else:
            person = session.get_one(Experimenter, linked.experimenter_id)
        if not person.is_active:
            raise NotAllowed("This account is switched off; ask an administrator")
        linked.used_at = datetime.now(UTC)
        _copy_profile(person, outsider)
        _give_groups(session, settings, person, outsider)
        _give_rights(settings, person, linked, outsider)
        session.flush()
        return person.id


def map_groups(mapping: Mapping[str, str], groups: Iterable[str]) -> list[str]:
    """The groups here that groups elsewhere stand for. ``lab-*`` stands for all that begin so; the rest of the name takes
    the place of ``*`` in the group's name here."""
    found = []
    for group in groups:
        for theirs, ours in mapping.items():
            if theirs.endswith("*") and group.startswith(theirs[:-1]):
                found.append(ours.replace("*", group[len(theirs) - 1 :]).strip())
            elif theirs == group:
                found.append(ours)
    return sorted({name[:255] for name in found if name})


def _make_account(session: ActorSession, settings: Settings, outsider: Outsider) -> Experimenter:
    username = outsider.username.strip()
    there = find_by(session, Experimenter, ome_name=username)
    if there is not None:
        if settings.link_by_username and _is_free(session, there):
            return there
        raise Conflict(f"There is another account with the name {username}; ask an administrator to rename it or to link yours")
    if not settings.account_creation:
        raise NotAllowed("You have no account here; ask an administrator for one")
    if not username or len(username) > 255:
        raise Conflict("Your user name is not known there, so no account could be made for you; ask an administrator")
    made = Experimenter(ome_name=username)
    session.add(made)
    session.flush()
    if settings.account_group:
        _join(session, made, settings.account_group, None)
    return made


def _is_free(session: ActorSession, person: Experimenter) -> bool:
    """Whether an account waits to be taken over: nobody signs in to it by another way, and it gives no rights over others."""
    is_linked = find_by(session, ExternalIdentity, experimenter_id=person.id) is not None
    return not is_linked and not person.is_admin and session.get(Password, person.id) is None


def _copy_profile(person: Experimenter, outsider: Outsider) -> None:
    for name in ("first_name", "last_name", "email"):
        value = getattr(outsider, name)
        if value and getattr(person, name) != value[:255]:
            setattr(person, name, value[:255])


def _join(session: ActorSession, person: Experimenter, name: str, source: str | None) -> int:
    """Make a person a member of a group, which is made where it is not there; the group's id."""
    group = find_by(session, ExperimenterGroup, name=name)
    if group is None:
        group = ExperimenterGroup(name=name, description="Made when somebody of it signed in", level="private")
        session.add(group)
        session.flush()
    if find_by(session, GroupExperimenterMap, parent_id=group.id, child_id=person.id) is None:
        session.add(GroupExperimenterMap(parent_id=group.id, child_id=person.id, source=source))
        session.flush()
    return group.id


def _give_groups(session: ActorSession, settings: Settings, person: Experimenter, outsider: Outsider) -> None:
    """Memberships that came from there follow what is told there; those given by hand stay."""
    mapping = settings.oidc_group_map if outsider.source == "oidc" else settings.ldap_group_map
    given = {_join(session, person, name, outsider.source) for name in map_groups(mapping, outsider.groups)}
    theirs = every(GroupExperimenterMap).where(
        GroupExperimenterMap.child_id == person.id, GroupExperimenterMap.source == outsider.source
    )
    for membership in session.scalars(theirs).all():
        if membership.parent_id not in given:
            session.delete(membership)


def _give_rights(settings: Settings, person: Experimenter, linked: ExternalIdentity, outsider: Outsider) -> None:
    """An administrator whom the other side made is one as long as it says so; one made here stays."""
    group = settings.oidc_admin_group if outsider.source == "oidc" else settings.ldap_admin_group
    is_told = group is not None and group in outsider.groups
    if is_told and not person.is_admin:
        person.is_admin = linked.gave_admin = True
    elif not is_told and linked.gave_admin:
        person.is_admin = linked.gave_admin = False
        person.privileges = None
