"""The commands delete, chgrp, chown, duplicate and bin: what is done to objects with all that goes with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from micrarium.cli.asking import DryRun, Yes, ask, count_kinds
from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import count, note, print_json, print_table, show_progress
from micrarium.cli.people import find_group, find_user
from micrarium.client.names import parse_name
from micrarium.errors import Conflict, UsageError

if TYPE_CHECKING:
    from micrarium.client import Client

ObjectNames = Annotated[list[str], typer.Argument(metavar="OBJECT...", help="Kind and number, such as image:12.")]
Include = Annotated[
    list[str] | None, typer.Option(metavar="KIND", help="Take these (image, tag, ...) though they are elsewhere too; repeatable.")
]
Exclude = Annotated[list[str] | None, typer.Option(metavar="KIND", help="Leave these where they are; repeatable.")]
Reason = Annotated[str | None, typer.Option(metavar="TEXT", help="Kept in the history of what is changed.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("delete", epilog=show_examples(
        "micrarium delete image:12",
        "micrarium delete project:1 --dry-run",
        "micrarium delete dataset:3 --exclude image --yes",
        "micrarium delete image:12 --purge",
    ))(delete)  # fmt: skip
    app.command("chgrp", epilog=show_examples(
        "micrarium chgrp project:1 --group imaging --dry-run", "micrarium chgrp dataset:3 image:12 --group imaging",
    ))(chgrp)  # fmt: skip
    app.command("chown", epilog=show_examples("micrarium chown project:1 --owner ada --dry-run"))(chown)
    app.command("duplicate", epilog=show_examples(
        "micrarium duplicate dataset:3", "micrarium duplicate image:12 --exclude roi",
    ))(duplicate)  # fmt: skip
    bins = typer.Typer(help="What was deleted: list, bring back, remove for good.", no_args_is_help=True)
    bins.command("list", epilog=show_examples("micrarium bin list", "micrarium bin list --mine --json"))(list_bin)
    bins.command("restore", epilog=show_examples("micrarium bin restore project:1"))(restore)
    bins.command("purge", epilog=show_examples("micrarium bin purge image:12 --dry-run", "micrarium bin purge --all"))(purge)
    bins.command("empty", epilog=show_examples(
        "micrarium bin empty --older-than 30d --dry-run", "micrarium bin empty --older-than 30d --everyone --yes",
    ))(empty)  # fmt: skip
    app.add_typer(bins, name="bin")


def delete(
    objects: ObjectNames,
    yes: Yes = False,
    purge: Annotated[bool, typer.Option("--purge", help="Remove for good instead of putting into the bin.")] = False,
    dry_run: DryRun = False,
    include: Include = None,
    exclude: Exclude = None,
    reason: Reason = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Put objects into the bin, after asking, with what is in them and nowhere else."""
    options = _options(include, exclude, reason)
    with open_client(data) as client:
        if dry_run or not yes:
            told = client.delete(_names(objects), purge=purge, dry_run=True, **options)
        if not dry_run and not yes:
            _check_refused(told)
            verb = "Remove for good" if purge or _is_all_unkept(told) else "Delete"
            ask(f"{verb}: {count_kinds(told['counts'])}?", "delete")
        if not dry_run:
            with show_progress("Deleting", quiet=as_json) as progress:
                told = client.delete(_names(objects), purge=purge, progress=progress, **options)
    _print(told, "removed for good" if purge or _is_all_unkept(told) else "put into the bin", as_json=as_json)


