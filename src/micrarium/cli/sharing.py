"""The commands share and publish: links for people without an account, what everybody may see, and who looked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import note, print_json, print_table
from micrarium.cli.passwords import read_password
from micrarium.client.names import parse_name
from micrarium.errors import UsageError

_SPAN = re.compile(r"(\d{1,5})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}

GrantNumber = Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the share, as 'micrarium share list' tells it.")]
Until = Annotated[str | None, typer.Option("--expires", metavar="WHEN", help="When it ends: 2027-01-31, or 30d, 12h, 2w from now.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; asked for where the data are sensitive.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    shares = typer.Typer(help="Links that show data to people without an account.", no_args_is_help=True)
    shares.command("add", epilog=show_examples(
        "micrarium share add dataset:3 --expires 30d",
        "micrarium share add project:1 --blind --show-key treatment --name 'Reviewers of our paper'",
        "micrarium share add image:12 --annotate --password-stdin < password.txt",
        "micrarium share add search --query 'organism=human'",
    ))(add_share)  # fmt: skip
    shares.command("list", epilog=show_examples("micrarium share list", "micrarium share list --object dataset:3 --json"))(
        list_shares
    )
    shares.command("change", epilog=show_examples("micrarium share change 4 --expires 2w"))(change_share)
    shares.command("revoke", epilog=show_examples("micrarium share revoke 4"))(revoke_share)
    app.add_typer(shares, name="share")
    app.command("publish", epilog=show_examples(
        "micrarium publish dataset:3", "micrarium publish project:1 --embargo 2027-01-31"
    ))(publish)  # fmt: skip
    app.command("accesses", epilog=show_examples("micrarium accesses dataset:3"))(list_accesses)


def read_time(text: str | None, *, option: str) -> str | None:
    """A time as the server takes it, from a date, a time, or a span from now. Raises ``UsageError``."""
    if text is None:
        return None
    if found := _SPAN.fullmatch(text):
        return (datetime.now(UTC) + timedelta(hours=int(found[1]) * _HOURS[found[2]])).isoformat()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} takes a date such as 2027-01-31, or a span such as 30d, not {text!r}.") from None
    return (time if time.tzinfo else time.astimezone()).isoformat()


def add_share(
    name: Annotated[str, typer.Argument(metavar="OBJECT", help="project:1, dataset:3, screen:2, plate:5, image:12, or search.")],
    title: Annotated[str, typer.Option("--name", help="What to call the link, for yourself and in its title.")] = "",
    query: Annotated[str | None, typer.Option(help="What a shared search asks for.")] = None,
    expires: Until = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Ask visitors for the password read from standard input.")
    ] = False,
    annotate: Annotated[bool, typer.Option("--annotate", help="Let visitors annotate.")] = False,
    blind: Annotated[bool, typer.Option("--blind", help="Show neither people, institutions, dates, names nor files.")] = False,
    show_key: Annotated[list[str] | None, typer.Option(help="A key whose values a blind link shows; can be repeated.")] = None,
    reason: Reason = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Make a link. Its address is shown this once; whoever has it sees what you may see of the object."""
    given: dict[str, Any] = {"object": name if name == "search" else str(parse_name(name)), "name": title, "query": query}
    given |= {"expires_at": read_time(expires, option="--expires"), "may_annotate": annotate, "is_blind": blind, "reason": reason}
    given |= {"shown_keys": show_key or []}
    if password_stdin:
        given["password"] = read_password("the link", from_stdin=True)
    with open_client(data) as client:
        made = client.connection.send("POST", "/api/v1/grants", given)
    if as_json:
        print_json(made)
        return
    print(made["url"])
    note(
        f"Share {made['id']} of {made['object']}. The address is shown this once; end it with: micrarium share revoke {made['id']}"
    )


def publish(
    name: Annotated[str, typer.Argument(metavar="OBJECT", help="project:1, dataset:3, screen:2, plate:5 or image:12.")],
    embargo: Annotated[str | None, typer.Option(metavar="WHEN", help="Show it from then on: 2027-01-31, or 30d.")] = None,
    reason: Reason = None,
    data: DataFolder = None,
) -> None:
    """Show an object to everybody, at once or after an embargo. 'micrarium share revoke' takes it back."""
    given = {"object": str(parse_name(name)), "audience": "public", "opens_at": read_time(embargo, option="--embargo")}
    with open_client(data) as client:
        made = client.connection.send("POST", "/api/v1/grants", given | {"reason": reason})
    print(made["url"])
    note(f"Publication {made['id']} of {made['object']}{', from ' + made['opens_at'] if made['opens_at'] else ''}.")


def list_shares(
    of: Annotated[str | None, typer.Option("--object", metavar="OBJECT", help="Only those of this object.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """What you shared and published, the newest first, and how it was used."""
    with open_client(data) as client:
        items = client.connection.get("/api/v1/grants", object=None if of is None else str(parse_name(of)))["items"]
    if as_json:
        print_json(items)
        return
    columns = ("id", "object", "query", "audience", "name", "state", "terms", "expires_at", "use_count", "last_used_at")
    print_table(columns, ([(one | _told(one)).get(name) for name in columns] for one in items))


def _told(one: dict[str, Any]) -> dict[str, str]:
    state = "withdrawn" if one["revoked_at"] else "open" if one["is_open"] else "waiting" if _is_waiting(one) else "ended"
    terms = [
        word for name, word in (("is_blind", "blind"), ("may_annotate", "annotate"), ("has_password", "password")) if one[name]
    ]
    return {"state": state, "terms": ", ".join(terms)}


def _is_waiting(one: dict[str, Any]) -> bool:
    return bool(one["opens_at"]) and datetime.fromisoformat(one["opens_at"]) > datetime.now(UTC)


def change_share(
    number: GrantNumber,
    title: Annotated[str | None, typer.Option("--name")] = None,
    expires: Until = None,
    embargo: Annotated[str | None, typer.Option(metavar="WHEN", help="Show it from then on.")] = None,
    data: DataFolder = None,
) -> None:
    """Change the name, the end or the embargo of a share."""
    given = {
        "name": title,
        "expires_at": read_time(expires, option="--expires"),
        "opens_at": read_time(embargo, option="--embargo"),
    }
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        raise UsageError("Say what to change: --name, --expires or --embargo.")
    with open_client(data) as client:
        client.connection.send("PATCH", f"/api/v1/grants/{number}", given)
    note(f"Changed share {number}.")


def revoke_share(number: GrantNumber, data: DataFolder = None) -> None:
    """End a link or a publication, at once."""
    with open_client(data) as client:
        client.connection.send("DELETE", f"/api/v1/grants/{number}")
    note(f"Share {number} has ended.")


def list_accesses(
    name: Annotated[str, typer.Argument(metavar="DATASET", help="A sensitive dataset, such as dataset:3.")],
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Who looked at, downloaded, exported or shared a sensitive dataset, the newest first."""
    found = parse_name(name)
    if found.kind != "dataset":
        raise UsageError("Looks are kept for datasets that are marked as sensitive; give one, such as dataset:3.")
    with open_client(data) as client:
        items = client.connection.get(f"{found.path}/accesses")["items"]
    if as_json:
        print_json(items)
        return
    columns = ("time", "action", "object", "username", "link", "address", "reason")
    print_table(columns, ([one.get(name) for name in columns] for one in items))
