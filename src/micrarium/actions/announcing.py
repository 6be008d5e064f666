"""Telling people something: the banner that everyone sees, and mail to users."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from micrarium.actions.mailing import send_mail
from micrarium.actions.opening import Site
from micrarium.errors import Conflict, InvalidInput, MicrariumError, NotAllowed, Unavailable
from micrarium.jobs import Work, ask_for, job
from micrarium.model import Banner, Experimenter, ExperimenterGroup, GroupExperimenterMap, Job, in_utc
from micrarium.model.site import BANNER_LEVELS
from micrarium.permissions import Actor, ActorSession, every, get_visible, require_privilege, system_session

LONGEST_BANNER, LONGEST_SUBJECT, LONGEST_MAIL = 2000, 200, 100_000


def show_banner(engine: Engine) -> dict[str, Any]:
    """The banner that is shown now; its ``text`` is empty where there is none."""
    with system_session(engine, "show the banner", is_reading=True) as session:
        found = session.scalars(every(Banner).order_by(Banner.id.desc()).limit(1)).first()
    if found is None or (found.ends_at is not None and found.ends_at <= datetime.now(UTC)):
        return {"text": "", "level": "info", "ends_at": None, "set_at": None}
    return {name: getattr(found, name) for name in ("text", "level", "ends_at", "set_at")}


def set_banner(engine: Engine, actor: Actor, text: str, *, level: str = "info", ends_at: datetime | None = None) -> dict[str, Any]:
    """The banner that is shown from now on; an empty text takes it away."""
    require_administrator(actor, "ModifyUser", told="Only administrators change the banner")
    if level not in BANNER_LEVELS:
        raise InvalidInput(f"The level of a banner is one of {', '.join(BANNER_LEVELS)}", field="level")
    if len(text) > LONGEST_BANNER:
        raise InvalidInput(f"A banner has at most {LONGEST_BANNER} characters", field="text")
    if text.strip() and ends_at is not None and in_utc(ends_at) <= datetime.now(UTC):
        raise InvalidInput("The banner would end in the past", field="ends_at")
    with system_session(engine, f"experimenter:{actor.id} sets the banner") as session:
        session.add(Banner(text=text.strip(), level=level, ends_at=ends_at, experimenter_id=actor.id))
    return show_banner(engine)


def require_administrator(actor: Actor, privilege: str | None = None, *, told: str = "Only administrators may do this") -> None:
    """Nothing for an administrator, with a privilege where something is changed; else ``NotAllowed``."""
    if not actor.is_admin:
        raise NotAllowed(told)
    if privilege is not None:
        require_privilege(actor, privilege, told=told)
    if privilege is not None and actor.is_reading:
        raise NotAllowed("This sign-in is for reading only")


def request_mail(
    session: ActorSession, site: Site, subject: str, text: str, *, group_ids: list[int], user_ids: list[int], is_to_all: bool
) -> Job:
    """A job that mails these people, the members of these groups, or everyone who is active; each gets a mail of their own."""
    assert session.actor is not None
    require_administrator(session.actor, "ModifyUser", told="Only administrators write to users")
    if site.settings.smtp_url is None or site.settings.mail_from is None:
        raise Conflict("This server sends no mail; set MICRARIUM_SMTP_URL and MICRARIUM_MAIL_FROM")
    if not subject.strip() or len(subject) > LONGEST_SUBJECT or any(ord(c) < 32 for c in subject):
        raise InvalidInput(f"A subject is one line of 1 to {LONGEST_SUBJECT} characters", field="subject")
    if not text.strip() or len(text) > LONGEST_MAIL:
        raise InvalidInput(f"A mail has 1 to {LONGEST_MAIL} characters", field="text")
    if not (group_ids or user_ids or is_to_all):
        raise InvalidInput("Say to whom: group_ids, user_ids, or all", field="all")
    for entity, ids in ((ExperimenterGroup, group_ids), (Experimenter, user_ids)):
        for number in ids:
            get_visible(session, entity, number)
    given = {"subject": subject.strip(), "text": text, "group_ids": group_ids, "user_ids": user_ids, "all": is_to_all}
    return ask_for(session, "mail", given)


@job("mail")
def run_mail(site: Site, work: Work) -> dict[str, Any]:
    """Sends what ``request_mail`` noted; nobody is written to twice when it is begun again."""
    noted, kept = work.arguments, work.kept or {}
    done = {"sent": list(kept.get("sent", ())), "without_address": [], "failed": []}
    people = _recipients(site.engine, noted)
    for number, (person_id, name, address) in enumerate(people):
        work.report(number / len(people), f"Writing to {name}")
        if person_id in done["sent"]:
            continue
        if not address:
            done["without_address"].append(name)
            continue
        try:
            send_mail(site.settings, address, noted["subject"], noted["text"])
        except MicrariumError as error:
            done["failed"].append({"username": name, "reason": error.detail})
        else:
            done["sent"].append(person_id)
            work.keep(done)
    if done["failed"] and not done["sent"]:
        raise Unavailable(f"No mail could be sent: {done['failed'][0]['reason']}")
    return done | {"count": len(done["sent"])}


def _recipients(engine: Engine, noted: dict[str, Any]) -> list[tuple[int, str, str | None]]:
    with system_session(engine, "who gets a mail", is_reading=True) as session:
        people = every(Experimenter).where(Experimenter.is_active.is_(True)).order_by(Experimenter.id)
        if not noted["all"]:
            maps = every(GroupExperimenterMap).where(GroupExperimenterMap.parent_id.in_(noted["group_ids"]))
            members = session.execute(maps.with_only_columns(GroupExperimenterMap.child_id)).scalars()
            people = people.where(Experimenter.id.in_({*members, *noted["user_ids"]}))
        columns = (Experimenter.id, Experimenter.ome_name, Experimenter.email)
        return [(row[0], row[1], row[2]) for row in session.execute(people.with_only_columns(*columns))]
