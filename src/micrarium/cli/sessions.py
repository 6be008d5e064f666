"""The commands token and session: keys for scripts, and the browsers in which somebody is signed in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import note, print_json, print_table
from micrarium.cli.people import find_user
from micrarium.errors import UsageError

Number = Annotated[int, typer.Argument(metavar="ID", help="Its number, as the list shows it.")]
Whose = Annotated[str | None, typer.Option("--user", metavar="NAME", help="Somebody else's, for administrators.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    tokens = typer.Typer(help="Keys with which scripts and programs sign in as you.", no_args_is_help=True)
    tokens.command("add", epilog=show_examples(
        "micrarium token add notebook",
        "micrarium token add tagger --scope annotate --expires 30d",
        "micrarium token add robot --scope import --scope annotate --expires 2027-12-31",
    ))(add_token)  # fmt: skip
    tokens.command("list", epilog=show_examples("micrarium token list"))(list_tokens)
    tokens.command("remove", epilog=show_examples("micrarium token remove 4"))(remove_token)
    sessions = typer.Typer(help="The browsers in which you are signed in.", no_args_is_help=True)
    sessions.command("list", epilog=show_examples("micrarium session list", "micrarium session list --user ada"))(list_sessions)
    sessions.command("end", epilog=show_examples("micrarium session end 12", "micrarium session end 12 --user ada"))(end_session)
    app.add_typer(tokens, name="token")
    app.add_typer(sessions, name="session")


def parse_end(text: str, *, now: datetime | None = None) -> datetime | None:
    """When something ends: after ``30d`` or ``12h``, on ``2027-12-31`` (its first moment, UTC), or ``never``, which is None."""
    if text == "never":
        return None
    if found := re.fullmatch(r"(\d{1,5})([hdw])", text):
        hours = int(found[1]) * {"h": 1, "d": 24, "w": 168}[found[2]]
        return (now or datetime.now(UTC)) + timedelta(hours=hours)
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no end; give 30d, 12h, 2027-12-31 or never.", field="expires") from None
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def add_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is called in lists.")],
    scope: Annotated[list[str] | None, typer.Option(help="read, annotate, import, write or admin; can be repeated.")] = None,
    expires: Annotated[str, typer.Option(metavar="WHEN", help="30d, 12h, 2027-12-31 or never.")] = "90d",
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Make a token and print it, this once. Without --scope it is for reading only."""
    ends = parse_end(expires)
    given = {"name": name, "scope": " ".join(scope or ["read"]), "expires_at": ends.isoformat() if ends else None}
    with open_client(data) as client:
        made = client.connection.send("POST", "/api/v1/tokens", given)
    if as_json:
        print_json(made)
        return
    note(f"Made token {made['id']} for {made['scope']}. It is shown only this once:")
    print(made["token"])


def list_tokens(as_json: AsJson = False, data: DataFolder = None) -> None:
    """List your tokens, without their texts."""
    with open_client(data) as client:
        found = client.connection.get("/api/v1/tokens")["items"]
    _show(found, ("id", "name", "scope", "created_at", "used_at", "expires_at"), as_json=as_json)


def remove_token(number: Number, data: DataFolder = None) -> None:
    """Withdraw a token: what uses it loses access at once."""
    with open_client(data) as client:
        client.connection.send("DELETE", f"/api/v1/tokens/{number}")
    note(f"Token {number} works no more.")


def list_sessions(user: Whose = None, as_json: AsJson = False, data: DataFolder = None) -> None:
    """List where you are signed in with a browser."""
    with open_client(data) as client:
        whose = client.session["user"]["id"] if user is None else find_user(client, user)
        found = client.connection.get(f"/api/v1/experimenters/{whose}/sessions")["items"]
    _show(found, ("id", "created_at", "used_at", "address", "browser", "sudo_experimenter_id"), as_json=as_json)


def end_session(number: Number, user: Whose = None, data: DataFolder = None) -> None:
    """Sign a browser out."""
    with open_client(data) as client:
        whose = client.session["user"]["id"] if user is None else find_user(client, user)
        client.connection.send("DELETE", f"/api/v1/experimenters/{whose}/sessions/{number}")
    note(f"Session {number} has ended.")


def _show(found: list[dict[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print_table(list(columns), [[row[column] for column in columns] for row in found])
