"""Downloading original files into a folder, one by one, going on where an earlier download broke off."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from micrarium.client.names import ObjectName
from micrarium.client.tables import describe_bytes
from micrarium.errors import OutputExists, UnreadableFile, UsageError

if TYPE_CHECKING:
    from micrarium.client import Client

Progress = Callable[[float, str], None]
PIECE_BYTES = 2**20
#: What is not complete yet has this after its name.
PART = ".part"


def download_originals(client: Client, name: ObjectName, folder: Path, *, overwrite: bool, progress: Progress) -> tuple[Path, ...]:
    """The paths of an object's original files below ``folder``, which is made where it is not there.

    What is there already and is the same is left alone.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder.", field="originals")
    files: list[dict[str, Any]] = client.connection.get(f"{name.path}/originals/list")["items"]
    targets = [_target_of(folder, file["name"]) for file in files]
    waiting = [(file, target) for file, target in zip(files, targets, strict=True) if not _is_there(file, target)]
    if not overwrite and (standing := next((target for _, target in waiting if target.exists()), None)):
        raise OutputExists(f"{standing} is another file already; --overwrite (overwrite=True) replaces it.", field="originals")
    total = sum(int(file["size_bytes"]) for file in files) or 1
    done = total - sum(int(file["size_bytes"]) for file, _ in waiting)
    for file, target in waiting:
        for size in _download(client, file, target):
            progress((done + size) / total, describe_bytes(done + size))
        done += int(file["size_bytes"])
    return tuple(targets)


def _target_of(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise UnreadableFile(f"The server named a file {name!r}, which would lie elsewhere.")
    return folder.joinpath(*path.parts)


def _is_there(file: dict[str, Any], target: Path) -> bool:
    """Whether a file was downloaded before: by its checksum, else by its size."""
    if not target.is_file() or target.stat().st_size != file["size_bytes"]:
        return False
    return file["sha256"] is None or _checksum_of(target) == file["sha256"]


def _checksum_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(client: Client, file: dict[str, Any], target: Path) -> Iterator[int]:
    """How many bytes of the file are there, again and again until it is complete."""
    partial = target.with_name(target.name + PART)
    start = partial.stat().st_size if partial.is_file() and partial.stat().st_size < file["size_bytes"] else 0
    headers = {"Range": f"bytes={start}-"} if start else {}
    path = f"/api/v1/original_files/{file['original_file_id']}/file"
    with client.connection.stream(path, headers=headers, part=file["part"]) as response:
        goes_on = response.status_code == 206
        target.parent.mkdir(parents=True, exist_ok=True)  # not before: what is refused leaves no folder behind
        with partial.open("ab" if goes_on else "wb") as stream:
            done = start if goes_on else 0
            for piece in response.iter_raw(PIECE_BYTES):
                stream.write(piece)
                done += len(piece)
                yield min(done, int(file["size_bytes"]))
    if partial.stat().st_size != file["size_bytes"] or (file["sha256"] is not None and _checksum_of(partial) != file["sha256"]):
        partial.unlink()
        raise UnreadableFile(f"{file['name']} came damaged; please download it again.")
    partial.replace(target)
