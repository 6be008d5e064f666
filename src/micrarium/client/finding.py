"""People and groups by what somebody calls them: a name, a number, or ``experimenter_group:12``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from micrarium.client.connection import API
from micrarium.client.names import pluralise
from micrarium.errors import NotFound, UsageError

if TYPE_CHECKING:
    from micrarium.client.connection import Connection

_KINDS = {"user": ("experimenter", "ome_name"), "group": ("experimenter_group", "name")}


def find_number(connection: Connection, kind: str, name: str) -> int:
    """The id of a ``user`` or ``group`` that one may see, by its name, its id, or both in one as ``experimenter_group:12``.

    Raises ``NotFound``, and ``UsageError`` for a number that is the name of one and the id of another.
    """
    noun, field = _KINDS[kind]
    prefix, _, number = name.rpartition(":")
    if prefix == noun and _is_id(number):
        return int(number)
    path = f"{API}/{pluralise(noun)}"
    named = [int(one["id"]) for one in connection.get(path, fields="id", **{field: name})["items"]]
    numbered = [int(one["id"]) for one in connection.get(path, fields="id", id=name)["items"]] if _is_id(name) else []
    if named and numbered and named != numbered:
        both = f"{noun}:{named[0]} is called so, and there is {noun}:{numbered[0]}"
        raise UsageError(f"Which {kind} is {name}? {both}; name one of them like this.", field=kind)
    for found in named or numbered:
        return found
    raise NotFound(f"There is no {kind} {name!r}")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
