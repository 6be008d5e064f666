"""Importing files into a server: sent from here, or taken by the server from its own folders."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from micrarium.client.tables import render_rows
from micrarium.client.uploading import Progress, can_be_sent, find_upload_files, forget_upload, upload_files
from micrarium.errors import MicrariumError, UsageError

if TYPE_CHECKING:
    from micrarium.client import Client
    from micrarium.client.entities import Image

#: The part of the progress that sending files takes; the rest is the server's work.
SENDING = 0.7
AT_ONCE = 200
ODD_NAME = "its name holds a backslash, a control character or bytes that are no text; rename it, then import it"


@dataclass
class ImportResult:
    """What came of an import: the ids of its images and plates, and what was left out or failed, each with its reason.

    ``warnings`` are sentences about what was imported, such as that a file holds its pixels with loss.
    """

    images: list[int] = field(default_factory=list)
    plates: list[int] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
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

    def to_json(self) -> dict[str, Any]:
        """The result as the command line prints it."""
        return {part.name: getattr(self, part.name) for part in fields(self) if not part.name.startswith("_")}

    def _repr_html_(self) -> str:
        rows: list[dict[str, Any]] = [{"what": f"image:{number}"} for number in self.images]
        rows += [{"what": entry.get("path"), "why": f"{word}: {entry.get('reason')}"} for word, entry in self._refused()]
        return render_rows(["what", "why"], rows)

    def _refused(self) -> list[tuple[str, dict[str, Any]]]:
        return [("skipped", entry) for entry in self.skipped] + [("failed", entry) for entry in self.failed]


def import_paths(
    client: Client,
    paths: Iterable[str | os.PathLike[str]],
    *,
    on_server: bool,
    in_place: bool,
    options: dict[str, Any],
    progress: Progress,
) -> ImportResult:
    """What came of importing these paths, after waiting for it.

    ``on_server`` names the server's own files, which it copies, or with ``in_place`` leaves where they are.
    """
    given = {name: value for name, value in options.items() if value is not None}
    paths = list(paths)
    if on_server or any(map(is_below_root, paths)):
        absolute = [
            str(path) if "://" in str(path) or is_below_root(path) else str(Path(path).expanduser().absolute()) for path in paths
        ]
        request = given | {"paths": absolute, "in_place": in_place}
        return _finish(client, request, progress=progress)
    files = find_upload_files(map(Path, paths))
    odd = [{"path": _spelled(file.name), "reason": ODD_NAME} for file in files if not can_be_sent(file.name)]
    files = [file for file in files if can_be_sent(file.name)]
    if not files:
        return ImportResult(failed=odd, _client=client)
    upload_id = upload_files(
        client.connection, files, progress=lambda done, doing: progress(done * SENDING, doing), group_id=given.get("group_id")
    )

    def show_rest(done: float, doing: str) -> None:
        progress(SENDING + done * (1 - SENDING), doing)

    result = _finish(client, given | {"upload_id": _as_number(upload_id)}, progress=show_rest)
    forget_upload(client.connection, files)
    result.failed += odd
    return result


def is_below_root(path: str | os.PathLike[str]) -> bool:
    """Whether a path is one below a root of the server, such as ``root:NAS/run1``."""
    return str(path).startswith("root:")


def _spelled(name: str) -> str:
    """A name that can be printed: what is no letter is written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in name)


def _finish(client: Client, request: dict[str, Any], *, progress: Progress) -> ImportResult:
    job = client.connection.send("POST", "/api/v1/imports", request)
    try:
        result = client.wait(job, progress=progress).get("result") or {}
    except KeyboardInterrupt:
        with suppress(MicrariumError):
            client.connection.send("DELETE", f"/api/v1/jobs/{job['id']}")
        raise
    known = {part.name for part in fields(ImportResult)}
    return ImportResult(**{name: value for name, value in result.items() if name in known}, _client=client)


def _as_number(text: str) -> int | str:
    return int(text) if text.isdigit() else text
