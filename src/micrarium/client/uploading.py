"""Sending files to a server in pieces, and going on where a broken line or an ended program left off."""

from __future__ import annotations

import json
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Any

from micrarium.client.logins import state_folder
from micrarium.client.tables import describe_bytes
from micrarium.errors import Conflict, NotFound, Unavailable, UnreadableFile

if TYPE_CHECKING:
    from micrarium.client.connection import Connection

Progress = Callable[[float, str], None]
LeaveOut = Callable[[str, str], None]

UPLOADS = "/api/v1/uploads"
PIECE_BYTES = 8 * 2**20
#: How many files are on their way at once: small files wait for the line more than they use it.
AT_ONCE = 4
#: How long a server may be away in the middle of an upload before it is given up; it can be taken up again later.
PATIENCE_S = 60.0


@dataclass(frozen=True)
class UploadFile:
    """A file to send: where it is here, its name on the server (``run1/a.czi``), and what shows that it has not changed."""

    path: Path
    name: str
    size_bytes: int
    changed_ns: int


def find_upload_files(paths: Iterable[str | Path], *, leave_out: LeaveOut = lambda _name, _reason: None) -> list[UploadFile]:
    """All files at or below these paths, named relative to what the paths have in common.

    ``leave_out`` is called with the name and the reason for what cannot be sent, which does not stop the others.
    """
    given = [Path(path).expanduser().absolute() for path in paths]
    for path in given:
        if not path.exists():
            raise UnreadableFile(f"{path} does not exist.", field="paths")
    root = common_folder(given)
    walked: set[Path] = set()
    left_out: dict[Path, str] = {}
    unique = {path: None for start in given for path in _walk(start, walked, left_out)}
    files = [_describe(path, root) for path in unique]
    for path, reason in left_out.items():
        leave_out(path.relative_to(root).as_posix(), reason)
    if not files and not left_out:
        raise UnreadableFile(f"There are no files in {', '.join(str(path) for path in given)}.", field="paths")
    return files


def common_folder(paths: Iterable[str | Path]) -> Path:
    """The folder that all of these paths lie in, to which the names of uploaded files are relative."""
    given = [Path(path).expanduser().absolute().parent for path in paths]
    return Path(os.path.commonpath(given)) if given else Path()


def can_be_sent(name: str) -> bool:
    """Whether a server takes a file by this name: text without backslashes and control characters."""
    return all(ord(c) >= 32 and c != "\\" and not 0xD800 <= ord(c) < 0xE000 for c in name)


def _walk(path: Path, walked: set[Path], left_out: dict[Path, str]) -> Iterator[Path]:
    try:
        children = sorted(path.iterdir()) if path.is_dir() else None
        is_file = path.is_file()
    except OSError as error:
        left_out[path] = f"it cannot be read: {error.strerror or error}"
        return
    if children is not None:
        if (real := path.resolve()) in walked:
            return  # links can lead back to where one was
        walked.add(real)
        for child in children:
            yield from _walk(child, walked, left_out)
    elif not is_file:
        is_nowhere = path.is_symlink() and not path.exists()
        left_out[path] = "it is a link that leads nowhere" if is_nowhere else "it is a pipe, a socket or a device, and no file"
    elif not os.access(path, os.R_OK):
        left_out[path] = "it cannot be read: Permission denied"
    else:
        yield path


def _describe(path: Path, root: Path) -> UploadFile:
    found = path.stat()
    return UploadFile(path, path.relative_to(root).as_posix(), found.st_size, found.st_mtime_ns)


def upload_files(connection: Connection, files: list[UploadFile], *, progress: Progress, group_id: int | None = None) -> str:
    """The id of an upload that holds all these files, after sending what the server has not yet received.

    With the group they are meant for, a server refuses what goes over its quota before anything is sent.
    """
    memory = UploadMemory(connection.url, files)
    upload = _resume(connection, memory.recall()) or _open(connection, files, group_id)
    memory.keep(str(upload["id"]))
    received = {entry["path"]: int(entry["received"]) for entry in upload["files"]}
    total = sum(file.size_bytes for file in files) or 1
    done = sum(received.values())
    for file, sent in _send_all(connection, str(upload["id"]), files, received):
        done += sent
        progress(done / total, f"{file.name} ({describe_bytes(done)} of {describe_bytes(total)})")
    return str(upload["id"])


