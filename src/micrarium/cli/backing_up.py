"""The commands backup and restore, which work on a data folder whether a server uses it or not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from micrarium.cli.connecting import find_data_folder
from micrarium.cli.options import AsJson, DataFolder, Quiet, show_examples
from micrarium.cli.output import count, note, print_json, show_progress
from micrarium.cli.settings import load_settings
from micrarium.client.tables import describe_bytes
from micrarium.errors import NotFound

Target = Annotated[Path, typer.Argument(metavar="TARGET", help="The folder for backups; each becomes a folder in it.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("backup", epilog=show_examples(
        "micrarium backup /backup/micrarium --data /srv/micrarium",
        "micrarium backup /backup/micrarium --data /srv/micrarium --keep 14",
        "micrarium backup --verify /backup/micrarium",
    ))(backup)  # fmt: skip
    app.command("restore", epilog=show_examples("micrarium restore /backup/micrarium --data /srv/restored"))(restore)


def backup(
    target: Target,
    verify: Annotated[bool, typer.Option("--verify", help="Make none; read all of the newest one and check it.")] = False,
    keep: Annotated[int | None, typer.Option(min=1, help="Remove all but so many of the newest.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Back a data folder and its database up, while its server goes on. Files that did not change are not copied again."""
    if verify:
        _verify(target, quiet=quiet, as_json=as_json)
        return
    from micrarium.actions.backing_up import back_up

    folder = find_data_folder(data)
    if not folder.is_dir():
        raise NotFound(f"There is no data folder {folder}.", field="data")
    with show_progress("Backing up", quiet=quiet) as report:
        made = back_up(load_settings(data=folder), target, report=report, keep=keep)
    if as_json:
        print_json(made.to_json())
    else:
        print(made.folder)
        sizes = f"copied {describe_bytes(made.copied_bytes)}, {describe_bytes(made.linked_bytes)} were there already"
        note(f"Backed up {count(made.files, 'file')}: {sizes}.")
    _tell_faults(made.to_json())


def _verify(target: Path, *, quiet: bool, as_json: bool) -> None:
    from micrarium.actions.backing_up import find_backup, verify_backup

    found = find_backup(target)
    with show_progress("Checking", quiet=quiet) as report:
        manifest, problems = verify_backup(found, report=report)
    if as_json:
        print_json({"backup": str(found), "is_valid": not problems, "problems": problems})
    for problem in [] if as_json else problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    note(f"{found} is whole: {count(len(manifest['files']), 'file')}, made at {manifest['made_at']}.")


def restore(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A backup, or the folder of backups to take the newest of.")],
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="The new data folder; it is missing or empty.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make a data folder of a backup, after checking all of it. PostgreSQL is restored into $MICRARIUM_DATABASE_URL."""
    from micrarium.actions.restoring import restore_site

    with show_progress("Restoring", quiet=quiet) as report:
        told = restore_site(load_settings(data=data), source, report=report)
    if as_json:
        print_json(told)
    else:
        note(f"Restored {count(told['files'], 'file')} of {told['made_at']} into {told['data']}.")
        if told["needs_upgrade"]:
            note(f"It was made by an older version; run: micrarium upgrade --data {told['data']}")
        if told["names_another_database"]:
            note(f"{told['data']}/micrarium.toml names another database than the one restored into; correct it before you serve.")
    _tell_faults(told)


def _tell_faults(told: dict[str, Any]) -> None:
    """What the database knows and the backup cannot have whole; the exit status tells it too."""
    for path in told["missing"]:
        note(f"{path} is missing in the data folder, so it is not in the backup.")
    for path in told["damaged"]:
        note(f"{path} is not what was imported: its checksum is another one.")
    if told["missing"] or told["damaged"]:
        raise typer.Exit(1)
