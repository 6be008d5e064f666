"""A new password for who has forgotten theirs: a mail with an address that works once, for an hour."""

from __future__ import annotations

import logging
import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from sqlalchemy import func, or_

from micrarium.actions.mailing import send_mail
from micrarium.actions.opening import Site
from micrarium.actions.signing_in import hash_key, set_password
from micrarium.errors import Conflict, InvalidInput, MicrariumError
from micrarium.model import Experimenter, ExternalIdentity, LoginSession, Password, PasswordReset
from micrarium.permissions import every, find_by, system_session

_log = logging.getLogger(__name__)

LASTS = timedelta(hours=1)
#: Mails to one person within that time; a further one would only fill their box.
MOST_MAILS = 3
#: Accounts that share one address.
_MOST_ACCOUNTS = 10


def require_mail(site: Site) -> None:
    """Nothing where the site sends mail, else ``Conflict`` with what to do instead."""
    if site.settings.smtp_url is None or site.settings.mail_from is None:
        raise Conflict("This site sends no mail; ask an administrator for a new password (micrarium user password NAME)")


def mail_reset(site: Site, name_or_email: str, *, address: str) -> None:
    """Send whoever has this name or e-mail address a mail; nobody where there is none. Raises nothing: nobody waits for it.

    ``address`` is that of the web application, which the mail names.
    """
    try:
        for email, subject, text in _write_mails(site, name_or_email.strip(), address):
            send_mail(site.settings, email, subject, text)
    except MicrariumError as error:
        _log.error("A mail for a new password could not be sent: %s", error)
    except Exception:
        _log.exception("A mail for a new password could not be sent")


def _write_mails(site: Site, name_or_email: str, address: str) -> list[tuple[str, str, str]]:
    """The mails to send, each an address, a subject and a text; their keys are kept as hashes."""
    found, now = [], datetime.now(UTC)
    with system_session(site.engine, "somebody asks for a new password") as session:
        for old in session.scalars(every(PasswordReset).where(PasswordReset.expires_at < now)).all():
            session.delete(old)
        wanted = or_(Experimenter.ome_name == name_or_email, func.lower(Experimenter.email) == name_or_email.lower())
        people = every(Experimenter).where(wanted, Experimenter.is_active.is_(True)).order_by(Experimenter.id).limit(_MOST_ACCOUNTS)
        for person in session.scalars(people).all() if name_or_email else ():
            waiting = session.scalars(every(PasswordReset).where(PasswordReset.experimenter_id == person.id)).all()
            if not person.email or len(waiting) >= MOST_MAILS:
                continue
            subject = f"A new password for {person.ome_name} on Micrarium"
            if session.get(Password, person.id) is None and find_by(session, ExternalIdentity, experimenter_id=person.id):
                text = f"Your account {person.ome_name} at {address} has no password there: sign in as you do elsewhere.\n"
            else:
                key = secrets.token_urlsafe(32)
                made = PasswordReset(key_hash=hash_key(key), experimenter_id=person.id, created_at=now, expires_at=now + LASTS)
                session.add(made)
                text = _TEXT.format(name=person.ome_name, link=f"{address}/reset-password#{quote(key)}")
            found.append((person.email, subject, text))
    return found


_TEXT = """\
Somebody, you we hope, asked for a new password for the account {name}. Choose one here within an hour:

{link}

If it was not you, do nothing: your password stays as it is.
"""


def reset_password(site: Site, key: str, password: str) -> None:
    """Give the person a mail went to a new password, and end every session of theirs. The key works once.

    Raises ``InvalidInput`` for a key that is unknown, used or too old, and for a password that is not good enough.
    """
    with system_session(site.engine, "a new password by mail") as session:
        found = find_by(session, PasswordReset, key_hash=hash_key(key))
        person = session.get(Experimenter, found.experimenter_id) if found is not None else None
        if found is None or person is None or not person.is_active or found.expires_at < datetime.now(UTC):
            raise InvalidInput("This link was used already or is too old; ask for another mail", field="token")
        set_password(session, person, password, fewest=site.settings.password_min_length)
        for letter in session.scalars(every(PasswordReset).where(PasswordReset.experimenter_id == person.id)).all():
            session.delete(letter)
        for sign_in in session.scalars(every(LoginSession).where(LoginSession.experimenter_id == person.id)).all():
            session.delete(sign_in)
