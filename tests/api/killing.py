"""A server that is killed while it imports, at a moment of its own work or of the clock, and what must hold afterwards."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import numpy as np

from micrarium.actions.opening import Site
from micrarium.actions.storing import checksum_of, locate
from micrarium.formats import open_image_file
from micrarium.geometry import Region
from micrarium.model import FilesetEntry, Image, OriginalFile, Pixels, Upload
from micrarium.model.database import open_engine
from micrarium.permissions import every, system_session
from micrarium.pixels.downsampling import halve
from micrarium.pixels.pyramids import PyramidSource, needs_pyramid
from micrarium.settings import Settings
from micrarium.testing.files import numbered_pixels, write_ome_tiff, write_ome_zarr
from micrarium.testing.servers import TemporaryServer

Array = np.ndarray[Any, np.dtype[Any]]
#: In the upload, pieces are this small, so that there are moments between them.
PIECE = 20_000
PATIENCE_S = 120.0

#: Counts what a server is about to do to files of its data folder, and kills it before the one whose number is given.
_HOOK = """
import os, sys, signal, threading

if "serve" in sys.orig_argv:
    at, folder = int(os.environ["FAULT_AT"]), os.environ["FAULT_BELOW"]
    counter = os.open(os.environ["FAULT_COUNT"], os.O_RDWR | os.O_CREAT)
    state, lock = [0], threading.Lock()
    plain = {"os.rename", "os.link", "os.mkdir", "os.chmod", "os.truncate", "shutil.rmtree", "os.remove", "os.rmdir"}

    def watch(event, given):
        if event == "open":
            if not (isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)):
                return
        elif event not in plain:
            return
        place = os.fsdecode(given[0]) if isinstance(given[0], (str, bytes, os.PathLike)) else ""
        is_inside = any(f"{folder}/{part}/" in place for part in ("originals", "derived", "uploads"))
        if event not in ("os.remove", "os.rmdir") and not is_inside:
            return
        with lock:
            state[0] += 1
            os.pwrite(counter, b"%012d" % state[0], 0)
            if state[0] == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
"""


@dataclass
class Sources:
    """Files of one round: those the server takes from its disk, those it leaves there, those it is sent; pixels by image."""

    folder: Path
    pixels: dict[str, Array] = field(default_factory=dict)

    def make(self, number: int) -> Sources:
        """Write them; no two rounds have the same."""
        for way in ("copied", "staying", "sent"):
            folder = self.folder / way
            folder.mkdir(parents=True)
            seed = 10 * number + len(way)
            self._add(
                write_ome_tiff(folder / f"{way}-{number}.ome.tif", array := numbered_pixels(1, 2, 2, 80, 90, seed=seed)), array
            )
            self._add(
                write_ome_zarr(folder / f"{way}-{number}.ome.zarr", array := numbered_pixels(2, 2, 1, 70, 60, seed=seed)), array
            )
            self._add(*write_set(folder, f"{way}-{number}-set", seed=seed))
        big = numbered_pixels(1, 1, 1, 2100, 2200, dtype="uint8", seed=number)
        self._add(write_ome_tiff(self.folder / "copied" / f"big-{number}.ome.tif", big), big)
        return self

    def _add(self, path: Path, array: Array) -> None:
        self.pixels[path.name] = array


def write_set(folder: Path, name: str, *, seed: int) -> tuple[Path, Array]:
    """The first of two OME-TIFF files with a channel each, neither of which is whole without the other, and their pixels."""
    import tifffile

    pixels = numbered_pixels(1, 2, 1, 40, 50, seed=seed)
    names = [f"{name}{channel}.ome.tif" for channel in (0, 1)]
    ids = [f"urn:uuid:{uuid5(UUID(int=seed), one)}" for one in names]
    blocks = "".join(
        f'<TiffData FirstC="{c}" IFD="0" PlaneCount="1"><UUID FileName="{names[c]}">{ids[c]}</UUID></TiffData>' for c in (0, 1)
    )
    for channel in (0, 1):
        text = (
            f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{ids[channel]}">'
            '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="50" SizeY="40" SizeZ="1" '
            'SizeC="2" SizeT="1"><Channel ID="Channel:0:0"/><Channel ID="Channel:0:1"/>'
            f"{blocks}</Pixels></Image></OME>"
        )
        tifffile.imwrite(folder / names[channel], pixels[0, channel, 0], description=text, metadata=None)
    return folder / names[0], pixels


def fault_settings(folder: Path, data: Path, *, at: int) -> dict[str, str]:
    """Variables of a server that is to die before it does so many things to files; it never does for 0."""
    hook = folder / "hook"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
    (folder / "count").unlink(missing_ok=True)
    paths = os.pathsep.join(filter(None, (str(hook), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": paths, "FAULT_AT": str(at), "FAULT_BELOW": str(data), "FAULT_COUNT": str(folder / "count")}


def count_deeds(folder: Path) -> int:
    """How many things the last server did to files."""
    return int((folder / "count").read_text() or 0)


@contextmanager
def asking(server: TemporaryServer, token: str, sources: Sources) -> Iterator[tuple[threading.Thread, list[str]]]:
    """Asks for all imports while the block runs, until the server is gone.

    Gives the thread that does it, and what was refused, which should be nothing.
    """
    refused: list[str] = []

    def ask() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        with suppress(httpx.TransportError), httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=60) as door:
            wanted: list[dict[str, Any]] = [
                {"paths": [str(sources.folder / "copied")], "dataset": "Copied"},
                {"paths": [str(sources.folder / "staying")], "in_place": True, "dataset": "Staying"},
            ]
            for one in wanted:
                answer = door.post("/imports", json=one)
                if answer.status_code != 202:
                    refused.append(answer.text)
            upload_id = send(door, sources.folder / "sent")
            answer = door.post("/imports", json={"upload_id": upload_id, "dataset": "Sent"})
            if answer.status_code != 202:
                refused.append(answer.text)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield thread, refused
    finally:
        thread.join(PATIENCE_S)


def send(door: httpx.Client, folder: Path) -> int:
    """The id of an upload of a folder's files, sent in pieces with their checksums."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    listed = [{"path": path.relative_to(folder).as_posix(), "size": path.stat().st_size} for path in files]
    upload_id = int(door.post("/uploads", json={"files": listed}).json()["id"])
    for path in files:
        content = path.read_bytes()
        for start in range(0, len(content), PIECE):
            piece = content[start : start + PIECE]
            digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
            headers = {"Upload-Offset": str(start), "Content-Digest": f"sha-256=:{digest}:"}
            where = {"path": path.relative_to(folder).as_posix()}
            answer = door.patch(f"/uploads/{upload_id}", params=where, content=piece, headers=headers)
            assert answer.json()["received"] == start + len(piece), answer.text
    return upload_id


