"""Elements of OME-XML of any year: their children by local name, their attributes as numbers and quantities."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from micrarium.geometry import Quantity
from micrarium.pixels.acquisition import usable

_MOST_DIGITS = 15


def local_name(element: Element) -> str:
    """The name of an element without its namespace, which differs from year to year."""
    return element.tag.rsplit("}", 1)[-1]


def children_of(element: Element, name: str) -> Iterator[Element]:
    """The children of a name."""
    behind = "}" + name
    return iter([child for child in element if child.tag == name or child.tag.endswith(behind)])


def child_of(element: Element | None, name: str) -> Element | None:
    """The first child of a name."""
    return None if element is None else next(children_of(element, name), None)


def text_of(element: Element | None, name: str) -> str:
    """The text of the first child of a name."""
    child = child_of(element, name)
    return "" if child is None or child.text is None else child.text.strip()


def number_of(element: Element | None, name: str) -> float | None:
    """An attribute as a number that can have been measured."""
    return None if element is None else usable(element.get(name))


def whole_of(element: Element, name: str, default: int) -> int:
    """An attribute as a whole number."""
    text = element.get(name)
    if text is None:
        return default
    if len(text) <= _MOST_DIGITS and text.isdecimal():
        return int(text)
    value = usable(text)
    return default if value is None else int(value)


def flag_of(element: Element, name: str) -> bool | None:
    """An attribute as true or false."""
    return {"true": True, "1": True, "false": False, "0": False}.get(element.get(name, "").lower())


def quantity_of(element: Element | None, name: str, unit: str) -> Quantity | None:
    """An attribute with its unit, which is ``unit`` where none is given."""
    value = number_of(element, name)
    return None if element is None or value is None else Quantity(value, element.attrib.get(f"{name}Unit", unit))
