"""Share links and publications over HTTP, and who looked at sensitive data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from micrarium.actions import safeguarding, sharing
from micrarium.api.crates import base_url_of
from micrarium.api.edge import answer, answer_once, reading, sign_in_of, site_of, writing
from micrarium.api.visiting import PROOF_COOKIE, is_visit
from micrarium.errors import NotFound

router = APIRouter(tags=["sharing"])


class GrantRequest(BaseModel):
    """What to show to people without an account (``dataset:3``, or ``search`` with a query), and under which terms."""

    object: str
    audience: Literal["link", "public"] = "link"
    name: str = Field("", max_length=255)
    query: str | None = Field(None, max_length=1000)
    password: str | None = None
    may_annotate: bool = False
    is_blind: bool = False
    shown_keys: list[str] = []
    opens_at: datetime | None = None
    expires_at: datetime | None = None
    reason: str | None = Field(None, max_length=1000)


class GrantChange(BaseModel):
    """Other terms of a grant; what is left out stays as it is."""

    name: str | None = Field(None, max_length=255)
    password: str | None = None
    opens_at: datetime | None = None
    expires_at: datetime | None = None


class VisitPassword(BaseModel):
    """The password of a link."""

    password: str


@router.post("/grants", status_code=201, operation_id="make_grant")
def make_grant(request: Request, wanted: GrantRequest) -> Response:
    """Share by a link, or publish. The link's address is shown this once, and is null in the answer to a repetition
    (``Idempotency-Key``).
    """
    values = wanted.model_dump()
    name, title = values.pop("object"), values.pop("name")
    with writing(request) as session:
        grant, key = sharing.share(session, name, title=title, **values)
        told: dict[str, Any] = sharing.describe_grant(grant)
    told["url"] = f"{base_url_of(request)}/s/{key}" if key else f"{base_url_of(request)}/public/{_page(told['object'])}"
    headers = {"Location": f"/api/v1/grants/{told['id']}"}
    return answer_once(request, told, *(["url"] if key else []), status=201, headers=headers)


def _page(name: str) -> str:
    kind, _, number = name.partition(":")
    return f"{kind}s/{number}"


@router.get("/grants", operation_id="list_grants")
def list_grants(
    request: Request,
    object: str | None = None,  # noqa: A002  # its name in the URL
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """What one shared and published (everybody's, for administrators), with how it was used."""
    with reading(request) as session:
        return answer({"items": sharing.list_grants(session, name=object, limit=limit), "next": None})


@router.patch("/grants/{grant_id}", operation_id="change_grant")
def change_grant(request: Request, grant_id: int, wanted: GrantChange) -> Response:
    """Change the name, the password, the embargo or the end of a grant."""
    with writing(request) as session:
        values = wanted.model_dump(exclude_unset=True)
        return answer(sharing.describe_grant(sharing.change_grant(session, grant_id, values)))


@router.delete("/grants/{grant_id}", status_code=204, operation_id="revoke_grant")
def revoke_grant(request: Request, grant_id: int) -> Response:
    """Withdraw a grant, at once."""
    with writing(request) as session:
        sharing.revoke_grant(session, grant_id)
    return Response(status_code=204)


@router.get("/datasets/{dataset_id}/accesses", operation_id="list_accesses")
def list_accesses(
    request: Request, dataset_id: int, limit: Annotated[int, Query(ge=1, le=1000)] = 200, cursor: int | None = None
) -> Response:
    """Who looked at, downloaded, exported or shared a sensitive dataset and its images, the newest first."""
    with reading(request) as session:
        return answer(safeguarding.list_looks(session, dataset_id, limit=limit, before=cursor))


@router.get("/visit", operation_id="show_visit")
def show_visit(request: Request) -> Response:
    """What a share link shows, and under which terms; only below ``/s/KEY`` and ``/public``."""
    sign_in = sign_in_of(request)
    if not is_visit(request):
        raise NotFound("This address is that of no link")
    return answer(sharing.describe_visit(site_of(request).engine, sign_in))


@router.post("/visit", operation_id="open_visit")
def open_visit(request: Request, given: VisitPassword) -> Response:
    """Give the password of a share link; a cookie for that link alone keeps it."""
    request.state.visit_password = given.password
    sign_in = sign_in_of(request)
    if not is_visit(request):
        raise NotFound("This address is that of no link")
    response = answer(sharing.describe_visit(site_of(request).engine, sign_in))
    if proof := getattr(request.state, "proof", None):
        is_secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
        path = request.scope["root_path"]
        response.set_cookie(PROOF_COOKIE, proof, httponly=True, samesite="lax", secure=is_secure, path=path)
    return response
