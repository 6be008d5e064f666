"""Making, changing and deleting objects of any class from plain values."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect

from micrarium.actions.organizing import put_into_bin
from micrarium.errors import Conflict, InvalidInput
from micrarium.model import Entity, Event, Owned
from micrarium.model.schema import Field, fields_of, gathering_of, kinds_of
from micrarium.permissions import ActorSession, get_visible


def make_object(session: ActorSession, entity: type[Entity], values: Mapping[str, Any]) -> Entity:
    """A new object of a class, or of the kind that ``type`` names, with these fields."""
    given = dict(values)
    whole = _pop_whole(session, entity, given)
    if kinds := kinds_of(entity):
        kind = kinds.get(str(given.pop("type", "")))
        if kind is None:
            raise InvalidInput(f"type is one of {', '.join(kinds)}", field="type")
        entity = kind
    known = {f.name: f for f in fields_of(entity)}
    for name in given:
        if name not in known or known[name].is_read_only:
            raise InvalidInput(f"{entity.__name__} has no field {name!r} that can be set", field=name)
    for field in known.values():
        if (field.is_required or not (field.is_nullable or field.is_read_only or field.name in given)) and _is_missing(
            field, given
        ):
            raise InvalidInput(f"{entity.__name__} needs {field.name}", field=field.name)
    made = entity()
    _set_fields(made, given)
    session.add(made)
    if whole is not None:
        # Made and given to its whole in one flush, which checks both.
        relation, obj = whole
        setattr(obj, relation, made)
    flush(session, made)
    return made


def _pop_whole(session: ActorSession, entity: type[Entity], given: dict[str, Any]) -> tuple[str, Entity] | None:
    """For what wholes refer to, as images do to an instrument: the relationship and the whole that will."""
    gathering = gathering_of(entity)
    if gathering is None:
        return None
    name = f"{gathering[0].singular()}_id"
    if not given.get(name):
        raise InvalidInput(f"{entity.__name__} needs {name}", field=name)
    return gathering[1].removesuffix("_id"), get_visible(session, gathering[0], given.pop(name))


def _is_missing(field: Field, given: Mapping[str, Any]) -> bool:
    is_filled_in = field.has_default or field.name in ("group_id", "owner_id", "type", "version", "id")
    return given.get(field.name) is None and not is_filled_in


def change_object(session: ActorSession, obj: Entity, values: Mapping[str, Any]) -> None:
    """Set fields of an object."""
    known = {f.name: f for f in fields_of(type(obj))}
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            raise InvalidInput(f"{type(obj).__name__} has no field {name!r}", field=name)
        if field.is_read_only or field.is_fixed:
            raise InvalidInput(f"{name} cannot be changed", field=name)
        if value is None and not field.is_nullable:
            raise InvalidInput(f"{name} cannot be empty", field=name)
    _set_fields(obj, values)
    flush(session, obj)


def _set_fields(obj: Entity, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name in _NAMES and isinstance(value, str):
            _check_name(type(obj), name, value)
        setattr(obj, name, value)


#: Fields by which people tell objects apart.
_NAMES = {"name", "ome_name"}


def _check_name(entity: type[Entity], name: str, value: str) -> None:
    """Nothing when a name can be seen, else ``InvalidInput``; a name that is filled in by itself may be empty."""
    field = next(f for f in fields_of(entity) if f.name == name)
    if not value.strip() and not field.has_default:
        raise InvalidInput(f"{name} cannot be empty", field=name)
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise InvalidInput(f"{name} holds a control character, such as the end of a line", field=name)


def flush(session: ActorSession, obj: Entity) -> None:
    """Write what has changed; what clashes with what is there already is told of the kind of object it is."""
    taken = [(c.key, getattr(obj, c.key)) for c in inspect(type(obj)).columns if c.unique and not c.primary_key]
    try:
        session.flush()
    except Conflict as error:
        session.rollback()
        kind = type(obj).singular().replace("_", " ")
        a_kind = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
        its = "".join(f" with the {name} {value!r}" for name, value in taken[:1])
        raise type(error)(error.detail.replace("such an object", f"{a_kind}{its}"), field=error.field) from None


def is_changeable(entity: type[Entity]) -> bool:
    """Whether objects of a class can be made and deleted one by one; images and what belongs to them come by import."""
    has_required = any(not f.is_read_only for f in fields_of(entity))
    return has_required and entity is not Event and entity.__name__ not in _IMPORTED


_IMPORTED = {"Image", "Pixels", "Channel", "LogicalChannel", "StatsInfo", "Fileset", "FilesetEntry", "OriginalFile"}


def delete_object(session: ActorSession, obj: Entity) -> None:
    """Put an object into the bin, from where it can be restored; what has no owner is deleted for good."""
    if isinstance(obj, Owned):
        put_into_bin(session, obj)
    else:
        session.delete(obj)
    flush(session, obj)
