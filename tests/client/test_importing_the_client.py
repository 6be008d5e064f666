from __future__ import annotations

import json
import subprocess
import sys

HEAVY = {
    "numpy", "zarr", "dask", "sqlalchemy", "fastapi", "pydantic", "starlette", "uvicorn", "httpx", "rich", "typer", "tensorstore",
    "cv2", "tifffile", "PIL", "ome_types", "rocrate",
}  # fmt: skip


def loaded_after(statement: str) -> set[str]:
    program = f"{statement}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return {name.partition(".")[0] for name in json.loads(answer.stdout)}


def test_the_client_pulls_in_nothing_heavy() -> None:
    assert not loaded_after("import micrarium.client") & HEAVY


def test_the_client_knows_nothing_of_the_server() -> None:
    program = "import micrarium.client, sys\nprint(*sorted(name for name in sys.modules if name.startswith('micrarium.')))"
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    rooms = {name.split(".")[1] for name in answer.stdout.split()}
    assert rooms <= {"client", "errors", "settings", "geometry"}


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    assert not loaded_after("import micrarium.cli") & (HEAVY - {"typer", "rich"})
