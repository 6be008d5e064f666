"""The examples of the README and the user guide are run as they stand, against a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

import micrarium
from micrarium.testing.servers import TemporaryServer

ROOT = Path(__file__).resolve().parents[2]
#: Commands that start a server, which the tests have already.
STARTING = ("micrarium serve", "micrarium demo")


def find_blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def find_commands(page: str) -> list[str]:
    """The calls of ``micrarium`` on a page, in order, but for those that start a server."""
    lines = [line.removeprefix("$ ") for block in find_blocks(page, "console") for line in block.splitlines()]
    return [line for line in lines if line.startswith("micrarium ") and not line.startswith(STARTING)]


def write_stack(path: Path, *, seed: int) -> None:
    """A small OME-TIFF like no other."""
    pixels = np.random.default_rng(seed).integers(0, 4000, (4, 2, 64, 80), dtype=np.uint16)
    metadata: dict[str, Any] = {"axes": "ZCYX", "Channel": {"Name": ["DAPI", "GFP"]}, "PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1}
    tifffile.imwrite(path, pixels, ome=True, metadata=metadata)


def write_old_zarr(path: Path) -> None:
    """A small OME-Zarr 0.4."""
    group = zarr.open_group(path, mode="w", zarr_format=2)
    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(1, 64, 64)
    group.create_array("0", data=pixels, chunks=(1, 32, 32), chunk_key_encoding={"name": "v2", "separator": "/"})
    axes: list[dict[str, str]] = [{"name": "c", "type": "channel"}]
    axes += [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    dataset: dict[str, Any] = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1.0, 0.5, 0.5]}]}
    multiscales: Any = [{"version": "0.4", "axes": axes, "datasets": [dataset]}]
    group.attrs["multiscales"] = multiscales


class Sandbox:
    """A folder with the files that the examples name, and a shell in which ``micrarium`` talks to the test's server."""

    def __init__(self, folder: Path, server: TemporaryServer, *, seed: int) -> None:
        self.folder = folder
        self.names = {
            "http://localhost:4080": server.url,
            "cells.czi": "cells.ome.tiff",
            "my-images/initial-password": "password.txt",
        }
        write_stack(folder / "cells.ome.tiff", seed=seed)
        write_stack(folder / "more.ome.tiff", seed=seed + 1)
        write_old_zarr(folder / "old.zarr")
        (folder / "password.txt").write_text(server.admin_password + "\n")
        own = {name: value for name, value in os.environ.items() if not name.startswith("MICRARIUM_")}
        home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "XDG_STATE_HOME": str(folder / "state")}
        self.environment = own | home | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def fill_in(self, text: str) -> str:
        """An example with the test's own address, files and ids."""
        for name, value in self.names.items():
            text = re.sub(rf"{re.escape(name)}(?!\d)", value, text)
        return text

    def run(self, command: str) -> str:
        """What a command prints; it must end well."""
        filled = self.fill_in(command)
        done = subprocess.run(
            ["bash", "-c", filled], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{filled}\nended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def sandbox(tmp_path: Path, server: TemporaryServer, request: pytest.FixtureRequest) -> Sandbox:
    """A fresh sandbox, with files that no other test imports."""
    return Sandbox(tmp_path, server, seed=abs(hash(request.node.nodeid)) % 2**31)


def note_ids(sandbox: Sandbox, server: TemporaryServer, printed: str, *, image: str, channel: str) -> None:
    """Let the examples' numbers stand for the image that was just imported, its dataset and its first channel."""
    found = re.search(r"image:(\d+)", printed)
    assert found, printed
    with micrarium.connect(server.url, token=server.token) as client:
        first = next(iter(client.channels(image=int(found[1]))))
        dataset = next(iter(client.datasets(name="Mitosis")))
        sandbox.names |= {image: f"image:{found[1]}", image.replace(":", "="): f"image={found[1]}"}
        sandbox.names |= {channel: f"channel:{first.id}", "dataset=3": f"dataset={dataset.id}"}


def test_the_commands_of_the_readme_run(sandbox: Sandbox, server: TemporaryServer) -> None:
    printed = {}
    for command in find_commands("README.md"):
        printed[command] = sandbox.run(command)
        if command.startswith("micrarium import"):
            note_ids(sandbox, server, printed[command], image="image:1", channel="channel:1")
    (found,) = [text for command, text in printed.items() if command.startswith("micrarium search")]
    assert sandbox.names["image:1"].removeprefix("image:") in found
    (block,) = find_blocks("README.md", "python")
    script = sandbox.folder / "example.py"
    script.write_text(sandbox.fill_in(block))
    assert "(1, 2, 4, 64, 80)" in sandbox.run(f"{sys.executable} example.py")


def test_the_commands_of_the_guide_run(sandbox: Sandbox, server: TemporaryServer) -> None:
    for command in find_commands("docs/guide.md"):
        printed = sandbox.run(command)
        if command.startswith("micrarium import") and "--dry-run" not in command:
            note_ids(sandbox, server, printed, image="image:12", channel="channel:5")
    original = (sandbox.folder / "original.ome.tiff").read_bytes()
    assert original == (sandbox.folder / "cells.ome.tiff").read_bytes()
    exported = zarr.open_array(sandbox.folder / "exported.ome.zarr" / "0", mode="r")
    assert np.array_equal(np.asarray(exported[0, 1, 2]), tifffile.imread(sandbox.folder / "cells.ome.tiff")[2, 1])


def test_the_python_of_the_guide_runs(sandbox: Sandbox, server: TemporaryServer) -> None:
    sandbox.run(f"micrarium login {server.url} --token {server.token}")
    printed = sandbox.run("micrarium import cells.ome.tiff --dataset Mitosis --project Python")
    note_ids(sandbox, server, printed, image="image:12", channel="channel:5")
    (block,) = find_blocks("docs/guide.md", "python")
    script = sandbox.folder / "example.py"
    script.write_text(f"token = {server.token!r}\n{sandbox.fill_in(block)}")
    sandbox.run(f"{sys.executable} -W error example.py")
    with micrarium.connect(server.url, token=server.token) as client:
        image = client.get(sandbox.names["image:12"])
        assert "checked" in image.tags
        assert "Mean of the middle plane" in dict(image.key_values)
    assert (sandbox.folder / "python.ome.zarr" / "zarr.json").exists()


def test_the_python_of_the_administrator_guide_runs(sandbox: Sandbox, server: TemporaryServer) -> None:
    (block,) = find_blocks("docs/administration.md", "python")
    script = sandbox.folder / "example.py"
    script.write_text(f"token = {server.token!r}\n{sandbox.fill_in(block)}server.close()\n")
    sandbox.run(f"{sys.executable} -W error example.py")
    with micrarium.connect(server.url, username="ada", password="another pass phrase") as client:
        assert [(group["name"], group["is_owner"]) for group in client.session["groups"]] == [("Cell Biology", True)]


def test_the_examples_of_the_api_page_run(sandbox: Sandbox, server: TemporaryServer) -> None:
    script = sandbox.folder / "example.py"
    blocks = "\n".join(find_blocks("docs/api.md", "python"))
    script.write_text(f"token = {server.token!r}\n{sandbox.fill_in(blocks)}")
    assert "admin" in sandbox.run(f"{sys.executable} -W error example.py")
    sandbox.run(f"micrarium login {server.url} --token {server.token}")
    for command in find_commands("docs/api.md"):
        printed = sandbox.run(command)
    assert "https://lab.example.org/hook" in printed
