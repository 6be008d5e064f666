"""What is told of an acquisition without what could tell of people: numbers, units, words of lists, known models."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TypeVar

from micrarium.actions.recognising import is_equipment, is_word_of_a_list
from micrarium.geometry import Quantity, is_unit
from micrarium.pixels.plane_tables import PlaneTable

T = TypeVar("T")
#: Ids only join what a file says; whoever writes it elsewhere makes new ones.
_JOINING = ("id", "pump")


def neutral(told: T) -> T:
    """A part, settings or surroundings made anew from what tells of no person.

    Texts are kept where they are from a list, or name a known model or maker; serial numbers, names and remarks are not.
    """
    if isinstance(told, Quantity):
        return told if is_unit(told.unit) else None  # type: ignore[return-value]  # quantities may always be unknown
    if isinstance(told, tuple):
        return tuple(neutral(one) for one in told if is_dataclass(one))  # type: ignore[return-value]  # of the same parts
    if is_dataclass(told) and not isinstance(told, type):
        return type(told)(**{one.name: _neutral_value(one.name, getattr(told, one.name)) for one in fields(told)})
    return told


def _neutral_value(name: str, value: object) -> object:
    if not isinstance(value, str):
        return neutral(value)
    if name in _JOINING:
        return value
    if name in ("manufacturer", "model"):
        return value if is_equipment(value) else ""
    if name in ("type", "kind", "medium", "pulse", "binning"):
        return (
            value
            if all(is_word_of_a_list(word) for word in value.split())
            else ("GenericExcitationSource" if name == "kind" else None)
        )
    return ""


def neutral_planes(planes: PlaneTable | None) -> PlaneTable | None:
    """Times since the beginning, exposures and positions, where their units are known ones."""
    if planes is None:
        return None
    columns = {name: column for name, column in planes.columns.items() if is_unit(column.unit)}
    return PlaneTable(planes.shape, columns) if columns else None
