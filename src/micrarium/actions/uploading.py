"""Uploads: files that come in pieces, can be taken up again where they stopped, and are then imported."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from sqlalchemy import event

from micrarium.actions.accounting import check_quota
from micrarium.actions.opening import Site
from micrarium.errors import Conflict, InvalidInput, NotFound, TooLarge, Unavailable
from micrarium.model import Upload
from micrarium.permissions import ActorSession, every, get_visible, require_scope, system_session, visible
from micrarium.pixels.checksums import Digest, parse_digest

MOST_FILES = 50_000
_MOST_NAME_BYTES = 255
_MOST_PATH_BYTES = 3000
#: An upload that nobody finished or imported is removed after this.
_ABANDONED_S = 14 * 24 * 3600.0
#: Where notes about pieces on their way lie, among the uploads.
_PIECES = ".pieces"


def open_upload(session: ActorSession, site: Site, files: Sequence[tuple[str, int]], *, group_id: int | None = None) -> Upload:
    """A new upload of files of these paths and sizes, meant for a group. Raises ``InvalidInput`` for a path that leads
    anywhere else, ``TooLarge`` where the disk or a quota has no room. Without a group any of the person's may have room.
    """
    require_scope(session.actor, "import")
    assert session.actor is not None
    if not 1 <= len(files) <= MOST_FILES:
        raise InvalidInput(f"An upload has 1 to {MOST_FILES} files; this one has {len(files)}", field="files")
    check_paths(path for path, _ in files)
    total = sum(size for _, size in files)
    most = site.settings.max_upload_gb
    if most is not None and total > most * 1e9:
        raise TooLarge(f"The files have {total} bytes; an upload has at most {most:g} GB here", field="files")
    free = shutil.disk_usage(site.uploads).free
    if total > free:
        raise TooLarge(f"The files have {total} bytes and the server has room for {free}", field="files")
    groups = session.actor.memberships if group_id is None else (group_id,)
    check_quota(site.engine, session.actor, lambda: total, group_ids=groups, is_uploading=True)
    upload = Upload(files=[{"path": path, "size": size} for path, size in files])
    session.add(upload)
    session.flush()
    folder = upload_folder(site, upload.id)
    shutil.rmtree(folder, ignore_errors=True)  # of an upload with this number that was rolled back
    folder.mkdir(parents=True)
    for path, size in files:
        if size == 0:
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    return upload


def check_paths(paths: Iterable[str]) -> None:
    """Nothing when every path is relative, leads downwards, is no other one's folder, and occurs once."""
    seen: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        parts = path.split("/")
        is_plain = all(part not in ("", ".", "..") and len(part.encode("utf-8", "replace")) <= _MOST_NAME_BYTES for part in parts)
        if not is_plain or any(ord(c) < 32 or c == "\\" or 0xD800 <= ord(c) < 0xE000 for c in path):
            raise InvalidInput(
                f"{path[:200]!r} is no path that can be uploaded; it is relative, with names between slashes", field="path"
            )
        if len(path.encode()) > _MOST_PATH_BYTES:
            raise InvalidInput(f"The path {path[:60]!r}... is too long", field="path")
        if path in seen:
            raise InvalidInput(f"{path!r} is listed twice", field="path")
        seen.add(path)
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    if clash := seen & folders:
        raise InvalidInput(f"{min(clash)!r} is both a file and a folder", field="path")


def upload_folder(site: Site, upload_id: int) -> Path:
    """Where the files of an upload gather."""
    return site.uploads / str(upload_id)


def describe_upload(site: Site, upload: Upload) -> dict[str, Any]:
    """An upload as clients see it: how much of each file has come."""
    folder = upload_folder(site, upload.id)
    files = [{**file, "received": _received(folder / file["path"])} for file in upload.files]
    return {"id": upload.id, "files": files, "created_at": upload.created_at}


def check_complete(site: Site, upload: Upload) -> None:
    """Nothing when all of every file has come, else ``Conflict`` naming one that is missing."""
    folder = upload_folder(site, upload.id)
    for file in upload.files:
        if (received := _received(folder / file["path"])) != file["size"]:
            raise Conflict(f"{file['path']} has not come whole: {received} of {file['size']} bytes", field="upload_id")


def remove_upload(session: ActorSession, site: Site, upload_id: int) -> None:
    """Forget an upload, and once that is committed the files that came with it."""
    upload = get_visible(session, Upload, upload_id)
    session.delete(upload)
    session.flush()
    folder = upload_folder(site, upload_id)

    def remove(_session: Any) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    event.listen(session, "after_commit", remove, once=True)


def _received(path: Path) -> int:
    """How much of a file has come for good; what of a piece is not yet checked does not count."""
    try:
        there = path.stat().st_size
    except OSError:
        return 0
    return min(there, Piece.under_way.get(path, there))


class DamagedPiece(Conflict):
    """A piece that is not what was sent; it is to be sent once more."""

    title = "Damaged on the way"


