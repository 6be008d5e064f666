"""The application: routes, errors, and the site they serve."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from micrarium import __version__
from micrarium.actions.emptying import keep_bin_small
from micrarium.actions.limiting import RequestLimits, SignInLimit
from micrarium.actions.locating import close_files
from micrarium.actions.metering import Figures
from micrarium.actions.opening import Site
from micrarium.actions.scheduling import keep_verified
from micrarium.actions.tidying import tidy_site
from micrarium.actions.watching import watching
from micrarium.api import (
    admin,
    classrooms,
    crates,
    custody,
    edge,
    entering,
    entities,
    exports,
    following,
    graphs,
    health,
    history,
    imports,
    jobs,
    originals,
    pages,
    people,
    pixels,
    planes,
    provenance,
    rendering,
    roots,
    search,
    session,
    sharing,
    tags,
    tree,
    uploads,
    visiting,
    webhooks,
    zarr,
)
from micrarium.api import annotations as annotation_routes
from micrarium.api.describing import describe_all
from micrarium.api.guarding import add_guards
from micrarium.api.observing import Observing
from micrarium.api.repeating import AnsweredBeforeError, handle_answered
from micrarium.api.routing import fill_all
from micrarium.errors import MicrariumError
from micrarium.jobs import Worker
from micrarium.permissions import Actor


def make_app(site: Site, *, acting_as: Callable[[], Actor] | None = None) -> FastAPI:
    """The application that serves a site.

    ``acting_as`` gives the actor of every request, for an application that is only called in its own process (the
    command line on a data folder); a server must not set it.
    """

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        tidy_site(site)
        app.state.worker = worker = Worker(site.engine, site, threads=site.settings.job_workers)
        worker.start()
        with _repeating(site, worker, is_server=acting_as is None):
            teller = asyncio.create_task(webhooks.tell_regularly(site, worker))
            yield
            teller.cancel()
        worker.stop()
        close_files()

    app = FastAPI(
        title="Micrarium",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # pages.py has it, with files of our own
        redoc_url=None,
        lifespan=live,
        summary="A home for microscopy images",
    )
    app.state.site = site
    app.state.sign_in_limit, app.state.reset_limit = SignInLimit(), SignInLimit()
    if site is not None:  # the document is made without one
        app.state.request_limits = RequestLimits(site.settings.rate_limit, site.settings.rate_limit_pictures)
    app.state.acting_as = acting_as
    _handle_errors(app)
    _add_routes(app)
    _add_guards(app, site)
    app.openapi = partial(_describe, app)  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    return app


@contextmanager
def _repeating(site: Site, worker: Worker, *, is_server: bool) -> Iterator[None]:
    """What is done again and again while the application lives; nights and watched folders are a server's."""
    periodic = [keep_bin_small(site), *([keep_verified(site), watching(site, worker.wake)] if is_server else [])]
    for one in periodic:
        one.start()
    yield
    for one in periodic:
        one.stop()


def _add_guards(app: FastAPI, site: Site) -> None:
    """What stands before the routes; the last one added sees a request first."""
    add_guards(app)
    app.add_middleware(visiting.Visits)
    app.state.figures = Figures(site)
    app.add_middleware(Observing, figures=app.state.figures)
    if site is not None and site.settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=site.settings.trusted_proxies)


def _handle_errors(app: FastAPI) -> None:
    app.add_exception_handler(MicrariumError, edge.handle_micrarium_error)
    app.add_exception_handler(AnsweredBeforeError, handle_answered)
    app.add_exception_handler(HTTPException, edge.handle_http_error)
    app.add_exception_handler(RequestValidationError, edge.handle_invalid_request)
    for unkeepable in (OverflowError, UnicodeEncodeError, DataError):
        app.add_exception_handler(unkeepable, edge.handle_unkeepable)
    app.add_exception_handler(Exception, edge.handle_unexpected)


def _describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made when it is first asked for."""
    if app.openapi_schema is None:
        fill_all()
        document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        entities.describe(document)
        describe_all(document)
        app.openapi_schema = document
    return app.openapi_schema


def _add_routes(app: FastAPI) -> None:
    """All routes; those made by hand come before the derived ones, whose paths they share."""
    app.include_router(crates.make_router())
    for router in (
        session.router,
        entering.router,
        admin.router,
        custody.router,
        classrooms.router,
        health.router,
        search.router,
        graphs.router,
        tree.make_router(),
        following.router,
        webhooks.router,
        people.router,
        sharing.router,
        annotation_routes.make_router(),
        tags.router,
        pixels.router,
        planes.router,
        rendering.router,
        jobs.router,
        uploads.router,
        imports.router,
        roots.router,
        exports.router,
        history.router,
        originals.make_router(),
        provenance.make_router(),
        entities.make_router(),
    ):
        app.include_router(router, prefix="/api/v1")
    app.include_router(zarr.router)
    app.include_router(health.metrics_router)
    app.include_router(pages.router)
