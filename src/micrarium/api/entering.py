"""Other ways in than a name and a password: a provider that vouches for people, and a mail to who forgot their password."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel, Field, SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse

from micrarium.actions import asking_provider, entering, resetting_passwords
from micrarium.actions.limiting import SignInLimit
from micrarium.api.edge import answer, count_anybody, site_of
from micrarium.api.session import set_cookies
from micrarium.api.visits import address_of, is_encrypted, visit_of
from micrarium.errors import MicrariumError


@asynccontextmanager
async def _live(app: FastAPI) -> AsyncIterator[None]:
    """Mails are sent one after the other, and no request waits for them: its time would tell whether there was one to send."""
    app.state.mails = ThreadPoolExecutor(1, thread_name_prefix="micrarium-mail")
    yield
    await run_in_threadpool(app.state.mails.shutdown, cancel_futures=True)


router = APIRouter(tags=["session"], lifespan=_live)

STATE_COOKIE = "micrarium_provider"
_PATH = "/api/v1/session/oidc"


class ResetRequest(BaseModel):
    """Who wants a new password: their user name or their e-mail address."""

    name: str = Field(max_length=255)


class Reset(BaseModel):
    """A new password, and the token of the mail that lets one choose it."""

    token: SecretStr
    password: SecretStr


@router.get("/session/sources", operation_id="list_sources")
def list_sources(request: Request) -> Response:
    """How one may sign in here; asked before anybody is."""
    count_anybody(request)
    settings = site_of(request).settings
    provider = {"name": settings.oidc_name, "address": _PATH} if settings.oidc_issuer else None
    sends_mail = settings.smtp_url is not None and settings.mail_from is not None
    told: dict[str, Any] = {"provider": provider, "directory": settings.ldap_url is not None, "reset_by_mail": sends_mail}
    return answer(told | {"password_min_length": settings.password_min_length})


@router.get("/session/oidc", status_code=302, operation_id="go_to_provider")
def go_to_provider(request: Request, next: str = "/") -> Response:  # noqa: A002  # as everybody calls it
    """Send a browser to the sign-in provider; it comes back signed in, on the page ``next`` of this server."""
    site = site_of(request)
    try:
        going = asking_provider.go_to_provider(
            site.engine, site.settings, redirect_uri=_redirect_uri(request), next_path=_own_page(next)
        )
    except MicrariumError as error:
        return _tell(error)
    response = RedirectResponse(going.url, 302, headers={"Cache-Control": "no-store"})
    is_secure = is_encrypted(request)
    response.set_cookie(STATE_COOKIE, going.state, max_age=600, path=_PATH, httponly=True, samesite="lax", secure=is_secure)
    return response


@router.get("/session/oidc/callback", status_code=303, operation_id="come_back_from_provider")
def come_back(request: Request) -> Response:
    """Where the provider sends a browser back to, with a code that tells who it is."""
    site = site_of(request)
    try:
        outsider, page = asking_provider.come_back(
            site.engine, site.settings, dict(request.query_params),
            state=request.cookies.get(STATE_COOKIE, ""), redirect_uri=_redirect_uri(request),
        )  # fmt: skip
        found = entering.enter_from_elsewhere(site, outsider, visit_of(request))
    except MicrariumError as error:
        response = _tell(error)
    else:
        response = RedirectResponse(page, 303, headers={"Cache-Control": "no-store"})
        set_cookies(request, response, found, hours=site.settings.session_hours)
    response.delete_cookie(STATE_COOKIE, path=_PATH)
    return response


@router.post("/session/password_reset", status_code=202, operation_id="ask_for_reset")
def ask_for_reset(request: Request, wanted: ResetRequest) -> Response:
    """Send a mail with which a new password can be chosen. The answer is the same whether there is such an account."""
    site = site_of(request)
    resetting_passwords.require_mail(site)
    limit: SignInLimit = request.app.state.reset_limit
    limit.check("a new password", address_of(request))
    limit.note_failure("a new password", address_of(request))
    request.app.state.mails.submit(resetting_passwords.mail_reset, site, wanted.name, address=own_address(request))
    return answer({"detail": "If there is such an account with an e-mail address, a mail is on its way to it"}, status=202)


@router.put("/session/password_reset", status_code=204, operation_id="reset_password")
def reset_password(request: Request, given: Reset) -> Response:
    """Choose a new password with the token of a mail; it works once, and ends every session of the account."""
    token, password = given.token.get_secret_value(), given.password.get_secret_value()
    resetting_passwords.reset_password(site_of(request), token, password)
    return Response(status_code=204)


def own_address(request: Request) -> str:
    """The address people use for this server."""
    return (site_of(request).settings.public_url or str(request.base_url)).rstrip("/")


def _redirect_uri(request: Request) -> str:
    return f"{own_address(request)}{_PATH}/callback"


def _own_page(path: str) -> str:
    """A page of this server, and never of another one."""
    is_own = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_own else "/"


def _tell(error: MicrariumError) -> Response:
    """A page with one sentence, for somebody whose browser was sent around and now stands here."""
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<title>Sign in to Micrarium</title><style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui;margin:20vh auto;"
        "max-width:28rem;padding:0 1rem}h1{font-size:1.1rem}</style><h1>You are not signed in</h1>"
        f"<p role=alert>{html.escape(error.detail)}.</p><p><a href='/'>Back to sign-in</a></p></html>"
    )
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return HTMLResponse(page, error.status, headers)
