"""Commands on jobs: one's own, how far they are, what came of an import, and trying again what failed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.importing import report_result
from micrarium.cli.options import AsJson, DataFolder, Overwrite, Quiet, show_examples
from micrarium.cli.output import note, print_json, print_table, show_progress
from micrarium.client.importing import retry_import
from micrarium.errors import OutputExists, UsageError

JobNumber = Annotated[str, typer.Argument(metavar="JOB", help="A job: its number, or job:12.")]
_JOBS = "/api/v1/jobs"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    jobs = typer.Typer(help="Jobs: list them, see what came of an import, retry what failed.", rich_markup_mode=None)
    jobs.command("list", epilog=show_examples("micrarium jobs list", "micrarium jobs list --json"))(list_jobs)
    jobs.command("report", epilog=show_examples(
        "micrarium jobs report 12", "micrarium jobs report 12 --out report.csv",
    ))(report)  # fmt: skip
    jobs.command("retry", epilog=show_examples("micrarium jobs retry 12"))(retry)
    jobs.command("cancel", epilog=show_examples("micrarium jobs cancel 12"))(cancel)
    app.add_typer(jobs, name="jobs")


def list_jobs(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 50,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """List your jobs, the newest first."""
    with open_client(data) as client:
        found = client.connection.get(_JOBS, limit=limit)["items"]
    if as_json:
        print_json(found)
        return
    columns = ("job", "kind", "state", "done", "what", "asked")
    print_table(columns, ([f"job:{one['id']}", *_describe(one)] for one in found))


def _describe(job: dict[str, Any]) -> list[Any]:
    totals = (job.get("result") or {}).get("totals") or {}
    told = [
        f"{totals[name]} {name.replace('_', ' ')}" for name in ("images", "skipped", "failed", "not_reached") if totals.get(name)
    ]
    return [job["kind"], job["state"], f"{job['progress']:.0%}", ", ".join(told) or job["message"], job["created_at"]]


def report(
    job: JobNumber,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there: .csv, or else JSON.")] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Say of each file of an import what came of it, why, and what to do."""
    address = f"{_JOBS}/{_number(job)}/report"
    with open_client(data) as client:
        if out is not None:
            if out.exists() and not overwrite:
                raise OutputExists(f"{out} is there already; --overwrite replaces it")
            is_table = out.suffix.lower() == ".csv"
            out.write_bytes(client.connection.request("GET", address, params={"format": "csv" if is_table else "json"}).content)
            return
        found = client.connection.get(address)
    if as_json:
        print_json(found)
        return
    print_table(("path", "outcome", "images", "reason", "advice"), (_cells(row) for row in found["rows"]))
    told = ", ".join(f"{number} {outcome}" for outcome, number in found["counts"].items())
    note(f"job:{found['job_id']}, {found['state']}: {told or 'nothing yet'}")


def _cells(row: dict[str, Any]) -> list[Any]:
    images = [f"image:{number}" for number in row.get("images") or ()]
    shown = ", ".join(images[:3]) + (" ..." if len(images) > 3 else "")
    return [row["path"], row["outcome"], shown, row.get("reason"), row.get("advice")]


def retry(job: JobNumber, as_json: AsJson = False, quiet: Quiet = False, data: DataFolder = None) -> None:
    """Import again what an import could not import or did not reach, and wait for it. Ends as an import does."""
    with open_client(data) as client, show_progress("Importing", quiet=quiet) as progress:
        result = retry_import(client, _number(job), progress=progress)
    report_result(result.to_json(), as_json=as_json)


def cancel(job: JobNumber, data: DataFolder = None) -> None:
    """Cancel a job. What an import has done stays; 'micrarium jobs report' tells what it did not reach."""
    with open_client(data) as client:
        found = client.connection.send("DELETE", f"{_JOBS}/{_number(job)}")
    print(f"job:{found['id']} {found['state']}")


def _number(text: str) -> int:
    number = text.removeprefix("job:")
    if not (number.isascii() and number.isdecimal()):
        raise UsageError(f"{text!r} is no job; a job is a number, or job:12")
    return int(number)
