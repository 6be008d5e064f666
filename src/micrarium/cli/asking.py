"""Asking before something is removed, and the options that spare the question."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from micrarium.cli.output import count
from micrarium.errors import UsageError

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")]


def ask(question: str, to_do: str) -> None:
    """Nothing once somebody said yes; ends the command where they did not. Raises ``UsageError`` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise UsageError(f"Nobody is there to be asked; say --yes to {to_do}.")
    if not typer.confirm(question, err=True):
        raise typer.Abort


def count_kinds(counts: Mapping[str, int]) -> str:
    """How many of each kind, in words: ``2 datasets, 1 image``."""
    return ", ".join(count(number, kind.replace("_", " ")) for kind, number in counts.items()) or "nothing"
