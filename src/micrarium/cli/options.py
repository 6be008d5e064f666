"""Options that several commands share, and how their help is written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what stands where the output should go.")]
NoGrouping = Annotated[bool, typer.Option("--no-grouping", help="Each file for itself: no plates or sequences of many files.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept with the history of what is changed.")]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Work on this data folder directly, without a server. "
        "Default: $MICRARIUM_DATA, else the server signed in to, else ./micrarium-data.",
    ),
]


def show_examples(*lines: str) -> str:
    """The examples at the end of a command's help, each on a line of its own."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
