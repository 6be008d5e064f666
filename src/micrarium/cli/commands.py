"""The list of commands, in the order the help shows them."""

from __future__ import annotations

import os

import typer

from micrarium.cli import (
    admin,
    backing_up,
    custody,
    demonstrating,
    doctoring,
    downloading,
    files,
    graphs,
    history,
    importing,
    jobs,
    objects,
    people,
    roots,
    serving,
    sessions,
    sharing,
    signing_in,
    tagging,
    webhooks,
)

EXIT_STATUS = """\b
Exit status:
  0  done
  1  invalid, or partly failed
  2  wrong usage
  3  unreadable input
  4  not found, or not allowed
  5  conflict, such as an output that exists

Objects are named by kind and number: image:12, dataset:3, project:1."""

app = typer.Typer(
    name="micrarium",
    help="Micrarium: a home for microscopy images.",
    epilog=EXIT_STATUS,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and end."),
    as_user: str | None = typer.Option(None, "--as", metavar="NAME", help="Work as somebody else, with the privilege Sudo."),
) -> None:
    if as_user is not None:
        os.environ["MICRARIUM_AS"] = as_user
    if version:
        from micrarium import __version__

        print(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


_MODULES = (
    files, serving, demonstrating, importing, jobs, roots, downloading, objects, graphs, tagging, sharing, history,
    signing_in, sessions, webhooks, admin, backing_up, doctoring, custody, people,
)  # fmt: skip
for module in _MODULES:
    module.register(app)
