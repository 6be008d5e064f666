"""Exporting objects from a server into files here."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from micrarium.client.names import ObjectName
from micrarium.client.tables import describe_bytes
from micrarium.errors import OutputExists, UnreadableFile, UsageError

if TYPE_CHECKING:
    from micrarium.client import Client

Progress = Callable[[float, str], None]
FORMATS = ("ome-zarr", "ome-tiff", "original")
PIECE_BYTES = 2**20
#: The part of the progress that the server's work takes; the rest is the download.
MAKING = 0.6


def export_object(
    client: Client,
    name: ObjectName,
    out: Path,
    *,
    format_name: str,
    overwrite: bool,
    progress: Progress,
    reason: str | None = None,
    deidentify: bool = False,
) -> Path:
    """The path at which the exported object now is; nothing half-written is left there on an error."""
    if format_name not in FORMATS:
        raise UsageError(f"{format_name!r} is no format for exports; there are {', '.join(FORMATS)}.", field="format")
    if (out.exists() or out.is_symlink()) and not overwrite:
        raise OutputExists(f"{out} exists; --overwrite (overwrite=True) replaces it.", field="out")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"The folder {out.absolute().parent} does not exist.", field="out")
    with _new_beside(out) as fresh:
        terms = {"reason": reason, "deidentify": deidentify}
        path = _prepare(client, name, format_name=format_name, terms=terms, progress=progress)
        is_folder = _download(client, path, fresh, progress=progress)
        if is_folder and out.suffix.lower() != ".zip":
            _unpack(fresh)
        _put_in_place(fresh, out)
    return out


def _prepare(client: Client, name: ObjectName, *, format_name: str, terms: dict[str, Any], progress: Progress) -> str:
    """The path from which the server gives the export, after waiting until it is made."""
    if format_name == "original":
        if terms["deidentify"]:
            raise UsageError("An original stays as it is; export ome-zarr or ome-tiff to leave out whose it is.", field="format")
        return f"{name.path}/original" + (f"?reason={quote(terms['reason'])}" if terms["reason"] else "")
    job = client.connection.send("POST", "/api/v1/exports", {"object": str(name), "format": format_name} | terms)
    done = client.wait(job, progress=lambda part, doing: progress(part * MAKING, doing))
    return str(done["result"]["download"])


def _download(client: Client, path: str, target: Path, *, progress: Progress) -> bool:
    """Whether what was downloaded is the zip of a folder, as the server says of it."""
    with client.connection.stream(path) as response, target.open("xb") as stream:
        total = int(response.headers.get("Content-Length") or 0)
        done = 0
        for piece in response.iter_bytes(PIECE_BYTES):
            stream.write(piece)
            done += len(piece)
            progress(MAKING + (1 - MAKING) * (done / total if total else 0.5), describe_bytes(done))
        return str(response.headers.get("Content-Type", "")).startswith("application/zip")


def _unpack(archive: Path) -> None:
    """Replace a zip by the folder of what is in it; a single folder on top becomes that folder."""
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".micrarium-") as name:
        inside = Path(name) / "content"
        try:
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(inside)
        except zipfile.BadZipFile as error:
            raise UnreadableFile(f"The download is damaged ({error}); please export again.") from error
        archive.unlink()
        children = list(inside.iterdir())
        only = children[0] if len(children) == 1 and children[0].is_dir() else inside
        only.replace(archive)


@contextmanager
def _new_beside(out: Path) -> Iterator[Path]:
    """A path next to the output that becomes it in one step, and is gone otherwise."""
    fresh = out.absolute().parent / f".{out.name}.{uuid4().hex[:8]}"
    try:
        yield fresh
    finally:
        _remove(fresh)


def _put_in_place(fresh: Path, out: Path) -> None:
    if out.is_dir() and not out.is_symlink():
        old = fresh.with_name(fresh.name + ".old")
        out.rename(old)
        fresh.rename(out)
        _remove(old)
    elif fresh.is_dir():
        out.unlink(missing_ok=True)
        fresh.rename(out)
    else:
        fresh.replace(out)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
