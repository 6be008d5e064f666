"""The options of ``micrarium import``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Duplicates(StrEnum):
    """What is done about files that are there already."""

    LINK = "link"
    SKIP = "skip"
    IMPORT = "import"


Paths = Annotated[list[str] | None, typer.Argument(metavar="PATH...", help="Image files, or folders of them.")]
ProjectOption = Annotated[str | None, typer.Option("--project", metavar="N", help="Into this project: its id, or its name.")]
DatasetOption = Annotated[str | None, typer.Option("--dataset", "-d", metavar="N", help="Into this dataset: its id, or its name.")]
ScreenOption = Annotated[
    str | None, typer.Option("--screen", "-r", metavar="N", help="Plates into this screen: its id, or its name.")
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        "--target", "-T", metavar="TARGET",
        help="Into this target, as OMERO spells them: Dataset:12, Dataset:name:NAME, Project:name:P/Dataset:name:D, "
        "Screen:name:NAME, or regex:PATTERN, which finds the name in the path. Before name: + the newest of the name, - the "
        "oldest, % the only one, @ a new one.",
    ),
]  # fmt: skip
NameOption = Annotated[
    str | None,
    typer.Option(
        "--name",
        "-n",
        metavar="NAME",
        help="Name of images and plates; {file}, {stem}, {folder}, {image}, {number} stand for parts.",
    ),
]
DescriptionOption = Annotated[
    str | None, typer.Option("--description", "-x", metavar="TEXT", help="Description of images and plates.")
]
BulkOption = Annotated[
    Path | None, typer.Option("--bulk", metavar="FILE", help="Import what this bulk file of OMERO's (YAML) names, as it says.")
]
GroupOption = Annotated[str | None, typer.Option("--group", "-g", metavar="G", help="Into this group: its id, or its name.")]
OwnerOption = Annotated[
    str | None, typer.Option("--for", metavar="USER", help="For somebody else, with the privilege Sudo; the images are theirs.")
]
DuplicatesOption = Annotated[
    Duplicates,
    typer.Option("--duplicates", help="Files that are there already: put where the import goes, passed over, or imported again."),
]
DepthOption = Annotated[
    int | None, typer.Option("--depth", metavar="N", min=0, help="Enter folders no deeper than this below those named.")
]
InPlaceOption = Annotated[bool, typer.Option("--in-place", help="Leave the files where they are; the server reads them there.")]
ReaderOption = Annotated[
    str | None,
    typer.Option("--reader", metavar="NAME", help="Ask this reader first, such as bioformats; else the first bytes choose."),
]
StopOption = Annotated[bool, typer.Option("--stop-on-failure", help="Import no more after the first file that fails.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", "-f", help="Only say what would be imported, where to, and what not.")]
