"""A server that is killed in the middle of an import, and started again."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from micrarium.testing.files import numbered_pixels, write_big_tiff, write_ome_tiff
from micrarium.testing.servers import TemporaryServer, make_token, start_server

FILES = 12


def ask(server: TemporaryServer, token: str, path: str) -> dict[str, object]:
    found: dict[str, object] = httpx.get(f"{server.url}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}).json()
    return found


def test_a_killed_import_goes_on_at_the_next_start_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    source, data = tmp_path / "source", tmp_path / "data"
    source.mkdir()
    for number in range(FILES):
        write_ome_tiff(source / f"{number:02}.ome.tif", numbered_pixels(1, 2, 3, 300, 300, seed=number))
    write_big_tiff(source / "big.tif", side=3000)
    with start_server(data) as server:
        password = server.admin_password
        asked = httpx.post(f"{server.url}/api/v1/imports", headers=server.headers, json={"paths": [str(source)], "dataset": "D"})
        job_id = asked.json()["id"]
        give_up = time.monotonic() + 60
        while len(ask(server, server.token, "images")["items"]) < 3:  # type: ignore[arg-type]  # a list
            assert time.monotonic() < give_up
            time.sleep(0.02)
        server.process.kill()
        server.process.wait()
    with start_server(data, admin_password=password) as server:
        token = make_token(server.url, password)
        give_up = time.monotonic() + 120
        while (job := ask(server, token, f"jobs/{job_id}"))["state"] in ("queued", "running"):
            assert time.monotonic() < give_up, job
            time.sleep(0.1)
        assert job["state"] == "done", job
        images = ask(server, token, "images?limit=100")["items"]
        assert isinstance(images, list)
        assert sorted(image["name"] for image in images) == [*(f"{n:02}.ome.tif" for n in range(FILES)), "big.tif"]
        result = job["result"]
        assert isinstance(result, dict)
        assert result["failed"] == []
        accounted = len(result["images"]) + len(result["skipped"])
        assert accounted == FILES + 1
        assert len(result["skipped"]) <= 1  # the one that was committed and not yet noted
        originals = [path for path in (data / "originals").glob("*/*/*/*") if path.parts[-4] != ".incoming"]
        assert len(originals) == FILES + 1
        assert list((data / "originals" / ".incoming").iterdir()) == []
        for image in images:
            assert len(ask(server, token, f"images/{image['id']}/rendering")["channels"]) >= 1  # type: ignore[arg-type]  # a list
