"""Reports of imports: one row for each fileset, with what came of it, why, and what to do."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from micrarium.actions.noting import ADVICE
from micrarium.errors import NotFound
from micrarium.jobs import find_job
from micrarium.model import Job
from micrarium.permissions import ActorSession

COLUMNS = ("path", "outcome", "images", "plates", "reason", "advice", "reader", "files")
_KINDS = ("import", "preview", "watched")
#: What a spreadsheet would take for a formula at the beginning of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report_import(session: ActorSession, job_id: int) -> dict[str, Any]:
    """The report of an import, of a watched folder too, or of a preview of one: what the job is, numbers by outcome, and ``rows``.

    Raises ``NotFound`` for another's job, and one of another kind.
    """
    found = find_job(session, job_id)
    if found.kind not in _KINDS:
        raise NotFound(f"job:{job_id} is no import and has no report")
    rows = list(_rows(found))
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    about = {"job_id": found.id, "kind": found.kind, "state": found.state, "retry_of": found.arguments.get("retry_of")}
    return about | {"started_at": found.started_at, "finished_at": found.finished_at, "counts": counts, "rows": rows}


def write_csv(report: dict[str, Any]) -> str:
    """The rows of a report as CSV with a head, lists with spaces between. What would be a formula is written as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in report["rows"]:
        writer.writerow([_cell(row.get(column)) for column in COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(found: Job) -> Iterator[dict[str, Any]]:
    result = found.result or {}
    for entry in result.get("filesets") or ():
        if entry["known"] is None:
            yield {"path": entry["path"], "outcome": "would be imported", "reader": entry["reader"], "files": entry["files"]}
    for entry in result.get("imported") or ():
        yield {"outcome": "imported", **{name: entry.get(name) for name in ("path", "images", "plates", "reader", "files")}}
    for entry in result.get("skipped") or ():
        outcome = "linked" if entry.get("linked") else "skipped"
        yield _refused(entry, outcome) | {"images": [entry["image"]] if "image" in entry else None}
    for entry in result.get("failed") or ():
        yield _refused(entry, "failed")
    for entry in result.get("not_reached") or ():
        yield {"path": entry["path"], "outcome": "not reached", "reason": _why_left(found), "advice": "Retry the import."}
    for entry in result.get("warnings") or ():
        yield {"path": entry["path"], "outcome": "warning", "reason": entry["reason"]}
    if found.error is not None:
        told = str(found.error.get("detail") or found.error.get("title") or "")
        yield {"path": "", "outcome": "failed", "reason": told, "advice": ADVICE["server"]}


def _why_left(found: Job) -> str:
    if found.state == "done":
        return "the import was to stop at the first failure"
    return f"the import was {found.state}" if found.state in ("cancelled", "failed") else f"the import is {found.state}"


def _refused(entry: dict[str, Any], outcome: str) -> dict[str, Any]:
    return {"path": entry["path"], "outcome": outcome, "reason": entry["reason"], "advice": entry.get("advice")}
