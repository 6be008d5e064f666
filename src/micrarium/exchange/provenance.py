"""Where things come from, as W3C PROV: entities, activities and agents with what joins them, as PROV-JSON and as PROV-N.

https://www.w3.org/TR/prov-dm/, https://www.w3.org/TR/prov-n/, https://www.w3.org/submissions/prov-json/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: The arguments of each relation, in the order in which PROV-N has them.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "wasGeneratedBy": ("entity", "activity", "time"),
    "used": ("activity", "entity", "time"),
    "wasInvalidatedBy": ("entity", "activity", "time"),
    "wasInformedBy": ("informed", "informant"),
    "wasDerivedFrom": ("generatedEntity", "usedEntity", "activity", "generation", "usage"),
    "wasAttributedTo": ("entity", "agent"),
    "wasAssociatedWith": ("activity", "agent", "plan"),
    "actedOnBehalfOf": ("delegate", "responsible", "activity"),
    "specializationOf": ("specificEntity", "generalEntity"),
}
_THINGS = ("entity", "activity", "agent")


@dataclass(frozen=True, slots=True)
class Named:
    """A qualified name as the value of an attribute: ``prov:Person``."""

    name: str


@dataclass(slots=True)
class ProvDocument:
    """A PROV document that is being written; what is added twice is there once."""

    prefixes: dict[str, str]
    things: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {kind: {} for kind in _THINGS})
    relations: dict[tuple[str, tuple[tuple[str, Any], ...]], None] = field(default_factory=dict)

    def add(self, kind: str, name: str, **attributes: Any) -> str:
        """The name of an entity, an activity or an agent, which is there from now on; attributes without a value are left out."""
        told = {key.replace("__", ":"): value for key, value in attributes.items() if value not in (None, "")}
        self.things[kind].setdefault(name, {}).update(told)
        return name

    def relate(self, kind: str, **arguments: Any) -> None:
        """Join things by a relation of PROV."""
        self.relations[(kind, tuple((key, arguments[key]) for key in ARGUMENTS[kind] if arguments.get(key) is not None))] = None

    def to_json(self) -> dict[str, Any]:
        """The document as PROV-JSON."""
        told: dict[str, Any] = {"prefix": self.prefixes}
        for kind, things in self.things.items():
            if things:
                told[kind] = {name: {key: _json_value(key, value) for key, value in some.items()} for name, some in things.items()}
        for number, (kind, arguments) in enumerate(self.relations, 1):
            values = {f"prov:{key}": value.isoformat() if isinstance(value, datetime) else value for key, value in arguments}
            told.setdefault(kind, {})[f"_:r{number}"] = values
        return told

    def to_provn(self) -> str:
        """The document as PROV-N."""
        lines = ["document"]
        lines += [f"  prefix {prefix} <{address}>" for prefix, address in self.prefixes.items() if prefix not in ("prov", "xsd")]
        for kind, things in self.things.items():
            lines += [f"  {kind}({name}{_notation_times(kind, some)}{_notation_of(some)})" for name, some in things.items()]
        for kind, given in self.relations:
            arguments = dict(given)
            written = [_notation_argument(arguments.get(key)) for key in ARGUMENTS[kind]]
            lines.append(f"  {kind}({', '.join(written)})")
        return "\n".join([*lines, "endDocument", ""])


_TIMES = ("prov:startTime", "prov:endTime")


def _json_value(key: str, value: Any) -> Any:
    if isinstance(value, Named):
        return {"$": value.name, "type": "prov:QUALIFIED_NAME"}
    if isinstance(value, datetime):
        return value.isoformat() if key in _TIMES else {"$": value.isoformat(), "type": "xsd:dateTime"}
    return value


def _notation_argument(value: Any) -> str:
    return "-" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)


def _notation_times(kind: str, attributes: Mapping[str, Any]) -> str:
    if kind != "activity":
        return ""
    return "".join(f", {_notation_argument(attributes.get(key))}" for key in _TIMES)


def _notation_of(attributes: Mapping[str, Any]) -> str:
    told = [f"{key}={_notation_value(value)}" for key, value in attributes.items() if key not in _TIMES]
    return f", [{', '.join(told)}]" if told else ""


def _notation_value(value: Any) -> str:
    if isinstance(value, Named):
        return f"'{value.name}'"
    if isinstance(value, datetime):
        return f'"{value.isoformat()}" %% xsd:dateTime'
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, bool | float):
        return f'"{str(value).lower()}" %% xsd:{_XSD[type(value)]}'
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


_XSD: dict[type, str] = {bool: "boolean", float: "double"}
