"""The command download."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, Quiet, show_examples
from micrarium.cli.output import count, note, print_json, show_progress
from micrarium.client.names import parse_name


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("download", epilog=show_examples(
        "micrarium download image:12 --originals originals",
        "micrarium download dataset:3 --originals originals",
        "micrarium download project:1 --originals originals --json",
    ))(download)  # fmt: skip


def download(
    name: Annotated[str, typer.Argument(metavar="OBJECT", help="An image, fileset, dataset, project, plate or screen: dataset:3.")],
    originals: Annotated[Path, typer.Option("--originals", metavar="DIR", help="The folder into which its original files go.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace other files of these names.")] = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; asked for where the data are sensitive.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    data: DataFolder = None,
) -> None:
    """Download original files, under the names and relative paths they were imported with.

    Started again after an interruption, a download goes on where it stopped; what is there already is left alone. With
    --json: the paths.
    """
    found = parse_name(name)
    with open_client(data, reason=reason) as client, show_progress(f"Downloading {name}", quiet=quiet or as_json) as progress:
        paths = client.download_originals(found, originals, overwrite=overwrite, progress=progress)
    if as_json:
        print_json([str(path) for path in paths])
    else:
        note(f"{count(len(paths), 'file')} in {originals}.")
