"""What is known of the state of files: how many were verified and when, and what is wrong with which."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func

from micrarium.actions.announcing import require_administrator
from micrarium.actions.opening import Site
from micrarium.actions.verifying import KIND
from micrarium.errors import InvalidInput
from micrarium.jobs import describe_job
from micrarium.model import FilesetEntry, Image, Job, OriginalCheck, OriginalFile, Pixels, PyramidCheck
from micrarium.model.custody import OUTCOMES
from micrarium.permissions import Actor, ActorSession, among, every, system_session

PROBLEMS = tuple(outcome for outcome in OUTCOMES if outcome != "ok")
COLUMNS = ("kind", "object", "name", "image_id", "image", "location", "checked_at", "reason")
_PAGE = 1000
#: A cell that begins so would be a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def summarize_custody(site: Site, actor: Actor) -> dict[str, Any]:
    """How many originals and pyramids there are, were checked and are well, what is wrong, and the last verification."""
    require_administrator(actor)
    with system_session(site.engine, "summarize what is known of files", is_reading=True) as session:
        files: Any = every(OriginalFile).with_only_columns(func.count(), func.sum(OriginalFile.size))
        made: Any = every(Pixels).where(Pixels.pyramid.is_not(None))
        made = made.with_only_columns(func.count(), func.sum(Pixels.pyramid_bytes))
        told = {"originals": _summary(session, files, OriginalCheck), "pyramids": _summary(session, made, PyramidCheck)}
        last = session.scalars(every(Job).where(Job.kind == KIND).order_by(Job.id.desc()).limit(1)).first()
        job = None if last is None else describe_job(last)
    settings = site.settings
    schedule = {"days": settings.verify_days, "hours": settings.verify_hours, "limit_mb_s": settings.verify_limit_mb_s}
    return told | {"last": job, "schedule": schedule}


def _summary(session: ActorSession, files: Any, check: Any) -> dict[str, Any]:
    total, size = session.execute(files).one()
    columns = (check.outcome, func.count(), func.min(check.checked_at))
    rows = session.execute(every(check).with_only_columns(*columns).group_by(check.outcome)).all()
    problems = {row[0]: row[1] for row in rows if row[0] in PROBLEMS}
    oldest = min((row[2] for row in rows), default=None)
    checked = sum(row[1] for row in rows)
    return {"total": total, "bytes": int(size or 0), "checked": checked, "problems": problems, "oldest_check": oldest}


def list_problems(
    site: Site, actor: Actor, *, kind: str | None = None, limit: int = 200, cursor: str | None = None
) -> dict[str, Any]:
    """One page of the files with which something is wrong, originals first: ``{"items": [...], "next"}``."""
    require_administrator(actor)
    if kind is not None and kind not in PROBLEMS:
        raise InvalidInput(f"A problem is one of {', '.join(PROBLEMS)}", field="kind")
    part, _, number = (cursor or "original-0").partition("-")
    if part not in ("original", "pyramid") or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise InvalidInput("This cursor is not one that a list gave", field="cursor")
    with system_session(site.engine, "list problems of files", is_reading=True) as session:
        found: list[tuple[str, dict[str, Any]]] = []
        if part == "original":
            found = [(f"original-{row[0]}", _told_original(row)) for row in _originals(session, kind, int(number), limit + 1)]
            number = "0"
        if len(found) <= limit:
            rows = _pyramids(session, kind, int(number), limit + 1 - len(found))
            found += [(f"pyramid-{row[0]}", _told_pyramid(row)) for row in rows]
        _add_images(session, [one for _, one in found])
    return {"items": [one for _, one in found[:limit]], "next": found[limit - 1][0] if len(found) > limit else None}


def _originals(session: ActorSession, kind: str | None, after: int, limit: int) -> Sequence[Any]:
    statement: Any = every(OriginalCheck).join(OriginalFile, OriginalFile.id == OriginalCheck.original_file_id)
    statement = statement.where(_has(OriginalCheck, kind), OriginalFile.id > after).order_by(OriginalFile.id).limit(limit)
    columns = (OriginalFile.id, OriginalFile.name, OriginalFile.location, *_of(OriginalCheck))
    return session.execute(statement.with_only_columns(*columns)).all()


def _pyramids(session: ActorSession, kind: str | None, after: int, limit: int) -> Sequence[Any]:
    statement: Any = every(PyramidCheck).join(Pixels, Pixels.id == PyramidCheck.pixels_id).join(Image, Image.id == Pixels.image_id)
    statement = statement.where(_has(PyramidCheck, kind), Pixels.id > after).order_by(Pixels.id).limit(limit)
    return session.execute(statement.with_only_columns(Pixels.id, Image.id, Image.name, Pixels.pyramid, *_of(PyramidCheck))).all()


def _has(check: Any, kind: str | None) -> Any:
    return check.outcome.in_(PROBLEMS) if kind is None else check.outcome == kind


def _of(check: Any) -> tuple[Any, ...]:
    return check.outcome, check.checked_at, check.detail


def _told_original(row: Any) -> dict[str, Any]:
    number, name, location, outcome, checked_at, detail = row
    told = {"kind": outcome, "object": f"original_file:{number}", "name": name, "image_id": None, "image": None}
    return told | {"location": location, "checked_at": checked_at, "reason": detail}


def _told_pyramid(row: Any) -> dict[str, Any]:
    _, image_id, name, location, outcome, checked_at, detail = row
    told = {"kind": outcome, "object": f"image:{image_id}", "name": f"Pyramid of {name}", "image_id": image_id, "image": name}
    return told | {"location": location, "checked_at": checked_at, "reason": detail}


def _add_images(session: ActorSession, items: list[dict[str, Any]]) -> None:
    """Tell of each original the first image that is read from it."""
    ids = [int(one["object"].partition(":")[2]) for one in items if one["image_id"] is None]
    statement: Any = every(FilesetEntry).join(Image, Image.fileset_id == FilesetEntry.fileset_id)
    columns = (FilesetEntry.original_file_id, Image.id, Image.name)
    rows = session.execute(statement.with_only_columns(*columns).where(among(FilesetEntry.original_file_id, ids)))
    first: dict[int, tuple[int, str]] = {}
    for file_id, image_id, name in rows:
        if file_id not in first or image_id < first[file_id][0]:
            first[file_id] = (image_id, name)
    for one in items:
        if one["image_id"] is None:
            one["image_id"], one["image"] = first.get(int(one["object"].partition(":")[2]), (None, None))


def write_problems(site: Site, actor: Actor) -> Iterator[str]:
    """All problems as CSV, a page at a time."""
    require_administrator(actor)
    return _pages(site, actor)


def _pages(site: Site, actor: Actor) -> Iterator[str]:
    yield _line(COLUMNS)
    cursor: str | None = None
    while True:
        page = list_problems(site, actor, limit=_PAGE, cursor=cursor)
        yield "".join(_line([one[name] for name in COLUMNS]) for one in page["items"])
        cursor = page["next"]
        if cursor is None:
            return


def _line(values: Sequence[Any]) -> str:
    out = io.StringIO()
    texts = ["" if value is None else str(value) for value in values]
    csv.writer(out).writerow([f"'{text}" if text.startswith(_FORMULA) else text for text in texts])
    return out.getvalue()


def state_of(session: ActorSession, rows: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """What is known of the files of images (their ids and filesets): when all were checked last, and what was wrong with them."""
    found: dict[int, dict[str, Any]] = {row["id"]: {"checked_at": None, "outcome": None, "reasons": []} for row in rows}
    of_fileset: dict[int, list[Any]] = {}
    files: Any = every(FilesetEntry).outerjoin(OriginalCheck, OriginalCheck.original_file_id == FilesetEntry.original_file_id)
    wanted = list({row["fileset_id"] for row in rows if row.get("fileset_id") is not None})
    files = files.join(OriginalFile, OriginalFile.id == FilesetEntry.original_file_id)
    columns = (FilesetEntry.fileset_id, *_of(OriginalCheck), OriginalFile.name)
    files = files.where(among(FilesetEntry.fileset_id, wanted)).with_only_columns(*columns)
    for fileset_id, *check in session.execute(files.order_by(FilesetEntry.fileset_id, FilesetEntry.position)):
        of_fileset.setdefault(fileset_id, []).append(check)
    for row in rows:
        checks = of_fileset.get(row.get("fileset_id") or 0, [])
        done = [check for check in checks if check[0] is not None]
        wrong = [check for check in done if check[0] != "ok"]
        if wrong or (done and len(done) == len(checks)):
            oldest = min(check[1] for check in done)
            reasons = [f"{check[3]} {check[2]}" for check in wrong][:5]
            found[row["id"]] = {"checked_at": oldest, "outcome": wrong[0][0] if wrong else "ok", "reasons": reasons}
    return found