class Piece:
    """A piece of a file on its way in: written as it comes, taken back when it turns out too long or not what was sent.

    While one with a checksum comes, a note says where it begins: so it is taken back also where the server ends.
    """

    #: Where pieces begin that are on their way, in all requests of this process.
    under_way: ClassVar[dict[Path, int]] = {}
    _lock = Lock()

    def __init__(self, path: Path, shown: str, *, offset: int, size: int, most: int, note: Path, digest: Digest | None) -> None:
        self.path, self.shown, self.offset, self.size, self._most = path, shown, offset, size, most
        self.received, self._digest, self._note = offset, digest, note if digest is not None else None
        with self._lock:
            if path in self.under_way:
                raise Conflict(f"Another piece of {shown} is on its way", field="Upload-Offset")
            there = _received(path)
            self.under_way[path] = offset
        try:
            if there != offset:
                raise Conflict(f"{shown} goes on at {there}, not at {offset}", field="Upload-Offset", received=there)
            with self._told():
                if self._note is not None:
                    self._note.parent.mkdir(exist_ok=True)
                    self._note.write_text(json.dumps({"path": str(path), "offset": offset}), encoding="utf-8")
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = path.open("ab", buffering=0)
        except BaseException:
            self._let_go()
            raise

    def write(self, data: bytes) -> None:
        """Append bytes. Raises ``TooLarge`` or ``InvalidInput``, and takes the piece back, when there are too many."""
        self.received += len(data)
        if self.received > self.size or self.received - self.offset > self._most:
            over = self.received > self.size
            self._take_back()
            if over:
                raise InvalidInput(f"{self.shown} was to have {self.size} bytes; this piece reaches beyond", field="Upload-Offset")
            raise TooLarge(f"A piece has at most {self._most} bytes")
        if self._digest is not None:
            self._digest.update(data)
        with self._told():
            try:
                left = memoryview(data)
                while left:
                    left = left[self._file.write(left) :]
            except OSError:
                self._take_back()
                raise

    def close(self) -> None:
        """Put what came on the disk. Raises ``DamagedPiece``, and takes it back, where its checksum is another one."""
        try:
            if self._file.closed:
                return
            is_damaged = self._digest is not None and self.received > self.offset and not self._digest.is_right
            if is_damaged:
                self._take_back()
            with self._told():
                os.fsync(self._file.fileno())
                self._file.close()
            if is_damaged:
                raise DamagedPiece(f"A piece of {self.shown} was damaged on its way; send it once more", field="Content-Digest")
        finally:
            self._let_go()

    def _take_back(self) -> None:
        self._file.truncate(self.offset)
        self.received = self.offset

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unavailable(f"The server cannot store {self.shown}: {error.strerror or error}") from error

    def _let_go(self) -> None:
        if self._note is not None:
            self._note.unlink(missing_ok=True)
        with self._lock:
            self.under_way.pop(self.path, None)


def begin_piece(
    session: ActorSession, site: Site, upload_id: int, *, path: str, offset: int, content_digest: str | None = None
) -> Piece:
    """A piece that goes on where the file stopped, with its checksum as in RFC 9530.

    Raises ``NotFound``, ``Conflict`` when the file stopped elsewhere, ``InvalidInput`` for a checksum that is none.
    """
    require_scope(session.actor, "import")
    assert session.actor is not None
    statement = visible(Upload, session.actor).where(Upload.id == upload_id).with_only_columns(Upload.id, Upload.created_at)
    row = session.execute(statement).first()
    if row is None:
        raise NotFound(f"There is no upload:{upload_id}")
    sizes = _sizes(session, upload_id, f"{site.data} {upload_id} {row.created_at}")
    if path not in sizes:
        raise NotFound(f"upload:{upload_id} has no file {path[:200]!r}", field="path")
    most = site.settings.upload_piece_mb * 2**20
    place = upload_folder(site, upload_id) / path
    note = site.uploads / _PIECES / f"{upload_id}-{sha256(path.encode()).hexdigest()[:32]}"
    digest = None if content_digest is None else parse_digest(content_digest)
    return Piece(place, path, offset=offset, size=sizes[path], most=most, note=note, digest=digest)


_known_sizes: dict[str, dict[str, int]] = {}


def _sizes(session: ActorSession, upload_id: int, key: str) -> dict[str, int]:
    """The sizes of an upload's files by path: read once, since they never change and may be thousands."""
    found = _known_sizes.get(key)
    if found is None:
        upload = get_visible(session, Upload, upload_id)
        found = {file["path"]: file["size"] for file in upload.files}
        while len(_known_sizes) > 32:
            _known_sizes.pop(next(iter(_known_sizes)), None)
        _known_sizes[key] = found
    return found


def take_back_pieces(site: Site) -> None:
    """Take back what came of pieces whose checksum could not be compared because the server ended; called at start."""
    for note in (site.uploads / _PIECES).glob("*-*"):
        with suppress(ValueError, OSError):  # it ended while the note was written: then nothing of the piece was
            told = json.loads(note.read_text(encoding="utf-8"))
            path = Path(told["path"])
            if path.stat().st_size > told["offset"]:
                os.truncate(path, told["offset"])
        note.unlink(missing_ok=True)


def clear_abandoned(site: Site) -> None:
    """Remove uploads that nobody finished for two weeks, and folders that belong to none; called at start."""
    take_back_pieces(site)
    with system_session(site.engine, "clear abandoned uploads") as session:
        uploads = {upload.id: upload for upload in session.scalars(every(Upload))}
        for known in uploads.values():
            if not upload_folder(site, known.id).is_dir():
                session.delete(known)
        for folder in site.uploads.iterdir():
            if folder.name == _PIECES:
                continue
            number = int(folder.name) if folder.name.isdecimal() else None
            upload = uploads.get(number) if number is not None else None
            if upload is not None and time.time() - _last_change(folder) < _ABANDONED_S:
                continue
            if upload is not None:
                session.delete(upload)
            shutil.rmtree(folder, ignore_errors=True)


def _last_change(folder: Path) -> float:
    return max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
