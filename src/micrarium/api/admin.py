"""What administrators look after over HTTP: disk use, quotas, settings, the log, jobs, sessions, the banner and mail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from micrarium.actions import accounting, announcing, configuring, overseeing, reporting
from micrarium.actions.announcing import require_administrator
from micrarium.api.edge import answer, sign_in_of, site_of, writing
from micrarium.api.jobs import accepted
from micrarium.errors import InvalidInput

router = APIRouter(tags=["administration"])
Kind = Literal["user", "group"]


class QuotaChange(BaseModel):
    """A quota in bytes; null takes it away."""

    quota_bytes: int | None = Field(ge=0, le=accounting.MOST_BYTES)


class BannerChange(BaseModel):
    """The banner to show, until it is changed or ends; an empty text takes it away."""

    text: str
    level: Literal["info", "warning", "error"] = "info"
    ends_at: datetime | None = None


class Examination(BaseModel):
    """What the doctor reads: some originals, or all of them."""

    all: bool = False


class Mail(BaseModel):
    """A mail to people, to members of groups, or to everyone who is active."""

    subject: str
    text: str
    group_ids: list[int] = []
    user_ids: list[int] = []
    all: bool = False


@router.get("/admin/disk_use", operation_id="show_disk_use")
def show_disk_use(request: Request, by: Literal["user", "group", "project"] = "group") -> Response:
    """Bytes and counts of originals and of pyramids, by user, group or project; for administrators."""
    require_administrator(sign_in_of(request).actor)
    return answer(accounting.disk_use(site_of(request).engine, by))


@router.put("/admin/quotas/user/{experimenter_id}", operation_id="set_user_quota")
def set_user_quota(request: Request, experimenter_id: int, given: QuotaChange) -> Response:
    """Give somebody a quota, or take it away; for administrators with ``ModifyUser``."""
    with writing(request) as session:
        return answer(accounting.set_quota(session, "user", experimenter_id, given.quota_bytes))


@router.put("/admin/quotas/group/{group_id}", operation_id="set_group_quota")
def set_group_quota(request: Request, group_id: int, given: QuotaChange) -> Response:
    """Give a group a quota, or take it away; for administrators with ``ModifyGroup``."""
    with writing(request) as session:
        return answer(accounting.set_quota(session, "group", group_id, given.quota_bytes))


@router.get("/quotas", operation_id="show_quotas")
def show_quotas(request: Request) -> Response:
    """One's own quota and those of one's groups: what is used and what room is left."""
    return answer(accounting.show_quotas(site_of(request).engine, sign_in_of(request).actor))


@router.get("/admin/settings", operation_id="show_settings")
def show_settings(request: Request) -> Response:
    """Every setting with its value, default and origin, secrets masked; for administrators."""
    require_administrator(sign_in_of(request).actor)
    return answer({"items": configuring.describe_settings(site_of(request).settings), "next": None})


@router.get("/admin/logs", operation_id="show_logs")
def show_logs(
    request: Request,
    level: Literal["debug", "info", "warning", "error"] = "info",
    search: str = "",
    limit: Annotated[int, Query(ge=1, le=reporting.KEPT)] = 200,
) -> Response:
    """The last lines of the server's log, the newest first; for administrators with ``ReadSession``."""
    overseeing.require_insight(sign_in_of(request).actor)
    return answer({"items": reporting.read_log(level=level, search=search, limit=limit), "next": None})


@router.post("/admin/doctor", status_code=202, operation_id="examine_site")
def examine_site(request: Request, given: Examination) -> Response:
    """Look for what is wrong with the site, as a job whose result has the findings; for administrators with ``ReadSession``."""
    with writing(request) as session:
        job = overseeing.request_examination(session, is_thorough=given.all)
    return accepted(request, job)


@router.get("/admin/jobs", operation_id="list_all_jobs")
def list_all_jobs(
    request: Request,
    state: Literal["queued", "running", "done", "failed", "cancelled"] | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: str | None = None,
) -> Response:
    """Everybody's jobs, the newest first; for administrators."""
    if cursor is not None and not (cursor.isascii() and cursor.isdecimal()):
        raise InvalidInput("This cursor is not one that a list gave", field="cursor")
    actor, before = sign_in_of(request).actor, None if cursor is None else int(cursor)
    return answer(overseeing.list_jobs(site_of(request).engine, actor, state=state, limit=limit, before=before))


@router.get("/admin/sessions", operation_id="list_all_sessions")
def list_all_sessions(request: Request) -> Response:
    """Every browser that is signed in; for administrators with ``ReadSession``."""
    return answer(overseeing.list_sessions(site_of(request).engine, sign_in_of(request).actor))


@router.get("/banner", operation_id="show_banner")
def show_banner(request: Request) -> Response:
    """The message for everyone, ``text`` empty where there is none; open to everybody, as the sign-in page shows it."""
    return answer(announcing.show_banner(site_of(request).engine), headers={"Cache-Control": "no-cache"})


@router.put("/banner", operation_id="set_banner")
def set_banner(request: Request, given: BannerChange) -> Response:
    """Change the message for everyone; for administrators."""
    actor = sign_in_of(request).actor
    return answer(announcing.set_banner(site_of(request).engine, actor, given.text, level=given.level, ends_at=given.ends_at))


@router.post("/admin/mail", status_code=202, operation_id="send_mail")
def send_mail(request: Request, given: Mail) -> Response:
    """Write to users as a job; for administrators with ``ModifyUser``."""
    with writing(request) as session:
        job = announcing.request_mail(
            session,
            site_of(request),
            given.subject,
            given.text,
            group_ids=given.group_ids,
            user_ids=given.user_ids,
            is_to_all=given.all,
        )
    return accepted(request, job)
