"""The command ``micrarium`` itself: its help, and the options that stand before every command."""

from __future__ import annotations

import os

import typer

EXIT_STATUS = """\b
Exit status:
  0  done
  1  invalid, or partly failed
  2  wrong usage
  3  unreadable input
  4  not found, or not allowed
  5  conflict, such as an output that exists

Objects are named by kind and number: image:12, dataset:3, project:1."""


def make_application() -> typer.Typer:
    """The command without any of its commands yet."""
    app = typer.Typer(
        name="micrarium",
        help="Micrarium: a home for microscopy images.",
        epilog=EXIT_STATUS,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    app.callback(invoke_without_command=True)(_start)
    return app


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
