"""``micrarium demo`` makes a working server, ends cleanly, and finds everything again."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from micrarium.client import connect


@contextmanager
def demonstrating(data: Path, *paths: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A demo server as a person starts it, and the lines it printed up to the one that says how to end it."""
    command = [sys.executable, "-m", "micrarium.cli", "demo", *map(str, paths), "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = []
            for line in process.stdout:
                said.append(line.strip())
                if "Ctrl-C" in line:
                    break
            yield process, said
        finally:
            process.kill() if process.poll() is None else None


def test_ones_own_file_is_imported_served_and_found_again_after_ctrl_c(tmp_path: Path) -> None:
    picture, data = tmp_path / "own.png", tmp_path / "data"
    assert cv2.imwrite(str(picture), np.arange(64 * 48, dtype=np.uint8).reshape(48, 64))
    for imported in ("1 image and 0 plates imported.", None):
        with demonstrating(data, picture) as (process, said):
            assert (said[0] == imported) is (imported is not None), said
            (password,) = [line.removeprefix("User admin, password ") for line in said if line.startswith("User admin")]
            (address,) = re.findall(r"http://\S+", "\n".join(said))
            with connect(address, username="admin", password=password) as client:
                assert [image.name for image in client.images()] == ["own.png"]
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)
            assert process.returncode == 0


def test_a_file_that_cannot_be_read_is_told_and_the_server_starts_all_the_same(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0" + b"\xff" * 200)
    with demonstrating(tmp_path / "data", broken) as (process, said):
        assert any("http://" in line for line in said)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
        assert "broken.tif" in told
        assert "Traceback" not in told
