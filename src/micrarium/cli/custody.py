"""The commands verify and relink: whether files are what was imported, and where those are that moved."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, Quiet, show_examples
from micrarium.cli.output import count, note, print_json, show_progress
from micrarium.client.tables import describe_bytes


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("verify", epilog=show_examples(
        "micrarium verify", "micrarium verify dataset:3 image:12", "micrarium verify --limit-mb-s 50 --json",
    ))(verify)  # fmt: skip
    app.command("relink", epilog=show_examples(
        "micrarium relink /nas/archive --dry-run", "micrarium relink /nas/archive /nas/microscopes",
    ))(relink)  # fmt: skip


def verify(
    objects: Annotated[
        list[str] | None, typer.Argument(metavar="OBJECT...", help="Such as image:12, dataset:3, plate:1 or group:2; all for none.")
    ] = None,
    limit_mb_s: Annotated[
        float | None, typer.Option("--limit-mb-s", metavar="N", help="Read at most so many megabytes a second.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    data: DataFolder = None,
) -> None:
    """Compare original files with their checksums, and read every chunk of pyramids. Damaged pyramids are built anew.

    The server does it as a job, which goes on when this command is ended; asked again meanwhile, the same job is shown.
    With --json: {"originals", "pyramids", "bytes", "problems": {KIND: NUMBER}, "named": [...]}. Kinds: missing, changed,
    unreadable; away and drifted of files registered in place; rebuilt. Ends with 1 where files are not well.
    """
    with open_client(data) as client, show_progress("Verifying", quiet=quiet) as progress:
        result = client.verify(*objects or (), limit_mb_s=limit_mb_s, progress=progress)
    if as_json:
        print_json(result)
    else:
        for one in result["named"]:
            print(f"{one['kind']}: {one['object']}: {one['reason']}")
        if (more := sum(result["problems"].values()) - len(result["named"])) > 0:
            print(f"and {more} more; an administrator sees all of them at /admin/custody")
        read = f"{count(result['originals'], 'original')} and {count(result['pyramids'], 'pyramid')}"
        note(f"{read} read, {describe_bytes(result['bytes'])}; {_spell(result['problems'])}.")
    if any(kind != "rebuilt" for kind in result["problems"]):
        raise typer.Exit(1)


def _spell(problems: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(problems.items())) or "all as they should be"


def relink(
    folders: Annotated[list[str], typer.Argument(metavar="FOLDER...", help="Folders of the server to look in.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be found.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    data: DataFolder = None,
) -> None:
    """Find files again that were registered in place and moved, and keep where they are now. For administrators.

    They are looked for by name and size, then by size, and taken only if their checksum is the one that was recorded; the
    files of an image of several stay together. Ends with 1 where files are still missing.
    """
    with open_client(data) as client, show_progress("Relinking", quiet=quiet) as progress:
        job = client.admin.relink(folders, dry_run=dry_run)
        result: dict[str, Any] = client.wait(job, progress=progress)["result"]
    if as_json:
        print_json(result)
    else:
        for one in result["found"]:
            print(f"{one['object']}: {one['from']} -> {one['to']}")
        for one in result["refusals"]:
            note(f"not taken for {one['object']}: {one['path']} {one['reason']}")
        for one in result["missing"]:
            note(f"still missing: {one['object']}: {one['location']}")
        word = "would be relinked" if dry_run else "relinked"
        note(f"{result['missing_before']} missing; {result['relinked']} {word}; {result['still_missing']} still missing.")
    if result["still_missing"]:
        raise typer.Exit(1)
