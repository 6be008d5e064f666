"""What the XML in an OIR file says, in OME's terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from micrarium.formats.markup import parse_xml
from micrarium.formats.ome_xml import parse_time
from micrarium.geometry import Quantity

_IMMERSIONS = {
    "oil": "Oil",
    "water": "Water",
    "dry": "Air",
    "air": "Air",
    "glycerol": "Glycerol",
    "silicone": "Other",
    "silicon": "Other",
}
_LONGEST_VALUE = 65536
_MOST_VALUES = 20_000


@dataclass(slots=True)
class OirChannel:
    """A channel: its id, as the names of planes have it, and what is said of it."""

    id: str
    order: int = 0
    name: str = ""
    color: str | None = None
    emission_nm: float | None = None
    pinhole_um: float | None = None


@dataclass(slots=True)
class OirFacts:
    """What all documents say together."""

    width: int = 0
    height: int = 0
    depth: int = 0
    bits: int = 0
    date: datetime | None = None
    pixel: dict[str, Quantity] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    time_step_s: float | None = None
    channels: dict[str, OirChannel] = field(default_factory=dict)
    objective: dict[str, Any] = field(default_factory=dict)
    instrument: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    has_properties: bool = False


def read_facts(texts: list[tuple[str, str]]) -> OirFacts:
    """What the documents of a file say; one that is damaged says nothing."""
    facts = OirFacts()
    for identity, text in texts:
        try:
            root = parse_xml(text)
        except (ElementTree.ParseError, ValueError):
            continue
        name = _local(root)
        if name == "frameProperties":
            _read_frame(root, facts)
        elif name == "imageProperties" and not facts.has_properties:
            facts.has_properties = True
            _read_image(root, facts)
        elif name == "LUT" and identity in facts.channels:
            facts.channels[identity].color = facts.channels[identity].color or _last_color(root)
        if name != "LUT" and name not in facts.metadata:
            facts.metadata[name] = ""
            facts.metadata |= dict(_flat(root, name))
    facts.metadata = {key: value for key, value in list(facts.metadata.items())[:_MOST_VALUES] if value}
    return facts


def _local(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _all(element: Element | None, name: str) -> Iterator[Element]:
    return iter(()) if element is None else (one for one in element.iter() if _local(one) == name)


def _first(element: Element | None, *names: str) -> Element | None:
    """The first element below, along a path of names."""
    for name in names:
        element = next(_all(element, name), None)
    return element


def _text(element: Element | None, *names: str) -> str:
    found = _first(element, *names)
    return "" if found is None or found.text is None else found.text.strip()


def _number(element: Element | None, *names: str) -> float | None:
    with suppress(ValueError):
        value = float(_text(element, *names))
        return value if value == value and abs(value) != float("inf") else None
    return None


def _whole(element: Element | None, *names: str) -> int:
    value = _number(element, *names)
    return int(value) if value is not None and 0 < value < 1 << 31 else 0


def _read_frame(root: Element, facts: OirFacts) -> None:
    definition = _first(root, "imageDefinition")
    facts.width = facts.width or _whole(definition, "width")
    facts.height = facts.height or _whole(definition, "height")
    facts.depth = facts.depth or _whole(definition, "depth")
    facts.bits = facts.bits or _whole(definition, "bitCounts")


def _read_image(root: Element, facts: OirFacts) -> None:
    facts.date = parse_time(_text(root, "general", "creationDateTime"))
    info = _first(root, "imageInfo")
    facts.width = facts.width or _whole(info, "width")
    facts.height = facts.height or _whole(info, "height")
    for channel in _all(info, "channel"):
        _read_channel(channel, facts)
    acquisition = _first(root, "acquisition")
    for axis in [*_all(info, "axis"), *_all(acquisition, "axis")]:
        if axis.get("enable", "true") == "true" and axis.get("paramEnable", "true") == "true" and len(axis):
            kind, step = (
                _text(axis, "axis") or next((one.text or "" for one in axis if _local(one) == "axis"), ""),
                _number(axis, "step"),
            )
            if step:
                facts.steps.setdefault(kind.strip(), step)
    for channel in _all(acquisition, "channel"):
        identity = channel.get("id", "")
        if identity and channel.get("enable", "true") == "true":
            own = facts.channels.setdefault(identity, OirChannel(identity, _order(channel)))
            own.name = own.name or _text(channel, "name")
    _read_speed(acquisition, facts)
    _read_equipment(root, acquisition, facts)


def _order(channel: Element) -> int:
    with suppress(ValueError):
        return int(channel.get("order", "0"))
    return 0


def _read_channel(channel: Element, facts: OirFacts) -> None:
    identity = channel.get("id", "")
    if not identity or identity in facts.channels:
        return
    lower, upper = _number(channel, "startWavelength"), _number(channel, "endWavelength")
    pinhole = _number(channel, "pinholeDiameter")
    facts.channels[identity] = OirChannel(
        identity,
        _order(channel),
        name=_text(channel, "name"),
        emission_nm=(lower + upper) / 2 if lower and upper else None,
        pinhole_um=pinhole if pinhole and pinhole > 0 else None,
    )
    definition = _first(channel, "imageDefinition")
    facts.depth = facts.depth or _whole(definition, "depth")
    facts.bits = facts.bits or _whole(definition, "bitCounts")
    length, units = _first(channel, "length"), _first(channel, "pixelUnit")
    for axis in "xyz":
        value = _number(length, axis)
        if value is not None and value > 0:
            facts.pixel.setdefault(axis, Quantity(value, _unit(_text(units, axis))))


def _unit(text: str) -> str:
    told = text.strip().lower()
    return {"micrometer": "µm", "um": "µm", "": "µm", "nanometer": "nm", "millimeter": "mm"}.get(told, text.strip())


def _read_speed(acquisition: Element | None, facts: OirFacts) -> None:
    """The time from one picture to the next, of the scanner that was used."""
    used = _text(acquisition, "configuration", "scannerType")
    for scanner in _all(acquisition, "scannerSettings"):
        if not used or scanner.get("type") == used:
            interval = _number(scanner, "speedInformation", "seriesInterval")
            if interval and interval > 0:
                facts.time_step_s = interval / 1000
                return


def _read_equipment(root: Element, acquisition: Element | None, facts: OirFacts) -> None:
    lens = _first(acquisition, "objectiveLens")
    numbers = {"magnification": "nominal_magnification", "naValue": "lens_na", "refraction": "refractive_index"}
    for name, key in numbers.items():
        value = _number(lens, name)
        if value is not None and value > 0:
            facts.objective[key] = value
    distance = _number(lens, "wdValue")
    if distance and distance > 0:
        facts.objective["working_distance_um"] = distance * 1000
    if model := _text(lens, "displayName"):
        facts.objective["model"] = model
    immersion = _text(lens, "immersion").lower()
    if immersion:
        facts.objective["immersion"] = _IMMERSIONS.get(immersion, "Other")
    if model := _text(root, "microscope", "name"):
        facts.instrument["model"] = model
    if software := " ".join(filter(None, (_text(root, "system", "systemName"), _text(root, "system", "systemVersion")))):
        facts.instrument["software"] = software
    lasers = [{"model": name} for laser in _all(root, "laser") if (name := _text(laser, "name"))]
    if lasers:
        facts.instrument["lasers"] = lasers


def _last_color(root: Element) -> str | None:
    """The brightest colour of a table that runs evenly from black."""
    data = _text(root, "data")
    if _text(root, "linear").lower() != "true" or len(data) < 8:
        return None
    with suppress(ValueError):
        return f"{int(data[-8:-2], 16):06X}"
    return None


def _flat(root: Element, path: str) -> Iterator[tuple[str, str]]:
    for name, value in root.attrib.items():
        yield f"{path}.{name.rsplit('}', 1)[-1]}", value[:_LONGEST_VALUE]
    if root.text and root.text.strip():
        yield path, root.text.strip()[:_LONGEST_VALUE]
    seen: dict[str, int] = {}
    for child in root:
        name = _local(child)
        seen[name] = seen.get(name, 0) + 1
        yield from _flat(child, f"{path}.{name}[{seen[name]}]" if seen[name] > 1 else f"{path}.{name}")
