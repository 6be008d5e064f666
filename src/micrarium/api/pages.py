"""The web application's pages and files. Its addresses are those of the objects: ``/images/12``, ``/datasets/3``."""

from __future__ import annotations

import mimetypes
import re
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html

from micrarium.errors import NotFound
from micrarium.settings import Settings

router = APIRouter(include_in_schema=False)

#: What a page may load and do: its own files and the pictures it makes, nothing of other sites. The decoders of chunks are
#: WebAssembly that comes as data, and their bindings make functions from text.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; worker-src 'self' blob:; connect-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors "
)
_NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>Micrarium</title><body style='font: 16px system-ui; margin: 4rem'>"
    "<h1>The web application is not built</h1><p>Run <code>make web</code> in the checkout, or install a release. "
    "The API works: <a href='/api/v1/openapi.json'>/api/v1/openapi.json</a>.</p>"
)


def _bundle() -> Traversable:
    return resources.files("micrarium") / "web"


@lru_cache(maxsize=256)
def _read_file(name: str) -> bytes:
    """A file of the bundle, kept once it was read: a server's bundle does not change while it runs."""
    found = _bundle()
    for part in name.split("/"):
        if part in ("", ".", ".."):
            raise NotFound("There is no such file")
        found = found / part
    if not found.is_file():
        raise NotFound("There is no such file")
    return found.read_bytes()


def is_page_wanted(request: Request) -> bool:
    """Whether an address that nothing answers was typed into a browser, which the web application then tells so."""
    first = request.url.path.split("/")[1]
    wants_html = "text/html" in request.headers.get("accept", "")
    return request.method in ("GET", "HEAD") and wants_html and first not in ("api", "app", "zarr")


def _policy(request: Request) -> str:
    settings: Settings = request.app.state.site.settings
    return _POLICY + settings.frame_ancestors


def serve_app(request: Request) -> Response:
    """The page every address of the web application starts from."""
    return make_page(request, 200)


def make_page(request: Request, status: int) -> Response:
    """The web application, with the status of what was asked for."""
    index = _bundle() / "index.html"
    body = index.read_bytes() if index.is_file() else _NOT_BUILT.encode()
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _policy(request)}
    return Response(body, status if index.is_file() else 503, headers, "text/html; charset=utf-8")


@router.get("/app/{name:path}")
def serve_file(name: str) -> Response:
    """A file of the web application."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # A name that carries a hash of its contents never means other contents.
    age = "max-age=31536000, immutable" if re.search(r"-[\w-]{8}\.\w+$", name) else "max-age=3600"
    headers = {"Cache-Control": f"public, {age}"}
    return Response(_read_file(f"app/{name}"), 200, headers, "text/javascript" if name.endswith(".js") else kind)


@router.get("/favicon.ico")
def serve_icon() -> Response:
    """The icon browsers ask for unasked."""
    return Response(_read_file("app/icon.svg"), 200, {"Cache-Control": "public, max-age=86400"}, "image/svg+xml")


@router.get("/api/v1/docs")
def serve_api_docs(request: Request) -> Response:
    """The API's document as a page to read and to try calls on."""
    page = get_swagger_ui_html(
        openapi_url="/api/v1/openapi.json",
        title="Micrarium API",
        swagger_js_url="/app/docs/swagger-ui-bundle.js",
        swagger_css_url="/app/docs/swagger-ui.css",
        swagger_favicon_url="/app/icon.svg",
        swagger_ui_parameters={"docExpansion": "none", "filter": True, "tagsSorter": "alpha", "validatorUrl": None},
    )
    # The page starts itself in a line of its own.
    policy = _policy(request).replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")
    return Response(page.body, 200, {"Cache-Control": "no-cache", "Content-Security-Policy": policy}, "text/html; charset=utf-8")


@router.get("/api/{number:int}")
@router.get("/zarr/{number:int}")
def serve_no_object(request: Request) -> Response:
    """What looks like the page of an object and lies where the API is."""
    raise NotFound(f"There is no {request.url.path}")


_PAGES = (
    "/", "/orphaned", "/search", "/jobs", "/history", "/settings/{name}", "/sign-in", "/reset-password", "/admin",
    "/admin/{name:path}", "/{plural}/{object_id:int}",
)  # fmt: skip
for _path in _PAGES:
    router.add_api_route(_path, serve_app, methods=["GET", "HEAD"])
