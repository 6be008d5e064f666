"""The application: routes, errors, and the site they serve."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from micrarium import __version__
from micrarium.actions.limiting import SignInLimit
from micrarium.actions.locating import close_files
from micrarium.actions.opening import Site
from micrarium.actions.tidying import tidy_site
from micrarium.api import annotations as annotation_routes
from micrarium.api import (
    crates,
    edge,
    entities,
    exports,
    history,
    imports,
    jobs,
    pages,
    people,
    pixels,
    provenance,
    rendering,
    search,
    session,
    tree,
    uploads,
    zarr,
)
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
        yield
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
    app.state.sign_in_limit = SignInLimit()
    app.state.acting_as = acting_as
    app.add_exception_handler(MicrariumError, edge.handle_micrarium_error)
    app.add_exception_handler(HTTPException, edge.handle_http_error)
    app.add_exception_handler(RequestValidationError, edge.handle_invalid_request)
    for unkeepable in (OverflowError, UnicodeEncodeError, DataError):
        app.add_exception_handler(unkeepable, edge.handle_unkeepable)
    app.add_exception_handler(Exception, edge.handle_unexpected)
    _add_routes(app)
    app.openapi = partial(_describe, app)  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    return app


def _describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made when it is first asked for."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        entities.describe(document)
        app.openapi_schema = document
    return app.openapi_schema


def _add_routes(app: FastAPI) -> None:
    """All routes; those made by hand come before the derived ones, whose paths they share."""
    app.include_router(crates.make_router())
    for router in (
        session.router,
        search.router,
        tree.make_router(),
        people.router,
        annotation_routes.make_router(),
        pixels.router,
        rendering.router,
        jobs.router,
        uploads.router,
        imports.router,
        exports.router,
        history.router,
        provenance.make_router(),
        entities.make_router(),
    ):
        app.include_router(router, prefix="/api/v1")
    app.include_router(zarr.router)
    app.include_router(pages.router)
