"""Commands on any kind of object: list, search, show, set, annotate. Kinds and fields are the server's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, Reason, show_examples
from micrarium.cli.output import note, print_fields, print_json, print_table
from micrarium.cli.scoping import InGroup, OfOwner, find_scope
from micrarium.client.names import parse_name
from micrarium.errors import InvalidInput, NotFound, UsageError

if TYPE_CHECKING:
    from micrarium.client import Client, Listing, ObjectName

#: What is shown with an object where it has it.
SHOWN_WITH = ("annotations", "containers", "pixels", "channels", "well_samples", "shapes")

ObjectNames = Annotated[list[str], typer.Argument(metavar="OBJECT...", help="Kind and number, such as image:12.")]
Limit = Annotated[int, typer.Option("--limit", min=0, help="How many at most; 0 for all.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("list", epilog=show_examples(
        "micrarium list images",
        "micrarium list images --filter dataset=3 --filter 'name~=mitosis' --sort -id",
        "micrarium list images --orphaned --owner me",
        "micrarium list projects --group imaging --json",
    ))(list_objects)  # fmt: skip
    app.command("search", epilog=show_examples(
        "micrarium search mitosis",
        "micrarium search 'organism=\"homo sapiens\"' --type image --json",
    ))(search)  # fmt: skip
    app.command("show", epilog=show_examples("micrarium show image:12", "micrarium show image:12 --json"))(show)
    app.command("set", epilog=show_examples(
        "micrarium set image:12 name='Mitosis, day 3' description='After the wash'",
        "micrarium set channel:5 color=FF0000",
        "micrarium set image:12 description:=null",
    ))(set_fields)  # fmt: skip
    app.command("create", epilog=show_examples(
        "micrarium create project name=Thesis",
        "micrarium create experimenter_group name=imaging level=read-annotate",
    ))(create)  # fmt: skip
    app.command("annotate", epilog=show_examples(
        "micrarium annotate image:12 --tag mitosis --comment 'Best of the series'",
        "micrarium annotate image:12 image:13 --key-value Organism='Homo sapiens'",
    ))(annotate)  # fmt: skip


def list_objects(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="images, datasets, projects, plates, annotations, ...")],
    filters: Annotated[
        list[str] | None, typer.Option("--filter", metavar="FIELD=VALUE", help="Only those; can be repeated.")
    ] = None,
    sort: Annotated[str | None, typer.Option(metavar="FIELD", help="Sort by this field; -FIELD for the other way round.")] = None,
    limit: Limit = 100,
    fields: Annotated[str | None, typer.Option(metavar="A,B,...", help="Only these fields.")] = None,
    include: Annotated[str | None, typer.Option(metavar="A,B,...", help="Add these, such as owner or child_count.")] = None,
    group: InGroup = None,
    owner: OfOwner = None,
    orphaned: Annotated[bool, typer.Option("--orphaned", help="Only what is in no container and no well.")] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """List the objects of a kind. FIELD~=VALUE finds a part of a text.

    With --json: {"items": [...], "next": CURSOR or null}.
    """
    questions: dict[str, Any] = dict(split_assignment(text) for text in filters or ())
    if orphaned:
        questions["orphaned"] = True
    with open_client(data) as client:
        questions |= find_scope(client, group, owner)
        found = client.list(kind, **questions, sort=sort, fields=fields, include=include)
        try:
            print_found(found, limit=limit, as_json=as_json, columns=fields.split(",") if fields else None)
        except NotFound:
            raise UsageError(client.no_such_kind(kind), field="kind") from None


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words, or KEY=VALUE for a key-value.")],
    kinds: Annotated[str | None, typer.Option("--type", metavar="A,B,...", help="Only these kinds, such as image,dataset.")] = None,
    limit: Limit = 50,
    group: InGroup = None,
    owner: OfOwner = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Find objects by words in names, descriptions, tags, comments and key-values; all words must occur."""
    with open_client(data) as client:
        print_found(client.search(query, type=kinds, **find_scope(client, group, owner)), limit=limit, as_json=as_json)


def print_found(found: Listing, *, limit: int, as_json: bool, columns: list[str] | None = None) -> None:
    """Print a list from the server as it answers it, or as a table."""
    from micrarium.client.tables import choose_columns

    rows, following = found.take(limit or None)
    if as_json:
        print_json({"items": rows, "next": following})
        return
    shown = columns or choose_columns(rows)
    print_table(shown, ([row.get(name) for name in shown] for row in rows))
    if following:
        note(f"These are the first {len(rows)}; --limit 0 lists all.")


