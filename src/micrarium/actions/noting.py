"""Noting what comes of an import, fileset by fileset: what came in, was passed over or failed, why, and what to do then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from micrarium.errors import Conflict, InvalidInput, MicrariumError, NotAllowed, NotFound, TooLarge, Unavailable, UnreadableFile

#: What to do about each kind of entry.
ADVICE = {
    "known": "Nothing is to be done. For a second copy, import it with duplicates allowed.",
    "unknown": "If it holds images, export them as OME-TIFF from the program that made them, or have a reader for it installed.",
    "hidden": "Names that begin with a dot are left out; rename it if it holds images.",
    "excluded": "It was left out by choice.",
    "passed": "Import it by itself, or let more folders be entered.",
    "damaged": "See whether the program that wrote it opens it; if so, copy it anew and retry, else it is lost.",
    "full": "Remove what is no longer needed or ask an administrator for more room, then retry.",
    "target": "Choose another target, then import it again.",
    "busy": "Retry when what it needs can be reached again.",
    "server": "Retry; if it fails again, show this to an administrator: the server's log says more.",
}
_KINDS: tuple[tuple[type[MicrariumError], str], ...] = (
    (UnreadableFile, "damaged"), (TooLarge, "full"), (Unavailable, "busy"), (NotAllowed, "target"), (NotFound, "target"),
    (InvalidInput, "target"), (Conflict, "target"),
)  # fmt: skip


@dataclass
class ImportResult:
    """What came of an import: ids of images and plates; what was skipped, failed, or is to be told, each with its reason.

    ``imported`` has an entry for each fileset that came in, ``linked`` the images that were there already and were put
    where the import goes, ``not_reached`` what was found and not yet begun. An entry's ``item`` is its place in the request.
    """

    images: list[int] = field(default_factory=list)
    plates: list[int] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    imported: list[dict[str, Any]] = field(default_factory=list)
    linked: list[int] = field(default_factory=list)
    not_reached: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result as a job keeps it."""
        return dict(vars(self))

    def skip(self, path: str, reason: str, *, kind: str, item: int = 0, **more: Any) -> None:
        """Note what is passed over."""
        self.skipped.append({"path": path, "reason": reason, "kind": kind, "advice": ADVICE[kind], "item": item} | more)

    def skip_unopened(self, path: str, reason: str, *, item: int) -> None:
        """Note what was not even opened, for its name or where it lies."""
        self.skip(path, reason, kind="hidden" if reason == "hidden" else "passed", item=item)

    def fail(self, path: str, reason: str, *, kind: str, item: int = 0) -> None:
        """Note what could not be imported."""
        self.failed.append({"path": path, "reason": reason, "kind": kind, "advice": ADVICE[kind], "item": item})

    def take(self, path: str, images: list[int], plates: list[int], *, item: int, files: int, reader: str) -> None:
        """Note a fileset that came in."""
        self.images += images
        self.plates += plates
        entry = {"path": path, "images": images, "plates": plates, "files": files, "reader": reader, "item": item}
        self.imported.append(entry)


def kind_of(error: MicrariumError) -> str:
    """Which advice an error calls for."""
    return next((kind for one, kind in _KINDS if isinstance(error, one)), "server")


def take_up(kept: dict[str, Any] | None) -> ImportResult | None:
    """What an import that was cut off had reached; what it skipped or could not import is tried again."""
    if kept is None:
        return None
    names = ("images", "plates", "warnings", "imported", "linked")
    return ImportResult(**{name: list(kept.get(name) or ()) for name in names})