def chgrp(
    objects: ObjectNames,
    group: Annotated[str, typer.Option(metavar="GROUP", help="The group to move to, by name or number.")],
    dry_run: DryRun = False,
    include: Include = None,
    exclude: Exclude = None,
    reason: Reason = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Move objects to another group, with what is in them and nowhere else."""
    with open_client(data) as client, show_progress("Moving", quiet=as_json) as progress:
        options = _options(include, exclude, reason) | {"dry_run": dry_run, "progress": progress}
        told = client.chgrp(_names(objects), find_group(client, group), **options)
    _print(told, f"moved to {group}", as_json=as_json)


def chown(
    objects: ObjectNames,
    owner: Annotated[str, typer.Option(metavar="NAME", help="Who shall own them, by sign-in name or number.")],
    dry_run: DryRun = False,
    include: Include = None,
    exclude: Exclude = None,
    reason: Reason = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Give objects to another owner, with what is in them and of the same owner."""
    with open_client(data) as client, show_progress("Giving", quiet=as_json) as progress:
        options = _options(include, exclude, reason) | {"dry_run": dry_run, "progress": progress}
        told = client.chown(_names(objects), int(owner) if owner.isdecimal() else find_user(client, owner), **options)
    _print(told, f"given to {owner}", as_json=as_json)


def duplicate(
    objects: ObjectNames,
    dry_run: DryRun = False,
    exclude: Exclude = None,
    reason: Reason = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Copy objects with all that is in them. Copies share the bytes of files and pixels, and belong to you."""
    with open_client(data) as client, show_progress("Copying", quiet=as_json) as progress:
        options = _options(None, exclude, reason) | {"dry_run": dry_run, "progress": progress}
        told = client.duplicate(_names(objects), **options)
    _print(told, "copied", as_json=as_json)


def list_bin(
    mine: Annotated[bool, typer.Option("--mine", help="Only what you deleted yourself.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """List what was deleted, by whom and when, the latest first."""
    with open_client(data) as client:
        items = list(client.bin(mine=mine))
    if as_json:
        print_json({"items": items})
        return
    rows = [[one["object"], one["name"], one["deleted_by"]["ome_name"], one["deleted_at"][:16], one["reason"]] for one in items]
    print_table(["object", "name", "deleted by", "deleted at", "reason"], rows)
    if not items:
        note("The bin is empty.")


def restore(objects: ObjectNames, data: DataFolder = None) -> None:
    """Take objects out of the bin, with all that went there with them."""
    with open_client(data) as client:
        for name in _names(objects):
            print(client.restore(name).reference)


def purge(
    objects: Annotated[
        list[str] | None, typer.Argument(metavar="[OBJECT...]", help="Objects in the bin, such as image:12.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that you deleted.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Remove objects in the bin for good, after asking."""
    if bool(objects) == everything:
        raise UsageError("Name objects in the bin, or say --all.")
    names = _names(objects or [])

    def run(client: Client, **options: Any) -> dict[str, Any]:
        return client.empty_bin(**options) if everything else client.purge(names, **options)

    _purge(run, yes=yes, dry_run=dry_run, as_json=as_json, data=data)


def empty(
    older_than: Annotated[str, typer.Option(metavar="AGE", help="Only what was deleted so long ago, such as 30d or 12h.")] = "0d",
    everyone: Annotated[bool, typer.Option("--everyone", help="What others deleted, too, as far as you may delete it.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Empty the bin, after asking. (The server does it by itself after MICRARIUM_BIN_DAYS.)"""
    days = parse_age(older_than)

    def run(client: Client, **options: Any) -> dict[str, Any]:
        return client.empty_bin(older_than_days=days, everyone=everyone, **options)

    _purge(run, yes=yes, dry_run=dry_run, as_json=as_json, data=data)


def _purge(run: Any, *, yes: bool, dry_run: bool, as_json: bool, data: Any) -> None:
    with open_client(data) as client:
        if dry_run or not yes:
            told = run(client, dry_run=True)
        if not dry_run and not yes and told["counts"]:
            ask(f"Remove for good: {count_kinds(told['counts'])}?", "remove them")
        if not dry_run:
            with show_progress("Removing", quiet=as_json) as progress:
                told = run(client, progress=progress)
    _print(told, "removed for good", as_json=as_json)


def parse_age(text: str) -> float:
    """The days of ``30d``, ``12h`` or ``2w``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([dhw])", text.strip())
    if match is None:
        raise UsageError(f"{text!r} is no age; write a number and d, h or w, such as 30d.", field="older-than")
    return float(match[1]) * {"d": 1.0, "h": 1 / 24, "w": 7.0}[match[2]]


def _is_all_unkept(told: dict[str, Any]) -> bool:
    """Whether nothing of a report goes into the bin: accounts, groups, links and parts are removed for good."""
    return bool(told["counts"]) and told["counts"] == told.get("removed_counts")


def _names(texts: list[str]) -> list[str]:
    return [str(parse_name(text)) for text in texts]


def _options(include: list[str] | None, exclude: list[str] | None, reason: str | None) -> dict[str, Any]:
    return {"include": include or [], "exclude": exclude or [], "reason": reason}


def _check_refused(told: dict[str, Any]) -> None:
    if told["refused"]:
        raise Conflict(told["refused"][0])


def _print(told: dict[str, Any], done: str, *, as_json: bool) -> None:
    """Print a report; one of a dry run says what would be."""
    if as_json:
        print_json(told)
        return
    is_dry = told["dry_run"]
    for sentence in told["refused"]:
        note(f"In the way: {sentence}.")
    print(f"{count_kinds(told['counts'])} {'would be ' if is_dry else ''}{done}.")
    for one in told["named"] if is_dry else ():
        print(f"  {one['object']}  {one['name'] or ''}".rstrip())
    if told.get("links_cut"):
        print(f"Cut{' would be' if is_dry else ''}: {count_kinds(told['links_cut'])}.")
    for one in told.get("stays", ()):
        print(f"{one['object']} stays: {one['why']}.")
    if told.get("made"):
        print(f"Made: {', '.join(told['made'])}.")
    if told.get("files"):
        print(f"{count(told['files']['count'], 'file')} of {told['files']['bytes']} bytes removed from the disk.")
