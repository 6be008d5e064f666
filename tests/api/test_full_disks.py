"""Disks that are full: what cannot be written is told in a sentence and leaves nothing behind, and goes well when there is room."""

from __future__ import annotations

import resource
from pathlib import Path

import httpx
import numpy as np
import pytest
import tifffile
from tests.api.killing import check_files, looking

import micrarium
from micrarium.errors import Unavailable
from micrarium.model import Fileset, OriginalFile, Pixels, Upload
from micrarium.permissions import every, system_session
from micrarium.testing.servers import TemporaryServer, start_server

#: More than the database's files have, and less than what is imported here: for these a file of the server is full.
ROOM = 6 * 2**20


def write_large(path: Path) -> Path:
    """A tiled TIFF of which the pyramid has files above the limit too."""
    pixels = np.random.default_rng(1).integers(0, 2**16, (4400, 4400), dtype=np.uint16)
    tifffile.imwrite(path, pixels, tile=(256, 256), photometric="minisblack")
    return path


def limit(server: TemporaryServer, size: int) -> None:
    """Let the server, and what it has started or will start, write no file beyond a size."""
    threads = Path(f"/proc/{server.process.pid}/task").iterdir()
    children = [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]
    for pid in (server.process.pid, *children):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def check_nothing_is_left(data: Path) -> None:
    with looking(data) as site, system_session(site.engine, "look at what is there", is_reading=True) as session:
        locations = {one.location for one in session.scalars(every(OriginalFile)) if not one.is_in_place}
        prefixes = {one.template_prefix for one in session.scalars(every(Fileset))}
        pyramids = {one.pyramid for one in session.scalars(every(Pixels)) if one.pyramid}
        uploads = {one.id: [file["path"] for file in one.files] for one in session.scalars(every(Upload))}
    check_files(data, locations, prefixes, pyramids, uploads)


def test_what_a_full_disk_cannot_hold_fails_cleanly_and_goes_well_later(tmp_path: Path) -> None:
    path = write_large(tmp_path / "large.tif")
    with start_server(tmp_path / "data") as server, micrarium.connect(server.url, token=server.token) as client:
        limit(server, ROOM)
        copied = client.import_files(path, on_server=True)
        assert (copied.images, [one["reason"] for one in copied.failed]) == ([], [f"{path} cannot be imported: File too large"])
        check_nothing_is_left(server.data)
        staying = client.import_files(path, on_server=True, in_place=True, dataset="Staying")
        (image,) = staying.objects
        assert [one["path"] for one in staying.warnings] == [f"image:{image.id}"]
        assert "There is no room on the disk for what is made of large.tif" in staying.warnings[0]["reason"]
        check_nothing_is_left(server.data)
        assert client.connection.request("GET", f"/api/v1/images/{image.id}/thumbnail").status_code == 200
        limit(server, resource.RLIM_INFINITY)
        client.connection.send("DELETE", f"/api/v1/images/{image.id}")
        again = client.import_files(path, on_server=True)
        assert (len(again.images), again.failed, again.warnings) == (1, [], [])
        check_nothing_is_left(server.data)


def test_an_upload_to_a_full_disk_is_told_and_goes_on_when_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("micrarium.client.uploading.PATIENCE_S", 0.0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = write_large(tmp_path / "large.tif")
    with start_server(tmp_path / "data") as server, micrarium.connect(server.url, token=server.token) as client:
        limit(server, ROOM)
        with pytest.raises(Unavailable, match=r"The server cannot store large\.tif: File too large"):
            client.import_files(path)
        limit(server, resource.RLIM_INFINITY)
        (upload,) = (server.data / "uploads").glob("[0-9]*")
        assert [file.stat().st_size for file in upload.iterdir()] == [0]
        result = client.import_files(path)
        assert (len(result.images), result.failed) == (1, [])
        found = httpx.get(f"{server.url}/api/v1/images/{result.images[0]}/original", headers=server.headers)
        assert found.content == path.read_bytes()
        check_nothing_is_left(server.data)
