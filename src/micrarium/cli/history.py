"""Commands on what happened: the log of events, the history of an object, and taking an event back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, Reason, show_examples
from micrarium.cli.output import count, note, print_json, print_table

#: What was done, in a person's words.
VERBS = {"INSERT": "made", "UPDATE": "changed", "DELETE": "removed", "BIN": "put into the bin", "RESTORE": "restored"}
_LONGEST_VALUE = 40

Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("log", epilog=show_examples(
        "micrarium log --since 2026-03-01 --by ada",
        "micrarium log --kind image --reason 'wrong stain' --json",
    ))(log)  # fmt: skip
    app.command("history", epilog=show_examples("micrarium history image:12", "micrarium history dataset:3 --json"))(history)
    app.command("undo", epilog=show_examples(
        "micrarium undo event:12 --dry-run",
        "micrarium undo event:12 --only image:7 --reason 'Wrong dataset'",
    ))(undo)  # fmt: skip


def log(
    since: Annotated[str | None, typer.Option("--since", metavar="DAY", help="From this day or moment on.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="To this day, or before this moment.")] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Only what this person did.")] = None,
    group: Annotated[str | None, typer.Option("--group", metavar="NAME", help="Only what changed things of this group.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only what changed this kind: image, ...")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Only with this in the reason.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """List what was changed, by whom and why, newest first."""
    with open_client(data) as client:
        asked = {"since": since, "until": until, "by": by, "kind": kind, "reason": reason, "limit": limit}
        found = client.connection.get("/api/v1/events", **asked, group_id=client.find_group(group))
    if as_json:
        print_json(found)
        return
    rows = ((f"event:{e['id']}", _moment(e), _person(e), _in_short(e, found["names"]), e["reason"]) for e in found["items"])
    print_table(("event", "time", "who", "what", "why"), rows)
    if found["next"]:
        note(f"These are the last {count(limit, 'event')}; --until and --limit show others.")


def history(
    object_: Annotated[str, typer.Argument(metavar="OBJECT", help="Kind and number, such as image:12.")],
    limit: Limit = 100,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Show what happened to an object, its links, its parts and its annotations, newest first."""
    from micrarium.client.names import parse_name

    name = parse_name(object_)
    with open_client(data) as client:
        found = client.connection.get(f"{name.path}/history", limit=limit)
    if as_json:
        print_json(found)
        return
    print_table(
        ("event", "time", "who", "what", "changes", "why"),
        (
            (f"event:{c['event_id']}", _moment(c), _person(c), say_change(c, found["names"]), say_values(c), c["reason"])
            for c in found["items"]
        ),
    )
    if found["next"]:
        note(f"These are the last {count(limit, 'change')}; --limit shows more.")


def undo(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The event, such as event:12; 'micrarium log' lists them.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="OBJECT", help="Only what it did to this object; can be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    reason: Reason = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Take an event back. What takes it back is an event too, and can itself be undone."""
    name = event if ":" in event or "/" in event else f"event:{event}"
    with open_client(data, reason=reason) as client:
        done = client.undo(name, objects=only or (), dry_run=dry_run)
    if as_json:
        print_json(done)
        return
    rows = ((c["object"], VERBS[c["action"]], say_values(c)) for c in done["changes"])
    print_table(("object", "would be" if dry_run else "was", "changes"), rows)
    if not dry_run:
        note(f"event:{done['undone_event_id']} was undone by event:{done['event_id']}.")


def _moment(told: Mapping[str, Any]) -> str:
    return str(told["time"])[:19].replace("T", " ")


def _person(told: Mapping[str, Any]) -> str:
    name = told["experimenter"]["ome_name"] or "(server)"
    sudo = told.get("sudo_experimenter")
    return f"{name} (done by {sudo['ome_name']})" if sudo else name


def _in_short(event: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What an event did: its one change, or how many there are of each kind."""
    undoes = f"undid event:{event['undoes_event_id']}: " if event["undoes_event_id"] else ""
    changes: Sequence[Mapping[str, Any]] = event["changes"]
    if len(changes) == 1 and sum(c["count"] for c in event["counts"]) == 1:
        return undoes + say_change(changes[0], names)
    parts = [f"{VERBS[c['action']]} {count(c['count'], c['kind'].replace('_', ' '))}" for c in event["counts"]]
    return undoes + ", ".join(parts) + (" and more" if event["has_more"] else "")


def say_change(change: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What was done to what: ``changed image:12 (Mitosis)``; of a link, what it joins."""
    if "child" in change:
        joined = f"{_named(change['child'], names)} in {_named(change['parent'], names)}"
        return f"{VERBS[change['action']]} link: {joined}"
    return f"{VERBS[change['action']]} {_named(change['object'], names)}"


def _named(name: str, names: Mapping[str, str]) -> str:
    return f"{name} ({names[name]})" if name in names else name


def say_values(change: Mapping[str, Any]) -> str:
    """Old and new values of what was changed; of what was made or removed, nothing."""
    if change["action"] != "UPDATE":
        return ""
    return "; ".join(f"{field}: {_short(old)} → {_short(new)}" for field, (old, new) in change["changes"].items())


def _short(value: Any) -> str:
    text = "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
