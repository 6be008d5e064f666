"""How objects are shown to people: values in words, the columns worth showing, HTML for notebooks."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

#: What every object carries for its keeping; shown for one object, left out of lists.
BOOKKEEPING = {
    "version", "group_id", "owner_id", "created_at", "updated_at", "creation_event_id", "update_event_id", "permissions", "link_id",
    "link_owner_id",
}  # fmt: skip
#: Names that people look for first.
FIRST = ("type", "id", "name", "username", "ome_name", "text_value", "map_value")


def describe_value(value: Any) -> str:
    """A value as a person reads it: nothing for None, yes and no, lists with commas, objects by their names."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case [[_, _], *_] if all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in value):
            return ", ".join(f"{describe_value(key)}={describe_value(what)}" for key, what in value)
        case list() | tuple():
            return ", ".join(describe_value(item) for item in value)
        case Mapping():
            return _describe_object(value)
    return str(value)


def _describe_object(value: Mapping[str, Any]) -> str:
    for name in (*FIRST[2:], "id"):
        if value.get(name) not in (None, ""):
            return describe_value(value[name])
    return ", ".join(f"{name}={describe_value(item)}" for name, item in value.items() if item is not None)


def choose_columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The fields of these objects worth a column: those that tell something, names first."""
    telling: dict[str, None] = {}
    for row in rows:
        telling |= {name: None for name, value in row.items() if value not in (None, "", [], {}) and name not in BOOKKEEPING}
    return [name for name in FIRST if name in telling] + [name for name in telling if name not in FIRST]


def render_rows(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, pictures: Sequence[bytes | None] = ()) -> str:
    """An HTML table of objects, each after its picture where it has one."""
    body = []
    for position, row in enumerate(rows):
        picture = f"<td>{render_picture(pictures[position])}</td>" if pictures else ""
        body.append(f"<tr>{picture}" + "".join(f"<td>{escape(describe_value(row.get(name)))}</td>" for name in columns) + "</tr>")
    head = ("<th></th>" if pictures else "") + "".join(f"<th>{escape(name)}</th>" for name in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def render_fields(title: str, fields: Mapping[str, Any], *, picture: bytes | None = None) -> str:
    """One object as HTML: its title, its picture where it has one, and its fields."""
    shown = ((name, describe_value(value)) for name, value in fields.items() if value not in (None, "", [], {}))
    body = "".join(f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in shown)
    table = f"<table><caption style='text-align:left'><b>{escape(title)}</b></caption><tbody>{body}</tbody></table>"
    if picture is None:
        return table
    return f"<div style='display:flex;gap:16px;align-items:flex-start'>{render_picture(picture)}{table}</div>"


def render_picture(picture: bytes | None) -> str:
    """A JPEG as an inline HTML image; nothing for None."""
    return "" if picture is None else f"<img alt='' src='data:image/jpeg;base64,{b64encode(picture).decode()}'>"


def describe_bytes(size_bytes: float) -> str:
    """A number of bytes with a unit that suits it."""
    if size_bytes < 1000:
        return f"{size_bytes:.0f} bytes"
    for unit in ("kB", "MB", "GB"):
        size_bytes /= 1000
        if size_bytes < 1000:
            return f"{size_bytes:.1f} {unit}"
    return f"{size_bytes / 1000:.1f} TB"