def show(objects: ObjectNames, as_json: AsJson = False, data: DataFolder = None) -> None:
    """Show objects with all their fields, their annotations, and for images pixels and channels.

    With --json, one object gives one JSON object and several give a list.
    """
    names = [parse_name(text) for text in objects]
    with open_client(data) as client:
        shown = [_gather(client, name) for name in names]
    if as_json:
        print_json(shown[0] if len(shown) == 1 else shown)
        return
    for position, (name, fields) in enumerate(zip(names, shown, strict=True)):
        print(("\n" if position else "") + str(name))
        print_fields({field: value for field, value in fields.items() if not isinstance(value, Mapping)})
        for field, value in fields.items():
            if isinstance(value, Mapping):
                print(f"\n{field}")
                print_fields(value)


def _gather(client: Client, name: ObjectName) -> dict[str, Any]:
    """The fields of an object and what it has of the things people want to see with it."""
    fields = client.get(name).fields
    for include in SHOWN_WITH:
        with suppress(InvalidInput):  # objects of this kind have no such thing
            fields = fields | client.get(name, include=include).fields
    return fields


def set_fields(
    object_: Annotated[str, typer.Argument(metavar="OBJECT", help="Kind and number, such as image:12.")],
    changes: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="FIELD:=JSON sets a number, true, null.")],
    as_json: AsJson = False,
    reason: Reason = None,
    data: DataFolder = None,
) -> None:
    """Change fields of an object."""
    name, fields = parse_name(object_), dict(parse_change(text) for text in changes)
    with open_client(data, reason=reason) as client:
        entity = client.get(name).update(**fields)
    if as_json:
        print_json(entity.fields)
    else:
        print(str(entity.reference))
        print_fields({field: entity.fields.get(field) for field in fields})


def create(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="project, dataset, screen, ...")],
    fields: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="FIELD:=JSON sets a number, true, null.")],
    group: Annotated[str | None, typer.Option("--group", metavar="GROUP", help="Make it in this group, by name or number.")] = None,
    as_json: AsJson = False,
    reason: Reason = None,
    data: DataFolder = None,
) -> None:
    """Make an object and print its name."""
    given = dict(parse_change(text) for text in fields)
    with open_client(data, may_make=True, reason=reason) as client:
        if group is not None:
            given["group_id"] = find_scope(client, group, None)["group"]
        entity = client.create(kind, **given)
    if as_json:
        print_json(entity.fields)
    else:
        print(entity.reference)


def annotate(
    objects: ObjectNames,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="TEXT", help="Add this tag; can be repeated.")] = None,
    comments: Annotated[list[str] | None, typer.Option("--comment", metavar="TEXT", help="Add this comment.")] = None,
    pairs: Annotated[
        list[str] | None, typer.Option("--key-value", "--kv", metavar="KEY=VALUE", help="Add this key-value; can be repeated.")
    ] = None,
    reason: Reason = None,
    data: DataFolder = None,
) -> None:
    """Add tags, comments and key-values to objects. What is there already stays."""
    added = [split_assignment(text) for text in pairs or ()]
    if not (tags or comments or added):
        raise UsageError("Say what to add: --tag TEXT, --comment TEXT or --key-value KEY=VALUE.")
    names = [parse_name(text) for text in objects]
    with open_client(data, reason=reason) as client:
        for entity in [client.get(name) for name in names]:
            for text in tags or ():
                entity.tag(text)
            for text in comments or ():
                entity.comment(text)
            if added:
                entity.add_key_values(added)


def split_assignment(text: str) -> tuple[str, str]:
    """Name and value of ``name=value``; the name keeps a ``~`` before the sign."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise UsageError(f"{text!r} is not of the form NAME=VALUE.")
    return name, value


def parse_change(text: str) -> tuple[str, Any]:
    """Field and value of ``field=text`` or ``field:=json``."""
    name, value = split_assignment(text)
    if not name.endswith(":"):
        return name, value
    try:
        return name[:-1], json.loads(value)
    except ValueError as error:
        raise UsageError(f"{value!r} in {text!r} is no JSON: {error}.") from error
