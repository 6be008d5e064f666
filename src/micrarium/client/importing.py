"""Importing files into a server: sent from here, or taken by the server from its own folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from micrarium.client.tables import render_rows
from micrarium.client.uploading import (
    Progress,
    UploadFile,
    can_be_sent,
    common_folder,
    find_upload_files,
    forget_upload,
    is_upload_gone,
    upload_files,
)
from micrarium.errors import Conflict, MicrariumError, NotFound, UsageError, spell_out

if TYPE_CHECKING:
    from micrarium.client import Client
    from micrarium.client.entities import Image

#: The part of the progress that sending files takes; the rest is the server's work.
SENDING = 0.7
AT_ONCE = 200
EMPTY_PATH = "A path is empty; name a file or a folder, such as . for this one"
ODD_NAME = "its name holds a backslash, a control character or bytes that are no text; rename it, then import it"


@dataclass
class ImportResult:
    """What came of an import: the ids of its images and plates, and what was left out or failed, each with its reason.

    ``warnings`` are sentences about what was imported, such as that a file holds its pixels with loss. ``imported`` has an
    entry for each fileset, ``linked`` the images that were there already and were put where the import went,
    ``not_reached`` what an import that was to stop at a failure left; ``job`` is the number of the job that did it.
    """

    images: list[int] = field(default_factory=list)
    plates: list[int] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    imported: list[dict[str, Any]] = field(default_factory=list)
    linked: list[int] = field(default_factory=list)
    not_reached: list[dict[str, Any]] = field(default_factory=list)
    job: int | None = None
    _client: Client | None = field(default=None, repr=False, compare=False)

    @property
    def objects(self) -> list[Image]:
        """The images themselves, those that are still there."""
        client = self._client
        if client is None:
            raise UsageError("This result was not made by a client.")
        found: dict[int, Image] = {}
        for start in range(0, len(self.images), AT_ONCE):
            some = client.list("images", id=self.images[start : start + AT_ONCE])
            found |= {image.reference.id: cast("Image", image) for image in some}
        return [found[number] for number in self.images if number in found]

    def report(self) -> list[dict[str, Any]]:
        """What came of each fileset: its path, outcome and images, and where it failed the reason and what to do."""
        client, job = self._made_by()
        rows: list[dict[str, Any]] = client.connection.get(f"/api/v1/jobs/{job}/report")["rows"]
        return rows

    def retry(self, *, progress: Progress | None = None) -> ImportResult:
        """What came of importing again what failed or was not reached, after waiting for it."""
        client, job = self._made_by()
        return retry_import(client, job, progress=progress)

    def _made_by(self) -> tuple[Client, int]:
        if self._client is None or self.job is None:
            raise UsageError("This result is of no job; nothing was sent, or it was not made by a client.")
        return self._client, self.job

    def to_json(self) -> dict[str, Any]:
        """The result as the command line prints it."""
        return {part.name: getattr(self, part.name) for part in fields(self) if not part.name.startswith("_")}

    def _repr_html_(self) -> str:
        rows: list[dict[str, Any]] = [{"what": f"image:{number}"} for number in self.images]
        rows += [{"what": entry.get("path"), "why": f"{word}: {entry.get('reason')}"} for word, entry in self._refused()]
        return render_rows(["what", "why"], rows)

    def _refused(self) -> list[tuple[str, dict[str, Any]]]:
        return [("skipped", entry) for entry in self.skipped] + [("failed", entry) for entry in self.failed]


class ImportOptions(TypedDict, total=False):
    """How an import goes about its files, as ``POST /api/v1/imports`` takes it; see the API for each.

    ``owner`` is for whom an administrator imports, ``duplicates`` one of ``link``, ``skip`` and ``import``; ``reader`` is asked
    before all others.
    """

    target: str | None
    name: str | None
    description: str | None
    owner: int | str | None
    duplicates: str
    exclude: list[str]
    depth: int | None
    grouping: bool
    reader: str | None
    stop_on_failure: bool
    skip_known_paths: bool


#: Some paths with what is said of them alone: ``paths``, and ``target``, ``name`` and ``description`` where they are given.
ImportItem = dict[str, Any]


def import_paths(
    client: Client,
    items: Sequence[ImportItem],
    *,
    on_server: bool,
    in_place: bool,
    options: dict[str, Any],
    progress: Progress,
    companions: Iterable[str | os.PathLike[str]] = (),
) -> ImportResult:
    """What came of importing the paths of some items, after waiting for it.

    ``on_server`` names the server's own files, which it copies, or with ``in_place`` leaves where they are. ``companions``
    are other files that belong to those named, and are sent with them.
    """
    given = {name: value for name, value in options.items() if value not in (None, [])}
    if any(os.fspath(path) == "" for item in items for path in item["paths"]):
        raise UsageError(EMPTY_PATH, field="paths")
    if on_server or any(is_below_root(path) for item in items for path in item["paths"]):
        return _finish(client, given | _spell_items(items, absolute_path) | {"in_place": in_place}, progress=progress)
    named = [Path(path) for item in items for path in item["paths"]]
    paths = [*named, *map(Path, companions)]
    odd: list[dict[str, Any]] = []
    files = find_upload_files(paths, leave_out=lambda name, reason: odd.append({"path": spell_out(name), "reason": reason}))
    odd += [{"path": spell_out(file.name), "reason": ODD_NAME} for file in files if not can_be_sent(file.name)]
    files = [file for file in files if can_be_sent(file.name)]
    if not files:
        return ImportResult(failed=odd, _client=client)
    wanted = given | _place_items(items, common_folder(paths), given)
    try:
        result = _send(client, files, wanted, progress=progress)
    except (Conflict, NotFound):
        if not is_upload_gone(client.connection, files):
            raise
        forget_upload(client.connection, files)  # another program here sent and imported the same files meanwhile
        result = _send(client, files, wanted, progress=progress)
    if not result.failed and not result.not_reached:
        forget_upload(client.connection, files)
    result.failed += odd
    return result


def retry_import(client: Client, job: int, *, progress: Progress | None = None) -> ImportResult:
    """What came of importing again what the job of an import could not import or did not reach, after waiting for it."""
    return _wait(client, client.connection.send("POST", f"/api/v1/jobs/{job}/retry"), progress=progress)


def absolute_path(path: str | os.PathLike[str]) -> str:
    """A path as a server is told it: absolute, unless it is one of the server's own names (``root:NAME/...``, a URL)."""
    text = os.fspath(path)
    return text if "://" in text or is_below_root(text) else str(Path(text).expanduser().absolute())


