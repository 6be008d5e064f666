"""A large upload whose server is killed in the middle: the same command goes on, and what arrives is what was sent."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from micrarium.client import connect
from micrarium.pixels.checksums import sha256_of
from micrarium.testing.servers import TemporaryServer, find_free_port, start_server

MIB = 2**20
#: Far below the size of the file in the long test, and what a server or a client takes anyway.
SERVER_MIB, CLIENT_MIB = 900, 500


class Peak(threading.Thread):
    """Looks how much memory a process takes at most, while it lives."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self.process, self.mib = process, 0.0
        self.start()

    def run(self) -> None:
        while self.process.poll() is None:
            try:
                text = Path(f"/proc/{self.process.pid}/status").read_text()
            except OSError:
                return
            for line in text.splitlines():
                if line.startswith("VmHWM:"):
                    self.mib = max(self.mib, int(line.split()[1]) / 1024)
            time.sleep(0.1)


def write_large(path: Path, *, side: int) -> None:
    """A tiled BigTIFF of 16-bit pixels that no compression makes smaller, written tile by tile."""
    import tifffile

    generator = np.random.default_rng(3)
    tile = generator.integers(0, 2**16, (1024, 1024), dtype=np.uint16)
    count = (side // 1024) ** 2
    tiles = (np.roll(tile, number, axis=0) ^ np.uint16(number) for number in range(count))
    tifffile.imwrite(path, tiles, shape=(side, side), dtype=np.uint16, tile=(1024, 1024), bigtiff=True, photometric="minisblack")


def start_import(server: TemporaryServer, token: str, path: Path, state: Path) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MICRARIUM_")}
    variables = kept | {"MICRARIUM_URL": server.url, "MICRARIUM_TOKEN": token, "XDG_STATE_HOME": str(state)}
    command = [sys.executable, "-m", "micrarium.cli", "import", str(path), "--quiet"]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def received(data: Path) -> list[tuple[int, int]]:
    """The file that is on its way: which it is on the disk, and how much of it has come."""
    found = [path.stat() for path in (data / "uploads").glob("[0-9]*/*")]
    return [(state.st_ino, state.st_size) for state in found]


def download_digest(server: TemporaryServer, token: str) -> str:
    """The SHA-256 of the original of the only image, as the server gives it."""
    digest = hashlib.sha256()
    with connect(server.url, token=token) as client:
        (image,) = client.list("images")
    address, headers = f"{server.url}/api/v1/images/{image.id}/original", {"Authorization": f"Bearer {token}"}
    with httpx.stream("GET", address, headers=headers) as answer:
        for part in answer.iter_bytes():
            digest.update(part)
    return digest.hexdigest()


def interrupt_and_resume(folder: Path, *, side: int) -> None:
    """Send a file, kill the server when a third has come and the client with it; start both again, and compare."""
    path, data, state = folder / "large.tif", folder / "data", folder / "state"
    write_large(path, side=side)
    size, port = path.stat().st_size, str(find_free_port())
    with start_server(data, settings={"MICRARIUM_PORT": port}) as server:
        password, token = server.admin_password, server.token
        process = start_import(server, token, path, state)
        while sum(count for _, count in received(data)) < size // 3:
            assert process.poll() is None, process.communicate()[0].decode()
            time.sleep(0.005)
        server.process.kill()
        server.process.wait()
        process.kill()
        process.communicate()
    with start_server(data, admin_password=password, settings={"MICRARIUM_PORT": port}) as server:
        ((inode, there),) = received(data)  # what of a piece was not compared is taken back at the start
        assert size // 4 < there < size
        assert there % (8 * MIB) == 0
        served, process = Peak(server.process), start_import(server, token, path, state)
        asked, smallest = Peak(process), there
        while process.poll() is None:
            for found, count in received(data):
                assert found == inode, "it began anew"
                smallest = min(smallest, count)
            time.sleep(0.01)
        output = process.communicate()[0].decode()
        assert process.returncode == 0, output
        assert smallest == there
        print(f"{size / MIB:.0f} MiB went on at {there / MIB:.0f}; server {served.mib:.0f} MiB, client {asked.mib:.0f} MiB at most")
        assert 0 < served.mib < SERVER_MIB
        assert 0 < asked.mib < CLIENT_MIB
        assert download_digest(server, token) == sha256_of(path)
        assert list((data / "uploads").glob("[0-9]*")) == []


def test_a_large_upload_goes_on_after_the_server_was_killed(tmp_path: Path) -> None:
    interrupt_and_resume(tmp_path, side=6 * 1024)  # 72 MiB


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_gigabytes_go_on_after_the_server_was_killed(tmp_path: Path) -> None:
    interrupt_and_resume(tmp_path, side=32 * 1024)  # 2 GiB