def wait_idle(server: TemporaryServer, token: str, *, is_mortal: bool = False) -> list[dict[str, Any]]:
    """All jobs, once none waits or runs; a server that ``is_mortal`` may be gone before, and then there are none."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        if is_mortal and server.process.poll() is not None:
            return []
        try:
            headers = {"Authorization": f"Bearer {token}"}
            jobs = httpx.get(f"{server.url}/api/v1/jobs?limit=1000", headers=headers, timeout=60).json()["items"]
        except httpx.TransportError:
            if is_mortal:
                continue
            raise
        if not any(job["state"] in ("queued", "running") for job in jobs):
            return list(jobs)
        time.sleep(0.05)
    raise AssertionError("the jobs did not end")


@contextmanager
def looking(data: Path) -> Iterator[Site]:
    """The site of a running server that does nothing, to look at its rows and files."""
    settings = Settings(data=data)
    engine = open_engine(settings.database)
    try:
        with (data / "lock").open() as lock:
            yield Site(settings, engine, lock)
    finally:
        engine.dispose()


def check_whole(data: Path, expected: dict[str, Array], *, is_complete: bool) -> None:
    """Fails unless every image is whole, every row has its files, and every file its row; with ``is_complete`` all are there."""
    with looking(data) as site:
        with system_session(site.engine, "look at what is there", is_reading=True) as session:
            originals = list(session.scalars(every(OriginalFile)))
            images = [(image, image.pixels, image.fileset) for image in session.scalars(every(Image)) if image.fileset is not None]
            entries = {
                entry.fileset_id: entry.original_file_id for entry in session.scalars(every(FilesetEntry)) if not entry.position
            }
            pyramids = {pixels.pyramid for pixels in session.scalars(every(Pixels)) if pixels.pyramid}
            uploads = {upload.id: [file["path"] for file in upload.files] for upload in session.scalars(every(Upload))}
        by_id = {original.id: original for original in originals}
        for original in originals:
            assert checksum_of(locate(data, original.location)) == original.hash, original.location
        assert {by_id[entries[fileset.id]].id for _, _, fileset in images} == set(entries.values()), "a fileset without images"
        assert len({image.name for image, _, _ in images}) == len(images), "an image twice"
        prefixes = {fileset.template_prefix for _, _, fileset in images}
        check_files(data, {original.location for original in originals if not original.is_in_place}, prefixes, pyramids, uploads)
        for image, pixels, fileset in images:
            main = by_id[entries[fileset.id]]
            pyramid = None if pixels.pyramid is None else data / pixels.pyramid
            check_pixels(locate(data, main.location), fileset.reader, expected[image.name], pyramid, is_complete=is_complete)
        if is_complete:
            assert {image.name for image, _, _ in images} == set(expected)


def check_files(data: Path, locations: set[str], prefixes: set[str], pyramids: set[str], uploads: dict[int, list[str]]) -> None:
    """Fails for a file that no row knows, and for a row without its file."""
    for path in (path for folder in ("originals", "derived", "uploads") for path in (data / folder).rglob("*") if path.is_file()):
        name = path.relative_to(data).as_posix()
        parents = {parent.as_posix() for parent in Path(name).parents}
        if name.startswith("uploads/"):
            _, upload, rest = name.split("/", 2)
            assert rest in uploads[int(upload)], name
        elif name.startswith("derived/"):
            assert parents & pyramids, name
        else:
            is_list = name.endswith(".sha256") and (
                name.removesuffix(".sha256") in locations or Path(name).parent.as_posix() in prefixes
            )
            assert name in locations or parents & locations or is_list, name
    for number in uploads:
        assert (data / "uploads" / str(number)).is_dir(), f"upload:{number} has lost its folder"
    for pyramid in pyramids:
        assert (data / pyramid).is_dir(), pyramid


def check_pixels(path: Path, reader: str, expected: Array, pyramid: Path | None, *, is_complete: bool) -> None:
    """Fails unless the pixels are those that were imported, and lower resolutions are made of them where they are needed."""
    with open_image_file(path, reader=reader) as opened:
        source = opened.images[0]
        np.testing.assert_array_equal(source.read(Region.whole(source.shape)), expected)
        if is_complete:
            assert (pyramid is not None) == needs_pyramid(source), path
        if pyramid is not None:
            lower = PyramidSource(source, pyramid)
            np.testing.assert_array_equal(lower.read(Region.whole(lower.levels[1].shape), level=1), halve(expected))