def _send_all(
    connection: Connection, upload_id: str, files: list[UploadFile], received: dict[str, int]
) -> Iterator[tuple[UploadFile, int]]:
    """Send files, several at once; gives how many bytes each piece brought further, in the caller's own thread."""
    told: SimpleQueue[tuple[UploadFile, int] | BaseException | None] = SimpleQueue()
    is_ending = Event()

    def send(file: UploadFile) -> None:
        try:
            for sent in _send_file(connection, upload_id, file, received.get(file.name, 0), is_ending):
                told.put((file, sent))
            told.put(None)
        except BaseException as error:
            told.put(error)

    waiting = [file for file in files if received.get(file.name, 0) < file.size_bytes]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="micrarium-upload") as pool:
        try:
            for file in waiting:
                pool.submit(send, file)
            left = len(waiting)
            while left:
                match told.get():
                    case None:
                        left -= 1
                    case BaseException() as error:
                        raise error
                    case piece:
                        yield piece
        finally:
            is_ending.set()
            pool.shutdown(wait=False, cancel_futures=True)


def forget_upload(connection: Connection, files: list[UploadFile]) -> None:
    """Remember no longer that these files were being sent."""
    UploadMemory(connection.url, files).forget()


def is_upload_gone(connection: Connection, files: list[UploadFile]) -> bool:
    """Whether the upload that these files were being sent in is no longer there, as when it was imported."""
    return _resume(connection, UploadMemory(connection.url, files).recall()) is None


def _open(connection: Connection, files: list[UploadFile], group_id: int | None) -> dict[str, Any]:
    listed = [{"path": file.name, "size": file.size_bytes} for file in files]
    answer: dict[str, Any] = connection.send("POST", UPLOADS, {"files": listed, "group_id": group_id})
    return answer


def _resume(connection: Connection, upload_id: str | None) -> dict[str, Any] | None:
    if upload_id is None:
        return None
    try:
        answer: dict[str, Any] = connection.get(f"{UPLOADS}/{upload_id}")
    except NotFound:
        return None
    return answer


def _send_file(connection: Connection, upload_id: str, file: UploadFile, offset: int, is_ending: Event) -> Iterator[int]:
    """Send a file from an offset on; gives how many bytes each piece brought further."""
    gives_up_at = time.monotonic() + PATIENCE_S
    with file.path.open("rb") as stream:
        while offset < file.size_bytes and not is_ending.is_set():
            stream.seek(offset)
            piece = stream.read(min(PIECE_BYTES, file.size_bytes - offset))
            if not piece:
                raise UnreadableFile(f"{file.path} became shorter while it was being sent.")
            try:
                received = _send_piece(connection, upload_id, file, offset, piece)
                gives_up_at = time.monotonic() + PATIENCE_S
            except (Unavailable, Conflict) as error:
                # Whether the piece arrived is not known: the server says where to go on.
                if is_ending.is_set() or time.monotonic() > gives_up_at:
                    raise
                time.sleep(0.0 if isinstance(error, Conflict) else 0.5)
                received = _ask_received(connection, upload_id, file, offset)
            yield received - offset
            offset = received


def _send_piece(connection: Connection, upload_id: str, file: UploadFile, offset: int, piece: bytes) -> int:
    digest = f"sha-256=:{b64encode(sha256(piece).digest()).decode('ascii')}:"
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream", "Content-Digest": digest}
    answer = connection.request("PATCH", f"{UPLOADS}/{upload_id}", params={"path": file.name}, content=piece, headers=headers)
    return int(answer.json()["received"])


def _ask_received(connection: Connection, upload_id: str, file: UploadFile, offset: int) -> int:
    try:
        state = connection.get(f"{UPLOADS}/{upload_id}")
    except Unavailable:
        return offset
    return next(int(entry["received"]) for entry in state["files"] if entry["path"] == file.name)


class UploadMemory:
    """Remembers on this computer which upload was sending these very files, so that a new program goes on with it."""

    def __init__(self, url: str, files: list[UploadFile]) -> None:
        said = [url, *((file.name, file.size_bytes, file.changed_ns) for file in files)]
        self.path = state_folder() / "uploads" / sha256(json.dumps(said).encode()).hexdigest()[:32]

    def recall(self) -> str | None:
        """The id of the upload, or None."""
        try:
            return self.path.read_text(encoding="utf-8").strip() or None
        except OSError:
            return None

    def keep(self, upload_id: str) -> None:
        """Remember the upload. A computer where that cannot be written only loses the going on."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(upload_id, encoding="utf-8")
        except OSError:
            return

    def forget(self) -> None:
        """Remember it no longer."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return
