"""Options by which a command looks at one group or one person's data, by name or number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from micrarium.errors import NotFound

if TYPE_CHECKING:
    from micrarium.client import Client

InGroup = Annotated[
    str | None, typer.Option("--group", metavar="GROUP", help="Only this group, by name or number; 'all' for all of yours.")
]
OfOwner = Annotated[
    str | None, typer.Option("--owner", metavar="NAME", help="Only this person's, by user name or number; 'me' for yours.")
]


def find_scope(client: Client, group: str | None, owner: str | None) -> dict[str, Any]:
    """The parameters ``group`` and ``owner`` of a request. Raises ``NotFound`` for a name that nobody has."""
    found: dict[str, Any] = {}
    if group is not None:
        found["group"] = "all" if group in ("all", "-1") else _find_id(client, "experimenter_groups", "name", group, "group")
    if owner is not None:
        is_me = owner == "me"
        found["owner"] = client.session["user"]["id"] if is_me else _find_id(client, "experimenters", "ome_name", owner, "user")
    return found


def _find_id(client: Client, kind: str, field: str, given: str, noun: str) -> int:
    if given.isascii() and given.isdecimal():
        return int(given)
    for found in client.list(kind, **{field: given}):
        return int(found.id)
    raise NotFound(f"There is no {noun} {given!r}", field=noun)
