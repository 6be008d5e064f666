"""The commands below admin: disk use, quotas, settings, the log, jobs, sessions, the banner, mail and class rooms."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Any

import typer

from micrarium.cli import classrooms
from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import count, note, print_json, print_table
from micrarium.client.tables import describe_bytes
from micrarium.errors import UsageError

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
_BINARY = {name: 2 ** (10 * power) for power, name in enumerate(("", "k", "m", "g", "t", "p"))}
#: What of a setting, a job and so on is shown where nobody asks for JSON.
_SETTING = ("name", "value", "origin", "default")
_LINE = ("time", "level", "message", "actor", "request_id")
_JOB = ("id", "kind", "state", "progress", "username", "message", "created_at")
_SESSION = ("id", "username", "created_at", "expires_at")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    admin = typer.Typer(help="Look after a server, as an administrator.", no_args_is_help=True)
    admin.command("disk-use", epilog=show_examples("micrarium admin disk-use --by user"))(show_disk_use)
    quotas = typer.Typer(help="How much users and groups may keep.", no_args_is_help=True)
    quotas.command("set", epilog=show_examples(
        "micrarium admin quota set group:imaging 2TB", "micrarium admin quota set user:ada none",
    ))(set_quota)  # fmt: skip
    quotas.command("show", epilog=show_examples("micrarium admin quota show"))(show_quotas)
    admin.add_typer(quotas, name="quota")
    admin.command("settings", epilog=show_examples("micrarium admin settings --json"))(show_settings)
    admin.command("logs", epilog=show_examples("micrarium admin logs --level warning", "micrarium admin logs --search ada"))(
        show_logs
    )
    admin.command("jobs", epilog=show_examples("micrarium admin jobs --state failed"))(list_jobs)
    admin.command("sessions", epilog=show_examples("micrarium admin sessions"))(list_sessions)
    admin.command("banner", epilog=show_examples(
        'micrarium admin banner "Maintenance on Friday at 18:00" --level warning', 'micrarium admin banner ""',
    ))(banner)  # fmt: skip
    admin.command("mail", epilog=show_examples(
        'micrarium admin mail --group imaging --subject "New disks" < letter.txt',
    ))(mail)  # fmt: skip
    classrooms.register(admin)
    app.add_typer(admin, name="admin")


def parse_size(text: str) -> int | None:
    """A number of bytes (``2TB``, ``1.5 GiB``, ``1000``), None for ``none``. Raises ``UsageError``."""
    if text.strip().lower() == "none":
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?", text.strip().lower())
    if found is None or (found[3] and not found[2]):
        raise UsageError(f"{text!r} is no size; write it like 500GB, 2TB, 1.5TiB or none.", field="size")
    return round(float(found[1]) * (_BINARY if found[3] else _UNITS)[found[2]])


def show_disk_use(
    by: Annotated[str, typer.Option(help="user, group or project.")] = "group", as_json: AsJson = False, data: DataFolder = None
) -> None:
    """Tell how much is kept by users, groups or projects, and of what quota."""
    with open_client(data) as client:
        told = client.admin.disk_use(by)
    if as_json:
        print_json(told)
        return
    columns = (by, "originals", "files", "pyramids", "in place", "total", "quota", "left")
    rows = [_row(item, item["name"]) for item in told["items"] if item["total_bytes"] or item["in_place_bytes"] or _quota(item)]
    print_table(columns, [*rows, _row(told["total"], "all")])


def _quota(item: dict[str, Any]) -> str:
    return _size(item.get("quota_bytes"))


def _row(item: dict[str, Any], name: str) -> list[Any]:
    sizes = [describe_bytes(item[f"{kind}_bytes"]) for kind in ("original", "derived", "in_place", "total")]
    return [name, sizes[0], str(item["original_count"]), *sizes[1:], _quota(item), _size(item.get("remaining_bytes"))]


def set_quota(
    whose: Annotated[str, typer.Argument(metavar="WHOSE", help="user:NAME or group:NAME; a number will do for the name.")],
    size: Annotated[str, typer.Argument(metavar="SIZE", help="500GB, 2TB, 1.5TiB, or none.")],
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Say how much a user or a group may keep. Imports that would go over are refused."""
    kind, _, name = whose.partition(":")
    if kind not in ("user", "group") or not name:
        raise UsageError(f"{whose!r} is neither user:NAME nor group:NAME.", field="whose")
    wanted = parse_size(size)
    with open_client(data) as client:
        told = client.admin.set_quota(kind, name, wanted)
    if as_json:
        print_json(told)
        return
    used = f"it keeps {describe_bytes(told['used_bytes'])} now"
    if wanted is None:
        note(f"The {kind} {told['name']} has no quota; {used}.")
    else:
        left = describe_bytes(told["remaining_bytes"])
        note(f"The {kind} {told['name']} may keep {describe_bytes(wanted)}; {used}, and has room for {left}.")


