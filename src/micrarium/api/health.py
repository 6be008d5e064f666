"""What watches a server: whether it lives, whether it is ready, and its figures. The first two are open to everybody."""

from __future__ import annotations

import secrets
from ipaddress import ip_address

from fastapi import APIRouter, Request, Response

from micrarium.actions.metering import CONTENT_TYPE, Figures
from micrarium.actions.probing import check_ready
from micrarium.api.edge import answer, sign_in_of, site_of
from micrarium.errors import NotAllowed

router = APIRouter(tags=["health"])
metrics_router = APIRouter(include_in_schema=False)
#: What a proxy on this machine says of whom it asks for: then the request is not this machine's.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


@router.get("/health/live", operation_id="show_live")
def show_live() -> Response:
    """That the server answers; open to everybody."""
    return answer({"is_alive": True}, headers={"Cache-Control": "no-store"})


@router.get("/health/ready", operation_id="show_ready")
def show_ready(request: Request) -> Response:
    """Whether the server can work, 503 with the reasons where it cannot; open to everybody."""
    told = check_ready(site_of(request), getattr(request.app.state, "worker", None))
    return answer(told, status=200 if told["is_ready"] else 503, headers={"Cache-Control": "no-store"})


@metrics_router.get("/metrics")
def show_metrics(request: Request) -> Response:
    """The figures for Prometheus, for this machine, whoever has the token for them, and administrators."""
    _check_may_read(request)
    figures: Figures = request.app.state.figures
    return Response(figures.write(), 200, {"Cache-Control": "no-store"}, CONTENT_TYPE)


def _check_may_read(request: Request) -> None:
    if _is_of_this_machine(request):
        return
    token = site_of(request).settings.metrics_token
    wanted = token.get_secret_value() if token is not None else ""
    given = request.headers.get("authorization", "").partition(" ")[2].strip()
    # One that is set to nothing would let in everybody who sends nothing.
    if wanted and secrets.compare_digest(given.encode(), wanted.encode()):
        return
    if not sign_in_of(request).actor.is_admin:
        raise NotAllowed("Only administrators read the figures; or set MICRARIUM_METRICS_TOKEN and send it")


def _is_of_this_machine(request: Request) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
