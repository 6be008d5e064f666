"""The command demo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from micrarium.cli.connecting import find_data_folder
from micrarium.cli.options import DataFolder, Quiet, show_examples
from micrarium.cli.output import count, note, show_progress
from micrarium.cli.serving import Host, Port, serve_site
from micrarium.cli.settings import load_settings

if TYPE_CHECKING:
    from micrarium.actions.noting import ImportResult


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("demo", epilog=show_examples(
        "micrarium demo",
        "micrarium demo run1/ cells.czi",
        "micrarium demo --data /srv/demo --port 8080",
    ))(demo)  # fmt: skip


def demo(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Import these instead of the demo data.")] = None,
    data: DataFolder = None,
    host: Host = None,
    port: Port = None,
    quiet: Quiet = False,
) -> None:
    """Make a data folder with demo data, or with files of your own, and serve it until Ctrl-C.

    The demo data are drawn, written as real files and imported: a stack, a time-lapse, a large plane, a slide, a
    segmentation and a plate. Started again, it finds everything as it was.
    """
    from micrarium.actions.demonstrating import make_demo
    from micrarium.actions.opening import admin_actor, open_site

    settings = load_settings(data=find_data_folder(data), host=host, port=port)
    with open_site(settings) as site:
        with show_progress("Demo data" if not paths else "Importing", quiet=quiet) as progress:
            result = make_demo(site, admin_actor(site), paths=[path.expanduser() for path in paths or ()], progress=progress)
        report(result)
        password = site.data / "initial-password"
        if password.exists():
            print(f"User admin, password {password.read_text(encoding='utf-8').strip()}")
        serve_site(site)


def report(result: ImportResult) -> None:
    """Say what came of the import, when there was anything to do."""
    for word, entries in (("note", result.warnings), ("skipped", result.skipped), ("failed", result.failed)):
        for entry in entries:
            note(f"{word}: {entry['path']}: {entry['reason']}")
    if result.images:
        print(f"{count(len(result.images), 'image')} and {count(len(result.plates), 'plate')} imported.")
