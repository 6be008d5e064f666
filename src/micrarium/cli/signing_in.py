"""The commands login, logout and whoami."""

from __future__ import annotations

import platform
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import note, print_fields, print_json
from micrarium.cli.passwords import read_password
from micrarium.errors import MicrariumError, UsageError

if TYPE_CHECKING:
    from micrarium.client.logins import Login


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("login", epilog=show_examples(
        "micrarium login http://localhost:4080 --user admin",
        "micrarium login https://images.example.org --user ada --password-stdin < password.txt",
        "micrarium login https://images.example.org --token mic_...",
    ))(login)  # fmt: skip
    app.command("logout", epilog=show_examples("micrarium logout"))(logout)
    app.command("whoami", epilog=show_examples("micrarium whoami", "micrarium whoami --json"))(whoami)


def login(
    url: Annotated[str, typer.Argument(metavar="URL", help="The server's address, such as http://localhost:4080.")],
    user: Annotated[str | None, typer.Option(metavar="NAME", help="Your user name.")] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
    token: Annotated[str | None, typer.Option(metavar="T", help="A token of yours instead of a name and password.")] = None,
) -> None:
    """Sign in to a server for the commands that follow. A token is kept in a file that only you can read, no password."""
    from micrarium.client.logins import keep_login, read_login

    if (user is None) == (token is None):
        raise UsageError("Sign in either with --user NAME or with --token T.")
    address = url.rstrip("/")
    if token is not None:
        kept = _check_token(address, token)
    else:
        assert user is not None
        kept = _make_token(address, user, read_password(user, from_stdin=password_stdin))
    with suppress(MicrariumError):
        old = read_login()
        if old is not None:
            _withdraw(old)
    keep_login(kept)
    note(f"Signed in to {kept.url} as {kept.username}.")


def _check_token(url: str, token: str) -> Login:
    from micrarium.client import connect
    from micrarium.client.logins import Login

    with connect(url, token=token) as client:
        return Login(url, token, client.session["user"]["username"])


def _make_token(url: str, user: str, password: str) -> Login:
    from micrarium.client import connect
    from micrarium.client.logins import Login

    with connect(url, username=user, password=password) as client:
        scope = "admin" if client.session["user"]["is_admin"] else "write"
        made = client.connection.send(
            "POST", "/api/v1/tokens", {"name": f"micrarium command line on {platform.node()}", "scope": scope}
        )
        client.connection.send("DELETE", "/api/v1/session")
    return Login(url, made["token"], user, made["id"])


def _withdraw(login: Login) -> None:
    """Make a token that was made for this computer worthless."""
    from micrarium.client.connection import Connection

    if login.token_id is None:
        return
    connection = Connection(login.url, token=login.token)
    try:
        connection.send("DELETE", f"/api/v1/tokens/{login.token_id}")
    finally:
        connection.close()


def logout() -> None:
    """Forget the sign-in, and withdraw the token that was made for it."""
    from micrarium.client.logins import forget_login, read_login

    kept = read_login()
    if kept is None:
        note("Nobody was signed in.")
        return
    with suppress(MicrariumError):
        _withdraw(kept)
    forget_login()
    note(f"Signed out of {kept.url}.")


def whoami(as_json: AsJson = False, data: DataFolder = None) -> None:
    """Show who is signed in, where, and in which groups."""
    with open_client(data) as client:
        session, url = client.session, client.connection.url
    if as_json:
        print_json({"url": url} | {name: session[name] for name in ("user", "groups", "group_id")})
    else:
        print_fields({"server": url} | session["user"] | {"groups": session["groups"]})
