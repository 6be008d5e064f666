"""What the OpenAPI document says of every operation alike: its errors, its headers, and how one signs in."""

from __future__ import annotations

from typing import Any

from micrarium.errors import MicrariumError, all_errors

_METHODS = ("get", "head", "post", "put", "patch", "delete")
#: The errors that any operation can answer, and those of operations that change something.
_ALWAYS = (400, 401, 403, 404, 409, 413, 422, 429)
_CHANGING = (412, 415)
_OPEN_PATHS = ("/api/v1/session",)

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "An error, as RFC 9457 has it.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "`/problems/` and the kind of error, or `about:blank`."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do, in one sentence."},
        "field": {"type": "string", "description": "The input it concerns."},
    },
}


def describe_all(document: dict[str, Any]) -> None:
    """Complete the document by the problems each operation may answer, and by the ways to sign in."""
    components = document["components"]
    schemas = components["schemas"]
    schemas["Problem"] = PROBLEM_SCHEMA
    components["responses"] = {f"Problem{status}": _problem_response(status) for status in sorted({*_ALWAYS, *_CHANGING, 416, 503})}
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of one's own: `POST /api/v1/tokens`."},
        "session": {"type": "apiKey", "in": "cookie", "name": "micrarium_session", "description": "`POST /api/v1/session`."},
    }
    document["security"] = [{"token": []}, {"session": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in _METHODS:
                _describe_operation(path, method, operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)


#: Where only browsers are sent, which show people a page that says what went wrong.
_FOR_BROWSERS = ("/api/v1/session/oidc", "/api/v1/session/oidc/callback")
_PAGE = {"description": "A page that says what went wrong", "content": {"text/html": {"schema": {"type": "string"}}}}


def _describe_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    statuses = set(_ALWAYS) | (set(_CHANGING) if method not in ("get", "head") else {416})
    responses = operation.setdefault("responses", {})
    for status in sorted(statuses):
        shown = _PAGE if path in _FOR_BROWSERS else {"$ref": f"#/components/responses/Problem{status}"}
        responses[str(status)] = shown
    if path in _OPEN_PATHS and method == "post":
        operation["security"] = []


def _problem_response(status: int) -> dict[str, Any]:
    # Those that modules have besides are known only once these were imported, which would make the document a matter of luck.
    ours = [kind for kind in all_errors().values() if kind.__module__ == MicrariumError.__module__ and kind is not MicrariumError]
    titles = sorted({kind.title for kind in ours if kind.status == status})
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": ", ".join(titles) or "Refused", "content": content}
