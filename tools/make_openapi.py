"""Write openapi.json, the contract of the HTTP interface, from the routes; with --check only say whether it is current."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "openapi.json"


def describe_api() -> str:
    """The OpenAPI document as it is committed: indented, keys in their order, one line feed at the end."""
    from micrarium.actions.opening import open_site
    from micrarium.api.app import make_app
    from micrarium.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), database_url=None)
        with open_site(settings) as site:
            document = make_app(site).openapi()
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write or check the file; 1 when it is stale."""
    text = describe_api()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        print("openapi.json is stale; run `make docs` and review the difference")
        return 1
    print("make_openapi: openapi.json is current")
    return 0


if __name__ == "__main__":
    sys.exit(main())