def is_below_root(path: str | os.PathLike[str]) -> bool:
    """Whether a path is one below a root of the server, such as ``root:NAS/run1``."""
    return os.fspath(path).startswith("root:")


def _place_items(items: Sequence[ImportItem], root: Path, given: dict[str, Any]) -> dict[str, Any]:
    """The items of a request whose files were sent: their paths below the upload, where not all of it is meant alike."""
    targets = [given.get("target"), *(item.get("target") for item in items)]
    patterns = any(target is not None and target.startswith("regex:") for target in targets)
    base = {"client_base": root.as_posix()} if patterns else {}
    if len(items) == 1 and set(items[0]) == {"paths"} and "depth" not in given:
        return base  # all that was sent
    return base | {"items": _spell_items(items, lambda path: _below(path, root), is_whole=False)["items"]}


def _below(path: str | os.PathLike[str], root: Path) -> str:
    return Path(path).expanduser().absolute().relative_to(root).as_posix()


def _spell_items(
    items: Sequence[ImportItem], spell: Callable[[str | os.PathLike[str]], str], *, is_whole: bool = True
) -> dict[str, Any]:
    """The items as a request has them; one that says nothing of its own is the request itself."""
    told = [
        {name: value for name, value in item.items() if value is not None} | {"paths": [spell(path) for path in item["paths"]]}
        for item in items
    ]
    return told[0] if is_whole and len(told) == 1 and set(told[0]) == {"paths"} else {"items": told}


def _send(client: Client, files: list[UploadFile], wanted: dict[str, Any], *, progress: Progress) -> ImportResult:
    upload_id = upload_files(
        client.connection, files, progress=lambda done, doing: progress(done * SENDING, doing), group_id=wanted.get("group_id")
    )

    def show_rest(done: float, doing: str) -> None:
        progress(SENDING + done * (1 - SENDING), doing)

    return _finish(client, wanted | {"upload_id": _as_number(upload_id)}, progress=show_rest)


def _finish(client: Client, request: dict[str, Any], *, progress: Progress) -> ImportResult:
    return _wait(client, client.connection.send("POST", "/api/v1/imports", request), progress=progress)


def _wait(client: Client, job: dict[str, Any], *, progress: Progress | None) -> ImportResult:
    """What came of the job of an import; it is cancelled when the waiting is interrupted."""
    try:
        result = client.wait(job, progress=progress).get("result") or {}
    except KeyboardInterrupt:
        with suppress(MicrariumError):
            client.connection.send("DELETE", f"/api/v1/jobs/{job['id']}")
        raise
    known = {part.name for part in fields(ImportResult)}
    return ImportResult(**{name: value for name, value in result.items() if name in known}, job=job["id"], _client=client)


def _as_number(text: str) -> int | str:
    return int(text) if text.isdigit() else text