def show_quotas(as_json: AsJson = False, data: DataFolder = None) -> None:
    """Show your own quota and those of your groups: what is used and what is left. Everybody may."""
    with open_client(data) as client:
        found = client.admin.quotas()
    if as_json:
        print_json(found)
        return
    columns = ("used_bytes", "quota_bytes", "remaining_bytes")
    rows = [[f"{one['kind']}:{one['name']}", *(_size(one[column]) for column in columns)] for one in found]
    print_table(("whose", "used", "quota", "left"), rows)


def _size(size_bytes: int | None) -> str:
    return "" if size_bytes is None else describe_bytes(size_bytes)


def show_settings(as_json: AsJson = False, data: DataFolder = None) -> None:
    """List every setting, its value and where it comes from. Secrets are only said to be there."""
    with open_client(data) as client:
        _show(client.admin.settings(), _SETTING, as_json=as_json)


def show_logs(
    level: Annotated[str, typer.Option(help="From this level on: debug, info, warning or error.")] = "info",
    search: Annotated[str, typer.Option(metavar="TEXT", help="Only lines with this in them.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=2000, help="At most so many lines.")] = 50,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Show the last lines of the server's log, the newest last."""
    with open_client(data) as client:
        found = client.admin.logs(level=level, search=search, limit=limit)
    _show(found[::-1], _LINE, as_json=as_json)


def list_jobs(
    state: Annotated[str | None, typer.Option(help="queued, running, done, failed or cancelled.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many jobs.")] = 50,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """List everybody's jobs, the newest first."""
    with open_client(data) as client:
        _show(client.admin.jobs(state=state, limit=limit), _JOB, as_json=as_json)


def list_sessions(as_json: AsJson = False, data: DataFolder = None) -> None:
    """List the browsers that are signed in, the newest first."""
    with open_client(data) as client:
        _show(client.admin.sessions(), _SESSION, as_json=as_json)


def _show(items: list[dict[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        print_json(items)
    else:
        print_table(columns, [["" if item.get(column) is None else item[column] for column in columns] for item in items])


def banner(
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="The message; empty to take it away.")] = None,
    level: Annotated[str, typer.Option(help="info, warning or error.")] = "info",
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Until when, such as 2027-01-31T18:00:00Z.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Show the message that everyone sees, or change it."""
    with open_client(data) as client:
        told = client.admin.banner() if text is None else client.admin.set_banner(text, level=level, ends_at=until)
    if as_json:
        print_json(told)
    else:
        print(told["text"] or "There is no banner.")


def mail(
    subject: Annotated[str, typer.Option(help="One line.")],
    group: Annotated[list[str] | None, typer.Option(help="Its members; can be repeated.")] = None,
    user: Annotated[list[str] | None, typer.Option(help="Somebody by name; can be repeated.")] = None,
    to_all: Annotated[bool, typer.Option("--all", help="Everyone who is active.")] = False,
    data: DataFolder = None,
) -> None:
    """Write a mail to users; its text is read from standard input. Each gets one of their own."""
    if sys.stdin.isatty():
        note("Write the text, and end it with Ctrl-D.")
    text = sys.stdin.read()
    with open_client(data) as client:
        result = client.wait(client.admin.mail(subject, text, groups=group, users=user, to_all=to_all))["result"]
    for name in result["without_address"]:
        note(f"{name} has no address.")
    for failed in result["failed"]:
        note(f"{failed['username']}: {failed['reason']}")
    note(f"Sent {count(result['count'], 'mail')}.")
    if result["failed"]:
        raise typer.Exit(1)
