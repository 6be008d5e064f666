"""Asking for a password: from a person without showing it, or from standard input."""

from __future__ import annotations

import sys

import typer

from micrarium.errors import UsageError


def read_password(user: str, *, from_stdin: bool) -> str:
    """The password of a user. Raises ``UsageError`` where there is nobody to ask."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("Give the password with --password-stdin.")
    return str(typer.prompt(f"Password of {user}", hide_input=True, err=True))
