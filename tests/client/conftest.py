"""Fixtures of the client's tests: a client of a real server, and real files to import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from micrarium.client import Client, Image, connect
from micrarium.testing.servers import TemporaryServer


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test signs in to and uploads apart from the person who runs it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("MICRARIUM_URL", raising=False)
    monkeypatch.delenv("MICRARIUM_TOKEN", raising=False)


@pytest.fixture
def client(server: TemporaryServer) -> Iterator[Client]:
    """The administrator's client of a running server."""
    with connect(server.url, token=server.token) as found:
        yield found


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    """A two-channel stack as OME-TIFF with physical sizes, and pixels that no other test has imported."""
    pixels = np.random.default_rng().integers(0, 4000, (3, 2, 70, 90), dtype=np.uint16)
    about = {
        "axes": "ZCYX", "Channel": {"Name": ["DAPI", "GFP"]},
        "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.25, "PhysicalSizeYUnit": "µm",
    }  # fmt: skip
    path = tmp_path / "stack.ome.tif"
    tifffile.imwrite(path, pixels, metadata=about)
    return path


@pytest.fixture
def image(client: Client, stack_file: Path) -> Image:
    """An image on the server, in a dataset of its own."""
    (found,) = client.import_files(stack_file, dataset="Stacks").objects
    return found
