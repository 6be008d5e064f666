"""Coming in with a name and a password: those of an account here, or of the directory the settings name."""

from __future__ import annotations

from micrarium.actions.linking_accounts import Outsider, admit
from micrarium.actions.opening import Site
from micrarium.actions.signing_in import SignIn, Visit, sign_in, start_session
from micrarium.model import Experimenter, Password
from micrarium.permissions import find_by, system_session


def enter_with_password(site: Site, username: str, password: str, visit: Visit) -> SignIn:
    """A new browser session, or ``NotSignedIn`` without saying which of name and password was wrong.

    An account that has a password here is asked for that one and no other, so that a directory that is away, or that has
    somebody else of the same name, keeps no administrator out and lets nobody else in.
    """
    hours = site.settings.session_hours
    if site.settings.ldap_url is None or _has_password(site, username):
        return sign_in(site.engine, username, password, hours=hours, visit=visit)
    from micrarium.actions.asking_directory import ask_directory

    return enter_from_elsewhere(site, ask_directory(site.settings, username, password), visit)


def enter_from_elsewhere(site: Site, outsider: Outsider, visit: Visit) -> SignIn:
    """A new browser session of somebody whom a provider or the directory has recognised."""
    person_id = admit(site.engine, site.settings, outsider)
    return start_session(site.engine, person_id, hours=site.settings.session_hours, visit=visit)


def _has_password(site: Site, username: str) -> bool:
    with system_session(site.engine, "look whose password it is", is_reading=True) as session:
        person = find_by(session, Experimenter, ome_name=username)
        return person is not None and session.get(Password, person.id) is not None
