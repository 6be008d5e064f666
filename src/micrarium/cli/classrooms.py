"""The commands below admin classroom: accounts for a course, each with a copy of a sample dataset."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from micrarium.cli.asking import DryRun, Yes, ask, count_kinds
from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import count, note, print_json, print_table, show_progress
from micrarium.client.names import parse_name
from micrarium.errors import OutputExists, UsageError

if TYPE_CHECKING:
    from micrarium.client import Client

Name = Annotated[str, typer.Argument(metavar="NAME", help="The class room's name; its accounts are NAME-01 and so on.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    rooms = typer.Typer(help="Accounts for a course, each with a copy of a sample.", no_args_is_help=True)
    rooms.command("add", epilog=show_examples(
        "micrarium admin classroom add class --users 20 --dataset dataset:5",
        "micrarium admin classroom add class --users 20 --dataset dataset:5 --csv passwords.csv",
    ))(add)  # fmt: skip
    rooms.command("list", epilog=show_examples("micrarium admin classroom list"))(list_rooms)
    rooms.command("reset", epilog=show_examples(
        "micrarium admin classroom reset class --dry-run", "micrarium admin classroom reset class",
        "micrarium admin classroom reset class --yes",
    ))(reset)  # fmt: skip
    rooms.command("remove", epilog=show_examples("micrarium admin classroom remove class"))(remove)
    app.add_typer(rooms, name="classroom")


def add(
    name: Name,
    users: Annotated[int, typer.Option(min=1, max=200, help="How many accounts.")] = 20,
    dataset: Annotated[str | None, typer.Option(help="What each gets a copy of, such as dataset:5.")] = None,
    level: Annotated[str, typer.Option(help="private, read-only, read-annotate or read-write.")] = "private",
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write names and passwords into this new file.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Make a class room. The passwords are told this once: on standard output, or in a file."""
    if csv_file is not None and csv_file.exists():
        raise OutputExists(f"{csv_file} exists already.", field="csv")
    number = None if dataset is None else _dataset(dataset)
    with open_client(data) as client:
        made = client.admin.add_classroom(name, users=users, dataset_id=number, level=level)
        _tell(made, csv_file, as_json=as_json)
        if made["job"]:
            _wait(client, made["job"])
    note(f"Made {name} with {count(users, 'account')}.")


def _dataset(text: str) -> int:
    found = parse_name(text)
    if found.kind != "dataset":
        raise UsageError(f"{text} is no dataset; name one like dataset:5.", field="dataset")
    return found.id


def _tell(made: dict[str, Any], csv_file: Path | None, *, as_json: bool) -> None:
    """Give away the passwords before anything else can go wrong: nobody can ask for them again."""
    if as_json:
        print_json(made)
        return
    rows = [("username", "password"), *((user["username"], user["password"]) for user in made["users"])]
    if csv_file is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        sys.stdout.flush()
        return
    csv_file.touch(mode=0o600, exist_ok=False)
    with csv_file.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _wait(client: Client, job: dict[str, Any]) -> None:
    with show_progress("Copying") as progress:
        result = client.wait(job, progress=progress)["result"]
    for failed in result["failed"]:
        note(f"{failed['path']}: {failed['reason']}")
    if result["failed"]:
        raise typer.Exit(1)


def list_rooms(as_json: AsJson = False, data: DataFolder = None) -> None:
    """List the class rooms."""
    with open_client(data) as client:
        found = client.admin.classrooms()
    if as_json:
        print_json(found)
        return
    rows = [
        [room["name"], str(len(room["users"])), f"dataset:{room['dataset_id']}" if room["dataset_id"] else ""] for room in found
    ]
    print_table(("name", "accounts", "dataset"), rows)


def reset(name: Name, yes: Yes = False, dry_run: DryRun = False, data: DataFolder = None) -> None:
    """Put a class room back to how it began, after asking: what the class made goes into the bin, and each gets a new copy."""
    with open_client(data) as client:
        if not _is_wanted(client, name, "Sign out, and put into the bin what they made:", yes=yes, dry_run=dry_run):
            return
        _wait(client, client.admin.reset_classroom(name))
    note(f"{name} is as it began.")


def remove(name: Name, yes: Yes = False, dry_run: DryRun = False, data: DataFolder = None) -> None:
    """End a class room, after asking: its accounts are switched off, and what they made goes into the bin."""
    with open_client(data) as client:
        if not _is_wanted(client, name, "Switch off, and put into the bin what they made:", yes=yes, dry_run=dry_run):
            return
        told = client.admin.remove_classroom(name)
    note(f"Removed {name} with {count(told['users'], 'account')}; {count(told['cleared'], 'object')} went into the bin.")


def _is_wanted(client: Client, name: str, doing: str, *, yes: bool, dry_run: bool) -> bool:
    """Whether to go on: not in a dry run, which is told what would go; else once somebody was asked."""
    told = client.admin.count_classroom(name)
    goes = f"{doing} {count(told['users'], 'account')} of {name}, {count_kinds(told['counts'])}"
    if dry_run:
        note(f"{goes}. Nothing was changed.")
    elif not yes:
        ask(f"{goes}?", "do it")
    return not dry_run
