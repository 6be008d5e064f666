"""The command tag: tag sets, the tags in them, and the tree of both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import count, note, print_json
from micrarium.cli.scoping import InGroup, OfOwner, find_scope
from micrarium.errors import NotFound

if TYPE_CHECKING:
    from micrarium.client import Client

TagSetName = Annotated[str, typer.Argument(metavar="SET", help="A tag set, by name or number.")]
TagNames = Annotated[list[str], typer.Argument(metavar="TAG...", help="Tags, by name.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    tags = typer.Typer(help="Tags and tag sets.", no_args_is_help=True)
    tags.command("tree", epilog=show_examples("micrarium tag tree", "micrarium tag tree --owner me --json"))(show_tree)
    sets = typer.Typer(help="Tag sets, which hold tags.", no_args_is_help=True)
    sets.command("add", epilog=show_examples(
        "micrarium tag set add 'Cell cycle' mitosis interphase",
        "micrarium tag set add Stains --description 'What we stain with' --group imaging",
    ))(add_set)  # fmt: skip
    sets.command("put", epilog=show_examples("micrarium tag set put 'Cell cycle' prophase"))(put_tags)
    sets.command("remove", epilog=show_examples("micrarium tag set remove 'Cell cycle' prophase"))(remove_tags)
    tags.add_typer(sets, name="set")
    app.add_typer(tags, name="tag")


def show_tree(group: InGroup = None, owner: OfOwner = None, as_json: AsJson = False, data: DataFolder = None) -> None:
    """Show tag sets, the tags in them and how many objects carry each, then the tags in no set."""
    with open_client(data) as client:
        found = client.connection.get("/api/v1/tags", **find_scope(client, group, owner))
    if as_json:
        print_json(found)
        return
    for one in found["sets"]:
        print(f"{one['name']}  (tag set, annotation:{one['id']})")
        _print_tags(one["tags"], "  ")
    _print_tags(found["tags"], "")


def _print_tags(tags: Iterable[dict[str, Any]], indent: str) -> None:
    for tag in tags:
        told = ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in tag["counts"].items())
        print(f"{indent}{tag['name']}  (annotation:{tag['id']}{': ' + told if told else ''})")


def add_set(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The tag set's name.")],
    tags: Annotated[list[str] | None, typer.Argument(metavar="[TAG...]", help="Tags to put into it, by name.")] = None,
    description: Annotated[str | None, typer.Option(help="What the tag set is for.")] = None,
    group: InGroup = None,
    as_json: AsJson = False,
    data: DataFolder = None,
) -> None:
    """Make a tag set and put tags into it; tags you do not have yet are made."""
    given = {"name": name, "description": description, "tag_names": tags or []}
    with open_client(data) as client:
        path = "/api/v1/tag_sets"
        if group is not None:
            path += f"?group={find_scope(client, group, None)['group']}"
        made = client.connection.send("POST", path, given)
    if as_json:
        print_json(made)
    else:
        note(f"Made the tag set annotation:{made['id']} ({name}) with {count(len(tags or []), 'tag')}.")


def put_tags(name: TagSetName, tags: TagNames, data: DataFolder = None) -> None:
    """Put tags into a tag set; tags you do not have yet are made."""
    with open_client(data) as client:
        found = _find_set(client, name)
        told = client.connection.send("POST", f"/api/v1/tag_sets/{found['id']}/tags", {"names": tags})
    note(f"Put {count(told['added'], 'tag')} into {found['name']}.")


def remove_tags(name: TagSetName, tags: TagNames, data: DataFolder = None) -> None:
    """Take tags out of a tag set; they stay on the objects that carry them."""
    with open_client(data) as client:
        found = _find_set(client, name)
        ids = {tag["name"]: tag["id"] for tag in found["tags"]}
        if missing := next((tag for tag in tags if tag not in ids), None):
            raise NotFound(f"There is no tag {missing!r} in {found['name']}", field="tag")
        client.connection.send("POST", f"/api/v1/tag_sets/{found['id']}/tags/remove", {"ids": [ids[tag] for tag in tags]})
    note(f"Took {count(len(tags), 'tag')} out of {found['name']}.")


def _find_set(client: Client, name: str) -> dict[str, Any]:
    """The tag set with a number or a name, one's own first."""
    sets: list[dict[str, Any]] = client.connection.get("/api/v1/tags")["sets"]
    me = client.session["user"]["id"]
    number = name.removeprefix("annotation:")
    found = [one for one in sets if one["name"] == name or str(one["id"]) == number]
    if not found:
        raise NotFound(f"There is no tag set {name!r}", field="set")
    return min(found, key=lambda one: one["owner_id"] != me)
