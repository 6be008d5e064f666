"""The API's contract: ``python -m micrarium.api.openapi`` writes ``openapi.json``, with ``--check`` it only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

from micrarium.actions.opening import Site
from micrarium.api.app import make_app


def make_document() -> dict[str, Any]:
    """The OpenAPI document of this version, as every server answers it."""
    # The document depends on no site: none is opened for it.
    return make_app(cast("Site", None)).openapi()


def main(arguments: list[str]) -> int:
    """Write or check ``openapi.json`` in the working folder; 1 when it is stale."""
    path = Path("openapi.json")
    text = json.dumps(make_document(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if "--check" in arguments:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.stderr.write("openapi.json is not what the code says; run: python -m micrarium.api.openapi\n")
            return 1
        return 0
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
