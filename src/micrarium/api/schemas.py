"""Pydantic schemas of the entities, derived from their classes: what is read, what makes one, what changes one.

Pydantic checks input and describes the API; answers are built from flat rows, which is ten times faster.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, create_model
from pydantic import Field as SchemaField

from micrarium.actions.changing import is_changeable
from micrarium.model import Entity, Owned
from micrarium.model.schema import Field, fields_of, gathering_of, kinds_of


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


@lru_cache
def read_schema(entity: type[Entity]) -> type[BaseModel]:
    """What an object looks like when it is read."""
    fields = {f.name: (_type(f) if not f.is_nullable and f.is_required else _type(f) | None, None) for f in fields_of(entity)}
    if issubclass(entity, Owned):
        fields |= {"created_at": (datetime | None, None), "updated_at": (datetime | None, None)}
    return _make(entity.__name__, fields, BaseModel, entity)


@lru_cache
def list_schema(entity: type[Entity]) -> type[BaseModel]:
    """What a page of objects looks like."""
    item: Any = read_schema(entity)
    return _make(f"{entity.__name__}List", {"items": (list[item], ...), "next": (str | None, None)}, BaseModel, entity)


@lru_cache
def create_schema(entity: type[Entity]) -> type[BaseModel]:
    """What is given to make an object. For a class with kinds, the fields of all of them; ``type`` says which."""
    fields: dict[str, Any] = {}
    for f in _settable(entity):
        is_required = f.is_required and (not kinds_of(entity) or f in fields_of(entity))
        fields[f.name] = (_type(f), ...) if is_required else (_type(f) | None, None)
    if gathering := gathering_of(entity):
        fields[f"{gathering[0].singular()}_id"] = (Annotated[int, SchemaField(ge=0, lt=2**63)], ...)
    return _make(f"{entity.__name__}Create", fields, _Input, entity)


@lru_cache
def patch_schema(entity: type[Entity]) -> type[BaseModel]:
    """What is given to change an object: any of the fields that can change."""
    fields = {f.name: (_type(f) | None, None) for f in _settable(entity) if not f.is_fixed}
    return _make(f"{entity.__name__}Patch", fields, _Input, entity)


def can_be_made(entity: type[Entity]) -> bool:
    """Whether clients make objects of a class one by one."""
    return is_changeable(entity)


def can_be_changed(entity: type[Entity]) -> bool:
    """Whether any field of a class can be changed."""
    return any(not f.is_fixed for f in _settable(entity))


def _settable(entity: type[Entity]) -> list[Field]:
    fields = {f.name: f for f in fields_of(entity)}
    for kind in kinds_of(entity).values():
        fields |= {f.name: f for f in fields_of(kind) if f.name not in fields}
    return [f for f in fields.values() if not f.is_read_only]


def _type(field: Field) -> Any:
    if field.choices:
        return Literal[field.choices]
    if field.pattern:
        return Annotated[str, AfterValidator(partial(_check_color, pattern=field.pattern, digits=field.max_length))]
    if field.type is str and field.max_length:
        return Annotated[str, SchemaField(max_length=field.max_length)]
    if field.type is int:
        # Ids are 64 bits wide, all else 32: what the database cannot hold is refused before it gets there.
        low, high = (0, 2**63) if field.refers_to else (-(2**63), 2**63) if field.is_wide else (-(2**31), 2**31)
        return Annotated[int, SchemaField(ge=low, lt=high)]
    if field.type is float:
        return Annotated[float, SchemaField(allow_inf_nan=False)]
    return field.type


def _check_color(value: str, *, pattern: str, digits: int | None) -> str:
    if re.match(pattern, value) is None:
        raise ValueError(f"{value!r} is no colour; give {digits} hexadecimal digits such as {'00FF00FF'[:digits]}")
    return value


def _make(name: str, fields: dict[str, Any], base: type[BaseModel], entity: type[Entity]) -> type[BaseModel]:
    return create_model(name, __base__=base, __doc__=entity.__doc__, **fields)
