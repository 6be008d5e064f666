"""The command doctor: what is wrong with a data folder, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from micrarium.cli.connecting import choose_data_folder, open_client
from micrarium.cli.options import AsJson, DataFolder, Quiet, show_examples
from micrarium.cli.output import Progress, count, note, print_json, show_progress
from micrarium.cli.settings import load_settings

_MARKS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("doctor", epilog=show_examples(
        "micrarium doctor --data /srv/micrarium", "micrarium doctor --data /srv/micrarium --all --json",
    ))(examine)  # fmt: skip


def examine(
    everything: Annotated[bool, typer.Option("--all", help="Read every original, not only some of them.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Check settings, database, files, packages, readers, room and clock of a data folder, while its server goes on or not.

    Where neither --data nor $MICRARIUM_DATA names a folder and you are signed in to a server, that server examines itself.
    Ends with 1 where something is wrong; warnings alone end with 0.
    """
    folder = choose_data_folder(data)
    with show_progress("Examining", quiet=quiet) as report:
        findings = _examine_server(everything, report) if folder is None else _examine_folder(folder, everything, report)
    errors = sum(one["state"] == "error" for one in findings)
    if as_json:
        print_json({"is_healthy": errors == 0, "findings": findings})
    else:
        for one in findings:
            print(f"{_MARKS[one['state']]}  {one['check']}: {one['told']}")
            if one["advice"]:
                print(f"         -> {one['advice']}")
        warnings = sum(one["state"] == "warning" for one in findings)
        note(f"{count(errors, 'error')}, {count(warnings, 'warning')}.")
    if errors:
        raise typer.Exit(1)


def _examine_folder(folder: Path, everything: bool, report: Progress) -> list[dict[str, Any]]:
    from micrarium.actions.examining import examine_site

    return [one.to_json() for one in examine_site(load_settings(data=folder), is_thorough=everything, report=report)]


def _examine_server(everything: bool, report: Progress) -> list[dict[str, Any]]:
    with open_client(None) as client:
        job = client.wait(client.admin.examine(everything=everything), progress=report)
    return list(job["result"]["findings"])
