"""Values of DICOM headers as plain ones: what is missing or malformed is empty, for a bad date is no reason to refuse pixels."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from micrarium.geometry import Quantity


def value_of(header: Dataset, keyword: str) -> Any:
    """A value as pydicom has it, None where it is missing or cannot be converted."""
    with suppress(Exception):  # pydicom raises anything over damaged values
        return header.get(keyword)
    return None


def texts(header: Dataset, keyword: str) -> list[str]:
    """All values of an element as text."""
    found = value_of(header, keyword)
    if found is None:
        return []
    return [str(one).strip("\0 ") for one in (found if isinstance(found, (MultiValue, list, tuple)) else [found])]


def text(header: Dataset, keyword: str) -> str:
    """The values of an element as one text."""
    return ", ".join(texts(header, keyword))


def numbers(header: Dataset, keyword: str) -> list[float]:
    """The values of an element as numbers; none where one of them is no number."""
    with suppress(ValueError, OverflowError):
        found = [float(one) for one in texts(header, keyword)]
        return found if all(isfinite(one) for one in found) else []
    return []


def number(header: Dataset, keyword: str) -> float | None:
    """The first value of an element as a number."""
    return next(iter(numbers(header, keyword)), None)


def integer(header: Dataset, keyword: str) -> int | None:
    """The first value of an element as a whole number."""
    found = number(header, keyword)
    return None if found is None else int(found)


def items(header: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence."""
    found = value_of(header, keyword)
    return list(found) if isinstance(found, Sequence) else []


def first_item(header: Dataset, *keywords: str) -> Dataset:
    """The first item of a sequence within the first item of another, and so on; an empty one where there is none."""
    for keyword in keywords:
        header = next(iter(items(header, keyword)), Dataset())
    return header


def length(header: Dataset, keyword: str, which: int = 0) -> Quantity | None:
    """One of the values of an element in millimetres, where it is above zero."""
    found = numbers(header, keyword)
    return Quantity(found[which], "mm") if len(found) > which and found[which] > 0 else None


def moment(header: Dataset) -> datetime | None:
    """When an image was acquired, by the most exact of its elements; UTC where the file names no zone."""
    zone = _zone(text(header, "TimezoneOffsetFromUTC")) or UTC
    whole = [text(header, "AcquisitionDateTime"), text(header, "FrameAcquisitionDateTime")]
    parts = [text(header, f"{kind}Date") + text(header, f"{kind}Time") for kind in ("Acquisition", "Content", "Series", "Study")]
    return next((found for one in [*whole, *parts] if (found := _parse_moment(one, zone)) is not None), None)


def _parse_moment(said: str, zone: timezone) -> datetime | None:
    said = said.replace(":", "")
    at = max(said.find("+"), said.find("-"))
    if at >= 8:
        said, zone = said[:at], _zone(said[at:]) or zone
    whole, _, fraction = said.partition(".")
    for form, size in (("%Y%m%d%H%M%S", 14), ("%Y%m%d%H%M", 12), ("%Y%m%d%H", 10), ("%Y%m%d", 8)):
        if len(whole) == size:
            with suppress(ValueError):
                found = datetime.strptime(whole, form).replace(tzinfo=zone)
                return found + timedelta(microseconds=int(fraction[:6].ljust(6, "0"))) if fraction.isdigit() else found
    return None


def _zone(said: str) -> timezone | None:
    with suppress(ValueError, IndexError):
        offset = timedelta(hours=int(said[1:3]), minutes=int(said[3:5] or 0))
        return timezone(-offset if said[0] == "-" else offset)
    return None
