"""Values as OME-XML takes them: quantities in its units, words of its lists, text that XML can hold."""

from __future__ import annotations

import math
from typing import Any

from micrarium.geometry import Quantity, normalised_unit


def quantity(field: str, given: Quantity | None, units: str, *, is_positive: bool = False) -> dict[str, Any]:
    """A value and its unit as OME's fields, or nothing where OME has no such unit or value."""
    from ome_types import model

    if given is None or not math.isfinite(given.value) or (is_positive and given.value <= 0):
        return {}
    try:
        unit = getattr(model, units)(normalised_unit(given.unit))
    except ValueError:
        return {}
    return {field: given.value, f"{field}_unit": unit}


def enumerated(field: str, value: Any, enumeration: str) -> dict[str, Any]:
    """A value of one of OME's enumerations as a field, or nothing where it is none of them."""
    from ome_types import model

    wanted = str(value or "").casefold()
    kinds = getattr(model, enumeration)
    return next(({field: kind} for kind in kinds if wanted and kind.value.casefold() == wanted), {})


def number(field: str, value: float | None, *, least: float | None = None, most: float | None = None) -> dict[str, Any]:
    """A finite number within limits as a field, or nothing."""
    if value is None or not math.isfinite(value) or (least is not None and value < least) or (most is not None and value > most):
        return {}
    return {field: value}


def text(field: str, value: str | None) -> dict[str, Any]:
    """A text that is not empty as a field, without what XML cannot hold."""
    told = clean(value or "")
    return {field: told} if told else {}


def clean(value: str) -> str:
    """The text without characters that XML cannot hold."""
    return "".join(c for c in value if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not 0xD800 <= ord(c) <= 0xDFFF))
