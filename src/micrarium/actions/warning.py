"""Telling administrators that something is wrong with files: by mail, where mail is sent, and by their webhooks."""

from __future__ import annotations

from typing import Any

from micrarium.actions.opening import Site
from micrarium.actions.telling import tell_at_once
from micrarium.jobs import Work
from micrarium.model import Experimenter, Job
from micrarium.permissions import every, system_session

_NAMED = 20
#: How kinds of problems are told.
WORDS = {
    "missing": "missing", "changed": "changed", "unreadable": "unreadable", "away": "not where they were registered",
    "drifted": "other ones than were registered in place", "rebuilt": "damaged pyramids, which were built anew",
}  # fmt: skip


def warn_administrators(site: Site, work: Work, problems: dict[str, int], named: list[dict[str, str]]) -> None:
    """Queue a mail to administrators about problems of some kinds, and deliveries to their webhooks."""
    told = ", ".join(f"{number} {WORDS[kind]}" for kind, number in sorted(problems.items()))
    with system_session(site.engine, f"tell administrators what job:{work.job_id} found") as session:
        admins = every(Experimenter).where(Experimenter.is_admin, Experimenter.is_active).order_by(Experimenter.id)
        ids = list(session.scalars(admins.with_only_columns(Experimenter.id)))
        payload = {"custody": {"job_id": work.job_id, "problems": problems, "named": named[:_NAMED]}}
        tell_at_once(session, ids, payload)
        if site.settings.smtp_url is None or site.settings.mail_from is None or not ids:
            return
        lines = [f"{one['kind']}: {one['object']}: {one['reason']}" for one in named[:_NAMED]]
        address = f"{(site.settings.public_url or '').rstrip('/')}/admin/custody"
        text = "\n".join([f"A verification of files (job:{work.job_id}) found: {told}.", "", *lines, "", f"All of them: {address}"])
        noted: dict[str, Any] = {"subject": "Files that need your attention", "text": text}
        noted |= {"group_ids": [], "user_ids": ids, "all": False}
        session.add(Job(kind="mail", arguments=noted, experimenter_id=ids[0], message="Waiting"))
