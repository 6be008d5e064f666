"""The commands below roots: the places of a server that files are imported from."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from micrarium.cli.connecting import open_client
from micrarium.cli.options import AsJson, DataFolder, show_examples
from micrarium.cli.output import note, print_json, print_table
from micrarium.errors import UsageError

Name = Annotated[str, typer.Argument(metavar="NAME", help="The place's name, or its number.")]
Groups = Annotated[
    list[str] | None, typer.Option("--group", metavar="G", help="A group whose members may import from it; can be repeated.")
]
Ways = Annotated[
    list[str] | None, typer.Option("--way", metavar="WAY", help="in-place or copy; both unless said; the first when watched.")
]
Endpoint = Annotated[str | None, typer.Option(metavar="URL", help="The server of a bucket that is not Amazon's.")]
Region = Annotated[str | None, typer.Option(help="The region of a bucket.")]
AccessKey = Annotated[str | None, typer.Option("--access-key", help="The key to a bucket; its secret is asked for.")]
SecretStdin = Annotated[bool, typer.Option("--secret-stdin", help="Read the secret key from standard input.")]
Private = Annotated[
    bool | None, typer.Option("--private/--public", help="Whether its server stands in the private network, refused otherwise.")
]
Watched = Annotated[
    bool | None,
    typer.Option("--watched/--not-watched", help="Whether what people put into folders by their user names is imported."),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    roots = typer.Typer(help="Folders, buckets and hosts that files are imported from.", no_args_is_help=True)
    roots.command("add", epilog=show_examples(
        "micrarium roots add NAS /mnt/nas --group Imaging",
        "micrarium roots add Drop /mnt/drop --group Imaging --watched --way copy",
        "micrarium roots add Store s3://images/lab --endpoint https://s3.example.org --access-key KEY --group Imaging",
        "micrarium roots add IDR https://uk1s3.embassy.ebi.ac.uk/idr --way in-place --group Imaging",
    ))(add)  # fmt: skip
    roots.command("list", epilog=show_examples("micrarium roots list", "micrarium roots list --json"))(list_roots)
    roots.command("show", epilog=show_examples("micrarium roots show NAS", "micrarium roots show NAS run1"))(show)
    roots.command("edit", epilog=show_examples(
        "micrarium roots edit NAS --group Imaging --group Screening", "micrarium roots edit NAS --way copy --name Archive",
    ))(edit)  # fmt: skip
    roots.command("remove", epilog=show_examples("micrarium roots remove NAS"))(remove)
    app.add_typer(roots, name="roots")


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it, such as NAS.")],
    location: Annotated[str, typer.Argument(metavar="PLACE", help="/a/folder, s3://bucket/prefix or https://host/prefix.")],
    group: Groups = None,
    way: Ways = None,
    endpoint: Endpoint = None,
    region: Region = None,
    access_key: AccessKey = None,
    secret_stdin: SecretStdin = False,
    private: Private = None,
    watched: Watched = None,
    data: DataFolder = None,
) -> None:
    """Name a place that the members of some groups may import from; for administrators."""
    kind = "bucket" if location.startswith("s3://") else "host" if "://" in location else "folder"
    values = _values(way=way, endpoint=endpoint, region=region, private=private, watched=watched)
    values |= _keys(access_key, from_stdin=secret_stdin)
    with open_client(data) as client:
        made = client.roots.add(name, kind, location, groups=tuple(group or ()), **values)
    note(f"Made the place {made['name']}. Import from it with: micrarium import root:{made['name']}/PATH")
    if not group:
        note("No group may import from it yet, only administrators: micrarium roots edit NAME --group G")


def edit(
    name: Name,
    new_name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    location: Annotated[str | None, typer.Option("--place", metavar="PLACE", help="Where it lies now.")] = None,
    group: Groups = None,
    way: Ways = None,
    endpoint: Endpoint = None,
    region: Region = None,
    access_key: AccessKey = None,
    secret_stdin: SecretStdin = False,
    private: Private = None,
    watched: Watched = None,
    data: DataFolder = None,
) -> None:
    """Change a place; --group names all groups that may import from it then. For administrators."""
    values = _values(way=way, endpoint=endpoint, region=region, private=private, watched=watched)
    values |= _keys(access_key, from_stdin=secret_stdin)
    values |= {key: value for key, value in (("name", new_name), ("location", location)) if value is not None}
    if not values and group is None:
        raise UsageError("Say what to change, such as --group Imaging.")
    with open_client(data) as client:
        changed = client.roots.change(name, groups=None if group is None else tuple(group), **values)
    note(f"Changed the place {changed['name']}.")


def _values(*, private: bool | None, watched: bool | None, way: list[str] | None, **texts: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {name: value for name, value in texts.items() if value is not None}
    told = (("is_private", private), ("is_watched", watched), ("ways", way))
    return found | {name: value for name, value in told if value is not None}


def _keys(access_key: str | None, *, from_stdin: bool) -> dict[str, str]:
    if not access_key:
        return {} if access_key is None else {"access_key": "", "secret_key": ""}
    if from_stdin:
        return {"access_key": access_key, "secret_key": sys.stdin.readline().strip()}
    if not sys.stdin.isatty():
        raise UsageError("Give the secret key with --secret-stdin.")
    return {"access_key": access_key, "secret_key": str(typer.prompt("Secret key", hide_input=True, err=True))}


def list_roots(data: DataFolder = None, as_json: AsJson = False) -> None:
    """List the places that you may import from."""
    with open_client(data) as client:
        found = client.roots.all()
    if as_json:
        print_json(found)
        return
    rows = [
        [str(r["id"]), r["name"], r["kind"], ", ".join(r["ways"]), "yes" if r["is_watched"] else "no", r.get("location", "")]
        for r in found
    ]
    print_table(["number", "name", "kind", "ways", "watched", "place"], rows)


def show(
    name: Name,
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="A folder below it.")] = "",
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """List what lies in a folder below a place."""
    with open_client(data) as client:
        found = list(client.roots.entries(name, path))
    if as_json:
        print_json(found)
        return
    rows = [
        [one["name"] + ("/" if one["is_folder"] else ""), str(one["size"] or ""), one["modified_at"] or "", one["format"] or ""]
        for one in found
    ]
    print_table(["name", "bytes", "changed", "format"], rows)


def remove(name: Name, data: DataFolder = None) -> None:
    """Let nobody import from a place any more; refused while images lie there in place. For administrators."""
    with open_client(data) as client:
        client.roots.remove(name)
    note(f"Removed the place {name}.")
