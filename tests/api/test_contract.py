"""The API keeps what its document says: made-up requests to a real server get no error of ours, and only declared answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi import checks as openapi_checks

import micrarium
from micrarium.model.schema import entities
from micrarium.testing.files import numbered_pixels, write_ome_tiff
from micrarium.testing.servers import TemporaryServer, start_server

#: Derived routes are alike; the short test takes those of classes of every sort, `make soak` takes all.
SOME = {
    "projects", "images", "annotations", "shapes", "channels", "logical_channels", "experimenters", "experimenter_groups",
    "project_dataset_links", "dataset_image_links", "image_annotation_links", "events", "webhooks", "pixels_types",
}  # fmt: skip
CHECKED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
assert openapi_checks  # they are known by their names once this was imported
CHECKS_MADE: Any = [CHECKS.get_one(name) for name in CHECKED]
#: What would end the test's own sign-in, or never end.
_OWN = ("/api/v1/tokens/{token_id}", "/api/v1/experimenters/{object_id}", "/api/v1/experimenters/{object_id}/password")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporaryServer]:
    """A server of its own, with one image in a dataset in a project, all of which have the id 1."""
    folder = tmp_path_factory.mktemp("contract")
    write_ome_tiff(folder / "a.ome.tif", numbered_pixels(1, 2, 2, 40, 50, seed=1))
    with start_server(folder / "data") as server:
        with micrarium.connect(server.url, token=server.token) as client:
            client.import_files([str(folder / "a.ome.tif")], project="P", dataset="D")
        yield server


def run_requests(
    server: TemporaryServer, *, is_wanted: Callable[[str], bool], examples: int, give_up_s: float
) -> tuple[int, list[str]]:
    """How many requests were sent, and what was wrong with their answers, each fault once."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        document = client.get("/api/v1/openapi.json").json()
    schema, faults, sent = schemathesis.openapi.from_dict(document), dict[tuple[str, ...], str](), 0
    began = time.monotonic()

    def send(case: Case[Any]) -> None:
        nonlocal sent
        if not prepare(case, sent) or time.monotonic() - began > give_up_s:
            return
        sent += 1
        response = case.call(base_url=server.url, headers=server.headers, timeout=60)
        try:
            case.validate_response(response, checks=CHECKS_MADE)
        except BaseExceptionGroup as group:
            for fault in group.exceptions:
                faults.setdefault((case.method, case.path, type(fault).__name__, str(response.status_code)), str(fault)[:1500])

    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # every operation of our document is well formed
        if not is_wanted(operation.path):
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            drawn = given(case=operation.as_strategy(generation_mode=mode))(send)
            limits = settings(
                max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            try:
                seed(1)(limits(drawn))()
            except schemathesis.errors.SchemathesisError:
                continue  # an operation that takes no input has no wrong one
    return sent, [f"{key}: {told}" for key, told in faults.items()]


def prepare(case: Case[Any], number: int) -> bool:
    """Whether a request is to be sent; two of three name what is there."""
    parameters = case.path_parameters or {}
    if number % 3:
        parameters = {name: 1 if isinstance(value, int) else value for name, value in parameters.items()}
        case.path_parameters = parameters
    if case.method in ("DELETE", "PATCH", "PUT", "POST") and case.path in _OWN and 1 in parameters.values():
        return False
    if case.method == "DELETE" and 1 in parameters.values():
        return False
    if case.path == "/api/v1/events/stream":
        case.query = {**(case.query or {}), "wait_s": "0"}
    return True


def is_of_some(path: str) -> bool:
    plural = path.removeprefix("/api/v1/").removeprefix("bin/").split("/")[0]
    return plural in SOME or plural not in {entity.plural() for entity in entities()}


def test_made_up_requests_get_declared_answers_and_no_error_of_ours(filled: TemporaryServer) -> None:
    sent, faults = run_requests(filled, is_wanted=is_of_some, examples=2, give_up_s=40)
    assert faults == []
    assert sent > 100


@pytest.mark.soak
def test_many_made_up_requests_of_every_route_get_declared_answers(filled: TemporaryServer) -> None:
    sent, faults = run_requests(filled, is_wanted=lambda path: bool(path), examples=40, give_up_s=3000)
    assert faults == []
    assert sent > 5000


def test_a_wrong_answer_would_be_noticed(filled: TemporaryServer) -> None:
    document: dict[str, Any] = httpx.get(f"{filled.url}/api/v1/openapi.json").json()
    responses = document["paths"]["/api/v1/tree"]["get"]["responses"]
    responses["200"]["content"]["application/json"]["schema"] = {"type": "array"}
    operation = schemathesis.openapi.from_dict(document)["/api/v1/tree"]["GET"]
    case = operation.Case()
    response = case.call(base_url=filled.url, headers=filled.headers)
    with pytest.raises(BaseExceptionGroup):
        case.validate_response(response, checks=CHECKS_MADE)
    assert Path(filled.data).exists()
