"""roc-validator, offline, for tests of crates."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

RocIssues = Callable[..., list[str]]


def _seed_cache(contexts: Path, cache: Path) -> None:
    """Put the RO-Crate contexts into the validator's HTTP cache, so that it fetches nothing."""
    import requests
    import requests_cache
    from requests.structures import CaseInsensitiveDict
    from urllib3.response import HTTPResponse

    class LocalFiles(requests.adapters.BaseAdapter):
        def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
            body = (contexts / f"{str(request.url).rstrip('/').split('/')[-2]}.jsonld").read_bytes()
            response = requests.Response()
            response.status_code, response.url, response.request = 200, str(request.url), request
            response.headers = CaseInsensitiveDict({"Content-Type": "application/ld+json"})
            response.raw = HTTPResponse(body=BytesIO(body), headers=dict(response.headers), status=200, preload_content=False)
            return response

        def close(self) -> None:
            return

    with requests_cache.CachedSession(str(cache), backend="sqlite", expire_after=-1) as session:
        session.mount("https://", LocalFiles())
        for context in sorted(contexts.glob("*.jsonld")):
            session.get(f"https://w3id.org/ro/crate/{context.stem}/context")


@pytest.fixture(scope="session")
def roc_issues(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> RocIssues:
    """A function that gives roc-validator's messages about a crate (a document or a folder) at a severity."""
    cache = tmp_path_factory.mktemp("roc") / "cache"
    _seed_cache(samples / "ro-crate-contexts", cache)

    def issues(crate: Path | dict[str, Any], severity: str = "required") -> list[str]:
        folder = crate if isinstance(crate, Path) else tmp_path_factory.mktemp("crate")
        if isinstance(crate, dict):
            (folder / "ro-crate-metadata.json").write_text(json.dumps(crate), encoding="utf-8")
        report = tmp_path_factory.mktemp("report") / "report.json"
        command = [str(Path(sys.executable).with_name("rocrate-validator")), "-y", "validate", str(folder), "-l", severity]
        command += ["--offline", "--cache-path", str(cache), "--no-paging", "-f", "json", "-o", str(report)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert report.exists(), done.stdout + done.stderr
        return [issue["message"] for issue in json.loads(report.read_text(encoding="utf-8"))["issues"]]

    return issues
