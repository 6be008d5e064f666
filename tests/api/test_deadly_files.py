"""A file that ends whatever program opens it is imported into a real server, which lives on."""

from __future__ import annotations

from pathlib import Path

import micrarium
from micrarium.testing.files import numbered_pixels, write_deadly_reader, write_ome_tiff
from micrarium.testing.servers import start_server

ENDED = "ends the program that opens it (SIGSEGV), so it is not opened again; it is probably damaged"


def test_a_server_outlives_files_that_end_their_readers(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for deed in ("segfault", "fill"):
        (folder / f"{deed}.img").write_text(f"DEADLY {deed}", encoding="ascii")
    good = write_ome_tiff(folder / "zebra.ome.tif", numbered_pixels(1, 1, 1, 32, 32))
    settings = {"PYTHONPATH": str(write_deadly_reader(tmp_path / "installed")), "MICRARIUM_OPENING_MEMORY_MB": "1024"}
    with start_server(tmp_path / "data", settings=settings) as server, micrarium.connect(server.url, token=server.token) as client:
        told = client.import_files([folder])
        assert {Path(one["path"]).name: one["reason"] for one in told.failed} == {
            "segfault.img": f"segfault.img {ENDED}",
            "fill.img": "fill.img takes more than 1024 MB of memory to open; it may be damaged",
        }
        again = client.import_files([folder / "segfault.img"])
        assert [one["reason"] for one in again.failed] == [f"segfault.img {ENDED}"]
        assert [image.name for image in client.list("images")] == [good.name]
        assert server.process.poll() is None
        assert not list((server.data / "originals").rglob("*.img"))  # uploads are kept to be tried again
